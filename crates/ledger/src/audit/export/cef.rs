//! `ArcSight`'s Common Event Format, version 0: a header of fields between pipes, then `key=value` pairs.

use std::fmt::Write as _;
use std::io::{self, Write};

use provisioner::{Attempt, Outcome};

use super::{Origin, Record};
use crate::audit::Event;

pub(super) fn line(out: &mut dyn Write, record: &Record, origin: &Origin) -> io::Result<()> {
    let program = origin.actor.program.split_once(' ');
    let (product, version) = program.unwrap_or((origin.actor.program.as_str(), ""));
    let (name, severity) = weight(&record.event);
    let mut line = String::from("CEF:0|Oathkit");
    for field in [product, version, record.event.name(), name, severity] {
        line.push('|');
        header(&mut line, field);
    }
    line.push('|');
    let mut pairs = Pairs { line, custom: 0 };
    fill(&mut pairs, record, origin);
    pairs.line.push('\n');
    out.write_all(pairs.line.as_bytes())
}

fn fill(pairs: &mut Pairs, record: &Record, origin: &Origin) {
    let (step, user, name) = record.call();
    let actor = &origin.actor;
    pairs.add("rt", Some(&record.at.to_string()));
    pairs.add("externalId", Some(&record.seq.to_string()));
    pairs.add("suser", Some(&actor.user));
    pairs.add("shost", Some(&actor.host));
    pairs.add("duid", user);
    pairs.add("duser", name);
    pairs.add("act", step.map(ToString::to_string).as_deref());
    let (outcome, reason) = end(&record.event);
    pairs.add("outcome", outcome);
    pairs.add("reason", reason);
    pairs.add_custom("serial", record.serial());
    pairs.add_custom("run", Some(&record.run));
    pairs.add_custom("plan", origin.plan.as_deref());
    let tenant = origin.tenant.as_ref().map(ToString::to_string);
    pairs.add_custom("tenant", tenant.as_deref());
    match &record.event {
        Event::Outcome { token, request, .. } => {
            pairs.add_custom("token", token.as_ref().map(|token| token.0.as_str()));
            pairs.add_custom("request", request.as_deref());
        }
        Event::RowEnded {
            state,
            activated_by,
            ..
        } => {
            pairs.add_custom("state", state.map(provisioner::State::name));
            pairs.add_custom("activated by", activated_by.as_deref());
        }
        Event::RunBegun { file, .. } => pairs.add_custom("file", Some(file.as_str())),
        Event::Intent {
            time_step: Some(step),
            ..
        } => pairs.add_custom("time step", Some(&step.to_string())),
        _ => {}
    }
}

/// A name for people and the severity, 0 to 10.
fn weight(event: &Event) -> (&'static str, &'static str) {
    match event {
        Event::RunBegun { .. } => ("Run begun", "3"),
        Event::RunResumed { .. } => ("Run resumed", "3"),
        Event::RunPaused { .. } => ("Run ended or paused", "1"),
        Event::Intent { .. } => ("Call about to be made", "1"),
        Event::Outcome { attempt, .. } => match attempt {
            Attempt::Done => ("Call succeeded", "3"),
            Attempt::NotDone => ("Call refused", "5"),
            Attempt::Unknown => ("Call without a clear end", "5"),
        },
        Event::RowEnded { outcome, .. } => match outcome {
            Outcome::Done | Outcome::Unchanged => ("Token as wanted", "3"),
            Outcome::Pending => ("Token left open", "4"),
            Outcome::Failed | Outcome::Conflict | Outcome::Rejected => ("Token not as wanted", "6"),
        },
    }
}

/// How a call or a row ended, and why.
fn end(event: &Event) -> (Option<&'static str>, Option<&str>) {
    match event {
        Event::Outcome {
            attempt, problem, ..
        } => (
            Some(crate::entries::attempt_name(*attempt)),
            problem.as_deref(),
        ),
        Event::RowEnded { outcome, error, .. } => (Some(outcome.name()), error.as_deref()),
        _ => (None, None),
    }
}

/// The extension under way.
struct Pairs {
    line: String,
    /// Custom strings used; there are six.
    custom: usize,
}

impl Pairs {
    fn add(&mut self, key: &str, text: Option<&str>) {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return;
        };
        if !self.line.ends_with('|') {
            self.line.push(' ');
        }
        let _ = write!(self.line, "{key}=");
        value(&mut self.line, text);
    }

    fn add_custom(&mut self, label: &str, text: Option<&str>) {
        if text.is_some_and(|text| !text.is_empty()) {
            self.custom += 1;
            let key = format!("cs{}", self.custom);
            self.add(&format!("{key}Label"), Some(label));
            self.add(&key, text);
        }
    }
}

/// In the header, the backslash and the pipe are escaped, and no line may end.
fn header(line: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '\\' | '|' => line.extend(['\\', letter]),
            _ => line.push(visible(letter)),
        }
    }
}

/// In a value, the backslash, the equals sign and the ends of lines are escaped.
fn value(line: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '\\' | '=' => line.extend(['\\', letter]),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            _ => line.push(visible(letter)),
        }
    }
}

/// Control characters and the line ends of Unicode could forge an event of their own.
fn visible(letter: char) -> char {
    match letter {
        '\u{2028}' | '\u{2029}' => char::REPLACEMENT_CHARACTER,
        letter if letter.is_control() => char::REPLACEMENT_CHARACTER,
        letter => letter,
    }
}
