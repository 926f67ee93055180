//! How the types of oath-core stand in plans and ledgers.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// The SHA-256 of some bytes, in lower-case hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// The SHA-256 of a document's JSON, which is not held as a whole.
pub(crate) fn sha256_of_json(document: &impl Serialize) -> String {
    struct Hashing(Sha256);
    impl std::io::Write for Hashing {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut hashing = Hashing(Sha256::new());
    // Strings, numbers and lists always serialise.
    let _ = serde_json::to_writer(std::io::BufWriter::new(&mut hashing), document);
    data_encoding::HEXLOWER.encode(&hashing.0.finalize())
}

/// 128 bits of HMAC-SHA-256, in lower-case hexadecimal.
pub(crate) fn keyed_hex(key: &str, message: &[u8]) -> String {
    // HMAC takes keys of any length (RFC 2104), so the error does not occur.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(message);
    let tag = mac.finalize().into_bytes();
    data_encoding::HEXLOWER.encode(tag.get(..16).unwrap_or_default())
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

pub(crate) mod optional_algorithm {
    use super::{Deserialize, Deserializer, Serialize, Serializer};
    use oath_core::Algorithm;

    #[derive(Serialize, Deserialize)]
    struct Wire(#[serde(with = "super::algorithm")] Algorithm);

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Algorithm>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(Wire).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Algorithm>, D::Error> {
        Ok(Option::<Wire>::deserialize(from)?.map(|wire| wire.0))
    }
}

pub(crate) mod optional_period {
    use super::{Deserialize, Deserializer, Serialize, Serializer};
    use oath_core::Period;

    #[derive(Serialize, Deserialize)]
    struct Wire(#[serde(with = "super::period")] Period);

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Period>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(Wire).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Period>, D::Error> {
        Ok(Option::<Wire>::deserialize(from)?.map(|wire| wire.0))
    }
}
