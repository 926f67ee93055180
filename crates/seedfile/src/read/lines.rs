//! Files that hold one token a line: no header, no quoting, `#` before a comment.

use std::ops::Range;

use super::text::trim;
use crate::check::{Dialect, RawRow, Sink};
use crate::problem::ProblemKind;
use crate::refusal::Refusal;

/// A physical line.
pub(crate) struct Line<'a> {
    /// From 1.
    pub(crate) number: usize,
    /// The line with its end, in bytes of the text.
    pub(crate) span: Range<usize>,
    /// The line without the blanks around it.
    pub(crate) text: &'a str,
}

impl<'a> Line<'a> {
    pub(crate) fn row(&self, dialect: &'static Dialect) -> RawRow<'a> {
        RawRow::new(self.number, self.span.clone(), dialect)
    }

    /// The text of a comment.
    pub(crate) fn comment(&self) -> Option<&'a str> {
        self.text.strip_prefix('#').map(trim)
    }

    /// Whether nothing but blanks stands there, those of other scripts and of the web included.
    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    fn says_something(&self) -> bool {
        !self.is_blank() && self.comment().is_none()
    }
}

/// All lines of a text, whatever ends them: LF, CR LF or CR.
pub(crate) fn all(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    (1..).map_while(move |number| {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr2(b'\r', b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let ends = match rest.as_bytes().get(length..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([_, ..]) => 1,
            _ => 0,
        };
        let span = start..start + length + ends;
        start = span.end;
        Some(Line {
            number,
            span,
            text: trim(rest.get(..length)?),
        })
    })
}

/// Hands the row that `make` makes of each line to `sink`, and the blank lines after the first.
pub(crate) fn read<'a>(
    text: &'a str,
    sink: &mut impl Sink,
    make: impl Fn(&Line<'a>) -> Option<RawRow<'a>>,
) -> Result<(), Refusal> {
    let mut begun = false;
    for line in all(text).filter(|line| line.comment().is_none()) {
        match make(&line).filter(|_| !line.is_blank()) {
            Some(row) => sink.row(&row)?,
            None if begun => sink.blank(line.number, 1),
            None => continue,
        }
        begun = true;
    }
    Ok(())
}

/// The lines that are neither blank nor comments.
pub(crate) fn rows(text: &str) -> impl Iterator<Item = Line<'_>> {
    all(text).filter(Line::says_something)
}

/// A list whose rows have `least` to `N` cells.
pub(crate) struct List<const N: usize> {
    /// What stands between two cells; `None`: commas in a line that has one, or else blanks, however
    /// many.
    pub(crate) delimiter: Option<char>,
    pub(crate) least: usize,
    pub(crate) dialect: &'static Dialect,
}

impl<const N: usize> List<N> {
    /// Hands every row to `sink` after `fill` has put its cells in their places.
    pub(crate) fn read<'a>(
        &self,
        text: &'a str,
        sink: &mut impl Sink,
        fill: impl Fn(&mut RawRow<'a>, [&'a str; N]),
    ) -> Result<(), Refusal> {
        read(text, sink, |line| {
            let (cells, found) = cells(line.text, self.delimiter);
            let mut row = line.row(self.dialect);
            if (self.least..=N).contains(&found) {
                fill(&mut row, cells);
                return Some(row);
            }
            let expected = found.clamp(self.least, N);
            (found > 0).then(|| row.unfit(ProblemKind::CellCount { expected, found }, line.text))
        })
    }
}

/// The first `N` cells of a line without the blanks around them, and how many there are up to the
/// last one that is not empty.
pub(crate) fn cells<const N: usize>(line: &str, delimiter: Option<char>) -> ([&str; N], usize) {
    match delimiter {
        Some(delimiter) => first(line.split(delimiter).map(trim)),
        None if line.contains(',') => first(line.split(',').map(trim)),
        None => first(line.split_ascii_whitespace()),
    }
}

fn first<'a, const N: usize>(all: impl Iterator<Item = &'a str>) -> ([&'a str; N], usize) {
    let mut cells = [""; N];
    let mut found = 0;
    for (at, cell) in all.enumerate() {
        if !cell.is_empty() {
            found = at + 1;
        }
        if let Some(slot) = cells.get_mut(at) {
            *slot = cell;
        }
    }
    (cells, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_numbers_and_places() {
        let text = " a\r\n\r# b\nc\r\r\nd";
        let lines: Vec<_> = all(text).map(|line| (line.number, line.text)).collect();
        let expected = [(1, "a"), (2, ""), (3, "# b"), (4, "c"), (5, ""), (6, "d")];
        assert_eq!(lines, expected);
        let joined: String = all(text).map(|line| &text[line.span]).collect();
        assert_eq!(joined, text);
        let rows: Vec<_> = rows(text).map(|line| &text[line.span]).collect();
        assert_eq!(rows, [" a\r\n", "c\r", "d"]);
    }

    #[test]
    fn empty_cells_at_the_end_do_not_count() {
        assert_eq!(cells::<3>("a, b ,,", Some(',')), (["a", "b", ""], 2));
        assert_eq!(cells::<2>("a,,c", Some(',')), (["a", ""], 3));
        assert_eq!(cells::<2>(" , ", Some(',')), (["", ""], 0));
        assert_eq!(cells::<2>("a \t b", None), (["a", "b"], 2));
        assert_eq!(cells::<2>("a b, c", None), (["a b", "c"], 2));
    }
}
