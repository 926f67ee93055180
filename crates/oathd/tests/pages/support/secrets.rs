//! What is nowhere to be found.

use std::fs;

use super::Story;

impl Story {
    /// None of these is in what these pages are made of, nor in a file that the server keeps.
    pub(crate) async fn nothing_shows(
        &self,
        pages: impl IntoIterator<Item = impl AsRef<str>>,
        secrets: impl IntoIterator<Item = impl AsRef<str>> + Clone,
    ) {
        for page in pages {
            self.open(page.as_ref()).await;
            let html = self.browser.html().await;
            for secret in secrets.clone() {
                let is_there = html.contains(secret.as_ref());
                assert!(!is_there, "{} shows a secret: {html}", page.as_ref());
            }
        }
        for file in self.kept() {
            let content = fs::read(&file).unwrap();
            for secret in secrets.clone() {
                let secret = secret.as_ref().as_bytes();
                let is_there = content.windows(secret.len()).any(|part| part == secret);
                assert!(!is_there, "{} holds a secret", file.display());
            }
        }
    }
}
