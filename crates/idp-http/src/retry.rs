//! What may be done after a failed call: a pure function of what was seen.

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, StatusCode, header};

use crate::{Effect, Sent};

/// What a caller may do next. A client only says it; repeating is the caller's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same request will fail again.
    Never,
    /// Nothing was done: the request may be repeated, after this wait where one was named.
    Safe {
        /// How long the service asked to wait.
        after: Option<Duration>,
    },
    /// The work may have been done: read the state first, then decide.
    InDoubt {
        /// How long the service asked to wait.
        after: Option<Duration>,
    },
}

impl Retry {
    /// The verdict for a request whose answer never came.
    #[must_use]
    pub fn after_transport(effect: Effect, sent: Sent) -> Self {
        match (effect, sent) {
            (_, Sent::No) | (Effect::Read, Sent::Unknown) => Self::Safe { after: None },
            (Effect::Write, Sent::Unknown) => Self::InDoubt { after: None },
        }
    }

    /// The verdict for an answer that is not a success.
    ///
    /// A write answered by 429 is in doubt, too: a throttled answer was seen although the work was
    /// done.
    #[must_use]
    pub fn after_status(effect: Effect, status: StatusCode, after: Option<Duration>) -> Self {
        let temporary = status == StatusCode::TOO_MANY_REQUESTS
            || status == StatusCode::REQUEST_TIMEOUT
            || status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED;
        match (temporary, effect) {
            (false, _) => Self::Never,
            (true, Effect::Read) => Self::Safe { after },
            (true, Effect::Write) => Self::InDoubt { after },
        }
    }

    /// The verdict for a success that could not be understood.
    #[must_use]
    pub fn after_bad_answer(effect: Effect) -> Self {
        match effect {
            Effect::Read => Self::Safe { after: None },
            Effect::Write => Self::InDoubt { after: None },
        }
    }

    /// The wait that the service asked for.
    #[must_use]
    pub fn wait(self) -> Option<Duration> {
        match self {
            Self::Never => None,
            Self::Safe { after } | Self::InDoubt { after } => after,
        }
    }
}

/// Reads `Retry-After` (RFC 9110 section 10.2.3): whole seconds, fractions of seconds as Microsoft
/// Graph sends them, or a date, which is taken relative to the answer's own `Date`.
///
/// A date without a `Date` beside it, a negative number and anything else count as absent; a wait
/// is capped at one hour.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    const CAP: Duration = Duration::from_secs(3600);
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok().or_else(|| {
            // Finite and too large for a Duration: as long as we ever wait.
            (seconds.is_finite() && seconds > 0.0).then_some(CAP)
        })?,
        Err(_) => {
            let until = httpdate::parse_http_date(text).ok()?;
            let now = date(headers)?;
            until
                .duration_since(UNIX_EPOCH + now)
                .unwrap_or(Duration::ZERO)
        }
    };
    Some(wait.min(CAP))
}

/// The answer's `Date`, as time since the Unix epoch with a resolution of one second.
#[must_use]
pub fn date(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    let date = httpdate::parse_http_date(text).ok()?;
    date.duration_since(UNIX_EPOCH).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn retry_after_is_read_in_every_form() {
        let after = |text| retry_after(&headers(&[(header::RETRY_AFTER, text)]));
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("2.128"), Some(Duration::from_millis(2128)));
        assert_eq!(after("0"), Some(Duration::ZERO));
        assert_eq!(after("999999"), Some(Duration::from_secs(3600)));
        assert_eq!(after("1e300"), Some(Duration::from_secs(3600)));
        for nonsense in ["-3", "soon", "", "NaN", "inf"] {
            assert_eq!(after(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_date_counts_from_the_answers_own_date() {
        let at = |until, now| {
            retry_after(&headers(&[
                (header::RETRY_AFTER, until),
                (header::DATE, now),
            ]))
        };
        let now = "Sat, 21 Nov 2026 20:00:00 GMT";
        assert_eq!(
            at("Sat, 21 Nov 2026 20:00:30 GMT", now),
            Some(Duration::from_secs(30))
        );
        assert_eq!(
            at("Sat, 21 Nov 2026 19:59:00 GMT", now),
            Some(Duration::ZERO)
        );
        let alone = headers(&[(header::RETRY_AFTER, "Sat, 21 Nov 2026 20:00:30 GMT")]);
        assert_eq!(retry_after(&alone), None);
    }

    #[test]
    fn writes_are_in_doubt_where_reads_are_safe() {
        let unavailable = StatusCode::SERVICE_UNAVAILABLE;
        let after = Some(Duration::from_secs(1));
        assert_eq!(
            Retry::after_status(Effect::Read, unavailable, after),
            Retry::Safe { after }
        );
        assert_eq!(
            Retry::after_status(Effect::Write, unavailable, after),
            Retry::InDoubt { after }
        );
        assert_eq!(
            Retry::after_status(Effect::Write, StatusCode::BAD_REQUEST, None),
            Retry::Never
        );
        assert_eq!(
            Retry::after_status(Effect::Write, StatusCode::FOUND, None),
            Retry::Never
        );
        assert_eq!(
            Retry::after_transport(Effect::Write, Sent::No),
            Retry::Safe { after: None }
        );
        assert_eq!(
            Retry::after_transport(Effect::Write, Sent::Unknown),
            Retry::InDoubt { after: None }
        );
    }
}
