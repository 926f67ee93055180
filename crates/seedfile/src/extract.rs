//! Some rows of a file as a file of their own.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

use crate::check::{RawRow, Sink};
use crate::options::ReadOptions;
use crate::read::detect::Family;
use crate::read::scan;
use crate::read::text::{self, Encoding};
use crate::refusal::Refusal;

/// Rows taken out of a file, as a file of the same format.
pub struct Extract {
    // Not a `SecretString`, which would give spare room back and leave a copy in it.
    text: Zeroizing<String>,
    rows: usize,
}

impl fmt::Debug for Extract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Extract");
        shown.field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl Extract {
    /// The new file, in UTF-8. It holds seeds in clear and is wiped when dropped.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// How many rows it holds.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }
}

/// Takes rows out of a file: they stand word for word between what the file has before its first
/// row and after its last one. Rows that the file does not have are not in the result.
///
/// Read with the same options, and with the format of the file named, the new file has the same
/// problems in these rows. Without the name the format of a list that has no header may not be known
/// any more: it is told by the first row, and that one may now be a wrong one. A list is refused where
/// the first row taken is the beginning of another file, such as a page that was put behind it. Rows
/// that contradict others do so only where the others were taken, too.
///
/// The result is UTF-8, with a byte order mark where the file had one.
///
/// ```
/// use std::collections::BTreeSet;
/// use seedfile::{ReadOptions, extract, survey};
///
/// let file = b"upn,serial number,secret key,timeinterval,manufacturer,model
/// ann@example.com,60234567,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,C202
/// bob@example.com,2.45252E+11,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C202
/// ";
/// let options = ReadOptions::default();
/// let rejected: BTreeSet<usize> = survey(file, &options)?.problems.iter().map(|p| p.row).collect();
/// let to_mend = extract(file, &options, &rejected)?;
/// let lines: Vec<_> = std::str::from_utf8(to_mend.expose()).unwrap().lines().collect();
/// assert_eq!(lines.len(), 2);
/// assert!(lines[1].starts_with("bob@example.com,"));
/// # Ok::<(), seedfile::Refusal>(())
/// ```
///
/// # Errors
/// [`Refusal`] if the file as a whole cannot be trusted.
pub fn extract(
    bytes: &[u8],
    options: &ReadOptions,
    rows: &BTreeSet<usize>,
) -> Result<Extract, Refusal> {
    let mut spans = Spans::of(rows);
    let found = scan(bytes, options, &mut spans)?;
    let (_, text) = text::decode(bytes, options.threads)?;
    let between = match found.format.family() {
        Family::Json => ",\n",
        _ => "",
    };
    let mark = match found.encoding {
        Encoding::Utf8 => "",
        Encoding::Utf8Bom | Encoding::Utf16Le | Encoding::Utf16Be => "\u{feff}",
    };
    Ok(Extract {
        text: spans.join(&text, mark, between),
        rows: spans.wanted.len(),
    })
}

/// Where rows stand in the text.
struct Spans<'r> {
    rows: &'r BTreeSet<usize>,
    wanted: Vec<Range<usize>>,
    /// From the beginning of the first row to the end of the last one.
    all: Option<Range<usize>>,
}

impl Sink for Spans<'_> {
    fn row(&mut self, row: &RawRow<'_>) -> Result<(), Refusal> {
        let start = self.all.as_ref().map_or(row.span.start, |all| all.start);
        self.all = Some(start..row.span.end);
        if self.rows.contains(&row.row) {
            self.wanted.push(row.span.clone());
        }
        Ok(())
    }

    fn fork(&self) -> Self {
        Self::of(self.rows)
    }

    fn join(&mut self, mut fork: Self) -> Result<(), Refusal> {
        self.wanted.append(&mut fork.wanted);
        self.all = match (self.all.take(), fork.all) {
            (Some(before), Some(after)) => Some(before.start..after.end),
            (before, after) => before.or(after),
        };
        Ok(())
    }
}

impl<'r> Spans<'r> {
    fn of(rows: &'r BTreeSet<usize>) -> Self {
        Self {
            rows,
            wanted: Vec::new(),
            all: None,
        }
    }

    /// The new text. All spans are of this very text.
    fn join(&self, text: &str, mark: &str, between: &str) -> Zeroizing<String> {
        let part = |range: Range<usize>| text.get(range).unwrap_or_default();
        let all = self.all.clone().unwrap_or(text.len()..text.len());
        // Room for all of it: a text that grows leaves copies behind.
        let room = mark.len() + text.len() + self.wanted.len() * 2;
        let mut new = Zeroizing::new(String::with_capacity(room));
        new.push_str(mark);
        new.push_str(part(0..all.start));
        for (position, span) in self.wanted.iter().enumerate() {
            if position > 0 {
                new.push_str(between);
            }
            new.push_str(part(span.clone()));
        }
        new.push_str(part(all.end..text.len()));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extract_has_not_grown() {
        let text = "\u{feff}[1,2,3,4]";
        let rows = (1..=4).collect();
        let taken = extract(text.as_bytes(), &ReadOptions::default(), &rows);
        let taken = taken.map(|taken| taken.text).unwrap_or_default();
        assert_eq!(*taken, "\u{feff}[1,\n2,\n3,\n4]");
        let whole = text.len() + 2 * rows.len();
        assert_eq!((taken.len(), taken.capacity()), (text.len() + 3, whole));
    }
}
