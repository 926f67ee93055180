//! multiOTP's CSV: `serial;manufacturer;algorithm;seed;digits;interval-or-event`.

use super::lines::List;
use crate::check::{Dialect, RawRow, Sink};
use crate::field::Field;
use crate::refusal::Refusal;

const LIST: List<6> = List {
    delimiter: Some(';'),
    least: 4,
    dialect: &Dialect::MULTIOTP,
};

pub(crate) fn read(text: &str, sink: &mut impl Sink) -> Result<(), Refusal> {
    LIST.read(text, sink, fill)
}

fn fill<'a>(row: &mut RawRow<'a>, cells: [&'a str; 6]) {
    let [serial, manufacturer, token_type, key, digits, factor] = cells;
    let place = if token_type.eq_ignore_ascii_case("hotp") {
        Field::Counter
    } else {
        Field::Period
    };
    row.text(Field::Serial, serial);
    row.text(Field::Manufacturer, manufacturer);
    row.text(Field::Type, token_type);
    row.text(Field::Secret, key);
    row.text(Field::Digits, digits);
    row.text(place, factor);
}
