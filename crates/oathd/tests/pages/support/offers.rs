//! What a page offers, and what not.

use serde_json::json;

use super::Browser;

impl Browser {
    /// Waits until a button is there and cannot be pressed.
    pub(crate) async fn cannot_press(&self, button: &str) {
        let off = format!("{button} (disabled)");
        let is_off = async || self.offers("button").await.contains(&off);
        self.wait_until(
            &format!("the button {button:?} is not there and disabled"),
            is_off,
        )
        .await;
    }

    /// The names of all buttons, links or fields.
    pub(crate) async fn offers(&self, kind: &str) -> Vec<String> {
        let all = self.named(
            "offers(...arguments)",
            vec![json!(kind), json!(""), json!(null)],
        );
        serde_json::from_value(all.await.unwrap_or_default()).unwrap_or_default()
    }
}
