//! What happened, and what to do next.

use maud::{Markup, Render, html};
use provisioner::{Finding, Problem};

use super::names::in_forms;
use super::{Badge, Tone, capital, number, sentence};

/// A block that says something: what, and what can be done.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    tone: Tone,
    what: String,
    next: Option<String>,
    actions: Option<Markup>,
    answers: bool,
}

impl Notice {
    pub(crate) fn new(tone: Tone, what: impl Into<String>) -> Self {
        Self {
            tone,
            what: capital(&in_forms(&what.into())),
            next: None,
            actions: None,
            answers: false,
        }
    }

    /// What a person can do.
    pub(crate) fn next(self, next: impl Into<String>) -> Self {
        let next = Some(sentence(&next.into()));
        Self { next, ..self }
    }

    /// Buttons, or more to read.
    pub(crate) fn actions(self, actions: Markup) -> Self {
        let actions = Some(actions);
        Self { actions, ..self }
    }
}

impl Render for Notice {
    fn render(&self) -> Markup {
        let word = match self.tone {
            Tone::Warning => Some("Warning: "),
            Tone::Bad => Some("Error: "),
            Tone::Quiet | Tone::Info | Tone::Good => None,
        };
        html! {
            div.notice.(self.tone.class()) role=[self.answers.then_some("alert")]
                tabindex=[self.answers.then_some("-1")] autofocus[self.answers] {
                (self.tone.icon())
                div {
                    p.what { @if let Some(word) = word { span.unseen { (word) } } (self.what) }
                    @if let Some(next) = &self.next { p.next { (next) } }
                    @if let Some(actions) = &self.actions { div.buttons { (actions) } }
                }
            }
        }
    }
}

/// What keeps something from being done.
pub(crate) fn problem(problem: &Problem) -> Notice {
    Notice::new(Tone::Bad, sentence(&problem.message)).next(&*problem.next)
}

/// The same as the answer to a form: it is read out, and reading goes on there.
pub(crate) fn refused(why: &Problem) -> Notice {
    let answers = true;
    Notice {
        answers,
        ..problem(why)
    }
}

/// One thing that was looked at, as an item of a list: `ul.findings`.
pub(crate) fn finding(finding: &Finding) -> Markup {
    html! {
        li.finding {
            (Badge::from(finding.health))
            div {
                p.what { span.check { (finding.check) } " " (in_forms(&finding.message)) }
                @if let Some(next) = &finding.next { p.next { (sentence(next)) } }
            }
        }
    }
}

/// The same problem in many rows: its rows are folded in.
#[derive(Clone, Debug)]
pub(crate) struct ProblemGroup {
    tone: Tone,
    what: String,
    next: String,
    count: usize,
    rows: Markup,
}

impl ProblemGroup {
    /// `rows` is what is folded in: a table, or a list.
    pub(crate) fn new(
        tone: Tone,
        count: usize,
        what: impl Into<String>,
        next: impl Into<String>,
        rows: Markup,
    ) -> Self {
        Self {
            tone,
            what: what.into(),
            next: next.into(),
            count,
            rows,
        }
    }
}

impl Render for ProblemGroup {
    fn render(&self) -> Markup {
        let rows = if self.count == 1 { "row" } else { "rows" };
        html! {
            details.group.(self.tone.class()) {
                summary {
                    (self.tone.icon())
                    span {
                        span.what { (self.what) }
                        span.next { (self.next) }
                    }
                    span.count { (number(self.count)) " " (rows) }
                }
                div.inside { (self.rows) }
            }
        }
    }
}
