//! How the types of oath-core stand in plans and ledgers.

use serde::{Deserialize, Deserializer, Serializer};
use sha2::{Digest, Sha256};

/// The SHA-256 of some bytes, in lower-case hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

pub(crate) mod algorithm {
    use super::{Deserialize, Deserializer, Serializer};
    use oath_core::Algorithm;
    use serde::de::Error as _;

    pub(crate) fn serialize<S: Serializer>(value: &Algorithm, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(value.name())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Algorithm, D::Error> {
        let text = String::deserialize(from)?;
        text.parse()
            .map_err(|_| D::Error::custom("unknown algorithm"))
    }
}

pub(crate) mod digits {
    use super::{Deserialize, Deserializer, Serializer};
    use oath_core::Digits;
    use serde::de::Error as _;

    pub(crate) fn serialize<S: Serializer>(value: &Digits, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u8(value.get())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digits, D::Error> {
        Digits::new(u8::deserialize(from)?).map_err(|_| D::Error::custom("6 to 8 digits"))
    }
}

pub(crate) mod period {
    use super::{Deserialize, Deserializer, Serializer};
    use oath_core::Period;
    use serde::de::Error as _;

    pub(crate) fn serialize<S: Serializer>(value: &Period, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(value.seconds())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Period, D::Error> {
        Period::new(u32::deserialize(from)?)
            .map_err(|_| D::Error::custom("a period of 1 s or more"))
    }
}
