//! Signing in at the token endpoint (OAuth 2.0, RFC 6749), whatever the credential.

use std::time::Duration;

use http::{HeaderValue, Method, StatusCode, header};
use idp_http::{
    BadAnswer, BaseUrl, Effect, Exchange, Form, Query, Request, Response, Retry, Segment, Token,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use crate::credential::{Occasion, Source};
use crate::request_id::request_id;
use crate::wire::{self, first_line};
use crate::{
    AccessToken, Application, Certificate, Credential, CredentialKind, Delegated, Error,
    GraphOptions, SignInError, SourceError, TenantId, endpoint,
};

/// What the operation is called in messages.
pub(crate) const NAME: &str = "sign in";

/// What the assertions of certificates and of other identity providers are.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The assertion is not yet good, or not any more.
const ASSERTION_TIME: u64 = 700_024;

/// The address of an endpoint of the sign-in service: `token`, `devicecode` or `authorize`.
pub(crate) fn address(
    authority: &BaseUrl,
    tenant: &TenantId,
    endpoint: &'static str,
    query: &Query,
) -> http::Uri {
    let path = [
        tenant.segment(),
        Segment::literal("oauth2"),
        Segment::literal("v2.0"),
        Segment::literal(endpoint),
    ];
    authority.uri(&path, query)
}

/// Where sign-ins are sent, and by what.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'a> {
    pub(crate) exchange: &'a Exchange,
    pub(crate) options: &'a GraphOptions,
}

impl Desk<'_> {
    /// Signs in once.
    pub(crate) async fn sign_in(
        self,
        credential: &Credential,
    ) -> Result<Token<HeaderValue>, Error> {
        let form = match credential {
            Credential::Source(source) => return self.ask(source).await,
            Credential::Secret(secret) => {
                let value = secret.secret.expose_secret();
                self.as_itself(&secret.application)
                    .secret("client_secret", value)
            }
            Credential::Certificate(certificate) => {
                let application = &certificate.application;
                let assertion = self.assert(application, &certificate.certificate)?;
                self.asserted(application, &assertion)
            }
            Credential::Assertion(by_other) => {
                let assertion = by_other.source.assertion().await;
                let assertion = assertion.map_err(Error::Credential)?;
                self.asserted(&by_other.application, assertion.expose_secret().trim())
            }
            Credential::Delegated(person) => self.refreshing(person),
        };
        let Some(application) = credential.application() else {
            return Err(Error::unsendable(NAME));
        };
        let grant = self.redeem(application, &form, credential.kind()).await?;
        if let (Credential::Delegated(person), Some(new)) = (credential, grant.refresh_token) {
            person.replace(new);
        }
        Ok(grant.token)
    }

    async fn ask(self, source: &Source) -> Result<Token<HeaderValue>, Error> {
        let sent = self.exchange.clock().monotonic();
        let answer = source.0.token(&self.options.graph.origin()).await;
        let AccessToken { token, lifetime } = answer.map_err(Error::Credential)?;
        bearer(token.expose_secret(), lifetime, sent).map_err(|bad| Error::Answer {
            operation: NAME,
            bad,
            request_id: None,
            retry: Retry::Never,
        })
    }

    /// The form of an application that acts for itself, still without proof.
    fn as_itself(self, application: &Application) -> Form {
        let scope = format!("{}/.default", self.options.graph.origin());
        Form::new()
            .with("grant_type", "client_credentials")
            .with("client_id", &application.client_id)
            .with("scope", &scope)
    }

    fn asserted(self, application: &Application, assertion: &str) -> Form {
        self.as_itself(application)
            .with("client_assertion_type", JWT_BEARER)
            .secret("client_assertion", assertion)
    }

    fn assert(
        self,
        application: &Application,
        certificate: &Certificate,
    ) -> Result<Zeroizing<String>, Error> {
        let authority = &self.options.authority;
        let audience = address(authority, &application.tenant, "token", &Query::new());
        let assertion = certificate.assert(&Occasion {
            audience: &audience.to_string(),
            client_id: &application.client_id,
            now: self.exchange.unix(),
            id: &(self.options.request_ids)(),
        });
        assertion.map_err(|_| {
            let next = "make a new certificate: sign-in takes RSA keys of 2048 bits or more";
            Error::Credential(SourceError::new("the certificate's key cannot sign", next))
        })
    }

    fn refreshing(self, person: &Delegated) -> Form {
        Form::new()
            .with("grant_type", "refresh_token")
            .with("client_id", &person.application().client_id)
            .with("scope", &person.scopes().of(&self.options.graph))
            .secret("refresh_token", person.refresh_token().expose_secret())
    }

    /// Gives a form to the token endpoint for an access token.
    pub(crate) async fn redeem(
        self,
        application: &Application,
        form: &Form,
        kind: CredentialKind,
    ) -> Result<Grant, Error> {
        let knew_time = self.exchange.ahead_millis().is_some();
        let sent = self.exchange.clock().monotonic();
        let mut response = self.post(&application.tenant, "token", form).await?;
        if !response.status().is_success() {
            let mut refusal = refusal(&response, form, kind);
            // It was signed for this machine's time; the service's is known now.
            let learned = !knew_time && self.exchange.ahead_millis().is_some();
            if refusal.code == Some(ASSERTION_TIME)
                && kind == CredentialKind::Certificate
                && learned
            {
                refusal.retry = Retry::Safe { after: None };
            }
            return Err(Error::SignIn(refusal));
        }
        let grant = grant(response.body(), sent);
        response.body_mut().zeroize();
        grant.map_err(|bad| bad_answer(bad, &response))
    }

    /// Sends a form, and brings the answer whatever its status.
    pub(crate) async fn post(
        self,
        tenant: &TenantId,
        to: &'static str,
        form: &Form,
    ) -> Result<Response, Error> {
        let uri = address(&self.options.authority, tenant, to, &Query::new());
        let mut request: Request = endpoint::request(Method::POST, uri, form.body());
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(header::CONTENT_TYPE, kind);
        self.options.name(&mut request);
        // The operation itself was not sent, so no failure here leaves a write in doubt.
        let response = self.exchange.send(request).await;
        let response = response.map_err(|error| Error::transport(NAME, Effect::Read, error))?;
        let (status, request_id) = (response.status(), request_id(response.headers()));
        tracing::debug!(
            operation = NAME,
            status = status.as_u16(),
            request_id,
            "answer"
        );
        Ok(response)
    }
}

pub(crate) fn bad_answer(bad: BadAnswer, response: &Response) -> Error {
    Error::Answer {
        operation: NAME,
        bad,
        request_id: request_id(response.headers()),
        retry: Retry::after_bad_answer(Effect::Read),
    }
}

/// What the token endpoint grants.
pub(crate) struct Grant {
    pub(crate) token: Token<HeaderValue>,
    pub(crate) refresh_token: Option<SecretString>,
}

fn grant(body: &[u8], sent: Duration) -> Result<Grant, BadAnswer> {
    let answer: WireToken = wire::decode(body)?;
    let token = Zeroizing::new(answer.access_token);
    let refresh_token = answer.refresh_token.map(SecretString::from);
    if !answer.token_type.eq_ignore_ascii_case("bearer") {
        return Err(BadAnswer::new("no bearer token"));
    }
    let lifetime = Duration::from_secs(answer.expires_in.unwrap_or(0).into());
    Ok(Grant {
        token: bearer(&token, lifetime, sent)?,
        refresh_token,
    })
}

fn bearer(
    token: &str,
    lifetime: Duration,
    sent: Duration,
) -> Result<Token<HeaderValue>, BadAnswer> {
    if token.is_empty() {
        return Err(BadAnswer::new("no bearer token"));
    }
    let text = Zeroizing::new(["Bearer ", token].concat());
    let mut header = HeaderValue::from_str(&text)
        .map_err(|_| BadAnswer::new("the token cannot stand in a header"))?;
    header.set_sensitive(true);
    Ok(Token::new(header, sent, lifetime))
}

/// Reads a refusal.
pub(crate) fn refusal(response: &Response, form: &Form, kind: CredentialKind) -> SignInError {
    let status = response.status();
    let body: WireRefusal = wire::decode(response.body()).unwrap_or_default();
    let description = body.error_description.unwrap_or_default();
    let code = body.error_codes.unwrap_or_default().first().copied();
    let text = |text: &str| first_line(&form.conceal(text));
    SignInError {
        credential: kind,
        status,
        error: text(&body.error.unwrap_or_default()),
        code: code.or_else(|| aadsts(&description)),
        description: describe(status, text(first_part(&description))),
        correlation_id: body.correlation_id.map(|id| text(&id)),
        retry: Retry::after_status(
            Effect::Read,
            status,
            idp_http::retry_after(response.headers()),
        ),
    }
}

/// What stands before the trace ids, which follow on the same line since 2023.
fn first_part(description: &str) -> &str {
    let end = description.find(" Trace ID:").unwrap_or(description.len());
    description.get(..end).unwrap_or_default()
}

fn describe(status: StatusCode, description: String) -> String {
    if status.is_redirection() {
        return "the sign-in address redirects; redirects are not followed".to_owned();
    }
    if description.is_empty() {
        return "the answer gives no reason".to_owned();
    }
    description
}

/// The number behind `AADSTS` in a description.
fn aadsts(description: &str) -> Option<u64> {
    let (_, rest) = description.split_once("AADSTS")?;
    let end = rest.find(|c: char| !c.is_ascii_digit());
    rest.get(..end.unwrap_or(rest.len()))?.parse().ok()
}

#[derive(Deserialize)]
struct WireToken {
    token_type: String,
    access_token: String,
    refresh_token: Option<String>,
    #[serde(default, deserialize_with = "wire::number")]
    expires_in: Option<u32>,
}

#[derive(Deserialize, Default)]
struct WireRefusal {
    error: Option<String>,
    error_description: Option<String>,
    error_codes: Option<Vec<u64>>,
    correlation_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_found_in_the_description() {
        assert_eq!(aadsts("AADSTS7000215: Invalid"), Some(7_000_215));
        assert_eq!(aadsts("AADSTS90002"), Some(90_002));
        assert_eq!(aadsts("AADSTS: none"), None);
        assert_eq!(aadsts("AADSTS99999999999999999999999"), None);
        assert_eq!(aadsts(""), None);
    }
}
