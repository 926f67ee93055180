//! What a person does with a mouse and types.

use std::path::Path;

use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use serde_json::json;

use super::Browser;
use super::finds::Thing;

impl Browser {
    /// Types a text into an emptied field, key by key.
    pub(crate) async fn fill(&self, label: &str, text: &str) {
        self.act(Thing::field(label), async |field| {
            field.clear().await?;
            field.send_keys(text).await
        })
        .await;
    }

    /// Puts a text into an emptied field at once, as the clipboard does.
    pub(crate) async fn paste(&self, label: &str, text: &str) {
        self.act(Thing::field(label), async |field| {
            let focus = "arguments[0].focus(); arguments[0].select();";
            let field = serde_json::to_value(&field)?;
            self.client.execute(focus, vec![field]).await?;
            self.cdp("Input.insertText", json!({ "text": text })).await;
            Ok(())
        })
        .await;
    }

    /// Takes an option of a list, or of a group of round buttons by the group's legend.
    pub(crate) async fn choose(&self, label: &str, option: &str) {
        let option = Thing::option(label, option);
        self.act(option, async |option| option.click().await).await;
    }

    /// Ticks a box that is not ticked.
    pub(crate) async fn tick(&self, label: &str) {
        self.set(label, true).await;
    }

    /// Clears a box that is ticked.
    pub(crate) async fn untick(&self, label: &str) {
        self.set(label, false).await;
    }

    async fn set(&self, label: &str, ticked: bool) {
        self.act(Thing::field(label), async |field| {
            if field.is_selected().await? == ticked {
                return Ok(());
            }
            field.click().await
        })
        .await;
    }

    /// Picks a file.
    pub(crate) async fn upload(&self, label: &str, file: &Path) {
        let file = file.canonicalize().unwrap();
        self.act(Thing::field(label), async |field| {
            field.send_keys(file.to_str().unwrap()).await
        })
        .await;
    }

    /// Clicks a button.
    pub(crate) async fn press(&self, button: &str) {
        let button = Thing::button(button);
        self.act(button, async |button| button.click().await).await;
    }

    /// Clicks a button twice, as quickly as a hand does.
    pub(crate) async fn press_twice(&self, button: &str) {
        self.act(Thing::button(button), async |button| {
            let over = PointerAction::MoveToElement {
                element: button,
                duration: None,
                x: 0.0,
                y: 0.0,
            };
            let button = MOUSE_BUTTON_LEFT;
            let twice = MouseActions::new("mouse".to_owned())
                .then(over)
                .then(PointerAction::Down { button })
                .then(PointerAction::Up { button })
                .then(PointerAction::Down { button })
                .then(PointerAction::Up { button });
            self.client.perform_actions(twice).await
        })
        .await;
    }

    /// Clicks a link.
    pub(crate) async fn follow(&self, link: &str) {
        let link = Thing::link(link);
        self.act(link, async |link| link.click().await).await;
    }
}
