//! What a container says about its encryption.

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::crypto::{Derivation, Hash};
use super::error::{Fault, PskcProblem, PskcRefusal};
use super::key::{is_key_length, without_blanks};
use super::xml::Element;

/// The most steps in which a key is derived from a passphrase. It takes seconds.
pub const MAX_ITERATIONS: u32 = 10_000_000;

/// From where the key comes.
pub(super) enum Source {
    PreShared,
    Passphrase(Derivation),
}

/// An encrypted value: how, and the initialisation vector with the ciphertext.
pub(super) struct Encrypted {
    pub(super) key_length: usize,
    pub(super) data: Zeroizing<Vec<u8>>,
}

/// Something about the container as a whole that is missing, repeated or unreadable.
fn unclear(what: &'static str) -> impl Fn(PskcProblem) -> PskcRefusal {
    move |_| PskcRefusal::Envelope { what }
}

/// A child that must be there, once.
fn needed<'e, 'a>(
    parent: &'e Element<'a>,
    name: &'static str,
) -> Result<&'e Element<'a>, PskcRefusal> {
    let what = PskcRefusal::Envelope { what: name };
    parent.crypto(name).map_err(unclear(name))?.ok_or(what)
}

/// `EncryptionKey`: the name of a key that was agreed on, or how to derive it from a passphrase.
pub(super) fn source(encryption: Option<&Element<'_>>) -> Result<Source, PskcRefusal> {
    let Some(encryption) = encryption else {
        return Ok(Source::PreShared);
    };
    for (name, method) in [
        ("X509Data", "an X.509 certificate"),
        ("EncryptedKey", "a key that is itself encrypted"),
        ("KeyValue", "a public key"),
    ] {
        if !matches!(encryption.crypto(name), Ok(None)) {
            return Err(PskcRefusal::Method { method });
        }
    }
    match encryption.crypto("DerivedKey") {
        Ok(Some(derived)) => derivation(derived).map(Source::Passphrase),
        Ok(None) => Ok(Source::PreShared),
        Err(_) => Err(PskcRefusal::Envelope { what: "DerivedKey" }),
    }
}

fn derivation(derived: &Element<'_>) -> Result<Derivation, PskcRefusal> {
    let method = needed(derived, "KeyDerivationMethod")?;
    if name_of(method) != "pbkdf2" {
        return Err(PskcRefusal::Method {
            method: "a passphrase by another way than PBKDF2",
        });
    }
    let params = needed(method, "PBKDF2-params")?;
    let key_length = number(params, "KeyLength")?;
    Ok(Derivation {
        hash: prf(params)?,
        salt: salt(params)?,
        iterations: iterations(number(params, "IterationCount")?)?,
        key_length: usize::try_from(key_length)
            .ok()
            .filter(|&bytes| is_key_length(bytes))
            .ok_or(PskcRefusal::Envelope { what: "KeyLength" })?,
    })
}

fn number(params: &Element<'_>, name: &'static str) -> Result<u64, PskcRefusal> {
    let text = needed(params, name)?.text().map_err(unclear(name))?;
    text.parse()
        .map_err(|_| PskcRefusal::Envelope { what: name })
}

fn iterations(number: u64) -> Result<u32, PskcRefusal> {
    u32::try_from(number)
        .ok()
        .filter(|number| (1..=MAX_ITERATIONS).contains(number))
        .ok_or(PskcRefusal::Iterations)
}

fn salt(params: &Element<'_>) -> Result<Vec<u8>, PskcRefusal> {
    let salt = needed(needed(params, "Salt")?, "Specified")?;
    let salt = base64(salt.text().map_err(unclear("Salt"))?).map_err(unclear("Salt"))?;
    Ok(salt.to_vec())
}

/// The function under PBKDF2: an attribute by XML Encryption, a text by python-pskc, HMAC-SHA-1 if neither is there.
fn prf(params: &Element<'_>) -> Result<Hash, PskcRefusal> {
    let Some(prf) = params.crypto("PRF").map_err(unclear("PRF"))? else {
        return Ok(Hash::Sha1);
    };
    let uri = match prf.attribute("Algorithm") {
        Some(uri) => uri,
        None => prf.text().map_err(unclear("PRF"))?,
    };
    if uri.is_empty() {
        return Ok(Hash::Sha1);
    }
    hash(uri, "PBKDF2 with an unknown function")
}

/// `MACMethod`: the hash function, and the encrypted key if it has one of its own.
pub(super) fn mac(element: &Element<'_>) -> Result<(Hash, Option<Encrypted>), PskcRefusal> {
    let uri = element.attribute("Algorithm").unwrap_or_default();
    let hash = hash(uri, "an unknown MAC method")?;
    let key = element.child("MACKey").map_err(unclear("MACKey"))?;
    let key = key
        .map(encrypted)
        .transpose()
        .map_err(|fault| match fault {
            Fault::File(refusal) => refusal,
            Fault::Row(_) => PskcRefusal::Envelope { what: "MACKey" },
        })?;
    Ok((hash, key))
}

fn hash(uri: &str, method: &'static str) -> Result<Hash, PskcRefusal> {
    Hash::by_name(fragment(uri)).ok_or(PskcRefusal::Method { method })
}

/// The content of `EncryptedValue` and `MACKey`.
pub(super) fn encrypted(element: &Element<'_>) -> Result<Encrypted, Fault> {
    let method = element.crypto("EncryptionMethod")?;
    let key_length = cipher(method.map_or("", name_of))?;
    let data = match element.crypto("CipherData")? {
        Some(data) => data.crypto("CipherValue")?,
        None => None,
    };
    let text = data.ok_or(PskcProblem::Ciphertext)?.text()?;
    Ok(Encrypted {
        key_length,
        data: base64(text)?,
    })
}

/// The length of the key that a method takes.
fn cipher(name: &str) -> Result<usize, PskcRefusal> {
    let method = match name {
        "aes128-cbc" => return Ok(16),
        "aes192-cbc" => return Ok(24),
        "aes256-cbc" => return Ok(32),
        "tripledes-cbc" | "kw-tripledes" => "Triple DES",
        name if name.contains("camellia") => "Camellia",
        name if name.starts_with("kw-aes") => "AES key wrap",
        name if name.ends_with("-gcm") => "AES-GCM",
        name if name.starts_with("rsa") => "RSA",
        _ => "an unknown cipher",
    };
    Err(PskcRefusal::Method { method })
}

fn name_of<'e>(element: &'e Element<'_>) -> &'e str {
    fragment(element.attribute("Algorithm").unwrap_or_default())
}

/// The last part of a URI. The parts before it differ between versions and implementations, this one does not.
fn fragment(uri: &str) -> &str {
    uri.rsplit_once('#').map_or(uri, |(_, name)| name)
}

/// Base64 with padding; blanks and line ends in it do not count.
pub(super) fn base64(text: &str) -> Result<Zeroizing<Vec<u8>>, PskcProblem> {
    BASE64
        .decode(&without_blanks(text.as_bytes()))
        .map(Zeroizing::new)
        .map_err(|_| PskcProblem::NotBase64)
}
