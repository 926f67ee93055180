//! `oathctl find`

use oath_core::Code;
use provisioner::Problem;
use seedfile::{Found, Match, Shown, TokenRecord, find};
use serde::Serialize;

use super::code::{must_be_near, typed};
use super::drift::{self, Seconds};
use crate::args::{Common, Find, Output, Reach};
use crate::exit::{Exit, Failed};
use crate::{files, system, tables};

/// From so many matches by chance on average, a single match is not proof enough.
const DOUBTFUL: f64 = 0.01;

#[derive(Serialize)]
struct Document<'f> {
    schema: &'static str,
    searched: usize,
    /// Rows of the file that cannot be used.
    rejected: usize,
    expected_by_chance: f64,
    at: u64,
    matches: Vec<Line<'f>>,
    error: Option<&'f Problem>,
}

/// A token that shows the codes.
#[derive(Serialize)]
pub(crate) struct Line<'f> {
    pub(crate) row: usize,
    pub(crate) serial: &'f str,
    pub(crate) user: Option<&'f str>,
    pub(crate) manufacturer: &'f str,
    pub(crate) model: &'f str,
    step: u64,
    pub(crate) drift: i64,
    pub(crate) drift_seconds: Option<Seconds>,
}

/// What somebody reads from a token, and how far to look.
struct Search {
    first: Code,
    next: Option<Code>,
    at: u64,
    reach: Reach,
}

pub(crate) fn run(common: &Common, args: &Find) -> Result<Exit, Failed> {
    let search = Search::new(args)?;
    let file = files::read_seeds(&args.file, &args.reading)?;
    let periods = file.tokens.iter().filter_map(TokenRecord::period);
    if let Some(longest) = periods.max() {
        must_be_near(search.reach, longest)?;
    }
    let found = search.among(&file.tokens);
    let problem = search.problem(&found, &file.tokens);
    let (rejected, problem) = (file.rejected(), problem.as_ref());
    match common.output {
        Output::Json => files::print_json(&search.document(&found, rejected, problem))?,
        Output::Text => search.tell(&found, problem)?,
    }
    if rejected > 0 {
        files::say(format_args!(
            "rows that cannot be used and were not searched: {rejected}; oathctl inspect names them"
        ));
    }
    match file
        .tokens
        .iter()
        .filter(|token| counts_events(token))
        .count()
    {
        0 => {}
        events => files::say(format_args!(
            "tokens that count events (HOTP) and were not searched: {events}"
        )),
    }
    Ok(match problem {
        None => Exit::Done,
        Some(_) => Exit::Incomplete,
    })
}

fn counts_events(token: &TokenRecord) -> bool {
    token.period().is_none()
}

impl Search {
    fn new(args: &Find) -> Result<Self, Failed> {
        let next = args.next.as_deref().map(typed).transpose()?;
        let usual = if next.is_some() {
            Reach::HOUR
        } else {
            Reach::MINUTE
        };
        Ok(Self {
            first: typed(&args.code)?,
            next,
            // Before the file is read, which takes a moment.
            at: args.at.unwrap_or_else(|| system::clock().unix().as_secs()),
            reach: args.window.unwrap_or(usual),
        })
    }

    fn among<'t>(&self, tokens: &'t [TokenRecord]) -> Found<'t> {
        match &self.next {
            Some(next) => self.look(tokens, next, Some(&self.first)),
            None => self.look(tokens, &self.first, None),
        }
    }

    fn look<'t>(&self, tokens: &'t [TokenRecord], code: &Code, before: Option<&Code>) -> Found<'t> {
        let unix = self.at;
        let shown = Shown { code, before, unix };
        find(tokens, shown, |period| self.reach.window(period))
    }

    /// Why the token is not known, if it is not.
    fn problem(&self, found: &Found<'_>, tokens: &[TokenRecord]) -> Option<Problem> {
        match (found.matches.len(), &self.next) {
            (1, _) => None,
            (0, _) if found.searched == 0 => Some(self.none_searched(tokens)),
            (0, Some(next)) => Some(self.no_pair(next, tokens)),
            (0, None) => Some(Problem::new(
                "not-found",
                "no token of this file shows this code now",
                "ask for the code after this one and give both: that looks further. If that finds \
                 nothing either, the token is in another file",
            )),
            (count, None) => Some(Problem::new(
                "several",
                format!("{count} tokens show this code"),
                "ask for the code after this one and give both",
            )),
            (count, Some(_)) => Some(Problem::new(
                "several",
                format!("{count} tokens show these codes"),
                "look less far, as with --window 10m, or ask for two more codes",
            )),
        }
    }

    fn none_searched(&self, tokens: &[TokenRecord]) -> Problem {
        if tokens.is_empty() {
            return Problem::new(
                "no-tokens",
                "no row of this file can be used",
                "oathctl inspect says why",
            );
        }
        if tokens.iter().all(counts_events) {
            return Problem::new(
                "counts-events",
                "no token of this file follows the time: all of them count events (HOTP)",
                "look for the serial number on the token: its codes do not tell which one it is",
            );
        }
        Problem::new(
            "wrong-length",
            format!(
                "no token of this file shows codes of {} digits",
                self.first.digits()
            ),
            "type all digits of the code, with the zeros in front",
        )
    }

    fn no_pair(&self, next: &Code, tokens: &[TokenRecord]) -> Problem {
        if self.first == *next {
            return drift::repeated();
        }
        if !self
            .look(tokens, &self.first, Some(next))
            .matches
            .is_empty()
        {
            return drift::reversed();
        }
        Problem::new(
            "not-found",
            "no token of this file shows these codes one after the other",
            "ask for two codes that follow each other without one between them; look further, as \
             with --window 1d. If that finds nothing either, the token is in another file",
        )
    }

    fn tell(&self, found: &Found<'_>, problem: Option<&Problem>) -> Result<(), Failed> {
        let lines: Vec<Line<'_>> = found.matches.iter().map(|it| self.line(it)).collect();
        files::print(&tables::found(&lines, found))?;
        match problem {
            Some(problem) => drift::say(problem),
            None => {
                if self.next.is_none() && found.expected_by_chance >= DOUBTFUL {
                    files::say("  -> to be sure, ask for the code after this one and give both");
                }
                Ok(())
            }
        }
    }

    fn document<'f>(
        &self,
        found: &Found<'f>,
        rejected: usize,
        error: Option<&'f Problem>,
    ) -> Document<'f> {
        Document {
            schema: "oathkit.find/1",
            searched: found.searched,
            rejected,
            expected_by_chance: found.expected_by_chance,
            at: self.at,
            matches: found.matches.iter().map(|it| self.line(it)).collect(),
            error,
        }
    }

    fn line<'f>(&self, found: &Match<'f>) -> Line<'f> {
        let (token, accepted) = (found.token, found.accepted);
        Line {
            row: token.row,
            serial: token.serial.as_str(),
            user: token.user.as_deref(),
            manufacturer: &token.manufacturer,
            model: &token.model,
            step: accepted.step,
            drift: accepted.drift,
            drift_seconds: Seconds::of(found.totp, self.at, accepted.step),
        }
    }
}
