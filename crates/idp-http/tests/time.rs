//! The service's time, learned from its answers.
#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use std::time::Duration;

use idp_http::http::{HeaderMap, header};
use idp_http::{Clock, IdpTime};
use proptest::prelude::*;

/// A clock that stands still.
#[derive(Debug)]
struct Fixed {
    unix: u64,
    monotonic: u64,
}

#[async_trait::async_trait]
impl Clock for Fixed {
    fn unix(&self) -> Duration {
        Duration::from_millis(self.unix)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.monotonic)
    }

    async fn sleep(&self, _: Duration) {}
}

/// 21 November 2026, in milliseconds.
const EPOCH: u64 = 1_795_219_200_000;

/// An exchange: sent at a monotonic time, `way` there and `back` again.
#[derive(Clone, Copy, Debug)]
struct Exchange {
    sent: u64,
    way: u64,
    back: u64,
}

fn exchange() -> impl Strategy<Value = Exchange> {
    (0..86_400_000_u64, 0..500_u64, 0..500_u64).prop_map(|(sent, way, back)| Exchange {
        sent,
        way,
        back,
    })
}

impl Exchange {
    /// Learns from it; the service's clock shows `offset` more than the monotonic one.
    fn teach(self, time: &IdpTime, offset: u64) {
        let seconds = (self.sent + self.way + offset) / 1000;
        let date = std::time::UNIX_EPOCH + Duration::from_secs(seconds);
        let mut headers = HeaderMap::new();
        let date = httpdate::fmt_http_date(date).parse().unwrap();
        headers.insert(header::DATE, date);
        let received = self.sent + self.way + self.back;
        let [sent, received] = [self.sent, received].map(Duration::from_millis);
        time.learn(&headers, sent, received);
    }
}

proptest! {
    #[test]
    fn the_time_is_known_to_a_second(
        exchanges in prop::collection::vec(exchange(), 1..30),
        offset in EPOCH - 1_000_000_000..EPOCH + 1_000_000_000,
        later in 0..86_400_000_u64,
        unix in 0..2 * EPOCH,
    ) {
        let time = IdpTime::default();
        for exchange in exchanges {
            exchange.teach(&time, offset);
        }
        let clock = Fixed { unix, monotonic: later };
        let learned = i128::try_from(time.unix(&clock).as_millis()).unwrap();
        prop_assert!((learned - i128::from(later + offset)).abs() <= 1000, "{learned}");
    }

    #[test]
    fn one_odd_date_does_not_matter(
        exchanges in prop::collection::vec(exchange(), 3..30),
        odd in any::<prop::sample::Index>(),
        lie in EPOCH / 2..EPOCH * 2,
    ) {
        let time = IdpTime::default();
        let odd = odd.index(exchanges.len());
        for (n, exchange) in exchanges.iter().enumerate() {
            exchange.teach(&time, if n == odd { lie } else { EPOCH });
        }
        let learned = time.unix(&Fixed { unix: 0, monotonic: 0 });
        let error = i128::try_from(learned.as_millis()).unwrap() - i128::from(EPOCH);
        prop_assert!(error.abs() <= 1000, "{error} ms off");
    }

    #[test]
    fn ahead_is_positive_where_this_clock_is_fast(
        exchange in exchange(),
        ahead in -10_000_000..10_000_000_i64,
    ) {
        let time = IdpTime::default();
        exchange.teach(&time, EPOCH);
        let unix = EPOCH.checked_add_signed(ahead).unwrap();
        let found = time.ahead_millis(&Fixed { unix, monotonic: 0 }).unwrap();
        prop_assert!((found - ahead).abs() <= 1000, "{found} for {ahead}");
    }
}

#[test]
fn before_the_first_answer_this_clock_counts() {
    let time = IdpTime::default();
    let clock = Fixed {
        unix: EPOCH,
        monotonic: 7,
    };
    time.learn(&HeaderMap::new(), Duration::ZERO, Duration::ZERO);
    let mut headers = HeaderMap::new();
    headers.insert(header::DATE, "yesterday".parse().unwrap());
    time.learn(&headers, Duration::ZERO, Duration::ZERO);
    assert_eq!(time.unix(&clock), Duration::from_millis(EPOCH));
    assert_eq!(time.ahead_millis(&clock), None);
}
