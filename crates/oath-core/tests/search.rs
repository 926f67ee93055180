//! Searching windows, checked against a plain model, up to both ends of the steps.

#![allow(clippy::unwrap_used, reason = "a test stops at anything unexpected")]

use oath_core::{Accepted, Algorithm, Code, Digits, Hotp, Key, Period, Totp, Unmatched, Window};
use proptest::prelude::*;

/// Counters and steps: any, and often those at the ends.
fn counter() -> impl Strategy<Value = u64> {
    prop_oneof![0..30_u64, any::<u64>(), u64::MAX - 30..=u64::MAX]
}

fn key() -> impl Strategy<Value = Key> {
    const ALGORITHMS: &[Algorithm] = &[Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    (prop::sample::select(ALGORITHMS), bytes)
        .prop_map(|(algorithm, bytes)| Key::new(algorithm, &bytes))
}

fn digits() -> impl Strategy<Value = Digits> {
    (6..=8_u8).prop_map(|digits| Digits::new(digits).unwrap())
}

fn window() -> impl Strategy<Value = Window> {
    (0..20_u64, 0..20_u64).prop_map(|(past, future)| Window { past, future })
}

/// One step a second, so that every number is both a time and a step.
fn totp(digits: Digits) -> Totp {
    Totp::new(digits, Period::new(1).unwrap())
}

/// The first step of the window, in the order promised, that is found: nearest first, past before
/// future.
fn model(now: u64, window: Window, found: impl Fn(u64) -> bool) -> Option<Accepted> {
    let (past, future) = (window.past.cast_signed(), window.future.cast_signed());
    let mut drifts: Vec<i64> = (-past..=future).collect();
    drifts.sort_by_key(|drift| (drift.abs(), *drift));
    drifts
        .into_iter()
        .filter_map(|drift| Some((now.checked_add_signed(drift)?, drift)))
        .find(|&(step, _)| found(step))
        .map(|(step, drift)| Accepted { step, drift })
}

proptest! {
    #[test]
    fn totp_verify(
        key in key(), digits in digits(), now in counter(), window in window(), drift in -25..=25_i64,
    ) {
        let totp = totp(digits);
        let code = totp.at_step(&key, now.saturating_add_signed(drift));
        let expected = model(now, window, |step| totp.at_step(&key, step) == code);
        prop_assert_eq!(totp.verify(&key, now, window, &code), expected);
    }

    #[test]
    fn totp_resynchronize(
        key in key(), digits in digits(), now in counter(), window in window(), drift in -25..=25_i64,
    ) {
        let totp = totp(digits);
        let shown = now.saturating_add_signed(drift);
        let first = totp.at_step(&key, shown.saturating_sub(1));
        let second = totp.at_step(&key, shown);
        let expected = model(now, window, |step| {
            step > 0 && totp.at_step(&key, step - 1) == first && totp.at_step(&key, step) == second
        });
        prop_assert_eq!(totp.resynchronize(&key, now, window, &first, &second), expected);
    }

    #[test]
    fn hotp_verify(
        key in key(), digits in digits(), counter in counter(), look_ahead in 0..20_u64, ahead in 0..25_u64,
    ) {
        let hotp = Hotp::new(digits);
        let code = hotp.generate(&key, counter.saturating_add(ahead));
        let expected = (0..=look_ahead)
            .filter_map(|distance| counter.checked_add(distance))
            .find(|&counter| hotp.generate(&key, counter) == code);
        prop_assert_eq!(hotp.verify(&key, counter, look_ahead, &code), expected);
    }

    #[test]
    fn hotp_resynchronize(
        key in key(), digits in digits(), counter in counter(), look_ahead in 0..20_u64, ahead in 0..25_u64,
    ) {
        let hotp = Hotp::new(digits);
        let shown = counter.saturating_add(ahead);
        let first = hotp.generate(&key, shown);
        let second = hotp.generate(&key, shown.saturating_add(1));
        let expected = (0..=look_ahead)
            .filter_map(|distance| counter.checked_add(distance)?.checked_add(1))
            .find(|&next| hotp.generate(&key, next - 1) == first && hotp.generate(&key, next) == second);
        prop_assert_eq!(hotp.resynchronize(&key, counter, look_ahead, &first, &second), expected);
    }

    #[test]
    fn steps_tile_the_time(seconds in prop_oneof![1..4_u32, 1..=u32::MAX], unix in counter()) {
        let totp = Totp::new(Digits::SIX, Period::new(seconds).unwrap());
        let (step, remaining) = (totp.step(unix), totp.remaining(unix));
        prop_assert!((1..=seconds).contains(&remaining));
        let start = totp.step_start(step).unwrap();
        prop_assert_eq!(unix - start, u64::from(seconds - remaining));
        let next = step.checked_add(1).and_then(|next| totp.step_start(next));
        prop_assert_eq!(next, unix.checked_add(remaining.into()));
    }
}

fn rfc_key() -> Key {
    Key::new(Algorithm::Sha1, b"12345678901234567890")
}

/// The codes of RFC 4226 appendix D at the counters 3, 4 and 5, as TOTP at 90, 120 and 150 seconds.
const THREE: &str = "969429";
const FOUR: &str = "338314";
const FIVE: &str = "254676";

fn code(text: &str) -> Code {
    Code::parse(text).unwrap()
}

#[test]
fn a_device_ahead_has_a_positive_drift() {
    let totp = Totp::new(Digits::SIX, Period::THIRTY);
    let drift = |unix| {
        let accepted = totp.verify(&rfc_key(), unix, Window::symmetric(2), &code(FOUR))?;
        assert_eq!(accepted.step, 4);
        Some(accepted.drift)
    };
    assert_eq!(drift(59), None);
    assert_eq!(drift(60), Some(2));
    assert_eq!(drift(119), Some(1));
    assert_eq!(drift(120), Some(0));
    assert_eq!(drift(150), Some(-1));
    assert_eq!(drift(209), Some(-2));
    assert_eq!(drift(210), None);
}

#[test]
fn resynchronising_gives_the_second_of_two_codes_in_sequence() {
    let (key, all) = (rfc_key(), Window::symmetric(100));
    let (hotp, totp) = (
        Hotp::new(Digits::SIX),
        Totp::new(Digits::SIX, Period::THIRTY),
    );
    let both = |first, second| {
        let (first, second) = (code(first), code(second));
        let counter = hotp.resynchronize(&key, 0, 100, &first, &second);
        let accepted = totp.resynchronize(&key, 0, all, &first, &second);
        assert_eq!(accepted.map(|accepted| accepted.step), counter);
        counter
    };
    assert_eq!(both(THREE, FOUR), Some(4));
    assert_eq!(both(FOUR, FIVE), Some(5));
    assert_eq!(both(FOUR, THREE), None);
    assert_eq!(both(THREE, FIVE), None);
    assert_eq!(both(FOUR, FOUR), None);
}

/// A window that would not end, but for the ends of the steps.
#[test]
fn unbounded_windows_end_at_the_ends() {
    let (key, totp, hotp) = (rfc_key(), totp(Digits::SIX), Hotp::new(Digits::SIX));
    let last = u64::MAX;
    let future = Window {
        past: 0,
        future: last,
    };
    let past = Window {
        past: last,
        future: 0,
    };
    let absent = code("000000");
    assert_eq!(totp.verify(&key, last - 9, future, &absent), None);
    assert_eq!(totp.verify(&key, 9, past, &absent), None);
    assert_eq!(hotp.verify(&key, last - 9, last, &absent), None);
    assert_eq!(
        hotp.resynchronize(&key, last - 9, last, &absent, &absent),
        None
    );

    let ends = [totp.at_step(&key, last), totp.at_step(&key, 0)];
    assert_eq!(hotp.resynchronize(&key, last, 9, &ends[0], &ends[1]), None);
    assert_eq!(
        totp.resynchronize(&key, 0, Window::symmetric(9), &ends[0], &ends[1]),
        None
    );

    // Step 0 follows no step, and step 1 is outside of the window.
    let first_two = [totp.at_step(&key, 0), totp.at_step(&key, 1)];
    let found = totp.resynchronize(&key, 0, Window::NONE, &first_two[0], &first_two[1]);
    assert_eq!(found, None);
}

#[test]
fn a_code_of_another_length_is_never_accepted() {
    let (key, eight) = (rfc_key(), Totp::new(Digits::EIGHT, Period::THIRTY));
    let long = eight.generate(&key, 0);
    let (_, tail) = long.as_str().split_at(2);
    let six = Totp::new(Digits::SIX, Period::THIRTY);
    assert!(six.verify(&key, 0, Window::NONE, &code(tail)).is_some());
    assert_eq!(six.verify(&key, 0, Window::NONE, &long), None);
    assert_eq!(eight.verify(&key, 0, Window::NONE, &code(tail)), None);
}

#[test]
fn two_codes_that_are_not_found_say_why() {
    let totp = Totp::new(Digits::SIX, Period::THIRTY);
    let code = |text| Code::parse(text).unwrap();
    let measure = |first, second| {
        totp.measure(
            &rfc_key(),
            150,
            Window::symmetric(3),
            &code(first),
            &code(second),
        )
    };
    assert_eq!(measure(THREE, FOUR).map(|found| found.drift), Ok(-1));
    assert_eq!(measure(FOUR, THREE), Err(Unmatched::Reversed));
    assert_eq!(measure(FOUR, FOUR), Err(Unmatched::Repeated));
    assert_eq!(measure(THREE, FIVE), Err(Unmatched::Absent));
    assert_eq!(measure(THREE, "12345678"), Err(Unmatched::Length));
}
