//! Who may come in.
//!
//! Every request passes [`guard()`]: it checks for which address the request is and whether a page of
//! ours sent it, and finds the [`Caller`]. [`crate::routes::Routes`] then asks for the least role.

mod accounts;
mod api_tokens;
mod caller;
mod entry;
pub(crate) mod form;
mod guard;
mod headers;
mod moment;
mod once;
mod one_time;
mod pages;
mod pass;
mod policy;
mod refusal;
mod secret;
mod served;
mod sessions;
#[cfg(test)]
mod tests;
mod throttle;
mod upload;

use std::io;
use std::sync::Arc;

use axum::response::{IntoResponse, Redirect, Response};
use idp_http::Clock;
use secrecy::SecretString;
use tempfile::TempPath;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

pub(crate) use accounts::{Account, AccountError, Accounts};
pub(crate) use api_tokens::{ApiToken, ApiTokens};
pub(crate) use caller::{Caller, Role, Via};
pub(crate) use entry::{own, routes};
pub(crate) use form::Sent;
pub(crate) use guard::guard;
pub(crate) use once::Once;
pub(crate) use pages::leading_to;
pub(crate) use pass::Pass;
pub(crate) use policy::{Mode, policy};
pub(crate) use refusal::Refusal;
pub(crate) use served::Served;
#[cfg(test)]
pub(crate) use sessions::Lasting;
pub(crate) use sessions::Limits;
pub(crate) use upload::{File, Uploaded};

use crate::vault::{Fill, Vault, VaultError};
use accounts::Entry;
use guard::Way;
use moment::Moment;
use one_time::OneTime;
use sessions::Sessions;
use throttle::Throttle;

/// Passwords that are hashed at a time: each takes 19 MiB.
const HASHED_AT_ONCE: usize = 2;

/// What a door is made of.
pub(crate) struct Setup {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) fill: Fill,
    pub(crate) vault: Arc<Vault>,
    pub(crate) served: Served,
    /// Who comes in by the one-time address: the account of the operating system.
    pub(crate) desk: String,
    pub(crate) limits: Limits,
}

/// Whom a session is for.
enum Who {
    /// The person where the program runs.
    Desk,
    /// An account as it was when its password was right, or when it let another browser in.
    Account(Entry),
}

/// Who is in, and what others come in with.
pub(crate) struct Door {
    clock: Arc<dyn Clock>,
    fill: Fill,
    served: Served,
    desk: String,
    accounts: Accounts,
    tokens: ApiTokens,
    sessions: Sessions,
    one_time: OneTime,
    throttle: Throttle,
    hashing: Semaphore,
    once: Once,
}

impl Door {
    pub(crate) fn open(setup: Setup) -> Result<Arc<Self>, VaultError> {
        let Setup {
            clock, fill, vault, ..
        } = setup;
        Ok(Arc::new(Self {
            accounts: Accounts::open(Arc::clone(&vault), Arc::clone(&fill))?,
            tokens: ApiTokens::open(vault, Arc::clone(&fill))?,
            sessions: Sessions::new(setup.limits),
            one_time: OneTime::default(),
            throttle: Throttle::default(),
            hashing: Semaphore::new(HASHED_AT_ONCE),
            once: Once::new(Arc::clone(&clock)),
            served: setup.served,
            desk: setup.desk,
            clock,
            fill,
        }))
    }

    /// Makes the address that opens this server once, within ten minutes, for the person at the desk; the
    /// one before it is void.
    pub(crate) fn one_time_address(&self) -> io::Result<Zeroizing<String>> {
        self.address_for(Who::Desk, &self.served.here())
    }

    /// The same for whoever is in, in another browser, which finds this server where this one did.
    fn another_address(&self, way: &Way, caller: &Caller) -> Result<Zeroizing<String>, Refusal> {
        let who = match caller.via {
            Via::OneTime => Who::Desk,
            Via::Password | Via::ApiToken => {
                Who::Account(self.accounts.get(&caller.name).ok_or(Refusal::SignIn)?)
            }
        };
        let made = self.address_for(who, &way.origin.text());
        made.map_err(|error| broken(&error))
    }

    fn address_for(&self, who: Who, origin: &str) -> io::Result<Zeroizing<String>> {
        let key = self.one_time.issue(self.now(), &self.fill, who)?;
        Ok(Zeroizing::new([origin, "/start?key=", &key].concat()))
    }

    /// Keeps a file with the one-time address in it until that is used, or good no more.
    pub(crate) fn keep(&self, file: TempPath) {
        self.one_time.keep(file);
    }

    /// Makes the one-time address void.
    pub(crate) fn close(&self) {
        self.one_time.revoke();
    }

    pub(crate) fn once(&self) -> &Once {
        &self.once
    }

    pub(crate) fn api_tokens(&self) -> &ApiTokens {
        &self.tokens
    }

    pub(crate) fn accounts(&self) -> Vec<Account> {
        self.accounts.list()
    }

    pub(crate) fn has_accounts(&self) -> bool {
        !self.accounts.is_empty()
    }

    pub(crate) async fn add_account(
        self: &Arc<Self>,
        name: String,
        role: Role,
        password: SecretString,
    ) -> Result<(), AccountError> {
        self.blocking(move |door| door.accounts.add(&name, role, &password))
            .await
    }

    /// Ends the sessions of this account, too, as the next two do, and counts its wrong passwords anew.
    pub(crate) async fn set_password(
        self: &Arc<Self>,
        name: String,
        password: SecretString,
    ) -> Result<(), AccountError> {
        self.blocking(move |door| {
            let name = name.to_lowercase();
            door.accounts.set_password(&name, &password)?;
            door.sessions.end_all_of(&name);
            door.throttle.forget(&name);
            Ok(())
        })
        .await
    }

    pub(crate) async fn set_role(
        self: &Arc<Self>,
        name: String,
        role: Role,
    ) -> Result<(), AccountError> {
        self.blocking(move |door| {
            door.accounts.set_role(&name, role)?;
            door.sessions.end_all_of(&name.to_lowercase());
            Ok(())
        })
        .await
    }

    pub(crate) async fn remove_account(self: &Arc<Self>, name: String) -> Result<(), AccountError> {
        self.blocking(move |door| {
            let name = name.to_lowercase();
            door.accounts.remove(&name)?;
            door.sessions.end_all_of(&name);
            door.throttle.forget(&name);
            Ok(())
        })
        .await
    }

    async fn blocking(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<(), AccountError> + Send + 'static,
    ) -> Result<(), AccountError> {
        let door = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&door)).await;
        done.unwrap_or(Err(AccountError::Hash))
    }

    fn now(&self) -> Moment {
        Moment::now(&*self.clock)
    }

    fn claim(&self, key: &str) -> Option<Who> {
        self.one_time.claim(self.now(), key)
    }

    /// The account that this password opens, unless too many attempts have failed.
    async fn verify(
        self: &Arc<Self>,
        way: &Way,
        name: &str,
        password: SecretString,
    ) -> Result<Option<Entry>, Refusal> {
        let name = name.trim().to_lowercase();
        let known = self.accounts.is_known(&name);
        self.throttle
            .attempt(self.clock.monotonic(), (&name, known), way.from)
            .map_err(Refusal::Wait)?;
        let _turn = self.hashing.acquire().await;
        let door = Arc::clone(self);
        let verified = tokio::task::spawn_blocking(move || door.accounts.verify(&name, &password));
        let account = verified.await.map_err(|_| Refusal::Broken)?;
        if let Some(account) = &account {
            self.throttle.succeeded(&account.name, way.from);
        }
        Ok(account)
    }

    /// A new session with a new id; the one that came along ends.
    fn begin(&self, way: &Way, who: &Who, next: &str) -> Result<Response, Refusal> {
        let caller = match who {
            Who::Desk => (self.desk.clone(), Role::Admin, Via::OneTime),
            Who::Account(entry) => (entry.name.clone(), entry.role, Via::Password),
        };
        let id = self.sessions.begin(self.now(), &self.fill, caller);
        let id = id.map_err(|error| broken(&error))?;
        // What changes from now on ends this session, too; what changed before is seen here.
        if matches!(who, Who::Account(entry) if !self.accounts.is_still(entry)) {
            self.sessions.end(&id);
            return Err(Refusal::SignIn);
        }
        self.end(way);
        let mut response = Redirect::to(next).into_response();
        way.set_cookie(Some(&id), &mut response);
        Ok(response)
    }

    fn end(&self, way: &Way) {
        if let Some(id) = &way.id {
            self.sessions.end(id);
        }
    }
}

fn broken(error: &io::Error) -> Refusal {
    tracing::error!(%error, "nobody can be let in");
    Refusal::Broken
}
