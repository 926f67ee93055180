//! Checking a code against a factor.

use http::StatusCode;
use idp_http::{BadAnswer, BaseUrl, Effect, Endpoint, Query, Request, Response, Segment};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::users::MANAGE;
use crate::{FactorId, UserId, wire};

/// Checks a code: `POST /api/v1/users/{user}/factors/{factor}/verify`.
///
/// This is the only proof that a factor holds a certain seed. It is a write: an accepted code is
/// used up, so the user cannot sign in with it, and failures may count towards a lockout.
#[derive(Clone, Debug)]
pub struct VerifyFactor {
    /// Who has the factor.
    pub user: UserId,
    /// Which.
    pub factor: FactorId,
    /// The code that the token shows.
    pub code: SecretString,
}

/// What became of a code.
///
/// Okta says that a code is wrong either in a 200 (`factorResult`) or as an error (403 with
/// E0000068, E0000069, E0000082 or E0000083). Both are an answer of the operation and end here,
/// never in [`Error`](crate::Error).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The code is right, and used up now.
    Accepted,
    /// The code did not do.
    Rejected(Rejection),
}

impl Verification {
    /// True where the code is right.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted)
    }
}

/// Why a code did not do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rejection {
    /// It does not belong to the factor's secret, or to another time (E0000068).
    WrongCode,
    /// It was used before (E0000082, `PASSCODE_REPLAYED`). So it is right, and the factor holds the
    /// secret it was made of.
    Replayed,
    /// It is right for a time outside the profile's window (E0000083, `TIME_WINDOW_EXCEEDED`): the
    /// token's clock is off.
    OutsideWindow,
    /// The user is locked; the code was not looked at (E0000069).
    Locked,
    /// Another `factorResult`, as Okta wrote it.
    Other(String),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireCode<'a> {
    pass_code: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireResult {
    factor_result: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRefusal {
    error_code: String,
}

impl Endpoint for VerifyFactor {
    type Output = Verification;
    const NAME: &'static str = "verify a code";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let path = [
            Segment::literal("users"),
            self.user.segment(),
            Segment::literal("factors"),
            self.factor.segment(),
            Segment::literal("verify"),
        ];
        let content = WireCode {
            pass_code: self.code.expose_secret(),
        };
        let uri = wire::api(base, path, &Query::new());
        wire::post_secret(uri, MANAGE, &content, &self.code)
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Verification, BadAnswer> {
        let WireResult { factor_result } = wire::json(response)?;
        Ok(match factor_result.as_str() {
            "SUCCESS" => Verification::Accepted,
            "PASSCODE_REPLAYED" => Verification::Rejected(Rejection::Replayed),
            "TIME_WINDOW_EXCEEDED" => Verification::Rejected(Rejection::OutsideWindow),
            other => Verification::Rejected(Rejection::Other(idp_http::printable(other))),
        })
    }

    fn refusal(&self, response: &Response) -> Option<Verification> {
        if response.status() != StatusCode::FORBIDDEN {
            return None;
        }
        let WireRefusal { error_code } = wire::json(response).ok()?;
        let rejection = match error_code.as_str() {
            "E0000068" => Rejection::WrongCode,
            "E0000069" => Rejection::Locked,
            "E0000082" => Rejection::Replayed,
            "E0000083" => Rejection::OutsideWindow,
            _ => return None,
        };
        Some(Verification::Rejected(rejection))
    }
}
