//! What only the whole file shows: serial numbers and keys that stand twice.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry};
use std::hash::Hash;

use oath_core::Digits;

use crate::column::Column;
use crate::problem::{Problem, ProblemKind, Warning};
use crate::record::TokenRecord;
use crate::row::{Collector, Draft};
use crate::seed::Seed;
use crate::serial::Serial;

/// The outcome of a whole file.
pub(crate) struct Settled {
    pub(crate) records: usize,
    pub(crate) tokens: Vec<TokenRecord>,
    pub(crate) problems: Vec<Problem>,
}

/// Compares the rows with each other. Equal rows become one; rows that contradict each other are
/// all rejected, because nobody knows which is right.
pub(crate) fn settle(collector: Collector<'_>) -> Settled {
    let Collector {
        records,
        mut problems,
        drafts,
        ..
    } = collector;
    let mut findings = Findings::default();
    findings.compare_serials(&drafts);
    findings.compare_keys(&drafts);

    let repeats = findings.left_out.len();
    let tokens = drafts
        .into_iter()
        .filter_map(|draft| findings.apply(draft))
        .collect();
    problems.append(&mut findings.problems);
    problems.sort_by_key(|problem| problem.row);
    Settled {
        records: records - repeats,
        tokens,
        problems,
    }
}

/// What rows say about each other.
#[derive(Default)]
struct Findings {
    /// Rows that are left out, by the earlier row that says the same.
    repeats: BTreeMap<usize, Vec<usize>>,
    left_out: BTreeSet<usize>,
    problems: Vec<Problem>,
    contradicted: BTreeSet<usize>,
}

impl Findings {
    fn compare_serials(&mut self, drafts: &[Draft]) {
        for group in shared(drafts.iter(), Draft::folded_serial) {
            let Some((first, rest)) = group.split_first() else {
                continue;
            };
            if !rest.iter().all(|other| first.says_as(other)) {
                for (draft, other) in each_with_another(&group) {
                    let kind = ProblemKind::SerialRepeated { other: other.row };
                    self.contradict(draft.row, Column::Serial, kind);
                }
            } else if !group.iter().any(|draft| draft.rejected) {
                let rows: Vec<_> = rest.iter().map(|draft| draft.row).collect();
                self.left_out.extend(&rows);
                self.repeats.insert(first.row, rows);
            }
        }
    }

    fn compare_keys(&mut self, drafts: &[Draft]) {
        let kept = drafts
            .iter()
            .filter(|draft| !self.left_out.contains(&draft.row));
        for group in shared(kept, Draft::key) {
            for (draft, other) in each_with_another_serial(&group) {
                let kind = ProblemKind::SecretRepeated { other: other.row };
                self.contradict(draft.row, Column::Secret, kind);
            }
        }
    }

    fn contradict(&mut self, row: usize, column: Column, kind: ProblemKind) {
        let field = column.name();
        self.problems.push(Problem { row, field, kind });
        self.contradicted.insert(row);
    }

    fn apply(&self, mut draft: Draft) -> Option<TokenRecord> {
        if self.left_out.contains(&draft.row) || self.contradicted.contains(&draft.row) {
            return None;
        }
        let repeats = self.repeats.get(&draft.row).into_iter().flatten();
        let warnings = repeats.map(|&row| Warning::RowRepeated { row });
        draft.warnings.extend(warnings);
        draft.into_record()
    }
}

fn each_with_another<'d>(group: &[&'d Draft]) -> Vec<(&'d Draft, &'d Draft)> {
    let &[first, second, ..] = group else {
        return Vec::new();
    };
    let other = |at| if at == 0 { second } else { first };
    group
        .iter()
        .enumerate()
        .map(|(at, draft)| (*draft, other(at)))
        .collect()
}

/// Pairs that differ in their serial number. Each row is compared with the first only: groups can be long.
fn each_with_another_serial<'d>(group: &[&'d Draft]) -> Vec<(&'d Draft, &'d Draft)> {
    let Some((first, rest)) = group.split_first() else {
        return Vec::new();
    };
    let Some(odd) = rest.iter().find(|draft| !draft.has_serial_of(first)) else {
        return Vec::new();
    };
    let other = |draft: &Draft| {
        if draft.has_serial_of(first) {
            *odd
        } else {
            *first
        }
    };
    let others = rest.iter().map(|draft| (*draft, other(draft)));
    std::iter::once((*first, *odd)).chain(others).collect()
}

/// Groups of two and more drafts with the same key, in the file's order.
fn shared<'d, K: Hash + Eq>(
    drafts: impl Iterator<Item = &'d Draft>,
    key: impl Fn(&'d Draft) -> Option<K>,
) -> Vec<Vec<&'d Draft>> {
    let mut first: HashMap<K, &Draft> = HashMap::with_capacity(drafts.size_hint().1.unwrap_or(0));
    let mut groups: BTreeMap<usize, Vec<&Draft>> = BTreeMap::new();
    for draft in drafts {
        let Some(key) = key(draft) else { continue };
        match first.entry(key) {
            Entry::Vacant(free) => {
                free.insert(draft);
            }
            Entry::Occupied(taken) => {
                let first = *taken.get();
                let group = groups.entry(first.row).or_insert_with(|| vec![first]);
                group.push(draft);
            }
        }
    }
    groups.into_values().collect()
}

impl Draft {
    fn folded_serial(&self) -> Option<Cow<'_, str>> {
        self.serial.as_ref().map(Serial::folded)
    }

    fn key(&self) -> Option<&[u8]> {
        self.seed.as_ref().map(Seed::expose)
    }

    fn says_as(&self, other: &Self) -> bool {
        self.serial == other.serial
            && self.user == other.user
            && self.seed == other.seed
            && self.algorithm == other.algorithm
            && self.period == other.period
            && self.manufacturer == other.manufacturer
            && self.model == other.model
    }

    fn has_serial_of(&self, other: &Self) -> bool {
        self.serial
            .as_ref()
            .zip(other.serial.as_ref())
            .is_some_and(|(mine, theirs)| mine.folded() == theirs.folded())
    }

    fn into_record(self) -> Option<TokenRecord> {
        if self.rejected {
            return None;
        }
        let (algorithm, algorithm_source) = self.algorithm?;
        Some(TokenRecord {
            row: self.row,
            serial: self.serial?,
            user: self.user,
            seed: self.seed?,
            algorithm,
            algorithm_source,
            digits: Digits::SIX,
            period: self.period?,
            manufacturer: self.manufacturer,
            model: self.model,
            warnings: self.warnings,
        })
    }
}
