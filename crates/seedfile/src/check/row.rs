//! A row before any check.

use std::borrow::Cow;
use std::ops::Range;

use zeroize::{Zeroize, Zeroizing};

use super::dialect::Dialect;
use crate::field::Field;
use crate::options::SecretEncoding;
use crate::problem::ProblemKind;
use crate::read::text::trim;
use crate::record::Source;
use crate::refusal::Refusal;
use crate::warning::Warning;

/// Takes the rows of a file as a reader finds them.
pub(crate) trait Sink: Send {
    /// Takes one row. A refusal ends the reading.
    fn row(&mut self, row: &RawRow<'_>) -> Result<(), Refusal>;

    /// Passes over `count` blank rows, the first of which is `row`.
    fn blank(&mut self, _row: usize, _count: usize) {}

    /// An empty sink of the same kind, for rows that are read at the same time.
    fn fork(&self) -> Self
    where
        Self: Sized;

    /// Takes what a fork was given, as if its rows had come after those that are here.
    fn join(&mut self, fork: Self) -> Result<(), Refusal>
    where
        Self: Sized;
}

/// One value of a row.
pub(crate) enum Cell<'a> {
    /// JSON null.
    Null,
    Text(Cow<'a, str>),
    /// Key bytes that the reader had to decode.
    Bytes(Zeroizing<Vec<u8>>),
    Integer(i64),
    /// A JSON number with a fraction or an exponent, or too large for 64 bits.
    Fraction,
    /// Any other JSON value.
    Other,
    /// The field was given more than once.
    Repeated,
    /// The reader itself found something wrong with the field.
    Wrong(ProblemKind),
}

impl Cell<'_> {
    /// Wipes a text that had to be copied.
    fn wipe(&mut self) {
        if let Self::Text(Cow::Owned(copy)) = self {
            copy.zeroize();
        }
    }
}

/// A look at one value of a row.
#[derive(Clone, Copy)]
pub(crate) enum Value<'r> {
    Text(&'r str),
    Bytes(&'r [u8]),
    Integer(i64),
    Fraction,
    Other,
    Repeated,
    Wrong(ProblemKind),
}

/// Where the fields of a table stand among its cells.
pub(crate) type Places = [Option<usize>; Field::ALL.len()];

/// The values of a row before any check.
pub(crate) struct RawRow<'a> {
    /// The line on which the row begins, or its position, from 1.
    pub(crate) row: usize,
    /// Where the row stands in the text, in bytes.
    pub(crate) span: Range<usize>,
    pub(crate) dialect: &'static Dialect,
    /// Why this is no row at all.
    pub(crate) unfit: Option<ProblemKind>,
    /// What stands there, where that is not in the cells.
    said: &'a str,
    /// How the row itself says that its key is written.
    pub(crate) encoding: Option<SecretEncoding>,
    /// Where the reader has the serial number from.
    pub(crate) serial_source: Source,
    /// What the reader noticed.
    pub(crate) warnings: Vec<Warning>,
    cells: Cells<'a>,
}

/// Tables have millions of rows: their cells are looked at where they are.
enum Cells<'a> {
    Own(Vec<(Field, Cell<'a>)>),
    Table {
        cells: &'a [Cow<'a, str>],
        places: &'a Places,
    },
}

impl<'a> RawRow<'a> {
    pub(crate) fn new(row: usize, span: Range<usize>, dialect: &'static Dialect) -> Self {
        Self {
            row,
            span,
            dialect,
            unfit: None,
            said: "",
            encoding: None,
            serial_source: Source::Column,
            warnings: Vec::new(),
            cells: Cells::Own(Vec::new()),
        }
    }

    /// Says why a text is no row of the file's kind.
    pub(crate) fn unfit(mut self, kind: ProblemKind, said: &'a str) -> Self {
        self.unfit = Some(kind);
        self.said = said;
        self
    }

    /// Whether its cells stand in their places: too many of them do no harm where nothing stands in
    /// those.
    pub(crate) fn is_in_place(&self) -> bool {
        match (self.unfit, &self.cells) {
            (None, _) => true,
            (Some(ProblemKind::CellCount { expected, .. }), Cells::Table { cells, .. }) => {
                let surplus = cells.get(expected..).filter(|rest| !rest.is_empty());
                surplus.is_some_and(|rest| rest.iter().all(|cell| trim(cell).is_empty()))
            }
            _ => false,
        }
    }

    /// The words of a row that is none, whatever separates them.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        let separates = |c: char| matches!(c, ',' | ';' | '\t' | '\r' | '\n' | '"' | '<' | '>');
        let (own, cells): (&[(Field, Cell<'_>)], &[Cow<'_, str>]) = match &self.cells {
            Cells::Own(own) => (own, &[]),
            Cells::Table { cells, .. } => (&[], cells),
        };
        let own = own.iter().filter_map(|(_, cell)| match cell {
            Cell::Text(text) => Some(text),
            _ => None,
        });
        let texts = own.chain(cells).map(Cow::as_ref).chain([self.said]);
        texts.flat_map(move |text| text.split(separates)).map(trim)
    }

    /// Takes the values from the cells of a table.
    pub(crate) fn table(&mut self, cells: &'a [Cow<'a, str>], places: &'a Places) {
        self.cells = Cells::Table { cells, places };
    }

    pub(crate) fn set(&mut self, field: Field, mut cell: Cell<'a>) {
        let Cells::Own(cells) = &mut self.cells else {
            return;
        };
        match cells.iter_mut().find(|(known, _)| *known == field) {
            Some((_, slot)) => {
                slot.wipe();
                cell.wipe();
                *slot = Cell::Repeated;
            }
            None => cells.push((field, cell)),
        }
    }

    /// Sets a field whatever was there.
    pub(crate) fn replace(&mut self, field: Field, cell: Cell<'a>) {
        if let Cells::Own(cells) = &mut self.cells {
            for (_, slot) in cells.iter_mut().filter(|(known, _)| *known == field) {
                slot.wipe();
            }
            cells.retain(|(known, _)| *known != field);
            cells.push((field, cell));
        }
    }

    pub(crate) fn text(&mut self, field: Field, text: impl Into<Cow<'a, str>>) {
        self.set(field, Cell::Text(text.into()));
    }

    /// The value of a field; `None` if there is none, or JSON's null.
    pub(crate) fn get(&self, field: Field) -> Option<Value<'_>> {
        let cells = match &self.cells {
            Cells::Own(cells) => cells,
            Cells::Table { cells, places } => {
                let place = (*places.get(field as usize)?)?;
                return cells.get(place).map(|cell| Value::Text(cell));
            }
        };
        let (_, cell) = cells.iter().find(|(known, _)| *known == field)?;
        match cell {
            Cell::Null => None,
            Cell::Text(text) => Some(Value::Text(text)),
            Cell::Bytes(bytes) => Some(Value::Bytes(bytes)),
            Cell::Integer(number) => Some(Value::Integer(*number)),
            Cell::Fraction => Some(Value::Fraction),
            Cell::Other => Some(Value::Other),
            Cell::Repeated => Some(Value::Repeated),
            Cell::Wrong(kind) => Some(Value::Wrong(*kind)),
        }
    }
}

/// A key that had to be copied out of the text (JSON or percent escapes) does not stay in memory.
impl Drop for RawRow<'_> {
    fn drop(&mut self) {
        if let Cells::Own(cells) = &mut self.cells {
            let keys = cells
                .iter_mut()
                .filter(|(field, _)| *field == Field::Secret);
            keys.for_each(|(_, key)| key.wipe());
        }
    }
}
