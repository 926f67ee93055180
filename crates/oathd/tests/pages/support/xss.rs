//! Scripts that must never run.

use std::time::Duration;

use serde_json::json;

use super::Browser;

/// A script says so in the console, which outlives its page; it is told by the name of its window or the nearest around.
const WATCH: &str = r#"{
    const nameOf = around => around.name || around === around.parent ? around.name : nameOf(around.parent);
    Object.defineProperty(window, '__xss', {
        set() { console.error(`__xss was set in "${nameOf(window)}" at ${location.href}`); },
    });
}"#;
const SET: &str = "__xss was set in ";

/// Does to a page what people may do: touches all that listens, and follows every address that is a script.
const PROVOKE: &str = include_str!("provoke.js");

/// Scripts by address run a moment after they were followed.
const MOMENT: Duration = Duration::from_millis(250);

impl Browser {
    pub(super) async fn watch_for_xss(&self) {
        let watch = json!({ "source": WATCH });
        self.cdp("Page.addScriptToEvaluateOnNewDocument", watch)
            .await;
    }

    /// Where a payload has set `window.__xss` since the browser was started; nothing on good pages. Provokes what needs
    /// a person on the page that is open.
    pub(crate) async fn xss_ran(&self) -> Vec<String> {
        self.execute(PROVOKE, vec![]).await;
        tokio::time::sleep(MOMENT).await;
        let console = self.console().await;
        let messages = console
            .iter()
            .filter_map(|message| message["message"].as_str());
        messages
            .filter(|message| message.contains(SET))
            .map(str::to_owned)
            .collect()
    }
}

/// A text that sets `window.__xss` where it is taken for more than a text.
#[derive(Debug)]
pub(crate) struct Payload {
    /// The place for which it is meant.
    pub(crate) place: &'static str,
    pub(crate) text: String,
}

/// The corpus. In `payloads.txt` a line is a payload, `== NAME` begins those for a place, and a backslash begins what a
/// line cannot hold: `\n \r \t \0 \\ \u{HEX}`, and `\{N*TEXT}` for a text N times.
pub(crate) fn payloads() -> Vec<Payload> {
    let mut place = "";
    let mut all = Vec::new();
    for line in include_str!("../payloads.txt").lines() {
        if let Some(name) = line.strip_prefix("== ") {
            place = name;
        } else if !line.is_empty() {
            let text = unescaped(line);
            all.push(Payload { place, text });
        }
    }
    all
}

fn unescaped(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\\') {
        text += before;
        let (kind, after) = after.split_at(1);
        rest = match kind {
            "n" => push(&mut text, "\n", after),
            "r" => push(&mut text, "\r", after),
            "t" => push(&mut text, "\t", after),
            "0" => push(&mut text, "\0", after),
            "\\" => push(&mut text, "\\", after),
            "u" => {
                let (hex, after) = braced(after);
                let character = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32);
                push(&mut text, &character.unwrap().to_string(), after)
            }
            "{" => {
                let (many, after) = after.split_once('}').unwrap();
                let (count, what) = many.split_once('*').unwrap();
                push(&mut text, &what.repeat(count.parse().unwrap()), after)
            }
            other => panic!("\\{other} in: {line}"),
        };
    }
    text + rest
}

fn push<'a>(text: &mut String, what: &str, after: &'a str) -> &'a str {
    text.push_str(what);
    after
}

fn braced(text: &str) -> (&str, &str) {
    let text = text.strip_prefix('{').unwrap();
    text.split_once('}').unwrap()
}
