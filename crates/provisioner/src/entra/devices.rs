//! Tokens as devices of the inventory, and back.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use entra_graph::{BulkItem, Device, DeviceStatus, HashFunction, ItemRefusal, NewDevice};
use futures_util::{StreamExt, TryStreamExt, stream};
use oath_core::{Algorithm, Period};
use seedfile::Serial;

use super::failures::for_a_while;
use super::{Entra, object_id};
use crate::{
    Failure, Known, Lookup, Observed, Pace, Problem, Receipt, Sighting, State, TokenId, UserId,
    Verdict, Work,
};

impl Entra {
    /// Asks for what a list leaves open: the search by serial number finds no token that was uploaded
    /// as CSV.
    pub(super) async fn settle(&self, pace: &Pace, found: &mut Found<'_>) -> Result<(), Failure> {
        let doubtful = found.doubtful(&self.created_ids());
        let each = doubtful.iter().map(|serial| self.created(pace, serial));
        let each: Vec<_> = each.collect();
        let lists: Vec<Vec<Device>> = stream::iter(each)
            .buffered(self.options.workers.get())
            .try_collect()
            .await?;
        let ids = lists.iter().flatten();
        let ids = ids.map(|device| TokenId(device.id.to_string()));
        let mut created = self.created_ids();
        created.extend(ids);
        found.settle(&doubtful, &created);
        Ok(())
    }

    fn created_ids(&self) -> MutexGuard<'_, BTreeSet<TokenId>> {
        self.created_ids
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn new_device(work: &Work<'_>, assign: bool) -> Result<NewDevice, Failure> {
    let token = work.token;
    let or_unknown = |text: &str| {
        if text.is_empty() {
            "unknown".to_owned()
        } else {
            text.to_owned()
        }
    };
    let user = work.user.map(|user| user.0.as_str());
    Ok(NewDevice {
        serial: token.serial.to_string(),
        manufacturer: or_unknown(&token.manufacturer),
        model: or_unknown(&token.model),
        secret_base32: work.require_seed()?.to_base32(),
        period_seconds: token.period.seconds(),
        hash: hash(token.algorithm)?,
        display_name: Some(format!("{} {}", or_unknown(&token.model), token.serial)),
        assign_to: if assign { Some(object_id(user)?) } else { None },
    })
}

fn hash(algorithm: Algorithm) -> Result<HashFunction, Failure> {
    match algorithm {
        Algorithm::Sha1 => Ok(HashFunction::HmacSha1),
        Algorithm::Sha256 => Ok(HashFunction::HmacSha256),
        Algorithm::Sha512 => Err(Failure::of_call(
            Verdict::Refused,
            "profile-mismatch",
            "Entra ID does not take SHA-512".to_owned(),
            "correct the row".to_owned(),
            None,
        )),
    }
}

pub(super) fn position(item: &BulkItem, work: &[Work<'_>]) -> Option<usize> {
    item.position.or_else(|| {
        let serial = item.serial.as_deref()?.to_lowercase();
        work.iter()
            .position(|work| work.token.serial.as_str().to_lowercase() == serial)
    })
}

pub(super) fn item_outcome(
    item: BulkItem,
    work: &Work<'_>,
    assign: bool,
    now: Duration,
    request_id: Option<String>,
) -> Result<Receipt, Failure> {
    match item.outcome {
        Ok(device) => Ok(device_receipt(&device, work, assign, request_id)),
        Err(refusal) => {
            let failure = item_failure(&refusal, request_id.as_deref());
            Err(for_a_while(failure, refusal.asked_wait(), now))
        }
    }
}

fn item_failure(refusal: &ItemRefusal, request_id: Option<&str>) -> Failure {
    let unclear = matches!(refusal.status, 0 | 408) || refusal.status >= 500;
    let (verdict, code, next) = match refusal.status {
        429 => (
            Verdict::Unknown { after: None },
            Problem::THROTTLED,
            "run again",
        ),
        _ if unclear => (
            Verdict::Unknown { after: None },
            Problem::UNAVAILABLE,
            "run again",
        ),
        401 | 403 => (
            Verdict::Forbidden,
            Problem::PERMISSION,
            "grant the application UserAuthenticationMethod.ReadWrite.All with admin consent; \
             administrators may need a higher role",
        ),
        _ => (
            Verdict::Refused,
            "service-refused",
            "correct the row and run again",
        ),
    };
    let message = format!(
        "Entra refused the token: {} {}",
        refusal.code, refusal.message
    );
    Failure::of_call(verdict, code, message, next.to_owned(), request_id)
}

/// What an answer with a device says. Its state counts only where it is the device that was asked
/// for, in the hands that were asked for; otherwise the state is read back.
pub(super) fn device_receipt(
    device: &Device,
    work: &Work<'_>,
    assign: bool,
    request_id: Option<String>,
) -> Receipt {
    let holder = device.assigned_to.as_ref().map(|who| who.id.to_string());
    let wanted = work.user.map(|user| user.0.to_lowercase());
    let is_ours = device
        .serial
        .eq_ignore_ascii_case(work.token.serial.as_str())
        && (!assign || holder.map(|id| id.to_lowercase()) == wanted);
    Receipt {
        id: Some(TokenId(device.id.to_string())),
        state: is_ours.then(|| state(device)),
        request_id,
    }
}

/// Whether a device is assigned is read from its holder; its status is known to lag behind.
pub(super) fn state(device: &Device) -> State {
    match (&device.assigned_to, &device.status) {
        (Some(_), DeviceStatus::Activated) => State::Activated,
        (Some(_), _) => State::Assigned,
        (None, _) => State::Imported,
    }
}

/// The devices of a list that are looked for, and how many others their holders have. A serial is the
/// same in any case; where there are several, the one that is spelt alike counts.
pub(super) struct Found<'l> {
    wanted: BTreeMap<Cow<'l, str>, &'l Lookup<'l>>,
    candidates: BTreeMap<Serial, Vec<Candidate>>,
    others: BTreeMap<&'l UserId, BTreeSet<String>>,
    /// Tokens that are taken back before others are given.
    replaced: BTreeSet<&'l str>,
}

/// A device with a serial number that is looked for.
struct Candidate {
    observed: Observed,
    /// The serial number as the service spells it.
    serial: String,
}

impl<'l> Found<'l> {
    pub(super) fn of(lookups: &'l [Lookup<'l>]) -> Self {
        let wanted = lookups
            .iter()
            .map(|lookup| (lookup.token.serial.folded(), lookup));
        let users = lookups.iter().filter_map(|lookup| lookup.user);
        Self {
            wanted: wanted.collect(),
            candidates: BTreeMap::new(),
            others: users.map(|user| (user, BTreeSet::new())).collect(),
            replaced: lookups
                .iter()
                .filter_map(|lookup| Some(lookup.token.replaces.as_ref()?.0.as_str()))
                .collect(),
        }
    }

    pub(super) fn take(&mut self, device: &Device) {
        let Some(lookup) = self.wanted.get(device.serial.to_lowercase().as_str()) else {
            let goes = self.replaced.contains(device.id.to_string().as_str());
            let holder = device.assigned_to.as_ref().filter(|_| !goes);
            let holder = holder.map(|who| UserId(who.id.to_string()));
            count(&mut self.others, holder, device.id.to_string());
            return;
        };
        let serial = lookup.token.serial.clone();
        let candidates = self.candidates.entry(serial).or_default();
        let observed = observed(device, lookup.known);
        // A list that changes while it is read may show a token twice.
        if candidates.iter().all(|one| one.observed.id != observed.id) {
            let serial = device.serial.clone();
            candidates.push(Candidate { observed, serial });
        }
    }

    /// The serial numbers, as they are spelt, of devices that may have been uploaded as CSV: nothing in
    /// a list tells. Such a token has a holder, or another device has its serial number. What is
    /// `created` or is known here by its id is not.
    pub(super) fn doubtful(&self, created: &BTreeSet<TokenId>) -> BTreeSet<String> {
        let each = self.wanted.values().filter_map(|lookup| {
            let candidates = self.candidates.get(&lookup.token.serial)?;
            Some(candidates.iter().filter(move |one| {
                let is_suspect = candidates.len() > 1 || one.observed.holder.is_some();
                is_suspect && !is_known(lookup, &one.observed.id)
            }))
        });
        let doubtful = each.flatten();
        let doubtful = doubtful.filter(|one| !created.contains(&one.observed.id));
        doubtful.map(|one| one.serial.clone()).collect()
    }

    /// Leaves what has one of these serial numbers out where it is not `created`.
    pub(super) fn settle(&mut self, doubtful: &BTreeSet<String>, created: &BTreeSet<TokenId>) {
        for lookup in self.wanted.values() {
            let Some(candidates) = self.candidates.get_mut(&lookup.token.serial) else {
                continue;
            };
            let uploaded = candidates.extract_if(.., |one| {
                let id = &one.observed.id;
                doubtful.contains(&one.serial) && !is_known(lookup, id) && !created.contains(id)
            });
            for Candidate { observed, .. } in uploaded {
                count(&mut self.others, observed.holder, observed.id.0);
            }
        }
    }

    pub(super) fn into_sighting(self) -> Sighting {
        let tokens = self.candidates.into_iter().filter_map(|(serial, found)| {
            let alike = found.iter().position(|one| one.serial == serial.as_str());
            let found = found.into_iter().nth(alike.unwrap_or_default())?;
            Some((serial, found.observed))
        });
        let others = self.others.into_iter().filter(|(_, ids)| !ids.is_empty());
        Sighting {
            tokens: tokens.collect(),
            others: others
                .map(|(user, ids)| (user.clone(), ids.len()))
                .collect(),
        }
    }
}

/// One more token of a holder who matters.
fn count(others: &mut BTreeMap<&UserId, BTreeSet<String>>, holder: Option<UserId>, id: String) {
    if let Some(others) = holder.and_then(|holder| others.get_mut(&holder)) {
        others.insert(id);
    }
}

/// True for the very device that was made here, or chosen from the inventory.
fn is_known(lookup: &Lookup<'_>, id: &TokenId) -> bool {
    let made = lookup.known.map(|known| &known.id);
    made == Some(id) || lookup.token.id.as_ref() == Some(id)
}

pub(super) fn observed(device: &Device, known: Option<&Known>) -> Observed {
    Observed {
        id: TokenId(device.id.to_string()),
        state: state(device),
        holder: device
            .assigned_to
            .as_ref()
            .map(|who| UserId(who.id.to_string())),
        proven: true,
        // Only for the very device that a seed was sent for.
        fingerprint: known
            .filter(|known| known.id.0 == device.id.to_string())
            .and_then(|known| known.fingerprint.clone()),
        code_accepted: false,
        algorithm: algorithm(device),
        period: period(device),
    }
}

pub(super) fn algorithm(device: &Device) -> Option<Algorithm> {
    match device.hash {
        Some(HashFunction::HmacSha1) => Some(Algorithm::Sha1),
        Some(HashFunction::HmacSha256) => Some(Algorithm::Sha256),
        _ => None,
    }
}

pub(super) fn period(device: &Device) -> Option<Period> {
    let seconds = device.period_seconds?;
    Period::new(seconds).ok()
}
