//! A code on another device (RFC 8628).

use std::fmt;
use std::time::Duration;

use idp_http::{BadAnswer, BaseUrl, Form, Response, printable};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use zeroize::Zeroize;

use super::UserSignIn;
use crate::sign_in::{bad_answer, refusal};
use crate::wire;
use crate::{CredentialKind, Delegated, Error};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How much longer to wait where the service asks for it (RFC 8628 section 3.5).
const SLOWER: Duration = Duration::from_secs(5);
/// How long to wait where the service does not say (RFC 8628 section 3.2).
const INTERVAL: u32 = 5;

/// A sign-in that waits for a person.
pub struct DeviceCode {
    /// What the person types there.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// Both in a sentence of the service, in its language.
    pub message: String,
    /// How long it waits, from now on.
    pub expires_in: Duration,
    /// How long to wait before the next [`UserSignIn::poll`], which makes it longer where the service
    /// asks for that.
    pub interval: Duration,
    device_code: SecretString,
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCode")
            .field("verification_uri", &self.verification_uri)
            .field("expires_in", &self.expires_in)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

/// How far a sign-in with a device code is.
#[derive(Debug)]
#[non_exhaustive]
pub enum DeviceCodeAnswer {
    /// The person is not ready: wait [`DeviceCode::interval`].
    Pending,
    /// The same, and the interval has become longer.
    SlowDown,
    /// The person has signed in.
    Done(Delegated),
    /// The person declined.
    Declined,
    /// The person took too long: begin again.
    Expired,
}

impl UserSignIn {
    /// Asks for a code.
    ///
    /// # Errors
    /// [`Error`] for a refusal, and for an answer that did not come or could not be understood.
    pub async fn begin(&self) -> Result<DeviceCode, Error> {
        let form = Form::new()
            .with("client_id", &self.application.client_id)
            .with("scope", &self.scope());
        let tenant = &self.application.tenant;
        let mut response = self.desk().post(tenant, "devicecode", &form).await?;
        if !response.status().is_success() {
            let refusal = refusal(&response, &form, CredentialKind::Delegated);
            return Err(Error::SignIn(refusal));
        }
        let code = read(&response);
        response.body_mut().zeroize();
        code.map_err(|bad| bad_answer(bad, &response))
    }

    /// Asks once whether the person has signed in.
    ///
    /// # Errors
    /// As [`UserSignIn::begin`].
    pub async fn poll(&self, code: &mut DeviceCode) -> Result<DeviceCodeAnswer, Error> {
        let form = Form::new()
            .with("grant_type", GRANT)
            .with("client_id", &self.application.client_id)
            .secret("device_code", code.device_code.expose_secret());
        let refused = match self.redeem(&form).await {
            Ok(delegated) => return Ok(DeviceCodeAnswer::Done(delegated)),
            Err(Error::SignIn(refused)) => refused,
            Err(other) => return Err(other),
        };
        match refused.error.as_str() {
            "authorization_pending" => Ok(DeviceCodeAnswer::Pending),
            "slow_down" => {
                code.interval = code.interval.saturating_add(SLOWER);
                Ok(DeviceCodeAnswer::SlowDown)
            }
            "authorization_declined" | "access_denied" => Ok(DeviceCodeAnswer::Declined),
            "expired_token" | "code_expired" => Ok(DeviceCodeAnswer::Expired),
            _ => Err(Error::SignIn(refused)),
        }
    }
}

fn read(response: &Response) -> Result<DeviceCode, BadAnswer> {
    let answer: WireCode = wire::decode(response.body())?;
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    BaseUrl::parse(&answer.verification_uri)
        .map_err(|_| BadAnswer::new("the address for the code is no https address"))?;
    Ok(DeviceCode {
        user_code: printable(&answer.user_code),
        verification_uri: printable(&answer.verification_uri),
        message: printable(&answer.message.unwrap_or_default()),
        expires_in: seconds(answer.expires_in.unwrap_or(0)),
        interval: seconds(answer.interval.unwrap_or(INTERVAL).max(1)),
        device_code: answer.device_code.into(),
    })
}

#[derive(Deserialize)]
struct WireCode {
    device_code: String,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: String,
    message: Option<String>,
    #[serde(default, deserialize_with = "wire::number")]
    expires_in: Option<u32>,
    #[serde(default, deserialize_with = "wire::number")]
    interval: Option<u32>,
}
