//! `oathctl drift`

use oath_core::{Accepted, Code, Key, Totp, Unmatched, Window, false_match_probability};
use provisioner::Problem;
use serde::Serialize;

use super::code::{must_be_near, token, typed};
use crate::args::{Common, Drift, Output};
use crate::exit::{Exit, Failed};
use crate::{files, words};

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    found: bool,
    /// The time step of the second code.
    step: Option<u64>,
    drift: Option<i64>,
    drift_seconds: Option<Seconds>,
    at: u64,
    period: u32,
    window: Steps,
    false_match_probability: f64,
    error: Option<Problem>,
}

/// The seconds by which a clock is ahead, at least and at most.
#[derive(Serialize)]
pub(crate) struct Seconds {
    min: i64,
    max: i64,
}

impl Seconds {
    pub(super) fn of(totp: Totp, at: u64, step: u64) -> Option<Self> {
        let (min, max) = totp.clock_offset(at, step)?.into_inner();
        Some(Self { min, max })
    }

    pub(crate) fn in_words(&self) -> String {
        words::clock(self.min, self.max)
    }
}

#[derive(Serialize)]
struct Steps {
    past: u64,
    future: u64,
}

/// What is looked for, and where.
struct Search {
    key: Key,
    totp: Totp,
    at: u64,
    window: Window,
    first: Code,
    second: Code,
}

pub(crate) fn run(common: &Common, args: &Drift) -> Result<Exit, Failed> {
    let (key, totp, at) = token(&args.seed)?;
    must_be_near(args.window, totp.period())?;
    let search = Search {
        key,
        totp,
        at,
        window: args.window.window(totp.period()),
        first: typed(&args.first)?,
        second: typed(&args.second)?,
    };
    let result = search.run();
    let exit = if result.is_ok() {
        Exit::Done
    } else {
        Exit::Incomplete
    };
    match (common.output, result) {
        (Output::Json, result) => files::print_json(&search.document(result))?,
        (Output::Text, Ok(accepted)) => files::print(&search.describe(accepted))?,
        (Output::Text, Err(problem)) => say(&problem)?,
    }
    Ok(exit)
}

/// What is so goes to standard output, what to do about it to standard error.
pub(super) fn say(problem: &Problem) -> Result<(), Failed> {
    files::print(&format!("{}\n", problem.message))?;
    files::say(format_args!("  -> {}", problem.next));
    Ok(())
}

pub(super) fn repeated() -> Problem {
    Problem::new(
        "repeated",
        "not found: both codes are the same",
        "wait until the token shows the next code, and give that as the second one",
    )
}

pub(super) fn reversed() -> Problem {
    Problem::new(
        "reversed",
        "not found in this order, but in the other one",
        "give the codes in the order in which the token showed them",
    )
}

impl Search {
    fn run(&self) -> Result<Accepted, Problem> {
        let (first, second) = (&self.first, &self.second);
        let found = self
            .totp
            .measure(&self.key, self.at, self.window, first, second);
        found.map_err(|why| match why {
            Unmatched::Length => self.wrong_length(),
            Unmatched::Repeated => repeated(),
            Unmatched::Reversed => reversed(),
            Unmatched::Absent => self.absent(),
        })
    }

    fn wrong_length(&self) -> Problem {
        let digits = self.totp.digits();
        Problem::new(
            "wrong-length",
            format!("not found: this token shows codes of {digits} digits"),
            "type all digits of both codes; where the file does not say how many there are, say it \
             with --digits",
        )
    }

    fn absent(&self) -> Problem {
        let (steps, period) = (self.window.past, self.totp.period());
        Problem::new(
            "not-found",
            format!("not found within {steps} time steps of {period} s each way"),
            "read two codes that follow each other without one between them; look further, as with \
             --window 30d; check the serial, the algorithm and the period: oathctl find says which \
             token of a file shows these codes",
        )
    }

    fn describe(&self, found: Accepted) -> String {
        let (step, drift, period) = (found.step, found.drift, self.totp.period());
        let clock = Seconds::of(self.totp, self.at, step)
            .map(|seconds| seconds.in_words())
            .unwrap_or_default();
        let chance = self.chance();
        let often = words::how_often(chance);
        format!(
            "drift {drift}, at step {step}\n\
             The token's clock is {clock}: a code tells its time to within a step of {period} s.\n\
             Codes of another token would be found in this window {often} (probability {chance:.1e}).\n"
        )
    }

    fn document(&self, result: Result<Accepted, Problem>) -> Document {
        let found = result.as_ref().ok();
        let step = found.map(|found| found.step);
        Document {
            schema: "oathkit.drift/1",
            found: found.is_some(),
            step,
            drift: found.map(|found| found.drift),
            drift_seconds: step.and_then(|step| Seconds::of(self.totp, self.at, step)),
            at: self.at,
            period: self.totp.period().seconds(),
            window: Steps {
                past: self.window.past,
                future: self.window.future,
            },
            false_match_probability: self.chance(),
            error: result.err(),
        }
    }

    fn chance(&self) -> f64 {
        false_match_probability(self.totp.digits(), 2, self.window.size())
    }
}
