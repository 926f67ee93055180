//! The smaller things that pages are made of.

use maud::{Markup, Render, html};

use super::{Icon, Tone, number};

/// A part of a page under a heading of its own.
pub(crate) fn section(id: &str, title: &str, content: impl Render) -> Markup {
    let heading = format!("{id}-title");
    html! {
        section id=(id) aria-labelledby=(heading) {
            h2 id=(heading) { (title) }
            (content)
        }
    }
}

/// As [`section`], in a frame.
pub(crate) fn panel(id: &str, title: &str, content: impl Render) -> Markup {
    let heading = format!("{id}-title");
    html! {
        section.panel id=(id) aria-labelledby=(heading) {
            h2 id=(heading) { (title) }
            (content)
        }
    }
}

/// Two columns where there is room: what the page is about, and what stands beside it.
pub(crate) fn columns(main: impl Render, beside: impl Render) -> Markup {
    html! { div.columns { div { (main) } div { (beside) } } }
}

/// One line that explains.
pub(crate) fn help(text: &str) -> Markup {
    html! { p.hint { (text) } }
}

/// Words with what they stand for: the properties of a token.
pub(crate) fn facts(facts: &[(&str, Markup)]) -> Markup {
    html! {
        dl.facts { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } }
    }
}

/// A number that leads to what it counts.
#[derive(Clone, Debug)]
pub(crate) struct Tile {
    label: String,
    count: u64,
    href: String,
    icon: Icon,
    tone: Tone,
}

impl Tile {
    pub(crate) fn new(
        label: impl Into<String>,
        count: u64,
        icon: Icon,
        href: impl Into<String>,
    ) -> Self {
        Self {
            label: label.into(),
            count,
            href: href.into(),
            icon,
            tone: Tone::Quiet,
        }
    }

    /// For what wants a look; of none, it stays quiet.
    pub(crate) fn tone(self, tone: Tone) -> Self {
        let tone = if self.count == 0 { Tone::Quiet } else { tone };
        Self { tone, ..self }
    }
}

/// Numbers beside each other.
pub(crate) fn tiles(tiles: &[Tile]) -> Markup {
    html! {
        ul.tiles { @for tile in tiles {
            li { a.tile.(tile.tone.class()) href=(tile.href) {
                span.label { (tile.icon) (tile.label) }
                span.number { (number(tile.count)) }
            } }
        } }
    }
}

/// What stands where nothing is yet.
#[derive(Clone, Debug)]
pub(crate) struct Empty {
    icon: Icon,
    title: String,
    next: String,
    actions: Option<Markup>,
}

impl Empty {
    /// `next` says what to do.
    pub(crate) fn new(icon: Icon, title: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            icon,
            title: title.into(),
            next: next.into(),
            actions: None,
        }
    }

    pub(crate) fn actions(self, actions: Markup) -> Self {
        let actions = Some(actions);
        Self { actions, ..self }
    }
}

impl Render for Empty {
    fn render(&self) -> Markup {
        html! {
            div.empty {
                (self.icon)
                p.what { (self.title) }
                p { (self.next) }
                @if let Some(actions) = &self.actions { div.buttons { (actions) } }
            }
        }
    }
}

/// Something that happened, in a history.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) tone: Tone,
    pub(crate) icon: Icon,
    pub(crate) what: Markup,
    /// When, and by whom.
    pub(crate) note: Markup,
}

/// What happened, the newest first.
pub(crate) fn history(events: &[Event]) -> Markup {
    html! {
        ol.history { @for event in events {
            li.(event.tone.class()) {
                (event.icon)
                div { p.what { (event.what) } p.note { (event.note) } }
            }
        } }
    }
}

/// Text that is copied from here to a terminal. `label` says what it is.
pub(crate) fn code_block(label: &str, text: &str) -> Markup {
    html! {
        div.code data-copied {
            pre tabindex="0" role="region" aria-label=(label) { code data-copy-text { (text) } }
            (copy(label))
        }
    }
}

/// A short text that is copied from here, within a line.
pub(crate) fn copyable(label: &str, text: &str) -> Markup {
    html! {
        span.copyable data-copied { span.mono data-copy-text { (text) } (copy(label)) }
    }
}

fn copy(label: &str) -> Markup {
    html! {
        button.button.plain.small.copy type="button" data-copy hidden {
            (Icon::Copy) span { span data-copy-said { "Copy" } span.unseen { " " (label) } }
        }
    }
}
