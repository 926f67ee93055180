//! A page of the audit.

use ledger::{AuditRecord, RecordFilter};
use provisioner::Problem;

use crate::app::App;
use crate::trouble::OrTold;

impl App {
    /// Records, newest first. Searches are kept apart from what other pages read.
    pub(crate) async fn audit_records(
        &self,
        filter: &RecordFilter,
        most: usize,
    ) -> Result<Vec<AuditRecord>, Problem> {
        if !is_search(filter) {
            return self.ledger.records(filter, most).await.or_told();
        }
        let _turn = self.searches.acquire().await;
        let ledger = self.ledger_apart().await?;
        let found = ledger.records(filter, most).await.or_told();
        ledger.close().await;
        found
    }
}

/// Whether records are looked at one after the other. The others are found by an index.
fn is_search(filter: &RecordFilter) -> bool {
    let times = filter.since.or(filter.until);
    times.is_some() || filter.text.is_some() || filter.actor.is_some()
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use crate::testing::{Client, Rehearsal};

    #[tokio::test(start_paused = true)]
    async fn pages_do_not_wait_for_a_search() {
        let rehearsal = Rehearsal::new().await;
        let client = Client::new(&rehearsal).await;
        let searches = &rehearsal.app.searches;
        let free = u32::try_from(searches.available_permits()).unwrap();
        let searches = searches.acquire_many(free).await.unwrap();
        for query in [
            "q=%21x",
            "actor=ann",
            "since=2027-01-15",
            "until=2027-01-15",
        ] {
            let path = format!("/audit?{query}");
            let mut search = pin!(client.get(&path));
            for other in ["/", "/runs", "/audit", "/audit?serial=60234501"] {
                tokio::select! {
                    biased;
                    _ = &mut search => panic!("{path} does not wait for its turn"),
                    answer = client.get(other) => assert_eq!(answer.status, 200, "{other}"),
                }
            }
        }
        let mut search = pin!(client.get("/audit?q=%21x"));
        assert!(futures_util::poll!(&mut search).is_pending());
        drop(searches);
        assert_eq!(search.await.status, 200);
    }
}
