//! Who may sign in with a password.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::Role;
use crate::vault::{Fill, Vault, VaultError};

const DOCUMENT: &str = "accounts";
const SHORTEST: usize = 12;
/// In bytes: hashing more would be work that anybody can order.
const LONGEST: usize = 1024;
const MOST: usize = 1000;

/// Why an account is not made or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountError {
    #[error(
        "an account's name has 1 to 64 letters, digits or any of . _ @ + -, and begins with a letter or digit"
    )]
    Name,
    #[error("there is an account {0} already: change it, or choose another name")]
    Taken(String),
    #[error("there is no account {0}")]
    Missing(String),
    #[error(
        "a password has at least {SHORTEST} characters: a few words in a row are easy to remember"
    )]
    Short,
    #[error("a password has at most {LONGEST} bytes")]
    Long,
    #[error("a password must be harder to guess than this one")]
    Weak,
    #[error("{0} is the last admin: make another account admin first")]
    LastAdmin(String),
    #[error("there are {MOST} accounts, and no room for more: remove one first")]
    Full,
    #[error("the password could not be hashed: is there memory left?")]
    Hash,
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// An account as others may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) role: Role,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) role: Role,
    /// Argon2id in the PHC format.
    hash: String,
}

/// All accounts, sealed in the vault. Names are not told apart by small and large letters.
pub(crate) struct Accounts {
    vault: Arc<Vault>,
    fill: Fill,
    entries: Mutex<Vec<Entry>>,
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list()).finish()
    }
}

/// Hashing takes a twentieth of a second and 19 MiB: from async code, call what takes a password
/// where blocking is fine.
impl Accounts {
    pub(crate) fn open(vault: Arc<Vault>, fill: Fill) -> Result<Self, VaultError> {
        let entries = vault.load(DOCUMENT)?.unwrap_or_default();
        Ok(Self {
            vault,
            fill,
            entries: Mutex::new(entries),
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// Sorted by name.
    pub(crate) fn list(&self) -> Vec<Account> {
        let entries = self.entries();
        let seen = entries.iter().map(|entry| Account {
            name: entry.name.clone(),
            role: entry.role,
        });
        seen.collect()
    }

    pub(crate) fn add(
        &self,
        name: &str,
        role: Role,
        password: &SecretString,
    ) -> Result<(), AccountError> {
        let name = proper(name)?;
        let hash = self.hash(&name, password)?;
        self.change(|entries| match find(entries, &name) {
            Ok(_) => Err(AccountError::Taken(name)),
            Err(_) if entries.len() >= MOST => Err(AccountError::Full),
            Err(at) => {
                entries.insert(at, Entry { name, role, hash });
                Ok(())
            }
        })
    }

    pub(crate) fn set_password(
        &self,
        name: &str,
        password: &SecretString,
    ) -> Result<(), AccountError> {
        let name = name.to_lowercase();
        let hash = self.hash(&name, password)?;
        self.change(|entries| {
            entry(entries, &name)?.hash = hash;
            Ok(())
        })
    }

    pub(crate) fn set_role(&self, name: &str, role: Role) -> Result<(), AccountError> {
        let name = name.to_lowercase();
        self.change(|entries| {
            let before = std::mem::replace(&mut entry(entries, &name)?.role, role);
            keep_an_admin(before, entries, name)
        })
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), AccountError> {
        let name = name.to_lowercase();
        self.change(|entries| {
            let before = entry(entries, &name)?.role;
            entries.retain(|entry| entry.name != name);
            keep_an_admin(before, entries, name)
        })
    }

    pub(super) fn is_known(&self, name: &str) -> bool {
        find(&self.entries(), &name.to_lowercase()).is_ok()
    }

    pub(super) fn get(&self, name: &str) -> Option<Entry> {
        entry(&mut self.entries(), name).ok().cloned()
    }

    /// Whether neither role nor password was changed since, and it was not removed.
    pub(super) fn is_still(&self, entry: &Entry) -> bool {
        self.get(&entry.name).as_ref() == Some(entry)
    }

    /// The account that this password opens. A name that nobody has takes as long.
    pub(super) fn verify(&self, name: &str, password: &SecretString) -> Option<Entry> {
        let password = password.expose_secret().as_bytes();
        if password.len() > LONGEST {
            return None;
        }
        let Some(found) = self.get(&name.to_lowercase()) else {
            let _ = hash_with(password, &[0; 16]);
            return None;
        };
        let hash = PasswordHash::new(&found.hash).ok()?;
        let right = Argon2::default().verify_password(password, &hash).is_ok();
        right.then_some(found)
    }

    fn hash(&self, name: &str, password: &SecretString) -> Result<String, AccountError> {
        let password = password.expose_secret();
        check(name, password)?;
        let mut salt = [0; 16];
        (self.fill)(&mut salt).map_err(VaultError::Random)?;
        hash_with(password.as_bytes(), &salt)
    }

    /// What cannot be saved does not count.
    fn change(
        &self,
        how: impl FnOnce(&mut Vec<Entry>) -> Result<(), AccountError>,
    ) -> Result<(), AccountError> {
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

/// Where the account is, or where it would be.
fn find(entries: &[Entry], name: &str) -> Result<usize, usize> {
    entries.binary_search_by(|entry| entry.name.as_str().cmp(name))
}

fn entry<'e>(entries: &'e mut [Entry], name: &str) -> Result<&'e mut Entry, AccountError> {
    let found = entries.iter_mut().find(|entry| entry.name == name);
    found.ok_or_else(|| AccountError::Missing(name.to_owned()))
}

/// `before`: the role of the account that changed.
fn keep_an_admin(before: Role, entries: &[Entry], name: String) -> Result<(), AccountError> {
    if before < Role::Admin || entries.iter().any(|entry| entry.role == Role::Admin) {
        return Ok(());
    }
    Err(AccountError::LastAdmin(name))
}

fn proper(name: &str) -> Result<String, AccountError> {
    let name = name.trim().to_lowercase();
    let allowed = |c: char| c.is_alphanumeric() || "._@+-".contains(c);
    let good = (1..=64).contains(&name.len())
        && name.chars().all(allowed)
        && name.starts_with(char::is_alphanumeric);
    good.then_some(name).ok_or(AccountError::Name)
}

fn check(name: &str, password: &str) -> Result<(), AccountError> {
    let mut different: Vec<char> = password.chars().collect();
    if different.len() < SHORTEST {
        return Err(AccountError::Short);
    }
    if password.len() > LONGEST {
        return Err(AccountError::Long);
    }
    different.sort_unstable();
    different.dedup();
    if different.len() < 5 || password.to_lowercase() == name {
        return Err(AccountError::Weak);
    }
    Ok(())
}

/// Argon2id as its crate and OWASP recommend it: 19 MiB, two passes, one lane.
fn hash_with(password: &[u8], salt: &[u8]) -> Result<String, AccountError> {
    let hash: Result<PasswordHash, _> = Argon2::default().hash_password_with_salt(password, salt);
    Ok(hash.map_err(|_| AccountError::Hash)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{fill, vault};
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[test]
    fn an_account_opens_with_its_password_and_survives_a_restart() {
        let (vault, fill) = (vault(), fill());
        let accounts = Accounts::open(Arc::clone(&vault), fill.clone()).unwrap();
        assert!(accounts.is_empty());
        accounts
            .add(
                "Ada@example.com",
                Role::Admin,
                &secret("correct horse battery"),
            )
            .unwrap();
        accounts
            .add("bob", Role::HelpDesk, &secret("staple staple staple"))
            .unwrap();
        let again = Accounts::open(Arc::clone(&vault), fill).unwrap();
        assert_eq!(again.list(), accounts.list());
        let open = |name, password| again.verify(name, &secret(password)).map(|a| a.role);
        assert_eq!(
            open("ada@EXAMPLE.com", "correct horse battery"),
            Some(Role::Admin)
        );
        assert_eq!(open("bob", "correct horse battery"), None);
        assert_eq!(open("carol", "correct horse battery"), None);
        assert_eq!(open("bob", ""), None);
        again
            .set_password("bob", &secret("another long password"))
            .unwrap();
        assert_eq!(open("bob", "staple staple staple"), None);
        assert_eq!(open("bob", "another long password"), Some(Role::HelpDesk));
        let sealed: Vec<Entry> = vault.load(DOCUMENT).unwrap().unwrap();
        for entry in sealed {
            assert!(
                entry.hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
                "{}",
                entry.hash
            );
        }
        assert!(!format!("{again:?}").contains("argon2"));
    }

    #[test]
    fn names_and_passwords_are_checked() {
        let accounts = Accounts::open(vault(), fill()).unwrap();
        let add = |name: &str, password: &str| accounts.add(name, Role::Admin, &secret(password));
        for name in ["", " ", "a b", "-a", "a/b", "a\nb", &"a".repeat(65)] {
            assert!(
                matches!(add(name, "correct horse battery"), Err(AccountError::Name)),
                "{name:?}"
            );
        }
        assert!(matches!(
            add("ada", "elevenchars"),
            Err(AccountError::Short)
        ));
        assert!(matches!(
            add("ada", "ääääääääääää"),
            Err(AccountError::Weak)
        ));
        assert!(matches!(
            add("ada.lovelace.1", "Ada.Lovelace.1"),
            Err(AccountError::Weak)
        ));
        assert!(matches!(
            add("ada", &"long ".repeat(205)),
            Err(AccountError::Long)
        ));
        add("ada", &"abcd".repeat(256).replace("abcdabcd", "abcdefgh")).unwrap();
        assert!(matches!(
            add("ADA", "correct horse battery"),
            Err(AccountError::Taken(_))
        ));
    }

    #[test]
    fn the_last_admin_stays() {
        let accounts = Accounts::open(vault(), fill()).unwrap();
        let password = secret("correct horse battery");
        accounts.add("eve", Role::Viewer, &password).unwrap();
        accounts.remove("eve").unwrap();
        accounts.add("ada", Role::Admin, &password).unwrap();
        assert!(matches!(
            accounts.remove("ada"),
            Err(AccountError::LastAdmin(_))
        ));
        assert!(matches!(
            accounts.set_role("ada", Role::Viewer),
            Err(AccountError::LastAdmin(_))
        ));
        accounts.add("bob", Role::Viewer, &password).unwrap();
        assert!(matches!(
            accounts.remove("ada"),
            Err(AccountError::LastAdmin(_))
        ));
        accounts.set_role("bob", Role::Admin).unwrap();
        accounts.remove("ada").unwrap();
        assert!(matches!(
            accounts.remove("ada"),
            Err(AccountError::Missing(_))
        ));
        assert_eq!(accounts.list().len(), 1);
    }
}
