//! What the engine needs to know of the ends of calls.

use std::time::Duration;

use okta_factors::{Error, ErrorKind, Rejection};

use crate::{Failure, Problem, Step, Verdict};

/// How long a user who is still being activated is left alone: Okta says "some minutes" only.
const ACTIVATING: Duration = Duration::from_secs(300);

/// The failure of an enrolment. One that the service answered was hardly done, and need not be read
/// first: Okta refuses a second factor, which is then proved by a code. `now` is Okta's time since the
/// Unix epoch.
pub(super) fn not_enrolled(error: &Error, now: Duration) -> Failure {
    let failure = failure(error).of_one();
    match error.kind() {
        ErrorKind::UserActivating => while_activating(failure, now),
        _ if matches!(error, Error::Service(_)) => again(failure),
        _ => failure,
    }
}

/// A refusal that ends by itself.
fn while_activating(failure: Failure, now: Duration) -> Failure {
    Failure {
        verdict: Verdict::Later(now + ACTIVATING),
        problem: Problem::new(
            "try-later",
            failure.problem.message,
            "resume the run when that time is over",
        ),
        ..failure
    }
}

/// What is in doubt may be done again.
pub(super) fn again(failure: Failure) -> Failure {
    let verdict = match failure.verdict {
        Verdict::Unknown { after } => Verdict::Again { after },
        verdict => verdict,
    };
    Failure { verdict, ..failure }
}

pub(super) fn not_offered(step: &Step) -> Failure {
    Failure {
        verdict: Verdict::Refused,
        problem: Problem::new(
            "not-offered",
            format!("Okta has no call for {step}"),
            "make a new plan",
        ),
        request_id: None,
    }
}

/// The user's factor did not take the code of this token.
pub(super) fn unproven(rejection: &Rejection, request_id: Option<String>) -> Failure {
    let (code, message, next) = match rejection {
        Rejection::Replayed => (
            "code-used",
            "the user has a hardware token already; the code that would prove it was used before",
            "run again in a minute",
        ),
        Rejection::OutsideWindow => (
            Problem::CLOCK_OFF,
            "the user's factor holds this token's seed, but its clock is outside the profile's window",
            "widen the window of the factor profile",
        ),
        Rejection::Locked => (
            "user-locked",
            "the user is locked; whether the factor holds this token could not be checked",
            "unlock the user and run again",
        ),
        _ => (
            Problem::OTHER_TOKEN,
            "the hardware token that the user has in Okta does not accept this token's codes",
            "if it is another one, remove it first or correct the user column; if it is this one, compare a code \
             of the device with one of its seed",
        ),
    };
    Failure {
        verdict: match rejection {
            // The code was right, and the next one will be.
            Rejection::Replayed => Verdict::Retry { after: None },
            _ => Verdict::Refused,
        },
        problem: Problem::new(code, message, next),
        request_id,
    }
}

/// What the engine needs to know of a client's error.
pub(super) fn failure(error: &Error) -> Failure {
    let redirected = matches!(error, Error::Service(service) if service.status.is_redirection());
    let concerns_the_run = error.is_sign_in() || error.is_permission() || redirected;
    let verdict = Verdict::of(error.retry(), concerns_the_run);
    let code = match error {
        _ if error.is_sign_in() => "sign-in",
        _ if error.is_permission() => Problem::PERMISSION,
        _ if error.is_throttled() => Problem::THROTTLED,
        Error::Service(service) if service.status.is_server_error() => Problem::UNAVAILABLE,
        Error::Service(_) => "service-refused",
        Error::Transport { .. } => "unreachable",
        _ => Problem::BAD_ANSWER,
    };
    Failure::of_call(
        verdict,
        code,
        error.to_string(),
        error.next_step(),
        error.request_id(),
    )
}
