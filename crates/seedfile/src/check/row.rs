//! A row before any check.

use std::borrow::Cow;
use std::ops::Range;

use zeroize::{Zeroize, Zeroizing};

use super::dialect::Dialect;
use crate::field::Field;
use crate::problem::ProblemKind;
use crate::record::Source;
use crate::refusal::Refusal;
use crate::warning::Warning;

/// Takes the rows of a file as a reader finds them.
pub(crate) trait Sink {
    /// Takes one row. A refusal ends the reading.
    fn row(&mut self, row: RawRow<'_>) -> Result<(), Refusal>;
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

/// The values of a row before any check.
pub(crate) struct RawRow<'a> {
    /// The line on which the row begins, or its position, from 1.
    pub(crate) row: usize,
    /// Where the row stands in the text, in bytes.
    pub(crate) span: Range<usize>,
    pub(crate) dialect: &'static Dialect,
    /// Why this is no row at all.
    pub(crate) unfit: Option<ProblemKind>,
    /// Where the reader has the serial number from.
    pub(crate) serial_source: Source,
    /// What the reader noticed.
    pub(crate) warnings: Vec<Warning>,
    cells: [Option<Cell<'a>>; Field::ALL.len()],
}

impl<'a> RawRow<'a> {
    pub(crate) fn new(row: usize, span: Range<usize>, dialect: &'static Dialect) -> Self {
        Self {
            row,
            span,
            dialect,
            unfit: None,
            serial_source: Source::Column,
            warnings: Vec::new(),
            cells: [const { None }; Field::ALL.len()],
        }
    }

    /// Says why this is no row of the file's kind.
    pub(crate) fn unfit(mut self, kind: ProblemKind) -> Self {
        self.unfit = Some(kind);
        self
    }

    pub(crate) fn set(&mut self, field: Field, cell: Cell<'a>) {
        if let Some(slot) = self.cells.get_mut(field as usize) {
            *slot = Some(if slot.is_some() { Cell::Repeated } else { cell });
        }
    }

    pub(crate) fn text(&mut self, field: Field, text: impl Into<Cow<'a, str>>) {
        self.set(field, Cell::Text(text.into()));
    }

    /// Whether the row has a cell for the field at all.
    pub(crate) fn has(&self, field: Field) -> bool {
        !matches!(self.get(field), None | Some(Cell::Null))
    }

    pub(crate) fn get(&self, field: Field) -> Option<&Cell<'a>> {
        self.cells.get(field as usize).and_then(Option::as_ref)
    }
}

/// A key that had to be copied out of the text (JSON escapes) does not stay in memory.
impl Drop for RawRow<'_> {
    fn drop(&mut self) {
        if let Some(Some(Cell::Text(Cow::Owned(copy)))) = self.cells.get_mut(Field::Secret as usize)
        {
            copy.zeroize();
        }
    }
}
