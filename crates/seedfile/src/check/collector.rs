//! Checks the rows of a file one by one and keeps what the caller wants of them.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use zeroize::Zeroizing;

use super::duplicates::{self, Findings, Suspect, Verdict};
use super::facts::{self, Facts, Record};
use super::row::{RawRow, Sink};
use super::trace::{self, Traces};
use crate::both::both;
use crate::options::ReadOptions;
use crate::problem::Problem;
use crate::read::MAX_RECORDS;
use crate::record::rejected;
use crate::refusal::Refusal;
use crate::secret;

/// After so many rows a fork tells the others.
const TOLD: usize = 4096;

/// What the caller wants of each record.
pub(crate) trait Keep: Send {
    /// What is kept of one record.
    type Kept: Send + Sync;

    fn keep(&mut self, record: Record<'_>) -> Self::Kept;

    /// Hears who holds the token of a row that is rejected by itself.
    fn rejected(&mut self, _row: usize, _user: &str) {}

    /// Hears which rows repeat one that is kept; there may be none.
    fn repeated(&mut self, row: usize, kept: &mut Self::Kept, repeats: &[usize]);

    /// Gets back what it kept of a row that repeats another.
    fn left_out(&mut self, row: usize, kept: Self::Kept);

    /// Gets back what it kept of a row that another one contradicts.
    fn contradicted(&mut self, row: usize, kept: Self::Kept);

    /// An empty one of the same kind, see [`Sink::fork`].
    fn fork(&self) -> Self;

    /// Takes over from a fork, and makes what it kept this one's.
    fn join<'k>(&mut self, fork: Self, kept: impl Iterator<Item = &'k mut Self::Kept>)
    where
        Self::Kept: 'k;
}

/// Gathers the rows of a file and their problems.
pub(crate) struct Collector<'o, K: Keep> {
    options: &'o ReadOptions,
    keeper: K,
    /// Rows in order. Those of each fork stay where they are: to copy a million takes its time.
    parts: Vec<Part<K::Kept>>,
    records: usize,
    problems: Vec<Problem>,
    blanks: Vec<(usize, usize)>,
    /// Whether the first row was blank, and the last.
    from_blank: bool,
    after_blank: bool,
    /// Rows that were read so far, here and in the other forks, as far as they were told.
    all: Arc<AtomicUsize>,
    /// The key of the row at hand.
    key: Zeroizing<Vec<u8>>,
}

/// What is remembered of rows that were read one after the other.
struct Part<T> {
    traces: Traces,
    /// Of each row that is not rejected.
    kept: Vec<T>,
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self {
            traces: Traces::default(),
            kept: Vec::new(),
        }
    }
}

/// The outcome of a whole file.
pub(crate) struct Settled<K: Keep> {
    pub(crate) keeper: K,
    /// What was kept of the accepted rows, in order.
    pub(crate) kept: Vec<Vec<K::Kept>>,
    pub(crate) records: usize,
    pub(crate) problems: Vec<Problem>,
    /// As in [`SeedFile::skipped`](crate::SeedFile::skipped).
    pub(crate) skipped: Vec<(usize, usize)>,
}

impl<'o, K: Keep> Collector<'o, K> {
    pub(crate) fn new(options: &'o ReadOptions, keeper: K) -> Self {
        Self {
            options,
            keeper,
            parts: vec![Part::default()],
            records: 0,
            problems: Vec::new(),
            blanks: Vec::new(),
            from_blank: false,
            after_blank: false,
            all: Arc::default(),
            key: Zeroizing::new(Vec::with_capacity(secret::MAX_TEXT)),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records == 0
    }

    fn saw_nothing(&self) -> bool {
        self.records == 0 && self.blanks.is_empty()
    }

    /// Whether all forks together have read more rows than a file may have. The file is refused in
    /// the end, and what is gathered until then only fills the memory.
    fn is_in_vain(&mut self) -> bool {
        if !self.records.is_multiple_of(TOLD) {
            return self.parts.is_empty();
        }
        let all = self.all.fetch_add(TOLD, Ordering::Relaxed) + TOLD;
        if all > MAX_RECORDS {
            self.parts = Vec::new();
            self.problems = Vec::new();
        }
        self.parts.is_empty()
    }

    /// A run of blank rows may go on where the fork begins.
    fn join_blanks(&mut self, fork: &mut Self) {
        if fork.saw_nothing() {
            return;
        }
        let mut blanks = fork.blanks.drain(..);
        if self.after_blank && fork.from_blank {
            let more = blanks.next().map_or(0, |(_, count)| count);
            if let Some((_, count)) = self.blanks.last_mut() {
                *count += more;
            }
        }
        self.blanks.extend(blanks);
        self.after_blank = fork.after_blank;
    }

    /// The rows that may share a serial number or a key with others. They are read once more, to be
    /// compared word by word.
    pub(crate) fn suspects(&self) -> Suspicion {
        let traces = || self.parts.iter().map(|part| &part.traces);
        let serials: Vec<_> = traces().map(|traces| &*traces.serials).collect();
        let keys: Vec<_> = traces().map(|traces| &*traces.keys).collect();
        let many = self.parts.len() > 1;
        let repeated = trace::repeated;
        let (serials, keys) = both(many, || repeated(&serials), || repeated(&keys));
        let is_among = |hash: Option<NonZeroU64>, repeated: &[NonZeroU64]| {
            hash.is_some_and(|hash| repeated.binary_search(&hash).is_ok())
        };
        if serials.is_empty() && keys.is_empty() {
            return Suspicion::default();
        }
        traces()
            .flat_map(Traces::iter)
            .filter(|trace| is_among(trace.serial, &serials) || is_among(trace.key, &keys))
            .map(|trace| (trace.row, trace.rejected))
            .collect()
    }

    /// Compares the rows with each other.
    pub(crate) fn settle(mut self, suspects: &[Suspect]) -> Settled<K> {
        let mut findings = duplicates::compare(suspects);
        self.problems.append(&mut findings.problems);
        self.problems.sort_by_key(|problem| problem.row);
        let options = self.options;
        self.problems.retain(|problem| options.takes(problem.row));
        let keeper = &mut self.keeper;
        let kept = self.parts.into_iter().map(|part| match suspects {
            [] if options.rows.is_none() => part.kept,
            _ => part.accepted(&findings, options, keeper),
        });
        let kept: Vec<Vec<K::Kept>> = kept.collect();
        let mut skipped = self.blanks;
        skipped.extend(findings.left_out().iter().map(|&row| (row as usize, 1)));
        skipped.retain(|(row, _)| options.takes(*row));
        skipped.sort_unstable();
        let records = match options.rows {
            None => self.records - findings.left_out().len(),
            Some(_) => kept.iter().map(Vec::len).sum::<usize>() + rejected(&self.problems),
        };
        Settled {
            keeper: self.keeper,
            kept,
            records,
            problems: self.problems,
            skipped,
        }
    }
}

impl<T> Part<T> {
    /// What was kept of the rows that are accepted.
    fn accepted<K: Keep<Kept = T>>(
        self,
        findings: &Findings,
        options: &ReadOptions,
        keeper: &mut K,
    ) -> Vec<T> {
        let whole = self.traces.iter().filter(|trace| !trace.rejected);
        let mut accepted = Vec::new();
        for (trace, mut kept) in whole.zip(self.kept) {
            let row = trace.row as usize;
            if !options.takes(row) {
                keeper.left_out(row, kept);
                continue;
            }
            match findings.judge(trace.row) {
                Verdict::Accepted(repeats) => {
                    keeper.repeated(row, &mut kept, &repeats);
                    accepted.push(kept);
                }
                Verdict::LeftOut => keeper.left_out(row, kept),
                Verdict::Contradicted => keeper.contradicted(row, kept),
            }
        }
        accepted
    }
}

impl<K: Keep> Sink for Collector<'_, K> {
    fn row(&mut self, raw: &RawRow<'_>) -> Result<(), Refusal> {
        self.after_blank = false;
        self.records += 1;
        if self.records > MAX_RECORDS {
            return Err(Refusal::TooManyRows);
        }
        if self.is_in_vain() {
            return Ok(());
        }
        let row = raw.row;
        let before = self.problems.len();
        if let Some(kind) = raw.unfit {
            let field = Problem::WHOLE_ROW;
            self.problems.push(Problem { row, field, kind });
        }
        if !raw.is_in_place() {
            for user in facts::users_among(raw) {
                self.keeper.rejected(row, user);
            }
            return Ok(());
        }
        let facts = Facts::of(raw, self.options, &mut self.key, &mut self.problems);
        let rejected = self.problems.len() > before;
        let trace = facts.trace(row, rejected, &self.key);
        if let Some(user) = facts.user.filter(|_| rejected) {
            self.keeper.rejected(row, user);
        }
        let record = facts.into_record(raw, &self.key).filter(|_| !rejected);
        let kept = record.map(|record| self.keeper.keep(record));
        if let Some(part) = self.parts.last_mut() {
            part.traces.push(trace);
            part.kept.extend(kept);
        }
        Ok(())
    }

    fn blank(&mut self, row: usize, count: usize) {
        self.from_blank |= self.saw_nothing();
        match self.blanks.last_mut() {
            Some((_, all)) if self.after_blank => *all += count,
            _ => self.blanks.push((row, count)),
        }
        self.after_blank = true;
    }

    fn fork(&self) -> Self {
        Self {
            all: Arc::clone(&self.all),
            ..Self::new(self.options, self.keeper.fork())
        }
    }

    fn join(&mut self, mut fork: Self) -> Result<(), Refusal> {
        self.join_blanks(&mut fork);
        let kept = fork.parts.iter_mut().flat_map(|part| &mut part.kept);
        self.keeper.join(fork.keeper, kept);
        self.parts.append(&mut fork.parts);
        self.problems.append(&mut fork.problems);
        self.records += fork.records;
        if self.records > MAX_RECORDS {
            return Err(Refusal::TooManyRows);
        }
        Ok(())
    }
}

/// Rows to be looked at again, sorted, and whether they have problems of their own.
pub(crate) type Suspicion = Vec<(u32, bool)>;

/// Reads some rows again, with all that they say.
pub(crate) struct Again<'o> {
    options: &'o ReadOptions,
    rows: &'o Suspicion,
    pub(crate) suspects: Vec<Suspect>,
    key: Zeroizing<Vec<u8>>,
}

impl<'o> Again<'o> {
    pub(crate) fn new(options: &'o ReadOptions, rows: &'o Suspicion) -> Self {
        Self {
            options,
            rows,
            suspects: Vec::new(),
            key: Zeroizing::new(Vec::with_capacity(secret::MAX_TEXT)),
        }
    }
}

impl Sink for Again<'_> {
    fn row(&mut self, raw: &RawRow<'_>) -> Result<(), Refusal> {
        let row = u32::try_from(raw.row).unwrap_or(u32::MAX);
        let place = self.rows.binary_search_by_key(&row, |(row, _)| *row);
        if raw.is_in_place()
            && let Some((_, rejected)) = place.ok().and_then(|place| self.rows.get(place))
        {
            let facts = Facts::of(raw, self.options, &mut self.key, &mut Vec::new());
            let suspect = facts.suspect(row, *rejected, &self.key);
            self.suspects.push(suspect);
        }
        Ok(())
    }

    fn fork(&self) -> Self {
        Self::new(self.options, self.rows)
    }

    fn join(&mut self, mut fork: Self) -> Result<(), Refusal> {
        self.suspects.append(&mut fork.suspects);
        Ok(())
    }
}
