//! A whole file checked without keeping its tokens.

use std::collections::HashMap;

use oath_core::{Algorithm, Digits, Period};

use crate::check::{Digest, Keep, Record, digest};
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
    /// The columns, or names in JSON, that nothing was read from: the first 32, as far as they can
    /// be shown.
    pub unread: Vec<String>,
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
/// Takes about 40 bytes a record beside the file itself, and several times as much where rows
/// repeat or contradict each other.
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
    let (found, settled) = collect(bytes, options, Groups::default())?;
    let mut keeper = settled.keeper;
    let is_used = |group: &Group| group.tokens > 0;
    Ok(Survey {
        format: found.format,
        encoding: found.encoding,
        unread: found.unread,
        records: settled.records,
        accepted: settled.kept.iter().map(Vec::len).sum(),
        warnings: keeper.warnings(),
        groups: keeper.groups.into_iter().filter(is_used).collect(),
        problems: settled.problems,
    })
}

/// How many kinds are looked through one by one.
const FEW: usize = 16;

/// What is kept of a record: where it was counted.
struct Kept {
    group: u32,
    held: bool,
}

/// Sorts the records by kind.
#[derive(Default)]
struct Groups {
    groups: Vec<Group>,
    /// Where the kinds stand, by the digest of all that makes them one.
    places: HashMap<Digest, u32>,
    warnings: Vec<(usize, Warning)>,
    /// Rows whose warnings do not count, in order.
    dropped: Vec<usize>,
}

impl Keep for Groups {
    type Kept = Kept;

    #[inline]
    fn keep(&mut self, record: Record<'_>) -> Kept {
        let row = record.row;
        self.warnings
            .extend(record.warnings.iter().map(|&warning| (row, warning)));
        let kept = Kept {
            group: self.place(&record),
            held: record.user.is_some(),
        };
        self.count(&kept, usize::saturating_add);
        kept
    }

    fn repeated(&mut self, row: usize, _: &mut Kept, repeats: &[usize]) {
        let repeats = repeats.iter().map(|&row| Warning::RowRepeated { row });
        self.warnings.extend(repeats.map(|warning| (row, warning)));
    }

    fn left_out(&mut self, row: usize, kept: Kept) {
        self.contradicted(row, kept);
    }

    fn contradicted(&mut self, row: usize, kept: Kept) {
        self.count(&kept, usize::saturating_sub);
        self.dropped.push(row);
    }

    fn fork(&self) -> Self {
        Self::default()
    }

    fn join<'k>(&mut self, mut fork: Self, kept: impl Iterator<Item = &'k mut Kept>) {
        let places: Vec<u32> = fork.groups.drain(..).map(|group| self.put(group)).collect();
        for kept in kept {
            kept.group = places.get(kept.group as usize).copied().unwrap_or(u32::MAX);
        }
        self.warnings.append(&mut fork.warnings);
    }
}

impl Groups {
    fn place(&mut self, record: &Record<'_>) -> u32 {
        // Files have few kinds, and comparing is quicker than hashing and copying.
        let few = self.groups.iter().take(FEW);
        if let Some(place) = few.zip(0..).find(|(group, _)| group.is_of(record)) {
            return place.1;
        }
        self.put(Group::of(record))
    }

    /// The place of a group, which is new or is added to the same one.
    fn put(&mut self, group: Group) -> u32 {
        let next = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        let place = *self.places.entry(group.digest()).or_insert(next);
        match self.groups.get_mut(place as usize) {
            Some(known) => {
                known.tokens += group.tokens;
                known.held += group.held;
            }
            None => self.groups.push(group),
        }
        place
    }

    /// Counts a record in or out.
    fn count(&mut self, kept: &Kept, how: impl Fn(usize, usize) -> usize) {
        if let Some(group) = self.groups.get_mut(kept.group as usize) {
            group.tokens = how(group.tokens, 1);
            group.held = how(group.held, usize::from(kept.held));
        }
    }

    /// The warnings of accepted rows, in order.
    fn warnings(&mut self) -> Vec<(usize, Warning)> {
        let mut warnings = std::mem::take(&mut self.warnings);
        warnings.retain(|(row, _)| self.dropped.binary_search(row).is_err());
        warnings.sort_by_key(|(row, _)| *row);
        warnings
    }
}

impl Group {
    fn of(record: &Record<'_>) -> Self {
        Self {
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

    fn digest(&self) -> Digest {
        let (algorithm, source) = (self.algorithm, self.algorithm_source);
        let codes = format!(
            "{algorithm:?} {source:?} {:?} {:?}",
            self.digits, self.period
        );
        digest(&[
            codes.as_bytes(),
            self.manufacturer.as_bytes(),
            self.model.as_bytes(),
        ])
    }

    fn is_of(&self, record: &Record<'_>) -> bool {
        self.model == record.model
            && self.algorithm == record.algorithm
            && self.period == record.kind.period()
            && self.digits == record.digits
            && self.algorithm_source == record.sources.algorithm
            && self.manufacturer == record.manufacturer
    }
}
