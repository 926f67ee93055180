//! However many threads read a large table, the result is the same.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::num::NonZeroUsize;

use seedfile::{ReadOptions, Seed, extract, read, secrecy::ExposeSecret, survey};

const ROWS: u32 = 50_000;

/// More than four megabytes with something of everything, and rows that repeat or contradict others
/// far away.
fn file(line_end: &str) -> String {
    let mut text = String::from("upn,serial number,secret key,timeinterval,manufacturer,model");
    text.push_str(line_end);
    for row in 0..ROWS {
        let length = if row % 5 == 0 { 32 } else { 20 };
        let mut key = vec![7; length];
        key[..4].copy_from_slice(&row.to_be_bytes());
        let secret = Seed::new(key).to_base32();
        let secret = secret.expose_secret();
        let (serial, model) = match row {
            40_000 => (3, "C202"),
            _ if row % 7 == 0 => (row, ""),
            _ => (row, "C202"),
        };
        let period = if row % 1000 == 1 { "x" } else { "30" };
        write!(
            text,
            ",24525{serial:08},{secret},{period},Token2,{model}{line_end}"
        )
        .unwrap();
        if row % 9000 == 4 {
            write!(text, ",,,,,{line_end}{line_end}1,2{line_end}").unwrap();
        }
    }
    // The first row once more.
    let first = text.lines().nth(1).unwrap_or_default().to_owned();
    if line_end != "\r" {
        text.push_str(&first);
    }
    text
}

fn options(threads: usize) -> ReadOptions {
    ReadOptions::default().threads(NonZeroUsize::new(threads).unwrap())
}

#[test]
fn the_result_is_the_same() {
    for line_end in ["\n", "\r\n", "\r"] {
        let text = file(line_end);
        let bytes = text.as_bytes();
        assert!(bytes.len() > 4 * 1024 * 1024 - 1024 * 1024);
        let alone = survey(bytes, &options(1)).unwrap();
        assert_eq!(alone.accepted + alone.rejected(), alone.records);
        assert!(alone.rejected() > 50 && !alone.warnings.is_empty());
        let rows: BTreeSet<usize> = alone.problems.iter().map(|problem| problem.row).collect();
        let rejected = extract(bytes, &options(1), &rows).unwrap();
        for threads in [2, 3, 16] {
            let options = options(threads);
            let together = survey(bytes, &options).unwrap();
            assert_eq!(format!("{together:?}"), format!("{alone:?}"));
            let taken = extract(bytes, &options, &rows).unwrap();
            assert_eq!(taken.expose(), rejected.expose());
        }
    }
}

#[test]
fn the_same_refusal_comes_first() {
    let mut text = String::from("upn,serial number,secret key,timeinterval,manufacturer,model\n");
    text.push_str(&"a\n".repeat(1_200_000));
    text.push_str(&",".repeat(40_000));
    for threads in [1, 2, 4, 8] {
        let refusal = survey(text.as_bytes(), &options(threads)).unwrap_err();
        assert_eq!(refusal.code(), "too-many-rows", "{threads}");
    }
}

#[test]
fn tokens_come_in_the_order_of_the_file() {
    let text = file("\n");
    let [alone, together] = [1, 3].map(|threads| read(text.as_bytes(), &options(threads)).unwrap());
    assert_eq!(
        format!("{:?}", together.problems),
        format!("{:?}", alone.problems)
    );
    assert!(together.tokens.is_sorted_by_key(|token| token.row));
    let pairs = together.tokens.iter().zip(&alone.tokens);
    assert_eq!(together.tokens.len(), alone.tokens.len());
    for (a, b) in pairs {
        assert_eq!(format!("{a:?}"), format!("{b:?}"));
        assert_eq!(a.seed, b.seed);
    }
}
