//! What a person can do about an error.

use http::StatusCode;
use idp_http::{Retry, Sent};

use crate::{CredentialKind, Error, ErrorKind, ServiceError, sign_in};

const TOKEN: &str = "Check OKTA_CLIENT_TOKEN: an API token ends with its owner's account and after 30 days without use, and may be bound to network zones.";
const ACCESS_TOKEN: &str = "Okta does not take the access token that it has just given: check that OKTA_CLIENT_ORGURL is the address that the app was made at, and that the app is active.";
pub(crate) const PACE: &str = "Okta's rate limit is used up: wait, and send fewer calls at once.";
pub(crate) const ORG: &str = "Check OKTA_CLIENT_ORGURL: it must be the org's own address, such as https://acme.okta.com, without -admin and without a path.";
const NETWORK: &str = "Check the network, OKTA_CLIENT_ORGURL and HTTPS_PROXY.";
const READ_FIRST: &str =
    "Whether it was done is not known: read the user's factors before trying again.";

pub(crate) fn next_step(error: &Error) -> String {
    let fixed = match error {
        Error::SignIn(refusal) => return refusal.next_step(),
        Error::Service(service) if error.is_permission() => return right(service),
        Error::Service(service) => refused(error, service),
        Error::Transport {
            retry: Retry::Never,
            ..
        } => {
            "Check OKTA_CLIENT_ORGURL and OKTA_CLIENT_TOKEN or OKTA_CLIENT_PRIVATEKEY: no request can be made of them."
        }
        Error::Answer {
            operation: sign_in::NAME,
            ..
        } => ORG,
        Error::Transport { error, .. } if error.sent() == Sent::No => NETWORK,
        Error::Transport { retry, .. } | Error::Answer { retry, .. } => unclear(*retry),
    };
    fixed.to_owned()
}

fn unclear(retry: Retry) -> &'static str {
    match retry {
        Retry::InDoubt { .. } => READ_FIRST,
        _ => NETWORK,
    }
}

fn right(service: &ServiceError) -> String {
    let operation = service.operation;
    let mut text = match (service.credential, service.scope) {
        (CredentialKind::Ssws, "") => {
            format!("Give the owner of OKTA_CLIENT_TOKEN the right to {operation}")
        }
        (CredentialKind::Ssws, scope) => {
            format!("Give the owner of OKTA_CLIENT_TOKEN the right to {operation} ({scope})")
        }
        (CredentialKind::ServiceApp, "") => {
            format!("Give the service app an administrator role that may {operation}")
        }
        (CredentialKind::ServiceApp, scope) => format!(
            "Grant the service app the scope {scope}, and an administrator role that may {operation}"
        ),
    };
    if service.scope == crate::users::MANAGE {
        text.push_str(": an administrator role with okta.users.credentials.manage");
    }
    text.push('.');
    text
}

fn refused(error: &Error, service: &ServiceError) -> &'static str {
    if error.is_sign_in() {
        return match service.credential {
            CredentialKind::Ssws => TOKEN,
            CredentialKind::ServiceApp => ACCESS_TOKEN,
        };
    }
    by_kind(error.kind()).unwrap_or_else(|| by_status(service.status, service.retry))
}

fn by_kind(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::Session => {
            "An account cannot enrol a factor for itself this way: use another administrator's OKTA_CLIENT_TOKEN."
        }
        ErrorKind::NotFound => {
            "It does not exist, or the owner of OKTA_CLIENT_TOKEN may not see it."
        }
        ErrorKind::AlreadyEnrolled => {
            "Read the user's factors; to replace a token, delete its factor first."
        }
        ErrorKind::Policy => {
            "Allow custom OTP (custom TOTP) in the user's authenticator enrollment policy."
        }
        ErrorKind::Profile => "Check the factor profile's id, and that the profile is active.",
        ErrorKind::Secret => {
            "Check that the secret is written in the factor profile's encoding, and is as long as the profile takes."
        }
        ErrorKind::Request => {
            "Okta did not understand the request: check the factor profile's id and encoding, then report it with the request's id."
        }
        ErrorKind::Search => "The user's login or e-mail address cannot be searched for.",
        ErrorKind::NoSuchPath => {
            "The org does not know this path: it runs on Okta's other engine, or OKTA_CLIENT_ORGURL is not the org's own address."
        }
        ErrorKind::Method => {
            "Okta cannot look up a login with a slash in it: use the user's id. Otherwise the owner of OKTA_CLIENT_TOKEN lacks a right."
        }
        ErrorKind::Feature => {
            "The org does not have this feature: ask Okta's support to enable custom TOTP."
        }
        ErrorKind::UserStatus => "The user's status does not allow it: activate the user first.",
        ErrorKind::UserActivating => {
            "The user is still being activated: try again in some minutes."
        }
        ErrorKind::UserLocked => "The user is locked: unlock the user first.",
        ErrorKind::NotActive => {
            "The factor is not active: read the user's factors, delete it and enrol the token again."
        }
        ErrorKind::Code => {
            "The code is wrong, used or too old: take the next one that the token shows."
        }
        ErrorKind::InUse => "A policy uses the profile: take it out of the policy first.",
        ErrorKind::ReadOnly => "Okta is in read-only mode: try again later.",
        _ => return None,
    })
}

fn by_status(status: StatusCode, retry: Retry) -> &'static str {
    if status == StatusCode::TOO_MANY_REQUESTS {
        return PACE;
    }
    if status.is_redirection() || status == StatusCode::NOT_FOUND {
        return ORG;
    }
    if status == StatusCode::UNAUTHORIZED && retry != Retry::Never {
        return "The access token is no longer taken, and nothing was done: the next call signs in anew.";
    }
    match retry {
        Retry::Never => "Give Okta's support the request's id.",
        Retry::Safe { .. } => "Try again later.",
        Retry::InDoubt { .. } => READ_FIRST,
    }
}
