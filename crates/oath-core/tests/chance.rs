//! The probability of a match by chance, the size of windows, and how far off a clock is.

#![allow(clippy::unwrap_used, reason = "a test stops at anything unexpected")]

use std::collections::HashSet;

use oath_core::{Algorithm, Digits, Key, Period, Totp, Window, false_match_probability};
use proptest::prelude::*;

fn digits() -> impl Strategy<Value = Digits> {
    (6..=8_u8).prop_map(|digits| Digits::new(digits).unwrap())
}

/// Small numbers as often as large ones.
fn number() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0..64_u32).prop_map(|(bits, shift)| bits >> shift)
}

/// Equal but for some roundings.
fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= other * 1e-13
}

/// Expected values from Python's `decimal` with 60 digits.
#[test]
fn probabilities_are_those_of_the_formula() {
    let cases = [
        (6, 1, 1, 1e-6),
        (6, 1, 3, 2.999_997_000_001e-6),
        (6, 1, 21, 2.099_979_000_132_999_4e-5),
        (6, 1, 5761, 5.744_440_124_698_992e-3),
        (6, 1, 1_000_000, 0.632_120_742_768_355),
        (6, 1, u64::MAX, 1.0),
        (6, 2, 5761, 5.760_999_983_408_32e-9),
        (7, 1, 1000, 9.999_500_516_616_286e-5),
        (7, 2, 1 << 40, 1.093_489_091_715_627e-2),
        (8, 1, 41, 4.099_999_180_000_106_6e-7),
        (8, 2, 3, 3e-16),
        (8, 2, u64::MAX, 1.0),
    ];
    for (digits, codes, steps, expected) in cases {
        let found = false_match_probability(Digits::new(digits).unwrap(), codes, steps);
        assert!(close(found, expected), "{digits} {codes} {steps}: {found}");
    }
}

#[test]
fn searching_nothing_finds_nothing_and_no_code_always_matches() {
    assert!(close(false_match_probability(Digits::SIX, 1, 0), 0.0));
    assert!(close(false_match_probability(Digits::SIX, 0, 1), 1.0));
    // Less than any number: no panic and no nonsense.
    let least = false_match_probability(Digits::EIGHT, u8::MAX, u64::MAX);
    assert!(close(least, 0.0));
}

proptest! {
    /// RFC 4226 appendix A.4.2: never more than `s·v/10^Digit`, and near it while it is small.
    #[test]
    fn probabilities_keep_to_the_bound_of_the_rfc(
        digits in digits(), codes in 1..=2_u8, steps in number(),
    ) {
        let found = false_match_probability(digits, codes, steps);
        let bound = steps as f64 / 10_f64.powi(i32::from(digits.get() * codes));
        prop_assert!((0.0..=1.0).contains(&found));
        prop_assert!(found <= bound * (1.0 + 1e-13));
        prop_assert!(found >= bound * (1.0 - bound));
    }

    #[test]
    fn more_steps_make_it_likelier_and_more_digits_or_codes_less(
        digits in digits(), codes in 1..=2_u8, steps in 0..u64::MAX / 2, more in number(),
    ) {
        let chance = |digits, codes, steps| false_match_probability(digits, codes, steps);
        let found = chance(digits, codes, steps);
        let wider = chance(digits, codes, steps + more / 2);
        prop_assert!(wider >= found * (1.0 - 1e-13));
        prop_assert!(chance(digits, codes + 1, steps) <= found);
        prop_assert!(chance(Digits::EIGHT, codes, steps) <= found);
    }

    #[test]
    fn windows_hold_as_many_steps_as_they_say(past in number(), future in number()) {
        let steps = u128::from(past) + u128::from(future) + 1;
        let size = Window { past, future }.size();
        prop_assert_eq!(u128::from(size), steps.min(u64::MAX.into()));
    }

    /// The seconds asked for are reached, and one step less would not reach them.
    #[test]
    fn windows_last_as_long_as_they_must(seconds in number(), period in 1..=u32::MAX) {
        let window = Window::lasting(seconds, Period::new(period).unwrap());
        prop_assert_eq!(window.past, window.future);
        let reach = u128::from(window.past) * u128::from(period);
        prop_assert!(reach >= seconds.into());
        prop_assert!(reach < u128::from(seconds) + u128::from(period));
    }

    /// A device's clock lies in the range that its code gives away, and every clock in the range
    /// shows that code.
    #[test]
    fn clock_offsets_are_where_the_step_says(
        period in 1..100_000_u32, unix in 0..1_u64 << 62, ahead in -1_000_000..1_000_000_i64,
    ) {
        let totp = Totp::new(Digits::SIX, Period::new(period).unwrap());
        let device = unix.saturating_add_signed(ahead);
        let ahead = device.cast_signed() - unix.cast_signed();
        let step = totp.step(device);
        let range = totp.clock_offset(unix, step).unwrap();
        prop_assert!(range.contains(&ahead));
        prop_assert_eq!(range.end() - range.start(), i64::from(period) - 1);
        for edge in [*range.start(), *range.end()] {
            prop_assert_eq!(totp.step(unix.checked_add_signed(edge).unwrap()), step);
        }
    }
}

#[test]
fn clock_offsets_beyond_i64_are_not_reported_wrongly() {
    let totp = |period| Totp::new(Digits::SIX, Period::new(period).unwrap());
    assert_eq!(totp(1).clock_offset(0, 1 << 63), None);
    assert_eq!(totp(1).clock_offset(u64::MAX, 0), None);
    let last = i64::MAX;
    assert_eq!(totp(1).clock_offset(1, 1 << 63), Some(last..=last));
    assert_eq!(totp(2).clock_offset(1, 1 << 62), None);
    assert_eq!(totp(2).clock_offset(2, 1 << 62), Some(last - 1..=last));
    assert_eq!(totp(u32::MAX).clock_offset(0, u64::MAX), None);
}

/// The codes of another key, looked for in a window of two thousand steps.
#[test]
fn chance_finds_as_many_as_expected() {
    let window = Window::symmetric(1000);
    let totp = Totp::new(Digits::SIX, Period::THIRTY);
    let key = |bytes: &[u8]| Key::new(Algorithm::Sha1, bytes);
    let (ours, other) = (key(b"12345678901234567890"), key(b"09876543210987654321"));
    let shown: HashSet<String> = (0..window.size())
        .map(|step| totp.at_step(&ours, step).as_str().to_owned())
        .collect();
    let guesses = 40_000_u64;
    let found = (0..guesses)
        .map(|step| totp.at_step(&other, step))
        .filter(|code| shown.contains(code.as_str()))
        .count();
    let chance = false_match_probability(Digits::SIX, 1, window.size());
    let expected = guesses as f64 * chance;
    assert!(
        (found as f64 - expected).abs() < 3.0 * expected.sqrt(),
        "{found}, {expected}"
    );
}
