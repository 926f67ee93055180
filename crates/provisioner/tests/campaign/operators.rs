//! Several people with the same file, at the same time, each with a ledger of their own; half of the
//! time three calls in ten go wrong.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use idp_http::{Clock, Request, Response, Transport, TransportError};
use idp_sim::{Idp, SimConfig};
use provisioner::Report;

use crate::dice::Dice;
use crate::in_virtual_time;
use crate::size::Size;
use crate::support::{BOTH, Checked, World, counts, mixed_file, tempest};

const TOKENS: usize = 12;

/// A way that takes a different time for each request.
struct Uneven {
    inner: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    dice: Mutex<Dice>,
}

impl Uneven {
    async fn travel(&self) {
        let millis = self.dice.lock().unwrap().below(250);
        self.clock.sleep(Duration::from_millis(millis)).await;
    }
}

#[async_trait]
impl Transport for Uneven {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.travel().await;
        let answer = self.inner.send(request).await;
        self.travel().await;
        answer
    }
}

/// One more person at the same tenant.
fn operator(tenant: &World, seed: u64) -> World {
    World {
        sim: tenant.sim.clone(),
        clock_offsets_s: tenant.clock_offsets_s,
        limits: tenant.limits,
        clock: Arc::clone(&tenant.clock),
        ledger: Checked::default(),
        file: tenant.file.clone(),
        transport: Arc::new(Uneven {
            inner: Arc::clone(&tenant.transport),
            clock: Arc::clone(&tenant.clock),
            dice: Mutex::new(Dice::new(seed)),
        }),
    }
}

/// Runs the file again where reads fail for too long and the run gives up.
async fn until_it_ends(world: &World, idp: Idp) -> Report {
    for _ in 0..20 {
        if let Ok(report) = world.try_provision(idp).await {
            return report;
        }
    }
    panic!("it never came to an end");
}

/// Lets several people begin at once; returns how many of them changed something.
async fn together(idp: Idp, seed: u64) -> usize {
    let operators = 2 + seed % 7;
    let mut config = SimConfig::with_people(TOKENS);
    config.seed = 1000 + seed;
    let tenant = World::with(config, mixed_file(TOKENS));
    if seed % 2 == 1 {
        tenant.faults(tempest());
    }
    let operators: Vec<World> = (0..operators)
        .map(|n| operator(&tenant, seed * 100 + n))
        .collect();
    let runs = operators.iter().map(|world| until_it_ends(world, idp));
    let reports = join_all(runs).await;
    let mut at_work = 0;
    for (world, report) in operators.iter().zip(reports) {
        let (done, unchanged) = counts(&report);
        assert_eq!(done + unchanged, TOKENS, "{report:?}");
        at_work += usize::from(done > 0);
        // Codes of the sign-ins before are used.
        world.clock.sleep(Duration::from_secs(120)).await;
        world.check(idp, &report).await;
    }
    at_work
}

#[test]
fn operators_with_one_file_make_each_token_once() {
    let seeds = Size::chosen().pick(10, 200);
    for idp in BOTH {
        let mut shared = 0;
        for seed in 0..seeds {
            println!("{idp:?} seed {seed}");
            shared += u64::from(in_virtual_time(together(idp, seed)) > 1);
        }
        println!("{idp:?}: {seeds} seeds, 2 to 8 operators; in {shared} several did a part");
        assert!(shared > 0, "they were not at work at the same time");
    }
}
