//! What an access token says of itself: a hint, for Graph's tokens are opaque to others.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use http::HeaderValue;
use serde::Deserialize;
use zeroize::Zeroizing;

use idp_http::printable;

/// Claims of an access token. Nothing was verified, and nothing may be decided by them alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenClaims {
    /// Application permissions (`roles`).
    pub roles: Vec<String>,
    /// Delegated permissions (`scp`).
    pub scopes: Vec<String>,
    /// The application (`appid`).
    pub client_id: Option<String>,
    /// The tenant (`tid`).
    pub tenant_id: Option<String>,
    /// When the token ends (`exp`), since the Unix epoch.
    pub expires: Option<Duration>,
}

#[derive(Deserialize)]
struct WireClaims {
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    scp: String,
    appid: Option<String>,
    tid: Option<String>,
    exp: Option<u64>,
}

impl TokenClaims {
    /// True where the token holds this permission, in either form.
    #[must_use]
    pub fn has(&self, permission: &str) -> bool {
        let mut all = self.roles.iter().chain(&self.scopes);
        all.any(|one| one == permission)
    }

    /// Reads the middle part of a JWT (RFC 7519 section 3).
    pub(crate) fn of(authorization: &HeaderValue) -> Option<Self> {
        let token = authorization.to_str().ok()?.strip_prefix("Bearer ")?;
        let payload = token.split('.').nth(1)?;
        let json = Zeroizing::new(BASE64URL_NOPAD.decode(payload.as_bytes()).ok()?);
        let claims: WireClaims = serde_json::from_slice(&json).ok()?;
        Some(Self {
            roles: claims.roles.iter().map(|role| printable(role)).collect(),
            scopes: claims.scp.split_whitespace().map(printable).collect(),
            client_id: claims.appid.as_deref().map(printable),
            tenant_id: claims.tid.as_deref().map(printable),
            expires: claims.exp.map(Duration::from_secs),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(payload: &str) -> Option<TokenClaims> {
        let payload = BASE64URL_NOPAD.encode(payload.as_bytes());
        let header = HeaderValue::from_str(&format!("Bearer e30.{payload}.c2ln"));
        TokenClaims::of(&header.unwrap())
    }

    #[test]
    fn claims_are_a_hint() {
        let read = claims(
            r#"{"roles":["User.Read.All"],"scp":"a b","appid":"c","tid":"t","exp":7,"aud":[1]}"#,
        );
        let read = read.unwrap();
        assert!(read.has("User.Read.All") && read.has("b") && !read.has("c"));
        assert_eq!(read.client_id.as_deref(), Some("c"));
        assert_eq!(read.tenant_id.as_deref(), Some("t"));
        assert_eq!(read.expires, Some(Duration::from_secs(7)));
        assert_eq!(claims("{}"), Some(TokenClaims::default()));
        for other in ["", "[]", r#"{"roles":7}"#] {
            assert_eq!(claims(other), None, "{other}");
        }
        for opaque in ["Bearer x", "Basic a.b.c", "Bearer a.!.c"] {
            assert_eq!(TokenClaims::of(&HeaderValue::from_static(opaque)), None);
        }
    }
}
