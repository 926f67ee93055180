//! Nothing that is shown about a file holds a secret of it.
//!
//! What may be shown of a file is its public facts (serial number, user, manufacturer, model), numbers, and words of our own.
//! So once the public facts are taken out, no long word that is shown may stand in the file. Our own words have no digits, our
//! numbers (a counter can be long) nothing else, and hardly any secret is like one of these.

use std::collections::HashSet;
use std::fmt::Write;

use seedfile::secrecy::ExposeSecret;
use seedfile::{Refusal, SeedFile};

/// Shorter stretches are found in any text by chance; no secret of 128 bits is shorter.
const STRETCH: usize = 16;

/// Problems, inspection and `Debug` of a file that was read.
pub(crate) fn file_shows_no_secret(data: &[u8], file: &SeedFile) {
    let inspection = file.inspection();
    let mut shown = format!("{file:?} {inspection:?} ");
    shown += &serde_json::to_string(&inspection).unwrap();
    for problem in &file.problems {
        write!(shown, " {problem} {problem:?}").unwrap();
    }
    let mut kept = plain(data);
    for seed in file.tokens.iter().map(|token| &token.seed) {
        for form in [seed.to_base32(), seed.to_hex(), seed.to_base64()] {
            kept.push(' ');
            kept += &form.expose_secret().to_ascii_lowercase();
        }
    }
    no_long_word(&without_public(shown, file), &kept);
}

/// Message, `Debug` and inspection of a refusal.
pub(crate) fn refusal_shows_no_secret(data: &[u8], refusal: &Refusal) {
    let inspection = refusal.inspection();
    let json = serde_json::to_string(&inspection).unwrap();
    let shown = format!("{refusal} {refusal:?} {inspection:?} {json}");
    no_long_word(&shown, &plain(data));
}

/// Panics if a stretch of letters and digits that is shown stands in the text, too.
pub(crate) fn no_long_word(shown: &str, text: &str) {
    let shown = shown.to_ascii_lowercase();
    let words: HashSet<&[u8]> = shown
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| {
            let digits = word.bytes().filter(u8::is_ascii_digit).count();
            digits > 0 && digits < word.len()
        })
        .flat_map(|word| word.as_bytes().windows(STRETCH))
        .collect();
    if words.is_empty() {
        return;
    }
    let mut stretches = text.as_bytes().windows(STRETCH);
    let found = stretches.any(|stretch| words.contains(stretch));
    // The message is not to hold it either.
    assert!(!found, "a stretch of the file is shown");
}

/// The text of the file in any of its encodings, as far as it is ASCII.
pub(crate) fn plain(data: &[u8]) -> String {
    let text = data.iter().filter(|byte| **byte != 0);
    text.map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect()
}

/// Takes out what everybody may see, longest first, as `Debug` and JSON write it.
fn without_public(mut shown: String, file: &SeedFile) -> String {
    let facts = file.tokens.iter().flat_map(|token| {
        let user = token.user.as_deref().unwrap_or_default();
        [
            token.serial.as_str(),
            user,
            &token.manufacturer,
            &token.model,
        ]
    });
    let holders = file.rejected_holders.iter().map(|(_, user)| user.as_str());
    let facts: HashSet<&str> = facts
        .chain(holders)
        .filter(|fact| fact.len() >= STRETCH)
        .collect();
    for fact in facts {
        shown = shown.replace(&format!("{fact:?}"), "");
        shown = shown.replace(&serde_json::to_string(fact).unwrap(), "");
    }
    shown
}
