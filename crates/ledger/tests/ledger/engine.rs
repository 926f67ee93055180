//! The ledger under the engine: the report is the run's, and no seed is in any file.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use provisioner::seedfile::Serial;
use provisioner::{
    Capabilities, Engine, Failure, Goal, IdentityProvider, Ledger, Lookup, Observed, Operation,
    Pace, Person, Problem, Receipt, Sighting, State, Step, Tenant, TokenId, UserId, Verdict, Work,
};

use crate::{BEGUN_AT, Fixed, capabilities, open, people, roster, run, seed, serial, tenant, user};

/// A provider in memory that refuses one token.
struct Memory {
    tenant: Tenant,
    capabilities: Capabilities,
    tokens: Mutex<BTreeMap<Serial, Observed>>,
}

impl Memory {
    fn import(&self, work: &Work<'_>) -> Observed {
        let token = Observed {
            id: TokenId(format!("d-{}", work.token.serial)),
            state: State::Assigned,
            holder: work.user.cloned(),
            code_accepted: false,
            proven: true,
            algorithm: None,
            period: None,
            fingerprint: None,
        };
        let mut tokens = self.tokens.lock().unwrap();
        tokens.insert(work.token.serial.clone(), token.clone());
        token
    }
}

#[async_trait::async_trait]
impl IdentityProvider for Memory {
    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn unix(&self) -> Duration {
        // Well inside a time step: this clock stands still.
        Duration::from_secs(BEGUN_AT + 10)
    }

    async fn users(&self, _: &Pace, names: &[String]) -> Result<BTreeMap<String, Person>, Failure> {
        Ok(people(names.len()))
    }

    async fn tokens(&self, _: &Pace, _: &[Lookup<'_>]) -> Result<Sighting, Failure> {
        Ok(self.tokens.lock().unwrap().clone().into())
    }

    async fn perform(
        &self,
        _: &Pace,
        step: &Step,
        work: &[Work<'_>],
    ) -> Vec<Result<Receipt, Failure>> {
        let perform = |work: &Work<'_>| {
            if work.token.serial == serial(3) {
                return Err(Failure {
                    verdict: Verdict::Refused,
                    problem: Problem::new("refused", "not this one", "ask"),
                    request_id: Some("r-3".to_owned()),
                });
            }
            let mut token = match step.0.contains(&Operation::Import) {
                true => self.import(work),
                false => self.tokens.lock().unwrap()[&work.token.serial].clone(),
            };
            if step.0.contains(&Operation::Activate) {
                assert!(work.code.is_some());
                token.state = State::Activated;
                let mut tokens = self.tokens.lock().unwrap();
                tokens.insert(work.token.serial.clone(), token.clone());
            }
            Ok(Receipt {
                id: Some(token.id),
                state: Some(token.state),
                request_id: None,
            })
        };
        work.iter().map(perform).collect()
    }
}

#[tokio::test]
async fn the_ledger_reports_what_the_run_reported_and_holds_no_seed() {
    const SIZE: usize = 8;
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    let provider = Memory {
        tenant: tenant(),
        capabilities: capabilities(),
        tokens: Mutex::default(),
    };
    let (pace, roster) = (Pace::new(Arc::new(Fixed)), roster(SIZE));
    let engine = Engine {
        provider: &provider,
        ledger: &ledger,
        pace: &pace,
        roster: &roster,
        events: &|_| {},
        stop: Default::default(),
    };
    let plan = engine.plan(Goal::Activated).await.unwrap();
    let (report, stopped) = engine.apply(&run("a"), &plan).await.unwrap();
    assert!(stopped.is_none(), "{stopped:?}");
    assert_eq!((report.counts.done, report.counts.failed), (SIZE - 2, 1));
    assert_eq!(report.counts.rejected, 2);

    assert_eq!(ledger.report(&run("a")).await.unwrap(), Some(report));
    let known = ledger.known(&tenant()).await.unwrap();
    assert_eq!(known.len(), SIZE - 2);
    let holder: Option<&UserId> = known[&serial(0)].user.as_ref();
    assert_eq!(holder, Some(&user(0)));
    no_seed_in(directory.path(), SIZE);
}

/// Looks for every seed in every file, in the forms that seeds are written in.
fn no_seed_in(directory: &std::path::Path, size: usize) {
    let mut serial_found = false;
    for file in std::fs::read_dir(directory).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|part| part == needle);
        for n in 0..size {
            let raw = raw_seed(n);
            let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
            let base32 = seed(n);
            assert!(!holds(&raw) && !holds(hex.as_bytes()), "{n}");
            assert!(!holds(hex.to_uppercase().as_bytes()), "{n}");
            assert!(!holds(base32.as_bytes()), "{n}");
            assert!(!holds(base32.to_lowercase().as_bytes()), "{n}");
        }
        serial_found |= holds(serial(0).as_str().as_bytes());
    }
    assert!(serial_found, "the scan does not find what is there");
}

fn raw_seed(n: usize) -> Vec<u8> {
    let roster = roster(n + 1);
    roster.seed(&serial(n)).unwrap().expose().to_vec()
}
