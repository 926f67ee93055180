//! Fields: each with its label, and its hint and its error linked to it.

use maud::{Markup, html};

use super::{Icon, capital};

mod kinds;

/// What is wrong with the fields of a form, by their names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Errors(Vec<(String, String)>);

impl Errors {
    /// Adds what is wrong with a field, and what to do.
    pub(crate) fn add(&mut self, name: impl Into<String>, message: impl Into<String>) {
        self.0.push((name.into(), capital(&message.into())));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with one field.
    pub(crate) fn of(&self, name: &str) -> Option<&str> {
        let mut errors = self.0.iter();
        let (_, message) = errors.find(|(field, _)| field == name)?;
        Some(message)
    }

    /// All of them on top of a form, each a link to its field; nothing where nothing is wrong.
    pub(crate) fn summary(&self) -> Markup {
        let count = self.0.len();
        html! {
            @if !self.is_empty() {
                div.notice.bad role="alert" tabindex="-1" autofocus {
                    (Icon::Failed)
                    div {
                        p.what { @if count == 1 { "One field needs a change." }
                            @else { (count) " fields need a change." } }
                        ul { @for (name, message) in &self.0 {
                            li { a href={ "#" (id_of(name)) } { (message) } }
                        } }
                    }
                }
            }
        }
    }
}

/// One of several things to choose from.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    value: String,
    label: String,
    hint: Option<String>,
}

impl Choice {
    pub(crate) fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
            hint: None,
        }
    }

    /// What it means, shown with radio buttons.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        let hint = Some(hint.into());
        Self { hint, ..self }
    }
}

/// A field. The last call says of which kind it is: `Field::new("tenant", "Tenant").text()`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Field {
    name: String,
    label: String,
    id: String,
    value: String,
    hint: Option<String>,
    error: Option<String>,
    autocomplete: Option<&'static str>,
    required: bool,
    optional: bool,
    focus: bool,
    mono: bool,
    short: bool,
}

impl Field {
    pub(crate) fn new(name: impl Into<String>, label: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            id: id_of(&name),
            name,
            label: label.into(),
            ..Self::default()
        }
    }

    /// What is in it, or what is chosen.
    pub(crate) fn value(self, value: impl Into<String>) -> Self {
        let value = value.into();
        Self { value, ..self }
    }

    /// One line that helps to fill it in.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        let hint = Some(hint.into());
        Self { hint, ..self }
    }

    /// What is wrong with it, if anything is.
    pub(crate) fn error(self, error: Option<impl Into<String>>) -> Self {
        let error = error.map(Into::into);
        Self { error, ..self }
    }

    /// Takes its error from those of the form.
    pub(crate) fn errors(self, errors: &Errors) -> Self {
        let error = errors.of(&self.name).map(str::to_owned);
        self.error(error)
    }

    pub(crate) fn required(self) -> Self {
        let required = true;
        Self { required, ..self }
    }

    /// Says so beside the label.
    pub(crate) fn optional(self) -> Self {
        let optional = true;
        Self { optional, ..self }
    }

    /// Where writing begins. One a page.
    pub(crate) fn focus(self) -> Self {
        let focus = true;
        Self { focus, ..self }
    }

    /// For serials, ids and codes.
    pub(crate) fn mono(self) -> Self {
        let mono = true;
        Self { mono, ..self }
    }

    /// Only as wide as a serial.
    pub(crate) fn short(self) -> Self {
        let short = true;
        Self { short, ..self }
    }

    /// What a browser may fill in: `username`, `off`.
    pub(crate) fn autocomplete(self, autocomplete: &'static str) -> Self {
        let autocomplete = Some(autocomplete);
        Self {
            autocomplete,
            ..self
        }
    }

    fn described_by(&self) -> Option<String> {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.id));
        let error = self.error.as_ref().map(|_| format!("{}-error", self.id));
        let both: Vec<_> = hint.into_iter().chain(error).collect();
        (!both.is_empty()).then(|| both.join(" "))
    }

    fn invalid(&self) -> Option<&'static str> {
        self.error.as_ref().map(|_| "true")
    }

    fn input_class(&self) -> Option<String> {
        let words = [(self.mono, "mono"), (self.short, "short")];
        let words: Vec<_> = words.into_iter().filter(|(is, _)| *is).collect();
        let words: Vec<_> = words.into_iter().map(|(_, word)| word).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    fn class(&self) -> &'static str {
        if self.error.is_some() {
            "field bad"
        } else {
            "field"
        }
    }

    fn label(&self) -> Markup {
        html! {
            label for=(self.id) { (self.label) (self.optional_mark()) }
        }
    }

    fn optional_mark(&self) -> Markup {
        html! { @if self.optional { span.optional { " (optional)" } } }
    }

    fn remarks(&self) -> Markup {
        html! {
            @if let Some(hint) = &self.hint { p.hint id={ (self.id) "-hint" } { (hint) } }
            @if let Some(error) = &self.error {
                p.error id={ (self.id) "-error" } { (Icon::Failed) span { (error) } }
            }
        }
    }

    fn around(&self, control: &Markup) -> Markup {
        html! { div class=(self.class()) { (self.label()) (self.remarks()) (control) } }
    }
}

fn id_of(name: &str) -> String {
    format!("f-{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hint_and_error_are_linked_to_the_field() {
        let mut errors = Errors::default();
        errors.add("tenant", "The tenant is empty. Enter its id.");
        let field = Field::new("tenant", "Tenant")
            .hint("A GUID")
            .errors(&errors);
        let field = field.text().into_string();
        assert!(field.contains(r#"<label for="f-tenant">Tenant</label>"#));
        assert!(field.contains(r#"aria-describedby="f-tenant-hint f-tenant-error""#));
        assert!(field.contains(r#"aria-invalid="true""#));
        assert!(
            errors
                .summary()
                .into_string()
                .contains("href=\"#f-tenant\"")
        );
    }

    #[test]
    fn a_secret_is_never_in_the_page() {
        let field = Field::new("secret", "Client secret").value("s3cr3t");
        assert!(!field.clone().secret(true).into_string().contains("s3cr3t"));
        assert!(!field.clone().password().into_string().contains("s3cr3t"));
        assert!(!field.code().into_string().contains("s3cr3t"));
    }
}
