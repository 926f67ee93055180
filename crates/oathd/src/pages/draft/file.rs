//! What a file holds, and what is wrong with it.

use std::collections::BTreeMap;
use std::fmt::Write;

use maud::{Markup, html};
use provisioner::Misfit;
use seedfile::{Finding, Group, Severity, Source as Known};

use super::address;
use crate::drafts::{Draft, Look};
use crate::places::Idp;
use crate::ui::{self, Button, Column, Icon, ProblemGroup, Row, Table, Tone};

/// So many reasons are shown of tokens that do not fit.
const KINDS: usize = 20;
/// So many serial numbers stand for all.
const SHOWN: usize = 50;

pub(super) fn facts(draft: &Draft, look: &Look, targets: &[Idp]) -> Markup {
    let survey = &look.survey;
    let unread = survey.unread.join(", ");
    let facts = [
        ("File", html! { (name(draft)) }),
        (
            "Format",
            html! { (survey.format.name()) ", " (survey.encoding) },
        ),
        (
            "Tokens",
            html! { (ui::number(look.usable(targets))) " that can be used" (fewer(look, targets)) },
        ),
        ("Rejected", html! { (ui::plural(survey.rejected(), "row")) }),
        (
            "Nothing was read from",
            html! {
                @if unread.is_empty() { "no column: all were read" } @else { (unread) }
            },
        ),
    ];
    let content = html! {
        (ui::facts(&facts))
        @if !survey.groups.is_empty() { (groups(&survey.groups)) }
        p { (Button::secondary("Show its rows").small().to(format!("{}/rows", address(&draft.id)))) }
    };
    ui::panel("file", "The file", content)
}

/// Where one of the places takes fewer than all together do.
fn fewer(look: &Look, targets: &[Idp]) -> String {
    let all = look.usable(targets);
    let each = targets.iter().map(|idp| (idp, look.usable(&[*idp])));
    let fewer: Vec<String> = each
        .filter(|(_, count)| *count < all)
        .map(|(idp, count)| format!("{} in {}", ui::number(count), idp.title()))
        .collect();
    match fewer.is_empty() {
        true => String::new(),
        false => format!(", {}", fewer.join(", ")),
    }
}

fn name(draft: &Draft) -> String {
    let upload = draft.upload();
    upload.map_or_else(String::new, |upload| upload.about.name.clone())
}

/// The kinds of tokens.
fn groups(groups: &[Group]) -> Markup {
    let columns = vec![
        Column::new("Kind").heads_rows(),
        Column::new("Codes"),
        Column::new("Tokens").number(),
        Column::new("With a user").number(),
    ];
    let row = |group: &Group| {
        Row::new(vec![
            html! { (kind(&group.manufacturer, &group.model)) },
            html! { (codes(group)) },
            html! { (ui::number(group.tokens)) },
            html! { (ui::number(group.held)) },
        ])
    };
    let table = Table::new("Kinds of tokens", columns, groups.iter().map(row).collect());
    html! { (table) }
}

pub(super) fn kind(manufacturer: &str, model: &str) -> String {
    let words = [manufacturer, model]
        .into_iter()
        .filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    match words.as_slice() {
        [] => "not named".to_owned(),
        words => words.join(" "),
    }
}

fn codes(group: &Group) -> String {
    let every = match group.period {
        Some(period) => format!("every {} s", period.seconds()),
        None => "counts events".to_owned(),
    };
    let source = match group.algorithm_source {
        Known::Length => " (by the length of the key)",
        Known::Option => " (as you said)",
        _ => "",
    };
    let digits = group.digits.get();
    format!("{}{source}, {digits} digits, {every}", group.algorithm)
}

/// What is wrong with rows, each thing once; then what is only odd.
pub(super) fn problems(draft: &Draft, look: &Look, targets: &[Idp]) -> Markup {
    let rejected = look.survey.rejected();
    let unfit = look.unfit(targets).len();
    let word = look.survey.format.row_word();
    let title = match rejected + unfit {
        0 => "Nothing is wrong with it".to_owned(),
        1 => "1 row cannot be used".to_owned(),
        many => format!("{} rows cannot be used", ui::number(many)),
    };
    let next = match look.usable(targets) {
        0 => "No row can be used. Mend the file and send it again.",
        _ => "The others can. Mend the file and send it again, or go on without these rows.",
    };
    let content = html! {
        @if rejected + unfit > 0 { p { (next) } }
        @for finding in &look.findings { (group(finding, word)) }
        @for idp in targets { (misfits(look, *idp)) }
        @if rejected + unfit > 0 { (ways(draft)) }
    };
    ui::section("problems", &title, content)
}

/// All rows that are wrong: as a page, and as a file.
fn ways(draft: &Draft) -> Markup {
    let address = address(&draft.id);
    let buttons = html! {
        (Button::secondary("Show only wrong rows").small().to(format!("{address}/rows?show=wrong")))
        (Button::secondary("Rejected rows as CSV").icon(Icon::Download).small()
            .download(format!("{address}/rejected.csv")))
    };
    html! { (ui::buttons(buttons)) (ui::help("The CSV has no seeds in it.")) }
}

fn group(finding: &Finding, word: &str) -> ProblemGroup {
    let tone = match finding.severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Warning,
    };
    let what = match finding.field {
        Some(field) => format!("{field}: {}", finding.message),
        None => finding.message.clone(),
    };
    let rows = html! { p { (word) "s " (rows(finding)) } };
    ProblemGroup::new(tone, finding.count, what, finding.help, rows)
}

/// `2, 5–9, 12`
fn rows(finding: &Finding) -> String {
    let mut text = String::new();
    for range in &finding.rows {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = match range.start() == range.end() {
            true => write!(text, "{comma}{}", range.start()),
            false => write!(text, "{comma}{}–{}", range.start(), range.end()),
        };
    }
    let shown: usize = finding
        .rows
        .iter()
        .map(|range| range.end() - range.start() + 1)
        .sum();
    if shown < finding.count {
        let _ = write!(text, " and {} more", ui::number(finding.count - shown));
    }
    text
}

/// Tokens that a place would not take, by what it has against them.
fn misfits(look: &Look, idp: Idp) -> Markup {
    let misfits = look.misfits(idp).unwrap_or_default();
    let mut kinds: BTreeMap<&str, Vec<&Misfit>> = BTreeMap::new();
    for misfit in misfits.iter() {
        kinds
            .entry(&misfit.problem.message)
            .or_default()
            .push(misfit);
    }
    html! { @for (what, of) in kinds.iter().take(KINDS) { (misfit_group(idp, what, of)) } }
}

fn misfit_group(idp: Idp, what: &str, of: &[&Misfit]) -> Markup {
    let next = of.first().map_or("", |misfit| &*misfit.problem.next);
    let rows = html! {
        p {
            @for misfit in of.iter().take(SHOWN) { (misfit.serial) " " }
            @if of.len() > SHOWN { "and " (ui::number(of.len() - SHOWN)) " more" }
        }
    };
    let what = format!("Not for {}: {what}", idp.title());
    html! { (ProblemGroup::new(Tone::Warning, of.len(), what, next, rows)) }
}
