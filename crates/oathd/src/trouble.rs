//! What went wrong, as people are told.

use std::panic::AssertUnwindSafe;

use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::StatusCode;
use http::header::{HeaderValue, RETRY_AFTER};
use ledger::Busy;
use provisioner::{LedgerError, Problem, StockError, Stopped};

use crate::desk::NO_ANSWER;
use crate::vault::VaultError;

/// When to ask again for what this server needs a moment for, in seconds.
const SOON: u32 = 2;
/// The same where it is the service that cannot.
const LATER: u32 = 30;

/// An error that can be told to people.
pub(crate) trait Told {
    fn told(&self) -> Problem;
}

impl Told for LedgerError {
    fn told(&self) -> Problem {
        let next = "see that the state directory can be read and written";
        Problem::new("ledger", self.to_string(), next)
    }
}

impl Told for Stopped {
    fn told(&self) -> Problem {
        match self {
            Self::Provider(failure) => failure.problem.clone(),
            Self::Ledger(error) => error.told(),
            _ => Problem::new("no-progress", self.to_string(), "try again later"),
        }
    }
}

impl Told for StockError {
    fn told(&self) -> Problem {
        self.problem().clone()
    }
}

impl Told for VaultError {
    fn told(&self) -> Problem {
        let next =
            "make room on the disk, and see that the state directory and the key file can be used";
        Problem::new("vault", self.to_string(), next)
    }
}

impl Told for Busy {
    fn told(&self) -> Problem {
        let next = "wait for it, and try again; nothing was sent";
        Problem::new("busy", self.to_string(), next)
    }
}

/// Work in the background, of which pages show how far it is: a defect in it is a problem like others, so
/// that nobody waits for its end for ever.
pub(crate) async fn or_broken<T>(
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or_else(|_| Err(broken()))
}

fn broken() -> Problem {
    Problem::new(
        "internal",
        "this program has a defect, and could not go on with this",
        "try it again; standard error has what to report",
    )
}

/// `result.or_told()?` where a `Problem` is what goes up.
pub(crate) trait OrTold<T> {
    fn or_told(self) -> Result<T, Problem>;
}

impl<T, E: Told> OrTold<T> for Result<T, E> {
    fn or_told(self) -> Result<T, Problem> {
        self.map_err(|error| error.told())
    }
}

/// A page or a document that tells a problem: with the status of its code, and with when to try again.
pub(crate) fn answer(problem: &Problem, body: impl IntoResponse) -> Response {
    with(status(&problem.code), problem, body)
}

/// The same for what somebody asked for on a page that is shown again.
pub(crate) fn again(problem: &Problem, page: impl IntoResponse) -> Response {
    let status = match status(&problem.code) {
        StatusCode::SERVICE_UNAVAILABLE => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    with(status, problem, page)
}

fn with(status: StatusCode, problem: &Problem, body: impl IntoResponse) -> Response {
    let mut response = (status, body).into_response();
    if let Some(seconds) = retry_after(&problem.code) {
        let seconds = HeaderValue::from(seconds);
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

/// In how many seconds it helps to try again, if it does.
fn retry_after(code: &str) -> Option<u32> {
    match code {
        // What the service behind this server cannot do now.
        Problem::BAD_ANSWER
        | Problem::THROTTLED
        | Problem::UNAVAILABLE
        | Problem::UNREACHABLE
        | NO_ANSWER => Some(LATER),
        // What this server itself cannot.
        "busy" | "disk" | "exporting" | "ledger" | "no-progress" | "not-read" | "planning"
        | "settings" | "vault" | "verifying" => Some(SOON),
        _ => None,
    }
}

/// Nothing that the request asks for can be done, unless its code says more.
fn status(code: &str) -> StatusCode {
    match code {
        _ if retry_after(code).is_some() => StatusCode::SERVICE_UNAVAILABLE,
        Problem::NOT_THERE | "user-unknown" | "not-set-up" | "no-draft" | "no-run" => {
            StatusCode::NOT_FOUND
        }
        Problem::CHANGED
        | Problem::OTHER_TOKEN
        | "file-gone"
        | "goes-on"
        | "half-of-a-replacement"
        | "held-by-another"
        | "known-differently"
        | "not-carried-out"
        | "not-held"
        | "not-planned"
        | "not-seen"
        | "plan-changed"
        | "plan-too-old"
        | "run-cancelled"
        | "run-ended"
        | "token-in-a-run"
        | "too-late"
        | "other-tenant" => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_say_whether_it_helps_to_try_again() {
        let answer = |code: &str| {
            let problem = Problem::new(code, "", "");
            let answer = super::answer(&problem, "");
            let after = answer.headers().get(RETRY_AFTER).cloned();
            let after = after.map(|after| after.to_str().unwrap().to_owned());
            (answer.status().as_u16(), after.unwrap_or_default())
        };
        let of = |status, after: &str| (status, after.to_owned());
        assert_eq!(answer("not-there"), of(404, ""));
        assert_eq!(answer("held-by-another"), of(409, ""));
        assert_eq!(answer("planning"), of(503, "2"));
        assert_eq!(answer("no-answer"), of(503, "30"));
        assert_eq!(answer("service-unavailable"), of(503, "30"));
        assert_eq!(answer("service-refused"), of(422, ""));
        assert_eq!(answer("sign-in"), of(422, ""));
        assert_eq!(answer("code-not-of-seed"), of(422, ""));
    }

    #[tokio::test]
    async fn a_defect_is_a_problem_like_others() {
        let sound = or_broken(async { Ok(1) }).await;
        assert_eq!(sound.unwrap(), 1);
        let broken = or_broken::<()>(async { panic!("as a test wants it") }).await;
        assert_eq!(broken.unwrap_err().code, "internal");
    }
}
