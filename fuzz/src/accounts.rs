//! Every record of a file is accounted for, and every row that is named is one of the file.

use std::collections::HashSet;

use seedfile::{LeftOut, ProblemKind, ReadOptions, SeedFile, TokenRecord, Warning, read, survey};

use crate::round_trip;

/// Accepted and rejected rows are the records, in order, apart, and in the file.
pub(crate) fn add_up(data: &[u8], file: &SeedFile) {
    assert_eq!(file.tokens.len() + file.rejected(), file.records);
    assert!(file.problems.is_sorted_by_key(|problem| problem.row));
    assert!(file.tokens.is_sorted_by(|a, b| a.row < b.row));
    let rejected = |row| file.problems.binary_search_by_key(&row, |p| p.row).is_ok();
    assert!(file.tokens.iter().all(|token| !rejected(token.row)));

    assert_eq!(
        different(file, |token| token.serial.folded().into_owned()),
        file.tokens.len()
    );
    assert_eq!(
        different(file, |token| token.seed.expose().to_vec()),
        file.tokens.len()
    );

    let rows = 1..=most_rows(data);
    assert!(
        named(file).all(|row| rows.contains(&row)),
        "a row of no file"
    );
    for problem in &file.problems {
        assert_ne!(other(&problem.kind), Some(problem.row), "{problem}");
    }
}

/// To name the format that was found changes nothing but what has to be assumed.
pub(crate) fn named_format_reads_the_same(data: &[u8], file: &SeedFile, options: &ReadOptions) {
    let again = read(data, &options.clone().format(file.format)).expect("it is this format");
    assert_eq!((again.format, again.records), (file.format, file.records));
    assert_eq!(again.problems, file.problems);
    let rows = |file: &SeedFile| Vec::from_iter(file.tokens.iter().map(|token| token.row));
    assert_eq!(rows(&again), rows(file));
    round_trip::same_tokens(&again, file, LeftOut::default());
}

/// How many values the accepted tokens have.
fn different<T: Eq + std::hash::Hash>(file: &SeedFile, value: impl Fn(&TokenRecord) -> T) -> usize {
    file.tokens.iter().map(value).collect::<HashSet<T>>().len()
}

/// A survey keeps no tokens and says the same of the file.
pub(crate) fn survey_agrees(data: &[u8], file: &SeedFile, options: &ReadOptions) {
    let survey = survey(data, options).expect("it can be read");
    assert_eq!(
        (survey.format, survey.encoding),
        (file.format, file.encoding)
    );
    assert_eq!(
        (survey.records, survey.accepted),
        (file.records, file.tokens.len())
    );
    assert_eq!(survey.rejected(), file.rejected());
    assert_eq!(survey.problems, file.problems);
    let warned = file
        .tokens
        .iter()
        .flat_map(|token| token.warnings.iter().map(|of| (token.row, *of)));
    assert_eq!(survey.warnings, warned.collect::<Vec<_>>());
    let held = file.tokens.iter().filter(|token| token.user.is_some());
    assert_eq!(
        survey.groups.iter().map(|group| group.held).sum::<usize>(),
        held.count()
    );
    for group in &survey.groups {
        let is_of = |token: &&TokenRecord| {
            (&token.manufacturer, &token.model) == (&group.manufacturer, &group.model)
                && (token.algorithm, token.sources.algorithm)
                    == (group.algorithm, group.algorithm_source)
                && (token.digits, token.period()) == (group.digits, group.period)
        };
        assert_eq!(file.tokens.iter().filter(is_of).count(), group.tokens);
    }
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
