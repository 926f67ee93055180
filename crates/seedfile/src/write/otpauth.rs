//! A list of `otpauth` links: the Key URI Format that authenticators and QR codes use.
//!
//! The format knows no serial number, manufacturer and model; they go into parameters of their own,
//! which other programs pass over.

use std::fmt::{self, Write as _};
use std::io::{self, Write};

use oath_core::Algorithm;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::Unwritable;
use super::shape::{Place, Shape, any_user};
use crate::record::{Kind, TokenRecord};
use crate::serial::Serial;

pub(super) const SHAPE: Shape = Shape {
    user: account_user,
    write,
    ..Shape::EVERY_CODE
};

/// Everything but what RFC 3986, section 2.3 calls unreserved.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// In a path `@` stands for itself.
const LABEL: &AsciiSet = &VALUE.remove(b'@');

/// A colon in the label ends the issuer, however it is written, and an account that is the serial
/// number means nobody.
fn account_user(name: &str, serial: &Serial) -> Place {
    if name.contains(':') || name == serial.as_str() {
        Place::LeftOut
    } else {
        any_user(name, serial)
    }
}

fn write(tokens: &[TokenRecord], out: &mut dyn Write) -> io::Result<()> {
    for token in tokens {
        let link = link(token);
        writeln!(out, "{}", link.expose_secret())?;
    }
    Ok(())
}

/// The `otpauth` link of a token, as a QR code for an authenticator or a programmable token holds
/// it. Its account is the holder, or the serial number where there is none.
///
/// # Errors
/// [`Unwritable`] for a token whose link would not read back as the same token.
pub fn otpauth_link(token: &TokenRecord) -> Result<SecretString, Unwritable> {
    match SHAPE.judge(token) {
        Some(unwritable) => Err(unwritable),
        None => Ok(link(token)),
    }
}

fn link(token: &TokenRecord) -> SecretString {
    let texts = token.manufacturer.len() * 3 + token.model.len();
    let user = token.user.as_deref().map_or(0, str::len);
    let room = 256 + 3 * (texts + user) + token.seed.base32_len();
    // Room for all of it, so that no half-written copy is left behind by growth.
    let mut link = Zeroizing::new(String::with_capacity(room));
    // Writing to a string does not fail.
    let _ = compose(token, &mut link);
    // Made of a text that fits: spare room would be given back, and a copy left in it.
    SecretString::from(link.as_str())
}

fn compose(token: &TokenRecord, link: &mut String) -> fmt::Result {
    let issuer = Some(token.manufacturer.as_str()).filter(|name| is_issuer(name));
    let holder = token.user.as_deref();
    let holder = holder.filter(|user| account_user(user, &token.serial) == Place::Kept);
    let account = holder.unwrap_or(token.serial.as_str());
    write!(link, "otpauth://{}/", token.kind.token_type())?;
    if let Some(issuer) = issuer {
        write!(link, "{}:", utf8_percent_encode(issuer, LABEL))?;
    }
    let account = utf8_percent_encode(account, LABEL);
    let seed = token.seed.to_base32();
    write!(link, "{account}?secret={}", seed.expose_secret())?;
    parameter("issuer", issuer.unwrap_or_default(), link)?;
    let algorithm = match token.algorithm {
        Algorithm::Sha1 => "SHA1",
        Algorithm::Sha256 => "SHA256",
        Algorithm::Sha512 => "SHA512",
    };
    let digits = token.digits.get();
    write!(link, "&algorithm={algorithm}&digits={digits}")?;
    match token.kind {
        Kind::Totp { period } => write!(link, "&period={}", period.seconds())?,
        Kind::Hotp { counter } => write!(link, "&counter={counter}")?,
    }
    parameter("serial", token.serial.as_str(), link)?;
    parameter("manufacturer", &token.manufacturer, link)?;
    parameter("model", &token.model, link)
}

/// A colon ends the issuer in the label, so no issuer has one.
fn is_issuer(name: &str) -> bool {
    !name.is_empty() && !name.contains(':')
}

fn parameter(name: &str, value: &str, link: &mut String) -> fmt::Result {
    if value.is_empty() {
        return Ok(());
    }
    write!(link, "&{name}={}", utf8_percent_encode(value, VALUE))
}
