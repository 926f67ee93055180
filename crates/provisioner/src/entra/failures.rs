//! What the engine needs to know of the ends of calls.

use std::time::Duration;

use entra_graph::Error;

use crate::{Failure, Problem, Step, Token, Verdict};

/// Added to a wait that the service asks for in words: at its very end it is known to refuse again.
const MARGIN: Duration = Duration::from_secs(60);

/// A refusal for a while: the service takes no serial number again that was deleted a moment ago.
/// `now` is its time since the Unix epoch.
pub(super) fn for_a_while(failure: Failure, wait: Option<Duration>, now: Duration) -> Failure {
    let Some(wait) = wait.filter(|_| failure.verdict == Verdict::Refused) else {
        return failure;
    };
    Failure {
        verdict: Verdict::Later(now + wait + MARGIN),
        problem: Problem::new(
            "try-later",
            failure.problem.message,
            "resume the run when that time is over",
        ),
        ..failure
    }
}

/// The failure of a call that carried a code, which in all likelihood was not right.
pub(super) fn code_refused(failure: Failure, token: &Token) -> Failure {
    let next = if token.typed {
        "see that the device has this serial number, and type the code that it shows now; if that is \
         refused as well, Entra has another seed for it"
    } else {
        "the seed, the algorithm or the period that Entra has for this serial is not the device's: \
         compare a code of the device with one of its seed, and delete the token in Entra if the file \
         is right"
    };
    Failure {
        problem: Problem::new(Problem::CODE_REFUSED, failure.problem.message, next),
        ..failure
    }
}

pub(super) fn not_offered(step: &Step) -> Failure {
    Failure {
        verdict: Verdict::Refused,
        problem: Problem::new(
            "not-offered",
            format!("Entra has no call for {step}"),
            "make a new plan",
        ),
        request_id: None,
    }
}

pub(super) fn endless_list() -> Failure {
    Failure {
        verdict: Verdict::Stop,
        problem: Problem::new(
            "endless-list",
            "a list of the service does not end",
            "check the address of the service",
        ),
        request_id: None,
    }
}

/// What the engine needs to know of a client's error.
pub(super) fn failure(error: &Error) -> Failure {
    let redirected = matches!(error, Error::Service(service) if service.status.is_redirection());
    let concerns_the_run = error.is_sign_in() || error.is_permission() || redirected;
    let verdict = Verdict::of(error.retry(), concerns_the_run);
    let code = match error {
        _ if error.is_sign_in() => Problem::SIGN_IN,
        _ if error.is_permission() => Problem::PERMISSION,
        _ if error.is_throttled() => Problem::THROTTLED,
        Error::Service(service) if service.status.is_server_error() => Problem::UNAVAILABLE,
        Error::Service(_) => "service-refused",
        Error::Transport { .. } | Error::Credential(_) => Problem::UNREACHABLE,
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
