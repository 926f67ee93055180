//! Lists without a header, told by the strict shape of their first row.

use super::Family;
use crate::read::lines::cells;
use crate::read::oath_csv;
use crate::serial;

/// Hexadecimal digits of 128 bits.
const LEAST_DIGITS: usize = 32;

pub(super) fn family(text: &str, first: &str) -> Option<Family> {
    if is_multiotp(first) {
        Some(Family::MultiotpCsv)
    } else if is_oath_csv(text, first) {
        Some(Family::OathCsv)
    } else if is_duo(first) {
        Some(Family::Duo)
    } else {
        None
    }
}

fn is_multiotp(first: &str) -> bool {
    let ([serial, _, token_type, key, _, _], found) = cells(first, Some(';'));
    let types = ["totp", "hotp", "motp", "yubicootp"];
    (4..=6).contains(&found)
        && is_serial(serial)
        && types
            .iter()
            .any(|name| token_type.eq_ignore_ascii_case(name))
        && is_key(key)
}

/// A number in the third place is a counter or a time step: such a list is somebody else's.
fn is_oath_csv(text: &str, first: &str) -> bool {
    let [serial, key, token_type] = if oath_csv::has_users(text) {
        let ([_, _, _, rest @ ..], _) = cells::<6>(first, Some(','));
        rest
    } else {
        cells(first, Some(',')).0
    };
    is_serial(serial) && is_key(key) && token_type.bytes().all(|byte| !byte.is_ascii_digit())
}

fn is_duo(first: &str) -> bool {
    let ([serial, key], found) = cells(first, None);
    found == 2 && is_serial(serial) && is_key(key)
}

fn is_serial(cell: &str) -> bool {
    serial::check(cell).is_ok()
}

fn is_key(cell: &str) -> bool {
    cell.len() >= LEAST_DIGITS && cell.bytes().all(|byte| byte.is_ascii_hexdigit())
}
