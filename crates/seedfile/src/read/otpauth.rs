//! Links of the Key URI form, one a line: `otpauth://totp/Issuer:account?secret=…`.
//!
//! The form knows accounts, not devices. `serial`, `manufacturer` and `model` are parameters of our
//! own, which other programs pass over.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use zeroize::Zeroize;

use super::lines;
use super::text::trim;
use crate::check::{Dialect, RawRow, Sink, Value, user_name};
use crate::field::Field;
use crate::problem::ProblemKind;
use crate::record::Source;
use crate::refusal::Refusal;
use crate::serial::Serial;
use crate::warning::Warning;

const SCHEME: &str = "otpauth://";

pub(crate) fn read(text: &str, sink: &mut impl Sink) -> Result<(), Refusal> {
    lines::read(text, sink, |line| {
        Some(fill(line.row(&Dialect::OTPAUTH), line.text))
    })
}

/// A row with what a link says.
pub(super) fn fill<'a>(mut row: RawRow<'a>, link: &'a str) -> RawRow<'a> {
    match try_fill(&mut row, link) {
        Ok(()) => row,
        Err(kind) => row.unfit(kind, link),
    }
}

/// What follows the scheme; `None` if the text is no such link.
pub(crate) fn after_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then_some(rest)
}

fn try_fill<'a>(row: &mut RawRow<'a>, link: &'a str) -> Result<(), ProblemKind> {
    let rest = after_scheme(link).ok_or(ProblemKind::NotALink)?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (token_type, label) = path.split_once('/').unwrap_or((path, ""));
    // An unescaped # cuts off what follows, key and all.
    if token_type.is_empty() || rest.contains('#') {
        return Err(ProblemKind::LinkBroken);
    }
    row.text(Field::Type, token_type);
    parameters(row, query)?;
    account(row, decode(label)?);
    Ok(())
}

fn parameters<'a>(row: &mut RawRow<'a>, query: &'a str) -> Result<(), ProblemKind> {
    let mut issuers = 0;
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let (name, value) = (decode(name)?.to_ascii_lowercase(), decode(value)?);
        if let Some(field) = field(&name) {
            row.text(field, value);
        } else if name == "issuer" {
            issuers += 1;
        } else if name.starts_with("amp;") {
            // Copied out of a web page: the other parameters would be passed over.
            return Err(ProblemKind::LinkBroken);
        }
    }
    if issuers > 1 {
        return Err(ProblemKind::FieldRepeated);
    }
    Ok(())
}

fn field(name: &str) -> Option<Field> {
    Some(match name {
        "secret" => Field::Secret,
        "algorithm" => Field::Algorithm,
        "digits" => Field::Digits,
        "period" => Field::Period,
        "counter" => Field::Counter,
        "serial" => Field::Serial,
        "manufacturer" => Field::Manufacturer,
        "model" => Field::Model,
        _ => return None,
    })
}

/// The account of a label names the user; without a `serial` it stands for the device, too.
fn account<'a>(row: &mut RawRow<'a>, label: Cow<'a, str>) {
    let account = without_issuer(label);
    match row.get(Field::Serial) {
        // Where nobody holds the token, its own name is the account.
        Some(Value::Text(serial)) if serial == account => return,
        Some(_) => {}
        None => {
            row.serial_source = Source::Label;
            row.text(Field::Serial, as_serial(&account));
        }
    }
    if user_name(&account).is_ok() {
        row.text(Field::User, account);
    } else if row.serial_source == Source::Column && !account.is_empty() {
        row.warnings.push(Warning::HolderNotRead);
    }
}

fn without_issuer(label: Cow<'_, str>) -> Cow<'_, str> {
    let after = |label: &str| label.find(':').map_or(0, |colon| colon + 1);
    match label {
        Cow::Borrowed(label) => Cow::Borrowed(trim(label.get(after(label)..).unwrap_or_default())),
        Cow::Owned(label) => {
            Cow::Owned(trim(label.get(after(&label)..).unwrap_or_default()).to_owned())
        }
    }
}

fn as_serial(account: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let spelt = account.chars().map(|c| if allowed(c) { c } else { '_' });
    spelt.take(Serial::MAX_LEN).collect()
}

/// Decodes percent escapes. A `%` that is none is not passed over: something is lost there.
fn decode(text: &str) -> Result<Cow<'_, str>, ProblemKind> {
    let mut parts = text.split('%');
    parts.next();
    let is_escape = |part: &str| matches!(part.as_bytes(), [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
    if !parts.all(is_escape) {
        return Err(ProblemKind::LinkBroken);
    }
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    // Room for all of it: a key that grows leaves copies behind.
    let mut bytes = Vec::with_capacity(text.len());
    bytes.extend(percent_decode_str(text));
    String::from_utf8(bytes).map(Cow::Owned).map_err(|error| {
        error.into_bytes().zeroize();
        ProblemKind::LinkBroken
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoded_text_has_not_grown() {
        let text = "%47EZDGNBVGY3TQOJQ".repeat(9);
        let Ok(Cow::Owned(decoded)) = decode(&text) else {
            panic!("there are escapes");
        };
        assert_eq!(decoded, "GEZDGNBVGY3TQOJQ".repeat(9));
        assert_eq!(decoded.capacity(), text.len());
        assert_eq!(decode("%ff"), Err(ProblemKind::LinkBroken));
    }
}
