//! A browser on this machine: authorization code with proof of possession (RFC 6749 section 4.1,
//! RFC 7636, RFC 8252).

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use http::Uri;
use idp_http::{BaseUrl, Form, Query};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::UserSignIn;
use crate::aadsts::DECLINED;
use crate::sign_in::address;
use crate::wire::first_line;
use crate::{Delegated, Error, SourceError};

/// A sign-in that waits for a browser. Its secrets are not shown by `Debug`.
pub struct Authorization {
    /// What to open in a browser.
    pub address: Uri,
    redirect: String,
    state: SecretString,
    verifier: SecretString,
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("redirect", &self.redirect)
            .finish_non_exhaustive()
    }
}

impl UserSignIn {
    /// Makes the address to open. `redirect` is where this program listens, such as
    /// `http://localhost:1234`: a loopback address with any port, registered without one. `random` are
    /// bytes that nobody can guess, used once.
    #[must_use]
    pub fn authorize(&self, redirect: &BaseUrl, random: &[u8; 64]) -> Authorization {
        let (verifier, state) = random.split_at(32);
        let verifier = Zeroizing::new(BASE64URL_NOPAD.encode(verifier));
        let state = Zeroizing::new(BASE64URL_NOPAD.encode(state));
        let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, verifier.as_bytes()).as_ref());
        let redirect = redirect.to_string();
        let query = Query::new()
            .with("client_id", &self.application.client_id)
            .with("response_type", "code")
            .with("redirect_uri", &redirect)
            .with("response_mode", "query")
            .with("scope", &self.scope())
            .with("state", &state)
            .with("code_challenge", &challenge)
            .with("code_challenge_method", "S256");
        let authority = &self.options.authority;
        Authorization {
            address: address(authority, &self.application.tenant, "authorize", &query),
            redirect,
            state: state.as_str().into(),
            verifier: verifier.as_str().into(),
        }
    }

    /// Ends the sign-in with what the browser brought: the query of the redirect, which holds `code`
    /// and `state`, or `error`.
    ///
    /// # Errors
    /// [`Error`] where the person or the service declined, where the state is another one, for a
    /// refusal, and for an answer that did not come or could not be understood.
    pub async fn finish(
        &self,
        authorization: &Authorization,
        query: &str,
    ) -> Result<Delegated, Error> {
        let state = field(query, "state");
        if state.as_deref().map(String::as_str) != Some(authorization.state.expose_secret()) {
            let next = "close the browser's window and begin again";
            let error = SourceError::new("the browser's answer belongs to no sign-in here", next);
            return Err(Error::Credential(error));
        }
        let Some(code) = field(query, "code") else {
            return Err(Error::Credential(declined(query)));
        };
        let form = Form::new()
            .with("grant_type", "authorization_code")
            .with("client_id", &self.application.client_id)
            .with("redirect_uri", &authorization.redirect)
            .with("scope", &self.scope())
            .secret("code", &code)
            .secret("code_verifier", authorization.verifier.expose_secret());
        self.redeem(&form).await
    }
}

fn declined(query: &str) -> SourceError {
    let text = |name| field(query, name).map(|text| first_line(&text));
    let error = text("error").unwrap_or_else(|| "neither code nor error".to_owned());
    let description = text("error_description").unwrap_or_default();
    let message = format!("the browser brought no code ({error}) {description}");
    SourceError::new(message.trim_end(), DECLINED)
}

/// A field of a form, decoded.
fn field(query: &str, name: &str) -> Option<Zeroizing<String>> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    let spaced = Zeroizing::new(value.replace('+', " "));
    let value = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(Zeroizing::new(value.into_owned()))
}
