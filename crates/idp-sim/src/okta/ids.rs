//! Identifiers and times as Okta writes them.

use std::time::Duration;

use crate::rng::Rng;
use crate::timestamp::iso_without_zone;

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What an identifier is for. Each kind has generators of its own, one for each number, so that an
/// id does not depend on the order in which requests arrive.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Token,
    Organization,
    User,
    Profile,
    Window,
    /// Request and error ids: those do depend on the order.
    Passing,
    /// Factors of the user with this place in the list.
    Factor(usize),
    /// The service app: its id and its key.
    App,
    /// Nonces for sign-ins and for calls.
    Nonce(u8),
}

/// The generator for thing `number` of a kind.
pub(crate) fn rng(seed: u64, kind: Kind, number: u64) -> Rng {
    let kind = match kind {
        Kind::Token => 1,
        Kind::Organization => 2,
        Kind::User => 3,
        Kind::Profile => 4,
        Kind::Window => 5,
        Kind::Passing => 6,
        Kind::App => u64::MAX,
        Kind::Nonce(place) => u64::MAX - 1 - u64::from(place),
        Kind::Factor(user) => u64::try_from(user).unwrap_or_default().saturating_add(7),
    };
    Rng::new(
        seed.wrapping_add(number.wrapping_mul(0x9fb2_1c65_1e98_df25)),
        kind,
    )
}

/// `prefix` filled up to `length` with letters and digits.
pub(crate) fn text(rng: &mut Rng, prefix: &str, length: usize) -> String {
    let mut text = prefix.to_owned();
    while text.len() < length {
        let index = usize::try_from(rng.next() % 62).unwrap_or_default();
        text.push(ALPHABET.get(index).copied().map_or('A', char::from));
    }
    text
}

/// An id of 20 characters.
pub(crate) fn id(seed: u64, kind: Kind, number: u64, prefix: &str) -> String {
    text(&mut rng(seed, kind, number), prefix, 20)
}

/// When everything that exists from the beginning was made.
pub(crate) const CREATED: &str = "2026-01-05T08:00:00.000Z";

/// A time as in `2026-01-05T08:00:00.000Z`.
pub(crate) fn time(unix: Duration) -> String {
    iso_without_zone(unix.as_secs()) + ".000Z"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_repeatable_and_apart() {
        let all = [
            id(7, Kind::User, 3, "00u"),
            id(7, Kind::User, 4, "00u"),
            id(8, Kind::User, 3, "00u"),
            id(7, Kind::Factor(3), 3, "00u"),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert!(all.iter().all(|id| id.len() == 20 && id.starts_with("00u")));
        assert_eq!(all[0], id(7, Kind::User, 3, "00u"));
    }

    #[test]
    fn times_end_in_zero_milliseconds() {
        let time = time(Duration::from_millis(1_563_837_756_789));
        assert_eq!(time, "2019-07-22T23:22:36.000Z");
    }
}
