//! What an identity provider has, as it was last read: kept in memory, because a page cannot wait for a
//! hundred calls. What is changed is always looked at anew.

mod listing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use provisioner::{InventoryFilter, InventoryToken, Ledger, Problem};
use seedfile::Serial;

pub(crate) use self::listing::{Found, Listing, Query, Sort};
use crate::places::Place;
use crate::trouble::or_broken;

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
    /// What was changed meanwhile: that reading may have seen it as it was before.
    changed: BTreeSet<Serial>,
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

    /// Claims the reading; one goes on at a time. Whoever has it reads.
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

    /// Tells a reading that goes on what was changed.
    fn note(&self, changed: &[Serial]) {
        let mut inside = self.inside();
        if inside.reading.is_some() {
            inside.changed.extend(changed.iter().cloned());
        }
    }

    /// Ends the reading, unless something was changed meanwhile: then gives back what was read, and what
    /// of it is to be read again.
    fn end(&self, read: Result<Listing, Problem>) -> Option<(Listing, Vec<Serial>)> {
        let mut inside = self.inside();
        let changed = std::mem::take(&mut inside.changed);
        match read {
            Ok(listing) if !changed.is_empty() => {
                return Some((listing, changed.into_iter().collect()));
            }
            Ok(listing) => {
                inside.listing = Some(Arc::new(listing));
                inside.failed = None;
            }
            Err(problem) => inside.failed = Some(problem),
        }
        inside.reading = None;
        None
    }

    /// Puts what was found in its place, in the listing that is there by then.
    fn replace(&self, gone: &[Serial], found: &[InventoryToken], at: u64) {
        let mut before = self.look().listing;
        while let Some(listing) = before {
            let replaced = listing.with(gone, found.to_vec(), at);
            let mut inside = self.inside();
            if is_same(inside.listing.as_ref(), &listing) {
                inside.listing = Some(Arc::new(replaced));
                return;
            }
            before = inside.listing.clone();
        }
    }
}

fn is_same(now: Option<&Arc<Listing>>, before: &Arc<Listing>) -> bool {
    now.is_some_and(|now| Arc::ptr_eq(now, before))
}

/// Reads the whole inventory, for whoever has claimed that.
pub(crate) async fn read(place: &Place, ledger: &dyn Ledger) {
    let mut read = or_broken(read_all(place, ledger)).await;
    while let Some((listing, changed)) = place.shelf.end(read) {
        read = or_broken(async {
            if changed.len() > FEW {
                return read_all(place, ledger).await;
            }
            let found = read_few(place, ledger, &changed).await?;
            Ok(listing.with(&changed, found, listing.read_at))
        })
        .await;
    }
}

/// Reads again what was changed.
pub(crate) async fn read_again(place: &Place, ledger: &dyn Ledger, changed: &[Serial]) {
    place.shelf.note(changed);
    if place.shelf.look().listing.is_none() {
        return;
    }
    if changed.len() > FEW {
        if place.shelf.begin() {
            read(place, ledger).await;
        }
        return;
    }
    // What cannot be read now is read with the next reading of the whole.
    if let Ok(found) = read_few(place, ledger, changed).await {
        let at = place.clock.unix().as_secs();
        place.shelf.replace(changed, &found, at);
    }
}

async fn read_all(place: &Place, ledger: &dyn Ledger) -> Result<Listing, Problem> {
    let mut tokens = Vec::new();
    let mut take = |token| {
        tokens.push(token);
        place.shelf.count();
    };
    fetch(place, ledger, &InventoryFilter::default(), &mut take).await?;
    Ok(Listing::new(tokens, place.clock.unix().as_secs()))
}

async fn read_few(
    place: &Place,
    ledger: &dyn Ledger,
    serials: &[Serial],
) -> Result<Vec<InventoryToken>, Problem> {
    let filter = InventoryFilter {
        serials: Some(serials.iter().cloned().collect()),
        ..InventoryFilter::default()
    };
    let mut found = Vec::new();
    fetch(place, ledger, &filter, &mut |token| found.push(token)).await?;
    Ok(found)
}

async fn fetch(
    place: &Place,
    ledger: &dyn Ledger,
    filter: &InventoryFilter,
    take: &mut (dyn FnMut(InventoryToken) + Send),
) -> Result<(), Problem> {
    let provider = &place.provider;
    let known = match provider.capabilities().serials {
        true => Ok(BTreeMap::new()),
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

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::places::Idp;
    use crate::testing::{Rehearsal, inventory_token};

    fn serial(row: usize) -> Serial {
        Serial::new(&row.to_string()).unwrap()
    }

    fn listing(state: &str) -> Listing {
        let tokens = (100..180).map(|row| inventory_token(&row.to_string(), state, None, "C202"));
        Listing::new(tokens.collect(), 7)
    }

    #[test]
    fn what_was_changed_during_a_reading_is_read_again() {
        let shelf = Shelf::default();
        shelf.note(&[serial(100)]);
        assert!(shelf.begin());
        assert!(
            shelf.end(Ok(listing("imported"))).is_none(),
            "it was before"
        );

        assert!(shelf.begin());
        shelf.note(&[serial(100)]);
        let (_, changed) = shelf.end(Ok(listing("assigned"))).unwrap();
        assert_eq!(changed, [serial(100)]);
        assert!(!shelf.begin(), "it goes on");
        let shown = shelf.look().listing.unwrap();
        assert_eq!(shown.tokens()[0].state, provisioner::State::Imported);
        assert!(shelf.end(Ok(listing("activated"))).is_none());
        let shown = shelf.look().listing.unwrap();
        assert_eq!(shown.tokens()[0].state, provisioner::State::Activated);
        assert!(shelf.begin());
    }

    #[test]
    fn of_two_changes_at_once_none_is_lost() {
        let shelf = Shelf::default();
        shelf.begin();
        shelf.end(Ok(listing("imported")));
        thread::scope(|scope| {
            for first in [100, 120, 140, 160] {
                let shelf = &shelf;
                scope.spawn(move || {
                    for row in first..first + 20 {
                        let found = inventory_token(&row.to_string(), "assigned", None, "C202");
                        shelf.replace(&[serial(row)], &[found], 8);
                    }
                });
            }
        });
        let shown = shelf.look().listing.unwrap();
        assert_eq!(shown.count(provisioner::State::Assigned), 80);
    }

    #[tokio::test(start_paused = true)]
    async fn many_changes_during_a_reading_make_it_begin_anew() {
        let rehearsal = Rehearsal::slow().await;
        let (app, calls) = (&rehearsal.app, || rehearsal.sim.calls().total);
        let place = app.places.get(Idp::Entra).await.unwrap();
        let ledger = &app.ledger;
        read(&place, ledger).await;
        let before = calls();
        read(&place, ledger).await;
        let (one, before) = (calls() - before, calls());
        let many: Vec<Serial> = (0..=FEW).map(serial).collect();
        tokio::join!(read(&place, ledger), read_again(&place, ledger, &many));
        assert_eq!(calls() - before, 2 * one);
    }
}
