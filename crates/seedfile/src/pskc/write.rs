//! A container that other readers take.

use std::fmt::Display;
use std::io::{self, Write};

use data_encoding::BASE64;
use oath_core::{Algorithm, Digits};
use zeroize::Zeroizing;

use super::NAMESPACE;
use super::crypto::{BLOCK, Derivation, Hash, encrypt, hmac_sha1};
use super::envelope::MAX_ITERATIONS;
use super::key::PskcKey;
use super::package::looks_like_other;
use crate::record::Kind;

/// How many steps a key is derived in unless there is a reason for another number: what OWASP asks of PBKDF2 with HMAC-SHA-1.
pub const DEFAULT_ITERATIONS: u32 = 1_300_000;

const SALT: usize = 16;
const MAC_KEY: usize = 20;

/// A key to be written. Texts are borrowed, and so is the secret.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "it borrows a secret key")]
pub struct NewKey<'t> {
    /// The serial number. It is the key's `Id`, too, and so must not repeat.
    pub serial: &'t str,
    /// The manufacturer; left out if empty.
    pub manufacturer: &'t str,
    /// The model; left out if empty.
    pub model: &'t str,
    /// The user.
    pub user: Option<&'t str>,
    /// The secret key.
    pub secret: &'t [u8],
    /// The hash function.
    pub algorithm: Algorithm,
    /// The length of the codes.
    pub digits: Digits,
    /// What changes from code to code.
    pub kind: Kind,
    /// By how many time steps the clock is ahead; for a token that counts time.
    pub drift: Option<i32>,
}

/// How the secret keys stand in the container.
#[derive(Default)]
#[expect(missing_debug_implementations, reason = "it borrows a closure")]
pub enum Protection<'p> {
    /// In clear.
    #[default]
    Plain,
    /// Encrypted with AES-CBC, with HMAC-SHA-1 as the MAC under a key made for this file.
    Encrypted {
        /// The pre-shared key, or the passphrase, from which an AES-128 key is derived with PBKDF2 and HMAC-SHA-1.
        key: &'p PskcKey,
        /// The steps for a passphrase, such as [`DEFAULT_ITERATIONS`]. A reader refuses more than
        /// [`MAX_ITERATIONS`](super::MAX_ITERATIONS).
        iterations: u32,
        /// Fills a buffer with bytes that nobody can guess.
        random: &'p mut dyn FnMut(&mut [u8]),
    },
}

/// Whether a text can stand in a container and read back: no control characters, which XML has no form for, and no blanks
/// around it, which do not count.
#[must_use]
pub fn is_writable(text: &str) -> bool {
    let forbidden = |c: char| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    !text.contains(forbidden) && crate::read::text::trim(text).len() == text.len()
}

/// Whether a secret key reads back: there is one, and its Base64 form does not look like hexadecimal or Base32.
#[must_use]
pub fn is_writable_secret(secret: &[u8]) -> bool {
    !secret.is_empty() && !looks_like_other(&base64(secret))
}

/// Writes a container with one package a key.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] for a text that is not [`is_writable`], a secret that is not [`is_writable_secret`], and iterations out of bounds, before
/// anything is written; otherwise the destination's own error. What was written by then is not a complete file.
pub fn write(
    keys: &[NewKey<'_>],
    protection: Protection<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if !(keys.iter().all(NewKey::is_writable) && protection.is_possible()) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
    write!(out, "<KeyContainer Version=\"1.0\" xmlns=\"{NAMESPACE}\"")?;
    let mut seal = match protection {
        Protection::Plain => {
            out.write_all(b">\n")?;
            None
        }
        Protection::Encrypted {
            key,
            iterations,
            random,
        } => Some(Seal::new(key, iterations, random, out)?),
    };
    for key in keys {
        package(key, seal.as_mut(), out)?;
    }
    out.write_all(b"</KeyContainer>\n")
}

impl NewKey<'_> {
    fn is_writable(&self) -> bool {
        [self.serial, self.manufacturer, self.model]
            .into_iter()
            .chain(self.user)
            .all(is_writable)
            && is_writable_secret(self.secret)
    }
}

impl Protection<'_> {
    fn is_possible(&self) -> bool {
        match self {
            Self::Plain => true,
            Self::Encrypted { iterations, .. } => (1..=MAX_ITERATIONS).contains(iterations),
        }
    }
}

fn base64(secret: &[u8]) -> Zeroizing<String> {
    // Room for all of it, so that no copy is left behind by growth.
    let mut text = Zeroizing::new(String::with_capacity(BASE64.encode_len(secret.len())));
    BASE64.encode_append(secret, &mut text);
    text
}

fn package(key: &NewKey<'_>, seal: Option<&mut Seal<'_>>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b" <KeyPackage>\n  <DeviceInfo>\n")?;
    element("Manufacturer", key.manufacturer, out)?;
    element("SerialNo", key.serial, out)?;
    element("Model", key.model, out)?;
    element("UserId", key.user.unwrap_or_default(), out)?;
    let name = match key.kind {
        Kind::Totp { .. } => "totp",
        Kind::Hotp { .. } => "hotp",
    };
    out.write_all(b"  </DeviceInfo>\n  <Key Id=\"")?;
    escaped(key.serial, out)?;
    write!(
        out,
        "\" Algorithm=\"{NAMESPACE}:{name}\">\n   <AlgorithmParameters>\n"
    )?;
    suite(key.algorithm, out)?;
    writeln!(
        out,
        "    <ResponseFormat Length=\"{}\" Encoding=\"DECIMAL\"/>\n   </AlgorithmParameters>\n   <Data>",
        key.digits.get()
    )?;
    match seal {
        None => plain(key.secret, out)?,
        Some(seal) => seal.secret(key.secret, out)?,
    }
    match key.kind {
        Kind::Totp { period } => number("TimeInterval", period.seconds(), out)?,
        Kind::Hotp { counter } => number("Counter", counter, out)?,
    }
    if let (Some(drift), Kind::Totp { .. }) = (key.drift, key.kind) {
        number("TimeDrift", drift, out)?;
    }
    out.write_all(b"   </Data>\n  </Key>\n </KeyPackage>\n")
}

/// Readers take HMAC-SHA-1 where nothing is said, and some of them do not know its name.
fn suite(algorithm: Algorithm, out: &mut dyn Write) -> io::Result<()> {
    match algorithm {
        Algorithm::Sha1 => Ok(()),
        Algorithm::Sha256 => out.write_all(b"    <Suite>HMAC-SHA256</Suite>\n"),
        Algorithm::Sha512 => out.write_all(b"    <Suite>HMAC-SHA512</Suite>\n"),
    }
}

fn plain(secret: &[u8], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"    <Secret><PlainValue>")?;
    out.write_all(base64(secret).as_bytes())?;
    out.write_all(b"</PlainValue></Secret>\n")
}

fn number(name: &str, number: impl Display, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "    <{name}><PlainValue>{number}</PlainValue></{name}>"
    )
}

fn element(name: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    write!(out, "   <{name}>")?;
    escaped(text, out)?;
    writeln!(out, "</{name}>")
}

/// Line ends and tabs as references, as a reader makes blanks of them in attributes and LF of CR in texts.
fn escaped(text: &str, out: &mut dyn Write) -> io::Result<()> {
    for piece in text.split_inclusive(is_special) {
        let last = piece.chars().next_back().filter(|&c| is_special(c));
        let plain = piece.get(..piece.len() - last.map_or(0, char::len_utf8));
        out.write_all(plain.unwrap_or_default().as_bytes())?;
        if let Some(special) = last {
            write!(out, "&#{};", u32::from(special))?;
        }
    }
    Ok(())
}

const fn is_special(c: char) -> bool {
    matches!(c, '&' | '<' | '>' | '"' | '\'' | '\t' | '\n' | '\r')
}

/// The keys of an encrypted container that is being written.
struct Seal<'p> {
    key: Zeroizing<Vec<u8>>,
    mac_key: Zeroizing<[u8; MAC_KEY]>,
    random: &'p mut dyn FnMut(&mut [u8]),
}

impl<'p> Seal<'p> {
    /// Makes the keys and writes the container's head.
    fn new(
        key: &PskcKey,
        iterations: u32,
        random: &'p mut dyn FnMut(&mut [u8]),
        out: &mut dyn Write,
    ) -> io::Result<Self> {
        out.write_all(
            b" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\"\
             \n xmlns:xenc11=\"http://www.w3.org/2009/xmlenc11#\"\
             \n xmlns:pkcs5=\"http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#\">\n <EncryptionKey>\n",
        )?;
        let key = match key.bytes() {
            None => derived(key, iterations, random, out)?,
            Some(bytes) => {
                out.write_all(b"  <ds:KeyName>Pre-shared-key</ds:KeyName>\n")?;
                Zeroizing::new(bytes.to_vec())
            }
        };
        let mut mac_key = Zeroizing::new([0; MAC_KEY]);
        random(&mut *mac_key);
        let mut seal = Self {
            key,
            mac_key,
            random,
        };
        out.write_all(
            b" </EncryptionKey>\n <MACMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#hmac-sha1\">\n  <MACKey>\n",
        )?;
        let mac_key = seal.mac_key.clone();
        seal.encrypted(&*mac_key, out)?;
        out.write_all(b"  </MACKey>\n </MACMethod>\n")?;
        Ok(seal)
    }

    fn secret(&mut self, secret: &[u8], out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"    <Secret><EncryptedValue>\n")?;
        let data = self.encrypted(secret, out)?;
        let mac = hmac_sha1(&*self.mac_key, &data);
        writeln!(
            out,
            "    </EncryptedValue><ValueMAC>{}</ValueMAC></Secret>",
            BASE64.encode(&mac)
        )
    }

    /// Writes the inside of an encrypted value and returns what its MAC is over.
    fn encrypted(&mut self, value: &[u8], out: &mut dyn Write) -> io::Result<Vec<u8>> {
        let mut iv = [0; BLOCK];
        (self.random)(&mut iv);
        let data = encrypt(&self.key, &iv, value).ok_or(io::ErrorKind::InvalidInput)?;
        writeln!(
            out,
            "     <xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#aes{}-cbc\"/>\n     \
             <xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData>",
            self.key.len() * 8,
            BASE64.encode(&data)
        )?;
        Ok(data)
    }
}

/// Derives an AES-128 key as in figure 7 of RFC 6030, which is what most readers know, and writes how.
fn derived(
    key: &PskcKey,
    iterations: u32,
    random: &mut dyn FnMut(&mut [u8]),
    out: &mut dyn Write,
) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut salt = vec![0; SALT];
    random(&mut salt);
    let derivation = Derivation {
        hash: Hash::Sha1,
        salt,
        iterations,
        key_length: 16,
    };
    writeln!(
        out,
        "  <xenc11:DerivedKey>\n   <xenc11:KeyDerivationMethod Algorithm=\
         \"http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2\">\n    <pkcs5:PBKDF2-params>\n     \
         <Salt xmlns=\"\"><Specified>{}</Specified></Salt>\n     <IterationCount xmlns=\"\">{}</IterationCount>\n     \
         <KeyLength xmlns=\"\">{}</KeyLength>\n     <PRF xmlns=\"\"/>\n    </pkcs5:PBKDF2-params>\n   </xenc11:KeyDerivationMethod>\n  \
         </xenc11:DerivedKey>",
        BASE64.encode(&derivation.salt),
        derivation.iterations,
        derivation.key_length
    )?;
    key.derived(&derivation)
        .ok_or_else(|| io::ErrorKind::InvalidInput.into())
}
