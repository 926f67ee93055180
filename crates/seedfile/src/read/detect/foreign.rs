//! Text that is known and not read.

use crate::refusal::Refusal;

/// How much of a text is looked at, in characters.
const HEAD: usize = 2048;

/// Refuses other known kinds of text. `first` is the first line that says something.
pub(super) fn refuse(text: &str, first: &str) -> Result<(), Refusal> {
    match text.bytes().next() {
        Some(b'<') => Err(markup(text)),
        Some(b'-') if text.starts_with("-----BEGIN ") => Err(armour(text)),
        _ => line(text, first),
    }
}

/// XML with the element that holds PSKC (RFC 6030).
pub(super) fn is_pskc(text: &str) -> bool {
    text.starts_with('<') && {
        let head = head(after_prolog(text));
        head.contains("keycontainer") && !is_html(&head)
    }
}

/// Without the instructions and comments before the first element.
fn after_prolog(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        let rest = after(text, "<?", "?>").or_else(|| after(text, "<!--", "-->"));
        match rest {
            Some(rest) => text = rest,
            None => return text,
        }
    }
}

fn after<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.strip_prefix(start)?.split_once(end)?;
    Some(rest)
}

fn is_html(head: &str) -> bool {
    head.starts_with("<!doctype html") || head.starts_with("<html")
}

/// The beginning in lower case.
fn head(text: &str) -> String {
    let head: String = text.chars().take(HEAD).collect();
    head.to_ascii_lowercase()
}

fn markup(text: &str) -> Refusal {
    let head = head(after_prolog(text));
    if is_html(&head) {
        Refusal::Html
    } else if head.contains("<tokens") && head.contains("serial=") {
        Refusal::SafeNet
    } else {
        Refusal::Xml
    }
}

fn armour(text: &str) -> Refusal {
    if text.starts_with("-----BEGIN PGP MESSAGE")
        || text.starts_with("-----BEGIN PGP SIGNED MESSAGE")
    {
        Refusal::Pgp
    } else if text.starts_with("-----BEGIN PGP PUBLIC KEY") {
        Refusal::PgpKey
    } else {
        Refusal::Pem
    }
}

fn line(text: &str, first: &str) -> Result<(), Refusal> {
    let begins = |prefix: &str| {
        first
            .get(..prefix.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    };
    if begins("otpauth-migration://") {
        Err(Refusal::Migration)
    } else if begins("LOGGING START") {
        Err(Refusal::YubicoLog)
    } else if begins("dn:") && head(text).contains("scckey") {
        Err(Refusal::SafeWord)
    } else if is_pam_oath(first) {
        Err(Refusal::PamOath)
    } else if head(text).contains("\n-----begin pgp message") {
        // Below what a mail says.
        Err(Refusal::Pgp)
    } else {
        Ok(())
    }
}

/// `HOTP/T30 user pin key`.
fn is_pam_oath(first: &str) -> bool {
    let mut words = first.split_ascii_whitespace();
    let token_type = words.next().unwrap_or_default();
    let key = words.nth(2).unwrap_or_default();
    (token_type == "HOTP" || token_type.starts_with("HOTP/"))
        && key.len() >= 16
        && key.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_kinds_are_named() {
        let kinds = [
            ("<?xml version=\"1.0\"?><a/>", Refusal::Xml),
            ("<HTML>", Refusal::Html),
            (
                "<?xml version=\"1.0\"?>\n<Tokens><Token serial=\"00040008CFA5\">",
                Refusal::SafeNet,
            ),
            ("-----BEGIN PGP MESSAGE-----\n", Refusal::Pgp),
            (
                "Hello,\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n",
                Refusal::Pgp,
            ),
            ("-----BEGIN PGP PUBLIC KEY BLOCK-----\n", Refusal::PgpKey),
            ("-----BEGIN PGP PRIVATE KEY BLOCK-----\n", Refusal::Pem),
            ("-----BEGIN CERTIFICATE-----\n", Refusal::Pem),
            ("otpauth-migration://offline?data=AA", Refusal::Migration),
            ("LOGGING START,12/11/2013 10:22", Refusal::YubicoLog),
            (
                "dn: sccAuthenticatorId=F0\nsccKey: 00;sccMode=E",
                Refusal::SafeWord,
            ),
            (
                "HOTP/T30\tann\t-\t3132333435363738393031323334353637383930",
                Refusal::PamOath,
            ),
        ];
        for (text, refusal) in kinds {
            let first = text.lines().next().unwrap();
            assert_eq!(refuse(text, first), Err(refusal), "{text}");
        }
    }

    #[test]
    fn others_are_let_through() {
        for text in ["upn,serial number", "dn:,x", "HOTP a b c", "---", ""] {
            assert_eq!(refuse(text, text), Ok(()), "{text}");
        }
    }
}
