//! Large tables are read in pieces, side by side.
//!
//! Without quotation marks every line end ends a record, so a table can be cut at any of them.

use std::num::NonZeroUsize;
use std::thread;

use super::records::Start;
use super::text::line_ends;
use crate::both::{LEAST, both, end, start};
use crate::check::Sink;
use crate::refusal::Refusal;

/// More threads than these wait for memory, and each has to keep its rows.
const MOST: usize = 8;

/// Some whole records.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) start: Start,
    /// Where the piece ends in the text.
    pub(crate) end: usize,
}

/// Cuts a text from `start` on into at most `most` pieces.
pub(crate) fn cut(text: &str, start: Start, most: NonZeroUsize) -> Vec<Piece> {
    cut_at_least(text, start, most, LEAST)
}

fn cut_at_least(text: &str, start: Start, most: NonZeroUsize, least: usize) -> Vec<Piece> {
    let length = text.len().saturating_sub(start.offset);
    let each = length.div_ceil(most.get().min(MOST)).max(least);
    let quoted = || memchr::memchr(b'"', rest(text, start.offset)).is_some();
    let whole = Piece {
        start,
        end: text.len(),
    };
    if length <= each {
        return vec![whole];
    }
    let (quoted, pieces) = both(true, quoted, || at_line_ends(text, start, each));
    if quoted { vec![whole] } else { pieces }
}

/// Pieces of at least so many bytes.
fn at_line_ends(text: &str, mut start: Start, each: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    while let Some(end) = line_end(text, start.offset + each) {
        pieces.push(Piece { start, end });
        let lines = text.get(start.offset..end).map_or(0, line_ends);
        start = Start {
            line: start.line + lines,
            offset: end,
        };
    }
    let end = text.len();
    pieces.push(Piece { start, end });
    pieces
}

/// The position after the first line end at or after `from`; `None` if nothing follows it.
fn line_end(text: &str, from: usize) -> Option<usize> {
    let at = from + memchr::memchr2(b'\n', b'\r', rest(text, from))?;
    let end = at
        + if rest(text, at).starts_with(b"\r\n") {
            2
        } else {
            1
        };
    (end < text.len()).then_some(end)
}

fn rest(text: &str, from: usize) -> &[u8] {
    text.as_bytes().get(from..).unwrap_or_default()
}

/// Reads every piece, each but the first on a thread of its own where there is one to have. The
/// rows come to `sink` as if they had been read one after the other.
pub(crate) fn read_all<S: Sink>(
    pieces: &[Piece],
    sink: &mut S,
    read: impl Fn(&Piece, &mut S) -> Result<(), Refusal> + Sync,
) -> Result<(), Refusal> {
    let Some((first, others)) = pieces.split_first() else {
        return Ok(());
    };
    let read = &read;
    thread::scope(|scope| {
        let begin = |piece| {
            let mut fork = sink.fork();
            let apart = start(scope, move || (read(piece, &mut fork), fork));
            (piece, apart)
        };
        let others: Vec<_> = others.iter().map(begin).collect();
        read(first, sink)?;
        for (piece, apart) in others {
            let Some(apart) = apart else {
                read(piece, sink)?;
                continue;
            };
            let (outcome, fork) = end(apart);
            // What came before the piece's own end may be too much already.
            sink.join(fork)?;
            outcome?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut_into(text: &str, most: usize) -> Vec<Piece> {
        cut_at_least(text, Start::OF_TEXT, NonZeroUsize::new(most).unwrap(), 1)
    }

    #[test]
    fn quotation_marks_keep_a_table_in_one_piece() {
        assert_eq!(cut_into("a\nb\nc\nd\n", 2).len(), 2);
        assert_eq!(cut_into("a\n\"b\nc\"\nd\n", 2).len(), 1);
        assert_eq!(cut_into("", 2).len(), 1);
        let small = cut("a\nb\nc\nd\n", Start::OF_TEXT, NonZeroUsize::MAX);
        assert_eq!(small.len(), 1);
    }

    #[test]
    fn no_piece_is_empty() {
        for text in ["a", "a\n", "a\r\n", "a\nb\n"] {
            let pieces = cut_into(text, 9);
            assert!(
                pieces.iter().all(|piece| piece.start.offset < piece.end),
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn pieces_are_whole_lines_and_the_whole_text(text in "[aé,\r\n]{0,60}", most in 1..9_usize) {
            let pieces = cut_into(&text, most);
            prop_assert!(pieces.len() <= most);
            let mut at = Start::OF_TEXT;
            for piece in &pieces {
                prop_assert_eq!(piece.start, at);
                at.line += line_ends(&text[piece.start.offset..piece.end]);
                at.offset = piece.end;
                let before = &text[..piece.end];
                prop_assert!(piece.end == text.len() || before.ends_with(['\r', '\n']));
                prop_assert!(!(before.ends_with('\r') && text[piece.end..].starts_with('\n')));
            }
            prop_assert_eq!(at.offset, text.len());
        }
    }
}
