//! From the cells of a row, CSV or JSON alike, to a token or to problems.

use std::borrow::Cow;

use oath_core::{Algorithm, Period};
use zeroize::Zeroize;

use crate::column::Column;
use crate::fields;
use crate::options::ReadOptions;
use crate::problem::{Problem, ProblemKind, Warning};
use crate::read::MAX_RECORDS;
use crate::record::AlgorithmSource;
use crate::refusal::Refusal;
use crate::seed::Seed;
use crate::serial::Serial;

/// Key lengths that tokens of known kinds have, in Base32 characters.
const USUAL_LENGTHS: [usize; 4] = [32, 48, 52, 64];

/// One value of a row.
pub(crate) enum Cell<'a> {
    /// JSON null.
    Null,
    Text(Cow<'a, str>),
    Integer(i128),
    /// A JSON number with a fraction or an exponent, or too large for 64 bits.
    Fraction,
    /// Any other JSON value.
    Other,
    /// The field was given more than once.
    Repeated,
}

/// The values of a row before any check.
pub(crate) struct RawRow<'a> {
    row: usize,
    user: Option<Cell<'a>>,
    serial: Option<Cell<'a>>,
    secret: Option<Cell<'a>>,
    interval: Option<Cell<'a>>,
    manufacturer: Option<Cell<'a>>,
    model: Option<Cell<'a>>,
    algorithm: Option<Cell<'a>>,
}

impl<'a> RawRow<'a> {
    pub(crate) fn new(row: usize) -> Self {
        Self {
            row,
            user: None,
            serial: None,
            secret: None,
            interval: None,
            manufacturer: None,
            model: None,
            algorithm: None,
        }
    }

    pub(crate) fn set(&mut self, column: Column, cell: Cell<'a>) {
        let slot = match column {
            Column::User => &mut self.user,
            Column::Serial => &mut self.serial,
            Column::Secret => &mut self.secret,
            Column::Interval => &mut self.interval,
            Column::Manufacturer => &mut self.manufacturer,
            Column::Model => &mut self.model,
            Column::Algorithm => &mut self.algorithm,
        };
        *slot = Some(if slot.is_some() { Cell::Repeated } else { cell });
    }

    /// A key that had to be copied out of the text (JSON escapes) does not stay in memory.
    fn wipe(&mut self) {
        if let Some(Cell::Text(Cow::Owned(copy))) = &mut self.secret {
            copy.zeroize();
        }
    }
}

/// A row after its own checks and before those against other rows.
pub(crate) struct Draft {
    pub(crate) row: usize,
    pub(crate) rejected: bool,
    pub(crate) serial: Option<Serial>,
    pub(crate) user: Option<String>,
    pub(crate) seed: Option<Seed>,
    pub(crate) algorithm: Option<(Algorithm, AlgorithmSource)>,
    pub(crate) period: Option<Period>,
    pub(crate) manufacturer: String,
    pub(crate) model: String,
    pub(crate) warnings: Vec<Warning>,
}

/// Gathers the rows of a file and their problems.
pub(crate) struct Collector<'o> {
    options: &'o ReadOptions,
    pub(crate) records: usize,
    pub(crate) problems: Vec<Problem>,
    pub(crate) drafts: Vec<Draft>,
}

impl<'o> Collector<'o> {
    pub(crate) fn new(options: &'o ReadOptions) -> Self {
        Self {
            options,
            records: 0,
            problems: Vec::new(),
            drafts: Vec::new(),
        }
    }

    /// Rejects a row as a whole.
    pub(crate) fn reject(&mut self, row: usize, kind: ProblemKind) -> Result<(), Refusal> {
        self.count()?;
        self.problems.push(Problem {
            row,
            field: "row",
            kind,
        });
        Ok(())
    }

    /// Checks every field of a row: one problem does not hide another.
    pub(crate) fn check(&mut self, mut raw: RawRow<'_>) -> Result<(), Refusal> {
        self.count()?;
        let before = self.problems.len();
        let mut draft = Draft::new(&raw, self.options, &mut self.problems);
        raw.wipe();
        draft.rejected = self.problems.len() > before;
        draft.warn();
        self.drafts.push(draft);
        Ok(())
    }

    fn count(&mut self) -> Result<(), Refusal> {
        self.records += 1;
        if self.records > MAX_RECORDS {
            Err(Refusal::TooManyRows)
        } else {
            Ok(())
        }
    }
}

impl Draft {
    fn new(raw: &RawRow<'_>, options: &ReadOptions, problems: &mut Vec<Problem>) -> Self {
        let row = raw.row;
        let mut keep = Keep { row, problems };
        let user = keep.of(Column::User, fields::user(raw.user.as_ref()));
        let serial = keep.of(Column::Serial, fields::serial(raw.serial.as_ref()));
        let secret = keep.of(Column::Secret, fields::secret(raw.secret.as_ref(), options));
        let period = keep.of(Column::Interval, fields::interval(raw.interval.as_ref()));
        let manufacturer = keep.of(
            Column::Manufacturer,
            fields::name(raw.manufacturer.as_ref()),
        );
        let model = keep.of(Column::Model, fields::name(raw.model.as_ref()));
        let named = keep.of(Column::Algorithm, fields::algorithm(raw.algorithm.as_ref()));

        let (seed, warnings) = secret.map(|secret| (secret.seed, secret.warnings)).unzip();
        Self {
            row,
            rejected: false,
            algorithm: named.and_then(|named| choose_algorithm(named, options, seed.as_ref())),
            serial,
            user: user.flatten(),
            seed,
            period,
            manufacturer: manufacturer.unwrap_or_default(),
            model: model.unwrap_or_default(),
            warnings: warnings.unwrap_or_default(),
        }
    }

    fn warn(&mut self) {
        if let (Some((_, AlgorithmSource::Length)), Some(seed)) = (self.algorithm, &self.seed)
            && !USUAL_LENGTHS.contains(&seed.base32_len())
        {
            self.warnings.push(Warning::AlgorithmLength {
                characters: seed.base32_len(),
            });
        }
        if self.manufacturer.is_empty() {
            self.warnings.push(Warning::ManufacturerMissing);
        }
        if self.model.is_empty() {
            self.warnings.push(Warning::ModelMissing);
        }
    }
}

/// Keeps what is right and notes what is not.
struct Keep<'p> {
    row: usize,
    problems: &'p mut Vec<Problem>,
}

impl Keep<'_> {
    fn of<T>(&mut self, column: Column, checked: Result<T, ProblemKind>) -> Option<T> {
        let (row, field) = (self.row, column.name());
        checked
            .map_err(|kind| self.problems.push(Problem { row, field, kind }))
            .ok()
    }
}

/// The file's word first, then the caller's, then the length rule.
fn choose_algorithm(
    named: Option<Algorithm>,
    options: &ReadOptions,
    seed: Option<&Seed>,
) -> Option<(Algorithm, AlgorithmSource)> {
    let column = named.map(|algorithm| (algorithm, AlgorithmSource::Column));
    let option = options
        .algorithm
        .map(|algorithm| (algorithm, AlgorithmSource::Option));
    let length = || seed.map(|seed| (algorithm_by_length(seed), AlgorithmSource::Length));
    column.or(option).or_else(length)
}

/// Token2's rule. The file format has no better one.
pub(crate) fn algorithm_by_length(seed: &Seed) -> Algorithm {
    if seed.base32_len() <= 32 {
        Algorithm::Sha1
    } else {
        Algorithm::Sha256
    }
}
