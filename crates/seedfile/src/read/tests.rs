//! What all readers must keep: rows have their places in the text, and no damage ends in a panic.
#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;

use proptest::prelude::*;

use super::{scan, text};
use crate::check::{RawRow, Sink};
use crate::{Format, ReadOptions, Refusal, extract, read, survey};

/// Keeps where the rows stand.
#[derive(Default)]
struct Places {
    rows: Vec<usize>,
    spans: Vec<Range<usize>>,
}

impl Sink for Places {
    fn row(&mut self, row: &RawRow<'_>) -> Result<(), Refusal> {
        self.rows.push(row.row);
        self.spans.push(row.span.clone());
        Ok(())
    }

    fn fork(&self) -> Self {
        Self::default()
    }

    fn join(&mut self, mut fork: Self) -> Result<(), Refusal> {
        self.rows.append(&mut fork.rows);
        self.spans.append(&mut fork.spans);
        Ok(())
    }
}

fn places(bytes: &[u8], options: &ReadOptions) -> Option<Places> {
    let mut places = Places::default();
    scan(bytes, options, &mut places).ok().map(|_| places)
}

/// Rows come in order, stand within the text, and do not overlap.
fn check_places(bytes: &[u8], options: &ReadOptions) {
    let Some(Places { rows, spans }) = places(bytes, options) else {
        return;
    };
    let (_, text) = text::decode(bytes, options.threads).unwrap();
    assert!(rows.is_sorted_by(|a, b| a < b));
    assert!(spans.is_sorted_by(|a, b| a.end <= b.start));
    for span in spans {
        let row = text.get(span.clone()).unwrap();
        assert!(!row.trim().is_empty(), "{span:?}");
    }
}

fn check(bytes: &[u8], options: &ReadOptions) {
    if let Ok(file) = read(bytes, options) {
        assert_eq!(file.tokens.len() + file.rejected(), file.records);
    }
    check_places(bytes, options);
}

fn cases() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases");
    let files = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    files
        .map(|file| {
            let name = file.file_name().into_string().unwrap();
            (name, std::fs::read(file.path()).unwrap())
        })
        .collect()
}

#[test]
fn a_case_cut_anywhere_adds_up() {
    let options = ReadOptions::default();
    for (_, bytes) in cases() {
        // Every byte of the ordinary cases, some of the two that are large.
        let step = 1 + bytes.len() / 10_000 * 997;
        for end in (0..=bytes.len()).step_by(step) {
            check(bytes.get(..end).unwrap(), &options);
        }
    }
}

#[test]
fn a_case_read_as_any_format_adds_up() {
    for (_, bytes) in cases() {
        for format in Format::ALL {
            check(&bytes, &ReadOptions::default().format(format));
        }
    }
}

/// The texts of the rows.
fn rows(text: &str, options: &ReadOptions) -> Vec<String> {
    let places = places(text.as_bytes(), options).unwrap();
    let spans = places.spans.into_iter();
    spans
        .map(|span| text.get(span).unwrap().to_owned())
        .collect()
}

#[test]
fn the_place_of_a_row_holds_the_row_and_nothing_else() {
    let found = ReadOptions::default();
    let links = "# mine\notpauth://totp/a?secret=A\r\n\nno link\n";
    assert_eq!(
        rows(links, &found),
        ["otpauth://totp/a?secret=A\r\n", "no link\n"]
    );
    let json = r#" {"a": [1], "value": [ {"serialNumber": "é\n"} , 3,[ ]]}"#;
    assert_eq!(
        rows(json, &found),
        [r#"{"serialNumber": "é\n"}"#, "3", "[ ]"]
    );
    let one = " {\"serialNumber\": 1} ";
    assert_eq!(rows(one, &found), ["{\"serialNumber\": 1}"]);
    let table = "serial number,secret key,timeinterval\n1,\"A\nB\",30\n,,\n2,C,30";
    assert_eq!(rows(table, &found), ["1,\"A\nB\",30\n", "2,C,30"]);
    let duo = ReadOptions::default().format(Format::Duo);
    assert_eq!(rows("1,A\r\r2,B", &duo), ["1,A\r", "2,B"]);
}

/// The whole result, word for word, and the rejected rows.
fn all_of(text: &str, threads: usize) -> String {
    let threads = NonZeroUsize::new(threads).unwrap();
    let options = ReadOptions::default().threads(threads);
    let file = read(text.as_bytes(), &options);
    let survey = survey(text.as_bytes(), &options);
    let problems = file
        .as_ref()
        .map(|file| &*file.problems)
        .unwrap_or_default();
    let rejected = problems.iter().map(|problem| problem.row).collect();
    let taken = extract(text.as_bytes(), &options, &rejected);
    let taken = taken.map(|taken| taken.expose().to_vec());
    format!("{file:?} {survey:?} {taken:?}")
}

proptest! {
    #[test]
    fn any_number_of_threads_reads_the_same(
        rows in "(([a-c]@x\\.y)?,[1-9],[AB]{4}(Q{28})?,[34]0,T,C?(\n|\r\n)|[,\n]{1,4}|,#,\n|\u{a0}\n){0,60}",
        threads in 2..9_usize,
    ) {
        let text = format!("upn,serial number,secret key,timeinterval,manufacturer,model\n{rows}");
        prop_assert_eq!(all_of(&text, threads), all_of(&text, 1));
    }

    #[test]
    fn any_links_add_up(text in "((otpauth://[th]otp/|otpauth://|# )?[a-z%:?&=@/#;0-9A-Z é]{0,40}(\\?secret=[A-Z2-7%]{0,32}(&[a-z]{1,8}=[0-9A-Z%]{0,8}){0,3})?[\r\n]{0,2}){0,6}") {
        check(text.as_bytes(), &ReadOptions::default());
        check(text.as_bytes(), &ReadOptions::default().format(Format::Otpauth));
    }

    #[test]
    fn any_list_adds_up(text in "(# version: 2\n)?([0-9a-z]{0,6}[,; \t]{0,2}[0-9a-f]{30,42}([,;] ?(totp|hotp|6|30|sha1|x|)){0,7}[\r\n#]{0,2}){0,6}") {
        check(text.as_bytes(), &ReadOptions::default());
        for format in [Format::OathCsv, Format::Duo, Format::MultiotpCsv] {
            check(text.as_bytes(), &ReadOptions::default().format(format));
        }
    }

    #[test]
    fn any_text_adds_up(text in ".{0,80}([\r\n].{0,80}){0,4}") {
        for format in Format::ALL {
            check(text.as_bytes(), &ReadOptions::default().format(format));
        }
    }
}
