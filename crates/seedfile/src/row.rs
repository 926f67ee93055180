//! From the cells of a row, CSV or JSON alike, to a token or to problems.

use std::borrow::Cow;

use oath_core::{Algorithm, Period};
use zeroize::Zeroize;

use crate::base32::{DecodedSeed, MIN_BITS, SeedError};
use crate::column::Column;
use crate::options::ReadOptions;
use crate::problem::{Problem, ProblemKind, Warning};
use crate::read::{MAX_FIELD_BYTES, MAX_RECORDS};
use crate::record::AlgorithmSource;
use crate::refusal::Refusal;
use crate::seed::Seed;
use crate::serial::{self, Damage, Serial, SerialError};
use crate::text::trim;
use crate::user;

/// Entra ID's limit of 128 Base32 characters.
pub(crate) const MAX_SEED_BITS: usize = 128 * 5;

/// Key lengths that tokens of known kinds have, in Base32 characters.
const USUAL_LENGTHS: [usize; 4] = [32, 48, 52, 64];

/// One value of a row.
#[derive(Debug)]
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
        let row = raw.row;
        let before = self.problems.len();
        let mut keep = Keep {
            row,
            problems: &mut self.problems,
        };
        let user = keep.of(Column::User, check_user(raw.user.as_ref()));
        let serial = keep.of(Column::Serial, check_serial(raw.serial.as_ref()));
        let decoded = keep.of(
            Column::Secret,
            check_secret(raw.secret.as_ref(), self.options),
        );
        let period = keep.of(Column::Interval, check_interval(raw.interval.as_ref()));
        let manufacturer = keep.of(Column::Manufacturer, check_text(raw.manufacturer.as_ref()));
        let model = keep.of(Column::Model, check_text(raw.model.as_ref()));
        let named = keep.of(Column::Algorithm, check_algorithm(raw.algorithm.as_ref()));
        raw.wipe();

        let (seed, warnings) = decoded.map_or((None, Vec::new()), |decoded| {
            (Some(decoded.seed), decoded.warnings)
        });
        let algorithm =
            named.and_then(|named| choose_algorithm(named, self.options, seed.as_ref()));
        let mut draft = Draft {
            row,
            rejected: self.problems.len() > before,
            serial,
            user: user.flatten(),
            seed,
            algorithm,
            period,
            manufacturer: manufacturer.unwrap_or_default(),
            model: model.unwrap_or_default(),
            warnings,
        };
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

/// The text of a cell without the blanks around it; empty if there is none.
fn text<'c>(cell: Option<&'c Cell<'_>>) -> Result<&'c str, ProblemKind> {
    match cell {
        None | Some(Cell::Null) => Ok(""),
        Some(Cell::Text(text)) if text.len() > MAX_FIELD_BYTES => Err(ProblemKind::FieldTooLong),
        Some(Cell::Text(text)) => Ok(trim(text)),
        Some(Cell::Integer(_) | Cell::Fraction | Cell::Other) => Err(ProblemKind::NotText),
        Some(Cell::Repeated) => Err(ProblemKind::FieldRepeated),
    }
}

fn check_user(cell: Option<&Cell<'_>>) -> Result<Option<String>, ProblemKind> {
    let name = text(cell)?;
    if name.is_empty() || name.eq_ignore_ascii_case("upn") {
        Ok(None)
    } else if name.chars().nth(user::MAX_CHARS).is_some() {
        Err(ProblemKind::UserTooLong)
    } else if user::is_name(name) {
        Ok(Some(name.to_owned()))
    } else {
        Err(ProblemKind::UserSyntax)
    }
}

fn check_serial(cell: Option<&Cell<'_>>) -> Result<Serial, ProblemKind> {
    if let Some(Cell::Integer(_) | Cell::Fraction) = cell {
        return Err(ProblemKind::SerialNumber);
    }
    let text = text(cell)?;
    match serial::damage(text) {
        Some(Damage::Scientific) => Err(ProblemKind::SerialScientific),
        Some(Damage::Formula) => Err(ProblemKind::SerialFormula),
        Some(Damage::Apostrophe) => Err(ProblemKind::SerialApostrophe),
        Some(Damage::Grouped) => Err(ProblemKind::SerialGrouped),
        None => Serial::new(text).map_err(|error| match error {
            SerialError::Empty => ProblemKind::SerialMissing,
            SerialError::TooLong => ProblemKind::SerialTooLong,
            SerialError::Characters => ProblemKind::SerialCharacters,
        }),
    }
}

fn check_secret(
    cell: Option<&Cell<'_>>,
    options: &ReadOptions,
) -> Result<DecodedSeed, ProblemKind> {
    let text = text(cell)?;
    if text.is_empty() {
        return Err(ProblemKind::Secret(SeedError::Empty));
    }
    let decoded = Seed::from_base32(text).map_err(ProblemKind::Secret)?;
    match decoded.seed.bits() {
        bits if bits < MIN_BITS && !options.allow_short_seeds => {
            Err(ProblemKind::SecretTooShort { bits })
        }
        bits if bits > MAX_SEED_BITS => Err(ProblemKind::SecretTooLong),
        _ => Ok(decoded),
    }
}

fn check_interval(cell: Option<&Cell<'_>>) -> Result<Period, ProblemKind> {
    match cell {
        Some(Cell::Integer(seconds)) => return period(*seconds),
        Some(Cell::Fraction) => return Err(ProblemKind::IntervalNotInteger),
        _ => {}
    }
    let text = text(cell)?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    if text.is_empty() {
        Err(ProblemKind::IntervalMissing)
    } else if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Err(ProblemKind::IntervalNotInteger)
    } else {
        text.parse()
            .map_err(|_| ProblemKind::IntervalUnsupported)
            .and_then(period)
    }
}

fn period(seconds: i128) -> Result<Period, ProblemKind> {
    match seconds {
        30 => Ok(Period::THIRTY),
        60 => Ok(Period::SIXTY),
        _ => Err(ProblemKind::IntervalUnsupported),
    }
}

fn check_text(cell: Option<&Cell<'_>>) -> Result<String, ProblemKind> {
    let text = text(cell)?;
    if is_printable(text) {
        Ok(text.to_owned())
    } else {
        Err(ProblemKind::ControlCharacters)
    }
}

/// Line ends and tabs are ordinary in a quoted field; other control characters are damage.
pub(crate) fn is_printable(text: &str) -> bool {
    !text
        .chars()
        .any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
}

fn check_algorithm(cell: Option<&Cell<'_>>) -> Result<Option<Algorithm>, ProblemKind> {
    let name = text(cell)?;
    let is = |known: [&str; 3]| known.iter().any(|known| name.eq_ignore_ascii_case(known));
    if name.is_empty() {
        Ok(None)
    } else if is(["hmacsha1", "sha1", "sha-1"]) {
        Ok(Some(Algorithm::Sha1))
    } else if is(["hmacsha256", "sha256", "sha-256"]) {
        Ok(Some(Algorithm::Sha256))
    } else {
        Err(ProblemKind::AlgorithmUnknown)
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
