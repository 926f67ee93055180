//! What only the whole file shows: serial numbers and keys that stand twice.

use super::trace::Digest;
use crate::field::Field;
use crate::problem::{Problem, ProblemKind};

/// A row that may share its serial number or its key with another. Digests stand for what it says:
/// there may be a million such rows.
pub(crate) struct Suspect {
    pub(crate) row: u32,
    pub(crate) rejected: bool,
    pub(crate) serial: Option<Digest>,
    pub(crate) key: Option<Digest>,
    /// Everything that the row says.
    pub(crate) content: Digest,
}

impl Suspect {
    fn has_serial_of(&self, other: &Self) -> bool {
        self.serial.is_some() && self.serial == other.serial
    }

    /// What a rejected row says is not all known: it is never the same as that of a right one.
    fn says_the_same_as(&self, other: &Self) -> bool {
        self.content == other.content && self.rejected == other.rejected
    }
}

/// What rows say about each other. The lists are sorted.
#[derive(Default)]
pub(super) struct Findings {
    /// Rows that are left out, each after the earlier row that says the same.
    repeats: Vec<(u32, u32)>,
    left_out: Vec<u32>,
    contradicted: Vec<u32>,
    pub(super) problems: Vec<Problem>,
}

/// What becomes of a row.
pub(super) enum Verdict {
    /// It is used; these rows repeat it.
    Accepted(Vec<usize>),
    /// It repeats an earlier row.
    LeftOut,
    /// Another row says something else of the same token.
    Contradicted,
}

/// Compares the rows with each other. Equal rows become one; rows that contradict each other are
/// all rejected, because nobody knows which is right.
pub(super) fn compare(suspects: &[Suspect]) -> Findings {
    let mut findings = Findings::default();
    let serials = sorted(suspects.iter(), |suspect| suspect.serial);
    for group in shared(&serials, |suspect| suspect.serial) {
        findings.compare_serials(group);
    }
    drop(serials);
    let keys = sorted(suspects.iter(), |suspect| suspect.key);
    for group in shared(&keys, |suspect| suspect.key) {
        findings.compare_keys(group);
    }
    findings.contradicted.sort_unstable();
    // What repeats a contradicted row is contradicted itself.
    let repeats = std::mem::take(&mut findings.repeats).into_iter();
    let repeats = repeats.filter(|(_, repeat)| !has(&findings.contradicted, *repeat));
    findings.repeats = repeats.collect();
    findings.repeats.sort_unstable();
    findings.left_out = findings.repeats.iter().map(|(_, repeat)| *repeat).collect();
    findings.left_out.sort_unstable();
    findings
}

impl Findings {
    /// Rows that repeat others and are no records of their own.
    pub(super) fn left_out(&self) -> &[u32] {
        &self.left_out
    }

    /// What becomes of a row that is right by itself.
    pub(super) fn judge(&self, row: u32) -> Verdict {
        if has(&self.contradicted, row) {
            return Verdict::Contradicted;
        }
        if has(&self.left_out, row) {
            return Verdict::LeftOut;
        }
        let from = self.repeats.partition_point(|(first, _)| *first < row);
        let repeats = self.repeats.get(from..).unwrap_or_default().iter();
        let of_row = repeats.take_while(|(first, _)| *first == row);
        Verdict::Accepted(of_row.map(|(_, repeat)| *repeat as usize).collect())
    }

    /// Looks at rows of one serial number, in the file's order.
    fn compare_serials(&mut self, group: &[&Suspect]) {
        let Some((first, rest)) = group.split_first() else {
            return;
        };
        if !rest.iter().all(|other| first.says_the_same_as(other)) {
            for (suspect, other) in each_with_another(group) {
                let other = other.row as usize;
                let kind = ProblemKind::SerialRepeated { other };
                self.contradict(suspect.row, Field::Serial, kind);
            }
        } else if !first.rejected {
            let repeats = rest.iter().map(|suspect| (first.row, suspect.row));
            self.repeats.extend(repeats);
        }
    }

    /// Looks at rows of one key, in the file's order.
    fn compare_keys(&mut self, group: &[&Suspect]) {
        for (suspect, other) in each_with_another_serial(group) {
            let other = other.row as usize;
            let kind = ProblemKind::SecretRepeated { other };
            self.contradict(suspect.row, Field::Secret, kind);
        }
    }

    fn contradict(&mut self, row: u32, field: Field, kind: ProblemKind) {
        self.problems.push(Problem {
            row: row as usize,
            field: field.name(),
            kind,
        });
        self.contradicted.push(row);
    }
}

fn has(rows: &[u32], row: u32) -> bool {
    rows.binary_search(&row).is_ok()
}

fn each_with_another<'g>(
    group: &'g [&'g Suspect],
) -> impl Iterator<Item = (&'g Suspect, &'g Suspect)> {
    let pair = |at: usize| {
        let other = group.get(usize::from(at == 0))?;
        Some((*group.get(at)?, *other))
    };
    (0..group.len()).filter_map(pair)
}

/// Pairs that differ in their serial number; one that cannot be read differs from all. Each row is
/// compared with the first only: groups can be long.
fn each_with_another_serial<'g>(
    group: &'g [&'g Suspect],
) -> impl Iterator<Item = (&'g Suspect, &'g Suspect)> {
    let first = group.first().copied();
    let is_of_first = move |other: &Suspect| {
        first.is_some_and(|first| other.row == first.row || other.has_serial_of(first))
    };
    let odd = group.iter().find(|other| !is_of_first(other));
    let pair = move |suspect: &&'g Suspect| {
        let (first, odd) = (first?, *odd?);
        let other = if is_of_first(suspect) { odd } else { first };
        Some((*suspect, other))
    };
    group.iter().filter_map(pair)
}

/// Those that have a digest, in its order and in the file's.
fn sorted<'s>(
    suspects: impl Iterator<Item = &'s Suspect>,
    digest: impl Fn(&Suspect) -> Option<Digest>,
) -> Vec<&'s Suspect> {
    let mut sorted: Vec<_> = suspects
        .filter(|suspect| digest(suspect).is_some())
        .collect();
    sorted.sort_unstable_by_key(|suspect| (digest(suspect), suspect.row));
    sorted
}

/// Groups of neighbours with the same digest.
fn shared<'g, 's>(
    sorted: &'g [&'s Suspect],
    digest: impl Fn(&Suspect) -> Option<Digest> + 'g,
) -> impl Iterator<Item = &'g [&'s Suspect]> {
    sorted.chunk_by(move |a, b| digest(a) == digest(b))
}
