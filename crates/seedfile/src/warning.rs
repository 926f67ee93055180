//! What is right but odd.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::record::TokenType;

/// Something about an accepted token that a person should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// Blanks or dashes stood inside the secret key and were left out.
    #[error("blanks or dashes inside the secret key were left out")]
    SecretSeparators,
    /// Bits at the end of the secret key belong to no byte and are not zero.
    #[error("the last character of the secret key has bits that count for nothing")]
    SecretTrailingBits,
    /// The secret key is under 128 bits.
    #[error("the secret key has only {bits} bits; RFC 4226 asks for 128 at least")]
    SecretShort {
        /// Bits in the key.
        bits: usize,
    },
    /// The algorithm was taken from an unusual key length.
    #[error(
        "the algorithm was taken from the key's length, and {characters} characters are unusual"
    )]
    AlgorithmLength {
        /// Length of the key in Base32 characters without padding.
        characters: usize,
    },
    /// A later row says the same again and was merged into this one.
    #[error("row {row} says the same again and was left out")]
    RowRepeated {
        /// The row left out.
        row: usize,
    },
    /// The serial number was made from the label of a link, which names an account.
    #[error("the link names no device, so the serial number was made from its label")]
    SerialFromLabel,
    /// Nothing in the file says whether the token counts time or events.
    #[error(
        "the file does not say whether the token counts time or events; {token_type} was taken"
    )]
    TypeAssumed {
        /// What was taken.
        token_type: TokenType,
    },
    /// The name of an item that shall tell its answer from the others stands twice.
    #[error("another token has the same @contentId; the ids are given anew")]
    ContentIdRepeated,
    /// The row names a holder in words that name no user of a directory.
    #[error(
        "the row names a holder, but by no user name with an @ and no object id; it was not read"
    )]
    HolderNotRead,
    /// No manufacturer.
    #[error("there is no manufacturer; Entra ID asks for one")]
    ManufacturerMissing,
    /// No model.
    #[error("there is no model; Entra ID asks for one")]
    ModelMissing,
}

impl Warning {
    /// A stable name for programs, in kebab-case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SecretSeparators => "secret-separators",
            Self::SecretTrailingBits => "secret-trailing-bits",
            Self::SecretShort { .. } => "secret-short",
            Self::AlgorithmLength { .. } => "algorithm-length",
            Self::RowRepeated { .. } => "row-repeated",
            Self::SerialFromLabel => "serial-from-label",
            Self::TypeAssumed { .. } => "type-assumed",
            Self::ContentIdRepeated => "content-id-repeated",
            Self::HolderNotRead => "holder-not-read",
            Self::ManufacturerMissing => "manufacturer-missing",
            Self::ModelMissing => "model-missing",
        }
    }
}

impl Warning {
    /// What a person can do about it.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::SecretSeparators => "nothing, if the key was written in groups on purpose",
            Self::SecretTrailingBits | Self::SecretShort { .. } => {
                "compare the key with the vendor's file"
            }
            Self::AlgorithmLength { .. } => "check it, and say which algorithm the tokens have",
            Self::RowRepeated { .. } => "nothing; the file may have been joined from two",
            Self::SerialFromLabel => "check that it is what the device shows",
            Self::TypeAssumed { .. } => "say which type of token or which format it is",
            Self::ContentIdRepeated => "nothing",
            Self::HolderNotRead => "pair the tokens with their users",
            Self::ManufacturerMissing | Self::ModelMissing => {
                "add it, so that the token can be told from others"
            }
        }
    }
}

impl Serialize for Warning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_struct("Warning", 3)?;
        map.serialize_field("code", self.code())?;
        map.serialize_field("message", &self.to_string())?;
        map.serialize_field("help", self.help())?;
        map.end()
    }
}
