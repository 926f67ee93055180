//! Calls with what their headers say about the quota that they counted against.

use idp_http::Endpoint;
use okta_factors::{Answer, Error, OktaClient, RateLimit};

use super::failure;
use crate::{Allowance, Failure, Pace, Quota};

/// Lists of users, and factors: recorded answers show that they share a counter.
pub(super) const USERS: Quota = Quota("users");
/// One user by login or id.
pub(super) const USER: Quota = Quota("user");
/// Everything else.
pub(super) const OTHER: Quota = Quota("other");

/// One attempt of one call.
pub(super) async fn send<E: Endpoint>(
    client: &OktaClient,
    pace: &Pace,
    quota: Quota,
    endpoint: &E,
) -> Result<Answer<E::Output>, Error> {
    let answer = client.send(endpoint).await;
    let told = match &answer {
        Ok(answer) => answer.rate_limit,
        Err(error) => error.rate_limit(),
    };
    if let Some(told) = told {
        pace.announced(quota, allowance(told, client));
    }
    answer
}

/// A read, repeated while that helps.
pub(super) async fn read<E: Endpoint>(
    client: &OktaClient,
    pace: &Pace,
    quota: Quota,
    endpoint: &E,
) -> Result<E::Output, Failure> {
    let attempt = async || {
        let answer = send(client, pace, quota, endpoint).await;
        answer.map_err(|error| failure(&error))
    };
    Ok(pace.read(quota, attempt).await?.value)
}

fn allowance(told: RateLimit, client: &OktaClient) -> Allowance {
    // Both times are the service's; the answer's own is up to a second behind, never ahead.
    let now = told.date.unwrap_or_else(|| client.unix());
    Allowance {
        limit: told.limit,
        remaining: told.remaining,
        resets_in: told.reset.saturating_sub(now),
    }
}
