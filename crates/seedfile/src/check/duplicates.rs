//! What only the whole file shows: serial numbers and keys that stand twice.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use oath_core::{Algorithm, Digits};
use zeroize::Zeroizing;

use crate::field::Field;
use crate::problem::{Problem, ProblemKind};
use crate::record::Kind;

/// A row that may share its serial number or its key with another, and all that it says.
pub(crate) struct Suspect {
    pub(crate) row: usize,
    pub(crate) rejected: bool,
    /// In lower case.
    pub(crate) serial: Option<String>,
    pub(crate) key: Option<Zeroizing<Vec<u8>>>,
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) digits: Option<Digits>,
    pub(crate) kind: Option<Kind>,
    pub(crate) user: Option<String>,
    pub(crate) manufacturer: Option<String>,
    pub(crate) model: Option<String>,
}

impl Suspect {
    fn says_as(&self, other: &Self) -> bool {
        self.serial == other.serial
            && self.key == other.key
            && self.algorithm == other.algorithm
            && self.digits == other.digits
            && self.kind == other.kind
            && self.user == other.user
            && self.manufacturer == other.manufacturer
            && self.model == other.model
    }

    fn has_serial_of(&self, other: &Self) -> bool {
        self.serial.is_some() && self.serial == other.serial
    }
}

/// What rows say about each other.
#[derive(Default)]
pub(super) struct Findings {
    /// Rows that are left out, by the earlier row that says the same.
    repeats: BTreeMap<usize, Vec<usize>>,
    left_out: BTreeSet<usize>,
    contradicted: BTreeSet<usize>,
    pub(super) problems: Vec<Problem>,
}

/// Compares the rows with each other. Equal rows become one; rows that contradict each other are
/// all rejected, because nobody knows which is right.
pub(super) fn compare(suspects: &[Suspect]) -> Findings {
    let mut findings = Findings::default();
    findings.compare_serials(suspects);
    findings.compare_keys(suspects);
    findings
}

impl Findings {
    /// The rows that repeat others and are no records of their own.
    pub(super) fn left_out(&self) -> impl Iterator<Item = usize> {
        self.left_out.iter().copied()
    }

    /// Whether another row contradicts this one.
    pub(super) fn contradicts(&self, row: usize) -> bool {
        self.contradicted.contains(&row)
    }

    /// The rows that repeat this one; `None` if this one is not used.
    pub(super) fn judge(&self, row: usize) -> Option<Vec<usize>> {
        if self.left_out.contains(&row) || self.contradicted.contains(&row) {
            return None;
        }
        Some(self.repeats.get(&row).cloned().unwrap_or_default())
    }

    fn compare_serials(&mut self, suspects: &[Suspect]) {
        for group in shared(suspects.iter(), |suspect| suspect.serial.as_deref()) {
            let Some((first, rest)) = group.split_first() else {
                continue;
            };
            if !rest.iter().all(|other| first.says_as(other)) {
                for (suspect, other) in each_with_another(&group) {
                    let kind = ProblemKind::SerialRepeated { other: other.row };
                    self.contradict(suspect.row, Field::Serial, kind);
                }
            } else if !group.iter().any(|suspect| suspect.rejected) {
                let rows: Vec<_> = rest.iter().map(|suspect| suspect.row).collect();
                self.left_out.extend(&rows);
                self.repeats.insert(first.row, rows);
            }
        }
    }

    fn compare_keys(&mut self, suspects: &[Suspect]) {
        let kept = suspects
            .iter()
            .filter(|suspect| !self.left_out.contains(&suspect.row));
        for group in shared(kept, |suspect| suspect.key.as_deref()) {
            for (suspect, other) in each_with_another_serial(&group) {
                let kind = ProblemKind::SecretRepeated { other: other.row };
                self.contradict(suspect.row, Field::Secret, kind);
            }
        }
    }

    fn contradict(&mut self, row: usize, field: Field, kind: ProblemKind) {
        let field = field.name();
        self.problems.push(Problem { row, field, kind });
        self.contradicted.insert(row);
    }
}

fn each_with_another<'s>(group: &[&'s Suspect]) -> Vec<(&'s Suspect, &'s Suspect)> {
    let &[first, second, ..] = group else {
        return Vec::new();
    };
    let other = |at| if at == 0 { second } else { first };
    group
        .iter()
        .enumerate()
        .map(|(at, suspect)| (*suspect, other(at)))
        .collect()
}

/// Pairs that differ in their serial number. Each row is compared with the first only: groups can
/// be long.
fn each_with_another_serial<'s>(group: &[&'s Suspect]) -> Vec<(&'s Suspect, &'s Suspect)> {
    let Some((first, rest)) = group.split_first() else {
        return Vec::new();
    };
    let Some(odd) = rest.iter().find(|suspect| !suspect.has_serial_of(first)) else {
        return Vec::new();
    };
    let other = |suspect: &Suspect| {
        if suspect.has_serial_of(first) {
            *odd
        } else {
            *first
        }
    };
    let others = rest.iter().map(|suspect| (*suspect, other(suspect)));
    std::iter::once((*first, *odd)).chain(others).collect()
}

/// Groups of two and more rows with the same value, in the file's order.
fn shared<'s, V: Hash + Eq>(
    suspects: impl Iterator<Item = &'s Suspect>,
    value: impl Fn(&'s Suspect) -> Option<V>,
) -> Vec<Vec<&'s Suspect>> {
    let mut groups: HashMap<V, Vec<&Suspect>> = HashMap::new();
    for suspect in suspects {
        if let Some(value) = value(suspect) {
            groups.entry(value).or_default().push(suspect);
        }
    }
    let mut groups: Vec<_> = groups
        .into_values()
        .filter(|group| group.len() > 1)
        .collect();
    groups.sort_by_key(|group| group.first().map(|suspect| suspect.row));
    groups
}
