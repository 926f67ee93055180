//! What can be wrong with a container, and with one key in it.

use super::envelope::MAX_ITERATIONS;
use super::xml::{MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS};

/// Why no key of a container is used.
///
/// It says what was seen and where, never what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PskcRefusal {
    /// Not well-formed XML, which a file that was cut off is not either.
    #[error("not well-formed XML at line {line}: the file is damaged or cut off")]
    Syntax {
        /// The line of the error.
        line: usize,
    },
    /// A document type declaration. No PSKC file has one, and entities are a way of attack.
    #[error(
        "a document type declaration stands in line {line}, which no PSKC file has: ask the vendor where it comes from"
    )]
    Doctype {
        /// The line of the declaration.
        line: usize,
    },
    /// Elements in elements in elements.
    #[error("the XML is more than {MAX_DEPTH} levels deep at line {line}: this is not a seed file")]
    TooDeep {
        /// The line of the first element that is too deep.
        line: usize,
    },
    /// More attributes or elements than any real file has.
    #[error(
        "more than {MAX_ATTRIBUTES} attributes on an element, or {MAX_ELEMENTS} elements in a package, at line {line}: this is not a seed file"
    )]
    TooMany {
        /// The line of the element.
        line: usize,
    },
    /// The root is another element.
    #[error("an XML file, but not a PSKC container: ask the vendor for PSKC or CSV")]
    NotContainer,
    /// A `KeyContainer` in another namespace: a draft from before RFC 6030, or a slip.
    #[error(
        "a PSKC container, but not of RFC 6030, perhaps an older draft: ask the vendor for PSKC 1.0 (RFC 6030) or CSV"
    )]
    Namespace,
    /// The version is missing or not 1.x.
    #[error("the PSKC container does not say that it is version 1.0, and no other is known")]
    Version,
    /// `EncryptionKey` or `MACMethod` twice, or after the first key.
    #[error("EncryptionKey or MACMethod stands twice, or after the first key, in line {line}")]
    Misplaced {
        /// The line of the element.
        line: usize,
    },
    /// `EncryptionKey` or `MACMethod` lacks something, or has it twice.
    #[error("the PSKC container does not say clearly how it is encrypted: {what}")]
    Envelope {
        /// What is missing, repeated or out of bounds.
        what: &'static str,
    },
    /// The number of iterations is zero or no computer should be asked for it.
    #[error("the key is derived from the passphrase in 0 or more than {MAX_ITERATIONS} steps")]
    Iterations,
    /// Encrypted in a way that is not read.
    #[error(
        "encrypted with {method}, which is not read: ask the vendor for AES-CBC with a passphrase or a pre-shared key"
    )]
    Method {
        /// The way, by its common name.
        method: &'static str,
    },
    /// AES-CBC without a MAC. A changed file would be read as other keys.
    #[error(
        "encrypted, but nothing shows whether it was changed (RFC 6030 demands a MACMethod): ask the vendor for a file with one"
    )]
    NoMac,
    /// Encrypted with a key derived from a passphrase, and the caller gave no passphrase.
    #[error("encrypted with a passphrase: give the passphrase that came with the file")]
    NeedsPassphrase,
    /// Encrypted with a pre-shared key, and the caller gave no such key.
    #[error("encrypted with a pre-shared key: give the key that came with the file")]
    NeedsKey,
    /// The key has not the length that the file's cipher takes.
    #[error("the file is encrypted with a key of {needed} bytes, but this one has {given}")]
    KeyLength {
        /// Bytes that the cipher takes.
        needed: usize,
        /// Bytes of the key.
        given: usize,
    },
    /// Not one value agrees with its MAC.
    #[error("the passphrase or key is wrong, or the file was changed")]
    WrongKey,
}

impl PskcRefusal {
    /// A stable name for programs, in kebab-case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "xml-syntax",
            Self::Doctype { .. } => "xml-doctype",
            Self::TooDeep { .. } => "xml-too-deep",
            Self::TooMany { .. } => "xml-too-many",
            Self::NotContainer => "xml",
            Self::Namespace => "pskc-namespace",
            Self::Version => "pskc-version",
            Self::Misplaced { .. } => "pskc-misplaced",
            Self::Envelope { .. } => "pskc-envelope",
            Self::Iterations => "pskc-iterations",
            Self::Method { .. } => "pskc-method",
            Self::NoMac => "pskc-no-mac",
            Self::NeedsPassphrase => "pskc-needs-passphrase",
            Self::NeedsKey => "pskc-needs-key",
            Self::KeyLength { .. } => "pskc-key-length",
            Self::WrongKey => "pskc-wrong-key",
        }
    }
}

/// Why one key of a container, or one value of it, is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PskcProblem {
    /// A package with a device and no key.
    #[error("the package holds no key")]
    NoKey,
    /// A key for something else than HOTP or TOTP: OCRA, a PIN, Yubico's own codes.
    #[error("the key is not for HOTP or TOTP codes")]
    OtherAlgorithm,
    /// Codes of other characters than decimal digits.
    #[error("the token's codes are not decimal digits")]
    ResponseEncoding,
    /// Codes with a check digit.
    #[error("the token's codes carry a check digit")]
    CheckDigits,
    /// An element twice where one may stand, or a value both in clear and encrypted.
    #[error("the value is given twice")]
    Repeated,
    /// Elements where a text should be.
    #[error("there is markup where a value should be")]
    Markup,
    /// A text longer than [`MAX_FIELD_BYTES`](crate::MAX_FIELD_BYTES).
    #[error("the value is too long to be real")]
    TooLong,
    /// Neither a value in clear nor an encrypted one, or an empty one.
    #[error("there is no secret key")]
    SecretMissing,
    /// Not Base64.
    #[error("not Base64, as PSKC writes keys and encrypted values")]
    NotBase64,
    /// Base64 that reads as hexadecimal or Base32 from the first character to the last.
    #[error("the secret key looks like hexadecimal or Base32, but PSKC writes Base64")]
    OtherEncoding,
    /// An encrypted number that can be read as text and as binary.
    #[error("the encrypted number can be read in two ways, or is too long")]
    Number,
    /// An encrypted value without what shows that it was not changed.
    #[error("the encrypted value has no MAC, though the file says that each has one")]
    MacMissing,
    /// The MAC is that of another value.
    #[error("the encrypted value does not agree with its MAC")]
    MacWrong,
    /// Too short, not whole blocks, or without right padding.
    #[error("the encrypted value cannot be decrypted")]
    Ciphertext,
    /// The device and the key name different users.
    #[error("the device and the key name two different users")]
    UsersDiffer,
}

impl PskcProblem {
    /// A stable name for programs, in kebab-case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoKey => "pskc-no-key",
            Self::OtherAlgorithm => "pskc-other-algorithm",
            Self::ResponseEncoding => "pskc-response-encoding",
            Self::CheckDigits => "pskc-check-digits",
            Self::Repeated => "field-repeated",
            Self::Markup => "pskc-markup",
            Self::TooLong => "field-too-long",
            Self::SecretMissing => "secret-missing",
            Self::NotBase64 => "pskc-not-base64",
            Self::OtherEncoding => "pskc-other-encoding",
            Self::Number => "pskc-number",
            Self::MacMissing => "pskc-mac-missing",
            Self::MacWrong => "pskc-mac-wrong",
            Self::Ciphertext => "pskc-ciphertext",
            Self::UsersDiffer => "pskc-users-differ",
        }
    }
}

impl PskcProblem {
    /// What a person can do about it.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NoKey => "leave the device out, or ask the vendor for its key",
            Self::OtherAlgorithm | Self::ResponseEncoding | Self::CheckDigits => {
                "leave it out: it makes codes of another kind"
            }
            Self::Repeated => "keep one",
            Self::UsersDiffer => "keep the right one",
            Self::SecretMissing | Self::NotBase64 | Self::OtherEncoding | Self::Number => {
                "ask the vendor for the file as RFC 6030 has it"
            }
            Self::MacMissing => "ask the vendor for a file with a ValueMAC for every key",
            Self::Markup | Self::TooLong | Self::MacWrong | Self::Ciphertext => {
                "the file was changed on its way: ask the vendor for it again"
            }
        }
    }
}

/// A fault of the whole container, or of one key.
pub(super) enum Fault {
    File(PskcRefusal),
    Row(PskcProblem),
}

impl From<PskcRefusal> for Fault {
    fn from(refusal: PskcRefusal) -> Self {
        Self::File(refusal)
    }
}

impl From<PskcProblem> for Fault {
    fn from(problem: PskcProblem) -> Self {
        Self::Row(problem)
    }
}

/// A row's own problem stays with the row; one of the file goes up.
pub(super) fn of_row<T>(result: Result<T, Fault>) -> Result<Result<T, PskcProblem>, PskcRefusal> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Fault::Row(problem)) => Ok(Err(problem)),
        Err(Fault::File(refusal)) => Err(refusal),
    }
}
