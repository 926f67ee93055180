//! What the browser complains of.

use serde_json::{Value, json};

use super::Browser;

impl Browser {
    /// Every error and warning of the console since the browser was started: scripts that failed, what the
    /// Content-Security-Policy forbade, what could not be loaded.
    pub(crate) async fn troubles(&self) -> Vec<String> {
        let messages = self.console().await;
        let bad = messages
            .iter()
            .filter(|message| message["level"] == "SEVERE" || message["level"] == "WARNING");
        bad.map(told).collect()
    }

    /// Everything that was said. The driver gives each message once, so they are kept.
    pub(super) async fn console(&self) -> Vec<Value> {
        let new = self.extra("se/log", json!({ "type": "browser" })).await;
        let mut heard = self.heard.lock().unwrap();
        heard.extend(new.as_array().unwrap().iter().cloned());
        heard.clone()
    }
}

fn told(message: &Value) -> String {
    let of = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
    format!("{}: {}", of("source"), of("message"))
}
