//! The command line's contract, as clap reads it.

mod search;

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use ledger::Head;
use oath_core::{Algorithm, Digits, Period};
use provisioner::{Limits, State, Tenant};
use seedfile::Format;

pub(crate) use self::search::{Drift, Find, Reach};

/// Make a vendor's hardware tokens work in Entra ID or Okta.
#[derive(Debug, Parser)]
#[command(
    name = "oathctl",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Common {
    /// How results are written to standard output.
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
    /// The profile of the configuration file to use. What it says goes before the environment, so
    /// that a variable left in the shell does not redirect it [default: `default`, which the
    /// environment goes before] [env: OATHKIT_PROFILE].
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The configuration file [default: oathkit/config.toml in the XDG configuration directory] [env:
    /// OATHKIT_CONFIG].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where runs are kept [default: oathkit in the XDG state directory] [env: OATHKIT_STATE_DIR].
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
    /// Use an embedded simulator in place of the real identity provider.
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,
}

impl Common {
    /// The options that lead another command to the same runs, as a shell takes them.
    pub(crate) fn same_place(&self) -> String {
        let directory = self.state_dir.as_deref().map(Path::as_os_str);
        let sandbox = if self.sandbox { " --sandbox" } else { "" };
        option("--state-dir", directory) + sandbox
    }

    /// The options that lead another command to the same runs and the same identity provider.
    pub(crate) fn same_settings(&self) -> String {
        let config = self.config.as_deref().map(Path::as_os_str);
        let profile = self.profile.as_deref().map(OsStr::new);
        self.same_place() + &option("--config", config) + &option("--profile", profile)
    }
}

fn option(name: &str, value: Option<&OsStr>) -> String {
    value.map_or_else(String::new, |value| format!(" {name} {}", quoted(value)))
}

/// A word of a command line as a shell takes it.
pub(crate) fn quoted(word: impl AsRef<OsStr>) -> String {
    let word = word.as_ref().to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// For scripts.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a seed file and say what is in it.
    Inspect(Inspect),
    /// Write a seed file in another format.
    Convert(Convert),
    /// Show the code of a token.
    Code(Code),
    /// Check a code of a token, and measure the token's drift.
    Verify(Verify),
    /// Measure by two codes in sequence how far a token's clock is off.
    Drift(Drift),
    /// Find the token of a seed file that shows a code.
    Find(Find),
    /// Plan, show, confirm, carry out and report: every token of a file becomes usable.
    Provision(Provision),
    /// Say what provision would do, and keep it to be approved and applied later. Nothing is sent.
    Plan(Plan),
    /// Show a kept plan whole, for whoever is to approve it.
    Review(Review),
    /// Carry out a kept plan: what changed since it was made is a conflict on its row.
    Apply(Apply),
    /// Look at runs, resume them, report on them.
    Runs(Runs),
    /// Check the audit, or write it out for other programs.
    Audit(Audit),
    /// Serve Entra ID and Okta on this machine.
    Sim(Sim),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Inspect {
    /// The seed file; `-` is standard input.
    pub(crate) file: PathBuf,
    /// Read the file as this format instead of recognising it.
    #[arg(long, value_name = "NAME")]
    pub(crate) format: Option<Format>,
    /// Also check whether this identity provider takes each token.
    #[arg(long = "for", value_enum, value_name = "IDP")]
    pub(crate) idp: Option<Idp>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Convert {
    /// The seed file; `-` is standard input.
    pub(crate) file: PathBuf,
    /// The format to write: token2-csv, entra-csv or graph-json.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Format,
    /// Where to write; `-` is standard output.
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, ClapArgs)]
#[command(group = ArgGroup::new("seed").required(true).args(["file", "secret_stdin"]))]
pub(crate) struct SeedSource {
    /// The seed file that holds the token; `-` is standard input.
    #[arg(long, value_name = "FILE", requires = "serial")]
    pub(crate) file: Option<PathBuf>,
    /// The token's serial.
    #[arg(long, requires = "file")]
    pub(crate) serial: Option<String>,
    /// Read the secret (Base32) from standard input.
    #[arg(long)]
    pub(crate) secret_stdin: bool,
    /// The hash: sha1, sha256 or sha512 [default: the file's, else sha1].
    #[arg(long)]
    pub(crate) algorithm: Option<Algorithm>,
    /// Digits of a code, 6 to 8 [default: the file's, else 6].
    #[arg(long, value_name = "N", value_parser = digits)]
    pub(crate) digits: Option<Digits>,
    /// Seconds a code lives [default: the file's, else 30].
    #[arg(long, value_name = "SECONDS", value_parser = period)]
    pub(crate) period: Option<Period>,
    /// The moment, in Unix seconds [default: now].
    #[arg(long, value_name = "UNIX")]
    pub(crate) at: Option<u64>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Code {
    #[command(flatten)]
    pub(crate) seed: SeedSource,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Verify {
    /// The code that the token shows.
    pub(crate) code: String,
    #[command(flatten)]
    pub(crate) seed: SeedSource,
    /// How many past time steps are accepted.
    #[arg(long, value_name = "STEPS", default_value_t = 1)]
    pub(crate) past: u64,
    /// How many future time steps are accepted.
    #[arg(long, value_name = "STEPS", default_value_t = 1)]
    pub(crate) future: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Provision {
    /// The seed file; `-` is standard input.
    pub(crate) file: PathBuf,
    /// Where the tokens go.
    #[arg(long, value_enum, value_name = "IDP")]
    pub(crate) to: Idp,
    /// How far they shall come.
    #[arg(long, value_enum, value_name = "STAGE", default_value_t = Until::Activate)]
    pub(crate) until: Until,
    /// Carry the plan out without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Plan {
    /// The seed file; `-` is standard input.
    pub(crate) file: PathBuf,
    /// Where the tokens go.
    #[arg(long, value_enum, value_name = "IDP")]
    pub(crate) to: Idp,
    /// How far they shall come.
    #[arg(long, value_enum, value_name = "STAGE", default_value_t = Until::Activate)]
    pub(crate) until: Until,
    /// Keep the plan in this new file; `-` is standard output. It holds no seed.
    #[arg(long, value_name = "PLAN")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
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
        /// The seed file that the run began with; `-` is standard input.
        #[arg(long, value_name = "FILE")]
        seeds: PathBuf,
        #[command(flatten)]
        pacing: Pacing,
    },
    /// Write the report of a run.
    Report {
        /// The run, or the beginning of its name.
        run: String,
        /// The format of the report [default: a table].
        #[arg(long, value_enum)]
        format: Option<ReportFormat>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Json,
    Csv,
    Html,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that no record was changed, moved or deleted.
    Verify {
        /// The head of the audit as it once was, kept elsewhere: the last line of a run names it.
        #[arg(long, value_name = "SEQ:HASH")]
        anchor: Option<Head>,
    },
    /// Write the records, oldest first, one a line.
    Export {
        /// The format: JSON Lines, Elastic Common Schema, or Common Event Format.
        #[arg(long, value_enum, value_name = "NAME", default_value_t = AuditFormat::Jsonl)]
        format: AuditFormat,
        /// Only the records of this run, or of the run whose name begins so.
        #[arg(long)]
        run: Option<String>,
        /// Only this record and later ones.
        #[arg(long, value_name = "SEQ", default_value_t = 1)]
        from: i64,
        /// Where to write, a new file; `-` is standard output.
        #[arg(long, value_name = "FILE", default_value = "-")]
        out: PathBuf,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuditFormat {
    /// JSON Lines with the hash of each record.
    Jsonl,
    /// Elastic Common Schema.
    Ecs,
    /// Common Event Format.
    Cef,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Idp {
    /// Microsoft Entra ID.
    Entra,
    /// Okta.
    Okta,
}

impl Idp {
    /// The word on the command line and in plans.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Okta => "okta",
        }
    }

    /// Where the plan of a tenant goes.
    pub(crate) fn of(tenant: &Tenant) -> Option<Self> {
        let all = Self::value_variants().iter().copied();
        all.into_iter().find(|idp| idp.name() == tenant.idp)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Until {
    /// Known to the identity provider.
    Import,
    /// Held by its user.
    Assign,
    /// Usable at sign-in.
    Activate,
}

impl Until {
    /// The word on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Assign => "assign",
            Self::Activate => "activate",
        }
    }
}

impl From<Until> for State {
    fn from(until: Until) -> Self {
        match until {
            Until::Import => Self::Imported,
            Until::Assign => Self::Assigned,
            Until::Activate => Self::Activated,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Sim {
    /// Where Entra ID listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8701")]
    pub(crate) entra: SocketAddr,
    /// Where Okta listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8702")]
    pub(crate) okta: SocketAddr,
    /// Where the controls listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8700")]
    pub(crate) control: SocketAddr,
    /// The users: a number, or a file with one login a line or a JSON list.
    #[arg(long, value_name = "FILE|N", default_value = "100")]
    pub(crate) users: String,
    /// How long each answer takes.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) latency_ms: u64,
    /// What ids, tokens and chance faults are made from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Set a switch: a way in which the real service may behave.
    #[arg(long, value_name = "SWITCH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Faults to begin with (JSON, as POST /faults takes it).
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.001..=1e6).contains(&rate) => Ok(rate),
        _ => Err("a number of calls a second, above 0".to_owned()),
    }
}

fn digits(text: &str) -> Result<Digits, String> {
    let number = text.parse().map_err(|_| "6, 7 or 8".to_owned())?;
    Digits::new(number).map_err(|error| error.to_string())
}

fn period(text: &str) -> Result<Period, String> {
    let number = text.parse().map_err(|_| "a number of seconds".to_owned())?;
    Period::new(number).map_err(|error| error.to_string())
}
