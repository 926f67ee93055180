//! Okta's rate limit headers.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use idp_http::retry_after;

const SECOND: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// What an answer said about the bucket that its request was counted in.
///
/// Buckets are per org and minute; windows start anywhere in the minute. A token may use a share of
/// each (half, by default), and the numbers are those of the share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Calls per window (`X-Rate-Limit-Limit`). 0 where too many calls were in flight at once.
    pub limit: u64,
    /// Calls left in this window (`X-Rate-Limit-Remaining`).
    pub remaining: u64,
    /// When the next window starts, since the Unix epoch (`X-Rate-Limit-Reset`).
    pub reset: Duration,
    /// When the answer was made (`Date`), since the Unix epoch: [`reset`](Self::reset) counts from there.
    pub date: Option<Duration>,
}

impl RateLimit {
    /// Reads the headers; of doubled ones, the set with the smallest remaining.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let limits = numbers(headers, "x-rate-limit-limit");
        let resets = numbers(headers, "x-rate-limit-reset");
        let (index, remaining) = numbers(headers, "x-rate-limit-remaining")
            .into_iter()
            .enumerate()
            .min_by_key(|(_, remaining)| *remaining)?;
        let beside = |all: &[u64]| all.get(index).or_else(|| all.last()).copied();
        Some(Self {
            limit: beside(&limits)?,
            remaining,
            reset: Duration::from_secs(beside(&resets)?),
            date: idp_http::date(headers),
        })
    }
}

/// All numbers of a header, of several lines as of one with commas.
fn numbers(headers: &HeaderMap, name: &str) -> Vec<u64> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|number| number.trim().parse().ok())
        .collect()
}

/// How long to wait after a refusal.
///
/// `Retry-After` where there is one. Okta documents none: after a 429 it is the time to the next
/// window by the service's own clock and a second more, and one second where not the rate but the
/// number of calls in flight was exceeded, because the reset is only a guess then.
pub(crate) fn wait(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    if let Some(wait) = retry_after(headers) {
        return Some(wait);
    }
    if status != StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let rate = RateLimit::read(headers)?;
    if rate.limit == 0 {
        return Some(SECOND);
    }
    let left = rate.reset.saturating_sub(rate.date?);
    Some(left.saturating_add(SECOND).min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21 20:00:00 UTC
    const NOW: u64 = 1_795_291_200;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn throttled(limit: &str, reset: u64) -> HeaderMap {
        headers(&[
            ("x-rate-limit-limit", limit),
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", &reset.to_string()),
            ("date", "Sat, 21 Nov 2026 20:00:00 GMT"),
        ])
    }

    fn seconds(headers: &HeaderMap) -> Option<u64> {
        wait(StatusCode::TOO_MANY_REQUESTS, headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn waits_until_the_window_ends() {
        assert_eq!(seconds(&throttled("600", NOW + 24)), Some(25));
        assert_eq!(seconds(&throttled("600", NOW)), Some(1));
        assert_eq!(seconds(&throttled("600", NOW - 9)), Some(1));
        assert_eq!(seconds(&throttled("600", u64::MAX)), Some(3600));
    }

    #[test]
    fn too_many_in_flight_waits_a_second() {
        assert_eq!(seconds(&throttled("0", NOW + 24)), Some(1));
    }

    #[test]
    fn retry_after_is_believed() {
        let mut both = throttled("600", NOW + 24);
        both.insert("retry-after", "7".parse().unwrap());
        assert_eq!(seconds(&both), Some(7));
        assert_eq!(
            wait(StatusCode::SERVICE_UNAVAILABLE, &both),
            Some(7 * SECOND)
        );
    }

    #[test]
    fn no_wait_is_made_up() {
        assert_eq!(seconds(&HeaderMap::new()), None);
        let mut undated = throttled("600", NOW + 24);
        undated.remove("date");
        assert_eq!(seconds(&undated), None);
        assert_eq!(wait(StatusCode::BAD_GATEWAY, &throttled("600", NOW)), None);
    }

    #[test]
    fn of_doubled_headers_the_smallest_remaining_counts() {
        let expected = Some(RateLimit {
            limit: 50,
            remaining: 3,
            reset: Duration::from_secs(200),
            date: None,
        });
        let lines = headers(&[
            ("x-rate-limit-limit", "600"),
            ("x-rate-limit-remaining", "599"),
            ("x-rate-limit-reset", "100"),
            ("x-rate-limit-limit", "50"),
            ("x-rate-limit-remaining", "3"),
            ("x-rate-limit-reset", "200"),
        ]);
        assert_eq!(RateLimit::read(&lines), expected);
        let commas = headers(&[
            ("x-rate-limit-limit", "50, 600"),
            ("x-rate-limit-remaining", "3,599"),
            ("x-rate-limit-reset", "200"),
        ]);
        assert_eq!(RateLimit::read(&commas), expected);
        assert_eq!(RateLimit::read(&HeaderMap::new()), None);
    }
}
