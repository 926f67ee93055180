//! The ledger as the engine and other processes see it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops where it is wrong"
)]

mod audit;
mod closed;
mod crash;
#[cfg(unix)]
mod disk;
mod engine;
mod history;
mod lists;
mod lock;
mod power;
mod waits;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use ledger::{Actor, SqliteLedger};
use provisioner::idp_http::Clock;
use provisioner::oath_core::{Algorithm, Digits, Period};
use provisioner::seedfile::{ReadOptions, Serial};
use provisioner::{
    Attempt, Capabilities, Fingerprint, Goal, Intent, Operation, Person, Plan, Quota, Resolution,
    Roster, RunId, Shape, Step, StepRule, Tenant, TokenId, UserId,
};

/// 21 November 2026.
const BEGUN_AT: u64 = 1_795_219_200;

/// A clock that stands still.
#[derive(Debug)]
struct Fixed;

#[async_trait::async_trait]
impl Clock for Fixed {
    fn unix(&self) -> Duration {
        Duration::from_secs(BEGUN_AT)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(1000)
    }

    async fn sleep(&self, _: Duration) {}
}

fn actor() -> Actor {
    Actor {
        user: "alice".to_owned(),
        host: "desk".to_owned(),
        program: "oathctl 0.1.0".to_owned(),
    }
}

async fn open(directory: &Path) -> SqliteLedger {
    let opened =
        SqliteLedger::open(&directory.join("ledger.sqlite"), Arc::new(Fixed), actor()).await;
    opened.unwrap()
}

async fn refused(path: &Path) -> String {
    let opened = SqliteLedger::open(path, Arc::new(Fixed), actor()).await;
    opened.unwrap_err().to_string()
}

fn run(name: &str) -> RunId {
    RunId(name.to_owned())
}

fn serial(n: usize) -> Serial {
    Serial::new(&format!("S{n:04}")).unwrap()
}

fn tenant() -> Tenant {
    Tenant {
        idp: "entra".to_owned(),
        id: "a-tenant".to_owned(),
    }
}

/// Two calls a token: import with assignment, then activation with a code.
fn capabilities() -> Capabilities {
    Capabilities {
        steps: vec![
            StepRule::single(&[Operation::Import, Operation::Assign], Quota("writes")),
            StepRule::single(&[Operation::Activate], Quota("writes")).with_code(),
        ],
        shapes: vec![Shape {
            id: String::new(),
            name: "TOTP".to_owned(),
            algorithms: vec![Algorithm::Sha1],
            digits: vec![Digits::new(6).unwrap()],
            periods: vec![Period::new(30).unwrap()],
            seed_bits: 1024,
            drift: 0,
        }],
        tokens_per_user: 1,
        serials: true,
        workers: NonZeroUsize::new(4).unwrap(),
    }
}

/// The seed of a token, in Base32.
fn seed(n: usize) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letter = |i: usize| char::from(letters[(n * 7 + i * 5 + i * i) % 32]);
    (0..32).map(letter).collect()
}

/// A file of `size` tokens; the user of the last one is unknown, and one more row is unreadable.
fn roster(size: usize) -> Roster {
    let mut text = String::from("upn,serial number,secret key,timeinterval,manufacturer,model\r\n");
    for n in 0..size {
        let (serial, seed) = (serial(n), seed(n));
        text += &format!("user{n}@example.com,{serial},{seed},30,Token2,C202\r\n");
    }
    text += "eve@example.com,S9999,!!!,30,Token2,C202\r\n";
    Roster::read(text.as_bytes(), &ReadOptions::default()).unwrap()
}

fn people(size: usize) -> BTreeMap<String, Person> {
    let person = |n| (format!("user{n}@example.com"), Person::Found(user(n)));
    (0..size.saturating_sub(1)).map(person).collect()
}

fn user(n: usize) -> UserId {
    UserId(format!("u-{n}"))
}

/// The plan of [`roster`] for a provider that has nothing yet.
fn plan(size: usize) -> Plan {
    let (roster, people) = (roster(size), people(size));
    let nothing = BTreeMap::new();
    Plan::new(
        &tenant(),
        &capabilities(),
        Goal::Activated,
        &roster,
        &people,
        &nothing,
    )
}

fn intent(n: usize, operations: &[Operation], time_step: Option<u64>) -> Intent {
    Intent {
        serial: serial(n),
        step: Step(operations.to_vec()),
        user: Some(user(n)),
        name: Some(format!("user{n}@example.com")),
        time_step,
    }
}

fn import(n: usize) -> Intent {
    intent(n, &[Operation::Import, Operation::Assign], None)
}

fn activate(n: usize) -> Intent {
    intent(n, &[Operation::Activate], Some(59_840_640))
}

fn fingerprint(n: usize) -> Fingerprint {
    Fingerprint::recorded(format!("f-{n}"))
}

fn resolution(n: usize, attempt: Attempt, id: Option<&str>) -> Resolution {
    Resolution {
        serial: serial(n),
        attempt,
        id: id.map(|id| TokenId(id.to_owned())),
        user: Some(user(n)),
        name: Some(format!("user{n}@example.com")),
        code_accepted: false,
        fingerprint: Some(fingerprint(n)),
        request_id: Some("r-1".to_owned()),
        problem: None,
    }
}

/// This test binary as another process, running the ignored test `name` with `input`.
fn child(command: &mut Command, name: &str, input: &Path) -> Child {
    command.args(["--exact", name, "--ignored", "--nocapture"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.to_str().unwrap().as_bytes()).unwrap();
    child
}

fn this_program() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

/// What the parent wrote to a child.
fn input() -> std::path::PathBuf {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    text.into()
}
