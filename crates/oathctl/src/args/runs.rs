//! Arguments of the commands that bring tokens to an identity provider.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use provisioner::{Goal, Limits};
use seedfile::Format;

use super::{Idp, Opening, Reading, Silence, file_of_rows};

/// How much of the service a command takes.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Pacing {
    /// Calls a second at most [default: what the service takes].
    #[arg(long, value_name = "N", value_parser = rate)]
    max_rate: Option<f64>,
    /// The share of the service's limits to use; the rest is left to other programs.
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u8).range(1..=100))]
    max_capacity: u8,
}

impl From<Pacing> for Limits {
    fn from(pacing: Pacing) -> Self {
        Self {
            max_rate: pacing.max_rate,
            max_capacity: pacing.max_capacity,
            ..Self::default()
        }
    }
}

/// Which tokens shall come how far, and where.
#[derive(Debug, ClapArgs)]
pub(crate) struct Job {
    /// The seed file; `-` is standard input.
    pub(crate) file: PathBuf,
    /// Where the tokens go.
    #[arg(long, value_enum, value_name = "IDP")]
    pub(crate) to: Idp,
    /// How far they shall come.
    #[arg(long, value_enum, value_name = "STAGE", default_value_t = Until::Activate)]
    pub(crate) until: Until,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Provision {
    #[command(flatten)]
    pub(crate) job: Job,
    /// Carry the plan out without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) job: Job,
    /// Keep the plan in this new file; `-` is standard output. It holds no seed.
    #[arg(long, value_name = "PLAN")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Review {
    /// The kept plan; `-` is standard input.
    pub(crate) plan: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Apply {
    /// The kept plan; `-` is standard input.
    pub(crate) plan: PathBuf,
    /// The seed file that the plan was made from; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) seeds: PathBuf,
    /// A second person's signature: ssh-keygen -Y sign -n oathkit-plan -f KEY PLAN writes PLAN.sig.
    #[arg(long, value_name = "SIGNATURE")]
    pub(crate) approval: Option<PathBuf>,
    /// Carry the plan out without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Runs {
    #[command(subcommand)]
    pub(crate) command: RunsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List the runs, newest first.
    List,
    /// Show the plan of a run and how far it has come.
    Show {
        /// The run, or the beginning of its name.
        run: String,
    },
    /// Go on with a run that stopped early.
    Resume {
        /// The run, or the beginning of its name.
        run: String,
        /// The seed file that the run began with; `-` is standard input. A run that takes tokens back
        /// needs none.
        #[arg(long, value_name = "FILE")]
        seeds: Option<PathBuf>,
        #[command(flatten)]
        reading: Box<Reading>,
        #[command(flatten)]
        pacing: Pacing,
    },
    /// Write the report of a run.
    Report(RunReport),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RunReport {
    /// The run, or the beginning of its name.
    pub(crate) run: String,
    /// The format of the report [default: a table].
    #[arg(long, value_enum)]
    pub(crate) format: Option<ReportFormat>,
    /// Also write the rows that are not as wanted to this new file, word for word as the seed file
    /// has them.
    #[arg(long, value_name = "OUT", value_parser = file_of_rows(), requires = "seeds")]
    pub(crate) failed_to: Option<PathBuf>,
    /// The seed file that the run began with; `-` is standard input.
    #[arg(long, value_name = "FILE", requires = "failed_to")]
    pub(crate) seeds: Option<PathBuf>,
    /// Read the seed file as this format instead of recognising it.
    #[arg(long, value_name = "NAME", requires = "seeds")]
    pub(crate) seeds_format: Option<Format>,
    #[command(flatten)]
    pub(crate) silence: Silence,
    #[command(flatten)]
    pub(crate) opening: Opening,
}

impl RunReport {
    /// How the seed file is read.
    pub(crate) fn reading(&self) -> Reading {
        Reading {
            format: self.seeds_format,
            silence: self.silence.clone(),
            opening: self.opening.clone(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Json,
    Csv,
    Html,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Until {
    /// Known to the identity provider.
    Import,
    /// Held by its user.
    Assign,
    /// Usable at sign-in.
    Activate,
    /// The same, and one of its codes was accepted. Okta does not ask for a code when it enrols a
    /// token; this spends one of each user's.
    Prove,
}

impl Until {
    /// The word on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Assign => "assign",
            Self::Activate => "activate",
            Self::Prove => "prove",
        }
    }
}

impl From<Until> for Goal {
    fn from(until: Until) -> Self {
        match until {
            Until::Import => Self::Imported,
            Until::Assign => Self::Assigned,
            Until::Activate => Self::Activated,
            Until::Prove => Self::Proven,
        }
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.001..=1e6).contains(&rate) => Ok(rate),
        _ => Err("a number of calls a second, above 0".to_owned()),
    }
}
