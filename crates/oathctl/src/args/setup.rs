//! Arguments of the commands that set an identity provider up, and look whether it is.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use entra_graph::{ObjectId, UserSignIn};

use super::{ListFormat, Pacing, Place, Reading};

#[derive(Debug, ClapArgs)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Entra {
    #[command(subcommand)]
    pub(crate) command: EntraCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EntraCommand {
    /// Print the Azure CLI's commands that register an application with the least permissions and a
    /// certificate, or with --apply register it.
    AppRegistration(AppRegistration),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AppRegistration {
    /// What the application is called in the admin centre.
    #[arg(long, default_value = "Oathkit")]
    pub(crate) name: String,
    /// The path, without ending, of the certificate and its key.
    #[arg(long, value_name = "PATH", default_value = "oathkit")]
    pub(crate) certificate: String,
    /// How long the certificate is good.
    #[arg(long, value_name = "N", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=1095))]
    pub(crate) days: u16,
    /// Also ask to show the tenant's name, which nothing needs.
    #[arg(long)]
    pub(crate) tenant_name: bool,
    /// Register the application: sign in as an administrator, show what is missing, ask, make it.
    /// Given again with the same certificate, it completes what was begun.
    #[arg(long)]
    pub(crate) apply: bool,
    /// Carry it out without asking.
    #[arg(long, requires = "apply")]
    pub(crate) yes: bool,
    /// Complete the application with this client id, whatever it is called; it gets one more
    /// certificate where it does not have this one.
    #[arg(long, value_name = "ID", requires = "apply")]
    pub(crate) app_id: Option<ObjectId>,
    /// How the administrator signs in [default: what OATHKIT_ENTRA_SIGN_IN says, else browser].
    #[arg(long, value_enum, value_name = "WAY", requires = "apply")]
    pub(crate) sign_in: Option<SignIn>,
    /// The public client that the administrator signs in to; by default Microsoft Graph Command Line
    /// Tools, which every tenant knows.
    #[arg(long, value_name = "ID", requires = "apply", default_value = UserSignIn::MICROSOFT_CLIENT_ID)]
    pub(crate) sign_in_client: ObjectId,
}

/// How a person signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SignIn {
    /// In a browser on this machine.
    Browser,
    /// With a code, in a browser on any device.
    DeviceCode,
    /// By the Azure CLI, where somebody has signed in already.
    Az,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Okta {
    #[command(subcommand)]
    pub(crate) command: OktaCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OktaCommand {
    /// List the factor profiles: what a token has to be like, and which tokens are.
    Profiles {
        #[command(flatten)]
        pacing: Pacing,
    },
    /// Find out which user's factor holds which token of a file, by a code of each. Nothing is enrolled.
    Adopt(Adopt),
    /// Write out which factor is which token, as the ledger knows: Okta keeps no serial numbers.
    Export {
        /// The format of the records [default: JSON].
        #[arg(long, value_enum, default_value_t = ListFormat::Json)]
        format: ListFormat,
        #[command(flatten)]
        pacing: Pacing,
    },
    /// Take such records over, as far as Okta has the factors. What the ledger knows stays.
    Import {
        /// The records: what export writes, or CSV with the columns serial, token and user, where token is
        /// the factor's id and user the user's; `-` is standard input.
        file: PathBuf,
        #[command(flatten)]
        pacing: Pacing,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Adopt {
    /// The seed file, with the users.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
    /// Carry the plan out without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}
