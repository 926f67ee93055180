//! What was read, kept for comparison.

use std::borrow::Cow;

use seedfile::TokenType;
use seedfile::pskc::{OtpKey, PskcKey, PskcProblem, PskcRefusal, Value, read};
use seedfile::secrecy::SecretString;

pub(crate) const FIGURE_2: &str = include_str!("../../data/pskc/rfc6030/figure-2.xml");
pub(crate) const FIGURE_5: &str = include_str!("../../data/pskc/rfc6030/figure-5.xml");
pub(crate) const FIGURE_6: &str = include_str!("../../data/pskc/rfc6030/figure-6.xml");
pub(crate) const FIGURE_7: &str = include_str!("../../data/pskc/rfc6030/figure-7.xml");
pub(crate) const FIGURE_10: &str = include_str!("../../data/pskc/rfc6030/figure-10.xml");

pub(crate) const SECRET: &[u8] = b"12345678901234567890";

pub(crate) type Text = Result<Option<String>, PskcProblem>;

/// A package that outlives the reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) line: usize,
    pub(crate) beginning: String,
    pub(crate) end: String,
    pub(crate) manufacturer: Text,
    pub(crate) serial: Text,
    pub(crate) model: Text,
    pub(crate) user: Text,
    pub(crate) key: Result<Key, PskcProblem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) kind: TokenType,
    pub(crate) suite: Text,
    pub(crate) digits: Text,
    pub(crate) counter: Text,
    pub(crate) interval: Text,
    pub(crate) time: Text,
    pub(crate) drift: Text,
    pub(crate) secret: Result<Vec<u8>, PskcProblem>,
}

pub(crate) fn all(text: &str, key: Option<&PskcKey>) -> Result<Vec<Package>, PskcRefusal> {
    let mut packages = Vec::new();
    read(text, key, &mut |package| {
        let source = &text[package.span.clone()];
        packages.push(Package {
            line: package.line,
            beginning: source.chars().take(11).collect(),
            end: source[source.len().saturating_sub(11)..].to_owned(),
            manufacturer: kept(package.manufacturer),
            serial: kept(package.serial),
            model: kept(package.model),
            user: kept(package.user),
            key: package.key.map(kept_key),
        });
        Ok::<(), PskcRefusal>(())
    })?;
    Ok(packages)
}

/// The only package.
pub(crate) fn one(text: &str, key: Option<&PskcKey>) -> Package {
    let packages = all(text, key).unwrap();
    assert_eq!(packages.len(), 1);
    packages.into_iter().next().unwrap()
}

pub(crate) fn secret_of(text: &str, key: Option<&PskcKey>) -> Result<Vec<u8>, PskcProblem> {
    one(text, key).key.and_then(|key| key.secret)
}

fn kept(value: Value<'_>) -> Text {
    value.map(|value| value.map(Cow::into_owned))
}

fn kept_key(key: OtpKey<'_>) -> Key {
    Key {
        kind: key.kind,
        suite: kept(key.suite),
        digits: kept(key.digits),
        counter: kept(key.counter),
        interval: kept(key.interval),
        time: kept(key.time),
        drift: kept(key.drift),
        secret: key.secret.map(|secret| secret.to_vec()),
    }
}

pub(crate) fn text(text: &str) -> Text {
    Ok(Some(text.to_owned()))
}

pub(crate) fn phrase(phrase: &str) -> PskcKey {
    PskcKey::passphrase(SecretString::from(phrase))
}

/// The pre-shared key of figure 6.
pub(crate) fn shared() -> PskcKey {
    PskcKey::from_file(b"12345678901234567890123456789012").unwrap()
}

/// A container with one package, whose `Data` holds this.
pub(crate) fn with_data(data: &str) -> String {
    FIGURE_2.replace("<Secret>", &format!("{data}<Secret>"))
}

/// Replaces, and fails if there was nothing to replace.
pub(crate) fn swap(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

/// Bytes that look random and are the same in each run.
pub(crate) struct Bytes(pub(crate) u64);

impl Bytes {
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            // Knuth's MMIX generator; its high bits are the good ones.
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.0 >> 56) as u8;
        }
    }
}
