//! Files that were sent and checked, and wait for somebody to go on with them.

use maud::{Markup, html};

use crate::door::Role;
use crate::drafts::{Draft, Waiting};
use crate::pages::{Page, draft, goals};
use crate::ui::{self, Button, Column, Icon, Notice, Row, Table, Tone};

pub(super) fn section(page: &Page) -> Markup {
    let waiting = waiting(page);
    if waiting.is_empty() {
        return html! {};
    }
    let columns = vec![
        Column::new("File").heads_rows().roomy(),
        Column::new("Came").tight(),
        Column::new("Tokens").number(),
        Column::new("What is to be done"),
        Column::new("Kept until").tight(),
        Column::new("Discard").tight(),
    ];
    let rows = waiting.iter().map(|waiting| row(page, waiting)).collect();
    let content = html! {
        (Table::new("Files that wait", columns, rows))
        (ui::help("Nothing was sent for them. Whoever opens one keeps it for another hour; then it is wiped."))
    };
    ui::section("waiting", "Files that wait", content)
}

/// How many there are, for the start page.
pub(in crate::pages) fn notice(page: &Page) -> Markup {
    let what = match waiting(page).len() {
        0 => return html! {},
        1 => "1 file waits to be carried out.".to_owned(),
        many => format!("{} files wait to be carried out.", ui::number(many)),
    };
    let action = Button::secondary("Show what waits").to("/import#waiting");
    html! { (Notice::new(Tone::Info, what).actions(html! { (action) })) }
}

/// Those of this person: nobody else may open them.
fn waiting(page: &Page) -> Vec<Waiting> {
    if !page.caller.may(Role::Operator) {
        return Vec::new();
    }
    let app = &page.app;
    app.drafts.waiting(&page.caller.name, app.clock.monotonic())
}

fn row(page: &Page, waiting: &Waiting) -> Row {
    let of = &waiting.draft;
    let now = page.app.clock.unix();
    let discard = Button::quiet("Discard it").icon(Icon::Delete).small();
    let discard = discard.about(name(of));
    let to = draft::address(&of.id);
    Row::new(vec![
        html! { a href=(to) { (name(of)) } },
        ui::moment(now.saturating_sub(waiting.age).as_secs()),
        html! { @if let Some(look) = of.look().0 { (ui::number(look.usable(&draft::targets(page, of)))) } },
        wanted(of),
        ui::moment((now + waiting.left).as_secs()),
        ui::post_button(&page.frame, format!("{to}/discard"), &discard),
    ])
}

fn name(draft: &Draft) -> String {
    let name = draft.upload().map(|upload| upload.about.name.clone());
    match name {
        Some(name) if !name.is_empty() => name,
        _ => "a file without a name".to_owned(),
    }
}

fn wanted(draft: &Draft) -> Markup {
    match draft.chosen() {
        Some(wish) => html! { (goals::deed(wish.idp.name(), wish.goal)) " in " (wish.idp.title()) },
        None => html! { "not chosen yet" },
    }
}
