//! One key package: a device and its key.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

use super::envelope::base64;
use super::error::{Fault, PskcProblem, PskcRefusal, of_row};
use super::vault::Vault;
use super::xml::Element;
use crate::check::user_name;
use crate::record::TokenType;

/// A value as the file writes it, without blanks around it; `None` if it is missing or empty.
pub type Value<'e> = Result<Option<Cow<'e, str>>, PskcProblem>;

/// A device and its key, as the file has them: what the texts mean is not checked.
#[derive(Debug)]
pub struct KeyPackage<'e> {
    /// The physical line on which the package begins. The first line is 1.
    pub line: usize,
    /// Where the package stands in the text, in bytes.
    pub span: Range<usize>,
    /// The manufacturer.
    pub manufacturer: Value<'e>,
    /// The serial number.
    pub serial: Value<'e>,
    /// The model.
    pub model: Value<'e>,
    /// The user of the device or of the key.
    pub user: Value<'e>,
    /// The key, or why the package has none that makes HOTP or TOTP codes.
    pub key: Result<OtpKey<'e>, PskcProblem>,
}

/// A key that makes HOTP or TOTP codes of decimal digits.
pub struct OtpKey<'e> {
    /// The algorithm.
    pub kind: TokenType,
    /// `Suite`: the hash function, as in `HMAC-SHA256`. RFC 6030 means HMAC-SHA-1 where there is none.
    pub suite: Value<'e>,
    /// The length of the codes.
    pub digits: Value<'e>,
    /// The counter of the next code.
    pub counter: Value<'e>,
    /// The time interval in seconds.
    pub interval: Value<'e>,
    /// The number of time intervals at which the device stood.
    pub time: Value<'e>,
    /// How far the device's clock is off, in time intervals.
    pub drift: Value<'e>,
    /// The secret key.
    pub secret: Result<Zeroizing<Vec<u8>>, PskcProblem>,
}

impl fmt::Debug for OtpKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtpKey")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Takes a package apart.
pub(super) fn package<'e>(
    element: &'e Element<'_>,
    line: usize,
    vault: &mut Vault<'_, '_>,
) -> Result<KeyPackage<'e>, PskcRefusal> {
    let device = element.child("DeviceInfo");
    let of_device = |name| match device {
        Ok(Some(device)) => field(device, name),
        Ok(None) => Ok(None),
        Err(problem) => Err(problem),
    };
    let key = element.child("Key");
    let of_key = key
        .ok()
        .flatten()
        .map_or(Ok(None), |key| field(key, "UserId"));
    Ok(KeyPackage {
        line,
        span: element.span.clone(),
        manufacturer: of_device("Manufacturer"),
        serial: of_device("SerialNo"),
        model: of_device("Model"),
        user: one_user(of_device("UserId"), of_key),
        key: match key {
            Ok(Some(key)) => of_row(otp_key(key, vault))?,
            Ok(None) => Err(PskcProblem::NoKey),
            Err(problem) => Err(problem),
        },
    })
}

fn field<'e>(element: &'e Element<'_>, name: &str) -> Value<'e> {
    Ok(element.field(name)?.map(Cow::Borrowed))
}

/// The device's user and the key's are two facts (RFC 6030 sections 4.1 and 4.2). They contradict each
/// other where both are names of users of a directory; where one of them is, that one counts.
fn one_user<'e>(device: Value<'e>, key: Value<'e>) -> Value<'e> {
    let is_name = |user: &Cow<'_, str>| user_name(user).is_ok();
    match (device?, key?) {
        (Some(device), Some(key)) => match (is_name(&device), is_name(&key)) {
            (true, true) if device.to_lowercase() != key.to_lowercase() => {
                Err(PskcProblem::UsersDiffer)
            }
            (true, _) => Ok(Some(device)),
            (false, _) => Ok(Some(key)),
        },
        (device, key) => Ok(device.or(key)),
    }
}

fn otp_key<'e>(key: &'e Element<'_>, vault: &mut Vault<'_, '_>) -> Result<OtpKey<'e>, Fault> {
    let kind =
        kind(key.attribute("Algorithm").unwrap_or_default()).ok_or(PskcProblem::OtherAlgorithm)?;
    let parameters = key.child("AlgorithmParameters")?;
    let response = match parameters {
        Some(parameters) => parameters.child("ResponseFormat")?,
        None => None,
    };
    refuse_response(response)?;
    let digits = response.and_then(|response| response.attribute("Length"));
    let data = key.child("Data")?;
    let mut number = |name| of_row(number(data, name, vault));
    Ok(OtpKey {
        kind,
        suite: parameters.map_or(Ok(None), |parameters| field(parameters, "Suite")),
        digits: Ok(digits.map(Cow::Borrowed)),
        counter: number("Counter")?,
        interval: number("TimeInterval")?,
        time: number("Time")?,
        drift: number("TimeDrift")?,
        secret: of_row(secret(data, vault))?,
    })
}

/// By the last part of the URI; some writers leave the rest out.
fn kind(uri: &str) -> Option<TokenType> {
    let name = uri.rsplit([':', '#']).next().unwrap_or_default();
    if name.eq_ignore_ascii_case("totp") {
        Some(TokenType::Totp)
    } else if name.eq_ignore_ascii_case("hotp") {
        Some(TokenType::Hotp)
    } else {
        None
    }
}

fn refuse_response(response: Option<&Element<'_>>) -> Result<(), PskcProblem> {
    let attribute = |name| response.and_then(|response| response.attribute(name));
    if attribute("Encoding").is_some_and(|name| !name.eq_ignore_ascii_case("DECIMAL")) {
        Err(PskcProblem::ResponseEncoding)
    } else if attribute("CheckDigits").is_some_and(|truth| !matches!(truth, "false" | "0")) {
        Err(PskcProblem::CheckDigits)
    } else {
        Ok(())
    }
}

fn secret(
    data: Option<&Element<'_>>,
    vault: &mut Vault<'_, '_>,
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let secret = match value(data, "Secret", vault)? {
        Some(Content::Plain(text)) if looks_like_other(text) => {
            return Err(PskcProblem::OtherEncoding.into());
        }
        Some(Content::Plain(text)) => base64(text)?,
        Some(Content::Opened(bytes)) => bytes,
        None => return Err(PskcProblem::SecretMissing.into()),
    };
    if secret.is_empty() {
        return Err(PskcProblem::SecretMissing.into());
    }
    Ok(secret)
}

/// No key made by chance has a long Base64 form of hexadecimal digits only, or of Base32 characters in one case only. Blanks do
/// not count, as they do not in Base64.
pub(super) fn looks_like_other(text: &str) -> bool {
    let all = |is_right: fn(&u8) -> bool| {
        let mut said = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
        said.all(|byte| is_right(&byte))
    };
    let said = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    said.count() >= 32
        && (all(u8::is_ascii_hexdigit)
            || all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'))
            || all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')))
}

fn number<'e>(
    data: Option<&'e Element<'_>>,
    name: &str,
    vault: &mut Vault<'_, '_>,
) -> Result<Option<Cow<'e, str>>, Fault> {
    Ok(match value(data, name, vault)? {
        Some(Content::Plain("")) | None => None,
        Some(Content::Plain(text)) => Some(Cow::Borrowed(text)),
        Some(Content::Opened(bytes)) => Some(Cow::Owned(big_endian(&bytes)?.to_string())),
    })
}

/// RFC 6030 encrypts numbers as big-endian integers; some writers encrypt their digits instead.
fn big_endian(bytes: &[u8]) -> Result<u64, PskcProblem> {
    let both = bytes.iter().all(u8::is_ascii_digit);
    if both || bytes.len() > size_of::<u64>() {
        return Err(PskcProblem::Number);
    }
    Ok(bytes
        .iter()
        .fold(0, |number, &byte| (number << 8) | u64::from(byte)))
}

enum Content<'e> {
    Plain(&'e str),
    Opened(Zeroizing<Vec<u8>>),
}

/// A value of the key's data, in clear or encrypted and not both.
fn value<'e>(
    data: Option<&'e Element<'_>>,
    name: &str,
    vault: &mut Vault<'_, '_>,
) -> Result<Option<Content<'e>>, Fault> {
    let value = data.map_or(Ok(None), |data| data.child(name))?;
    let Some(value) = value else {
        return Ok(None);
    };
    match (value.child("PlainValue")?, value.child("EncryptedValue")?) {
        (None, None) => Ok(None),
        (Some(plain), None) => Ok(Some(Content::Plain(plain.text()?))),
        (None, Some(encrypted)) => {
            let opened = vault.open(encrypted, value.child("ValueMAC")?)?;
            Ok(Some(Content::Opened(opened)))
        }
        (Some(_), Some(_)) => Err(PskcProblem::Repeated.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encrypted_number_has_eight_bytes_at_most_that_are_not_all_digits() {
        assert_eq!(big_endian(&[]).ok(), None);
        assert_eq!(big_endian(&[7]), Ok(7));
        assert_eq!(big_endian(&[0, 0, 0, 0, 0, 1, 2, 3]), Ok(0x10203));
        assert_eq!(big_endian(&[255; 8]), Ok(u64::MAX));
        for bytes in [&[0; 9][..], b"7", b"12345678", b"123456789"] {
            assert_eq!(big_endian(bytes), Err(PskcProblem::Number), "{bytes:?}");
        }
    }
}
