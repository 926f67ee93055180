//! What scripts come in with: `Authorization: Bearer oathkit_…`, under `/api/` only.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::secret::{self, Hash};
use super::{Caller, Role, Via};
use crate::vault::{Fill, Vault, VaultError};

const DOCUMENT: &str = "api-tokens";
const PREFIX: &str = "oathkit_";
const MOST: usize = 1000;
/// How often the last use is written down, in seconds: not with each request.
const NOTED: u64 = 60 * 60;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiTokenError {
    #[error("a token's name has 1 to 64 characters")]
    Name,
    #[error("there is a token {0} already: revoke it, or choose another name")]
    Taken(String),
    #[error("there are {MOST} tokens, and no room for more: revoke one first")]
    Full,
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// A token as others may see it. Times are in seconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ApiToken {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) created: u64,
    pub(crate) expires: u64,
    /// To the hour.
    pub(crate) used: Option<u64>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Entry {
    hash: Hash,
    #[serde(flatten)]
    token: ApiToken,
}

pub(crate) struct ApiTokens {
    vault: Arc<Vault>,
    fill: Fill,
    entries: Mutex<Vec<Entry>>,
}

impl fmt::Debug for ApiTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list()).finish()
    }
}

impl ApiTokens {
    pub(crate) fn open(vault: Arc<Vault>, fill: Fill) -> Result<Self, VaultError> {
        let entries = vault.load(DOCUMENT)?.unwrap_or_default();
        Ok(Self {
            vault,
            fill,
            entries: Mutex::new(entries),
        })
    }

    pub(crate) fn list(&self) -> Vec<ApiToken> {
        let entries = self.entries();
        entries.iter().map(|entry| entry.token.clone()).collect()
    }

    /// Makes a token. This is the only time that it is shown.
    pub(crate) fn issue(
        &self,
        name: &str,
        role: Role,
        now: Duration,
        valid: Duration,
    ) -> Result<Zeroizing<String>, ApiTokenError> {
        let name = proper(name)?;
        let word = secret::word(&self.fill).map_err(VaultError::Random)?;
        let word = Zeroizing::new([PREFIX, &word].concat());
        let entry = Entry {
            hash: secret::hash(&word),
            token: ApiToken {
                name: name.clone(),
                role,
                created: now.as_secs(),
                expires: now.saturating_add(valid).as_secs(),
                used: None,
            },
        };
        self.change(|entries| {
            if entries.iter().any(|entry| entry.token.name == name) {
                return Err(ApiTokenError::Taken(name));
            }
            if entries.len() >= MOST {
                return Err(ApiTokenError::Full);
            }
            entries.push(entry);
            Ok(())
        })?;
        Ok(word)
    }

    /// Ends a token; none of this name is fine, too.
    pub(crate) fn revoke(&self, name: &str) -> Result<(), ApiTokenError> {
        self.change(|entries| {
            entries.retain(|entry| entry.token.name != name);
            Ok(())
        })
    }

    /// Who comes with this token.
    pub(super) fn caller(&self, now: Duration, word: &str) -> Option<Caller> {
        let (hash, now) = (secret::hash(word), now.as_secs());
        let mut entries = self.entries();
        let entry = entries
            .iter_mut()
            .find(|entry| secret::same(&entry.hash, &hash))?;
        let token = &mut entry.token;
        if now >= token.expires {
            return None;
        }
        let caller = Caller {
            name: token.name.clone(),
            role: token.role,
            csrf: Zeroizing::default(),
            via: Via::ApiToken,
        };
        let noted = token
            .used
            .is_some_and(|used| now < used.saturating_add(NOTED));
        if !noted {
            token.used = Some(now);
            // Not worth refusing a request for.
            let _ = self.vault.save(DOCUMENT, &*entries);
        }
        Some(caller)
    }

    /// What cannot be saved does not count.
    fn change(
        &self,
        how: impl FnOnce(&mut Vec<Entry>) -> Result<(), ApiTokenError>,
    ) -> Result<(), ApiTokenError> {
        let mut entries = self.entries();
        let mut changed = entries.clone();
        how(&mut changed)?;
        self.vault.save(DOCUMENT, &changed)?;
        *entries = changed;
        Ok(())
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn proper(name: &str) -> Result<String, ApiTokenError> {
    let name = name.trim();
    let good = (1..=64).contains(&name.chars().count()) && !name.contains(char::is_control);
    good.then(|| name.to_owned()).ok_or(ApiTokenError::Name)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{fill, vault};
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[test]
    fn a_token_works_until_it_expires_or_is_revoked() {
        let (vault, fill) = (vault(), fill());
        let tokens = ApiTokens::open(Arc::clone(&vault), fill.clone()).unwrap();
        let word = tokens
            .issue("nightly", Role::Operator, DAY, 2 * DAY)
            .unwrap();
        assert!(word.starts_with(PREFIX) && word.len() == PREFIX.len() + 43);
        let again = ApiTokens::open(Arc::clone(&vault), fill.clone()).unwrap();
        let caller = again.caller(DAY, &word).unwrap();
        assert_eq!(
            (caller.name.as_str(), caller.role, caller.via),
            ("nightly", Role::Operator, Via::ApiToken)
        );
        assert_eq!(again.caller(DAY, ""), None);
        assert_eq!(again.caller(DAY, &word[..50]), None);
        assert_eq!(again.caller(3 * DAY, &word), None, "expired");
        assert!(
            again
                .caller(3 * DAY - Duration::from_secs(1), &word)
                .is_some()
        );
        assert_eq!(again.list()[0].used, Some(3 * 86_400 - 1));
        again.revoke("nightly").unwrap();
        assert_eq!(again.caller(DAY, &word), None);
        let after = ApiTokens::open(vault, fill).unwrap();
        assert_eq!(after.list(), []);
    }

    #[test]
    fn names_are_told_apart_and_the_token_itself_is_not_kept() {
        let vault = vault();
        let tokens = ApiTokens::open(Arc::clone(&vault), fill()).unwrap();
        let issue = |name| tokens.issue(name, Role::Viewer, DAY, DAY);
        let word = issue("a b").unwrap();
        assert!(matches!(issue(" a b "), Err(ApiTokenError::Taken(_))));
        assert!(matches!(issue(""), Err(ApiTokenError::Name)));
        assert!(matches!(issue("a\nb"), Err(ApiTokenError::Name)));
        let kept = vault.load_bytes(DOCUMENT).unwrap().unwrap();
        let kept = String::from_utf8_lossy(&kept).into_owned();
        assert!(kept.contains("a b") && !kept.contains(word.trim_start_matches(PREFIX)));
    }
}
