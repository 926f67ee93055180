//! Tables: the CSV of Token2 and Entra ID, and any other with the columns named by the caller.

use std::borrow::Cow;

use super::pieces;
use super::records::{Records, Start};
use super::unread::Unread;
use crate::check::{Dialect, Places, RawRow, Sink};
use crate::field::{Field, folded, is_folded, other_user_name};
use crate::format::Format;
use crate::options::{Place, ReadOptions};
use crate::problem::ProblemKind;
use crate::refusal::Refusal;

/// How much of a header tells the delimiter, in bytes.
const LONGEST_HEADER: usize = 512 * 1024;

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

type Cells<'a> = [Cow<'a, str>];

/// Which field stands where.
struct Header {
    format: Format,
    dialect: &'static Dialect,
    fields: Vec<Option<Field>>,
    places: Places,
    /// Whether the table begins with a line of names.
    named: bool,
    delimiter: u8,
    unread: Unread,
}

pub(crate) fn read<S: Sink>(
    text: &str,
    options: &ReadOptions,
    sink: &mut S,
) -> Result<(Format, Unread), Refusal> {
    let (offset, delimiter) = preamble(text);
    let delimiter = options.delimiter.unwrap_or(delimiter);
    let beginning = Start { line: 1, offset };
    let mut records = Records::new(text, beginning, delimiter);
    let mut cells = Vec::new();
    let first = loop {
        let start = records.next_into(&mut cells)?.ok_or(Refusal::NoHeader)?;
        if !is_blank(&cells) {
            break start;
        }
    };
    let header = Header::new(&cells, options, delimiter)?;
    let rows = if header.named { records.here() } else { first };
    let pieces = pieces::cut(text, rows, options.threads);
    pieces::read_all(&pieces, sink, |piece, sink| {
        let text = text.get(..piece.end).unwrap_or_default();
        header.read_rows(Records::new(text, piece.start, delimiter), sink)
    })?;
    Ok((header.format, header.unread))
}

/// Honours Excel's `sep=;` line, else finds the delimiter by the header. The table begins at the
/// returned offset.
fn preamble(text: &str) -> (usize, u8) {
    let excel = text.as_bytes().split_first_chunk::<5>();
    if let Some((line, [b'\r' | b'\n', ..])) = excel
        && let [s, e, p, b'=', delimiter @ (b',' | b';' | b'\t' | b'|')] = line
        && [*s, *e, *p].eq_ignore_ascii_case(b"sep")
    {
        // The line end stays: it is skipped as an empty line and counted.
        return (line.len(), *delimiter);
    }
    (0, delimiter(text))
}

fn delimiter(text: &str) -> u8 {
    let header = text
        .trim_start()
        .split(['\r', '\n'])
        .next()
        .unwrap_or_default();
    // No header is longer, and a line may be the whole file.
    let header = header
        .get(..header.floor_char_boundary(LONGEST_HEADER))
        .unwrap_or_default();
    let known = |delimiter: &u8| {
        let cells = header.split(char::from(*delimiter)).count();
        (names(header, *delimiter), cells)
    };
    // The first of equals: comma.
    DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(known)
        .unwrap_or(b',')
}

/// How many known names stand in a line.
fn names(line: &str, delimiter: u8) -> usize {
    let cells = line.split(char::from(delimiter));
    let known = cells.filter(|cell| Field::find(cell.trim().trim_matches('"')).is_some());
    known.count()
}

/// A line of separators, or of blanks, says nothing.
fn is_blank(cells: &Cells<'_>) -> bool {
    let is_blank = |cell: &str| !matches!(cell.as_bytes().first(), Some(b'!'..=b'~'));
    cells
        .iter()
        .all(|cell| is_blank(cell) && cell.trim().is_empty())
}

impl Header {
    fn new(cells: &Cells<'_>, options: &ReadOptions, delimiter: u8) -> Result<Self, Refusal> {
        let by_number = |(_, place): &(Field, Place)| matches!(place, Place::Numbered(_));
        let named = options.columns.is_empty() || !options.columns.iter().all(by_number);
        let mut fields = vec![None; cells.len()];
        if let [cell] = cells
            && named
            && names(cell, delimiter) > 1
        {
            return Err(Refusal::HeaderWrapped);
        }
        if named {
            for (slot, cell) in fields.iter_mut().zip(cells) {
                *slot = Field::find(cell);
            }
            choose_user(cells, &mut fields);
        }
        map(&options.columns, cells, &mut fields)?;
        check(&fields, options)?;
        let unread = if named {
            unread(cells, &fields)
        } else {
            Unread::default()
        };
        let token2 = cells
            .iter()
            .any(|cell| cell.trim().eq_ignore_ascii_case("timeinterval"));
        let (format, dialect) = if !options.columns.is_empty() {
            (Format::Csv, &Dialect::MAPPED)
        } else if token2 {
            (Format::Token2Csv, &Dialect::AZURE)
        } else {
            (Format::EntraCsv, &Dialect::AZURE)
        };
        let place = |field| fields.iter().position(|found| *found == Some(field));
        Ok(Self {
            format,
            dialect,
            places: Field::ALL.map(place),
            fields,
            named,
            delimiter,
            unread,
        })
    }

    fn read_rows(&self, mut records: Records<'_>, sink: &mut impl Sink) -> Result<(), Refusal> {
        let mut cells = Vec::with_capacity(self.fields.len());
        let mut end = records.here();
        while let Some(start) = records.next_into(&mut cells)? {
            let is_blank = is_blank(&cells);
            let blanks = start.line - end.line + usize::from(is_blank);
            if blanks > 0 {
                sink.blank(end.line, blanks);
            }
            end = records.here();
            if is_blank {
                continue;
            }
            let mut row = RawRow::new(start.line, start.offset..end.offset, self.dialect);
            row.unfit = self.judge(&cells, end.line - start.line).err();
            row.table(&cells, &self.places);
            sink.row(&row)?;
        }
        // The table may go on in another piece.
        let blanks = records.here().line - end.line;
        if blanks > 0 {
            sink.blank(end.line, blanks);
        }
        Ok(())
    }

    /// Whether a record is a row of this table at all.
    fn judge(&self, cells: &Cells<'_>, lines: usize) -> Result<(), ProblemKind> {
        let (expected, found) = (self.fields.len(), cells.len());
        let swallowed = |cell: &Cow<'_, str>| looks_swallowed(cell, expected, self.delimiter);
        if lines > 1 && cells.iter().any(swallowed) {
            Err(ProblemKind::SwallowedRows)
        } else if self.is_repeated_in(cells) {
            Err(ProblemKind::HeaderRepeated)
        } else if let [cell] = cells
            && cell.split(char::from(self.delimiter)).count() >= expected
        {
            Err(ProblemKind::RowWrapped)
        } else if expected != found {
            Err(ProblemKind::CellCount { expected, found })
        } else {
            Ok(())
        }
    }

    fn is_repeated_in(&self, cells: &Cells<'_>) -> bool {
        if !self.named || cells.len() != self.fields.len() {
            return false;
        }
        let mut pairs = self.fields.iter().zip(cells).filter_map(|(field, cell)| {
            let known = (*field)?;
            Some((known, cell))
        });
        pairs.all(|(field, cell)| may_be_name(cell) && Field::find(cell) == Some(field))
    }
}

/// Of several columns that can name the user the best one counts.
fn choose_user(cells: &Cells<'_>, fields: &mut [Option<Field>]) {
    let is_user = |(slot, _): &(&mut Option<Field>, _)| **slot == Some(Field::User);
    let users = fields.iter_mut().zip(cells).filter(is_user);
    let mut users: Vec<_> = users
        .map(|(slot, cell)| (other_user_name(cell), slot))
        .collect();
    let best = users.iter().map(|(place, _)| *place).min().flatten();
    users.retain(|(place, _)| *place != best);
    for (_, slot) in users {
        *slot = None;
    }
}

fn unread(cells: &Cells<'_>, fields: &[Option<Field>]) -> Unread {
    let mut unread = Unread::default();
    for (number, (cell, field)) in (1..).zip(cells.iter().zip(fields)) {
        if field.is_none() {
            unread.column(cell, number);
        }
    }
    unread
}

/// No name of a column begins with a digit or holds an `@`. This runs for every row.
fn may_be_name(cell: &str) -> bool {
    cell.len() <= 64 && !cell.contains('@') && !cell.starts_with(|c: char| c.is_ascii_digit())
}

/// Puts the fields where the caller says that they are.
fn map(
    columns: &[(Field, Place)],
    cells: &Cells<'_>,
    fields: &mut [Option<Field>],
) -> Result<(), Refusal> {
    let mut mapped = Vec::new();
    for (field, place) in columns {
        let at = find(*field, place, cells)?;
        let is_same = |(known, column): &(Field, usize)| known == field || *column == at;
        let column = field.name();
        if mapped.iter().any(is_same) {
            return Err(Refusal::ColumnConflict { column });
        }
        mapped.push((*field, at));
        for slot in fields.iter_mut().filter(|slot| **slot == Some(*field)) {
            *slot = None;
        }
    }
    for (field, at) in mapped {
        let missing = Refusal::MissingColumn {
            column: field.name(),
        };
        *fields.get_mut(at).ok_or(missing)? = Some(field);
    }
    Ok(())
}

/// The column of a field, from 0.
fn find(field: Field, place: &Place, cells: &Cells<'_>) -> Result<usize, Refusal> {
    let column = field.name();
    let missing = Refusal::MissingColumn { column };
    let name = match place {
        Place::Named(name) => folded(name),
        Place::Numbered(number) => return number.checked_sub(1).ok_or(missing),
    };
    let mut found = (0..).zip(cells).filter(|(_, cell)| is_folded(cell, &name));
    match (found.next(), found.next()) {
        (Some((at, _)), None) => Ok(at),
        (Some(_), Some(_)) => Err(Refusal::DuplicateColumn { column }),
        (None, _) => Err(missing),
    }
}

fn check(fields: &[Option<Field>], options: &ReadOptions) -> Result<(), Refusal> {
    if fields.iter().all(Option::is_none) {
        return Err(Refusal::NoHeader);
    }
    for field in Field::ALL {
        let places = fields.iter().flatten().filter(|found| **found == field);
        let (count, column) = (places.count(), field.name());
        if count == 0 && is_required(field, options) {
            return Err(Refusal::MissingColumn { column });
        }
        if count > 1 {
            return Err(Refusal::DuplicateColumn { column });
        }
    }
    Ok(())
}

/// Whether a row says too little to be a token without the field.
fn is_required(field: Field, options: &ReadOptions) -> bool {
    match field {
        Field::Serial | Field::Secret => true,
        Field::Period => options.period.is_none() && options.columns.is_empty(),
        _ => false,
    }
}

/// Whether a field holds line ends and as many separators as a row: other rows are inside it, seeds
/// and all.
pub(crate) fn looks_swallowed(cell: &str, columns: usize, delimiter: u8) -> bool {
    cell.contains(['\r', '\n'])
        && cell.bytes().filter(|byte| *byte == delimiter).count() + 1 >= columns
}
