//! What only the whole file shows: serial numbers and keys that stand twice.

use std::collections::{BTreeMap, BTreeSet};

use super::trace::{Content, Hash, Trace};
use crate::field::Field;
use crate::problem::{Problem, ProblemKind};

/// What rows say about each other.
#[derive(Default)]
pub(super) struct Findings {
    /// Rows that are left out, by the earlier row that says the same.
    repeats: BTreeMap<u32, Vec<usize>>,
    left_out: BTreeSet<u32>,
    contradicted: BTreeSet<u32>,
    pub(super) problems: Vec<Problem>,
}

/// Compares the rows with each other. Equal rows become one; rows that contradict each other are
/// all rejected, because nobody knows which is right.
pub(super) fn compare(traces: &[Trace], contents: &BTreeMap<u32, Content>) -> Findings {
    let mut findings = Findings::default();
    findings.compare_serials(traces, contents);
    findings.compare_keys(traces);
    findings
}

impl Findings {
    /// How many rows repeat others and are no records of their own.
    pub(super) fn left_out(&self) -> usize {
        self.left_out.len()
    }

    /// The rows that repeat this one; `None` if this one is not used.
    pub(super) fn judge(&self, trace: &Trace) -> Option<Vec<usize>> {
        if self.left_out.contains(&trace.row) || self.contradicted.contains(&trace.row) {
            return None;
        }
        Some(self.repeats.get(&trace.row).cloned().unwrap_or_default())
    }

    fn compare_serials(&mut self, traces: &[Trace], contents: &BTreeMap<u32, Content>) {
        let content = |trace: &Trace| contents.get(&trace.row);
        for group in shared(traces, |trace| trace.serial) {
            let Some((first, rest)) = group.split_first() else {
                continue;
            };
            if !rest.iter().all(|other| content(first) == content(other)) {
                for (trace, other) in each_with_another(&group) {
                    let other = other.row as usize;
                    let kind = ProblemKind::SerialRepeated { other };
                    self.contradict(trace.row, Field::Serial, kind);
                }
            } else if !group.iter().any(|trace| trace.rejected) {
                self.left_out.extend(rest.iter().map(|trace| trace.row));
                let rows = rest.iter().map(|trace| trace.row as usize);
                self.repeats.insert(first.row, rows.collect());
            }
        }
    }

    fn compare_keys(&mut self, traces: &[Trace]) {
        for group in shared(traces, |trace| trace.key) {
            let kept = |trace: &&Trace| !self.left_out.contains(&trace.row);
            let group: Vec<_> = group.into_iter().filter(kept).collect();
            for (trace, other) in each_with_another_serial(&group) {
                let other = other.row as usize;
                let kind = ProblemKind::SecretRepeated { other };
                self.contradict(trace.row, Field::Secret, kind);
            }
        }
    }

    fn contradict(&mut self, row: u32, field: Field, kind: ProblemKind) {
        self.problems.push(Problem {
            row: row as usize,
            field: field.name(),
            kind,
        });
        self.contradicted.insert(row);
    }
}

fn each_with_another<'t>(group: &[&'t Trace]) -> Vec<(&'t Trace, &'t Trace)> {
    let &[first, second, ..] = group else {
        return Vec::new();
    };
    let other = |at| if at == 0 { second } else { first };
    group
        .iter()
        .enumerate()
        .map(|(at, trace)| (*trace, other(at)))
        .collect()
}

/// Pairs that differ in their serial number. Each row is compared with the first only: groups can
/// be long.
fn each_with_another_serial<'t>(group: &[&'t Trace]) -> Vec<(&'t Trace, &'t Trace)> {
    let Some((first, rest)) = group.split_first() else {
        return Vec::new();
    };
    let is_first = |trace: &Trace| trace.serial.is_some() && trace.serial == first.serial;
    let Some(odd) = rest.iter().find(|trace| !is_first(trace)) else {
        return Vec::new();
    };
    let other = |trace: &Trace| if is_first(trace) { *odd } else { *first };
    let others = rest.iter().map(|trace| (*trace, other(trace)));
    std::iter::once((*first, *odd)).chain(others).collect()
}

/// Groups of two and more rows with the same hash, in the file's order.
pub(super) fn shared(
    traces: &[Trace],
    hash: impl Fn(&Trace) -> Option<Hash>,
) -> Vec<Vec<&Trace>> {
    if !any_repeated(traces.iter().filter_map(&hash)) {
        return Vec::new();
    }
    let with_hash = |trace| hash(trace).map(|hash| (hash, trace));
    let mut rows: Vec<(Hash, &Trace)> = traces.iter().filter_map(with_hash).collect();
    rows.sort_by_key(|(hash, _)| *hash);
    let mut groups: Vec<Vec<&Trace>> = rows
        .chunk_by(|(a, _), (b, _)| a == b)
        .filter(|group| group.len() > 1)
        .map(|group| group.iter().map(|(_, trace)| *trace).collect())
        .collect();
    groups.sort_by_key(|group| group.first().map(|trace| trace.row));
    groups
}

/// Whether it is worth looking closely: nearly every file has no repeated hash at all, and half a
/// hash is enough to see it.
fn any_repeated(hashes: impl Iterator<Item = Hash>) -> bool {
    let mut halves: Vec<u64> = hashes.map(|[first, _]| first).collect();
    halves.sort_unstable();
    halves.array_windows().any(|[a, b]| a == b)
}
