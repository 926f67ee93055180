//! The devices of the tenant, with what reads show of them while they lag behind.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::facts::{Facts, Secret, Status};
use super::truth::EntraDevice;
use crate::act::Actor;

pub(super) struct Slot {
    pub(super) facts: Facts,
    pub(super) secret: Secret,
    made_by: Actor,
    assigned_by: Option<Actor>,
    activated_by: Option<Actor>,
    gone: bool,
    /// When it changed, and what it was before (`None`: it was not there), while reads may still show that.
    past: Vec<(Duration, Option<Facts>)>,
}

impl Slot {
    /// What reads show that see the state of `horizon`.
    fn shown(&self, horizon: Duration) -> Option<&Facts> {
        let now = (!self.gone).then_some(&self.facts);
        let unseen = self.past.iter().find(|(at, _)| *at > horizon);
        unseen.map_or(now, |(_, before)| before.as_ref())
    }

    /// Notes whose doing the present state is, after a change from `holder` and `status`.
    fn attribute(&mut self, holder: Option<&str>, status: Status, actor: Actor) {
        let facts = &self.facts;
        if facts.holder.as_deref() != holder {
            self.assigned_by = facts.holder.is_some().then_some(actor);
        }
        match (status, facts.status) {
            (Status::Activated, Status::Activated) => {}
            (_, Status::Activated) => self.activated_by = Some(actor),
            _ => self.activated_by = None,
        }
    }
}

/// What happened to a serial over all its devices.
#[derive(Default)]
pub(super) struct History {
    pub(super) creations: u64,
    /// How many of them were another operator's.
    operator_creations: u64,
    pub(super) deleted_at: Option<Duration>,
}

pub(super) struct Inventory {
    slots: BTreeMap<u64, Slot>,
    next: u64,
    by_id: BTreeMap<String, u64>,
    /// Also of devices that are gone, while reads may still show them.
    by_serial: BTreeMap<String, BTreeSet<u64>>,
    /// Also what somebody had, while reads may still show that.
    by_holder: BTreeMap<String, BTreeSet<u64>>,
    history: BTreeMap<String, History>,
    /// How far reads lag behind writes.
    lag: Duration,
    /// How far a single read may look back.
    memory: Duration,
    /// How far reads look back at present.
    back: Duration,
    /// Whose doing changes are at present.
    pub(super) actor: Actor,
    ignores_case: bool,
}

impl Inventory {
    pub(super) fn new(lag: Duration, ignores_case: bool) -> Self {
        Self {
            slots: BTreeMap::new(),
            next: 0,
            by_id: BTreeMap::new(),
            by_serial: BTreeMap::new(),
            by_holder: BTreeMap::new(),
            history: BTreeMap::new(),
            lag,
            memory: Duration::ZERO,
            back: Duration::ZERO,
            actor: Actor::Client,
            ignores_case,
        }
    }

    pub(super) fn remember_for(&mut self, memory: Duration) {
        self.memory = memory;
    }

    pub(super) fn look_back(&mut self, age: Duration) {
        self.back = age;
    }

    /// For how long changes are kept.
    fn kept(&self) -> Duration {
        self.lag.max(self.memory)
    }

    /// The moment whose state reads show.
    fn horizon(&self, now: Duration) -> Duration {
        now.saturating_sub(self.lag.max(self.back))
    }

    fn serial_key(&self, serial: &str) -> String {
        match self.ignores_case {
            true => serial.to_lowercase(),
            false => serial.to_owned(),
        }
    }

    pub(super) fn history(&self, serial: &str) -> Option<&History> {
        self.history.get(&self.serial_key(serial))
    }

    // Writes see the present.

    pub(super) fn by_id(&self, id: &str) -> Option<&Slot> {
        let slot = self.slots.get(self.by_id.get(&id.to_lowercase())?)?;
        (!slot.gone).then_some(slot)
    }

    pub(super) fn by_serial(&self, serial: &str) -> Option<&Slot> {
        let numbers = self.by_serial.get(&self.serial_key(serial))?;
        let mut slots = numbers
            .iter()
            .rev()
            .filter_map(|number| self.slots.get(number));
        slots.find(|slot| !slot.gone)
    }

    pub(super) fn held_by<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a Slot> {
        let numbers = self.by_holder.get(user).into_iter().flatten();
        let slots = numbers.filter_map(|number| self.slots.get(number));
        slots.filter(move |slot| !slot.gone && slot.facts.holder.as_deref() == Some(user))
    }

    pub(super) fn secret(&mut self, id: &str) -> Option<&mut Secret> {
        let number = self.by_id.get(&id.to_lowercase())?;
        self.slots.get_mut(number).map(|slot| &mut slot.secret)
    }

    pub(super) fn create(&mut self, facts: Facts, secret: Secret, now: Duration) {
        self.next += 1;
        let (number, serial) = (self.next, self.serial_key(&facts.serial));
        self.by_id.insert(facts.id.to_lowercase(), number);
        self.index_holder(number, facts.holder.as_deref());
        // A token that was uploaded as CSV is not found by its serial.
        if !facts.legacy {
            let numbers = self.by_serial.entry(serial.clone()).or_default();
            numbers.insert(number);
            let history = self.history.entry(serial).or_default();
            history.creations += 1;
            history.operator_creations += u64::from(self.actor == Actor::Operator);
        }
        let past = match self.kept().is_zero() {
            true => Vec::new(),
            false => vec![(now, None)],
        };
        let slot = Slot {
            assigned_by: facts.holder.is_some().then_some(self.actor),
            activated_by: None,
            made_by: self.actor,
            facts,
            secret,
            gone: false,
            past,
        };
        self.slots.insert(number, slot);
    }

    fn index_holder(&mut self, number: u64, holder: Option<&str>) {
        match holder.map(|holder| (self.by_holder.get_mut(holder), holder)) {
            Some((Some(held), _)) => drop(held.insert(number)),
            Some((None, holder)) => {
                self.by_holder
                    .insert(holder.to_owned(), BTreeSet::from([number]));
            }
            None => {}
        }
    }

    fn unindex_holder(&mut self, number: u64, holder: Option<&str>) {
        if let Some(held) = holder.and_then(|holder| self.by_holder.get_mut(holder)) {
            held.remove(&number);
        }
    }

    /// Changes a device's facts.
    pub(super) fn change(&mut self, id: &str, now: Duration, change: impl FnOnce(&mut Facts)) {
        let (kept, actor) = (self.kept(), self.actor);
        let Some(&number) = self.by_id.get(&id.to_lowercase()) else {
            return;
        };
        let Some(slot) = self.slots.get_mut(&number) else {
            return;
        };
        let before = (!kept.is_zero()).then(|| slot.facts.clone());
        let (holder, status) = (slot.facts.holder.clone(), slot.facts.status);
        change(&mut slot.facts);
        slot.attribute(holder.as_deref(), status, actor);
        if let Some(before) = before {
            remember(slot, before, now, kept);
        }
        let new_holder = slot.facts.holder.clone();
        if new_holder == holder {
            return;
        }
        if kept.is_zero() {
            self.unindex_holder(number, holder.as_deref());
        }
        self.index_holder(number, new_holder.as_deref());
    }

    pub(super) fn delete(&mut self, id: &str, now: Duration) {
        let kept = self.kept();
        let Some(number) = self.by_id.get(&id.to_lowercase()).copied() else {
            return;
        };
        let Some(slot) = self.slots.get_mut(&number) else {
            return;
        };
        let key = slot.facts.serial.clone();
        if !kept.is_zero() {
            slot.gone = true;
            let before = slot.facts.clone();
            remember(slot, before, now, kept);
        } else {
            self.remove(id);
        }
        let key = self.serial_key(&key);
        self.history.entry(key).or_default().deleted_at = Some(now);
    }

    /// Takes back a creation as if it had never been.
    pub(super) fn undo_create(&mut self, id: &str) {
        let Some(slot) = self.remove(id) else {
            return;
        };
        let serial = self.serial_key(&slot.facts.serial);
        if let Some(history) = self.history.get_mut(&serial) {
            history.creations -= 1;
            history.operator_creations -= u64::from(slot.made_by == Actor::Operator);
        }
    }

    fn remove(&mut self, id: &str) -> Option<Slot> {
        let number = self.by_id.remove(&id.to_lowercase())?;
        let slot = self.slots.remove(&number)?;
        self.unindex_holder(number, slot.facts.holder.as_deref());
        let serial = self.serial_key(&slot.facts.serial);
        if let Some(numbers) = self.by_serial.get_mut(&serial) {
            numbers.remove(&number);
        }
        Some(slot)
    }

    // Reads see what was some time ago.

    pub(super) fn read_id(&self, id: &str, now: Duration) -> Option<&Facts> {
        let slot = self.slots.get(self.by_id.get(&id.to_lowercase())?)?;
        slot.shown(self.horizon(now))
    }

    /// The devices with a number from `start`, in the order of creation.
    pub(super) fn read_from(
        &self,
        start: u64,
        now: Duration,
    ) -> impl Iterator<Item = (u64, &Facts)> {
        let horizon = self.horizon(now);
        let slots = self.slots.range(start..);
        slots.filter_map(move |(number, slot)| Some((*number, slot.shown(horizon)?)))
    }

    /// Those with this serial.
    pub(super) fn read_serial(&self, serial: &str, now: Duration) -> Vec<(u64, &Facts)> {
        let horizon = self.horizon(now);
        let numbers = self.by_serial.get(&self.serial_key(serial));
        let shown = |number: &u64| Some((*number, self.slots.get(number)?.shown(horizon)?));
        numbers.into_iter().flatten().filter_map(shown).collect()
    }

    pub(super) fn read_held_by(&self, user: &str, now: Duration) -> Vec<&Facts> {
        let horizon = self.horizon(now);
        let numbers = self.by_holder.get(user).into_iter().flatten();
        let shown = numbers.filter_map(|number| self.slots.get(number)?.shown(horizon));
        shown
            .filter(|facts| facts.holder.as_deref() == Some(user))
            .collect()
    }

    /// What really is; `login` names a user.
    pub(super) fn truth(&self, login: impl Fn(&str) -> String) -> Vec<EntraDevice> {
        let present = self.slots.values().filter(|slot| !slot.gone);
        let device = |slot: &Slot| {
            let history = self.history(&slot.facts.serial);
            EntraDevice {
                id: slot.facts.id.clone(),
                serial: slot.facts.serial.clone(),
                status: slot.facts.status.name().to_owned(),
                assigned_to: slot.facts.holder.as_deref().map(&login),
                drift: slot.secret.drift,
                activations: slot.secret.activations,
                operator_activations: slot.secret.operator_activations,
                creations: history.map_or(0, |history| history.creations),
                operator_creations: history.map_or(0, |history| history.operator_creations),
                made_by: slot.made_by,
                assigned_by: slot.assigned_by,
                activated_by: slot.activated_by,
                manufacturer: slot.facts.manufacturer.clone(),
                model: slot.facts.model.clone(),
                display_name: slot.facts.display_name.clone(),
                period: slot.facts.period.seconds(),
                hash: slot.facts.hash().to_owned(),
                legacy: slot.facts.legacy,
            }
        };
        present.map(device).collect()
    }
}

fn remember(slot: &mut Slot, before: Facts, now: Duration, kept: Duration) {
    let horizon = now.saturating_sub(kept);
    slot.past.retain(|(at, _)| *at > horizon);
    slot.past.push((now, Some(before)));
}
