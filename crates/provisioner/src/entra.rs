//! Microsoft Entra ID as an [`IdentityProvider`].
//!
//! Tokens are created in bulk with their holders and activated one by one with a code: 1.02 calls a
//! token. The inventory, keyed by serial, is read in pages.

mod devices;
mod examination;
mod failures;
mod inventory;
mod methods;
mod people;
mod registration;
mod tenant;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use entra_graph::{
    CreateDevice, CreateDevices, Device, Error, GetDevice, GraphClient, GraphEndpoint, ListDevices,
    ListUsers, NewDevice, ObjectId, Page, PageLink, User,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use idp_http::http::StatusCode;
use oath_core::{Algorithm, Digits, Period};
use seedfile::Serial;

use self::devices::{Found, device_receipt, item_outcome, new_device, observed, position};
use self::failures::{endless_list, failure, for_a_while, not_offered};
use self::methods::written;
use self::people::{Index, person};
pub use self::registration::{Part, Registrar, RegistrationEvent, Standing, WantedApplication};
use crate::listing::Listing;
use crate::{
    Capabilities, Failure, Finding, FoundUser, IdentityProvider, InventoryFilter, InventoryToken,
    Known, Lookup, Observed, Operation, Pace, Person, Problem, Quota, Receipt, Shape, Sighting,
    Step, StepRule, Tenant, TokenId, Twin, UserId, Verdict, Whose, Work,
};

/// What Microsoft does not publish, as settings.
#[derive(Debug, Clone, Copy)]
pub struct EntraOptions {
    /// Tokens created in one call. No limit is published; where the service refuses so many, the
    /// engine halves them.
    pub bulk: NonZeroUsize,
    /// Calls in flight at most.
    pub workers: NonZeroUsize,
    /// Names in one look-up of users, at most [`entra_graph::MAX_IN_VALUES`].
    pub names: NonZeroUsize,
    /// Up to this many tokens are looked up one by one while it is not known how many pages the
    /// inventory has.
    pub single_lookups: usize,
}

impl Default for EntraOptions {
    fn default() -> Self {
        let number = |n| NonZeroUsize::new(n).unwrap_or(NonZeroUsize::MIN);
        Self {
            bulk: number(100),
            workers: number(32),
            names: number(entra_graph::MAX_IN_VALUES),
            single_lookups: 10,
        }
    }
}

const READS: Quota = Quota("reads");
const CREATES: Quota = Quota("creates");
const ACTIVATIONS: Quota = Quota("activations");

/// Time steps each way in which a code is accepted at activation: one day with 30 s, two with 60 s.
const DRIFT: u32 = 2880;

/// Pages of a list that are read at most: a list that never ends is not believed.
const MAX_PAGES: usize = 10_000;
/// Pages without an item, one after the other.
const MAX_EMPTY_PAGES: usize = 100;

/// Microsoft Entra ID.
#[derive(Debug)]
pub struct Entra {
    client: GraphClient,
    tenant: Tenant,
    capabilities: Capabilities,
    options: EntraOptions,
    /// Pages of the inventory when it was last read.
    inventory_pages: AtomicUsize,
    /// Tokens of which it was asked whether they were created through Graph, and that were.
    created_ids: Mutex<BTreeSet<TokenId>>,
}

impl Entra {
    /// The tenant that `client` signs in to, by its id. [`Entra::connect`] takes a domain, too.
    #[must_use]
    pub fn new(client: GraphClient, tenant_id: &str, options: EntraOptions) -> Self {
        Self {
            client,
            tenant: Tenant {
                idp: "entra".to_owned(),
                id: tenant_id.to_lowercase(),
            },
            capabilities: capabilities(options),
            options,
            inventory_pages: AtomicUsize::new(0),
            created_ids: Mutex::default(),
        }
    }

    /// The client, for its time and for calls of your own.
    #[must_use]
    pub fn client(&self) -> &GraphClient {
        &self.client
    }

    /// Reads, and repeats what may be repeated.
    async fn read<E: GraphEndpoint>(
        &self,
        pace: &Pace,
        endpoint: &E,
    ) -> Result<E::Output, Failure> {
        let attempt = async || self.client.send(endpoint).await.map_err(|e| failure(&e));
        Ok(pace.read(READS, attempt).await?.value)
    }

    /// Follows a list to its end, and counts its pages. No page outlives the next one.
    async fn each<T, E>(
        &self,
        pace: &Pace,
        first: E,
        next: fn(PageLink) -> E,
        mut take: impl FnMut(T),
    ) -> Result<usize, Failure>
    where
        E: GraphEndpoint<Output = Page<T>>,
    {
        let (mut links, mut empty) = (Vec::new(), 0);
        let mut endpoint = first;
        loop {
            let page = self.read(pace, &endpoint).await?;
            empty = if page.items.is_empty() { empty + 1 } else { 0 };
            page.items.into_iter().for_each(&mut take);
            let Some(link) = page.next else {
                return Ok(links.len() + 1);
            };
            if empty == MAX_EMPTY_PAGES || links.len() == MAX_PAGES || links.contains(&link) {
                return Err(endless_list());
            }
            links.push(link.clone());
            endpoint = next(link);
        }
    }

    /// A short list.
    async fn all<T, E>(
        &self,
        pace: &Pace,
        first: E,
        next: fn(PageLink) -> E,
    ) -> Result<Vec<T>, Failure>
    where
        E: GraphEndpoint<Output = Page<T>>,
    {
        let mut items = Vec::new();
        self.each(pace, first, next, |item| items.push(item))
            .await?;
        Ok(items)
    }
}

#[async_trait]
impl IdentityProvider for Entra {
    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn unix(&self) -> Duration {
        self.client.unix()
    }

    fn unix_uncertainty(&self) -> Duration {
        self.client.unix_uncertainty()
    }

    async fn users(
        &self,
        pace: &Pace,
        names: &[String],
    ) -> Result<BTreeMap<String, Person>, Failure> {
        let (ids, names): (Vec<&String>, Vec<&String>) =
            names.iter().partition(|name| ObjectId::parse(name).is_ok());
        let by_id = self.found(pace, &ids, id, with_ids).await?;
        let by_id = Index::new(by_id, id);
        let by_name = self.found(pace, &names, principal_name, ListUsers::named);
        let by_name = Index::new(by_name.await?, principal_name);
        let missing = names.iter().filter(|name| by_name.get(name).is_empty());
        let missing: Vec<&String> = missing.copied().collect();
        let by_mail = self.ask(pace, &missing, ListUsers::with_mail).await?;
        let by_mail = Index::new(by_mail, |user| user.mail.clone());
        let ids = ids.iter().map(|name| (*name, by_id.get(name)));
        let names = names.iter().map(|name| (*name, by_name.get(name)));
        let people = ids.chain(names);
        Ok(people
            .map(|(name, hits)| (name.clone(), person(name, hits, by_mail.get(name))))
            .collect())
    }

    async fn tokens(&self, pace: &Pace, lookups: &[Lookup<'_>]) -> Result<Sighting, Failure> {
        let (by_id, lookups): (Vec<Lookup<'_>>, Vec<Lookup<'_>>) =
            lookups.iter().partition(|lookup| lookup.token.uploaded);
        // A page costs what one token costs.
        let few = match self.inventory_pages.load(Ordering::Relaxed) {
            0 => self.options.single_lookups,
            pages => pages,
        };
        let many = lookups.len() > few;
        // The service may tell capitals from small letters in a filter; a serial does not.
        let lettered = |lookup: &Lookup<'_>| {
            let mut bytes = lookup.token.serial.as_str().bytes();
            bytes.any(|byte| byte.is_ascii_alphabetic())
        };
        let mut found = Found::of(&lookups);
        if many || lookups.iter().any(lettered) {
            let (first, next) = (ListDevices::all(), ListDevices::next);
            let pages = self.each(pace, first, next, |device| found.take(&device));
            self.inventory_pages.store(pages.await?, Ordering::Relaxed);
            self.settle(pace, &mut found).await?;
        } else {
            let each = lookups.iter().map(|lookup| {
                let serial = lookup.token.serial.as_str();
                self.all(pace, ListDevices::with_serial(serial), ListDevices::next)
            });
            let each: Vec<_> = each.collect();
            let lists: Vec<Vec<Device>> = stream::iter(each)
                .buffered(self.options.workers.get())
                .try_collect()
                .await?;
            lists.iter().flatten().for_each(|device| found.take(device));
        }
        let mut seen = found.into_sighting();
        // What was chosen from the inventory is not gone because its serial number is not found.
        let hidden = |lookup: &&Lookup<'_>| {
            let is_meant_by_id = lookup.token.id.is_some() && !lookup.touched;
            is_meant_by_id && !seen.tokens.contains_key(&lookup.token.serial)
        };
        let hidden: Vec<Lookup<'_>> = lookups.iter().filter(hidden).copied().collect();
        seen.tokens.extend(self.observed_by_id(pace, &by_id).await?);
        seen.tokens
            .extend(self.observed_by_id(pace, &hidden).await?);
        Ok(seen)
    }

    async fn inventory(
        &self,
        pace: &Pace,
        _known: &BTreeMap<Serial, Known>,
        filter: &InventoryFilter,
        take: &mut (dyn FnMut(InventoryToken) + Send),
    ) -> Result<(), Failure> {
        self.listed_tokens(pace, filter, take).await
    }

    async fn examine(&self, pace: &Pace) -> Vec<Finding> {
        self.examined(pace).await
    }

    async fn uploaded_twice(&self, pace: &Pace, whose: &Whose) -> Result<Vec<Twin>, Failure> {
        self.found_twice(pace, whose).await
    }

    async fn search(
        &self,
        pace: &Pace,
        text: &str,
        most: usize,
    ) -> Result<Vec<FoundUser>, Failure> {
        self.found_users(pace, text, most).await
    }

    async fn logins(
        &self,
        pace: &Pace,
        ids: &BTreeSet<UserId>,
    ) -> Result<BTreeMap<UserId, String>, Failure> {
        let ids = ids.iter().map(|id| &id.0);
        let ids: Vec<&String> = ids.filter(|id| ObjectId::parse(id).is_ok()).collect();
        let users = self.found(pace, &ids, id, with_ids).await?;
        let named = users
            .into_iter()
            .map(|user| Some((UserId(id(&user)?), principal_name(&user)?)));
        Ok(named.flatten().collect())
    }

    async fn user(&self, pace: &Pace, id: &UserId) -> Result<Option<FoundUser>, Failure> {
        self.found_user(pace, id).await
    }

    async fn perform(
        &self,
        _pace: &Pace,
        step: &Step,
        work: &[Work<'_>],
    ) -> Vec<Result<Receipt, Failure>> {
        match (step.0.as_slice(), work) {
            ([Operation::Import, rest @ ..], [one]) => {
                vec![self.create(one, !rest.is_empty()).await]
            }
            ([Operation::Import, rest @ ..], many) => self.create_all(many, !rest.is_empty()).await,
            ([Operation::Deactivate | Operation::Unassign | Operation::Delete], [one]) => {
                vec![self.take(step, one).await]
            }
            (_, [one]) => vec![self.enable(step, one).await],
            (_, many) => many.iter().map(|_| Err(not_offered(step))).collect(),
        }
    }
}

impl Entra {
    /// Tokens that are meant by their ids.
    async fn observed_by_id(
        &self,
        pace: &Pace,
        lookups: &[Lookup<'_>],
    ) -> Result<BTreeMap<Serial, Observed>, Failure> {
        let each = lookups.iter().map(|lookup| async move {
            let id = lookup.token.id.as_ref().map(|id| id.0.as_str());
            let device = self.device(pace, &object_id(id)?).await?;
            let serial = lookup.token.serial.clone();
            Ok(device.map(|device| (serial, observed(&device, lookup.known))))
        });
        let each: Vec<_> = each.collect();
        let found: Vec<Option<(Serial, Observed)>> = stream::iter(each)
            .buffered(self.options.workers.get())
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// One token by its id; none where it is gone.
    async fn device(&self, pace: &Pace, id: &ObjectId) -> Result<Option<Device>, Failure> {
        let endpoint = GetDevice(id.clone());
        let attempt = async || match self.client.send(&endpoint).await {
            Ok(answer) => Ok(Some(answer.value)),
            Err(Error::Service(error)) if error.status == StatusCode::NOT_FOUND => Ok(None),
            Err(error) => Err(failure(&error)),
        };
        pace.read(READS, attempt).await
    }

    /// Users by ids or names, from the list of all users or asked for, whichever is cheaper.
    async fn found(
        &self,
        pace: &Pace,
        names: &[&String],
        name_of: fn(&User) -> Option<String>,
        list: fn(&[String]) -> ListUsers,
    ) -> Result<Vec<User>, Failure> {
        let mut users = self.listed(pace, names, name_of).await?;
        let missing = missing(&users, names, name_of);
        users.extend(self.ask(pace, &missing, list).await?);
        Ok(users)
    }

    /// Users from the list of all users, as far as reading it is cheaper than asking for them.
    async fn listed(
        &self,
        pace: &Pace,
        names: &[&String],
        name_of: fn(&User) -> Option<String>,
    ) -> Result<Vec<User>, Failure> {
        let wanted: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let mut listing = Listing::of(wanted.len(), self.names_per_call());
        let mut users = Vec::new();
        let mut endpoint = ListUsers::all();
        while listing.is_cheaper() {
            let page = self.read(pace, &endpoint).await?;
            let fits = |user: &User| {
                let name = name_of(user).unwrap_or_default();
                wanted.contains(&name.to_lowercase())
            };
            let found = page.items.into_iter().filter(fits);
            users.extend(found);
            listing.read_page(users.len());
            match page.next {
                Some(link) => endpoint = ListUsers::next(link),
                None => break,
            }
        }
        Ok(users)
    }

    fn names_per_call(&self) -> usize {
        self.options.names.get().min(entra_graph::MAX_IN_VALUES)
    }

    /// Looks names up, a few in each call.
    async fn ask<F>(&self, pace: &Pace, names: &[&String], list: F) -> Result<Vec<User>, Failure>
    where
        F: Fn(&[String]) -> ListUsers,
    {
        let calls = names.chunks(self.names_per_call()).map(|chunk| {
            let chunk: Vec<String> = chunk.iter().map(|name| (*name).clone()).collect();
            self.all(pace, list(&chunk), ListUsers::next)
        });
        let calls: Vec<_> = calls.collect();
        let lists: Vec<Vec<User>> = stream::iter(calls)
            .buffered(self.options.workers.get())
            .try_collect()
            .await?;
        Ok(lists.into_iter().flatten().collect())
    }

    async fn create(&self, work: &Work<'_>, assign: bool) -> Result<Receipt, Failure> {
        let create = CreateDevice(new_device(work, assign)?);
        let answer = self.client.send(&create).await.map_err(|error| {
            let wait = match &error {
                Error::Service(error) => error.asked_wait(),
                _ => None,
            };
            for_a_while(failure(&error).of_one(), wait, self.unix())
        })?;
        Ok(device_receipt(
            &answer.value,
            work,
            assign,
            answer.request_id,
        ))
    }

    async fn create_all(&self, work: &[Work<'_>], assign: bool) -> Vec<Result<Receipt, Failure>> {
        let devices: Result<Vec<NewDevice>, Failure> =
            work.iter().map(|work| new_device(work, assign)).collect();
        let answer = match devices {
            Ok(devices) => written(self.client.send(&CreateDevices(devices)).await),
            Err(failure) => Err(failure),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(failure) => return work.iter().map(|_| Err(failure.clone())).collect(),
        };
        let mut outcomes: Vec<Result<Receipt, Failure>> = work
            .iter()
            .map(|_| Err(Failure::unanswered(answer.request_id.clone())))
            .collect();
        for item in answer.value {
            let position = position(&item, work);
            let place = position.and_then(|at| Some((work.get(at)?, outcomes.get_mut(at)?)));
            if let Some((work, outcome)) = place {
                let request_id = answer.request_id.clone();
                *outcome = item_outcome(item, work, assign, self.unix(), request_id);
            }
        }
        outcomes
    }
}

/// What Entra ID can do, with these options. Needs no sign-in.
#[must_use]
pub fn capabilities(options: EntraOptions) -> Capabilities {
    use Operation::{Activate, Assign, Deactivate, Delete, Import, Unassign};
    let bulk = |operations: &[Operation]| StepRule {
        tokens: options.bulk,
        ..StepRule::single(operations, CREATES)
    };
    Capabilities {
        steps: vec![
            bulk(&[Import]),
            bulk(&[Import, Assign]),
            StepRule::single(&[Assign], CREATES),
            StepRule::single(&[Activate], ACTIVATIONS).with_code(),
            StepRule::single(&[Assign, Activate], ACTIVATIONS).with_code(),
            StepRule::single(&[Deactivate], CREATES),
            StepRule::single(&[Unassign], CREATES),
            StepRule::single(&[Delete], CREATES),
        ],
        shapes: vec![Shape {
            id: String::new(),
            name: "Entra ID".to_owned(),
            algorithms: vec![Algorithm::Sha1, Algorithm::Sha256],
            digits: vec![Digits::SIX],
            periods: vec![Period::THIRTY, Period::SIXTY],
            // 128 Base32 characters.
            seed_bits: 640,
            drift: DRIFT,
        }],
        tokens_per_user: 5,
        workers: options.workers,
        serials: true,
    }
}

fn principal_name(user: &User) -> Option<String> {
    user.user_principal_name.clone()
}

fn id(user: &User) -> Option<String> {
    Some(user.id.to_string())
}

fn with_ids(ids: &[String]) -> ListUsers {
    let ids = ids.iter().filter_map(|id| ObjectId::parse(id).ok());
    ListUsers::with_ids(&ids.collect::<Vec<_>>())
}

/// The names that none of these users has.
fn missing<'n>(
    users: &[User],
    names: &[&'n String],
    name_of: fn(&User) -> Option<String>,
) -> Vec<&'n String> {
    let known = users.iter().filter_map(name_of);
    let known: BTreeSet<String> = known.map(|name| name.to_lowercase()).collect();
    let names = names.iter().copied();
    names
        .filter(|name| !known.contains(&name.to_lowercase()))
        .collect()
}

fn object_id(text: Option<&str>) -> Result<ObjectId, Failure> {
    text.and_then(|text| ObjectId::parse(text).ok())
        .ok_or_else(|| Failure {
            verdict: Verdict::Refused,
            problem: Problem::new(
                "no-object-id",
                "the plan holds no usable object id for this row",
                "make a new plan",
            ),
            request_id: None,
        })
}
