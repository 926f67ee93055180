//! How far a run is: on the page, and as the events that keep the page up to date.

use std::collections::BTreeMap;
use std::time::Duration;

use maud::{Markup, Render, html};
use provisioner::{Outcome, State};
use serde::Serialize;

use super::{Badge, JobState, duration, number, plural};

/// How far a run is.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    pub(crate) state: JobState,
    /// Rows that have ended.
    pub(crate) settled: usize,
    /// Rows for which something is to be done.
    pub(crate) total: usize,
    /// Of those that are open, the ones for which calls have succeeded.
    pub(crate) under_way: usize,
    /// How the rows stand, in the order in which they are shown.
    pub(crate) counts: Vec<(Outcome, usize)>,
    pub(crate) time_left: Option<Duration>,
    /// What holds it up, if anything does: a sentence.
    pub(crate) note: Option<String>,
}

/// A row that came to an end.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RowUpdate {
    row: String,
    /// What the cells show, by their hooks: `outcome`, `state`, `note`.
    cells: BTreeMap<&'static str, String>,
}

/// The words and numbers that the script puts into the page, by their hooks.
#[derive(Serialize)]
struct Update {
    state: &'static str,
    value: usize,
    max: usize,
    text: BTreeMap<String, String>,
}

impl RowUpdate {
    /// `serial` is what [`super::Row::named`] got.
    pub(crate) fn new(serial: impl Into<String>, outcome: Outcome) -> Self {
        let outcome = outcome.name().to_owned();
        Self {
            row: serial.into(),
            cells: BTreeMap::from([("outcome", outcome)]),
        }
    }

    pub(crate) fn state(mut self, state: State) -> Self {
        self.cells.insert("state", state.name().to_owned());
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.cells.insert("note", note.into());
        self
    }
}

impl Progress {
    /// The data of an event `progress`.
    pub(crate) fn event(&self) -> impl Serialize + use<> {
        let counts = self.counts.iter();
        let counts = counts.map(|(outcome, count)| (count_hook(*outcome), number(*count)));
        let texts = [
            ("done", self.done()),
            ("left", self.left()),
            ("note", self.note.clone().unwrap_or_default()),
        ];
        let texts = texts.map(|(hook, text)| (hook.to_owned(), text));
        Update {
            state: self.state.name(),
            value: self.settled,
            max: self.total,
            text: counts.chain(texts).collect(),
        }
    }

    /// The block of the run page. Events come from `events` as long as there are any: `progress` with
    /// [`Progress::event`], `row` with a [`RowUpdate`], and `end`, at which the page is loaded again.
    pub(crate) fn block(&self, events: Option<&str>) -> Markup {
        html! {
            div.progress data-events=[events] {
                p.top {
                    span data-state { (Badge::from(self.state)) }
                    span.done data-text="done" data-say { (self.done()) }
                    span.left data-text="left" { (self.left()) }
                }
                progress data-bar max=(self.total.max(1)) value=(self.settled) aria-label="Rows that have ended" {}
                ul.counts { @for (outcome, count) in &self.counts { li {
                    (Badge::from(*outcome))
                    b data-text=(count_hook(*outcome)) { (number(*count)) }
                } } }
                p.hint data-text="note" { @if let Some(note) = &self.note { (note) } }
                p.unseen role="status" aria-live="polite" data-said {}
                template data-badges { @for badge in Badge::live() { (badge) } }
            }
        }
    }

    fn done(&self) -> String {
        let ended = format!("{} of {}", number(self.settled), plural(self.total, "row"));
        match self.under_way {
            // One is just being recorded.
            0 | 1 => ended,
            rows => format!("{ended}, {} under way", number(rows)),
        }
    }

    fn left(&self) -> String {
        match self.time_left {
            Some(left) => format!("about {} left", duration(whole_seconds(left))),
            None => String::new(),
        }
    }
}

/// What is only there in some states of a run: its buttons. The script shows and hides it.
pub(crate) fn when(states: &[JobState], now: JobState, content: impl Render) -> Markup {
    let names = states.iter().map(|state| state.name());
    let names: Vec<_> = names.collect();
    html! {
        div.when data-when=(names.join(",")) hidden[!states.contains(&now)] { (content) }
    }
}

fn count_hook(outcome: Outcome) -> String {
    format!("count-{}", outcome.name())
}

fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress() -> Progress {
        Progress {
            state: JobState::GoingOn,
            settled: 1_200,
            total: 5_000,
            under_way: 0,
            counts: vec![(Outcome::Done, 1_190), (Outcome::Failed, 10)],
            time_left: Some(Duration::from_millis(200_400)),
            note: None,
        }
    }

    #[test]
    fn page_and_event_say_the_same() {
        let event = serde_json::to_value(progress().event()).unwrap();
        let page = progress().block(Some("/runs/1/events")).into_string();
        assert_eq!(event["state"], "going on");
        let text = event["text"].as_object().unwrap();
        for (hook, text) in text {
            let text = text.as_str().unwrap();
            let starts = page.find(&format!("data-text=\"{hook}\"")).unwrap();
            let shown = page[starts..].split(['<', '>']).nth(1).unwrap();
            assert_eq!(shown, text, "{hook}");
        }
        assert_eq!(event["text"]["left"], "about 3 min 20 s left");
        assert_eq!(event["text"]["done"], "1,200 of 5,000 rows");
    }

    #[test]
    fn rows_are_under_way_before_they_end() {
        let under_way = Progress {
            under_way: 1_400,
            ..progress()
        };
        assert_eq!(under_way.done(), "1,200 of 5,000 rows, 1,400 under way");
    }

    #[test]
    fn the_script_finds_a_badge_for_each_word() {
        let page = progress().block(None).into_string();
        let template = page.split("<template").nth(1).unwrap();
        for word in ["done", "rejected", "activated", "going on", "interrupted"] {
            assert!(
                template.contains(&format!("data-badge=\"{word}\"")),
                "{word}"
            );
        }
    }

    #[test]
    fn a_row_tells_its_cells() {
        let row = RowUpdate::new("00123", Outcome::Done).state(State::Activated);
        let row = serde_json::to_string(&row).unwrap();
        assert_eq!(
            row,
            r#"{"row":"00123","cells":{"outcome":"done","state":"activated"}}"#
        );
    }

    #[test]
    fn buttons_are_there_in_their_states_only() {
        let states = [JobState::GoingOn, JobState::Waiting];
        let there = when(&states, JobState::Waiting, html! {}).into_string();
        let hidden = when(&states, JobState::Paused, html! {}).into_string();
        assert!(there.contains(r#"data-when="going on,waiting""#) && !there.contains("hidden"));
        assert!(hidden.contains(" hidden"));
    }
}
