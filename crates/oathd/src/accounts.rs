//! `oathd account`: who may sign in with a password.

use std::io::{self, IsTerminal};

use secrecy::{ExposeSecret, SecretString};

use crate::args::{AccountCommand, StatePlace};
use crate::start::Claim;
use crate::{start, system};

pub(crate) fn run(place: &StatePlace, command: &AccountCommand) -> Result<(), String> {
    if place.sandbox && place.state_dir.is_none() {
        return Err(
            "a sandbox keeps accounts where --state-dir is given, and nowhere else".to_owned(),
        );
    }
    let kept = start::open(place)?;
    let _claim = Claim::take(kept.state.path())?;
    let accounts = start::accounts(&kept)?;
    match command {
        AccountCommand::Add {
            name,
            role,
            password_stdin,
        } => {
            let password = password(*password_stdin)?;
            accounts
                .add(name, *role, &password)
                .map_err(|error| error.to_string())
        }
        AccountCommand::Password {
            name,
            password_stdin,
        } => {
            let password = password(*password_stdin)?;
            accounts
                .set_password(name, &password)
                .map_err(|error| error.to_string())
        }
        AccountCommand::Remove { name } => accounts.remove(name).map_err(|error| error.to_string()),
        AccountCommand::List => {
            let lines = accounts.list().into_iter();
            let lines = lines.map(|account| format!("{}\t{}\n", account.name, account.role.word()));
            system::print(&lines.collect::<String>())
        }
    }
}

fn password(of_stdin: bool) -> Result<SecretString, String> {
    if of_stdin || !io::stdin().is_terminal() {
        let mut line = zeroize::Zeroizing::new(String::new());
        io::stdin()
            .read_line(&mut line)
            .map_err(|error| format!("standard input: {error}"))?;
        return Ok(SecretString::from(line.trim_end_matches(['\r', '\n'])));
    }
    let ask = |what: &str| {
        let typed = rpassword::prompt_password(what).map(SecretString::from);
        typed.map_err(|error| format!("the terminal: {error}"))
    };
    let (first, second) = (ask("Password: ")?, ask("Once more: ")?);
    match first.expose_secret() == second.expose_secret() {
        true => Ok(first),
        false => Err("the two are not the same".to_owned()),
    }
}
