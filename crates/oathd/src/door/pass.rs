//! What a request came in with, for an answer that goes on for long.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use zeroize::Zeroizing;

use super::guard::{Way, bearer};
use super::{Door, Refusal};

/// Asked again and again whether it is still good.
pub(crate) struct Pass {
    door: Arc<Door>,
    word: Word,
}

enum Word {
    Session(Zeroizing<String>),
    ApiToken(Zeroizing<String>),
}

impl Pass {
    /// False once its session has ended, or its token was revoked or has expired.
    pub(crate) fn is_good(&self) -> bool {
        let door = &self.door;
        match &self.word {
            Word::Session(id) => door.sessions.lasts(door.now(), id),
            Word::ApiToken(word) => door.tokens.caller(door.clock.unix(), word).is_some(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Pass {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let door = parts.extensions.get::<Arc<Door>>().cloned();
        let word = match parts.extensions.get::<Way>() {
            Some(way) => way.id.clone().map(Word::Session),
            None => bearer(&parts.headers).map(|word| Word::ApiToken(word.to_owned().into())),
        };
        Ok(Self {
            door: door.ok_or(Refusal::Broken)?,
            word: word.ok_or(Refusal::SignIn)?,
        })
    }
}
