//! Arguments of the commands that set an identity provider up, and look whether it is.

use clap::{Args as ClapArgs, Subcommand};

use super::{Pacing, Place};

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
    /// certificate.
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
}
