//! Where one is: in a wizard, or among the views of one thing.

use maud::{Markup, html};

use super::Icon;

/// The steps of a wizard. `current` counts from 0; those before it are done.
pub(crate) fn steps(labels: &[&str], current: usize) -> Markup {
    html! {
        ol.steps aria-label="Steps" { @for (at, label) in labels.iter().enumerate() {
            li class=[(at < current).then_some("done")] aria-current=[(at == current).then_some("step")] {
                @if at < current { (Icon::Done) span.unseen { "done: " } }
                @else { span.at aria-hidden="true" { (at + 1) } }
                span { (label) }
            }
        } }
    }
}

/// A view of what the page is about.
#[derive(Clone, Debug)]
pub(crate) struct Tab {
    label: String,
    href: String,
    current: bool,
}

impl Tab {
    pub(crate) fn new(label: impl Into<String>, href: impl Into<String>, current: bool) -> Self {
        Self {
            label: label.into(),
            href: href.into(),
            current,
        }
    }
}

/// Views beside each other, as links. `label` says of what.
pub(crate) fn tabs(label: &str, tabs: &[Tab]) -> Markup {
    html! {
        nav.tabs aria-label=(label) { ul { @for tab in tabs {
            li { a href=(tab.href) aria-current=[tab.current.then_some("page")] {
                (tab.label)
            } }
        } } }
    }
}
