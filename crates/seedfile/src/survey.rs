//! A whole file checked without keeping its tokens.

use std::collections::HashMap;

use oath_core::{Algorithm, Digits, Period};

use crate::check::{Fold, Hash, Keep, Record};
use crate::format::Format;
use crate::options::ReadOptions;
use crate::problem::Problem;
use crate::read::collect;
use crate::read::text::Encoding;
use crate::record::{Source, rejected};
use crate::refusal::Refusal;
use crate::warning::Warning;

/// What a file holds, counted.
///
/// `accepted + rejected() == records`, as in [`SeedFile`](crate::SeedFile).
#[derive(Debug)]
pub struct Survey {
    /// The format found.
    pub format: Format,
    /// The encoding found.
    pub encoding: Encoding,
    /// Records in the file: accepted and rejected ones.
    pub records: usize,
    /// Tokens that can be used.
    pub accepted: usize,
    /// The accepted tokens by kind, in the order of their first appearance.
    pub groups: Vec<Group>,
    /// What is wrong with the others, in the file's order. There may be several for one row.
    pub problems: Vec<Problem>,
    /// What a person should know about accepted tokens, by row and in the file's order.
    pub warnings: Vec<(usize, Warning)>,
}

impl Survey {
    /// How many rows are rejected.
    #[must_use]
    pub fn rejected(&self) -> usize {
        rejected(&self.problems)
    }
}

/// Tokens of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The manufacturer, empty if the file names none.
    pub manufacturer: String,
    /// The model, empty if the file names none.
    pub model: String,
    /// The hash function of their codes.
    pub algorithm: Algorithm,
    /// How the algorithm became known.
    pub algorithm_source: Source,
    /// The length of their codes.
    pub digits: Digits,
    /// Their time step; `None` if they count events.
    pub period: Option<Period>,
    /// How many there are.
    pub tokens: usize,
    /// How many of them have a holder.
    pub held: usize,
}

/// Reads and checks a whole file as [`read`](crate::read()) does, and counts what it holds.
///
/// Takes 64 bytes a record beside the file itself, so that a million tokens are no burden.
///
/// ```
/// use seedfile::{ReadOptions, survey};
///
/// let file = b"upn,serial number,secret key,timeinterval,manufacturer,model
/// ann@example.com,60234567,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,C202
/// ,60234568,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C202
/// ";
/// let survey = survey(file, &ReadOptions::default())?;
/// assert_eq!((survey.accepted, survey.rejected()), (2, 0));
/// assert_eq!((survey.groups[0].tokens, survey.groups[0].held), (2, 1));
/// # Ok::<(), seedfile::Refusal>(())
/// ```
///
/// # Errors
/// [`Refusal`] if the file as a whole cannot be trusted.
pub fn survey(bytes: &[u8], options: &ReadOptions) -> Result<Survey, Refusal> {
    let mut accepted = 0;
    let mut warnings = Vec::new();
    let mut counts = Vec::new();
    let (found, settled) = collect(bytes, options, Groups::default(), |kept, repeats| {
        accepted += 1;
        count(&mut counts, &kept);
        let repeats = repeats.into_iter().map(|row| Warning::RowRepeated { row });
        let all = kept.warnings.into_iter().chain(repeats);
        warnings.extend(all.map(|warning| (kept.row as usize, warning)));
    })?;
    let groups = settled.keeper.groups.into_iter().zip(counts);
    Ok(Survey {
        format: found.format,
        encoding: found.encoding,
        records: settled.records,
        accepted,
        groups: groups
            .filter(|(_, (tokens, _))| *tokens > 0)
            .map(|(group, (tokens, held))| Group {
                tokens,
                held,
                ..group
            })
            .collect(),
        problems: settled.problems,
        warnings,
    })
}

/// Tokens and held tokens of each group.
fn count(counts: &mut Vec<(usize, usize)>, kept: &Kept) {
    let at = kept.group as usize;
    if counts.len() <= at {
        counts.resize(at + 1, (0, 0));
    }
    if let Some((tokens, held)) = counts.get_mut(at) {
        *tokens += 1;
        *held += usize::from(kept.held);
    }
}

/// What is kept of a record.
struct Kept {
    row: u32,
    group: u32,
    held: bool,
    warnings: Vec<Warning>,
}

/// Sorts the records by kind.
#[derive(Default)]
struct Groups {
    groups: Vec<Group>,
    places: HashMap<Hash, u32>,
}

impl Keep for Groups {
    type Kept = Kept;

    fn keep(&mut self, record: Record<'_>) -> Kept {
        let next = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        let group = *self.places.entry(kind_of(&record)).or_insert_with(|| {
            self.groups.push(group_of(&record));
            next
        });
        Kept {
            row: u32::try_from(record.row).unwrap_or(u32::MAX),
            group,
            held: record.user.is_some(),
            warnings: record.warnings,
        }
    }
}

fn kind_of(record: &Record<'_>) -> Hash {
    let period = record.kind.period().map_or(0, |period| period.seconds());
    Fold::new()
        .text(record.manufacturer)
        .text(record.model)
        .number(record.algorithm as u64)
        .number(record.sources.algorithm as u64)
        .number(record.digits.get().into())
        .number(period.into())
        .finish()
}

fn group_of(record: &Record<'_>) -> Group {
    Group {
        manufacturer: record.manufacturer.to_owned(),
        model: record.model.to_owned(),
        algorithm: record.algorithm,
        algorithm_source: record.sources.algorithm,
        digits: record.digits,
        period: record.kind.period(),
        tokens: 0,
        held: 0,
    }
}
