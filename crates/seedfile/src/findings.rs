//! What is wrong with many rows, said once.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::problem::{Problem, ProblemKind};
use crate::warning::Warning;

/// How bad a [`Finding`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The rows are not used.
    Error,
    /// The rows are used, but somebody should know.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// The same problem or warning of one or many rows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The stable name for programs, in kebab-case.
    pub code: &'static str,
    /// The field by its usual column name; `None` for a warning, or where it is about rows as a
    /// whole.
    pub field: Option<&'static str>,
    /// What is wrong.
    pub message: String,
    /// What a person can do about it.
    pub help: &'static str,
    /// How many rows it is about. For `row-repeated` these are the rows that were left out.
    pub count: usize,
    /// These rows in the file's order, those that follow each other as one range; the first
    /// [`Finding::MAX_RANGES`] ranges at the most.
    pub rows: Vec<RangeInclusive<usize>>,
}

impl Finding {
    /// As many ranges of rows are kept of one finding.
    pub const MAX_RANGES: usize = 64;

    /// Rows come in the file's order: once a range had no place, no later row touches the last one.
    fn add(&mut self, row: usize) {
        let has_room = self.rows.len() < Self::MAX_RANGES;
        match self.rows.last_mut() {
            Some(range) if *range.end() == row => return,
            Some(range) if range.end() + 1 == row => *range = *range.start()..=row,
            _ if has_room => self.rows.push(row..=row),
            _ => {}
        }
        self.count += 1;
    }
}

/// Gathers what is the same: errors first, each kind in the order of its first row.
///
/// The result is short however long the file is, because kinds and fields are few.
///
/// ```
/// use seedfile::{ReadOptions, findings, survey};
///
/// let file = b"upn,serial number,secret key,timeinterval,manufacturer,model
/// ,2.45252E+11,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,C202
/// ,2.45253E+11,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C202
/// ";
/// let survey = survey(file, &ReadOptions::default())?;
/// let found = findings(&survey.problems, &survey.warnings);
/// assert_eq!((found.len(), found[0].code, found[0].count), (1, "serial-scientific", 2));
/// assert_eq!(found[0].rows, [2..=3]);
/// # Ok::<(), seedfile::Refusal>(())
/// ```
#[must_use]
pub fn findings(problems: &[Problem], warnings: &[(usize, Warning)]) -> Vec<Finding> {
    let mut errors = Gathered::default();
    for problem in problems {
        errors.add(problem.row, |single| of_problem(problem, single));
    }
    let mut notes = Gathered::default();
    for (row, of) in by_row(warnings) {
        notes.add(row, |single| of_warning(of, single));
    }
    errors.finish().chain(notes.finish()).collect()
}

/// A warning with its row. Of a row that is repeated those are named that were left out.
fn by_row(warnings: &[(usize, Warning)]) -> Vec<(usize, (usize, Warning))> {
    let place = |&(row, warning): &(usize, Warning)| match warning {
        Warning::RowRepeated { row: again } => (again, (row, warning)),
        _ => (row, (row, warning)),
    };
    let mut all: Vec<_> = warnings.iter().map(place).collect();
    all.sort_by_key(|(row, _)| *row);
    all
}

/// What makes findings the same: code, field and message.
type Kind = (&'static str, Option<&'static str>, String);

#[derive(Default)]
struct Gathered {
    list: Vec<(Finding, String)>,
    places: HashMap<Kind, usize>,
}

impl Gathered {
    /// Adds a row to the finding that `of` makes. `of(true)` speaks of one row, `of(false)` of
    /// several.
    fn add(&mut self, row: usize, of: impl Fn(bool) -> Finding) {
        let general = of(false);
        let kind = (general.code, general.field, general.message.clone());
        let next = self.list.len();
        let place = *self.places.entry(kind).or_insert(next);
        if place == next {
            self.list.push((of(true), general.message));
        }
        if let Some((finding, _)) = self.list.get_mut(place) {
            finding.add(row);
        }
    }

    fn finish(self) -> impl Iterator<Item = Finding> {
        self.list.into_iter().map(|(finding, general)| {
            let message = if finding.count > 1 {
                general
            } else {
                finding.message
            };
            Finding { message, ..finding }
        })
    }
}

fn of_problem(problem: &Problem, single: bool) -> Finding {
    let general = match problem.kind {
        _ if single => None,
        ProblemKind::CellCount { .. } => Some("the row has too many or too few cells"),
        ProblemKind::SerialRepeated { .. } => {
            Some("another row has the same serial number but is not the same")
        }
        ProblemKind::SecretRepeated { .. } => {
            Some("another row has the same secret key but another serial number")
        }
        _ => None,
    };
    let field = Some(problem.field).filter(|field| *field != Problem::WHOLE_ROW);
    Finding {
        severity: Severity::Error,
        code: problem.code(),
        field,
        message: general.map_or_else(|| problem.kind.to_string(), str::to_owned),
        help: problem.help(),
        count: 0,
        rows: Vec::new(),
    }
}

fn of_warning((row, warning): (usize, Warning), single: bool) -> Finding {
    let message = match warning {
        Warning::RowRepeated { .. } if single => {
            format!("the row says the same as row {row} and was left out")
        }
        Warning::RowRepeated { .. } => {
            "the row says the same as an earlier one and was left out".to_owned()
        }
        Warning::AlgorithmLength { .. } if !single => {
            "the algorithm was taken from the key's length, which is unusual".to_owned()
        }
        _ => warning.to_string(),
    };
    Finding {
        severity: Severity::Warning,
        code: warning.code(),
        field: None,
        message,
        help: warning.help(),
        count: 0,
        rows: Vec::new(),
    }
}
