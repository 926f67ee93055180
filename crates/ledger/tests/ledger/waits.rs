//! The ledger in virtual time.

use provisioner::Ledger;
use provisioner::idp_http::TokioClock;

use super::*;

#[tokio::test(start_paused = true)]
async fn virtual_time_stands_still_while_the_ledger_is_at_work() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(TokioClock::starting_at(Duration::from_secs(BEGUN_AT)));
    // Somebody waits for time all the while.
    let ticking = Arc::clone(&clock);
    let ticks = tokio::spawn(async move {
        loop {
            ticking.sleep(Duration::from_secs(1)).await;
        }
    });
    let path = directory.path().join("ledger.sqlite");
    let ledger = SqliteLedger::open(&path, Arc::clone(&clock) as Arc<dyn Clock>, actor());
    let ledger = ledger.await.unwrap();
    for n in 0..20 {
        let name = run(&format!("run-{n}"));
        ledger.begin(&name, &plan(3)).await.unwrap();
        assert!(ledger.report(&name).await.unwrap().is_some());
    }
    assert_eq!(ledger.runs().await.unwrap().len(), 20);
    assert_eq!(clock.monotonic(), Duration::ZERO);
    ticks.abort();
}
