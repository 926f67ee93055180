//! Tokens in JSON: Microsoft Graph's bodies and answers, and the file of EntraOATH.
//!
//! The document is taken apart into the raw texts of its items, and each item is parsed by itself:
//! so its place in the file is known, and nothing of the document is kept. Taking apart needs no
//! stack; within an item the parser's limit on nesting holds.

mod document;
mod foreign;
mod item;
mod value;

use std::collections::HashMap;

use serde_json::error::Error;

use crate::check::{Dialect, Sink};
use crate::format::Format;
use crate::options::ReadOptions;
use crate::read::unread::Unread;
use crate::refusal::Refusal;
use document::Document;
use item::{Assigned, Assignments, Reader};

pub(crate) fn read(
    text: &str,
    options: &ReadOptions,
    sink: &mut impl Sink,
) -> Result<(Format, Unread), Refusal> {
    let mut unread = Unread::default();
    let document = Document::of(text)?;
    let format = document.format();
    if let Some(asked) = options.format
        && asked != format
    {
        let found = format.name();
        return Err(Refusal::OtherFormat { asked, found });
    }
    match document {
        Document::Items(array) => {
            let mut reader = Reader::new(text, &Dialect::AZURE, HashMap::new(), &mut unread);
            document::items(text, array, |item| sink.row(&reader.row(item)?))?;
        }
        Document::Single(item) => {
            let mut reader = Reader::new(text, &Dialect::AZURE, HashMap::new(), &mut unread);
            sink.row(&reader.row(item)?)?;
        }
        Document::Inventory { items, assignments } => {
            let holders = holders(text, assignments, &mut unread)?;
            let mut reader = Reader::new(text, &Dialect::ENTRAOATH, holders, &mut unread);
            document::items(text, items, |item| sink.row(&reader.row(item)?))?;
            reader.note_unassigned();
        }
    }
    Ok((format, unread))
}

/// Who holds which token, by its serial number in lower case.
fn holders(
    text: &str,
    assignments: Option<&str>,
    unread: &mut Unread,
) -> Result<Assignments, Refusal> {
    let mut holders = Assignments::new();
    let Some(array) = assignments else {
        return Ok(holders);
    };
    let mut number = 0;
    document::items(text, array, |item| {
        number += 1;
        let Some((serial, user)) = item::assignment(text, item)? else {
            unread.assignment(number);
            return Ok(());
        };
        let new = || Assigned::new(user.clone(), number);
        let known = holders.entry(serial.to_ascii_lowercase());
        known.or_insert_with(new).also(&user);
        Ok(())
    })?;
    Ok(holders)
}

/// Where `part` begins in `text`, of which it is a slice.
fn offset(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

/// The parser's error in a part of the text, by its place in the whole.
fn syntax(text: &str, part: &str, error: &Error) -> Refusal {
    let before = text.get(..offset(text, part)).unwrap_or_default();
    let lines = before.bytes().filter(|byte| *byte == b'\n').count();
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let column = if error.line() == 1 {
        before.len() - line_start
    } else {
        0
    };
    Refusal::JsonSyntax {
        line: lines + error.line(),
        column: column + error.column(),
    }
}
