use crate::Digits;

/// The probability that codes which have nothing to do with a key match it all the same, somewhere
/// in a search of `steps` time steps or counters.
///
/// `codes` is how many must match in sequence: 1 in [`Totp::verify`](crate::Totp::verify), 2 in
/// [`Totp::resynchronize`](crate::Totp::resynchronize). `steps` is the
/// [`size`](crate::Window::size) of a window, and for HOTP the look-ahead and one more.
///
/// This is the chance of one random guess, and as well that of codes read from another token:
///
/// > 1 − (1 − 10^−(`digits` · `codes`))^`steps`
///
/// It is a little less than `steps` · 10^−(`digits` · `codes`), which is `s·v/10^Digit` of RFC 4226
/// appendix A.4.2 with one attempt. Steps count as independent and all codes as equally likely. As
/// 2^31 is no multiple of a power of ten, the likeliest codes are more likely than that by 0.03 %
/// with six digits, 0.12 % with seven and 2.5 % with eight (RFC 4226 appendix A.4.1).
///
/// ```
/// use oath_core::{Digits, Window, false_match_probability};
///
/// // A day each way, in steps of 30 seconds.
/// let steps = Window::symmetric(2880).size();
/// let of_one_code = false_match_probability(Digits::SIX, 1, steps);
/// let of_two_codes = false_match_probability(Digits::SIX, 2, steps);
/// assert!((0.005_74..0.005_75).contains(&of_one_code)); // 1 in 174
/// assert!((5.760e-9..5.762e-9).contains(&of_two_codes)); // 1 in 170 million
/// ```
#[must_use]
pub fn false_match_probability(digits: Digits, codes: u8, steps: u64) -> f64 {
    let combinations = f64::from(10_u32.pow(digits.get().into()));
    let in_one_step = (0..codes).fold(1.0, |chance, _| chance / combinations);
    in_any_of(steps, in_one_step)
}

/// The probability that at least one of `count` independent events happens, each with `chance`.
///
/// By doubling, as one raises to a power. The formula as it is written would lose chances that are
/// tiny beside 1.
fn in_any_of(count: u64, chance: f64) -> f64 {
    let (mut any, mut doubled) = (0.0, chance);
    for bit in 0..u64::BITS {
        if count >> bit & 1 == 1 {
            any = either(any, doubled);
        }
        doubled = either(doubled, doubled);
    }
    any
}

/// The probability that at least one of two independent events happens.
fn either(one: f64, other: f64) -> f64 {
    one + other * (1.0 - one)
}
