use crate::{Code, Digits, Key};

/// Codes from a counter: HOTP (RFC 4226).
///
/// The token counts the codes it has shown; the verifier keeps the counter it expects next. The
/// token runs ahead whenever a code is shown and not used, so the verifier looks ahead a little.
///
/// ```
/// use oath_core::{Algorithm, Code, Digits, Hotp, Key};
///
/// let key = Key::new(Algorithm::Sha1, b"12345678901234567890");
/// let hotp = Hotp::new(Digits::SIX);
///
/// let code = Code::parse("969429")?;
/// assert_eq!(hotp.generate(&key, 3), code);
/// assert_eq!(hotp.verify(&key, 1, 5, &code), Some(3));
/// // From here on, expect 4: neither this code nor an earlier one is accepted again.
/// assert_eq!(hotp.verify(&key, 4, 5, &code), None);
/// # Ok::<(), oath_core::CodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hotp {
    digits: Digits,
}

impl Hotp {
    /// Makes codes of this length.
    #[must_use]
    pub const fn new(digits: Digits) -> Self {
        Self { digits }
    }

    /// The length of the codes.
    #[must_use]
    pub const fn digits(&self) -> Digits {
        self.digits
    }

    /// The code for `counter` (RFC 4226 section 5.3).
    #[must_use]
    pub fn generate(&self, key: &Key, counter: u64) -> Code {
        Code::from_number(key.number(counter), self.digits)
    }

    /// Finds the lowest counter from `counter` to `counter + look_ahead` that makes `code` (RFC
    /// 4226 section 7.2).
    ///
    /// The verifier must expect the counter after the returned one next; otherwise the same code is
    /// good twice. Every counter looked at helps a guesser too, so keep `look_ahead` small and
    /// limit the attempts (RFC 4226 section 7.3). The last counter is `u64::MAX`.
    ///
    /// Each comparison takes constant time; the number of them, at most `look_ahead + 1`, depends
    /// on where the code is found.
    #[must_use]
    pub fn verify(&self, key: &Key, counter: u64, look_ahead: u64, code: &Code) -> Option<u64> {
        window(counter, look_ahead).find(|&counter| self.matches(key, counter, code))
    }

    /// Finds a token that ran far ahead by two codes in sequence (RFC 4226 section 7.4 and appendix
    /// E.3).
    ///
    /// Looks for the lowest counter from `counter` to `counter + look_ahead` that makes `first`
    /// while the next one makes `second`, and returns **the counter of `second`**, the last one
    /// used. As after [`Hotp::verify`], expect the counter after it next.
    ///
    /// A pair of guesses is as good as one guess of twice the digits, so `look_ahead` may be much
    /// larger here: [`false_match_probability`](crate::false_match_probability).
    #[must_use]
    pub fn resynchronize(
        &self,
        key: &Key,
        counter: u64,
        look_ahead: u64,
        first: &Code,
        second: &Code,
    ) -> Option<u64> {
        window(counter, look_ahead).find_map(|counter| self.pair(key, counter, first, second))
    }

    pub(crate) fn matches(&self, key: &Key, counter: u64, code: &Code) -> bool {
        self.generate(key, counter) == *code
    }

    /// The counter of `second` if `counter` makes `first` and the one after it `second`.
    pub(crate) fn pair(&self, key: &Key, counter: u64, first: &Code, second: &Code) -> Option<u64> {
        let next = counter.checked_add(1)?;
        (self.matches(key, counter, first) && self.matches(key, next, second)).then_some(next)
    }
}

fn window(counter: u64, look_ahead: u64) -> impl Iterator<Item = u64> {
    counter..=counter.saturating_add(look_ahead)
}
