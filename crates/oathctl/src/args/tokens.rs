//! Arguments of the commands that look at an inventory and change what is in it.

use std::path::PathBuf;

use clap::{ArgGroup, Args as ClapArgs, Subcommand, ValueEnum};
use provisioner::State;
use seedfile::Serial;

use super::{Idp, Pacing, Reading};

#[derive(Debug, ClapArgs)]
pub(crate) struct Tokens {
    #[command(subcommand)]
    pub(crate) command: TokensCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokensCommand {
    /// List the tokens of the inventory.
    List(List),
    /// Show a token, and the other tokens of whoever holds it.
    Show(Show),
    /// Give a token to a user.
    Assign(Assign),
    /// Make a token usable, by a code that it shows or by its seed.
    Activate(Activate),
    /// Make tokens unusable; who holds them keeps them.
    Deactivate(Take),
    /// Take tokens from those who hold them.
    Unassign(Take),
    /// Delete tokens from the inventory. Their seeds are gone with them.
    Delete(Take),
    /// Find tokens that are in both of Entra's stores: uploaded as CSV, and created since.
    Duplicates(Duplicates),
    /// Give a user a new token in place of another one, which is taken back when the new one works.
    Replace(Replace),
}

/// Where the inventory is.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Place {
    /// Whose inventory.
    #[arg(long, value_enum, value_name = "IDP")]
    pub(crate) idp: Idp,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
}

/// Which tokens: those that have everything that is named.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(crate) struct Filter {
    /// Only tokens in this state.
    #[arg(long, value_enum)]
    pub(crate) state: Option<TokenState>,
    /// Only tokens of this maker.
    #[arg(long, value_name = "NAME")]
    pub(crate) manufacturer: Option<String>,
    /// Only tokens of this model.
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Only tokens of this user, those that were uploaded as CSV among them.
    #[arg(long, value_name = "USER")]
    pub(crate) holder: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TokenState {
    /// In the inventory, held by nobody.
    Available,
    /// Held by a user, and not usable.
    Assigned,
    /// Held by a user, and usable.
    Activated,
}

impl From<TokenState> for State {
    fn from(state: TokenState) -> Self {
        match state {
            TokenState::Available => Self::Imported,
            TokenState::Assigned => Self::Assigned,
            TokenState::Activated => Self::Activated,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Only the token with this serial number.
    #[arg(long)]
    pub(crate) serial: Option<Serial>,
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// Ask Okta about each token, instead of taking what the ledger says: one call a token.
    #[arg(long)]
    pub(crate) check: bool,
    /// The format of the list [default: a table].
    #[arg(long, value_enum)]
    pub(crate) format: Option<ListFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    Json,
    Csv,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Show {
    /// The serial number of the token.
    pub(crate) serial: Serial,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, ClapArgs)]
#[command(group = ArgGroup::new("given").required(true).args(["serial", "list"]))]
pub(crate) struct Assign {
    /// The serial number of the token.
    #[arg(requires = "user")]
    pub(crate) serial: Option<Serial>,
    /// The user: a user principal name or an object id.
    pub(crate) user: Option<String>,
    /// A list of serial numbers and users, one `serial,user` a line; `-` is standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["serial", "user"])]
    pub(crate) list: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Carry the plan out without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// What proves a token.
#[derive(Debug, ClapArgs)]
#[command(group = ArgGroup::new("proof").required(true).multiple(true))]
pub(crate) struct Proof {
    /// The code that the device shows now. With --seeds it is compared with the token's seed first, and
    /// tells how far the device's clock is off.
    #[arg(group = "proof")]
    pub(crate) code: Option<String>,
    /// The seed file that has the token, from which a code is computed; `-` is standard input.
    #[arg(long, value_name = "FILE", group = "proof")]
    pub(crate) seeds: Option<PathBuf>,
    /// By how many time steps the token's clock is ahead, as oathctl drift measures it.
    #[arg(
        long,
        value_name = "STEPS",
        requires = "seeds",
        conflicts_with = "code",
        allow_hyphen_values = true
    )]
    pub(crate) drift: Option<i32>,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Activate {
    /// The serial number of the token.
    pub(crate) serial: Serial,
    #[command(flatten)]
    pub(crate) proof: Proof,
    /// The user, where nobody holds the token yet.
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Carry the plan out without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, ClapArgs)]
#[command(group = ArgGroup::new("which").required(true).multiple(true)
    .args(["serials", "list", "state", "manufacturer", "model", "holder"]))]
pub(crate) struct Take {
    /// The serial numbers of the tokens.
    pub(crate) serials: Vec<Serial>,
    /// A list of serial numbers, one a line; `-` is standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "serials")]
    pub(crate) list: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) filter: Filter,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Carry the plan out without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Replace {
    /// The serial number of the token that is lost or broken.
    pub(crate) old: Serial,
    /// The serial number of the one that takes its place.
    pub(crate) new: Serial,
    #[command(flatten)]
    pub(crate) proof: Proof,
    /// Who gets it; whoever holds the old one has to be this user.
    #[arg(long, value_name = "USER")]
    pub(crate) user: String,
    /// Delete the old token when it is taken back.
    #[arg(long)]
    pub(crate) delete: bool,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Carry the plans out without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Duplicates {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Only those of this user.
    #[arg(long, value_name = "USER", conflicts_with = "everybody")]
    pub(crate) holder: Option<String>,
    /// Those of everybody, and not only of who holds a token of the inventory: a call for each user.
    #[arg(long)]
    pub(crate) everybody: bool,
    /// Take back and delete the uploaded ones; the others stay.
    #[arg(long)]
    pub(crate) delete_uploaded: bool,
    /// Carry the plan out without asking.
    #[arg(long, requires = "delete_uploaded")]
    pub(crate) yes: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Users {
    #[command(subcommand)]
    pub(crate) command: UsersCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UsersCommand {
    /// Show a user with the tokens that the user holds.
    Show {
        /// What the user signs in with, or the user's id.
        user: String,
        #[command(flatten)]
        place: Place,
    },
    /// Find people by the beginning of a name or a mail address.
    Search {
        /// What to look for.
        text: String,
        #[command(flatten)]
        place: Place,
        /// How many at most.
        #[arg(long, value_name = "N", default_value_t = 25, value_parser = clap::value_parser!(u16).range(1..=999))]
        most: u16,
    },
}
