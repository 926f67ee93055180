//! A table with what stands around it: what is done with the selected rows, and the way to more.

use maud::{Markup, Render, html};

use super::form::Form;
use super::{Button, Frame, Icon, number, plural};

/// Holds a filter, a table, its bulk bar and its pager together: the script counts within it.
pub(crate) fn list(content: impl Render) -> Markup {
    html! { div.list data-list { (content) } }
}

/// What can be done with the selected rows. It stands below the table, sticks to the bottom of the
/// screen, and is only there while something is selected.
pub(crate) struct Bulk<'f> {
    frame: &'f Frame,
    form: String,
    action: String,
    matching: Option<u64>,
    hidden: Markup,
    buttons: Vec<Button>,
}

impl<'f> Bulk<'f> {
    /// `form` is the id that the table's checkboxes name. Each button has a value.
    pub(crate) fn new(
        frame: &'f Frame,
        form: impl Into<String>,
        action: impl Into<String>,
        buttons: Vec<Button>,
    ) -> Self {
        Self {
            frame,
            form: form.into(),
            action: action.into(),
            matching: None,
            hidden: html! {},
            buttons,
        }
    }

    /// Offers to take all that the filter matches, and not this page alone: the form then sends
    /// `all=yes` with the filter in `hidden`, and how many were `matching` when it was offered.
    pub(crate) fn matching(self, matching: u64, hidden: Markup) -> Self {
        let matching = Some(matching);
        Self {
            matching,
            hidden,
            ..self
        }
    }

    fn all(matching: u64) -> Markup {
        html! {
            (super::hidden("matching", &matching.to_string()))
            label.all {
                input type="checkbox" name="all" value="yes" data-all=(number(matching));
                "Select all " (number(matching)) " that match"
            }
        }
    }
}

impl Render for Bulk<'_> {
    fn render(&self) -> Markup {
        let content = html! {
            p.selected role="status" data-selected { "With the selected rows:" }
            @if let Some(matching) = self.matching { (Self::all(matching)) }
            (self.hidden)
            div.buttons { @for button in &self.buttons { (button) } }
        };
        let form = Form::new(self.frame, &*self.action, content);
        form.id(&*self.form).class("bulk").render()
    }
}

/// The way through the pages of a long list, without counting pages: from its first row onwards.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pager {
    /// The number of the first row that is shown, from 1; none where it is not known.
    pub(crate) from: Option<u64>,
    /// Rows on this page.
    pub(crate) shown: u64,
    /// Rows in all.
    pub(crate) total: u64,
    /// What a row is: `token`.
    pub(crate) noun: &'static str,
    /// Where there is something before this page.
    pub(crate) first: Option<String>,
    pub(crate) previous: Option<String>,
    /// Where there is something behind it.
    pub(crate) next: Option<String>,
}

impl Pager {
    /// One of pages of `size` rows, the first of them after so many others. `to` is the address of a page.
    pub(crate) fn of(
        noun: &'static str,
        (after, size): (usize, usize),
        (shown, total): (usize, usize),
        to: impl Fn(usize) -> String,
    ) -> Self {
        let before = after > 0;
        Self {
            // An address may name a place behind the last row.
            from: (after < total).then(|| after as u64 + 1),
            shown: shown as u64,
            total: total as u64,
            noun,
            first: before.then(|| to(0)),
            previous: before.then(|| to(after.saturating_sub(size))),
            next: (after + shown < total).then(|| to(after + shown)),
        }
    }

    fn counts(&self) -> String {
        let total = plural(self.total, self.noun);
        match self.from {
            Some(from) if self.shown < self.total => {
                let last = (from + self.shown).saturating_sub(1);
                format!("{}–{} of {total}", number(from), number(last))
            }
            None if self.next.is_some() => format!("{total}, and more"),
            _ => total,
        }
    }
}

impl Render for Pager {
    fn render(&self) -> Markup {
        let to = |label: &str, icon, href: &Option<String>| {
            let href = href.as_ref()?;
            Some(Button::secondary(label).icon(icon).small().to(href))
        };
        html! {
            nav.pager aria-label="Pages" {
                p { (self.counts()) }
                div.buttons {
                    @if let Some(first) = to("First", Icon::First, &self.first) { (first) }
                    @if let Some(back) = to("Previous", Icon::Previous, &self.previous) { (back) }
                    @if let Some(next) = to("Next", Icon::Next, &self.next) { (next.icon_last()) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_the_last_row_there_is_only_a_way_back() {
        for after in [3, usize::MAX] {
            let pager = Pager::of("token", (after, 2), (0, 3), |after| after.to_string());
            assert_eq!((pager.counts().as_str(), &pager.next), ("3 tokens", &None));
            assert_eq!(pager.first.as_deref(), Some("0"));
        }
    }

    #[test]
    fn a_pager_says_where_it_is() {
        let pager = |from, shown, total| {
            let noun = "token";
            let pager = Pager {
                from,
                shown,
                total,
                noun,
                ..Pager::default()
            };
            pager.counts()
        };
        assert_eq!(pager(Some(51), 50, 12_345), "51–100 of 12,345 tokens");
        assert_eq!(pager(Some(1), 1, 1), "1 token");
        let more = Pager {
            shown: 50,
            total: 50,
            noun: "record",
            next: Some("/audit?before=7".to_owned()),
            ..Pager::default()
        };
        assert_eq!(more.counts(), "50 records, and more");
    }

    #[test]
    fn the_bulk_form_offers_all_that_match_with_their_number() {
        let frame = Frame::default();
        let delete = Button::danger("Delete").value("do", "delete");
        let bulk = Bulk::new(&frame, "bulk", "/inventory/assign", vec![delete]);
        let bulk = bulk.matching(12_345, html! {}).render().into_string();
        assert!(bulk.contains(r#"id="bulk""#));
        assert!(bulk.contains(r#"name="matching" value="12345""#));
        assert!(bulk.contains("Select all 12,345 that match"));
        assert!(bulk.contains(r#"name="do" value="delete""#));
    }
}
