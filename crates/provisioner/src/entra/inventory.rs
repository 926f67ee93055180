//! The inventory and the people of a tenant, for somebody to look at.

use std::collections::{BTreeMap, BTreeSet};

use entra_graph::{
    Device, DeviceFilter, DeviceQuery, DeviceStatus, ListDevices, ListMethods, ListUsers,
    OathMethod, TokenStore, User, UserKey,
};

use futures_util::{StreamExt, TryStreamExt, stream};
use seedfile::Serial;

use super::devices::{algorithm, period, state};
use super::people::barred;

use super::{Entra, object_id, principal_name};
use crate::{
    Failure, FoundUser, Holder, InventoryFilter, InventoryToken, Pace, State, TokenId, Twin,
    UserId, Whose,
};

/// People on a page of a search.
const FOUND_PAGE: usize = 25;

impl Entra {
    /// Tokens that fit, as far as the service filters them, and then as far as they fit.
    pub(super) async fn listed_tokens(
        &self,
        pace: &Pace,
        filter: &InventoryFilter,
        take: &mut (dyn FnMut(InventoryToken) + Send),
    ) -> Result<(), Failure> {
        if let Some(holder) = &filter.holder {
            return self.tokens_of(pace, holder, filter, take).await;
        }
        for query in self.queries(filter) {
            let first = ListDevices::matching(&query);
            self.each(pace, first, ListDevices::next, |device| {
                let token = inventory_token(device, false);
                if filter.takes(&token) {
                    take(token);
                }
            })
            .await?;
        }
        Ok(())
    }

    /// The tokens of one user, those that were uploaded as CSV among them.
    async fn tokens_of(
        &self,
        pace: &Pace,
        holder: &UserId,
        filter: &InventoryFilter,
        take: &mut (dyn FnMut(InventoryToken) + Send),
    ) -> Result<(), Failure> {
        for (method, device) in self.held_by(pace, holder).await? {
            let created = self.created(pace, &device.serial).await?;
            let uploaded = device.store(&created) == TokenStore::Legacy;
            let token = held_token(device, uploaded, &method, holder);
            if filter.takes(&token) {
                take(token);
            }
        }
        Ok(())
    }

    /// What a user holds, of both stores.
    async fn held_by(
        &self,
        pace: &Pace,
        holder: &UserId,
    ) -> Result<Vec<(OathMethod, Device)>, Failure> {
        let user = UserKey::id(object_id(Some(&holder.0))?);
        let mut methods = Vec::new();
        let mut list = ListMethods::with_devices_of(&user);
        loop {
            let page = self.read(pace, &list).await?;
            methods.extend(page.items);
            let Some(link) = page.next else { break };
            list = ListMethods::next(&user, link);
        }
        let mut held = Vec::with_capacity(methods.len());
        for method in methods {
            let device = self.device_of(pace, &method).await?;
            held.extend(device.map(|device| (method, device)));
        }
        Ok(held)
    }

    /// The tokens with a serial number that were not uploaded as CSV: the search finds no other.
    pub(super) async fn created(&self, pace: &Pace, serial: &str) -> Result<Vec<Device>, Failure> {
        let list = ListDevices::with_serial(serial);
        self.all(pace, list, ListDevices::next).await
    }

    /// What the service is asked for. It minds whether a text is spelt alike, so that texts are
    /// compared here; only digits have no case.
    fn queries(&self, filter: &InventoryFilter) -> Vec<DeviceQuery> {
        let query = |serial: Option<&Serial>| DeviceQuery {
            filter: DeviceFilter {
                serial: serial.map(ToString::to_string),
                ..DeviceFilter::default()
            },
            assigned: filter.state.map(|state| state > State::Imported),
            ..DeviceQuery::default()
        };
        let is_digits = |serial: &Serial| serial.as_str().bytes().all(|byte| byte.is_ascii_digit());
        match &filter.serials {
            Some(few) if few.len() <= self.options.single_lookups && few.iter().all(is_digits) => {
                few.iter().map(|serial| query(Some(serial))).collect()
            }
            _ => vec![query(None)],
        }
    }

    /// The tokens that are in both stores.
    pub(super) async fn found_twice(
        &self,
        pace: &Pace,
        whose: &Whose,
    ) -> Result<Vec<Twin>, Failure> {
        let mut listed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut holders = BTreeSet::new();
        self.each(
            pace,
            ListDevices::all(),
            ListDevices::next,
            |device: Device| {
                let ids = listed.entry(device.serial.to_lowercase()).or_default();
                ids.insert(device.id.to_string());
                holders.extend(device.assigned_to.map(|who| UserId(who.id.to_string())));
            },
        )
        .await?;
        match whose {
            Whose::Holders => {}
            Whose::User(holder) => holders = BTreeSet::from([holder.clone()]),
            Whose::Everybody => {
                let (first, next) = (ListUsers::all(), ListUsers::next);
                self.each(pace, first, next, |user: User| {
                    holders.insert(UserId(user.id.to_string()));
                })
                .await?;
            }
        }
        let each = holders.into_iter().map(|holder| async move {
            let held = self.held_by(pace, &holder).await?;
            Ok((holder, held))
        });
        let each: Vec<_> = each.collect();
        let held: Vec<(UserId, Vec<(OathMethod, Device)>)> = stream::iter(each)
            .buffered(self.options.workers.get())
            .try_collect()
            .await?;
        let mut twice = Vec::new();
        for (holder, held) in held {
            for (method, device) in held {
                let others = listed.get(&device.serial.to_lowercase());
                if others.is_none_or(|ids| ids.iter().all(|id| *id == device.id.to_string())) {
                    continue;
                }
                let created = self.created(pace, &device.serial).await?;
                let uploaded = device.store(&created) == TokenStore::Legacy;
                if let Some(other) = created.into_iter().next().filter(|_| uploaded) {
                    twice.push(Twin {
                        uploaded: held_token(device, true, &method, &holder),
                        created: inventory_token(other, false),
                    });
                }
            }
        }
        Ok(twice)
    }

    /// The token of a method; none where it is gone since.
    async fn device_of(&self, pace: &Pace, method: &OathMethod) -> Result<Option<Device>, Failure> {
        match &method.device {
            Some(device) => Ok(Some(device.clone())),
            None => self.device(pace, &method.id).await,
        }
    }

    /// People whom a text may mean, `most` at the most.
    pub(super) async fn found_users(
        &self,
        pace: &Pace,
        text: &str,
        most: usize,
    ) -> Result<Vec<FoundUser>, Failure> {
        let mut found: Vec<FoundUser> = Vec::new();
        let mut list = ListUsers::search(text, most.min(FOUND_PAGE));
        // A list may go in a circle.
        for _ in 0..=most.div_ceil(FOUND_PAGE).max(FOUND_PAGE) {
            let page = self.read(pace, &list).await?;
            found.extend(page.items.into_iter().map(found_user));
            match page.next {
                Some(link) if found.len() < most => list = ListUsers::next(link),
                _ => break,
            }
        }
        found.truncate(most);
        Ok(found)
    }

    /// One user by id. What is no id is nobody's.
    pub(super) async fn found_user(
        &self,
        pace: &Pace,
        id: &UserId,
    ) -> Result<Option<FoundUser>, Failure> {
        let Ok(id) = object_id(Some(&id.0)) else {
            return Ok(None);
        };
        let page = self.read(pace, &ListUsers::with_ids(&[id])).await?;
        Ok(page.items.into_iter().next().map(found_user))
    }
}

fn inventory_token(device: Device, uploaded: bool) -> InventoryToken {
    InventoryToken {
        id: TokenId(device.id.to_string()),
        state: state(&device),
        status: match &device.status {
            DeviceStatus::Other(text) if text.is_empty() => "unknown".to_owned(),
            status => status.as_str().to_owned(),
        },
        algorithm: algorithm(&device),
        period: period(&device),
        serial: device.serial,
        holder: device.assigned_to.map(|who| Holder {
            id: UserId(who.id.to_string()),
            name: who.display_name,
        }),
        manufacturer: device.manufacturer.unwrap_or_default(),
        model: device.model.unwrap_or_default(),
        name: device.display_name.unwrap_or_default(),
        last_used: device.last_used,
        uploaded,
    }
}

/// A token as one of its holder's methods.
fn held_token(
    device: Device,
    uploaded: bool,
    method: &OathMethod,
    holder: &UserId,
) -> InventoryToken {
    let mut token = inventory_token(device, uploaded);
    token.last_used = token.last_used.or_else(|| method.last_used.clone());
    token.holder = token.holder.or_else(|| {
        let (id, name) = (holder.clone(), None);
        Some(Holder { id, name })
    });
    token
}

fn found_user(user: User) -> FoundUser {
    let login = principal_name(&user).unwrap_or_default();
    FoundUser {
        id: UserId(user.id.to_string()),
        problem: barred(&login, &user),
        status: match user.account_enabled {
            Some(true) => "enabled",
            Some(false) => "disabled",
            None => "",
        }
        .to_owned(),
        login,
        name: user.display_name.unwrap_or_default(),
        mail: user.mail,
    }
}
