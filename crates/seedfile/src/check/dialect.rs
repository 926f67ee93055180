//! What a format says of its own accord: how keys are written, what is meant where a row is silent,
//! and what cannot stand in such a file at all.

use oath_core::{Algorithm, Digits, Period};

use crate::options::SecretEncoding;
use crate::record::TokenType;

/// Entra ID's limit of 128 Base32 characters.
pub(crate) const MAX_SEED_BITS: usize = 128 * 5;

/// The rules of one format.
pub(crate) struct Dialect {
    pub(crate) encoding: SecretEncoding,
    pub(crate) algorithm: AlgorithmRule,
    pub(crate) digits: Digits,
    pub(crate) token_type: TokenType,
    pub(crate) period: PeriodRule,
    /// The counter of a token that counts events, where the row names none.
    pub(crate) counter: Option<u64>,
    /// Whether the format is Microsoft's: SHA-1 and SHA-256, 30 and 60 seconds, 128 characters.
    pub(crate) azure: bool,
    /// Whether nothing in such a file tells tokens that count time from those that count events.
    pub(crate) type_is_a_guess: bool,
    /// Whether such a file has a place for manufacturer and model.
    pub(crate) names_devices: bool,
}

/// The algorithm of a row that names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AlgorithmRule {
    /// Token2's: up to 32 Base32 characters are SHA-1, more are SHA-256.
    Token2,
    /// The hash function whose output is as long as the key, as LinOTP reads it; SHA-1 otherwise.
    OutputLength,
    /// The format's default.
    Default(Algorithm),
}

/// The time step of a row that names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeriodRule {
    /// There is no default.
    Required,
    /// The format's default.
    Default(Period),
}

impl Dialect {
    /// The tables of Token2 and Microsoft, and Microsoft's JSON.
    pub(crate) const AZURE: Self = Self {
        encoding: SecretEncoding::Base32,
        algorithm: AlgorithmRule::Token2,
        digits: Digits::SIX,
        token_type: TokenType::Totp,
        period: PeriodRule::Required,
        counter: None,
        azure: true,
        type_is_a_guess: false,
        names_devices: true,
    };

    /// A table whose columns the caller names.
    pub(crate) const MAPPED: Self = Self {
        azure: false,
        ..Self::AZURE
    };

    /// PSKC. The hash function is SHA-1 unless a key says otherwise, and a time step of 30 seconds is
    /// RFC 6238's default.
    pub(crate) const PSKC: Self = Self {
        algorithm: AlgorithmRule::Default(Algorithm::Sha1),
        period: PeriodRule::Default(Period::THIRTY),
        counter: Some(0),
        ..Self::MAPPED
    };

    /// The JSON of EntraOATH, which fills in what is missing.
    pub(crate) const ENTRAOATH: Self = Self {
        algorithm: AlgorithmRule::Default(Algorithm::Sha1),
        period: PeriodRule::Default(Period::THIRTY),
        ..Self::AZURE
    };

    /// Links of the Key URI form.
    pub(crate) const OTPAUTH: Self = Self {
        algorithm: AlgorithmRule::Default(Algorithm::Sha1),
        period: PeriodRule::Default(Period::THIRTY),
        azure: false,
        names_devices: false,
        ..Self::AZURE
    };

    /// What the lists without a header have in common.
    const LIST: Self = Self {
        encoding: SecretEncoding::Hex,
        counter: Some(0),
        ..Self::OTPAUTH
    };

    /// privacyIDEA and LinOTP take a token that names no type for one that counts events.
    pub(crate) const OATH_CSV: Self = Self {
        algorithm: AlgorithmRule::OutputLength,
        token_type: TokenType::Hotp,
        type_is_a_guess: true,
        ..Self::LIST
    };

    /// Duo and PingID, by the caller's word.
    pub(crate) const DUO: Self = Self::LIST;

    /// Duo, by the look of the file.
    pub(crate) const DUO_BY_LOOK: Self = Self {
        type_is_a_guess: true,
        ..Self::LIST
    };

    /// multiOTP.
    pub(crate) const MULTIOTP: Self = Self {
        type_is_a_guess: true,
        counter: None,
        ..Self::LIST
    };
}
