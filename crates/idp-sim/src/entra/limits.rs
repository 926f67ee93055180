//! Quotas: a bucket that fills evenly, or windows.

use std::time::Duration;

use http::StatusCode;

use super::errors::Refusal;
use super::operation::Operation;
use super::switches::{EntraSwitches, QuotaForm, RetryAfter};
use crate::switch::Rate;
use crate::timestamp;

/// From this share of a quota on, answers tell it \[D\].
const TOLD_FROM: f64 = 0.8;

/// At most `rate.count` in each `rate.per`.
pub(super) struct Quota {
    rate: Option<Rate>,
    form: QuotaForm,
    /// Of a bucket: when it would be full again. Of a window: when it ends.
    until: Duration,
    /// Of a window: how much of it is used.
    used: u32,
}

impl Quota {
    fn new(rate: Option<Rate>, form: QuotaForm) -> Self {
        Self {
            rate,
            form,
            until: Duration::ZERO,
            used: 0,
        }
    }

    /// How long to wait for the next one; zero where there is room.
    fn wait(&self, now: Duration) -> Duration {
        let Some(rate) = self.rate else {
            return Duration::ZERO;
        };
        match self.form {
            QuotaForm::Bucket => {
                let full_at = self.until.max(now).saturating_add(one(rate));
                full_at.saturating_sub(now.saturating_add(rate.per))
            }
            QuotaForm::Window if self.used < rate.count => Duration::ZERO,
            QuotaForm::Window => self.until.saturating_sub(now),
        }
    }

    fn take(&mut self, now: Duration) {
        let Some(rate) = self.rate else {
            return;
        };
        match self.form {
            QuotaForm::Bucket => self.until = self.until.max(now).saturating_add(one(rate)),
            QuotaForm::Window if now >= self.until => {
                (self.until, self.used) = (now.saturating_add(rate.per), 1);
            }
            QuotaForm::Window => self.used = self.used.saturating_add(1),
        }
    }

    /// How much of it is used, from 0 to 1.
    fn share(&self, now: Duration) -> f64 {
        let Some(rate) = self.rate else {
            return 0.0;
        };
        match self.form {
            QuotaForm::Bucket => {
                self.until.saturating_sub(now).as_secs_f64() / rate.per.as_secs_f64()
            }
            QuotaForm::Window if now < self.until => f64::from(self.used) / f64::from(rate.count),
            QuotaForm::Window => 0.0,
        }
    }
}

/// The time in which a bucket gets one more.
fn one(rate: Rate) -> Duration {
    rate.per / rate.count.max(1)
}

/// All quotas of the application.
pub(super) struct Quotas {
    activations: Quota,
    writes: Quota,
    reads: Quota,
}

impl Quotas {
    pub(super) fn new(switches: &EntraSwitches) -> Self {
        let quota = |rate| Quota::new(rate, switches.quota_form);
        Self {
            activations: quota(switches.activation_rate),
            writes: quota(switches.write_rate),
            reads: quota(switches.read_rate),
        }
    }

    /// Those that an operation counts against.
    fn of(&mut self, operation: &Operation) -> Vec<&mut Quota> {
        let Self {
            activations,
            writes,
            reads,
        } = self;
        // The requests of a batch count, not the batch [D].
        if matches!(operation, Operation::Batch { .. }) {
            return Vec::new();
        }
        match (operation.activates(), operation.route().write) {
            (true, _) => vec![activations, writes],
            (false, true) => vec![writes],
            (false, false) => vec![reads],
        }
    }

    /// Counts one request, or says how long it must wait. One that must wait is not counted.
    pub(super) fn take(&mut self, operation: &Operation, now: Duration) -> Result<(), Duration> {
        let mut quotas = self.of(operation);
        let waits = quotas.iter().map(|quota| quota.wait(now));
        let wait = waits.max().unwrap_or_default();
        if !wait.is_zero() {
            return Err(wait);
        }
        quotas.iter_mut().for_each(|quota| quota.take(now));
        Ok(())
    }

    /// The used share of the scarcest quota, as a header tells it, where it is high.
    pub(super) fn told_share(&mut self, operation: &Operation, now: Duration) -> Option<String> {
        let quotas = self.of(operation);
        let share = quotas
            .iter()
            .map(|quota| quota.share(now))
            .fold(0.0, f64::max);
        (share > TOLD_FROM).then(|| format!("{share:.2}"))
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

    fn quota(form: QuotaForm) -> impl FnMut(u64) -> Result<(), Duration> {
        let rate = Rate {
            count: 3,
            per: Duration::from_secs(30),
        };
        let mut quota = Quota::new(Some(rate), form);
        move |second| {
            let now = Duration::from_secs(second);
            let wait = quota.wait(now);
            if !wait.is_zero() {
                return Err(wait);
            }
            quota.take(now);
            Ok(())
        }
    }

    #[test]
    fn a_bucket_gives_a_burst_and_then_an_even_stream() {
        let mut take = quota(QuotaForm::Bucket);
        let wait = |seconds| Err(Duration::from_secs(seconds));
        assert!((0..3).all(|_| take(100).is_ok()));
        assert_eq!(take(100), wait(10));
        assert_eq!(take(104), wait(6));
        assert!(take(110).is_ok());
        assert_eq!(take(110), wait(10));
        assert!((0..3).all(|_| take(200).is_ok()));
    }

    #[test]
    fn a_window_gives_all_at_once_and_then_nothing_until_it_ends() {
        let mut take = quota(QuotaForm::Window);
        let wait = |seconds| Err(Duration::from_secs(seconds));
        assert!(take(100).is_ok() && take(115).is_ok() && take(129).is_ok());
        assert_eq!(take(129), wait(1));
        assert!((0..3).all(|_| take(130).is_ok()));
        assert_eq!(take(131), wait(29));
        // The next window begins with its first request.
        assert!(take(200).is_ok() && take(229).is_ok() && take(229).is_ok());
        assert_eq!(take(229), wait(1));
    }

    #[test]
    fn a_request_that_waits_for_one_quota_uses_up_no_other() {
        let mut switches = EntraSwitches::default();
        switches.set("activation_rate", "2/10").unwrap();
        switches.set("write_rate", "1/100").unwrap();
        let mut quotas = Quotas::new(&switches);
        let activate = Operation::AssignAndActivate {
            user: String::new(),
        };
        let mut at = |second| quotas.take(&activate, Duration::from_secs(second));
        assert!(at(0).is_ok() && at(0).is_err() && at(0).is_err());
        assert!(at(100).is_ok());
        let mut told = |at| quotas.told_share(&activate, Duration::from_secs(at));
        assert_eq!(told(100).as_deref(), Some("1.00"));
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
