use core::{iter, ops::RangeInclusive};

use crate::{Code, Digits, Hotp, Key, Period};

/// Codes from the time: TOTP (RFC 6238), which is HOTP with the number of the time step as its
/// counter.
///
/// Times are Unix times in whole seconds, and step 0 begins at 0 (`T0` in RFC 6238 section 4.1; for
/// another `T0`, subtract it first). Nothing here reads a clock.
///
/// ```
/// use oath_core::{Algorithm, Code, Digits, Key, Period, Totp};
///
/// let key = Key::new(Algorithm::Sha1, b"12345678901234567890");
/// let totp = Totp::new(Digits::EIGHT, Period::THIRTY);
///
/// assert_eq!(totp.generate(&key, 1_111_111_109), Code::parse("07081804")?);
/// assert_eq!(totp.step(1_111_111_109), 37_037_036);
/// assert_eq!(totp.remaining(1_111_111_109), 1);
/// # Ok::<(), oath_core::CodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Totp {
    hotp: Hotp,
    period: Period,
}

impl Totp {
    /// Makes codes of this length, each good for one `period`.
    #[must_use]
    pub const fn new(digits: Digits, period: Period) -> Self {
        let hotp = Hotp::new(digits);
        Self { hotp, period }
    }

    /// The length of the codes.
    #[must_use]
    pub const fn digits(&self) -> Digits {
        self.hotp.digits()
    }

    /// The length of a time step.
    #[must_use]
    pub const fn period(&self) -> Period {
        self.period
    }

    /// The number of the time step that `unix` lies in (`T` in RFC 6238 section 4.2).
    #[must_use]
    pub fn step(&self, unix: u64) -> u64 {
        unix / self.period.as_u64()
    }

    /// The seconds from `unix` to the beginning of the next step: from 1 to the period.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the remainder is smaller than the period, a u32"
    )]
    pub fn remaining(&self, unix: u64) -> u32 {
        let elapsed = (unix % self.period.as_u64()) as u32;
        self.period.seconds() - elapsed
    }

    /// The Unix time at which `step` begins, or `None` if that is beyond `u64::MAX`.
    #[must_use]
    pub fn step_start(&self, step: u64) -> Option<u64> {
        step.checked_mul(self.period.as_u64().get())
    }

    /// The seconds by which a device's clock is ahead that shows the code of `step` at the time
    /// `unix`; behind is negative. Or `None` if that is no `i64`.
    ///
    /// A code tells the time to within its step (RFC 6238 section 4.2), so this is a range, one
    /// period wide and not centred on the drift in steps: it depends on how much of the present step
    /// is over. The time from reading a code to `unix` counts as if the clock were behind.
    ///
    /// ```
    /// use oath_core::{Digits, Period, Totp};
    ///
    /// let totp = Totp::new(Digits::SIX, Period::THIRTY);
    /// // Step 4 lasts from 120 to 149.
    /// assert_eq!(totp.clock_offset(119, 4), Some(1..=30));
    /// assert_eq!(totp.clock_offset(120, 4), Some(0..=29));
    /// assert_eq!(totp.clock_offset(150, 4), Some(-30..=-1));
    /// ```
    #[must_use]
    pub fn clock_offset(&self, unix: u64, step: u64) -> Option<RangeInclusive<i64>> {
        let period = i128::from(self.period.seconds());
        let least = i128::from(step) * period - i128::from(unix);
        let most = least + period - 1;
        Some(i64::try_from(least).ok()?..=i64::try_from(most).ok()?)
    }

    /// The code for the time `unix` (RFC 6238 section 4.2).
    #[must_use]
    pub fn generate(&self, key: &Key, unix: u64) -> Code {
        self.at_step(key, self.step(unix))
    }

    /// The code for the time step with this number.
    #[must_use]
    pub fn at_step(&self, key: &Key, step: u64) -> Code {
        self.hotp.generate(key, step)
    }

    /// Finds the step that makes `code` in the `window` around the time `unix` (RFC 6238 section
    /// 5.2).
    ///
    /// The nearest step wins; of two equally near ones, the past one. A code must not be accepted
    /// twice: remember [`Accepted::step`] and refuse every code whose step is not above it. Limit
    /// the attempts too (RFC 4226 section 7.3).
    ///
    /// Each comparison takes constant time; the number of them depends on where the code is found.
    #[must_use]
    pub fn verify(&self, key: &Key, unix: u64, window: Window, code: &Code) -> Option<Accepted> {
        let now = self.step(unix);
        let step = window
            .nearest_first(now)
            .find(|&step| self.hotp.matches(key, step, code))?;
        Accepted::new(step, now)
    }

    /// Finds a token with a clock far off by two codes it showed in sequence, `second` at the time
    /// `unix` (RFC 6238 section 6; RFC 4226 section 7.4).
    ///
    /// The `window` is for `second`, and **the step and the drift returned are those of `second`**,
    /// the last code used: remember them as after [`Totp::verify`]. The order of search is the
    /// same.
    ///
    /// A pair of guesses is as good as one guess of twice the digits, so the window may be much
    /// wider here: [`false_match_probability`](crate::false_match_probability).
    #[must_use]
    pub fn resynchronize(
        &self,
        key: &Key,
        unix: u64,
        window: Window,
        first: &Code,
        second: &Code,
    ) -> Option<Accepted> {
        let now = self.step(unix);
        let step = window
            .nearest_first(now)
            .filter_map(|step| step.checked_sub(1))
            .find_map(|before| self.hotp.pair(key, before, first, second))?;
        Accepted::new(step, now)
    }

    /// As [`Totp::resynchronize`], and says what is wrong with codes that are not found.
    ///
    /// # Errors
    /// [`Unmatched`] says why the two are not found.
    pub fn measure(
        &self,
        key: &Key,
        unix: u64,
        window: Window,
        first: &Code,
        second: &Code,
    ) -> Result<Accepted, Unmatched> {
        let find = |first, second| self.resynchronize(key, unix, window, first, second);
        let has_other_length = |code: &Code| code.digits() != self.digits();
        match find(first, second) {
            Some(accepted) => Ok(accepted),
            None if has_other_length(first) || has_other_length(second) => Err(Unmatched::Length),
            None if first == second => Err(Unmatched::Repeated),
            None if find(second, first).is_some() => Err(Unmatched::Reversed),
            None => Err(Unmatched::Absent),
        }
    }
}

/// Why [`Totp::measure`] does not find two codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unmatched {
    /// One of them is longer or shorter than the codes of this token.
    Length,
    /// Both are the same.
    Repeated,
    /// They are found the other way round: the second one came first.
    Reversed,
    /// They do not follow each other in the window, or are of another key.
    Absent,
}

/// How many steps around the present one are searched.
///
/// Against the delay between reading a code and sending it, RFC 6238 section 5.2 advises one step
/// at most. Clocks that drift may need more (section 6). Every step searched helps a guesser as
/// well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Steps before the present one: for delay, and for devices behind.
    pub past: u64,
    /// Steps after the present one: for devices ahead.
    pub future: u64,
}

impl Window {
    /// The present step only.
    pub const NONE: Self = Self::symmetric(0);

    /// As many `steps` before the present one as after it.
    #[must_use]
    pub const fn symmetric(steps: u64) -> Self {
        Self {
            past: steps,
            future: steps,
        }
    }

    /// The number of steps in the window, the present one included, or `u64::MAX` if it is more.
    ///
    /// Of these, a search leaves out the steps before 0 and after `u64::MAX`. What a window of some
    /// size costs in safety says [`false_match_probability`](crate::false_match_probability).
    #[must_use]
    pub const fn size(self) -> u64 {
        self.past.saturating_add(self.future).saturating_add(1)
    }

    /// As many steps on each side as it takes to reach `seconds` away, with this `period`.
    #[must_use]
    pub fn lasting(seconds: u64, period: Period) -> Self {
        Self::symmetric(seconds.div_ceil(period.as_u64().get()))
    }

    /// The steps to search: `now`, then outwards, past before future. There is none before 0 or
    /// after `u64::MAX`.
    fn nearest_first(self, now: u64) -> impl Iterator<Item = u64> {
        let past = self.past.min(now);
        let future = self.future.min(u64::MAX - now);
        let around = (1..=past.max(future)).flat_map(move |distance| {
            let before = (distance <= past).then(|| now - distance);
            let after = (distance <= future).then(|| now + distance);
            before.into_iter().chain(after)
        });
        iter::once(now).chain(around)
    }
}

/// Where [`Totp::verify`] or [`Totp::resynchronize`] found the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Accepted {
    /// The number of the time step that makes the code. Refuse it, and all before it, from now on.
    pub step: u64,
    /// The distance from the verifier's step in steps: positive when the device is ahead, negative
    /// when it is behind or the code is late.
    pub drift: i64,
}

impl Accepted {
    /// `None` only if the drift is no `i64`, that is after a search of 2^63 steps.
    fn new(step: u64, now: u64) -> Option<Self> {
        let drift = step.checked_signed_diff(now)?;
        Some(Self { step, drift })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_goes_outwards_past_first() {
        let window = Window { past: 2, future: 4 };
        assert!(window.nearest_first(10).eq([10, 9, 11, 8, 12, 13, 14]));
    }

    #[test]
    fn the_search_stops_at_both_ends_of_the_steps() {
        let all = Window::symmetric(u64::MAX);
        assert!(all.nearest_first(1).take(4).eq([1, 0, 2, 3]));
        let last = u64::MAX;
        assert!(
            all.nearest_first(last)
                .take(3)
                .eq([last, last - 1, last - 2])
        );
        assert!(Window::symmetric(1).nearest_first(0).eq([0, 1]));
        assert!(Window::NONE.nearest_first(last).eq([last]));
    }

    #[test]
    fn a_drift_beyond_i64_is_not_reported_wrongly() {
        assert_eq!(Accepted::new(u64::MAX, 0), None);
        assert_eq!(Accepted::new(0, 1 << 63).map(|it| it.drift), Some(i64::MIN));
    }
}
