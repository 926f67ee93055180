//! What can be said on the command line.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::door::Role;

/// Pages in a browser for hardware tokens in Entra ID and Okta.
#[derive(Debug, Parser)]
#[command(name = "oathd", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serve,
    #[command(flatten)]
    pub(crate) place: StatePlace,
}

/// Where this server keeps what it knows.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct StatePlace {
    /// Work on a simulator of Entra ID and Okta inside this program: nothing reaches a real service, and
    /// nothing is kept unless --state-dir is given; then it is kept apart, in `sandbox` of it.
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,
    /// The directory of the ledger and the sealed settings. OATHKIT_STATE_DIR names it, too, but not to a
    /// sandbox.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
    /// The file with the key that seals settings and uploads. It is made where it is missing; keep it
    /// apart from copies of the state directory. OATHD_KEY_FILE names it, too, but not to a sandbox.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Serve {
    /// Where to listen. Beyond this machine it takes TLS or a proxy, and accounts.
    #[arg(long, value_name = "ADDRESS", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))]
    pub(crate) listen: SocketAddr,
    /// Do not open a browser.
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// The certificate chain for TLS, as PEM.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The private key for TLS, as PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// A host name under which others reach this server; may be given several times. Without it, the names in
    /// the certificate.
    #[arg(long = "name", value_name = "HOST", requires = "tls_cert")]
    pub(crate) names: Vec<String>,
    /// The https address of a proxy in front of this server, which ends TLS and names the caller.
    #[arg(long, value_name = "URL", conflicts_with = "tls_cert")]
    pub(crate) proxy: Option<String>,
    /// Certificates to trust besides the system's, as PEM.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_bundle: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Who may sign in with a password.
    Account {
        #[command(subcommand)]
        command: AccountCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Add an account; its password is asked for, or read from standard input.
    Add {
        /// The name to sign in with.
        name: String,
        /// What it may do.
        #[arg(long, value_enum)]
        role: Role,
        /// Read the password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Set another password.
    Password {
        /// The name to sign in with.
        name: String,
        /// Read the password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Remove an account.
    Remove {
        /// The name to sign in with.
        name: String,
    },
    /// List the accounts.
    List,
}
