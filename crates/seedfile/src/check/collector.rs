//! Checks the rows of a file one by one and keeps what the caller wants of them.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use oath_core::{Algorithm, Digits};
use zeroize::Zeroizing;

use super::dialect::{AlgorithmRule, Dialect};
use super::duplicates::{self, Findings, Suspect, Verdict};
use super::fields::{self, Known};
use super::row::{RawRow, Sink};
use super::trace::{self, Digest, Trace, Traces};
use crate::both::both;
use crate::field::Field;
use crate::options::ReadOptions;
use crate::problem::{Problem, ProblemKind};
use crate::read::MAX_RECORDS;
use crate::record::{Kind, Source, Sources};
use crate::refusal::Refusal;
use crate::secret::{self, Oddities};
use crate::warning::Warning;

/// After so many rows a fork tells the others.
const TOLD: usize = 4096;

/// Key lengths that tokens of known kinds have, in Base32 characters.
const USUAL_LENGTHS: [usize; 4] = [32, 48, 52, 64];

/// A row that passed its own checks. Nothing of it is kept unless [`Keep`] copies it.
pub(crate) struct Record<'r> {
    pub(crate) row: usize,
    pub(crate) serial: &'r str,
    pub(crate) user: Option<&'r str>,
    pub(crate) key: &'r [u8],
    pub(crate) algorithm: Algorithm,
    pub(crate) digits: Digits,
    pub(crate) kind: Kind,
    pub(crate) manufacturer: &'r str,
    pub(crate) model: &'r str,
    pub(crate) sources: Sources,
    pub(crate) warnings: Vec<Warning>,
}

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
        self.from_blank |= self.saw_nothing() && fork.from_blank;
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
        let keeper = &mut self.keeper;
        let kept = self.parts.into_iter().map(|part| match suspects {
            [] => part.kept,
            _ => part.accepted(&findings, keeper),
        });
        let kept = kept.collect();
        let mut skipped = self.blanks;
        skipped.extend(findings.left_out().iter().map(|&row| (row as usize, 1)));
        skipped.sort_unstable();
        Settled {
            keeper: self.keeper,
            kept,
            records: self.records - findings.left_out().len(),
            problems: self.problems,
            skipped,
        }
    }
}

impl<T> Part<T> {
    /// What was kept of the rows that are accepted.
    fn accepted<K: Keep<Kept = T>>(self, findings: &Findings, keeper: &mut K) -> Vec<T> {
        let whole = self.traces.iter().filter(|trace| !trace.rejected);
        let mut accepted = Vec::new();
        for (trace, mut kept) in whole.zip(self.kept) {
            let row = trace.row as usize;
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
        if let Some(kind) = raw.unfit {
            let field = Problem::WHOLE_ROW;
            self.problems.push(Problem { row, field, kind });
            return Ok(());
        }
        let before = self.problems.len();
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
        if raw.unfit.is_none()
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

/// What is known of a row; what is not known has a problem instead.
struct Facts<'r> {
    user: Option<&'r str>,
    serial: Option<&'r str>,
    secret: Option<Known<Oddities>>,
    algorithm: Option<Known<Algorithm>>,
    digits: Option<Known<Digits>>,
    token_type: Option<Source>,
    kind: Option<Known<Kind>>,
    manufacturer: Option<&'r str>,
    model: Option<&'r str>,
}

impl<'r> Facts<'r> {
    /// Checks every field of a row: one problem does not hide another.
    fn of(
        raw: &'r RawRow<'_>,
        options: &ReadOptions,
        key: &mut Vec<u8>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let row = raw.row;
        let mut note = Note { row, problems };
        let user = note.of(Field::User, fields::user(raw)).flatten();
        let serial = note.of(Field::Serial, fields::serial(raw));
        let secret = note.of(Field::Secret, fields::secret(raw, options, key));
        let token_type = note.of(Field::Type, fields::token_type(raw, options));
        let kind = token_type.and_then(|(name, _)| {
            let kind = fields::kind(raw, options, name);
            kind.map_err(|(field, kind)| note.problem(field, kind)).ok()
        });
        let manufacturer = note.of(Field::Manufacturer, fields::name(raw, Field::Manufacturer));
        let model = note.of(Field::Model, fields::name(raw, Field::Model));
        let digits = note.of(Field::Digits, fields::digits(raw, options));
        let named = note.of(Field::Algorithm, fields::algorithm(raw));
        let length = secret.map(|_| key.len());
        Self {
            algorithm: named
                .and_then(|named| choose_algorithm(named, options, raw.dialect, length)),
            user,
            serial,
            secret,
            digits,
            token_type: token_type.map(|(_, source)| source),
            kind,
            manufacturer,
            model,
        }
    }

    #[inline]
    fn trace(&self, row: usize, rejected: bool, key: &[u8]) -> Trace {
        let serial = self.serial.and_then(|serial| {
            let mut folded = [0; crate::Serial::MAX_LEN];
            let folded = folded.get_mut(..serial.len()).unwrap_or_default();
            folded.copy_from_slice(serial.as_bytes());
            folded.make_ascii_lowercase();
            trace::hash(folded)
        });
        Trace {
            row: u32::try_from(row).unwrap_or(u32::MAX),
            rejected,
            serial,
            key: self.secret.and_then(|_| trace::hash(key)),
        }
    }

    fn suspect(&self, row: u32, rejected: bool, key: &[u8]) -> Suspect {
        let serial = self.serial.map(str::to_ascii_lowercase);
        let serial = serial.map(|serial| trace::digest(&[serial.as_bytes()]));
        let key = self.secret.map(|_| trace::digest(&[key]));
        let algorithm = self.algorithm.map(|(algorithm, _)| algorithm);
        let digits = self.digits.map(|(digits, _)| digits);
        let codes = format!(
            "{algorithm:?} {digits:?} {:?}",
            self.kind.map(|(kind, _)| kind)
        );
        let text = |text: Option<&'r str>| text.unwrap_or_default().as_bytes();
        Suspect {
            row,
            rejected,
            serial,
            key,
            content: trace::digest(&[
                serial.as_ref().map_or(&[], Digest::as_slice),
                key.as_ref().map_or(&[], Digest::as_slice),
                codes.as_bytes(),
                text(self.user),
                text(self.manufacturer),
                text(self.model),
            ]),
        }
    }

    #[inline]
    fn into_record(self, raw: &RawRow<'_>, key: &'r [u8]) -> Option<Record<'r>> {
        let (oddities, encoding) = self.secret?;
        let (algorithm, algorithm_source) = self.algorithm?;
        let (digits, digits_source) = self.digits?;
        let (kind, factor) = self.kind?;
        let mut record = Record {
            row: raw.row,
            serial: self.serial?,
            user: self.user,
            key,
            algorithm,
            digits,
            kind,
            manufacturer: self.manufacturer?,
            model: self.model?,
            sources: Sources {
                serial: raw.serial_source,
                algorithm: algorithm_source,
                digits: digits_source,
                token_type: self.token_type?,
                factor,
                encoding,
            },
            warnings: oddities.warnings(key.len() * 8),
        };
        record.warn(raw);
        Some(record)
    }
}

impl Record<'_> {
    fn warn(&mut self, raw: &RawRow<'_>) {
        let characters = (self.key.len() * 8).div_ceil(5);
        if self.sources.algorithm == Source::Length && !USUAL_LENGTHS.contains(&characters) {
            self.warnings.push(Warning::AlgorithmLength { characters });
        }
        if self.sources.serial == Source::Label {
            self.warnings.push(Warning::SerialFromLabel);
        }
        if self.sources.token_type == Source::Format && raw.dialect.type_is_a_guess {
            let token_type = self.kind.token_type();
            self.warnings.push(Warning::TypeAssumed { token_type });
        }
        if raw.dialect.names_devices && self.manufacturer.is_empty() {
            self.warnings.push(Warning::ManufacturerMissing);
        }
        if raw.dialect.names_devices && self.model.is_empty() {
            self.warnings.push(Warning::ModelMissing);
        }
        self.warnings.extend(&raw.warnings);
    }
}

/// Keeps what is right and notes what is not.
struct Note<'p> {
    row: usize,
    problems: &'p mut Vec<Problem>,
}

impl Note<'_> {
    fn of<T>(&mut self, field: Field, checked: Result<T, ProblemKind>) -> Option<T> {
        checked.map_err(|kind| self.problem(field, kind)).ok()
    }

    fn problem(&mut self, field: Field, kind: ProblemKind) {
        self.problems.push(Problem {
            row: self.row,
            field: field.name(),
            kind,
        });
    }
}

/// The file's word first, then the caller's, then the format's rule.
fn choose_algorithm(
    named: Option<Algorithm>,
    options: &ReadOptions,
    dialect: &Dialect,
    length: Option<usize>,
) -> Option<Known<Algorithm>> {
    if let Some(named) = named {
        return Some((named, Source::Column));
    }
    if let Some(said) = options.algorithm {
        return Some((said, Source::Option));
    }
    match dialect.algorithm {
        AlgorithmRule::Default(algorithm) => Some((algorithm, Source::Format)),
        AlgorithmRule::Token2 => length.map(|length| (token2(length), Source::Length)),
        AlgorithmRule::OutputLength => length.map(|length| (by_output(length), Source::Length)),
    }
}

/// Token2's rule for a key of `length` bytes: 20 bytes are 32 characters.
pub(crate) const fn token2(length: usize) -> Algorithm {
    if length <= 20 {
        Algorithm::Sha1
    } else {
        Algorithm::Sha256
    }
}

const fn by_output(length: usize) -> Algorithm {
    match length {
        32 => Algorithm::Sha256,
        64 => Algorithm::Sha512,
        _ => Algorithm::Sha1,
    }
}
