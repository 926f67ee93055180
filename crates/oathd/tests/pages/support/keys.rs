//! The keyboard alone.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
pub(crate) use fantoccini::key::Key;

use super::Browser;

/// More stops than a page has.
const STOPS: usize = 300;

impl Browser {
    /// Presses one key.
    pub(crate) async fn key(&self, key: Key) {
        self.type_text(&char::from(key).to_string()).await;
    }

    /// Presses a key while another is held.
    pub(crate) async fn key_with(&self, held: Key, key: Key) {
        let (held, value) = (char::from(held), char::from(key));
        let keys = KeyActions::new("keys".to_owned())
            .then(KeyAction::Down { value: held })
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value })
            .then(KeyAction::Up { value: held });
        self.client.perform_actions(keys).await.unwrap();
    }

    /// Types into whatever has the focus.
    pub(crate) async fn type_text(&self, text: &str) {
        let none = KeyActions::new("keys".to_owned());
        let keys = text.chars().fold(none, |keys, value| {
            keys.then(KeyAction::Down { value })
                .then(KeyAction::Up { value })
        });
        self.client.perform_actions(keys).await.unwrap();
    }

    /// The name of what has the focus; empty if nothing has.
    pub(crate) async fn focused(&self) -> String {
        let name = self.named("focused()", vec![]).await.unwrap();
        name.as_str().unwrap_or_default().to_owned()
    }

    /// Goes forward with the Tab key to the thing of this name. At each stop one must see where the focus is.
    pub(crate) async fn tab_to(&self, name: &str) {
        let mut stops = Vec::new();
        while stops.len() < STOPS {
            self.key(Key::Tab).await;
            let stop = self.focused().await;
            // At its end the browser's own parts have the focus.
            if !stop.is_empty() && self.named("focusIsSeen()", vec![]).await != Ok(true.into()) {
                self.fail(&format!("one does not see that {stop:?} has the focus"))
                    .await;
            }
            if stop == name {
                return;
            }
            if stops.contains(&stop) && stop.is_empty() {
                break;
            }
            stops.push(stop);
        }
        self.fail(&format!(
            "the Tab key does not come to {name:?}; it stops at {stops:?}"
        ))
        .await;
    }

    /// Everything that can have the focus and does not show it, or is covered while it has it; nothing on a good page.
    pub(crate) async fn unseen_focus(&self) -> Vec<String> {
        let unseen = self.named("unseenFocus()", vec![]).await.unwrap();
        serde_json::from_value(unseen).unwrap()
    }
}
