//! What is known of a token.

use maud::{Markup, html};
use provisioner::InventoryToken;

use super::Sight;
use crate::ui::{self, Address};

pub(super) fn of(sight: &Sight) -> Markup {
    let token = &sight.token;
    let always = [
        (
            "Serial number",
            ui::copyable("serial number", sight.serial.as_str()),
        ),
        ("State", state(token)),
        ("Holder", holder(sight)),
    ];
    let text = |text: &str| html! { (text) };
    let algorithm = token.algorithm.map(|algorithm| algorithm.to_string());
    let period = token.period.map(|period| format!("{} s", period.seconds()));
    let used = token.last_used.as_deref();
    let known = [
        ("Maker", text(&token.manufacturer)),
        ("Model", text(&token.model)),
        ("Name", text(&token.name)),
        ("Algorithm", text(&algorithm.unwrap_or_default())),
        ("Time step", text(&period.unwrap_or_default())),
        ("Last used", used.map(ui::time_text).unwrap_or_default()),
        (
            "Origin",
            text(if token.uploaded {
                "uploaded as CSV"
            } else {
                ""
            }),
        ),
        ("Id", html! { span.mono { (token.id.0) } }),
    ];
    let known = known.into_iter();
    let known = known.filter(|(_, value)| !value.0.is_empty());
    ui::facts(&always.into_iter().chain(known).collect::<Vec<_>>())
}

/// The state, and the provider's own word for it.
fn state(token: &InventoryToken) -> Markup {
    html! {
        (crate::pages::inventory::state(token))
        @if token.status != token.state.name() { " " span.hint { "(" (token.status) ")" } }
    }
}

fn holder(sight: &Sight) -> Markup {
    let Some(holder) = &sight.token.holder else {
        return html! { "Nobody" };
    };
    let user = sight.holder.as_ref();
    let name = user
        .map(|user| user.name.as_str())
        .or(holder.name.as_deref());
    let login = user.map(|user| user.login.as_str());
    let shown = [name, login, Some(&*holder.id.0)].into_iter().flatten();
    let shown = shown.into_iter().find(|text| !text.is_empty());
    html! {
        a href=(Address::of(["users", sight.idp().name(), &holder.id.0])) { (shown.unwrap_or_default()) }
        @if let Some(login) = login.filter(|login| Some(*login) != name) { " " (login) }
    }
}
