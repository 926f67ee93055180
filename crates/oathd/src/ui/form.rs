//! Forms: those that change something carry what proves where they come from, and a word that lets
//! them count once.

use maud::{Markup, PreEscaped, Render, html};

use super::{Address, Button, Frame};

/// A form that changes something, with all that can be said of it.
pub(crate) struct Form<'f> {
    frame: &'f Frame,
    action: String,
    id: Option<String>,
    files: bool,
    now: bool,
    class: &'static str,
    content: Markup,
}

impl<'f> Form<'f> {
    pub(crate) fn new(frame: &'f Frame, action: impl Into<String>, content: Markup) -> Self {
        Self {
            frame,
            action: action.into(),
            id: None,
            files: false,
            now: false,
            class: "fields",
            content,
        }
    }

    /// By this id, controls that stand elsewhere belong to it.
    pub(crate) fn id(self, id: impl Into<String>) -> Self {
        let id = Some(id.into());
        Self { id, ..self }
    }

    /// Takes files.
    pub(crate) fn files(self) -> Self {
        let files = true;
        Self { files, ..self }
    }

    pub(super) fn class(self, class: &'static str) -> Self {
        Self { class, ..self }
    }
}

impl Render for Form<'_> {
    fn render(&self) -> Markup {
        let enctype = self.files.then_some("multipart/form-data");
        html! {
            form class=(self.class) id=[&self.id] method="post" action=(self.action) enctype=[enctype]
                data-submit-now[self.now] {
                (hidden("csrf", &self.frame.csrf))
                (hidden("once", &self.frame.once))
                (self.content)
            }
        }
    }
}

/// A form that changes something.
pub(crate) fn form(frame: &Frame, action: impl Into<String>, content: Markup) -> Markup {
    Form::new(frame, action, content).render()
}

/// A form with files.
pub(crate) fn upload(frame: &Frame, action: impl Into<String>, content: Markup) -> Markup {
    Form::new(frame, action, content).files().render()
}

/// A button that is a form of its own, for what is done without further questions.
pub(crate) fn post_button(frame: &Frame, action: impl Into<String>, button: &Button) -> Markup {
    Form::new(frame, action, button.render())
        .class("inline")
        .render()
}

/// The form of the one-time address: the script sends it at once, and without it there is the button.
pub(crate) fn sign_in_now(frame: &Frame, action: impl Into<String>, content: Markup) -> Markup {
    let form = Form::new(frame, action, content);
    Form { now: true, ..form }.render()
}

/// A bar of fields that only change what is shown. `view` is the present address: its path is asked
/// again, the parameters named in `keep` stay, and a page further on is left for the first.
pub(crate) fn filter(
    view: &Address,
    keep: &[&str],
    clear: &Address,
    content: impl Render,
) -> Markup {
    let path = view.to_string();
    let path = path.split('?').next().unwrap_or_default();
    let kept = view.parameters().filter(|(name, _)| keep.contains(name));
    html! {
        search {
            form.filter method="get" action=(path) {
                @for (name, value) in kept { (hidden(name, value)) }
                (content)
                div.buttons {
                    (Button::secondary("Filter"))
                    (Button::quiet("Clear").to(clear.clone()))
                }
            }
        }
    }
}

/// A field nobody sees.
pub(crate) fn hidden(name: &str, value: &str) -> PreEscaped<String> {
    html! { input type="hidden" name=(name) value=(value); }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_carries_where_it_comes_from_and_its_word() {
        let frame = Frame {
            csrf: "c1".into(),
            once: "o1".into(),
            ..Frame::default()
        };
        let form = form(&frame, "/import", html! { p { "here" } }).into_string();
        assert!(form.contains(r#"<input type="hidden" name="csrf" value="c1">"#));
        assert!(form.contains(r#"<input type="hidden" name="once" value="o1">"#));
        assert!(form.contains(r#"method="post" action="/import""#));
        assert!(!form.contains("enctype"));
        let files = upload(&frame, "/import", html! {}).into_string();
        assert!(files.contains(r#"enctype="multipart/form-data""#));
    }

    #[test]
    fn a_filter_keeps_the_order_and_leaves_the_page() {
        let view = Address::of(["inventory", "entra"]);
        let view = view.with("sort", "-serial").with("after", "17");
        let bar = filter(&view, &["sort"], &view.clone().without("after"), html! {});
        let bar = bar.into_string();
        assert!(bar.contains(r#"action="/inventory/entra""#));
        assert!(bar.contains(r#"name="sort" value="-serial""#));
        assert!(!bar.contains("after"));
        assert!(!bar.contains("csrf"));
    }
}
