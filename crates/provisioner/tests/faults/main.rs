//! Every fault that can be thought of, and its wanted end.
//!
//! Each test's name says what shall be. The simulator brings the fault about, in virtual time, and its
//! truth is the judge. `docs/faults.md` says the same in prose, with the test for each line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "tests, whose figures are to be read"
)]

mod bulk;
mod clock;
mod directory;
mod hostile;
mod interrupt;
mod lag;
mod limits;
mod lists;
mod lost;
mod operators;
mod seeds;
mod sign_in;
#[path = "../support/mod.rs"]
mod support;
mod throttling;
mod wire;

use idp_sim::{Fault, Idp, Rule};
use provisioner::{Goal, Outcome, Report};
use tokio_util::sync::CancellationToken;

use crate::support::{Run, World, file, line, user};

/// `count` rows of tokens of SHA-1 and 30 seconds, one for each user.
fn plain_file(count: usize) -> String {
    file((1..=count).map(|n| line(n, &user(n), false, 30)))
}

fn hit(route: &str, fault: Fault) -> Rule {
    Rule::nth(route, 1, fault)
}

fn every(route: &str, fault: Fault) -> Rule {
    Rule {
        route: Some(route.to_owned()),
        ..Rule::always(fault)
    }
}

fn status(status: u16, retry_after: Option<&str>) -> Fault {
    Fault::Status {
        status,
        retry_after: retry_after.map(str::to_owned),
        after_work: false,
    }
}

fn code(report: &Report, row: usize) -> &str {
    let error = report.rows[row].error.as_ref();
    error.map_or("", |problem| &problem.code)
}

fn ends(report: &Report, outcome: Outcome) -> usize {
    let rows = report.rows.iter();
    rows.filter(|row| row.outcome == outcome).count()
}

/// Every row that is not as wanted says what a person can do next.
#[track_caller]
fn has_advice(report: &Report) {
    for row in &report.rows {
        if !matches!(row.outcome, Outcome::Done | Outcome::Unchanged) {
            let error = row.error.as_ref().expect("a reason");
            assert!(!error.next.is_empty(), "{row:?}");
        }
    }
}

/// One way through a provider, so that each of its calls is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Entra: created with a holder in one call for many, then activated.
    EntraMany,
    /// Entra: created with a holder one by one, then activated.
    EntraSingle,
    /// Entra: from the inventory, assigned and activated in one call.
    EntraStock,
    /// Okta: enrolled.
    OktaNew,
    /// Okta: found at the user, and proved with a code.
    OktaProof,
}

impl Way {
    const ALL: [Self; 5] = [
        Self::EntraMany,
        Self::EntraSingle,
        Self::EntraStock,
        Self::OktaNew,
        Self::OktaProof,
    ];

    fn idp(self) -> Idp {
        match self {
            Self::OktaNew | Self::OktaProof => Idp::Okta,
            _ => Idp::Entra,
        }
    }

    /// The calls that change something, and on Okta the one that proves.
    fn writes(self) -> &'static [&'static str] {
        match self {
            Self::EntraMany => &["devices.bulk-create", "methods.activate"],
            Self::EntraSingle => &["devices.create", "methods.activate"],
            Self::EntraStock => &["methods.assign-activate"],
            Self::OktaNew => &["factors.enroll"],
            Self::OktaProof => &["factors.enroll", "factors.verify"],
        }
    }

    fn reads(self) -> &'static [&'static str] {
        match self {
            Self::EntraMany => &["token", "users.list", "devices.list"],
            Self::EntraSingle | Self::EntraStock => &["users.list", "devices.list"],
            Self::OktaNew => &["organization.get", "authenticators.*", "users.*"],
            Self::OktaProof => &["users.*", "factors.list"],
        }
    }

    fn rows(self) -> usize {
        if self == Self::EntraSingle { 1 } else { 3 }
    }

    /// A tenant from which the run's way leads through these calls.
    async fn world(self) -> World {
        self.world_with(idp_sim::SimConfig::with_people(3)).await
    }

    async fn world_with(self, config: idp_sim::SimConfig) -> World {
        let world = World::with(config, plain_file(self.rows()));
        match self {
            Self::EntraStock => {
                let (entra, stop) = (world.entra(), CancellationToken::new());
                world.run(&entra, Goal::Imported, &stop).await;
            }
            Self::OktaProof => {
                world.provision(Idp::Okta).await;
                world.ledger.lose();
                world.clock.sleep(std::time::Duration::from_secs(200)).await;
            }
            _ => {}
        }
        world
    }
}

/// Nothing was lost or doubled, and every row is as wanted.
async fn all_done(world: &World, way: Way, run: &Run, what: &str) {
    assert!(run.stopped.is_none(), "{way:?} {what}: {:?}", run.stopped);
    let counts = run.report.counts;
    let rows = way.rows();
    assert_eq!(
        counts.done + counts.unchanged,
        rows,
        "{way:?} {what}: {:?}",
        run.report.rows
    );
    // A code that proved a token is not asked for again.
    world.clock.sleep(std::time::Duration::from_secs(60)).await;
    world.check(way.idp(), &run.report).await;
}

/// The same where a service takes a second activation of what is active: every token works.
async fn all_work(world: &World, way: Way, run: &Run, what: &str) {
    assert!(
        run.report.is_complete(),
        "{way:?} {what}: {:?}",
        run.report.rows
    );
    world.clock.sleep(std::time::Duration::from_secs(60)).await;
    let truth = world.truth(way.idp());
    let works = truth.values().all(|token| token.active && token.made == 1);
    assert!(works, "{way:?} {what}: {truth:?}");
    world.sign_in_everybody(way.idp()).await;
}
