//! Every record of a file is accounted for, and every row that is named is one of the file.

use seedfile::{ProblemKind, ReadOptions, SeedFile, Warning, read};

/// Accepted and rejected rows are the records, in order, apart, and in the file.
pub(crate) fn add_up(data: &[u8], file: &SeedFile) {
    assert_eq!(file.tokens.len() + file.rejected(), file.records);
    assert!(file.problems.is_sorted_by_key(|problem| problem.row));
    assert!(file.tokens.is_sorted_by(|a, b| a.row < b.row));
    let rejected = |row| file.problems.binary_search_by_key(&row, |p| p.row).is_ok();
    assert!(file.tokens.iter().all(|token| !rejected(token.row)));

    let rows = 1..=most_rows(data);
    assert!(
        named(file).all(|row| rows.contains(&row)),
        "a row of no file"
    );
    for problem in &file.problems {
        assert_ne!(other(&problem.kind), Some(problem.row), "{problem}");
    }
}

/// To name the format that was found changes nothing.
pub(crate) fn named_format_reads_the_same(data: &[u8], file: &SeedFile, options: &ReadOptions) {
    let again = read(data, &options.clone().format(file.format)).expect("it is this format");
    let document = |file: &SeedFile| serde_json::to_value(file.inspection()).unwrap();
    assert_eq!(document(&again), document(file));
    let seeds = file.tokens.iter().zip(&again.tokens);
    assert!(seeds.into_iter().all(|(a, b)| a.seed == b.seed));
}

/// A record begins in a line of its own, behind a comma, or with a tag.
fn most_rows(data: &[u8]) -> usize {
    let begins = |byte: &&u8| matches!(byte, b'\n' | b'\r' | b',' | b'<');
    1 + data.iter().filter(begins).count()
}

/// Every row that is named anywhere.
fn named(file: &SeedFile) -> impl Iterator<Item = usize> {
    let tokens = file.tokens.iter().map(|token| token.row);
    let warned = file.tokens.iter().flat_map(|token| &token.warnings);
    let left_out = warned.filter_map(|warning| match warning {
        Warning::RowRepeated { row } => Some(*row),
        _ => None,
    });
    let problems = file.problems.iter().map(|problem| problem.row);
    let others = file.problems.iter().filter_map(|p| other(&p.kind));
    tokens.chain(left_out).chain(problems).chain(others)
}

fn other(kind: &ProblemKind) -> Option<usize> {
    match kind {
        ProblemKind::SerialRepeated { other } | ProblemKind::SecretRepeated { other } => {
            Some(*other)
        }
        _ => None,
    }
}
