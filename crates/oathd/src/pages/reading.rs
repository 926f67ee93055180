//! How a seed file is read, where it does not say it itself: the part of a form.

use maud::{Markup, html};
use provisioner::Problem;
use seedfile::Format;

use crate::door::{File, Uploaded};
use crate::places::Hidden;
use crate::ui::{self, Choice, Field, Icon};
use crate::upload::{About, Reading};

/// The endings that a browser offers first.
pub(super) const ENDINGS: &str = ".csv,.txt,.json,.xml,.pskc,.tsv";
/// Of the name of a file, in characters.
const LONGEST_NAME: usize = 200;

/// The fields, folded away. What opens an encrypted file is never shown again.
pub(super) fn fields(reading: &Reading, open: bool) -> Markup {
    let any = |what: &str| Choice::new("", what);
    let formats = Format::ALL
        .iter()
        .filter(|format| **format != Format::Csv)
        .map(|format| Choice::new(format.name(), format.name()));
    let formats: Vec<Choice> = std::iter::once(any("Found out")).chain(formats).collect();
    let algorithms = [
        any("By the format's rule"),
        same("sha1"),
        same("sha256"),
        same("sha512"),
    ];
    let digits = [
        any("6, unless the format says otherwise"),
        same("6"),
        same("7"),
        same("8"),
    ];
    let periods = [any("As the file says"), same("30"), same("60")];
    let shown = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let content = html! {
        (Field::new("format", "Format").value(&*reading.format).select(&formats))
        (Field::new("algorithm", "Hash of tokens for which the file names none").value(&*reading.algorithm).select(&algorithms))
        (Field::new("digits", "Length of their codes").value(shown(reading.digits.map(u32::from))).select(&digits))
        (Field::new("period", "Their time step in seconds").value(shown(reading.period)).select(&periods))
        (Field::new("short", "Take short keys, too")
            .hint("Keys under 128 bits are weak, or cut off: only where the vendor says that they are meant so.")
            .checkbox(reading.short_keys))
        (Field::new("passphrase", "Passphrase of an encrypted file")
            .hint("It came from the vendor, in another way than the file.").secret(false))
        (Field::new("key", "Or its key").hint("In hexadecimal or Base64.").mono().secret(false))
    };
    let next = "Only for files that do not say it themselves, or that are encrypted.";
    ui::fold(Icon::Settings, "How the file is read", next, open, content)
}

fn same(word: &str) -> Choice {
    Choice::new(word, word)
}

/// What was sent in these fields.
pub(super) fn sent(form: &Uploaded) -> Result<Reading, Problem> {
    let text = |field| form.text(field).unwrap_or_default().to_owned();
    let number = |field: &str| form.text(field).map(str::parse).transpose();
    let no_number = |_| Problem::new("option", "this is no number", "choose another value");
    Ok(Reading {
        format: text("format"),
        algorithm: text("algorithm"),
        digits: number("digits").map_err(no_number)?,
        period: number("period").map_err(no_number)?.map(u32::from),
        short_keys: form.text("short").is_some(),
        passphrase: Hidden::new(text("passphrase")),
        key: Hidden::new(text("key")),
    })
}

/// The file that was chosen, and all about it.
pub(super) fn file(form: &mut Uploaded) -> Result<(About, File), Problem> {
    let reading = sent(form)?;
    let file = form.take_file("file").ok_or_else(no_file)?;
    let name = file.name.chars().take(LONGEST_NAME).collect();
    let about = About {
        name,
        reading,
        users: None,
        rows: None,
    };
    Ok((about, file))
}

fn no_file() -> Problem {
    Problem::new("no-file", "no file was chosen", "choose the seed file")
}
