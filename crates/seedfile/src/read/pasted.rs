//! One token from what somebody pasted: a key, a link, or a line of a seed file.

use super::detect::{self, Family};
use super::text::trim;
use super::{Tokens, otpauth};
use crate::check::{Cell, Collector, Dialect, RawRow, Sink};
use crate::field::Field;
use crate::options::{Place, ReadOptions, SecretEncoding};
use crate::problem::{Problem, ProblemKind};
use crate::record::{Source, TokenRecord, TokenType};
use crate::refusal::Refusal;
use crate::secret::{Certainty, SeedError, decode};
use crate::serial::Serial;

/// Between the cells of a row.
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// Why what somebody pasted is not the token. It never says what was pasted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasteError {
    /// It is something that is not read.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something is wrong with it.
    #[error("{}: {}", .0.field, .0.kind)]
    Rejected(Problem),
    /// It is a key and no more, and the caller says less than the device's hash and time step.
    #[error("a key alone does not say the device's hash and time step")]
    KeyAlone,
    /// It names another serial number.
    #[error("what was pasted is of another token than this one, or is a key with a blank in it")]
    OtherToken,
}

impl PasteError {
    /// A stable name for programs, in kebab-case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Rejected(problem) => problem.code(),
            Self::KeyAlone => "key-alone",
            Self::OtherToken => "other-serial",
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Refused(_) => {
                "paste the secret key alone, an otpauth link, or this token's line of the seed file"
            }
            Self::Rejected(problem) => problem.help(),
            Self::KeyAlone => {
                "say both, or paste its line of the seed file or its otpauth link, which say them"
            }
            Self::OtherToken => "paste what belongs to this serial number; a key without blanks",
        }
    }
}

/// Reads one token from what somebody pasted: its key in Base32 or hexadecimal, its `otpauth` link, or
/// its line of a seed file. A whole file will do, too.
///
/// What is pasted goes first, as in [`read`](crate::read); `options` say what it does not. A key alone
/// says neither hash nor time step, and a device with others would never be signed in with: they are not
/// guessed, `options` have both. A line of a list without a header counts time. A link names an account:
/// `serial` is the token's.
///
/// ```
/// use seedfile::oath_core::{Algorithm, Period};
/// use seedfile::{PasteError, ReadOptions, Serial, pasted};
///
/// let serial: Serial = "60234567".parse()?;
/// let options = ReadOptions::default();
/// let key = "gezd gnbv gy3t qojq gezd gnbv gy3t qojq";
/// assert_eq!(pasted(key, &serial, &options).unwrap_err(), PasteError::KeyAlone);
/// let said = options.clone().algorithm(Algorithm::Sha1).period(Period::THIRTY);
/// assert_eq!(pasted(key, &serial, &said)?.seed.expose(), b"12345678901234567890");
///
/// let link = "otpauth://totp/ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA256";
/// assert_eq!(pasted(link, &serial, &options)?.algorithm, Algorithm::Sha256);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The caller owns `text` and wipes it.
///
/// # Errors
/// [`PasteError`] says why it is not this token.
pub fn pasted(
    text: &str,
    serial: &Serial,
    options: &ReadOptions,
) -> Result<TokenRecord, PasteError> {
    let text = trim(text);
    if text.is_empty() {
        return Err(secret(SeedError::Empty));
    }
    let mut options = options.clone();
    options.token_type = options.token_type.or(Some(TokenType::Totp));
    let family = detect::family(text, &options)?;
    let is_line = !text.contains(['\r', '\n']);
    match family {
        Family::Links if is_line => one(&link(text, serial), serial, &options),
        Family::Table | Family::Duo | Family::OathCsv if is_line && cells(text) < 3 => {
            key(text, serial, &options)
        }
        Family::Table if is_line => {
            options.columns = columns(text);
            among(text, serial, &options)
        }
        _ => among(text, serial, &options),
    }
}

fn secret(error: SeedError) -> PasteError {
    PasteError::Rejected(Problem {
        row: 1,
        field: Field::Secret.name(),
        kind: ProblemKind::Secret(error),
    })
}

/// A link names an account, and perhaps the device.
fn link<'a>(text: &'a str, serial: &'a Serial) -> RawRow<'a> {
    let mut row = RawRow::new(1, 0..text.len(), &Dialect::OTPAUTH);
    row = otpauth::fill(row, text);
    if row.serial_source == Source::Label {
        row.replace(Field::Serial, Cell::Text(serial.as_str().into()));
        row.serial_source = Source::Option;
    }
    row
}

/// A key, or the serial number and the key. Of two words nobody knows whether the first is the beginning
/// of the key.
fn key(text: &str, serial: &Serial, options: &ReadOptions) -> Result<TokenRecord, PasteError> {
    let between = |c: char| c.is_whitespace() || SEPARATORS.contains(&c);
    let key = match text.split_once(between) {
        Some((first, key)) if Serial::new(first).as_ref() == Ok(serial) => trim(key),
        Some((_, second)) if !trim(second).contains(char::is_whitespace) => {
            return Err(PasteError::OtherToken);
        }
        _ => text,
    };
    let mut row = RawRow::new(1, 0..text.len(), &Dialect::OTPAUTH);
    row.serial_source = Source::Option;
    row.text(Field::Serial, serial.as_str());
    row.text(Field::Secret, key);
    if options.encoding.is_none() {
        row.encoding = is_hex(key).then_some(SecretEncoding::Hex);
    }
    let token = one(&row, serial, options)?;
    match (options.algorithm, options.period) {
        (Some(_), Some(_)) => Ok(token),
        _ => Err(PasteError::KeyAlone),
    }
}

/// Whether a key can only be hexadecimal.
fn is_hex(key: &str) -> bool {
    let decoded = decode(key, SecretEncoding::Base32, Certainty::Format);
    matches!(decoded, Err(SeedError::Hex))
}

fn one(
    row: &RawRow<'_>,
    serial: &Serial,
    options: &ReadOptions,
) -> Result<TokenRecord, PasteError> {
    let mut collector = Collector::new(options, Tokens::default());
    collector.row(row)?;
    let settled = collector.settle(&[]);
    let tokens = settled.kept.into_iter().flatten();
    choose(tokens, settled.problems, serial)
}

/// The token among those of a file.
fn among(text: &str, serial: &Serial, options: &ReadOptions) -> Result<TokenRecord, PasteError> {
    let file = super::read(text.as_bytes(), options)?;
    choose(file.tokens, file.problems, serial)
}

fn choose(
    tokens: impl IntoIterator<Item = TokenRecord>,
    problems: Vec<Problem>,
    serial: &Serial,
) -> Result<TokenRecord, PasteError> {
    let mut tokens = tokens.into_iter();
    let found = tokens.find(|token| token.serial == *serial);
    found.ok_or_else(|| match problems.into_iter().next() {
        Some(problem) => PasteError::Rejected(problem),
        None => PasteError::OtherToken,
    })
}

/// Of a row, in whichever way they are separated.
fn cells(row: &str) -> usize {
    let cells = SEPARATORS.map(|separator| row.split(separator).count());
    cells.into_iter().max().unwrap_or(0)
}

/// The columns of a table's row whose header is not there: those of Token2, or serial number and key.
fn columns(row: &str) -> Vec<(Field, Place)> {
    use Field::{Manufacturer, Model, Period, Secret, Serial, User};
    let cells = cells(row);
    let fields: &[Field] = match cells {
        ..4 => &[Serial, Secret, Period],
        _ => &[User, Serial, Secret, Period, Manufacturer, Model],
    };
    let places = fields.iter().zip(1..=cells);
    places
        .map(|(field, place)| (*field, Place::Numbered(place)))
        .collect()
}

#[cfg(test)]
mod tests {
    use oath_core::{Algorithm, Digits, Period};

    use super::*;

    const KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    const HEX: &str = "3132333435363738393031323334353637383930";

    fn serial() -> Serial {
        Serial::new("60234567").unwrap()
    }

    fn paste(text: &str) -> Result<TokenRecord, PasteError> {
        paste_with(text, &ReadOptions::default())
    }

    fn paste_with(text: &str, options: &ReadOptions) -> Result<TokenRecord, PasteError> {
        let text = text.replace("KEY", KEY).replace("HEX", HEX);
        pasted(&text, &serial(), options)
    }

    /// What a key alone does not say.
    fn usual() -> ReadOptions {
        let options = ReadOptions::default().algorithm(Algorithm::Sha1);
        options.period(Period::THIRTY)
    }

    fn code(text: &str) -> &'static str {
        paste(text).unwrap_err().code()
    }

    #[test]
    fn a_key_is_read_however_it_is_written() {
        let grouped = "3132 3334 3536 3738 3930 3132 3334 3536 3738 3930";
        for text in [
            "KEY",
            " KEY\n",
            &KEY.to_lowercase(),
            "GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ",
            "HEX",
            grouped,
            "60234567 KEY",
            "60234567  HEX",
            "60234567,HEX",
            "60234567;KEY",
        ] {
            let token = paste_with(text, &usual()).unwrap();
            assert_eq!(token.seed.expose(), b"12345678901234567890", "{text}");
            assert_eq!((token.serial, token.user), (serial(), None));
            assert_eq!(
                (token.algorithm, token.digits),
                (Algorithm::Sha1, Digits::SIX)
            );
            assert_eq!(token.kind.period(), Some(Period::THIRTY));
        }
    }

    #[test]
    fn of_a_key_alone_nothing_is_guessed() {
        let hash = ReadOptions::default().algorithm(Algorithm::Sha256);
        let step = ReadOptions::default().period(Period::SIXTY);
        for text in ["KEY", "HEX", "60234567 KEY", "60234567,HEX", "KEYKEY"] {
            for options in [&ReadOptions::default(), &hash, &step] {
                let error = paste_with(text, options).unwrap_err();
                assert_eq!(error, PasteError::KeyAlone, "{text}");
            }
        }
    }

    #[test]
    fn options_say_what_a_key_does_not() {
        let options = ReadOptions::default()
            .algorithm(Algorithm::Sha256)
            .digits(Digits::new(8).unwrap())
            .period(Period::SIXTY);
        let token = pasted(KEY, &serial(), &options).unwrap();
        assert_eq!(
            (token.algorithm, token.digits.get()),
            (Algorithm::Sha256, 8)
        );
        assert_eq!(token.kind.period(), Some(Period::SIXTY));
        let digits_only = "22334455667722334455667722334455";
        assert_eq!(code(digits_only), "secret-ambiguous");
        for encoding in [SecretEncoding::Base32, SecretEncoding::Hex] {
            let said = options.clone().encoding(encoding);
            assert!(pasted(digits_only, &serial(), &said).is_ok());
        }
    }

    #[test]
    fn a_link_speaks_for_itself_but_for_the_serial_number() {
        let link =
            "otpauth://totp/Token2:ann@example.com?secret=KEY&algorithm=SHA256&digits=8&period=60";
        let token = paste(link).unwrap();
        assert_eq!(
            (token.serial.as_str(), token.algorithm),
            ("60234567", Algorithm::Sha256)
        );
        assert_eq!(token.user.as_deref(), Some("ann@example.com"));
        assert_eq!(
            (token.digits.get(), token.kind.period()),
            (8, Some(Period::SIXTY))
        );
        assert!(paste("OTPAUTH://totp/?secret=KEY").is_ok());
        assert!(paste(&format!("{link}&serial=60234567")).is_ok());
        assert_eq!(code(&format!("{link}&serial=1")), "other-serial");
        assert_eq!(code("otpauth://hotp/a?secret=KEY"), "counter-missing");
        assert_eq!(code("otpauth://totp/a?secret=KEY1"), "secret-characters");
        assert_eq!(code("otpauth://totp/a"), "secret-missing");
        assert_eq!(
            code("otpauth-migration://offline?data=KEY"),
            "otpauth-migration"
        );
    }

    #[test]
    fn a_line_of_a_seed_file_will_do() {
        for (line, algorithm) in [
            (
                "ann@example.com,60234567,KEY,60,Token2,C202",
                Algorithm::Sha1,
            ),
            (",60234567,KEY,60,Token2,C202", Algorithm::Sha1),
            ("ann@example.com;60234567;KEY;60", Algorithm::Sha1),
            ("60234567,KEY,60", Algorithm::Sha1),
            ("60234567;Token2;TOTP;HEX;6;60", Algorithm::Sha1),
            ("60234567,HEX,totp,6,60", Algorithm::Sha1),
            (
                "ann@example.com,60234567,KEYKEY,60,Token2,C203",
                Algorithm::Sha256,
            ),
        ] {
            let token = paste(line).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!((token.serial, token.algorithm), (serial(), algorithm));
            assert_eq!(token.kind.period(), Some(Period::SIXTY), "{line}");
        }
        let file = "upn,serial number,secret key,timeinterval\n,1,MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U,30\n,60234567,KEY,30\n";
        assert_eq!(paste(file).unwrap().seed.expose(), b"12345678901234567890");
    }

    #[test]
    fn what_is_of_another_token_is_not_taken_for_a_key() {
        for text in [
            "60234568 HEX",
            "22334455 KEY",
            "60234568,KEY",
            "ann@example.com,60234568,KEY,30,Token2,C202",
            "GEZDGNBVGY3TQOJQ GEZDGNBVGY3TQOJQ",
        ] {
            assert_eq!(paste(text).unwrap_err(), PasteError::OtherToken, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_what_was_pasted() {
        for (text, code) in [
            ("", "secret-missing"),
            ("  ", "secret-missing"),
            ("GEZDGNBVGY3TQOJQ", "secret-too-short"),
            ("KEY!", "secret-characters"),
            (
                "ann@example.com,60234567,KEY!,30,Token2,C202",
                "secret-characters",
            ),
            ("<html>KEY</html>", "html"),
            ("{\"KEY\": 1}", "json-shape"),
        ] {
            let error = paste(text).unwrap_err();
            assert_eq!(error.code(), code, "{text}");
            let said = format!("{error} {error:?} {}", error.help());
            assert!(!said.contains("GEZD"), "{said}");
            assert!(!error.help().is_empty());
        }
    }
}
