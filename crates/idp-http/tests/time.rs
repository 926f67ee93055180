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
    /// Learns from it; the service's clock shows `offset` more than the monotonic one, this
    /// machine's `wall` more.
    fn teach(self, time: &IdpTime, offset: u64, wall: u64) {
        let seconds = (self.sent + self.way + offset) / 1000;
        let date = std::time::UNIX_EPOCH + Duration::from_secs(seconds);
        let mut headers = HeaderMap::new();
        let date = httpdate::fmt_http_date(date).parse().unwrap();
        headers.insert(header::DATE, date);
        // This machine's clock keeps its distance from the monotonic one: `wall` is at monotonic 0.
        let monotonic = self.sent + self.way + self.back;
        let clock = Fixed {
            unix: wall + monotonic,
            monotonic,
        };
        time.learn(&clock, &headers, Duration::from_millis(self.sent));
    }
}

/// An exchange that took no time.
fn quick(sent: u64) -> Exchange {
    Exchange {
        sent,
        way: 0,
        back: 0,
    }
}

/// A service whose clock is a minute ahead, learned at monotonic 1000 s; then the machine's clock
/// and the monotonic one move by so many milliseconds.
fn after(unix: i64, monotonic: u64) -> (IdpTime, Fixed) {
    let time = IdpTime::default();
    quick(1_000_000).teach(&time, EPOCH + 60_000, EPOCH);
    let clock = Fixed {
        unix: (EPOCH + 1_000_000).checked_add_signed(unix).unwrap(),
        monotonic: 1_000_000 + monotonic,
    };
    (time, clock)
}

#[test]
fn a_machine_that_slept_does_not_live_in_the_past() {
    // Ten minutes of sleep, of which the monotonic clock saw nothing.
    let (time, clock) = after(601_000, 1000);
    assert_eq!(time.unix(&clock), clock.unix());
    assert_eq!(time.ahead_millis(&clock), None);
    // The next answer counts alone.
    quick(clock.monotonic).teach(&time, EPOCH + 660_000, EPOCH + 600_000);
    assert_eq!(
        time.unix(&clock),
        clock.unix() + Duration::from_millis(60_500)
    );
}

#[test]
fn an_answer_that_waited_while_the_machine_slept_is_not_believed() {
    let (time, clock) = after(601_000, 1000);
    // It was written before the sleep, and read after it.
    for _ in 0..2 {
        let before = Exchange {
            sent: clock.monotonic - 500,
            way: 0,
            back: 500,
        };
        before.teach(&time, EPOCH + 60_000, EPOCH + 600_000);
        assert_eq!(time.unix(&clock), clock.unix());
    }
}

#[test]
fn a_clock_that_was_set_back_drops_what_was_learned() {
    let (time, clock) = after(-3_600_000, 1000);
    assert_eq!(time.unix(&clock), clock.unix());
}

#[test]
fn a_clock_that_is_slewed_drops_nothing() {
    let (time, clock) = after(102_000, 100_000);
    let service = Duration::from_millis(EPOCH + 60_000 + 1_100_500);
    assert_eq!(time.unix(&clock), service);
}

#[cfg(feature = "tokio-clock")]
#[tokio::test(start_paused = true)]
async fn the_systems_clock_is_read_each_time() {
    let [system, own] = [
        idp_http::TokioClock::system(),
        idp_http::TokioClock::starting_at(Duration::from_secs(7)),
    ];
    // Virtual time goes on, and this machine's does not: the reverse of a sleep.
    system.sleep(Duration::from_secs(3600)).await;
    let now = std::time::UNIX_EPOCH.elapsed().unwrap();
    assert!(now.abs_diff(system.unix()) < Duration::from_secs(60));
    assert!(system.monotonic() >= Duration::from_secs(3600));
    assert!(own.unix() >= Duration::from_secs(3607));
}

proptest! {
    #[test]
    fn the_time_is_known_to_a_second(
        exchanges in prop::collection::vec(exchange(), 1..30),
        offset in EPOCH - 1_000_000_000..EPOCH + 1_000_000_000,
        later in 0..86_400_000_u64,
        wall in 0..2 * EPOCH,
    ) {
        let time = IdpTime::default();
        for exchange in exchanges {
            exchange.teach(&time, offset, wall);
        }
        let clock = Fixed { unix: wall + later, monotonic: later };
        let learned = i128::try_from(time.unix(&clock).as_millis()).unwrap();
        prop_assert!((learned - i128::from(later + offset)).abs() <= 1000, "{learned}");
    }

    #[test]
    fn what_is_uncertain_is_told(
        exchanges in prop::collection::vec(exchange(), 1..30),
        offset in EPOCH - 1_000_000_000..EPOCH + 1_000_000_000,
    ) {
        let time = IdpTime::default();
        for exchange in exchanges {
            exchange.teach(&time, offset, 0);
        }
        let clock = Fixed { unix: 0, monotonic: 0 };
        let error = time.unix(&clock).abs_diff(Duration::from_millis(offset));
        prop_assert!(error <= time.uncertainty(&clock) + Duration::from_millis(1), "{error:?}");
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
            exchange.teach(&time, if n == odd { lie } else { EPOCH }, 0);
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
        let unix = EPOCH.checked_add_signed(ahead).unwrap();
        exchange.teach(&time, EPOCH, unix);
        let found = time.ahead_millis(&Fixed { unix, monotonic: 0 }).unwrap();
        prop_assert!((found - ahead).abs() <= 1000, "{found} for {ahead}");
    }
}

/// Answers that come all the time meet the turns of the second, which tell the time to the round trip.
#[test]
fn many_answers_tell_the_time_more_precisely_than_a_second() {
    let time = IdpTime::default();
    let mut clock = Fixed {
        unix: 0,
        monotonic: 0,
    };
    for n in 0..40 {
        exchange_at(n * 70).teach(&time, EPOCH + 123, 0);
        clock.monotonic = n * 70 + 20;
        clock.unix = clock.monotonic;
    }
    let error = time
        .unix(&clock)
        .abs_diff(Duration::from_millis(EPOCH + 123 + clock.monotonic));
    assert!(error <= Duration::from_millis(50), "{error:?}");
    assert!(time.uncertainty(&clock) <= Duration::from_millis(50));
    // A front end whose clock is five seconds off makes it less certain.
    exchange_at(clock.monotonic + 70).teach(&time, EPOCH + 5123, 0);
    assert!(time.uncertainty(&clock) >= Duration::from_millis(500));
}

fn exchange_at(sent: u64) -> Exchange {
    Exchange {
        sent,
        way: 10,
        back: 10,
    }
}

#[test]
fn before_the_first_answer_this_clock_counts() {
    let time = IdpTime::default();
    let clock = Fixed {
        unix: EPOCH,
        monotonic: 7,
    };
    time.learn(&clock, &HeaderMap::new(), Duration::ZERO);
    let mut headers = HeaderMap::new();
    headers.insert(header::DATE, "yesterday".parse().unwrap());
    time.learn(&clock, &headers, Duration::ZERO);
    assert_eq!(time.unix(&clock), Duration::from_millis(EPOCH));
    assert_eq!(time.ahead_millis(&clock), None);
}
