//! Tokens of an inventory, and people, as tables.

use provisioner::{FoundUser, Holder, InventoryToken};

use super::{add, count, plain, table};

const COLUMNS: [&str; 9] = [
    "serial",
    "state",
    "holder",
    "manufacturer",
    "model",
    "algorithm",
    "period",
    "last used",
    "id",
];

/// A token in the order of [`COLUMNS`].
fn cells(token: &InventoryToken) -> [String; 9] {
    let holder = token.holder.as_ref().map(holder_name);
    let store = if token.uploaded {
        " (uploaded as CSV)"
    } else {
        ""
    };
    [
        format!("{}{store}", token.serial),
        token.status.clone(),
        holder.unwrap_or_default(),
        token.manufacturer.clone(),
        token.model.clone(),
        token.algorithm.map(|a| a.to_string()).unwrap_or_default(),
        token
            .period
            .map(|p| format!("{} s", p.seconds()))
            .unwrap_or_default(),
        token.last_used.clone().unwrap_or_default(),
        token.id.0.clone(),
    ]
}

fn holder_name(holder: &Holder) -> String {
    holder.name.clone().unwrap_or_else(|| holder.id.0.clone())
}

/// Rows of one table: a list of 100,000 tokens is not laid out as a whole.
const PAGE: usize = 1000;

/// The tokens as tables, each a page of a long list, and their number.
pub(crate) fn inventory(tokens: &[InventoryToken]) -> impl Iterator<Item = String> {
    let pages = tokens.chunks(PAGE).map(|page| {
        let mut rows = table(COLUMNS.map(str::to_owned).to_vec(), &[0]);
        for token in page {
            add(&mut rows, cells(token));
        }
        format!("{}\n", rows.trim_fmt())
    });
    let last = match tokens.len() {
        0 => "No token fits.\n".to_owned(),
        number => format!("{}.\n", count(number, "token")),
    };
    pages.chain([last])
}

pub(crate) fn users(users: &[FoundUser]) -> String {
    if users.is_empty() {
        return "Nobody fits.\n".to_owned();
    }
    let header = ["login", "name", "mail", "status", "id", ""];
    let mut rows = table(header.map(str::to_owned).to_vec(), &[0]);
    for user in users {
        let problem = user.problem.as_ref().map(|problem| problem.message.clone());
        let mail = user.mail.clone().unwrap_or_default();
        let cells = [
            user.login.clone(),
            user.name.clone(),
            mail,
            user.status.clone(),
            user.id.0.clone(),
        ];
        add(
            &mut rows,
            cells.into_iter().chain([problem.unwrap_or_default()]),
        );
    }
    format!("{}\n", rows.trim_fmt())
}

/// What became of records of somebody else's.
pub(crate) fn records(taken: usize, gone: &[String], differing: &[String]) -> String {
    let mut text = String::new();
    for serial in gone {
        let serial = plain(serial);
        text +=
            &format!("{serial}: Okta has no such factor, or does not show it to this sign-in\n");
    }
    for serial in differing {
        let serial = plain(serial);
        text += &format!("{serial}: the ledger knows another factor for it, which stays\n");
    }
    text + &format!("{} known.\n", count(taken, "token"))
}
