//! Buttons, and links that look like them.

use maud::{Markup, Render, html};

use super::Icon;

/// A button of a form, or a link.
#[derive(Clone, Debug)]
pub(crate) struct Button {
    look: &'static str,
    label: String,
    icon: Option<Icon>,
    href: Option<String>,
    name: Option<(String, String)>,
    form: Option<String>,
    about: Option<String>,
    typed: bool,
    small: bool,
    download: bool,
    icon_last: bool,
}

impl Button {
    /// What the page is for. One a form.
    pub(crate) fn primary(label: impl Into<String>) -> Self {
        Self::new("primary", label)
    }

    /// Anything else.
    pub(crate) fn secondary(label: impl Into<String>) -> Self {
        Self::new("secondary", label)
    }

    /// What cannot be taken back.
    pub(crate) fn danger(label: impl Into<String>) -> Self {
        Self::new("danger", label)
    }

    /// Small things beside others, without a frame.
    pub(crate) fn quiet(label: impl Into<String>) -> Self {
        Self::new("plain", label)
    }

    fn new(look: &'static str, label: impl Into<String>) -> Self {
        Self {
            look,
            label: label.into(),
            icon: None,
            href: None,
            name: None,
            form: None,
            about: None,
            typed: false,
            small: false,
            download: false,
            icon_last: false,
        }
    }

    pub(crate) fn icon(self, icon: Icon) -> Self {
        let icon = Some(icon);
        Self { icon, ..self }
    }

    /// The icon stands behind the label: it points onwards.
    pub(crate) fn icon_last(self) -> Self {
        let icon_last = true;
        Self { icon_last, ..self }
    }

    /// A link, where nothing is changed.
    pub(crate) fn to(self, href: impl Into<String>) -> Self {
        let href = Some(href.into());
        Self { href, ..self }
    }

    /// A link to a file to keep.
    pub(crate) fn download(self, href: impl Into<String>) -> Self {
        let download = true;
        Self { download, ..self }.to(href)
    }

    /// What the form says of the button that was pressed.
    pub(crate) fn value(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = Some((name.into(), value.into()));
        Self { name, ..self }
    }

    /// Belongs to the form with this id, wherever it stands.
    pub(crate) fn form(self, id: impl Into<String>) -> Self {
        let form = Some(id.into());
        Self { form, ..self }
    }

    /// What it is about, read out after the label where many buttons say the same: `Remove` (`key 7`).
    pub(crate) fn about(self, what: impl Into<String>) -> Self {
        let about = Some(what.into());
        Self { about, ..self }
    }

    pub(crate) fn small(self) -> Self {
        let small = true;
        Self { small, ..self }
    }

    pub(super) fn after_typing(self) -> Self {
        let typed = true;
        Self { typed, ..self }
    }

    fn class(&self) -> String {
        let small = if self.small { " small" } else { "" };
        format!("button {}{small}", self.look)
    }

    fn inside(&self) -> Markup {
        html! {
            @if let (Some(icon), false) = (self.icon, self.icon_last) { (icon) }
            span { (self.label) @if let Some(about) = &self.about { span.unseen { " " (about) } } }
            @if let (Some(icon), true) = (self.icon, self.icon_last) { (icon) }
        }
    }
}

impl Render for Button {
    fn render(&self) -> Markup {
        let name = self.name.as_ref();
        html! {
            @if let Some(href) = &self.href {
                a class=(self.class()) href=(href) download[self.download] { (self.inside()) }
            } @else {
                button class=(self.class()) type="submit" name=[name.map(|(name, _)| name)]
                    value=[name.map(|(_, value)| value)] form=[&self.form]
                    data-typed-button[self.typed] { (self.inside()) }
            }
        }
    }
}

/// Buttons in a row; below each other where there is no room.
pub(crate) fn buttons(content: impl Render) -> Markup {
    html! { div.buttons { (content) } }
}
