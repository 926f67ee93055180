//! A seed file that somebody sent: sealed while it waits, read anew whenever it is needed.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use oath_core::{Algorithm, Digits, Period};
use provisioner::{FileDigest, InventoryToken, Problem, Roster};
use secrecy::ExposeSecret;
use seedfile::{Format, Pairing, PskcKey, ReadOptions, SeedFile, Strategy, Survey, UserList};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::places::Hidden;
use crate::vault::{Vault, VaultError};

/// The longest file that is taken.
pub(crate) const MAX_BYTES: usize = 64 * 1024 * 1024;

/// How a file is read, where it does not say it itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Reading {
    /// The format by its name; empty to find it out.
    pub(crate) format: String,
    /// The hash of tokens for which the file names none; empty for the format's rule.
    pub(crate) algorithm: String,
    pub(crate) digits: Option<u8>,
    pub(crate) period: Option<u32>,
    /// Keys under 128 bits are taken, too.
    #[serde(default)]
    pub(crate) short_keys: bool,
    /// What opens an encrypted file.
    pub(crate) passphrase: Hidden,
    /// The same as a key: hexadecimal or Base64.
    pub(crate) key: Hidden,
}

/// Who gets the tokens that nobody has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Users {
    /// The list as it was sent.
    pub(crate) list: String,
    /// The strategy by its name.
    pub(crate) strategy: String,
}

/// All about a file but its bytes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct About {
    /// The file's name, as the browser said.
    pub(crate) name: String,
    pub(crate) reading: Reading,
    pub(crate) users: Option<Users>,
    /// The rows that count, where not all do: those that failed in an earlier run of the same file.
    #[serde(default)]
    pub(crate) rows: Option<BTreeSet<usize>>,
}

/// A file with its bytes, sealed. It is never changed in place: whoever works on it keeps nobody waiting.
#[derive(Default)]
pub(crate) struct Upload {
    pub(crate) about: About,
    sealed: Arc<Vec<u8>>,
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Upload").field(&self.about.name).finish()
    }
}

/// What the bytes are sealed for.
const NAME: &str = "upload";

impl Upload {
    pub(crate) fn seal(vault: &Vault, about: About, bytes: &[u8]) -> Result<Self, VaultError> {
        let sealed = Arc::new(vault.seal(NAME, bytes)?);
        Ok(Self { about, sealed })
    }

    /// How many bytes are kept.
    pub(crate) fn size(&self) -> usize {
        self.sealed.len()
    }

    /// The same with other users.
    pub(crate) fn with_users(&self, users: Option<Users>) -> Self {
        let about = About {
            users,
            ..self.about.clone()
        };
        let sealed = Arc::clone(&self.sealed);
        Self { about, sealed }
    }

    pub(crate) fn bytes(&self, vault: &Vault) -> Result<Zeroizing<Vec<u8>>, Problem> {
        vault
            .unseal(NAME, &self.sealed)
            .map_err(|error| lost(&error))
    }

    /// What is in it, without any seed.
    pub(crate) fn survey(&self, vault: &Vault) -> Result<Survey, Problem> {
        let (bytes, options) = (self.bytes(vault)?, self.about.options()?);
        seedfile::survey(&bytes, &options).map_err(|refusal| unusable(&refusal))
    }

    /// The tokens as they are, with their seeds.
    pub(crate) fn file(&self, vault: &Vault) -> Result<SeedFile, Problem> {
        self.about.file(&self.bytes(vault)?)
    }

    /// The same for whoever looks at the rows: a list of users that cannot be used hides none.
    pub(crate) fn given_if_any(&self, vault: &Vault) -> Result<SeedFile, Problem> {
        let given = self.given(vault);
        given.or_else(|_| self.file(vault))
    }

    /// The same with the users that the list gives them.
    pub(crate) fn given(&self, vault: &Vault) -> Result<SeedFile, Problem> {
        self.about.given(&self.bytes(vault)?)
    }

    /// The tokens with the users that the list gives them, to be planned and carried out.
    pub(crate) fn roster(&self, vault: &Vault) -> Result<Roster, Problem> {
        self.about.roster(&self.bytes(vault)?)
    }
}

impl About {
    fn options(&self) -> Result<ReadOptions, Problem> {
        let mut options = self.reading.options()?;
        options.rows.clone_from(&self.rows);
        Ok(options)
    }

    pub(crate) fn file(&self, bytes: &[u8]) -> Result<SeedFile, Problem> {
        seedfile::read(bytes, &self.options()?).map_err(|refusal| unusable(&refusal))
    }

    /// The tokens with the users that the list gives them.
    pub(crate) fn given(&self, bytes: &[u8]) -> Result<SeedFile, Problem> {
        let mut file = self.file(bytes)?;
        if let Some(pairing) = self.pairing(&file)? {
            pairing.apply(&mut file.tokens);
        }
        Ok(file)
    }

    pub(crate) fn roster(&self, bytes: &[u8]) -> Result<Roster, Problem> {
        Ok(Roster::new(self.given(bytes)?, FileDigest::of(bytes)))
    }

    /// Who gets what by the list; none where there is no list.
    pub(crate) fn pairing(&self, file: &SeedFile) -> Result<Option<Pairing>, Problem> {
        let Some(users) = &self.users else {
            return Ok(None);
        };
        let strategy: Strategy = parse("strategy", &users.strategy)?;
        let list = UserList::read(users.list.as_bytes(), strategy);
        let list = list.map_err(|refusal| {
            Problem::new(
                "users-unusable",
                format!("the list of users cannot be used: {refusal}"),
                "correct the list",
            )
        })?;
        Ok(Some(seedfile::pair(file, &list)))
    }
}

impl Reading {
    pub(crate) fn options(&self) -> Result<ReadOptions, Problem> {
        let mut options = ReadOptions::default();
        if !self.format.is_empty() {
            options.format = Some(parse::<Format>("format", &self.format)?);
        }
        if !self.algorithm.is_empty() {
            options.algorithm = Some(parse::<Algorithm>("algorithm", &self.algorithm)?);
        }
        options.digits = self
            .digits
            .map(|digits| Digits::new(digits).map_err(|error| wrong("digits", &error)))
            .transpose()?;
        options.period = self
            .period
            .map(|period| Period::new(period).map_err(|error| wrong("period", &error)))
            .transpose()?;
        options.allow_short_seeds = self.short_keys;
        options.pskc_key = self.opening()?;
        Ok(options)
    }
}

impl Reading {
    /// The same with what the inventory says of a token, as far as nobody said it.
    pub(crate) fn where_silent(&self, found: Option<&InventoryToken>) -> Self {
        let mut reading = self.clone();
        if let Some(algorithm) = found.and_then(|found| found.algorithm)
            && reading.algorithm.is_empty()
        {
            reading.algorithm = algorithm.to_string();
        }
        let period = found.and_then(|found| found.period);
        reading.period = reading.period.or(period.map(Period::seconds));
        reading
    }
}

impl Reading {
    fn opening(&self) -> Result<Option<PskcKey>, Problem> {
        if !self.key.is_empty() {
            let key = PskcKey::from_file(self.key.secret().expose_secret().as_bytes());
            return key.map(Some).map_err(|error| wrong("key", &error));
        }
        let phrase = (!self.passphrase.is_empty()).then(|| self.passphrase.secret().clone());
        Ok(phrase.map(PskcKey::passphrase))
    }
}

fn parse<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, Problem>
where
    T::Err: fmt::Display,
{
    text.parse().map_err(|error: T::Err| wrong(what, &error))
}

fn wrong(what: &str, why: &dyn fmt::Display) -> Problem {
    Problem::new("option", format!("{what}: {why}"), "choose another value")
}

fn unusable(refusal: &seedfile::Refusal) -> Problem {
    Problem::new(
        "file-unusable",
        format!("the file cannot be used: {refusal}"),
        "choose another file, or say how this one is to be read; nothing was sent",
    )
}

fn lost(error: &VaultError) -> Problem {
    Problem::new("upload-lost", error.to_string(), "send the file again")
}
