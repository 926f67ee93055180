use core::{fmt, str::FromStr};

use subtle::{Choice, ConstantTimeEq};

use crate::{CodeError, Digits};

/// A one-time password: 6 to 8 decimal digits, leading zeros included.
///
/// Codes are compared in constant time, and codes of different length are never equal. A code is a
/// secret for as long as it is valid: there is no `Display`, `Debug` shows its length only, and
/// [`Code::as_str`] is the one way to its digits.
///
/// ```
/// use oath_core::Code;
///
/// let code = Code::parse("007081")?;
/// assert_eq!(code.as_str(), "007081");
/// assert_ne!(code, Code::parse("07081000")?);
/// assert_eq!(format!("{code:?}"), "Code { digits: 6, .. }");
/// # Ok::<(), oath_core::CodeError>(())
/// ```
#[derive(Clone)]
pub struct Code {
    /// The digits from the left, then zero bytes: codes of different length differ here too.
    ascii: [u8; Code::MAX],
    digits: Digits,
}

impl Code {
    const MAX: usize = Digits::EIGHT.get() as usize;

    /// Reads what a user typed or a service sent: 6 to 8 ASCII digits and nothing else, not even
    /// blanks around them.
    ///
    /// # Errors
    ///
    /// [`CodeError::NotADigit`] for any other character, [`CodeError::Length`] for too few or too
    /// many digits.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CodeError::NotADigit);
        }
        let length = u8::try_from(text.len()).map_err(|_| CodeError::Length)?;
        let digits = Digits::new(length).map_err(|_| CodeError::Length)?;
        let mut ascii = [0; Self::MAX];
        for (slot, byte) in ascii.iter_mut().zip(text.bytes()) {
            *slot = byte;
        }
        Ok(Self { ascii, digits })
    }

    /// The last `digits` decimal digits of `number` (RFC 4226 section 5.3, step 3).
    pub(crate) fn from_number(number: u32, digits: Digits) -> Self {
        let mut ascii = [0; Self::MAX];
        let mut rest = number;
        for slot in ascii.iter_mut().take(digits.get().into()).rev() {
            *slot = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        Self { ascii, digits }
    }

    /// The digits. Take care where they go.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Both constructors fill in ASCII digits only, so neither step fails.
        let digits = self.ascii.get(..self.digits.get().into());
        digits.map_or("", |digits| str::from_utf8(digits).unwrap_or_default())
    }

    /// The length of the code.
    #[must_use]
    pub const fn digits(&self) -> Digits {
        self.digits
    }
}

impl FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        Self::parse(text)
    }
}

impl ConstantTimeEq for Code {
    fn ct_eq(&self, other: &Self) -> Choice {
        u64::from_ne_bytes(self.ascii).ct_eq(&u64::from_ne_bytes(other.ascii))
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code")
            .field("digits", &format_args!("{}", self.digits))
            .finish_non_exhaustive()
    }
}
