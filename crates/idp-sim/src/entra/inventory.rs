//! The devices of the tenant, with what reads show of them while they lag behind.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use oath_core::{Algorithm, Digits, Key, Period, Totp};

use super::truth::EntraDevice;

/// A device's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Available,
    Assigned,
    Activated,
    FailedActivation,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Assigned => "assigned",
            Self::Activated => "activated",
            Self::FailedActivation => "failedActivation",
        }
    }
}

/// What can be read of a device.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) id: String,
    pub(super) serial: String,
    pub(super) manufacturer: String,
    pub(super) model: String,
    pub(super) display_name: Option<String>,
    pub(super) period: Period,
    pub(super) algorithm: Algorithm,
    pub(super) status: Status,
    /// The id of the user who has it.
    pub(super) holder: Option<String>,
    pub(super) assigned_at: Option<u64>,
    pub(super) last_used: Option<u64>,
}

impl Facts {
    pub(super) fn totp(&self) -> Totp {
        Totp::new(Digits::SIX, self.period)
    }

    pub(super) fn hash(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Sha1 => "hmacsha1",
            Algorithm::Sha256 => "hmacsha256",
            Algorithm::Sha512 => "hmacsha512",
        }
    }
}

/// What only the service knows of a device.
pub(super) struct Secret {
    /// The key bytes prepared for both algorithms: an update may change the algorithm.
    pub(super) sha1: Key,
    pub(super) sha256: Key,
    pub(super) drift: i64,
    pub(super) last_step: Option<u64>,
    pub(super) activations: u64,
}

impl Secret {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self {
            sha1: Key::new(Algorithm::Sha1, bytes),
            sha256: Key::new(Algorithm::Sha256, bytes),
            drift: 0,
            last_step: None,
            activations: 0,
        }
    }

    pub(super) fn key(&self, algorithm: Algorithm) -> &Key {
        match algorithm {
            Algorithm::Sha1 => &self.sha1,
            Algorithm::Sha256 | Algorithm::Sha512 => &self.sha256,
        }
    }
}

pub(super) struct Slot {
    pub(super) facts: Facts,
    pub(super) secret: Secret,
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
}

/// What happened to a serial over all its devices.
#[derive(Default)]
pub(super) struct History {
    pub(super) creations: u64,
    pub(super) deleted_at: Option<Duration>,
}

pub(super) struct Inventory {
    slots: BTreeMap<u64, Slot>,
    next: u64,
    by_id: BTreeMap<String, u64>,
    by_serial: BTreeMap<String, u64>,
    by_holder: BTreeMap<String, BTreeSet<u64>>,
    history: BTreeMap<String, History>,
    lag: Duration,
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
            ignores_case,
        }
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
        self.slots
            .get(self.by_serial.get(&self.serial_key(serial))?)
    }

    pub(super) fn held_by(&self, user: &str) -> impl Iterator<Item = &Slot> {
        let numbers = self.by_holder.get(user).into_iter().flatten();
        numbers.filter_map(|number| self.slots.get(number))
    }

    pub(super) fn secret(&mut self, id: &str) -> Option<&mut Secret> {
        let number = self.by_id.get(&id.to_lowercase())?;
        self.slots.get_mut(number).map(|slot| &mut slot.secret)
    }

    pub(super) fn create(&mut self, facts: Facts, secret: Secret, now: Duration) {
        self.next += 1;
        let (number, serial) = (self.next, self.serial_key(&facts.serial));
        self.by_id.insert(facts.id.to_lowercase(), number);
        self.by_serial.insert(serial.clone(), number);
        if let Some(holder) = &facts.holder {
            self.by_holder
                .entry(holder.clone())
                .or_default()
                .insert(number);
        }
        self.history.entry(serial).or_default().creations += 1;
        let past = if self.lag.is_zero() {
            Vec::new()
        } else {
            vec![(now, None)]
        };
        let slot = Slot {
            facts,
            secret,
            gone: false,
            past,
        };
        self.slots.insert(number, slot);
    }

    /// Changes a device's facts.
    pub(super) fn change(&mut self, id: &str, now: Duration, change: impl FnOnce(&mut Facts)) {
        let Some(&number) = self.by_id.get(&id.to_lowercase()) else {
            return;
        };
        let Some(slot) = self.slots.get_mut(&number) else {
            return;
        };
        let before = slot.facts.clone();
        change(&mut slot.facts);
        let after = slot.facts.holder.clone();
        if let Some(holder) = &before.holder
            && let Some(held) = self.by_holder.get_mut(holder)
        {
            held.remove(&number);
        }
        if let Some(holder) = after {
            self.by_holder.entry(holder).or_default().insert(number);
        }
        remember(slot, before, now, self.lag);
    }

    pub(super) fn delete(&mut self, id: &str, now: Duration) {
        let Some((number, serial)) = self.forget_serial(id) else {
            return;
        };
        self.history.entry(serial).or_default().deleted_at = Some(now);
        if self.lag.is_zero() {
            self.remove(id, number);
        } else if let Some(slot) = self.slots.get_mut(&number) {
            slot.gone = true;
            let before = slot.facts.clone();
            remember(slot, before, now, self.lag);
        }
    }

    /// Takes back a creation as if it had never been.
    pub(super) fn undo_create(&mut self, id: &str) {
        let Some((number, serial)) = self.forget_serial(id) else {
            return;
        };
        self.remove(id, number);
        if let Some(history) = self.history.get_mut(&serial) {
            history.creations -= 1;
        }
    }

    fn forget_serial(&mut self, id: &str) -> Option<(u64, String)> {
        let number = *self.by_id.get(&id.to_lowercase())?;
        let serial = self.serial_key(&self.slots.get(&number)?.facts.serial);
        self.by_serial.remove(&serial);
        Some((number, serial))
    }

    fn remove(&mut self, id: &str, number: u64) {
        self.by_id.remove(&id.to_lowercase());
        let holder = self
            .slots
            .remove(&number)
            .and_then(|slot| slot.facts.holder);
        if let Some(held) = holder.and_then(|holder| self.by_holder.get_mut(&holder)) {
            held.remove(&number);
        }
    }

    // Reads see what was some time ago.

    pub(super) fn read_id(&self, id: &str, now: Duration) -> Option<&Facts> {
        let slot = self.slots.get(self.by_id.get(&id.to_lowercase())?)?;
        slot.shown(now.saturating_sub(self.lag))
    }

    /// The devices with a number from `start`, in the order of creation.
    pub(super) fn read_from(
        &self,
        start: u64,
        now: Duration,
    ) -> impl Iterator<Item = (u64, &Facts)> {
        let horizon = now.saturating_sub(self.lag);
        let slots = self.slots.range(start..);
        slots.filter_map(move |(number, slot)| Some((*number, slot.shown(horizon)?)))
    }

    /// Those with this serial; found without a search where reads do not lag.
    pub(super) fn read_serial(&self, serial: &str, now: Duration) -> Vec<(u64, &Facts)> {
        let key = self.serial_key(serial);
        if self.lag.is_zero() {
            let found = self
                .by_serial
                .get(&key)
                .and_then(|number| Some((*number, &self.slots.get(number)?.facts)));
            return found.into_iter().collect();
        }
        let all = self.read_from(0, now);
        all.filter(|(_, facts)| self.serial_key(&facts.serial) == key)
            .collect()
    }

    pub(super) fn read_held_by(&self, user: &str, now: Duration) -> Vec<&Facts> {
        if self.lag.is_zero() {
            return self.held_by(user).map(|slot| &slot.facts).collect();
        }
        let all = self.read_from(0, now).map(|(_, facts)| facts);
        all.filter(|facts| facts.holder.as_deref() == Some(user))
            .collect()
    }

    /// What really is; `login` names a user.
    pub(super) fn truth(&self, login: impl Fn(&str) -> String) -> Vec<EntraDevice> {
        let present = self.slots.values().filter(|slot| !slot.gone);
        let device = |slot: &Slot| EntraDevice {
            id: slot.facts.id.clone(),
            serial: slot.facts.serial.clone(),
            status: slot.facts.status.name().to_owned(),
            assigned_to: slot.facts.holder.as_deref().map(&login),
            drift: slot.secret.drift,
            activations: slot.secret.activations,
            creations: self
                .history(&slot.facts.serial)
                .map_or(0, |history| history.creations),
            manufacturer: slot.facts.manufacturer.clone(),
            model: slot.facts.model.clone(),
            display_name: slot.facts.display_name.clone(),
            period: slot.facts.period.seconds(),
            hash: slot.facts.hash().to_owned(),
        };
        present.map(device).collect()
    }
}

fn remember(slot: &mut Slot, before: Facts, now: Duration, lag: Duration) {
    if lag.is_zero() {
        return;
    }
    let horizon = now.saturating_sub(lag);
    slot.past.retain(|(at, _)| *at > horizon);
    slot.past.push((now, Some(before)));
}
