//! What one row says, checked field by field: a token, or problems.

use oath_core::{Algorithm, Digits};

use super::dialect::{AlgorithmRule, Dialect};
use super::duplicates::Suspect;
use super::fields::{self, Known};
use super::row::RawRow;
use super::trace::{self, Digest, Trace};
use crate::field::Field;
use crate::options::ReadOptions;
use crate::problem::{Problem, ProblemKind};
use crate::record::{Kind, Source, Sources};
use crate::secret::Oddities;
use crate::warning::Warning;

/// Key lengths that tokens of known kinds have, in Base32 characters.
const USUAL_LENGTHS: [usize; 4] = [32, 48, 52, 64];

/// A row that passed its own checks. Nothing of it is kept unless [`Keep`](super::Keep) copies it.
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
    pub(crate) drift: Option<i32>,
    pub(crate) sources: Sources,
    pub(crate) warnings: Vec<Warning>,
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

/// What is known of a row; what is not known has a problem instead.
pub(super) struct Facts<'r> {
    pub(super) user: Option<&'r str>,
    serial: Option<&'r str>,
    secret: Option<Known<Oddities>>,
    algorithm: Option<Known<Algorithm>>,
    digits: Option<Known<Digits>>,
    token_type: Option<Source>,
    kind: Option<Known<Kind>>,
    manufacturer: Option<&'r str>,
    model: Option<&'r str>,
    drift: Option<Option<i32>>,
}

impl<'r> Facts<'r> {
    /// Checks every field of a row: one problem does not hide another.
    pub(super) fn of(
        raw: &'r RawRow<'_>,
        options: &ReadOptions,
        key: &mut Vec<u8>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let row = raw.row;
        let mut note = Note { row, problems };
        let secret = fields::secret(raw, options, key);
        let user = note.of(Field::User, fields::user(raw, key)).flatten();
        let serial = note.of(Field::Serial, fields::serial(raw, key));
        let secret = note.of(Field::Secret, secret);
        let token_type = note.of(Field::Type, fields::token_type(raw, options));
        let kind = token_type.and_then(|(name, _)| {
            let kind = fields::kind(raw, options, name);
            kind.map_err(|(field, kind)| note.problem(field, kind)).ok()
        });
        let manufacturer = note.of(
            Field::Manufacturer,
            fields::name(raw, Field::Manufacturer, key),
        );
        let model = note.of(Field::Model, fields::name(raw, Field::Model, key));
        let drift = note.of(Field::Drift, fields::drift(raw));
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
            drift,
        }
    }

    #[inline]
    pub(super) fn trace(&self, row: usize, rejected: bool, key: &[u8]) -> Trace {
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

    pub(super) fn suspect(&self, row: u32, rejected: bool, key: &[u8]) -> Suspect {
        let serial = self.serial.map(str::to_ascii_lowercase);
        let serial = serial.map(|serial| trace::digest(&[serial.as_bytes()]));
        let key = self.secret.map(|_| trace::digest(&[key]));
        let algorithm = self.algorithm.map(|(algorithm, _)| algorithm);
        let digits = self.digits.map(|(digits, _)| digits);
        let codes = format!(
            "{algorithm:?} {digits:?} {:?} {:?}",
            self.kind.map(|(kind, _)| kind),
            self.drift
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
    pub(super) fn into_record(self, raw: &RawRow<'_>, key: &'r [u8]) -> Option<Record<'r>> {
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
            drift: self.drift?.filter(|_| kind.period().is_some()),
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

/// So many words are looked at in a row that is none.
const MOST_WORDS: usize = 128;

/// The users who may hold the token of a row that is none. A name that holds another of its words may
/// hold a key, and is passed over.
pub(super) fn users_among<'r>(raw: &'r RawRow<'_>) -> Vec<&'r str> {
    let words = raw.words().filter(|word| !word.is_empty()).take(MOST_WORDS);
    let is_user = |word: &&str| fields::user_name(word).is_ok();
    let (mut users, others): (Vec<&str>, Vec<&str>) = words.partition(is_user);
    users.retain(|user| !others.iter().any(|other| fields::holds(user, other)));
    users
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
