//! From the packages of a PSKC container to rows.

use crate::check::{Cell, Dialect, RawRow, Sink, user_name};
use crate::field::Field;
use crate::format::Format;
use crate::options::ReadOptions;
use crate::problem::ProblemKind;
use crate::pskc::{self, KeyPackage, OtpKey, PskcProblem, Value};
use crate::read::unread::Unread;
use crate::refusal::Refusal;
use crate::warning::Warning;

/// The rows are numbered by package, since a container may stand in one line. A container without a
/// single key holds no tokens.
pub(super) fn read(
    text: &str,
    options: &ReadOptions,
    sink: &mut impl Sink,
) -> Result<(Format, Unread), Refusal> {
    let (mut number, mut keys) = (0, 0);
    let mut unread = Unread::default();
    pskc::read(text, options.pskc_key.as_ref(), &mut |package| {
        number += 1;
        keys += usize::from(!matches!(package.key, Err(PskcProblem::NoKey)));
        if let Ok(key) = &package.key {
            note_clock(key, &mut unread);
        }
        sink.row(&row(number, package))
    })?;
    if keys == 0 {
        return Err(Refusal::NoRecords);
    }
    Ok((Format::Pskc, unread))
}

/// What the device's clock showed when the file was made is not read.
fn note_clock(key: &OtpKey<'_>, unread: &mut Unread) {
    if !matches!(key.time, Ok(None)) {
        unread.name("Time");
    }
}

fn row(number: usize, package: KeyPackage<'_>) -> RawRow<'_> {
    let mut row = RawRow::new(number, package.span, &Dialect::PSKC);
    set_user(&mut row, package.user);
    match package.key {
        Ok(key) => set_key(&mut row, key),
        Err(problem) => return row.unfit(ProblemKind::Pskc(problem), ""),
    }
    set(&mut row, Field::Serial, package.serial);
    set(&mut row, Field::Manufacturer, package.manufacturer);
    set(&mut row, Field::Model, package.model);
    row
}

/// RFC 6030 (section 4.2) names people by the names of X.500 directories, others by a user name.
fn set_user<'a>(row: &mut RawRow<'a>, user: Value<'a>) {
    match user {
        Ok(Some(name)) if user_name(&name).is_err() => row.warnings.push(Warning::HolderNotRead),
        user => set(row, Field::User, user),
    }
}

fn set_key<'a>(row: &mut RawRow<'a>, key: OtpKey<'a>) {
    row.text(Field::Type, key.kind.name());
    row.set(Field::Secret, key.secret.map_or_else(wrong, Cell::Bytes));
    set(row, Field::Algorithm, key.suite);
    set(row, Field::Digits, key.digits);
    set(row, Field::Counter, key.counter);
    set(row, Field::Period, key.interval);
    set(row, Field::Drift, key.drift);
}

fn set<'a>(row: &mut RawRow<'a>, field: Field, value: Value<'a>) {
    match value {
        Ok(None) => {}
        Ok(Some(text)) => row.text(field, text),
        Err(problem) => row.set(field, wrong(problem)),
    }
}

fn wrong<'a>(problem: PskcProblem) -> Cell<'a> {
    Cell::Wrong(ProblemKind::Pskc(problem))
}
