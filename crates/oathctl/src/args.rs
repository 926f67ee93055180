//! The command line's contract, as clap reads it.

mod codes;
mod files;
mod reading;
mod runs;
mod search;
mod setup;
mod shell;
mod tokens;

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use ledger::Head;
use provisioner::Tenant;

pub(crate) use self::codes::{Code, SeedSource, Verify};
pub(crate) use self::files::{Convert, Inspect, Pair, Qr};
pub(crate) use self::reading::{Input, Opening, Reading, Secret, Silence};
pub(crate) use self::runs::{
    Apply, Job, Pacing, Plan, Provision, ReportFormat, Review, RunReport, Runs, RunsCommand,
};

pub(crate) use self::search::{Drift, Find, Reach};
pub(crate) use self::setup::{
    Adopt, AppRegistration, Doctor, Entra, EntraCommand, Okta, OktaCommand, SignIn,
};
pub(crate) use self::shell::{Completions, Config, ConfigCommand, Man};
pub(crate) use self::tokens::{
    Activate, Assign, Duplicates, Filter, List, ListFormat, Place, Proof, Replace, Show, Take,
    Tokens, TokensCommand, Users, UsersCommand,
};

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

/// A new file for rows with their seeds.
fn file_of_rows() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if path == Path::new("-") {
            return Err(
                "the rows hold seeds, and standard output is for the report: name a new file",
            );
        }
        Ok(path)
    })
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
    /// Give the tokens of a seed file to the users of a list.
    Pair(Pair),
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
    /// Look at the tokens of an inventory, and change what is in it.
    Tokens(Tokens),
    /// Find people.
    Users(Users),
    /// Look whether a sign-in can do the job: permissions, policy, clock.
    Doctor(Doctor),
    /// Set Entra ID up.
    Entra(Entra),
    /// Look at what Okta has for tokens.
    Okta(Okta),
    /// Check the audit, or write it out for other programs.
    Audit(Audit),
    /// Serve Entra ID and Okta on this machine.
    Sim(Sim),
    /// Show the settings, and where they come from.
    Config(Config),
    /// Print what makes a shell complete commands and options.
    Completions(Completions),
    /// Write manual pages, one for each command.
    Man(Man),
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
