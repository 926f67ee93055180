//! What a person reads.

use std::fs;
use std::time::Instant;

use serde_json::json;

use super::finds::Thing;
use super::{Browser, PAUSE};

/// The rows of all tables, each with what it goes by.
const ROWS: &str = "[...document.querySelectorAll('tbody tr')].map(row =>
    [row.querySelector('th')?.innerText.trim() ?? '', row.innerText.replace(/\\s+/g, ' ')])";

impl Browser {
    /// Waits for a text on the page.
    pub(crate) async fn see(&self, text: &str) {
        let wanted = squeezed(text);
        let seen = async || squeezed(&self.page_text().await).contains(&wanted);
        self.wait_until(&format!("{text:?} is not to be seen"), seen)
            .await;
    }

    /// Waits until a text is no longer on the page.
    pub(crate) async fn see_no(&self, text: &str) {
        let unwanted = squeezed(text);
        let gone = async || !squeezed(&self.page_text().await).contains(&unwanted);
        self.wait_until(&format!("{text:?} is still to be seen"), gone)
            .await;
    }

    /// The text of the one element that a CSS selector finds.
    pub(crate) async fn text(&self, css: &str) -> String {
        let one = async || self.count(css).await == 1;
        self.wait_until(&format!("there is not one {css}"), one)
            .await;
        let text = self
            .value_of(&format!("document.querySelector({}).innerText", json!(css)))
            .await;
        squeezed(text.as_str().unwrap_or_default())
    }

    /// How many elements a CSS selector finds.
    pub(crate) async fn count(&self, css: &str) -> u64 {
        let count = format!("document.querySelectorAll({}).length", json!(css));
        self.value_of(&count).await.as_u64().unwrap()
    }

    /// What stands in a field.
    pub(crate) async fn value(&self, label: &str) -> String {
        let field = self.find(Thing::field(label)).await;
        let field = field.unwrap_or_else(|why| panic!("{why}"));
        field.prop("value").await.unwrap().unwrap_or_default()
    }

    /// The text on the page as it is shown, line by line.
    pub(crate) async fn page_text(&self) -> String {
        let text = self
            .client
            .execute("return document.body?.innerText ?? '';", vec![])
            .await;
        // None while the page is being left.
        text.map(|text| text.as_str().unwrap_or_default().to_owned())
            .unwrap_or_default()
    }

    /// Whether the page will be loaded again, or is just on its way.
    pub(crate) async fn is_for_now(&self) -> bool {
        let is = "return 'reload' in document.documentElement.dataset;";
        let is = self.client.execute(is, vec![]).await;
        is.map_or(true, |is| is == true)
    }

    /// The page as it is now, as HTML.
    pub(crate) async fn html(&self) -> String {
        let html = self.value_of("document.documentElement.outerHTML").await;
        html.as_str().unwrap().to_owned()
    }

    /// How many rows of a table have a text.
    pub(crate) async fn rows_with(&self, text: &str) -> usize {
        let rows = self.value_of(ROWS).await;
        let rows: Vec<(String, String)> = serde_json::from_value(rows).unwrap();
        rows.iter().filter(|(_, row)| row.contains(text)).count()
    }

    /// Waits until the one row of a table that goes by this name has these texts.
    pub(crate) async fn see_row(&self, name: &str, texts: &[&str]) {
        let seen = async || {
            let rows = self.value_of(ROWS).await;
            let rows: Vec<(String, String)> = serde_json::from_value(rows).unwrap_or_default();
            let named: Vec<_> = rows.iter().filter(|(header, _)| header == name).collect();
            matches!(named.as_slice(), [(_, row)] if texts.iter().all(|text| row.contains(text)))
        };
        self.wait_until(&format!("there is not one row {name} with {texts:?}"), seen)
            .await;
    }

    /// Removes a file that was saved before.
    pub(crate) fn forget(&self, name: &str) {
        let _ = fs::remove_file(self.home().join("downloads").join(name));
    }

    /// Waits for a file that the browser saves, and reads it.
    pub(crate) async fn saved(&self, name: &str) -> Vec<u8> {
        let path = self.home().join("downloads").join(name);
        // The browser begins with an empty file.
        let is_there = async || fs::metadata(&path).is_ok_and(|file| file.len() > 0);
        self.wait_until(&format!("{name} is not saved"), is_there)
            .await;
        fs::read(path).unwrap()
    }

    pub(crate) async fn wait_until(&self, or_else: &str, is_so: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + self.patience;
        while !is_so().await {
            if Instant::now() > deadline {
                self.fail(or_else).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Fails the test with what the page says.
    pub(super) async fn fail(&self, why: &str) -> ! {
        let (url, text) = (self.url().await, self.page_text().await);
        panic!("{why}\n-- {url} says\n{text}\n--")
    }
}

fn squeezed(text: &str) -> String {
    Vec::from_iter(text.split_whitespace()).join(" ")
}
