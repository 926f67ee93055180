//! The icons, drawn for this server: one sprite a page, and a reference where one is shown.

use maud::{Markup, PreEscaped, Render, html};

const SPRITE: &str = include_str!("icons.svg");

/// A picture beside a word, never instead of one: it is hidden from screen readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    Mark,
    Home,
    Inventory,
    Import,
    HelpDesk,
    Users,
    Runs,
    Audit,
    Calls,
    Settings,
    Imported,
    Assigned,
    Activated,
    Unreadable,
    Done,
    Unchanged,
    Failed,
    Conflict,
    Pending,
    Rejected,
    GoingOn,
    Paused,
    Interrupted,
    Cancelled,
    Finished,
    Warning,
    Info,
    Entra,
    Okta,
    Ascending,
    Descending,
    Sortable,
    First,
    Previous,
    Next,
    Delete,
    Copy,
    Download,
    Key,
    Person,
    Replace,
    Link,
    Menu,
    SignOut,
    Sandbox,
    Light,
    Dark,
    Auto,
}

impl Icon {
    fn name(self) -> &'static str {
        match self {
            Self::Mark => "mark",
            Self::Home => "home",
            Self::Inventory => "inventory",
            Self::Import => "import",
            Self::HelpDesk => "help-desk",
            Self::Users => "users",
            Self::Runs => "runs",
            Self::Audit => "audit",
            Self::Calls => "calls",
            Self::Settings => "settings",
            Self::Imported => "imported",
            Self::Assigned => "assigned",
            Self::Activated => "activated",
            Self::Unreadable => "unreadable",
            Self::Done => "done",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Conflict => "conflict",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
            Self::GoingOn => "going-on",
            Self::Paused => "paused",
            Self::Interrupted => "interrupted",
            Self::Cancelled => "cancelled",
            Self::Finished => "finished",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::Entra => "entra",
            Self::Okta => "okta",
            Self::Ascending => "ascending",
            Self::Descending => "descending",
            Self::Sortable => "sortable",
            Self::First => "first",
            Self::Previous => "previous",
            Self::Next => "next",
            Self::Delete => "delete",
            Self::Copy => "copy",
            Self::Download => "download",
            Self::Key => "key",
            Self::Person => "person",
            Self::Replace => "replace",
            Self::Link => "link",
            Self::Menu => "menu",
            Self::SignOut => "sign-out",
            Self::Sandbox => "sandbox",
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Auto => "auto",
        }
    }
}

impl Render for Icon {
    fn render(&self) -> Markup {
        html! {
            svg.icon aria-hidden="true" focusable="false" { use href={ "#i-" (self.name()) } {} }
        }
    }
}

/// All pictures, once a page.
pub(super) fn sprite() -> Markup {
    PreEscaped(SPRITE.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_is_in_the_sprite() {
        let all = [
            Icon::Mark,
            Icon::Home,
            Icon::Inventory,
            Icon::Import,
            Icon::HelpDesk,
            Icon::Users,
            Icon::Runs,
            Icon::Audit,
            Icon::Calls,
            Icon::Settings,
            Icon::Imported,
            Icon::Assigned,
            Icon::Activated,
            Icon::Unreadable,
            Icon::Done,
            Icon::Unchanged,
            Icon::Failed,
            Icon::Conflict,
            Icon::Pending,
            Icon::Rejected,
            Icon::GoingOn,
            Icon::Paused,
            Icon::Interrupted,
            Icon::Cancelled,
            Icon::Finished,
            Icon::Warning,
            Icon::Info,
            Icon::Entra,
            Icon::Okta,
            Icon::Ascending,
            Icon::Descending,
            Icon::Sortable,
            Icon::First,
            Icon::Previous,
            Icon::Next,
            Icon::Delete,
            Icon::Copy,
            Icon::Download,
            Icon::Key,
            Icon::Person,
            Icon::Replace,
            Icon::Link,
            Icon::Menu,
            Icon::SignOut,
            Icon::Sandbox,
            Icon::Light,
            Icon::Dark,
            Icon::Auto,
        ];
        for icon in all {
            assert!(
                SPRITE.contains(&format!("id=\"i-{}\"", icon.name())),
                "{icon:?}"
            );
        }
        assert_eq!(SPRITE.matches("<symbol").count(), all.len());
    }
}
