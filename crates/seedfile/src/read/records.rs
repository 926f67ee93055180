//! RFC 4180 records with their physical lines, borrowed from the text.
//!
//! The `csv` crate is the measure in the tests, but it is not used here: it does not report an
//! unclosed quotation mark, it does not count lines that end in CR alone, and it copies every field
//! into buffers that cannot be wiped.

use std::borrow::Cow;

use super::MAX_COLUMNS;
use super::text::line_ends;
use crate::refusal::Refusal;

/// Splits a text into records.
pub(crate) struct Records<'a> {
    text: &'a str,
    /// Where the text goes on: at its end, or at a whole character.
    at: usize,
    line: usize,
    delimiter: u8,
}

/// Where a record begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    /// The physical line, from 1.
    pub(crate) line: usize,
    /// The position in the text, in bytes.
    pub(crate) offset: usize,
}

impl Start {
    pub(crate) const OF_TEXT: Self = Self { line: 1, offset: 0 };
}

impl<'a> Records<'a> {
    /// Splits `text` from `start` on, which must be the beginning of a record or the end of a line.
    pub(crate) fn new(text: &'a str, start: Start, delimiter: u8) -> Self {
        Self {
            text,
            at: start.offset,
            line: start.line,
            delimiter,
        }
    }

    /// Reads the next record into `cells` and returns where it begins. Empty lines are skipped.
    pub(crate) fn next_into(
        &mut self,
        cells: &mut Vec<Cow<'a, str>>,
    ) -> Result<Option<Start>, Refusal> {
        cells.clear();
        while self.end_line() {}
        if self.at >= self.text.len() {
            return Ok(None);
        }
        let start = self.here();
        while cells.len() < MAX_COLUMNS {
            cells.push(self.cell()?);
            if self.byte() == Some(self.delimiter) {
                self.at += 1;
            } else {
                self.end_line();
                return Ok(Some(start));
            }
        }
        Err(Refusal::TooManyColumns { line: start.line })
    }

    /// Where the next record begins, if no empty line comes before it.
    pub(crate) fn here(&self) -> Start {
        Start {
            line: self.line,
            offset: self.at,
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Takes the text up to `end`. All ends are at an ASCII byte or at the end of the text.
    fn take_to(&mut self, end: usize) -> &'a str {
        let taken = self.text.get(self.at..end).unwrap_or_default();
        self.at = end;
        taken
    }

    fn cell(&mut self) -> Result<Cow<'a, str>, Refusal> {
        if self.byte() == Some(b'"') {
            return self.quoted();
        }
        let length = memchr::memchr3(self.delimiter, b'\n', b'\r', self.rest());
        let end = length.map_or(self.text.len(), |length| self.at + length);
        Ok(Cow::Borrowed(self.take_to(end)))
    }

    fn quoted(&mut self) -> Result<Cow<'a, str>, Refusal> {
        let unclosed = Refusal::UnclosedQuote { line: self.line };
        self.at += 1;
        let (length, doubled) = closing_quote(self.rest()).ok_or(unclosed)?;
        let inner = self.take_to(self.at + length);
        self.line += line_ends(inner);
        self.at += 1;
        self.only_blanks_follow()?;
        Ok(if doubled {
            Cow::Owned(inner.replace("\"\"", "\""))
        } else {
            Cow::Borrowed(inner)
        })
    }

    fn only_blanks_follow(&mut self) -> Result<(), Refusal> {
        while self.byte() == Some(b' ') {
            self.at += 1;
        }
        match self.byte() {
            Some(byte) if byte != self.delimiter && byte != b'\n' && byte != b'\r' => {
                Err(Refusal::TextAfterQuote { line: self.line })
            }
            _ => Ok(()),
        }
    }

    /// Passes one CR, LF or CR LF, if it stands here.
    fn end_line(&mut self) -> bool {
        match self.byte() {
            Some(b'\n') => self.at += 1,
            Some(b'\r') => {
                self.at += 1;
                self.at += usize::from(self.byte() == Some(b'\n'));
            }
            _ => return false,
        }
        self.line += 1;
        true
    }
}

/// The position of the mark that ends a quoted field, and whether doubled marks stand before it.
fn closing_quote(text: &[u8]) -> Option<(usize, bool)> {
    let mut from = 0;
    loop {
        let end = from + memchr::memchr(b'"', text.get(from..)?)?;
        if text.get(end + 1) != Some(&b'"') {
            return Some((end, from > 0));
        }
        from = end + 2;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Result<Vec<(usize, Vec<String>)>, Refusal> {
        let mut records = Records::new(text, Start::OF_TEXT, b',');
        let mut cells = Vec::new();
        let mut all = Vec::new();
        while let Some(start) = records.next_into(&mut cells)? {
            all.push((start.line, cells.iter().map(ToString::to_string).collect()));
        }
        Ok(all)
    }

    fn by_csv_crate(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let cells = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
        reader
            .records()
            .map(|record| cells(record.unwrap()))
            .collect()
    }

    #[test]
    fn lines_are_physical_lines() {
        let all = split("a,b\r\n\n\"x\ry\r\nz\",1\rq\n\n").unwrap();
        let lines: Vec<_> = all.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 3, 6]);
        assert_eq!(all[1].1, ["x\ry\r\nz", "1"]);
    }

    #[test]
    fn stray_marks_refuse_the_file() {
        assert_eq!(
            split("a\n1,\"x\n2,y\n"),
            Err(Refusal::UnclosedQuote { line: 2 })
        );
        assert_eq!(
            split("a\n\"x\ny\"z\n"),
            Err(Refusal::TextAfterQuote { line: 3 })
        );
        assert_eq!(
            split("\"a\" ,b").unwrap(),
            [(1, vec!["a".into(), "b".into()])]
        );
        assert_eq!(
            split("a \"b\",c").unwrap(),
            [(1, vec!["a \"b\"".into(), "c".into()])]
        );
    }

    proptest! {
        #[test]
        fn agrees_with_the_csv_crate(text in "([ab,é\"\r\n]|\"\"|,\"|\",|\"\n){0,40}") {
            // The csv crate keeps blanks after a closing mark; there are none in this alphabet.
            if let Ok(all) = split(&text) {
                let cells: Vec<_> = all.into_iter().map(|(_, cells)| cells).collect();
                prop_assert_eq!(cells, by_csv_crate(&text));
            }
        }
    }
}
