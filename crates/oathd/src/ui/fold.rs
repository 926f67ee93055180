//! What not everybody needs: folded away.

use maud::{Markup, Render, html};

use super::Icon;

/// A part of a page that opens when it is asked for. `next` says who needs it.
pub(crate) fn fold(icon: Icon, what: &str, next: &str, open: bool, content: impl Render) -> Markup {
    html! {
        details.group.quiet open[open] {
            summary {
                (icon)
                span { span.what { (what) } span.next { (next) } }
            }
            div.inside { (content) }
        }
    }
}
