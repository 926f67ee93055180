//! What an identity provider has, as it was last read: kept in memory, because a page cannot wait for a
//! hundred calls. What is changed is always looked at anew.

mod listing;

use std::sync::{Arc, Mutex, PoisonError};

use provisioner::{InventoryFilter, InventoryToken, Ledger, Problem};
use seedfile::Serial;

pub(crate) use self::listing::{Found, Listing, Query, Sort};
use crate::places::Place;

/// Up to so many changed tokens are read again one by one; beyond, the whole inventory is.
pub(crate) const FEW: usize = 20;

/// The inventory of one place.
#[derive(Debug, Default)]
pub(crate) struct Shelf(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    listing: Option<Arc<Listing>>,
    /// How many tokens a reading that is going on has seen.
    reading: Option<usize>,
    /// Why the last reading came to no end.
    failed: Option<Problem>,
}

/// What there is to show.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) listing: Option<Arc<Listing>>,
    pub(crate) reading: Option<usize>,
    pub(crate) failed: Option<Problem>,
}

impl Shelf {
    /// What is known now.
    pub(crate) fn look(&self) -> Seen {
        let inside = self.inside();
        Seen {
            listing: inside.listing.clone(),
            reading: inside.reading,
            failed: inside.failed.clone(),
        }
    }

    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Claims the reading; one goes on at a time.
    pub(crate) fn begin(&self) -> bool {
        let mut inside = self.inside();
        let is_free = inside.reading.is_none();
        if is_free {
            inside.reading = Some(0);
        }
        is_free
    }

    fn count(&self) {
        if let Some(seen) = &mut self.inside().reading {
            *seen += 1;
        }
    }

    fn end(&self, read: Result<Listing, Problem>) {
        let mut inside = self.inside();
        inside.reading = None;
        match read {
            Ok(listing) => {
                inside.listing = Some(Arc::new(listing));
                inside.failed = None;
            }
            Err(problem) => inside.failed = Some(problem),
        }
    }

    fn replace(&self, gone: &[Serial], found: Vec<InventoryToken>, at: u64) {
        let before = self.inside().listing.clone();
        if let Some(before) = before {
            let listing = before.with(gone, found, at);
            self.inside().listing = Some(Arc::new(listing));
        }
    }
}

/// Reads the whole inventory, for whoever has claimed it.
pub(crate) async fn read(place: &Place, ledger: &dyn Ledger) {
    let mut tokens = Vec::new();
    let mut take = |token| {
        tokens.push(token);
        place.shelf.count();
    };
    let filter = InventoryFilter::default();
    let read = fetch(place, ledger, &filter, &mut take).await;
    let at = place.clock.unix().as_secs();
    place.shelf.end(read.map(|()| Listing::new(tokens, at)));
}

/// Reads again what was changed.
pub(crate) async fn read_again(place: &Place, ledger: &dyn Ledger, changed: &[Serial]) {
    if place.shelf.look().listing.is_none() {
        return;
    }
    if changed.len() > FEW {
        if place.shelf.begin() {
            read(place, ledger).await;
        }
        return;
    }
    let filter = InventoryFilter {
        serials: Some(changed.iter().cloned().collect()),
        ..InventoryFilter::default()
    };
    let mut found = Vec::new();
    let mut take = |token| found.push(token);
    // What cannot be read now is read with the next reading of the whole.
    if fetch(place, ledger, &filter, &mut take).await.is_ok() {
        let at = place.clock.unix().as_secs();
        place.shelf.replace(changed, found, at);
    }
}

async fn fetch(
    place: &Place,
    ledger: &dyn Ledger,
    filter: &InventoryFilter,
    take: &mut (dyn FnMut(InventoryToken) + Send),
) -> Result<(), Problem> {
    let provider = &place.provider;
    let known = match provider.capabilities().serials {
        true => Ok(std::collections::BTreeMap::new()),
        false => ledger.known(provider.tenant()).await,
    };
    let known = known.map_err(|error| {
        Problem::new(
            "ledger",
            error.to_string(),
            "see that the state directory can be read",
        )
    })?;
    let pace = place.pace();
    let read = provider.inventory(&pace, &known, filter, take).await;
    read.map_err(|failure| failure.problem)
}
