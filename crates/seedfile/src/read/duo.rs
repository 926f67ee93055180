//! What is pasted into Duo, and PingID's file: serial number and hexadecimal key with a comma or a
//! blank between them, and a counter for tokens that count events.

use super::lines::List;
use crate::check::{Dialect, RawRow, Sink};
use crate::field::Field;
use crate::refusal::Refusal;

/// Reads a file as Duo's. Without the caller's word (`named`) the type of the tokens is a guess. Each
/// line says by itself what separates its cells: some of them may be taken out.
pub(crate) fn read(text: &str, named: bool, sink: &mut impl Sink) -> Result<(), Refusal> {
    let list: List<3> = List {
        delimiter: None,
        least: 2,
        dialect: if named {
            &Dialect::DUO
        } else {
            &Dialect::DUO_BY_LOOK
        },
    };
    list.read(text, sink, fill)
}

fn fill<'a>(row: &mut RawRow<'a>, [serial, key, counter]: [&'a str; 3]) {
    row.text(Field::Serial, serial);
    row.text(Field::Secret, key);
    if !counter.is_empty() {
        row.text(Field::Type, "hotp");
        row.text(Field::Counter, counter);
    }
}
