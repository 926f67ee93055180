//! The CSV of Token2 and Entra ID.

use std::borrow::Cow;

use crate::column::Column;
use crate::format::Format;
use crate::problem::ProblemKind;
use crate::records::Records;
use crate::refusal::Refusal;
use crate::row::{Cell, Collector, RawRow};

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Which column stands where.
struct Header {
    format: Format,
    columns: Vec<Option<Column>>,
}

pub(crate) fn read(text: &str, collector: &mut Collector<'_>) -> Result<Format, Refusal> {
    let (text, first_line, delimiter) = preamble(text);
    let mut records = Records::new(text, first_line, delimiter);
    let mut cells = Vec::new();
    let header = loop {
        records.next_into(&mut cells)?.ok_or(Refusal::NoHeader)?;
        if !is_blank(&cells) {
            break Header::new(&cells)?;
        }
    };
    while let Some(row) = records.next_into(&mut cells)? {
        if !is_blank(&cells) {
            let lines = records.line() - row;
            match header.judge(&cells, lines, delimiter) {
                Ok(()) => collector.check(header.pick(row, &mut cells))?,
                Err(kind) => collector.reject(row, kind)?,
            }
        }
    }
    Ok(header.format)
}

/// Honours Excel's `sep=;` line, else finds the delimiter by the header.
fn preamble(text: &str) -> (&str, usize, u8) {
    let head = text.as_bytes();
    if let [
        b's' | b'S',
        b'e' | b'E',
        b'p' | b'P',
        b'=',
        delimiter,
        b'\r' | b'\n',
        ..,
    ] = head
        && delimiter.is_ascii_punctuation() | (*delimiter == b'\t')
        && *delimiter != b'"'
    {
        // The line end stays: it is skipped as an empty line and counted.
        return (text.get(5..).unwrap_or_default(), 1, *delimiter);
    }
    (text, 1, delimiter(text))
}

fn delimiter(text: &str) -> u8 {
    let header = text
        .trim_start()
        .split(['\r', '\n'])
        .next()
        .unwrap_or_default();
    let known = |delimiter: &u8| {
        let cells = header.split(char::from(*delimiter));
        cells
            .filter(|cell| Column::find(cell.trim().trim_matches('"')).is_some())
            .count()
    };
    // The first of equals: comma.
    DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(known)
        .unwrap_or(b',')
}

/// A line of separators, or of blanks, says nothing.
fn is_blank(cells: &[Cow<'_, str>]) -> bool {
    cells.iter().all(|cell| cell.trim().is_empty())
}

impl Header {
    fn new(cells: &[Cow<'_, str>]) -> Result<Self, Refusal> {
        let columns: Vec<_> = cells.iter().map(|cell| Column::find(cell)).collect();
        if columns.iter().all(Option::is_none) {
            return Err(Refusal::NoHeader);
        }
        for column in Column::ALL {
            match columns
                .iter()
                .filter(|found| **found == Some(column))
                .count()
            {
                0 if column.is_required() => {
                    return Err(Refusal::MissingColumn {
                        column: column.name(),
                    });
                }
                0 | 1 => {}
                _ => {
                    return Err(Refusal::DuplicateColumn {
                        column: column.name(),
                    });
                }
            }
        }
        let token2 = cells
            .iter()
            .any(|cell| cell.trim().eq_ignore_ascii_case("timeinterval"));
        Ok(Self {
            format: if token2 {
                Format::Token2Csv
            } else {
                Format::EntraCsv
            },
            columns,
        })
    }

    /// Whether a record is a row of this table at all.
    fn judge(
        &self,
        cells: &[Cow<'_, str>],
        lines: usize,
        delimiter: u8,
    ) -> Result<(), ProblemKind> {
        let (expected, found) = (self.columns.len(), cells.len());
        if lines > 1
            && cells
                .iter()
                .any(|cell| looks_swallowed(cell, expected, delimiter))
        {
            Err(ProblemKind::SwallowedRows)
        } else if self.is_repeated_in(cells) {
            Err(ProblemKind::HeaderRepeated)
        } else if expected != found {
            Err(ProblemKind::CellCount { expected, found })
        } else {
            Ok(())
        }
    }

    fn is_repeated_in(&self, cells: &[Cow<'_, str>]) -> bool {
        let mut pairs = self
            .columns
            .iter()
            .zip(cells)
            .filter(|(column, _)| column.is_some());
        cells.len() == self.columns.len()
            && pairs.all(|(column, cell)| Column::find(cell) == *column)
    }

    fn pick<'a>(&self, row: usize, cells: &mut [Cow<'a, str>]) -> RawRow<'a> {
        let mut raw = RawRow::new(row);
        for (column, cell) in self.columns.iter().zip(cells) {
            if let Some(column) = column {
                raw.set(*column, Cell::Text(std::mem::take(cell)));
            }
        }
        raw
    }
}

/// Whether a field holds line ends and as many separators as a row: other rows are inside it, seeds and all.
pub(crate) fn looks_swallowed(cell: &str, columns: usize, delimiter: u8) -> bool {
    cell.contains(['\r', '\n'])
        && cell.bytes().filter(|byte| *byte == delimiter).count() + 1 >= columns
}
