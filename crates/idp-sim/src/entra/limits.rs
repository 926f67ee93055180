//! Quotas: a bucket that fills evenly.

use std::time::Duration;

use http::StatusCode;

use super::errors::Refusal;
use super::switches::RetryAfter;
use crate::switch::Rate;
use crate::timestamp;

/// At most `rate.count` at once, and so many in each `rate.per` from then on.
pub(super) struct Bucket {
    rate: Option<Rate>,
    /// When the bucket would be full again.
    full_at: Duration,
}

impl Bucket {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        Self {
            rate,
            full_at: Duration::ZERO,
        }
    }

    /// Takes one, or says how long to wait for it.
    pub(super) fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let Some(rate) = self.rate else {
            return Ok(());
        };
        let one = rate.per / rate.count.max(1);
        let full_at = self.full_at.max(now).saturating_add(one);
        let wait = full_at.saturating_sub(now.saturating_add(rate.per));
        if !wait.is_zero() {
            return Err(wait);
        }
        self.full_at = full_at;
        Ok(())
    }
}

/// The refusal of a request that must wait.
pub(super) fn throttled(wait: Duration, form: RetryAfter, now: Duration) -> Refusal {
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    let retry_after = match form {
        RetryAfter::Integer => Some(seconds.to_string()),
        RetryAfter::Fractional => Some(format!("{:.3}", wait.as_secs_f64().max(0.001))),
        RetryAfter::HttpDate => date_after(now, seconds),
        RetryAfter::Absent => None,
    };
    Refusal {
        retry_after,
        ..Refusal::of_status(StatusCode::TOO_MANY_REQUESTS.as_u16())
    }
}

fn date_after(now: Duration, seconds: u128) -> Option<String> {
    // The header has whole seconds: one more, so that the date is not too early.
    let wait = Duration::from_secs(u64::try_from(seconds).ok()?.saturating_add(1));
    timestamp::http_date(now.saturating_add(wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_a_burst_and_then_an_even_stream() {
        let rate = Rate {
            count: 3,
            per: Duration::from_secs(30),
        };
        let mut bucket = Bucket::new(Some(rate));
        let at = Duration::from_secs;
        assert!((0..3).all(|_| bucket.take(at(100)).is_ok()));
        assert_eq!(bucket.take(at(100)), Err(at(10)));
        assert_eq!(bucket.take(at(104)), Err(at(6)));
        assert!(bucket.take(at(110)).is_ok());
        assert_eq!(bucket.take(at(110)), Err(at(10)));
        assert!((0..3).all(|_| bucket.take(at(200)).is_ok()));
    }

    #[test]
    fn the_wait_is_told_in_the_form_asked_for() {
        let wait = Duration::from_millis(2128);
        let told = |form| throttled(wait, form, Duration::ZERO).retry_after;
        assert_eq!(told(RetryAfter::Integer).as_deref(), Some("3"));
        assert_eq!(told(RetryAfter::Fractional).as_deref(), Some("2.128"));
        assert_eq!(
            told(RetryAfter::HttpDate).as_deref(),
            Some("Thu, 01 Jan 1970 00:00:04 GMT")
        );
        assert_eq!(told(RetryAfter::Absent), None);
    }
}
