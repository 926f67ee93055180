//! Jobs over simulated services, in virtual time.

use std::time::Duration;

use idp_sim::{Fault, Faults, Rule};
use ledger::RecordFilter;
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
        idp: Idp::Entra,
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

fn problem(job: &Job) -> Problem {
    job.parts[0].board.now().problem.unwrap()
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
    rehearsal.app.jobs.hold(&job, Wish::Paused, "ann").unwrap();
    until(&job, Status::Paused).await;
    assert_eq!(kept(&rehearsal).len(), 2);
    let rehearsal = rehearsal.again().await;
    rehearsal.app.jobs.take_up().await;
    let job = rehearsal.app.jobs.find(&run).unwrap();
    assert_eq!(job.parts[0].board.now().status, Status::Paused);
    rehearsal.app.jobs.resume(&job, "ann").unwrap();
    let twice = rehearsal.app.jobs.resume(&job, "ann").unwrap_err();
    assert_eq!(twice.code, "goes-on");
    until(&job, Status::Ended).await;
    // Whoever comes late changes nothing, and leaves nothing behind.
    rehearsal.app.jobs.hold(&job, Wish::Paused, "ann").unwrap();
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
    rehearsal
        .app
        .jobs
        .hold(&job, Wish::Cancelled, "bob")
        .unwrap();
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

#[tokio::test(start_paused = true)]
async fn each_sitting_goes_by_the_connection_of_its_time() {
    let rehearsal = Rehearsal::slow().await;
    let order = order(&rehearsal, 12).await;
    let jobs = &rehearsal.app.jobs;
    let run = jobs.start(order).await.unwrap();
    let job = jobs.find(&run).unwrap();
    under_way(&rehearsal).await;
    rehearsal.app.disconnect(Idp::Entra, "bob").unwrap();
    until(&job, Status::Paused).await;
    assert_eq!(job.wished_by().unwrap(), "bob");
    jobs.resume(&job, "ann").unwrap();
    until(&job, Status::Stopped).await;
    assert_eq!(problem(&job).code, "not-set-up");
    rehearsal.connect_entra("a secret that is good no more");
    jobs.resume(&job, "ann").unwrap();
    until(&job, Status::Stopped).await;
    assert_ne!(problem(&job).code, "not-set-up");
    let secret = rehearsal.sim.entra().client_secret;
    rehearsal.connect_entra(&secret);
    jobs.resume(&job, "ann").unwrap();
    until(&job, Status::Ended).await;
    assert_eq!(
        (done(&rehearsal, &run).await, activated(&rehearsal)),
        (12, 12)
    );
}

/// Whoever pauses it afterwards changes nothing, and the report names who cancelled it.
#[tokio::test(start_paused = true)]
async fn what_somebody_cancelled_stays_cancelled() {
    let rehearsal = Rehearsal::slow().await;
    let order = order(&rehearsal, 12).await;
    let jobs = &rehearsal.app.jobs;
    let run = jobs.start(order).await.unwrap();
    let job = jobs.find(&run).unwrap();
    jobs.hold(&job, Wish::Paused, "ann").unwrap();
    jobs.hold(&job, Wish::Cancelled, "bob").unwrap();
    jobs.hold(&job, Wish::Paused, "cleo").unwrap();
    until(&job, Status::Ended).await;
    let report = rehearsal.app.ledger.report(&run).await.unwrap().unwrap();
    let cancelled = report.rows.iter().filter_map(|row| row.error.as_ref());
    let messages: BTreeSet<_> = cancelled.map(|problem| problem.message.clone()).collect();
    assert_eq!(
        messages.into_iter().collect::<Vec<_>>(),
        ["the run was cancelled by bob"]
    );
    assert_eq!(kept(&rehearsal), [""; 0]);
}

/// A run can be cancelled although its place is gone: its file goes at once, its end comes with the place.
#[tokio::test(start_paused = true)]
async fn what_is_cancelled_ends_as_soon_as_its_place_is_there_and_never_goes_on() {
    let rehearsal = Rehearsal::slow().await;
    let order = order(&rehearsal, 12).await;
    let jobs = &rehearsal.app.jobs;
    let run = jobs.start(order).await.unwrap();
    let job = jobs.find(&run).unwrap();
    under_way(&rehearsal).await;
    rehearsal.app.disconnect(Idp::Entra, "bob").unwrap();
    until(&job, Status::Paused).await;
    jobs.hold(&job, Wish::Cancelled, "bob").unwrap();
    until(&job, Status::Waiting).await;
    assert_eq!(problem(&job).code, "not-set-up");
    let before = rehearsal.sim.state().entra.devices;
    assert_eq!(jobs.resume(&job, "ann").unwrap_err().code, "run-cancelled");
    rehearsal.connect_entra(&rehearsal.sim.entra().client_secret);
    until(&job, Status::Ended).await;
    assert_eq!(rehearsal.sim.state().entra.devices, before);
    assert_eq!(kept(&rehearsal), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn no_file_stays_for_a_run_that_is_cancelled() {
    let rehearsal = Rehearsal::slow().await;
    let order = order(&rehearsal, 12).await;
    let jobs = &rehearsal.app.jobs;
    let run = jobs.start(order).await.unwrap();
    let job = jobs.find(&run).unwrap();
    rehearsal.app.disconnect(Idp::Entra, "bob").unwrap();
    until(&job, Status::Paused).await;
    jobs.hold(&job, Wish::Cancelled, "bob").unwrap();
    until(&job, Status::Waiting).await;
    assert_eq!(problem(&job).code, "not-set-up");
    assert_eq!(kept(&rehearsal), [format!("job-{}", run.0)]);
    let rehearsal = rehearsal.again().await;
    rehearsal.app.jobs.take_up().await;
    if let Some(job) = rehearsal.app.jobs.find(&run) {
        until(&job, Status::Ended).await;
    }
    let report = rehearsal.app.ledger.report(&run).await.unwrap().unwrap();
    assert_eq!(report.counts.pending, 0);
    assert_eq!(kept(&rehearsal), [""; 0]);
}

/// Of a replacement whose new seed was typed, the half that takes something away is not begun after a
/// restart: the other half could not follow.
#[tokio::test(start_paused = true)]
async fn without_its_seeds_a_job_of_two_runs_ends_as_it_stands() {
    let rehearsal = Rehearsal::slow().await;
    let (one, mut other) = (order(&rehearsal, 2).await, order(&rehearsal, 12).await);
    other.errands[0].plan.rows.drain(..2);
    let typed = Order {
        errands: one.errands.into_iter().chain(other.errands).collect(),
        even_so: true,
        file: None,
        ..one
    };
    rehearsal.app.jobs.start(typed).await.unwrap();
    let runs: Vec<_> = rehearsal.app.ledger.runs().await.unwrap();
    let rehearsal = rehearsal.again().await;
    rehearsal.app.jobs.take_up().await;
    while !rehearsal.app.jobs.list().is_empty() {
        rehearsal.clock.sleep(Duration::from_secs(1)).await;
    }
    let mut rejected = 0;
    for run in &runs {
        let report = rehearsal.app.ledger.report(&run.run).await.unwrap();
        let report = report.unwrap();
        assert_eq!(report.counts.pending, 0);
        rejected += report.counts.rejected;
        let told = report.rows.iter().filter_map(|row| row.error.as_ref());
        for problem in told {
            assert!(
                problem
                    .message
                    .contains("a seed that was typed is not kept"),
                "{problem}"
            );
        }
    }
    assert_eq!(runs.len(), 2);
    assert!(rejected >= 10, "{rejected}");
    assert!(rehearsal.sim.state().entra.devices.len() <= 2);
    assert_eq!(kept(&rehearsal), [""; 0]);
}

/// One half may be worse than nothing: a token taken back whose successor is never given.
#[tokio::test(start_paused = true)]
async fn half_of_a_replacement_does_not_go_on_alone() {
    let rehearsal = Rehearsal::slow().await;
    let (one, mut other) = (order(&rehearsal, 2).await, order(&rehearsal, 12).await);
    other.errands[0].plan.rows.drain(..2);
    let both = Order {
        errands: one.errands.into_iter().chain(other.errands).collect(),
        ..one
    };
    let first = rehearsal.app.jobs.start(both).await.unwrap();
    let rehearsal = rehearsal.again().await;
    for name in kept(&rehearsal) {
        rehearsal.app.vault.remove(&name).unwrap();
    }
    let jobs = &rehearsal.app.jobs;
    let adoption = |run: &RunId, wish| Adoption {
        run: run.clone(),
        idp: Idp::Entra,
        by: "bob".to_owned(),
        file: None,
        wish,
    };
    for run in [&first, &other_half(&first)] {
        let refused = jobs.adopt(adoption(run, Wish::Going)).await.unwrap_err();
        assert_eq!(refused.code, "half-of-a-replacement");
        jobs.adopt(adoption(run, Wish::Cancelled)).await.unwrap();
        while jobs.find(run).is_some() {
            rehearsal.clock.sleep(Duration::from_secs(1)).await;
        }
        let report = rehearsal.app.ledger.report(run).await.unwrap().unwrap();
        assert_eq!(report.counts.pending, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn the_audit_names_whoever_let_it_go_on() {
    let rehearsal = Rehearsal::slow().await;
    let order = order(&rehearsal, 12).await;
    let jobs = &rehearsal.app.jobs;
    let run = jobs.start(order).await.unwrap();
    let job = jobs.find(&run).unwrap();
    under_way(&rehearsal).await;
    jobs.hold(&job, Wish::Paused, "cleo").unwrap();
    until(&job, Status::Paused).await;
    jobs.resume(&job, "bob").unwrap();
    until(&job, Status::Ended).await;
    let all = RecordFilter::default();
    let records = rehearsal.app.ledger.records(&all, 1_000).await.unwrap();
    let of = |event: &str| {
        let records = records.iter().filter(|record| record.event == event);
        let actors = records.filter_map(|record| record.actor.as_ref());
        actors
            .map(|actor| actor.user.clone())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(of("run-begun"), BTreeSet::from(["ann".to_owned()]));
    assert!(of("run-resumed").contains("bob"));
    assert!(of("intent").contains("bob"));
}

/// The lists that show what a small run did are read afterwards, and nobody waits for that for long.
#[tokio::test(start_paused = true)]
async fn a_pause_is_not_held_up_by_a_service_that_asks_for_patience() {
    let rehearsal = Rehearsal::slow().await;
    let order = order(&rehearsal, 12).await;
    let jobs = &rehearsal.app.jobs;
    let run = jobs.start(order).await.unwrap();
    let job = jobs.find(&run).unwrap();
    under_way(&rehearsal).await;
    let fault = Fault::Status {
        status: 429,
        retry_after: Some("600".to_owned()),
        after_work: false,
    };
    rehearsal.sim.set_faults(Faults {
        rules: vec![Rule::always(fault)],
    });
    let begun = rehearsal.clock.monotonic();
    jobs.hold(&job, Wish::Paused, "ann").unwrap();
    until(&job, Status::Paused).await;
    let took = rehearsal.clock.monotonic() - begun;
    assert!(took < Duration::from_secs(30), "{took:?}");
}
