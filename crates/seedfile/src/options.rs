//! What a caller can say about a file.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use oath_core::{Algorithm, Digits, Period};

use crate::field::Field;
use crate::format::Format;
use crate::pskc::PskcKey;
use crate::record::TokenType;

/// How to read a file. The default finds everything out from the file.
///
/// What the file itself says goes first: an option speaks only where the file is silent. The
/// exception is [`ReadOptions::encoding`], which goes before the format's own way, since hardly any
/// file says how its keys are written.
///
/// ```
/// use seedfile::{ReadOptions, oath_core::Algorithm};
///
/// let options = ReadOptions::default().algorithm(Algorithm::Sha256);
/// assert_eq!(options.algorithm, Some(Algorithm::Sha256));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The format, if the caller knows it. A file of another kind is refused.
    pub format: Option<Format>,
    /// The algorithm of tokens for which the file names none, in place of the format's own rule.
    pub algorithm: Option<Algorithm>,
    /// The length of the codes of tokens for which the file names none.
    pub digits: Option<Digits>,
    /// The time step of tokens for which the file names none.
    pub period: Option<Period>,
    /// Whether tokens for which the file does not say it count time or events.
    pub token_type: Option<TokenType>,
    /// How the secret keys are written, in place of the format's own way.
    pub encoding: Option<SecretEncoding>,
    /// Whether seeds under 128 bits (RFC 4226, section 4, R6) are accepted with a warning.
    pub allow_short_seeds: bool,
    /// Where the fields of a table stand, in place of the names in its header. Empty: the header
    /// says it.
    pub columns: Vec<(Field, Place)>,
    /// What opens an encrypted PSKC file.
    pub pskc_key: Option<PskcKey>,
    /// The separator of a table, in place of the one found in its header: an ASCII character.
    pub delimiter: Option<u8>,
    /// How many threads may work on a large table: one, unless the caller has others to spare. The
    /// result is the same.
    pub threads: NonZeroUsize,
    /// The rows that count, where not all do. The others are read only to be compared with these.
    pub rows: Option<BTreeSet<usize>>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            format: None,
            algorithm: None,
            digits: None,
            period: None,
            token_type: None,
            encoding: None,
            allow_short_seeds: false,
            columns: Vec::new(),
            pskc_key: None,
            delimiter: None,
            threads: NonZeroUsize::MIN,
            rows: None,
        }
    }
}

impl ReadOptions {
    /// Whether this row counts.
    pub(crate) fn takes(&self, row: usize) -> bool {
        self.rows.as_ref().is_none_or(|rows| rows.contains(&row))
    }

    /// Sets [`ReadOptions::format`].
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets [`ReadOptions::algorithm`].
    #[must_use]
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = Some(algorithm);
        self
    }

    /// Sets [`ReadOptions::digits`].
    #[must_use]
    pub fn digits(mut self, digits: Digits) -> Self {
        self.digits = Some(digits);
        self
    }

    /// Sets [`ReadOptions::period`].
    #[must_use]
    pub fn period(mut self, period: Period) -> Self {
        self.period = Some(period);
        self
    }

    /// Sets [`ReadOptions::token_type`].
    #[must_use]
    pub fn token_type(mut self, token_type: TokenType) -> Self {
        self.token_type = Some(token_type);
        self
    }

    /// Sets [`ReadOptions::encoding`].
    #[must_use]
    pub fn encoding(mut self, encoding: SecretEncoding) -> Self {
        self.encoding = Some(encoding);
        self
    }

    /// Sets [`ReadOptions::allow_short_seeds`].
    #[must_use]
    pub fn allow_short_seeds(mut self, allow: bool) -> Self {
        self.allow_short_seeds = allow;
        self
    }

    /// Says where a field of a table stands. The format is then [`Format::Csv`]; fields that are not
    /// named here are found by the header, if there is one.
    ///
    /// ```
    /// use seedfile::{Field, Place, ReadOptions, SecretEncoding, oath_core::Period, read};
    ///
    /// let file = b"device;key;owner\n60234567;3132333435363738393031323334353637383930;ann@example.com\n";
    /// let options = ReadOptions::default()
    ///     .column(Field::Serial, Place::Named("device".into()))
    ///     .column(Field::Secret, Place::Named("key".into()))
    ///     .column(Field::User, Place::Named("owner".into()))
    ///     .encoding(SecretEncoding::Hex)
    ///     .period(Period::THIRTY);
    /// let seeds = read(file, &options)?;
    /// assert_eq!(seeds.tokens[0].user.as_deref(), Some("ann@example.com"));
    /// # Ok::<(), seedfile::Refusal>(())
    /// ```
    #[must_use]
    pub fn column(mut self, field: Field, place: Place) -> Self {
        self.columns.push((field, place));
        self
    }

    /// Sets [`ReadOptions::pskc_key`].
    #[must_use]
    pub fn pskc_key(mut self, key: PskcKey) -> Self {
        self.pskc_key = Some(key);
        self
    }

    /// Sets [`ReadOptions::threads`].
    #[must_use]
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }

    /// Sets [`ReadOptions::rows`].
    ///
    /// ```
    /// use seedfile::{ReadOptions, survey};
    ///
    /// let file = b"upn,serial number,secret key,timeinterval,manufacturer,model
    /// ann@example.com,60234567,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,C202
    /// bob@example.com,,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C202
    /// ";
    /// let survey = survey(file, &ReadOptions::default().rows([3]))?;
    /// assert_eq!((survey.accepted, survey.rejected()), (0, 1));
    /// assert_eq!(survey.problems[0].row, 3);
    /// # Ok::<(), seedfile::Refusal>(())
    /// ```
    #[must_use]
    pub fn rows(mut self, rows: impl IntoIterator<Item = usize>) -> Self {
        self.rows = Some(rows.into_iter().collect());
        self
    }

    /// Sets [`ReadOptions::delimiter`].
    #[must_use]
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = Some(delimiter);
        self
    }
}

/// Where a field of a table stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the column with this name in the header; case, blanks and underscores do not matter.
    Named(String),
    /// In the column with this number, from 1. If all places are numbers, the file has no header.
    Numbered(usize),
}

/// How a text stands for key bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretEncoding {
    /// RFC 4648, section 6.
    Base32,
    /// Hexadecimal digits in either case.
    Hex,
    /// RFC 4648, section 4.
    Base64,
}

impl SecretEncoding {
    /// Every encoding.
    pub const ALL: [Self; 3] = [Self::Base32, Self::Hex, Self::Base64];

    /// The name used on command lines and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Base32 => "base32",
            Self::Hex => "hex",
            Self::Base64 => "base64",
        }
    }
}

impl fmt::Display for SecretEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No encoding has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an encoding of keys: use base32, hex or base64")]
pub struct UnknownEncoding;

impl FromStr for SecretEncoding {
    type Err = UnknownEncoding;

    fn from_str(name: &str) -> Result<Self, UnknownEncoding> {
        Self::ALL
            .into_iter()
            .find(|encoding| encoding.name().eq_ignore_ascii_case(name))
            .ok_or(UnknownEncoding)
    }
}
