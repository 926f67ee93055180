//! Jobs over simulated services, in virtual time.

use std::time::Duration;

use provisioner::{Goal, Outcome, Roster, RunId, State};
use seedfile::ReadOptions;

use super::*;
use crate::places::Idp;
use crate::testing::{Rehearsal, seed_file};

async fn order(rehearsal: &Rehearsal, rows: usize) -> Order {
    let app = &rehearsal.app;
    let place = app.places.get(Idp::Entra).await.unwrap();
    let file = seed_file(rows).into_bytes();
    let roster = Roster::read(&file, &ReadOptions::default()).unwrap();
    let planned = app.plan(&place, &roster, Goal::Activated).await.unwrap();
    Order {
        place,
        by: "ann".to_owned(),
        errands: vec![Errand {
            plan: planned.plan,
            roster,
        }],
        even_so: false,
        file: Some((About::default(), file.into())),
    }
}

async fn until(job: &Job, status: Status) {
    let mut progress = job.parts[0].board.watch();
    progress.wait_for(|now| now.status == status).await.unwrap();
}

/// Until the first tokens were imported.
async fn under_way(rehearsal: &Rehearsal) {
    while rehearsal.sim.state().entra.devices.is_empty() {
        rehearsal.clock.sleep(Duration::from_millis(100)).await;
    }
}

async fn done(rehearsal: &Rehearsal, run: &RunId) -> usize {
    let report = rehearsal.app.ledger.report(run).await.unwrap().unwrap();
    report.counts.done
}

fn activated(rehearsal: &Rehearsal) -> usize {
    let devices = rehearsal.sim.state().entra.devices;
    devices
        .iter()
        .filter(|device| device.status == "activated")
        .count()
}

fn kept(rehearsal: &Rehearsal) -> Vec<String> {
    rehearsal.app.vault.names("").unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_job_comes_to_its_end_and_leaves_nothing_behind() {
    let rehearsal = Rehearsal::new().await;
    let order = order(&rehearsal, 12).await;
    let run = rehearsal.app.jobs.start(order).await.unwrap();
    let job = rehearsal.app.jobs.find(&run).unwrap();
    until(&job, Status::Ended).await;
    assert_eq!(
        (done(&rehearsal, &run).await, activated(&rehearsal)),
        (12, 12)
    );
    let settled = job.parts[0].board.settled_from(0).unwrap();
    assert_eq!((settled.len(), settled[0].outcome), (12, Outcome::Done));
    assert_eq!(settled[0].state, Some(State::Activated));
    assert!(rehearsal.app.jobs.find(&run).is_none());
    assert_eq!(kept(&rehearsal), [""; 0]);
}

/// After its first calls the job is paused, the server is ended and started, and the job goes on.
#[tokio::test(start_paused = true)]
async fn a_paused_job_waits_through_a_restart_and_goes_on_when_it_is_told() {
    let rehearsal = Rehearsal::slow().await;
    let order = order(&rehearsal, 12).await;
    let run = rehearsal.app.jobs.start(order).await.unwrap();
    let job = rehearsal.app.jobs.find(&run).unwrap();
    under_way(&rehearsal).await;
    rehearsal.app.jobs.hold(&job, Wish::Paused).unwrap();
    until(&job, Status::Paused).await;
    assert_eq!(kept(&rehearsal).len(), 2);
    let rehearsal = rehearsal.again().await;
    rehearsal.app.jobs.take_up().await;
    let job = rehearsal.app.jobs.find(&run).unwrap();
    assert_eq!(job.parts[0].board.now().status, Status::Paused);
    rehearsal.app.jobs.resume(&job).unwrap();
    let twice = rehearsal.app.jobs.resume(&job).unwrap_err();
    assert_eq!(twice.code, "goes-on");
    until(&job, Status::Ended).await;
    // Whoever comes late changes nothing, and leaves nothing behind.
    rehearsal.app.jobs.hold(&job, Wish::Paused).unwrap();
    assert_eq!(
        (done(&rehearsal, &run).await, activated(&rehearsal)),
        (12, 12)
    );
    assert_eq!(kept(&rehearsal), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_goes_on_when_the_server_ends_goes_on_when_it_starts() {
    let rehearsal = Rehearsal::slow().await;
    let order = order(&rehearsal, 12).await;
    let run = rehearsal.app.jobs.start(order).await.unwrap();
    under_way(&rehearsal).await;
    let rehearsal = rehearsal.again().await;
    rehearsal.app.jobs.take_up().await;
    let job = rehearsal.app.jobs.find(&run).unwrap();
    until(&job, Status::Ended).await;
    assert_eq!(
        (done(&rehearsal, &run).await, activated(&rehearsal)),
        (12, 12)
    );
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_job_ends_with_a_report_of_what_is_there() {
    let rehearsal = Rehearsal::slow().await;
    let order = order(&rehearsal, 12).await;
    let run = rehearsal.app.jobs.start(order).await.unwrap();
    let job = rehearsal.app.jobs.find(&run).unwrap();
    under_way(&rehearsal).await;
    rehearsal.app.jobs.hold(&job, Wish::Cancelled).unwrap();
    until(&job, Status::Ended).await;
    let report = rehearsal.app.ledger.report(&run).await.unwrap().unwrap();
    assert_eq!(report.counts.pending, 0);
    assert_eq!(report.counts.done, activated(&rehearsal));
    assert!(report.counts.done < 12, "{:?}", report.counts);
    assert_eq!(kept(&rehearsal), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_in_one_job_at_a_time() {
    let rehearsal = Rehearsal::slow().await;
    let (first, second) = (order(&rehearsal, 12).await, order(&rehearsal, 1).await);
    let run = rehearsal.app.jobs.start(first).await.unwrap();
    let refused = rehearsal.app.jobs.start(second).await.unwrap_err();
    assert_eq!(refused.code, "token-in-a-run");
    assert!(refused.message.contains(&run.0));
}
