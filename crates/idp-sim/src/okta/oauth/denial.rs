//! Why there is no token, as OAuth says it.

use serde_json::json;

use super::proof::Challenge;
use crate::okta::reply::Reply;

/// An error of the token endpoint: not Okta's error object.
#[derive(Debug)]
pub(super) struct Denial {
    status: u16,
    error: &'static str,
    description: &'static str,
    nonce: Option<String>,
}

impl Denial {
    const fn new(status: u16, error: &'static str, description: &'static str) -> Self {
        Self {
            status,
            error,
            description,
            nonce: None,
        }
    }

    pub(super) const fn request(description: &'static str) -> Self {
        Self::new(400, "invalid_request", description)
    }

    pub(super) const fn client(description: &'static str) -> Self {
        Self::new(401, "invalid_client", description)
    }

    pub(super) const fn grant_type() -> Self {
        let text = "The authorization grant type is not supported by the authorization server.";
        Self::new(400, "unsupported_grant_type", text)
    }

    pub(super) const fn scope() -> Self {
        let text = "One or more scopes are not configured for the authorization server resource.";
        Self::new(400, "invalid_scope", text)
    }

    pub(super) const fn outside_zone() -> Self {
        let text =
            "Policy evaluation failed for this request, please check the policy configurations.";
        Self::new(403, "access_denied", text)
    }

    pub(super) fn of_proof(challenge: Challenge) -> Self {
        Self {
            nonce: challenge.nonce,
            ..Self::new(400, challenge.error, challenge.description)
        }
    }

    pub(super) fn reply(self) -> Reply {
        let body = json!({"error": self.error, "error_description": self.description});
        let nonce = self.nonce.map(|nonce| ("dpop-nonce", nonce));
        Reply::refused(self.status, body).with_headers(nonce)
    }
}
