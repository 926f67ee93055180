//! What a failure is about.

use http::StatusCode;

use crate::{Error, ServiceError};

/// What a failure is about: Okta's many codes, as far as they ask for different things of a person.
///
/// `errorCode` decides wherever it can. E0000001 covers every invalid input, so there the texts
/// decide; they are no contract of Okta's, and [`ErrorKind::AlreadyEnrolled`] in particular should be
/// confirmed by reading the user's factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The credential is not accepted (401).
    SignIn,
    /// A right or a scope is missing (403).
    Permission,
    /// The session is not valid: an account that enrols a factor for itself, or a wrong
    /// authentication scheme (E0000005).
    Session,
    /// Too many calls (429).
    Throttled,
    /// The user, factor or profile does not exist (404 with E0000007).
    NotFound,
    /// The user has such a factor already.
    AlreadyEnrolled,
    /// The user's policy does not allow the factor.
    Policy,
    /// The factor profile is not known, or not active.
    Profile,
    /// The secret does not suit the factor profile.
    Secret,
    /// The request is not what Okta expects: a mistake of this crate, or a change of Okta's.
    Request,
    /// The search expression is not understood (E0000031).
    Search,
    /// The org does not have this path, so it runs on the other engine or is none of Okta's.
    NoSuchPath,
    /// The path does not take this method; Okta also says so of a login with a slash (E0000022).
    Method,
    /// The org does not have this feature.
    Feature,
    /// The user's status does not allow it (E0000038).
    UserStatus,
    /// The user is still being activated: in some minutes it will work (E0000112).
    UserActivating,
    /// The user is locked (E0000069).
    UserLocked,
    /// The factor or profile is not active (E0000154, E0000180).
    NotActive,
    /// The code did not do (E0000068, E0000082, E0000083). A verification answers that as
    /// [`Verification::Rejected`](crate::Verification).
    Code,
    /// A profile is in use by a policy, or its key is taken (E0000148, E0000157).
    InUse,
    /// Okta is in read-only mode (E0000010).
    ReadOnly,
    /// Something failed inside Okta.
    Fault,
    /// The answer is a redirect, which is never followed.
    Redirect,
    /// No answer came, or the request could not be sent.
    Unreachable,
    /// The answer is a success that cannot be understood.
    BadAnswer,
    /// A refusal that this crate does not know.
    Other,
}

impl ErrorKind {
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            _ if error.is_sign_in() => Self::SignIn,
            _ if error.is_permission() => Self::Permission,
            _ if error.is_throttled() => Self::Throttled,
            _ if error.is_not_found() => Self::NotFound,
            Error::Service(service) => of_refusal(service),
            Error::SignIn(_) => Self::Fault,
            Error::Transport { .. } => Self::Unreachable,
            Error::Answer { .. } => Self::BadAnswer,
        }
    }
}

fn of_refusal(service: &ServiceError) -> ErrorKind {
    let code = service.code.as_deref();
    let of_code = code.and_then(|code| of_code(service, code));
    of_code.unwrap_or_else(|| of_status(service.status))
}

fn of_code(service: &ServiceError, code: &str) -> Option<ErrorKind> {
    use ErrorKind as Kind;
    Some(match code {
        "E0000001" => invalid(service),
        "E0000002" | "E0000003" | "E0000018" | "E0000019" | "E0000021" => Kind::Request,
        "E0000005" => Kind::Session,
        "E0000008" => Kind::NoSuchPath,
        "E0000009" | "E0000067" | "E0000074" => Kind::Fault,
        "E0000010" => Kind::ReadOnly,
        "E0000015" | "E0000060" => Kind::Feature,
        "E0000022" => Kind::Method,
        "E0000031" => Kind::Search,
        "E0000038" => Kind::UserStatus,
        "E0000068" | "E0000082" | "E0000083" => Kind::Code,
        "E0000069" => Kind::UserLocked,
        "E0000112" => Kind::UserActivating,
        "E0000148" | "E0000157" => Kind::InUse,
        "E0000154" | "E0000180" => Kind::NotActive,
        _ => return None,
    })
}

fn of_status(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        300..=399 => ErrorKind::Redirect,
        500..=599 => ErrorKind::Fault,
        _ => ErrorKind::Other,
    }
}

/// What in E0000001 was invalid, by the words of the summary and the causes. The most telling words
/// come first: the text about a secret may name the profile that it does not suit.
fn invalid(service: &ServiceError) -> ErrorKind {
    const WORDS: [(ErrorKind, &[&str]); 4] = [
        (ErrorKind::AlreadyEnrolled, &["already set up"]),
        (ErrorKind::Policy, &["not allowed for the user"]),
        (ErrorKind::Secret, &["sharedsecret", "shared secret"]),
        (ErrorKind::Profile, &["factorprofile", "factor profile"]),
    ];
    let texts = std::iter::once(&service.summary).chain(&service.causes);
    let texts: Vec<String> = texts.map(|text| text.to_ascii_lowercase()).collect();
    let says = |words: &[&str]| {
        let mut all = texts.iter();
        all.any(|text| words.iter().any(|word| text.contains(word)))
    };
    let found = WORDS.iter().find(|(_, words)| says(words));
    found.map_or(ErrorKind::Request, |(kind, _)| *kind)
}
