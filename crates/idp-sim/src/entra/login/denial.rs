//! Why there is no token, as the sign-in service says it.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use crate::entra::errors::json_response;
use crate::rng::Rng;
use crate::service::SimResponse;
use crate::timestamp;
use crate::transport::LOGIN_HOST;

/// An AADSTS number with its status, OAuth's error and a text.
#[derive(Clone, Copy)]
pub(super) struct Denial {
    number: u32,
    status: u16,
    error: &'static str,
    text: &'static str,
}

/// What Microsoft documents, or what was recorded; where the status was not, it is the error's own in RFC 6749.
const DENIALS: &[(u32, u16, &str, &str)] = &[
    (
        7_000_215,
        401,
        "invalid_client",
        "Invalid client secret provided.",
    ),
    (
        7_000_222,
        401,
        "invalid_client",
        "The provided client secret keys are expired.",
    ),
    (
        7_000_216,
        401,
        "invalid_client",
        "'client_assertion', 'client_secret' or 'request' is required.",
    ),
    (
        7_000_218,
        401,
        "invalid_client",
        "The request body must contain 'client_assertion' or 'client_secret'.",
    ),
    (
        700_027,
        401,
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on application, or its signature is not valid.",
    ),
    (
        700_025,
        401,
        "invalid_client",
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    ),
    (
        700_024,
        401,
        "invalid_client",
        "Client assertion is not within its valid time range.",
    ),
    (
        700_023,
        401,
        "invalid_client",
        "Client assertion audience claim does not match Realm issuer.",
    ),
    (
        700_021,
        401,
        "invalid_client",
        "Client assertion application identifier doesn't match 'client_id' parameter.",
    ),
    (
        50_027,
        401,
        "invalid_client",
        "JWT token is invalid or malformed.",
    ),
    (
        50_012,
        401,
        "invalid_client",
        "Authentication failed: the assertion was used before.",
    ),
    (
        1_000_502,
        401,
        "invalid_client",
        "The provided certificate is not within its specified validity period.",
    ),
    (
        70_021,
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion.",
    ),
    (
        700_016,
        400,
        "unauthorized_client",
        "Application was not found in the directory.",
    ),
    (
        7_000_229,
        401,
        "unauthorized_client",
        "The client application is missing service principal in the tenant.",
    ),
    (
        7_000_112,
        401,
        "unauthorized_client",
        "Application is disabled.",
    ),
    (90_002, 400, "invalid_request", "Tenant not found."),
    (
        900_023,
        400,
        "invalid_request",
        "Specified tenant identifier is neither a valid DNS name, nor a valid external domain.",
    ),
    (
        900_144,
        400,
        "invalid_request",
        "The request body is not a proper form.",
    ),
    (
        900_561,
        400,
        "invalid_request",
        "The endpoint only accepts POST requests.",
    ),
    (
        70_003,
        400,
        "unsupported_grant_type",
        "The grant type is not supported.",
    ),
    (
        70_011,
        400,
        "invalid_scope",
        "The provided value for the input parameter 'scope' is not valid.",
    ),
    (
        1_002_012,
        400,
        "invalid_scope",
        "The scope must end with '/.default'.",
    ),
    (
        500_011,
        400,
        "invalid_resource",
        "The resource principal was not found in the tenant.",
    ),
    (
        53_003,
        400,
        "access_denied",
        "Access has been blocked by Conditional Access policies.",
    ),
    (
        65_001,
        400,
        "invalid_grant",
        "The user or administrator has not consented to use the application.",
    ),
    (
        50_076,
        400,
        "interaction_required",
        "You must use multi-factor authentication to access the resource.",
    ),
    (
        50_079,
        400,
        "interaction_required",
        "You must enroll in multi-factor authentication to access the resource.",
    ),
    (
        70_016,
        400,
        "authorization_pending",
        "OAuth 2.0 device flow error. Authorization is pending.",
    ),
    (
        SLOW_DOWN,
        400,
        "slow_down",
        "OAuth 2.0 device flow error. Polled too often.",
    ),
    (
        65_004,
        400,
        "authorization_declined",
        "User declined to consent to access the app.",
    ),
    (70_019, 400, "expired_token", "Verification code expired."),
    (
        70_018,
        400,
        "bad_verification_code",
        "Invalid verification code.",
    ),
    (
        70_000,
        400,
        "invalid_grant",
        "The provided grant is invalid or malformed.",
    ),
    (
        54_005,
        400,
        "invalid_grant",
        "OAuth2 Authorization code was already redeemed.",
    ),
    (
        70_008,
        400,
        "invalid_grant",
        "The provided authorization code or refresh token has expired.",
    ),
    (
        501_481,
        400,
        "invalid_grant",
        "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
    ),
    (
        50_011,
        400,
        "invalid_request",
        "The redirect URI does not match the redirect URIs configured for the application.",
    ),
    (
        50_173,
        400,
        "invalid_grant",
        "The provided grant has expired due to it being revoked.",
    ),
];

/// No number is documented for it.
pub(super) const SLOW_DOWN: u32 = 0;

impl Denial {
    pub(super) fn of(number: u32) -> Self {
        let known = DENIALS.iter().find(|denial| denial.0 == number);
        let (status, error, text) = known.map_or(
            (400, "invalid_request", "The sign-in was refused."),
            |denial| (denial.1, denial.2, denial.3),
        );
        Self {
            number,
            status,
            error,
            text,
        }
    }

    pub(super) fn answer(self, rng: &mut Rng, now: Duration) -> SimResponse {
        let Self {
            number,
            status,
            error,
            text,
        } = self;
        let (trace, correlation) = (rng.uuid(), rng.uuid());
        let time = timestamp::iso(now.as_secs()).replace('T', " ");
        let body = json!({
            "error": error,
            "error_description":
                format!("AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}"),
            "error_codes": [number],
            "timestamp": time,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://{LOGIN_HOST}/error?code={number}"),
        });
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        json_response(status, Some(&body))
    }
}
