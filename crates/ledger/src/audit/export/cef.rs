//! `ArcSight`'s Common Event Format, version 0: a header of fields between pipes, then `key=value` pairs.

use std::io::{self, Write};

use provisioner::{Attempt, Outcome, State};

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
    let mut pairs = Pairs { line, blank: "" };
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
    let tenant = origin.tenant.as_ref().map(ToString::to_string);
    pairs.label("cs1", "run", Some(&record.run));
    pairs.label("cs2", "plan", origin.plan.as_deref());
    pairs.label("cs3", "tenant", tenant.as_deref());
    pairs.label("cs4", "serial", record.serial());
    match &record.event {
        Event::RunBegun { file, .. } => pairs.add("fileHash", Some(file.as_str())),
        Event::Intent { time_step, .. } => {
            let time_step = time_step.map(|step| step.to_string());
            pairs.label("cn1", "time step", time_step.as_deref());
        }
        Event::Outcome { token, request, .. } => {
            pairs.label("cs5", "request", request.as_deref());
            pairs.label("cs6", "token", token.as_ref().map(|token| token.0.as_str()));
        }
        Event::RowEnded {
            state,
            activated_by,
            ..
        } => {
            pairs.label("cs5", "state", state.map(State::name));
            pairs.label("cs6", "activated by", activated_by.as_deref());
        }
        Event::Recorded { token, .. } => pairs.label("cs6", "token", Some(&token.0)),
        Event::RunResumed { .. } | Event::RunPaused { .. } => {}
    }
}

/// A name for people and the severity, 0 to 10.
fn weight(event: &Event) -> (&'static str, &'static str) {
    match event {
        Event::RunBegun { .. } => ("Run begun", "3"),
        Event::RunResumed { .. } => ("Run resumed", "3"),
        Event::RunPaused { .. } => ("Run ended or paused", "1"),
        Event::Recorded { .. } => ("Token recorded", "3"),
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
    /// What stands before the next pair.
    blank: &'static str,
}

impl Pairs {
    /// Adds a pair, where there is something to say.
    fn add(&mut self, key: &str, text: Option<&str>) {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return;
        };
        self.line.extend([self.blank, key, "="]);
        self.blank = " ";
        value(&mut self.line, text);
    }

    /// Adds a pair whose key has no meaning of its own.
    fn label(&mut self, key: &str, label: &str, text: Option<&str>) {
        if text.is_some_and(|text| !text.is_empty()) {
            self.add(&format!("{key}Label"), Some(label));
            self.add(key, text);
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
