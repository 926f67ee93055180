//! The program killed with SIGKILL at each point of a run, and started again.
//!
//! The short form takes every seventh point, with one way to go on; with `OATHKIT_CAMPAIGN=full` it
//! is every point and every way. A code that was on its way to Entra is not sent twice, so that going
//! on waits for the token's next one: cases run side by side.
#![allow(clippy::print_stdout, reason = "its figures are to be read")]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;

use serde_json::Value;

use crate::support::{Home, Ran, Sim, Token, built_with, csv, each, is_full, mixed, plain};

static DYING: LazyLock<std::path::PathBuf> = LazyLock::new(|| built_with("crash-on-purpose"));

/// How many cases run at the same time; nearly all of their time is waiting.
const SIDE_BY_SIDE: usize = 16;

/// What is done after the death.
#[derive(Clone, Copy, Debug)]
enum GoingOn {
    /// The run is resumed, where one was begun.
    Resume,
    /// The same on another machine, which got a copy of the state directory.
    Elsewhere,
    /// The ledger is deleted, and the file provisioned anew.
    Anew,
}

const WAYS: [GoingOn; 3] = [GoingOn::Resume, GoingOn::Elsewhere, GoingOn::Anew];

#[derive(Clone, Copy, Debug)]
struct Case {
    idp: &'static str,
    point: u64,
    going_on: GoingOn,
}

/// Eight tokens. Those of 60 s only where there is time to wait for them.
fn tokens() -> Vec<Token> {
    if is_full() { mixed(8) } else { plain(8) }
}

/// Provisions with the build that dies at `point`, or `count`s.
fn provision(home: Home, idp: &str, point: &str) -> (Home, Ran) {
    let home = home.using(&DYING).with("OATHKIT_CRASH_AT", point);
    let file = home.file("tokens.csv", csv(&tokens()));
    let ran = home.oathctl(&["provision", &file, "--to", idp, "--yes"]);
    (home, ran)
}

/// How many points a run passes that nothing disturbs.
fn points(idp: &str) -> u64 {
    let sim = Sim::of(&tokens());
    let (_home, ran) = provision(Home::at(&sim), idp, "count");
    let ran = ran.ends(0);
    let points = ran
        .stderr
        .lines()
        .find_map(|line| line.strip_suffix(" points"));
    points.unwrap().parse().unwrap()
}

/// Returns whether the program died.
fn killed(case: Case) -> bool {
    let tokens = tokens();
    let sim = Sim::of(&tokens);
    let (home, ran) = provision(Home::at(&sim), case.idp, &case.point.to_string());
    let home = match case.going_on {
        GoingOn::Resume => home,
        GoingOn::Elsewhere => {
            let other = Home::at(&sim);
            copy(&home.path("state"), &other.path("state"));
            other
        }
        GoingOn::Anew => Home::at(&sim),
    };
    let home = home.using(Path::new(env!("CARGO_BIN_EXE_oathctl")));
    let file = home.file("tokens.csv", csv(&tokens));
    let report = go_on(&home, case.idp, &file);
    let ways = each(&report["rows"], "outcome");
    assert!(
        ways.iter().all(|end| *end == "done" || *end == "unchanged"),
        "{report}"
    );
    sim.has_all(case.idp, &tokens);
    sim.signs_all_in(case.idp, &home, &file, &tokens);
    // A process that was killed has no exit code.
    ran.code.is_none()
}

fn go_on(home: &Home, idp: &str, file: &str) -> Value {
    let runs = home.json(0, &["runs", "list"]);
    match runs["runs"][0]["run"].as_str() {
        Some(run) => home.json(0, &["runs", "resume", run, "--seeds", file]),
        None => home.json(0, &["provision", file, "--to", idp, "--yes"]),
    }
}

/// Copies a directory without directories in it, where it is there.
fn copy(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else {
        return;
    };
    fs::create_dir(to).unwrap();
    for entry in entries {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn cases(idp: &'static str, points: u64) -> Vec<Case> {
    let full = is_full();
    let case = |point, going_on| Case {
        idp,
        point,
        going_on,
    };
    let each = (1..=points).step_by(if full { 1 } else { 7 });
    each.zip(WAYS.into_iter().cycle())
        .flat_map(|(point, way)| match full {
            true => WAYS.map(|way| case(point, way)).to_vec(),
            false => vec![case(point, way)],
        })
        .collect()
}

fn killed_at_each_point(idp: &'static str) {
    let points = points(idp);
    let cases = cases(idp, points);
    let (next, deaths) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match catch_unwind(AssertUnwindSafe(|| killed(*case))) {
                        Ok(died) => drop(deaths.fetch_add(usize::from(died), Ordering::Relaxed)),
                        Err(_) => failed.lock().unwrap().push(*case),
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    let deaths = deaths.into_inner();
    println!(
        "{idp}: {points} points, {} cases, {deaths} deaths, {} failures",
        cases.len(),
        failed.len()
    );
    assert!(failed.is_empty(), "{failed:?}");
    // The number of points differs a little from run to run, so that the last few may not come.
    assert!(
        deaths * 20 >= cases.len() * 19,
        "{deaths} of {} died",
        cases.len()
    );
}

#[test]
fn entra_killed_at_each_point() {
    killed_at_each_point("entra");
}

#[test]
fn okta_killed_at_each_point() {
    killed_at_each_point("okta");
}
