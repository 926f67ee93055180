//! Forms with files.

use std::fmt;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use http::StatusCode;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::form::{append, confirm};
use super::{Caller, Refusal, once};
use crate::routes::Most;

/// Fields of one form.
const MOST_FIELDS: usize = 200;

/// What a page of this session uploaded. Texts and files are wiped with it: either may hold seeds. How
/// much may come, the route says.
pub(crate) struct Uploaded {
    pub(crate) once: Option<String>,
    texts: Vec<(String, Zeroizing<String>)>,
    files: Vec<(String, File)>,
}

pub(crate) struct File {
    /// What the browser says that the file is called: a word to show, never a path to use.
    pub(crate) name: String,
    pub(crate) content: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Uploaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uploaded")
            .field("texts", &self.texts.len())
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("name", &self.name)
            .field("bytes", &self.content.len())
            .finish()
    }
}

impl Uploaded {
    /// What was typed into this field; `None` where it is missing or empty.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.texts(field).into_iter().find(|text| !text.is_empty())
    }

    /// A field that may be there several times.
    pub(crate) fn texts(&self, field: &str) -> Vec<&str> {
        let named = self.texts.iter().filter(|(name, _)| name == field);
        named.map(|(_, text)| text.as_str()).collect()
    }

    /// The file that was chosen in this field; `None` where none was.
    pub(crate) fn file(&self, field: &str) -> Option<&File> {
        let mut named = self.files.iter().filter(|(name, _)| name == field);
        named.next().map(|(_, file)| file)
    }

    /// The same, to keep.
    pub(crate) fn take_file(&mut self, field: &str) -> Option<File> {
        let at = self.files.iter().position(|(name, _)| name == field)?;
        Some(self.files.swap_remove(at).1)
    }

    async fn add(&mut self, field: Field<'_>, all: &mut Sha256) -> Result<(), Refusal> {
        let name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().map(str::to_owned);
        let content = read(field).await?;
        for part in [
            name.as_bytes(),
            file.as_deref().unwrap_or_default().as_bytes(),
            &content,
        ] {
            all.update(part.len().to_be_bytes());
            all.update(part);
        }
        match file {
            // A field for a file in which none was chosen.
            Some(name) if name.is_empty() && content.is_empty() => {}
            Some(file) => self.files.push((
                name,
                File {
                    name: file,
                    content,
                },
            )),
            None => self.texts.push((name, text(&content)?)),
        }
        Ok(())
    }
}

impl<S: Send + Sync> FromRequest<S> for Uploaded {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let most = request.extensions().get::<Most>().map(|most| most.0);
        let read = Self::read(request, state).await;
        read.map_err(|refusal| match refusal {
            Refusal::TooLarge(None) => Refusal::TooLarge(most),
            other => other,
        })
    }
}

impl Uploaded {
    async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Self, Refusal> {
        let caller = request.extensions().get::<Caller>().cloned();
        let caller = caller.ok_or(Refusal::SignIn)?;
        let parts = Multipart::from_request(request, state).await;
        let mut parts = parts.map_err(|_| Refusal::Kind)?;
        let mut uploaded = Self {
            once: None,
            texts: Vec::new(),
            files: Vec::new(),
        };
        let mut all = Sha256::new();
        for _ in 0..MOST_FIELDS {
            let Some(field) = parts.next_field().await.map_err(unreadable)? else {
                confirm(&caller, uploaded.text("csrf").unwrap_or_default())?;
                uploaded.once = uploaded.text("once").map(|word| once::of(word, all));
                return Ok(uploaded);
            };
            uploaded.add(field, &mut all).await?;
        }
        Err(Refusal::TooLarge(None))
    }
}

async fn read(mut field: Field<'_>) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let mut content = Zeroizing::new(Vec::new());
    while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
        append(&mut content, &chunk);
    }
    Ok(content)
}

fn text(content: &[u8]) -> Result<Zeroizing<String>, Refusal> {
    let text = std::str::from_utf8(content);
    text.map(|text| Zeroizing::new(text.to_owned()))
        .map_err(|_| Refusal::Unreadable("a field is no text".to_owned()))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: MultipartError) -> Refusal {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge(None),
        _ => Refusal::of_body(&error, "it broke off, or is no form with files"),
    }
}
