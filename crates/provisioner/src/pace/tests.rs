use std::time::Duration;

use super::crowd::{Crowd, Latency};
use super::limiter::{Allowance, Limiter};

const LATENCY: f64 = 0.15;

/// A service with one quota, as the governor meets it.
trait Quota {
    /// Takes one call at `now` seconds, or says how long to wait.
    fn take(&mut self, now: f64) -> Result<(), Option<f64>>;
    fn announce(&self, _now: f64) -> Option<Allowance> {
        None
    }
}

/// A bucket that fills evenly. Waits are told in whole seconds.
struct Bucket {
    rate: f64,
    size: f64,
    level: f64,
    at: f64,
}

impl Bucket {
    fn new(rate: f64, size: f64) -> Self {
        Self {
            rate,
            size,
            level: size,
            at: 0.0,
        }
    }
}

impl Quota for Bucket {
    fn take(&mut self, now: f64) -> Result<(), Option<f64>> {
        self.level = (self.level + (now - self.at) * self.rate).min(self.size);
        self.at = now;
        if self.level < 1.0 {
            return Err(Some(((1.0 - self.level) / self.rate).ceil()));
        }
        self.level -= 1.0;
        Ok(())
    }
}

/// Windows of a minute that are announced.
struct Windows {
    limit: u64,
    used: u64,
    window: u64,
}

impl Quota for Windows {
    fn take(&mut self, now: f64) -> Result<(), Option<f64>> {
        let window = Duration::from_secs_f64(now).as_secs() / 60;
        if window != self.window {
            (self.window, self.used) = (window, 0);
        }
        if self.used == self.limit {
            return Err(Some(60.0 - now % 60.0));
        }
        self.used += 1;
        Ok(())
    }

    fn announce(&self, now: f64) -> Option<Allowance> {
        Some(Allowance {
            limit: self.limit,
            remaining: self.limit - self.used,
            resets_in: Duration::from_secs_f64(60.0 - now % 60.0),
        })
    }
}

/// What so many calls took, and when which of them were refused.
struct Played {
    took: f64,
    refused: Vec<f64>,
}

/// Sends `calls` through a governor with so many workers, each call taking [`LATENCY`].
fn play(mut quota: impl Quota, calls: usize, workers: usize) -> Played {
    let at = Duration::from_secs_f64;
    let mut limiter = Limiter::default();
    let mut refused = Vec::new();
    // When each worker is free, and how its call ended.
    let mut busy: Vec<(f64, f64, Result<(), Option<f64>>)> = Vec::new();
    let (mut now, mut took, mut done) = (0.0, 0.0, 0);
    while done < calls {
        busy.sort_by(|one, two| one.0.total_cmp(&two.0));
        while busy.first().is_some_and(|(back, ..)| *back <= now) {
            let (back, sent, end) = busy.remove(0);
            if let Some(told) = quota.announce(back) {
                limiter.announced(at(back), told);
            }
            match end {
                Ok(()) => {
                    limiter.accepted(at(sent), at(back));
                    done += 1;
                    took = back;
                }
                Err(wait) => {
                    refused.push(back);
                    limiter.refused(at(sent), at(back), wait.map(at));
                }
            }
        }
        let next_back = busy.first().map_or(f64::MAX, |(back, ..)| *back);
        if busy.len() < workers && done + busy.len() < calls {
            match limiter.ask(at(now), 1.0) {
                Ok(()) => {
                    let end = quota.take(now + LATENCY / 2.0);
                    busy.push((now + LATENCY, now, end));
                }
                Err(wait) => now = (now + wait.as_secs_f64().max(1e-6)).min(next_back),
            }
        } else {
            now = next_back;
        }
    }
    Played { took, refused }
}

/// A bucket of which somebody else takes a part for a while.
struct Shared {
    bucket: Bucket,
    rate: f64,
    others: f64,
    from: f64,
    until: f64,
}

impl Quota for Shared {
    fn take(&mut self, now: f64) -> Result<(), Option<f64>> {
        let shared = (self.from..self.until).contains(&now);
        self.bucket.rate = self.rate - if shared { self.others } else { 0.0 };
        self.bucket.take(now)
    }
}

#[test]
fn what_others_leave_again_is_found_again() {
    for (from, until) in [(0.0, 300.0), (600.0, 900.0)] {
        let shared = Shared {
            bucket: Bucket::new(20.0, 200.0),
            rate: 20.0,
            others: 18.0,
            from,
            until,
        };
        let played = play(shared, 20_000, 32);
        let ideal = (20_000.0 - 200.0 + 18.0 * 300.0) / 20.0;
        println!(
            "shared from {from} to {until}: {:.2} of ideal",
            played.took / ideal
        );
        assert!(played.took <= ideal + 1.1 * 900.0);
    }
}

#[test]
fn a_bucket_is_measured_and_then_kept_to() {
    for (rate, size, calls) in [
        (20.0, 3000.0, 20_000),
        (5.6, 56.0, 5_000),
        (0.667, 200.0, 1_500),
        (100.0, 500.0, 20_000),
    ] {
        let played = play(Bucket::new(rate, size), calls, 32);
        let ideal = (calls as f64 - size) / rate;
        println!(
            "{rate}/s, burst {size}: {:.3} of ideal, {} refused, last at {:.0} s of {:.0}",
            played.took / ideal,
            played.refused.len(),
            played.refused.last().unwrap(),
            played.took
        );
        assert!(played.took <= 1.05 * ideal);
    }
}

#[test]
fn announced_windows_are_kept_to_without_a_refusal() {
    let played = play(
        Windows {
            limit: 100,
            used: 0,
            window: 0,
        },
        1_000,
        15,
    );
    println!("{} s", played.took);
    assert!(played.refused.is_empty());
    assert!(played.took <= 9.0 * 60.0 * 1.05);
}

#[test]
fn a_burst_of_refusals_reduces_the_crowd_once_and_it_grows_again() {
    let (mut crowd, at) = (Crowd::new(16), Duration::from_secs(100));
    assert!((0..16).all(|_| crowd.enter()));
    for _ in 0..16 {
        crowd.refused(at);
        crowd.leave();
    }
    assert_eq!(crowd.most(), 12);
    let latency = Latency::default();
    (0..2000).for_each(|_| crowd.answered(&latency));
    assert_eq!(crowd.most(), 16);
}

#[test]
fn a_window_that_never_ends_is_not_believed() {
    let mut limiter = Limiter::default();
    limiter.announced(
        Duration::from_secs(1),
        Allowance {
            limit: u64::MAX,
            remaining: 0,
            resets_in: Duration::MAX,
        },
    );
    let wait = limiter.ask(Duration::from_secs(1), 1.0).unwrap_err();
    assert!(wait <= Duration::from_secs(3600));
}
