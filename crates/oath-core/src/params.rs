use core::{
    fmt,
    num::{NonZeroU32, NonZeroU64},
    str::FromStr,
};

use crate::ParamError;

/// The hash function under HMAC.
///
/// HOTP knows SHA-1 only (RFC 4226 section 5.2); TOTP may use any of the three (RFC 6238 section
/// 1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// HMAC-SHA-1, the default of both RFCs. Not weakened by the known collisions of SHA-1.
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

impl Algorithm {
    /// The lower-case name: `sha1`, `sha256` or `sha512`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// The length of the hash in bytes: 20, 32 or 64. A key should be as long (RFC 6238 section
    /// 5.1).
    #[must_use]
    pub const fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// Writes [`Algorithm::name`].
impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Reads `sha1` or `sha-1`, `sha256` or `sha-256`, `sha512` or `sha-512`, in either case.
impl FromStr for Algorithm {
    type Err = ParamError;

    fn from_str(name: &str) -> Result<Self, ParamError> {
        let (family, size) = name.split_at_checked(3).ok_or(ParamError::Algorithm)?;
        if !family.eq_ignore_ascii_case("sha") {
            return Err(ParamError::Algorithm);
        }
        match size.strip_prefix('-').unwrap_or(size) {
            "1" => Ok(Self::Sha1),
            "256" => Ok(Self::Sha256),
            "512" => Ok(Self::Sha512),
            _ => Err(ParamError::Algorithm),
        }
    }
}

/// The length of a code in digits: 6, 7 or 8 (RFC 4226 section 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digits(u8);

impl Digits {
    /// Six digits, what nearly every token shows.
    pub const SIX: Self = Self(6);
    /// Seven digits.
    pub const SEVEN: Self = Self(7);
    /// Eight digits.
    pub const EIGHT: Self = Self(8);

    /// Takes 6, 7 or 8.
    ///
    /// # Errors
    ///
    /// [`ParamError::Digits`] for any other number.
    pub const fn new(digits: u8) -> Result<Self, ParamError> {
        match digits {
            6..=8 => Ok(Self(digits)),
            _ => Err(ParamError::Digits),
        }
    }

    /// The number of digits.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Digits {
    type Error = ParamError;

    fn try_from(digits: u8) -> Result<Self, ParamError> {
        Self::new(digits)
    }
}

/// Writes the bare number.
impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The length of a TOTP time step in seconds, at least 1 (`X` in RFC 6238 section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(NonZeroU32);

impl Period {
    /// Thirty seconds, the default of RFC 6238.
    pub const THIRTY: Self = Self(NonZeroU32::new(30).unwrap());
    /// Sixty seconds.
    pub const SIXTY: Self = Self(NonZeroU32::new(60).unwrap());

    /// Takes any number of seconds but zero.
    ///
    /// # Errors
    ///
    /// [`ParamError::Period`] for zero.
    pub const fn new(seconds: u32) -> Result<Self, ParamError> {
        match NonZeroU32::new(seconds) {
            Some(seconds) => Ok(Self(seconds)),
            None => Err(ParamError::Period),
        }
    }

    /// The number of seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0.get()
    }

    /// The number of seconds, as wide as a time and still a safe divisor.
    pub(crate) fn as_u64(self) -> NonZeroU64 {
        self.0.into()
    }
}

impl TryFrom<u32> for Period {
    type Error = ParamError;

    fn try_from(seconds: u32) -> Result<Self, ParamError> {
        Self::new(seconds)
    }
}

/// Writes the bare number of seconds.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
