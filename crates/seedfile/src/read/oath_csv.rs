//! The OATH CSV of privacyIDEA and LinOTP; NetIQ and FreeIPA write the same.

use super::lines::{self, List};
use crate::check::{Dialect, RawRow, Sink, user_name};
use crate::field::Field;
use crate::options::ReadOptions;
use crate::record::TokenType;
use crate::refusal::Refusal;
use crate::warning::Warning;

const BARE: List<6> = List {
    delimiter: Some(','),
    least: 2,
    dialect: &Dialect::OATH_CSV,
};

/// `# version: 2`: user, resolver and realm stand before the serial number.
const WITH_USERS: List<9> = List {
    delimiter: Some(','),
    least: 5,
    dialect: &Dialect::OATH_CSV,
};

pub(crate) fn read(text: &str, options: &ReadOptions, sink: &mut impl Sink) -> Result<(), Refusal> {
    if has_users(text) {
        WITH_USERS.read(text, sink, |row, cells| {
            let [user, _resolver, _realm, rest @ ..] = cells;
            if user_name(user).is_ok() {
                row.text(Field::User, user);
            } else if !user.is_empty() {
                row.warnings.push(Warning::HolderNotRead);
            }
            fill(row, rest, options);
        })
    } else {
        BARE.read(text, sink, |row, cells| fill(row, cells, options))
    }
}

/// Whether the comments before the first row say that users come first.
pub(crate) fn has_users(text: &str) -> bool {
    lines::all(text)
        .take_while(|line| line.text.is_empty() || line.comment().is_some())
        .filter_map(|line| line.comment()?.strip_prefix("version:"))
        .any(|version| version.trim() == "2")
}

fn fill<'a>(row: &mut RawRow<'a>, cells: [&'a str; 6], options: &ReadOptions) {
    let [serial, key, token_type, digits, factor, hash] = cells;
    let place = if counts_time(token_type, options) {
        Field::Period
    } else {
        Field::Counter
    };
    row.text(Field::Serial, serial);
    row.text(Field::Secret, key);
    row.text(Field::Type, token_type);
    row.text(Field::Digits, digits);
    row.text(place, factor);
    row.text(Field::Algorithm, hash);
}

fn counts_time(token_type: &str, options: &ReadOptions) -> bool {
    let said = if token_type.is_empty() {
        options.token_type
    } else {
        token_type.parse().ok()
    };
    said == Some(TokenType::Totp)
}
