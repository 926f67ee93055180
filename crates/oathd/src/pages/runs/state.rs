//! How a run stands.

use std::time::Duration;

use maud::Markup;
use provisioner::{Counts, Outcome, ReportRow};

use super::{Shown, address};
use crate::jobs::{self, Job, Status, Wish};
use crate::ui::{self, JobState, Progress};

/// How a run stands now.
pub(super) struct Standing {
    progress: Progress,
    /// The place behind the last row that had ended.
    place: usize,
}

impl Standing {
    pub(super) fn of(shown: &Shown) -> Self {
        let to_do = shown.known.to_do;
        let job = shown.job.as_ref();
        match job.and_then(|job| Some((job, job.part(&shown.run)?))) {
            Some((job, part)) => Self {
                place: part.board.place(),
                progress: progress(&part.board.now(), job, to_do),
            },
            None => Self {
                progress: at_rest(shown),
                place: 0,
            },
        }
    }

    pub(super) fn state(&self) -> JobState {
        self.progress.state
    }

    /// How far it is; kept up to date where it is `live`.
    pub(super) fn block(&self, shown: &Shown, live: bool) -> Markup {
        let events = format!("{}/events?from={}", address(&shown.run), self.place);
        self.progress.block(live.then_some(&*events))
    }
}

/// The progress of a job, as pages show it.
pub(super) fn progress(now: &jobs::Progress, job: &Job, to_do: usize) -> Progress {
    Progress {
        state: of_job(now.status),
        settled: to_do.saturating_sub(now.counts.pending),
        total: to_do,
        under_way: now.under_way,
        counts: counts(&now.counts),
        time_left: now.time_left_ms.map(Duration::from_millis),
        note: note(now, job),
    }
}

pub(in crate::pages) fn of_job(status: Status) -> JobState {
    match status {
        Status::Going | Status::Stopping => JobState::GoingOn,
        Status::Waiting => JobState::Waiting,
        Status::Paused => JobState::Paused,
        Status::Stopped => JobState::Interrupted,
        Status::Ended => JobState::Finished,
    }
}

fn note(now: &jobs::Progress, job: &Job) -> Option<String> {
    let by = job.wished_by().unwrap_or_else(|| "Oathkit".to_owned());
    if let Some(problem) = &now.problem {
        let why = ui::sentence(&problem.message);
        return Some(match (now.status, job.wish()) {
            (Status::Waiting, Wish::Cancelled) => {
                format!(
                    "{by} cancelled it: it ends as soon as it can be seen what is there, which is tried every \
                     minute. {why}"
                )
            }
            (Status::Waiting, _) => {
                format!("It waits for the service, and tries again every minute. {why}")
            }
            _ => {
                let next = ui::sentence(&problem.next);
                format!("It stopped. {why} What to do: {next}")
            }
        });
    }
    match (now.status, job.wish()) {
        (Status::Waiting, _) => {
            let wait = Duration::from_millis(now.waiting_ms.unwrap_or_default());
            let wait = crate::ui::duration(Duration::from_secs(wait.as_secs().max(1)));
            Some(format!(
                "Nothing is sent for {wait}: the service asked for it, or a token's next code is awaited.{}",
                still(now)
            ))
        }
        (Status::Going, _) if now.under_way > 0 => Some(still(now).trim_start().to_owned()),
        (Status::Stopping, Wish::Cancelled) => Some(format!(
            "{by} cancelled it: it ends as soon as the calls in flight are answered."
        )),
        (Status::Stopping, _) => Some(format!(
            "{by} paused it: it rests as soon as the calls in flight are answered."
        )),
        (Status::Paused, _) => Some(format!(
            "{by} paused it: nothing is sent until somebody lets it go on."
        )),
        _ => None,
    }
}

/// How many open rows are taken up, and how many are not.
fn still(now: &jobs::Progress) -> String {
    let taken_up = match now.under_way {
        0 => return String::new(),
        1 => "1 row is taken up: it ends when the service has answered for it".to_owned(),
        rows => format!(
            "{} rows are taken up: each ends when the service has answered for it",
            ui::number(rows)
        ),
    };
    let others = now.counts.pending.saturating_sub(now.under_way);
    let rest = match others {
        0 => String::new(),
        1 => ", 1 waits for its turn".to_owned(),
        rows => format!(", {} wait for their turn", ui::number(rows)),
    };
    format!(" {taken_up}{rest}.")
}

/// A run that nobody carries out here.
fn at_rest(shown: &Shown) -> Progress {
    let counts_now = shown.known.report.counts;
    let was_cancelled = |row: &ReportRow| {
        row.error
            .as_ref()
            .is_some_and(|error| error.code == "cancelled")
    };
    let state = if counts_now.pending > 0 {
        JobState::Interrupted
    } else if shown.known.report.rows.iter().any(was_cancelled) {
        JobState::Cancelled
    } else {
        JobState::Finished
    };
    Progress {
        state,
        settled: shown.known.to_do.saturating_sub(counts_now.pending),
        total: shown.known.to_do,
        under_way: 0,
        counts: counts(&counts_now),
        time_left: None,
        note: None,
    }
}

fn counts(counts: &Counts) -> Vec<(Outcome, usize)> {
    vec![
        (Outcome::Done, counts.done),
        (Outcome::Unchanged, counts.unchanged),
        (Outcome::Failed, counts.failed),
        (Outcome::Conflict, counts.conflict),
        (Outcome::Pending, counts.pending),
        (Outcome::Rejected, counts.rejected),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_up_and_what_waits_is_told() {
        let mut now = jobs::Progress {
            status: Status::Waiting,
            counts: Counts {
                pending: 1_500,
                ..Counts::default()
            },
            under_way: 0,
            time_left_ms: None,
            waiting_ms: None,
            problem: None,
        };
        assert_eq!(still(&now), "");
        now.under_way = 300;
        let told = still(&now);
        assert!(
            told.contains("300 rows are taken up") && told.contains("1,200 wait"),
            "{told}"
        );
    }
}
