//! The kinds of fields.

use maud::{Markup, html};

use super::{Choice, Field};
use crate::ui::Badge;

/// What an `<input>` of a kind has beside what all have.
#[derive(Default)]
struct Kind {
    kind: &'static str,
    inputmode: Option<&'static str>,
    autocomplete: Option<&'static str>,
    accept: Option<&'static str>,
    search: Option<String>,
    typed: Option<String>,
    slash: bool,
    plain_text: bool,
    shows_value: bool,
}

impl Field {
    /// One line of text.
    pub(crate) fn text(&self) -> Markup {
        self.input(&Kind::shown("text"))
    }

    /// An address of a web site.
    pub(crate) fn url(&self) -> Markup {
        let inputmode = Some("url");
        self.input(&Kind {
            inputmode,
            ..Kind::shown("text")
        })
    }

    /// A whole number.
    pub(crate) fn number(&self) -> Markup {
        let inputmode = Some("numeric");
        self.input(&Kind {
            inputmode,
            ..Kind::shown("text")
        })
    }

    /// Free text to search for. The key `/` goes here.
    pub(crate) fn search(&self) -> Markup {
        let slash = true;
        self.input(&Kind {
            slash,
            ..Kind::shown("search")
        })
    }

    /// A user, looked for while one types: `GET url?q=...` answers with a JSON list of
    /// `{login, name, status, problem}`. Without the script it is a field for the login.
    pub(crate) fn user(&self, url: impl Into<String>) -> Markup {
        let search = Some(url.into());
        self.input(&Kind {
            search,
            slash: true,
            autocomplete: Some("off"),
            ..Kind::shown("text")
        })
    }

    /// A word that has to be typed before the button of the form can be pressed.
    pub(crate) fn typed(&self, word: impl Into<String>) -> Markup {
        let typed = Some(word.into());
        self.input(&Kind {
            typed,
            autocomplete: Some("off"),
            ..Kind::shown("text")
        })
    }

    /// A one-time code. It may be pasted, with spaces too: the server takes them out.
    pub(crate) fn code(&self) -> Markup {
        let field = self.clone().mono().short();
        field.input(&Kind {
            kind: "text",
            inputmode: Some("numeric"),
            autocomplete: Some("one-time-code"),
            plain_text: true,
            ..Kind::default()
        })
    }

    /// The password of an account that signs in.
    pub(crate) fn password(&self) -> Markup {
        self.input(&Kind {
            kind: "password",
            autocomplete: Some("current-password"),
            ..Kind::default()
        })
    }

    /// The password that an account gets.
    pub(crate) fn new_password(&self) -> Markup {
        self.input(&Kind {
            kind: "password",
            autocomplete: Some("new-password"),
            ..Kind::default()
        })
    }

    /// A credential that is written and never shown. `set` says that there is one.
    pub(crate) fn secret(&self, set: bool) -> Markup {
        let input = self.bare(&Kind {
            kind: "password",
            autocomplete: Some("off"),
            ..Kind::default()
        });
        html! {
            div class=(self.class()) {
                (self.label())
                (self.remarks())
                @if set { p.set { (Badge::SET) " Leave this empty to keep it." } }
                (input)
            }
        }
    }

    /// A file; `accept` are the endings that are offered first.
    pub(crate) fn file(&self, accept: &'static str) -> Markup {
        self.input(&Kind {
            kind: "file",
            accept: Some(accept),
            ..Kind::default()
        })
    }

    /// A day, as the browser asks for days.
    pub(crate) fn date(&self) -> Markup {
        // Of anything else it complains, and shows nothing.
        let is_day = self.value.parse::<jiff::civil::Date>().is_ok();
        let value = if is_day { &*self.value } else { "" };
        self.clone().value(value).input(&Kind::shown("date"))
    }

    /// Several lines of text.
    pub(crate) fn area(&self, rows: u8) -> Markup {
        self.around(&html! {
            textarea class=[self.input_class()] id=(self.id) name=(self.name) rows=(rows)
                autocomplete=[self.autocomplete] spellcheck=[self.mono.then_some("false")]
                aria-describedby=[self.described_by()] aria-invalid=[self.invalid()]
                required[self.required] autofocus[self.focus] { "\n" (self.value) }
        })
    }

    /// One of several, folded. The value says which.
    pub(crate) fn select(&self, choices: &[Choice]) -> Markup {
        self.around(&html! {
            select id=(self.id) name=(self.name) autocomplete=[self.autocomplete]
                aria-describedby=[self.described_by()] aria-invalid=[self.invalid()]
                required[self.required] autofocus[self.focus] {
                @for choice in choices {
                    option value=(choice.value) selected[choice.value == self.value] { (choice.label) }
                }
            }
        })
    }

    /// One of several, each with its hint. The value says which.
    pub(crate) fn radios(&self, choices: &[Choice]) -> Markup {
        html! {
            fieldset class=(self.class()) id=(self.id) tabindex="-1" aria-describedby=[self.described_by()] {
                legend { (self.label) (self.optional_mark()) }
                (self.remarks())
                @for (at, choice) in choices.iter().enumerate() { (self.radio(at, choice)) }
            }
        }
    }

    fn radio(&self, at: usize, choice: &Choice) -> Markup {
        let hint = choice.hint.as_ref();
        let hint_id = format!("{}-{at}-hint", self.id);
        html! {
            div.choice {
                input type="radio" id={ (self.id) "-" (at) } name=(self.name) value=(choice.value)
                    required[self.required] autofocus[self.focus && at == 0]
                    checked[choice.value == self.value] aria-describedby=[hint.map(|_| &hint_id)];
                label for={ (self.id) "-" (at) } { (choice.label) }
                @if let Some(hint) = hint { p.hint id=(hint_id) { (hint) } }
            }
        }
    }

    /// Yes or no. It sends its value, or `yes` where it has none.
    pub(crate) fn checkbox(&self, checked: bool) -> Markup {
        let value = if self.value.is_empty() {
            "yes"
        } else {
            &self.value
        };
        html! {
            div class=(self.class()) {
                div.choice {
                    input type="checkbox" id=(self.id) name=(self.name) value=(value)
                        checked[checked] required[self.required] autofocus[self.focus]
                        aria-describedby=[self.described_by()] aria-invalid=[self.invalid()];
                    label for=(self.id) { (self.label) }
                    (self.remarks())
                }
            }
        }
    }

    fn input(&self, kind: &Kind) -> Markup {
        self.around(&self.bare(kind))
    }

    fn bare(&self, kind: &Kind) -> Markup {
        let value = (kind.shows_value && !self.value.is_empty()).then_some(&self.value);
        let plain = kind.plain_text || self.mono || kind.search.is_some() || kind.typed.is_some();
        html! {
            input class=[self.input_class()] type=(kind.kind) id=(self.id) name=(self.name) value=[value]
                inputmode=[kind.inputmode] accept=[kind.accept]
                autocomplete=[self.autocomplete.or(kind.autocomplete)]
                spellcheck=[plain.then_some("false")] autocapitalize=[plain.then_some("off")]
                aria-describedby=[self.described_by()] aria-invalid=[self.invalid()]
                required[self.required] autofocus[self.focus]
                data-search=[&kind.search] data-typed=[&kind.typed] data-slash[kind.slash];
        }
    }
}

impl Kind {
    fn shown(kind: &'static str) -> Self {
        Self {
            kind,
            shows_value: true,
            ..Self::default()
        }
    }
}
