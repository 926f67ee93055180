//! What cannot be taken back is confirmed by typing.

use maud::{Markup, Render, html};

use super::{Button, Errors, Field, Form, Frame, capital};

/// A block that asks for a word before it goes on.
pub(crate) struct Confirm<'f> {
    frame: &'f Frame,
    action: String,
    /// What has to be typed: a number, a serial.
    word: String,
    /// `delete 12 tokens`
    deed: String,
    consequences: Markup,
    hidden: Markup,
    error: Option<String>,
    back: Option<String>,
}

impl<'f> Confirm<'f> {
    /// The field sends `typed`; the server compares it with the word again.
    pub(crate) fn new(
        frame: &'f Frame,
        action: impl Into<String>,
        word: impl Into<String>,
        deed: impl Into<String>,
    ) -> Self {
        Self {
            frame,
            action: action.into(),
            word: word.into(),
            deed: deed.into(),
            consequences: html! {},
            hidden: html! {},
            error: None,
            back: None,
        }
    }

    /// What will be so afterwards: who can no longer sign in.
    pub(crate) fn consequences(self, consequences: Markup) -> Self {
        Self {
            consequences,
            ..self
        }
    }

    /// Further fields that nobody sees.
    pub(crate) fn hidden(self, hidden: Markup) -> Self {
        Self { hidden, ..self }
    }

    pub(crate) fn errors(self, errors: &Errors) -> Self {
        let error = errors.of("typed").map(str::to_owned);
        Self { error, ..self }
    }

    /// Where one goes who does not want it.
    pub(crate) fn back(self, href: impl Into<String>) -> Self {
        let back = Some(href.into());
        Self { back, ..self }
    }

    fn content(&self) -> Markup {
        let label = format!("Type {} to {}", self.word, self.deed);
        let field = Field::new("typed", label).mono().short().required();
        let field = field.error(self.error.as_deref()).typed(&*self.word);
        html! {
            div.consequences { (self.consequences) }
            (self.hidden)
            (field)
            div.buttons {
                (Button::danger(capital(&self.deed)).after_typing())
                @if let Some(back) = &self.back { (Button::secondary("Cancel").to(back)) }
            }
        }
    }
}

impl Render for Confirm<'_> {
    fn render(&self) -> Markup {
        let form = Form::new(self.frame, &*self.action, self.content());
        html! { div.confirm { (form) } }
    }
}
