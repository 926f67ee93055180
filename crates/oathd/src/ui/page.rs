//! A whole page around its content.

use maud::{DOCTYPE, Markup, Render, html};

use super::assets::{ICON, SCRIPT, STYLE};
use super::form::Form;
use super::icon::{Icon, sprite};
use super::{Address, Flash, Frame, Notice, Section, Theme, Who, number};

mod keys;

/// What a page says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    title: String,
    section: Option<Section>,
    trail: Vec<(String, String)>,
    lead: Option<Markup>,
    actions: Option<Markup>,
    refresh: Option<u32>,
    always: bool,
    failed: bool,
    narrow: bool,
}

impl Head {
    /// The title is the first heading, too.
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            section: None,
            trail: Vec::new(),
            lead: None,
            actions: None,
            refresh: None,
            always: false,
            failed: false,
            narrow: false,
        }
    }

    /// The part of the server that it belongs to.
    pub(crate) fn section(self, section: Section) -> Self {
        let section = Some(section);
        Self { section, ..self }
    }

    /// A page above it; call it once for each, from the top.
    pub(crate) fn below(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.trail.push((label.into(), href.into()));
        self
    }

    /// A sentence below the title, or badges.
    pub(crate) fn lead(self, lead: Markup) -> Self {
        let lead = Some(lead);
        Self { lead, ..self }
    }

    /// Buttons beside the title.
    pub(crate) fn actions(self, actions: Markup) -> Self {
        let actions = Some(actions);
        Self { actions, ..self }
    }

    /// Where there is no script, it is loaded again after so many seconds.
    pub(crate) fn refresh(self, seconds: u32) -> Self {
        let refresh = Some(seconds);
        Self { refresh, ..self }
    }

    /// The same where there is a script, too: nothing tells it what is new.
    pub(crate) fn reload(self, seconds: u32) -> Self {
        let always = true;
        Self { always, ..self }.refresh(seconds)
    }

    /// Its form was refused: the title says so first.
    pub(crate) fn failed(self, failed: bool) -> Self {
        Self { failed, ..self }
    }

    /// A page of one form: no wider than one reads well.
    pub(crate) fn narrow(self) -> Self {
        let narrow = true;
        Self { narrow, ..self }
    }
}

/// A page.
pub(crate) fn page(frame: &Frame, head: &Head, content: impl Render) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=(frame.theme.name()) data-keys=(if frame.keys { "on" } else { "off" })
            data-reload=[head.refresh.filter(|_| head.always)] {
            head { (meta(head)) }
            body {
                (sprite())
                a.skip href="#main" { "Skip to the content" }
                @if frame.sandbox { (sandbox()) }
                div.shell.alone[frame.who.is_none()] {
                    (header(frame, head.section))
                    (main(frame, head, &content))
                    (footer(frame))
                }
                @if frame.who.is_some() { (keys::dialog(frame)) }
            }
        }
    }
}

fn meta(head: &Head) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        meta name="referrer" content="same-origin";
        title { @if head.failed { "Error: " } (head.title) " · Oathkit" }
        link rel="icon" type="image/svg+xml" href=(ICON.path());
        link rel="stylesheet" href=(STYLE.path());
        script src=(SCRIPT.path()) defer {}
        @if let Some(seconds) = head.refresh {
            noscript { meta http-equiv="refresh" content=(seconds); }
        }
    }
}

fn sandbox() -> Markup {
    html! {
        aside.sandbox aria-label="Sandbox" {
            (Icon::Sandbox)
            p { b { "Sandbox" } ": a simulator on this machine; nothing reaches Entra or Okta." }
        }
    }
}

fn header(frame: &Frame, section: Option<Section>) -> Markup {
    html! {
        header.side {
            a.brand href="/" { (Icon::Mark) "Oathkit" }
            @if let Some(who) = &frame.who {
                // The style sheet folds what follows it: open on wide screens, whatever this says.
                details.menu { summary { (Icon::Menu) "Menu" } }
                div.fold {
                    nav aria-label="Main" { ul { @for item in &frame.sections {
                        li { (link(frame, *item, section)) }
                    } } }
                    (account(frame, who))
                }
            }
        }
    }
}

fn link(frame: &Frame, item: Section, section: Option<Section>) -> Markup {
    let current = (section == Some(item)).then_some("page");
    let open = (item == Section::Runs && frame.open_runs > 0).then_some(frame.open_runs);
    html! {
        a href=(item.href()) aria-current=[current] {
            (item.icon()) span { (item.label()) }
            @if let Some(open) = open { span.count { (number(open)) span.unseen { " open" } } }
        }
    }
}

fn account(frame: &Frame, who: &Who) -> Markup {
    let out = html! {
        button.button.plain.small type="submit" { (Icon::SignOut) span { "Sign out" } }
    };
    html! {
        div.account {
            p { (Icon::Person) span { b { (who.name) } span.role { (who.role) } } }
            (Form::new(frame, "/sign-out", out).class("inline"))
        }
    }
}

fn main(frame: &Frame, head: &Head, content: &impl Render) -> Markup {
    html! {
        main id="main" tabindex="-1" class=[head.narrow.then_some("narrow")] {
            @if let Some(flash) = &frame.flash { (said(flash)) }
            @if !head.trail.is_empty() { (trail(head)) }
            div.title {
                h1 { (head.title) }
                @if let Some(actions) = &head.actions { div.buttons { (actions) } }
            }
            @if let Some(lead) = &head.lead { div.lead { (lead) } }
            (content)
        }
    }
}

fn said(flash: &Flash) -> Markup {
    let notice = Notice::new(flash.tone, &*flash.text);
    html! { div.flash role="status" { (notice) } }
}

fn trail(head: &Head) -> Markup {
    html! {
        nav.trail aria-label="Where this is" { ol {
            @for (label, href) in &head.trail { li { a href=(href) { (label) } } }
        } }
    }
}

fn footer(frame: &Frame) -> Markup {
    html! {
        footer.foot {
            @if frame.who.is_some() {
                a href="/help" { "Help" }
                a href="/help#keys" data-open-keys { "Keyboard" }
                (themes(frame))
            }
            span.version { "oathd " (env!("CARGO_PKG_VERSION")) }
        }
    }
}

fn themes(frame: &Frame) -> Markup {
    let choices = html! {
        fieldset {
            legend.unseen { "Colours" }
            (super::hidden("back", &frame.back))
            @for theme in Theme::ALL {
                button type="submit" name="theme" value=(theme.name())
                    aria-pressed=(theme == frame.theme) { (theme.icon()) (theme.label()) }
            }
        }
    };
    Form::new(frame, Address::of(["look"]), choices)
        .class("themes")
        .render()
}
