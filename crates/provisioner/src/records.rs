//! Where tokens went, as a document: from one ledger to another, and from what others wrote down.

use std::collections::{BTreeMap, BTreeSet};

use seedfile::Serial;
use serde::{Deserialize, Serialize};

use crate::{
    Failure, Fingerprint, IdentityProvider, InventoryFilter, InventoryToken, Known, Pace, Tenant,
    TokenId, UserId, spreadsheet,
};

/// Which token of a provider has which serial number, for providers that keep none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    /// `oathkit.records/1`.
    pub schema: String,
    /// Where the tokens are.
    pub tenant: Tenant,
    /// One entry a token.
    pub tokens: Vec<Record>,
}

/// Where one token went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The serial number on the device.
    pub serial: Serial,
    /// The provider's id of the token: of a factor in Okta.
    pub token: TokenId,
    /// The provider's id of the user who holds it.
    pub user: UserId,
    /// What that user signs in with.
    #[serde(default)]
    pub name: Option<String>,
    /// What tells its seed from another one.
    #[serde(default)]
    pub fingerprint: Option<Fingerprint>,
    /// Whether one of its codes was accepted.
    #[serde(default)]
    pub code_accepted: bool,
}

/// Why records cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordsError {
    /// It is neither the JSON document nor CSV with its columns.
    #[error("these are no records of tokens: {0}")]
    Unreadable(String),
    /// They are of another tenant.
    #[error("these are records of {0}")]
    OtherTenant(Tenant),
    /// One serial number, or one token, is there twice.
    #[error("{0} is there twice")]
    Twice(String),
}

impl Records {
    /// The name and version of this document.
    pub const SCHEMA: &'static str = "oathkit.records/1";

    /// What a ledger knows of a tenant. A token without a holder is left out.
    #[must_use]
    pub fn new(tenant: &Tenant, known: &BTreeMap<Serial, Known>) -> Self {
        let tokens = known.iter().filter_map(|(serial, known)| {
            Some(Record {
                serial: serial.clone(),
                token: known.id.clone(),
                user: known.user.clone()?,
                name: known.name.clone(),
                fingerprint: known.fingerprint.clone(),
                code_accepted: known.code_accepted,
            })
        });
        Self {
            schema: Self::SCHEMA.to_owned(),
            tenant: tenant.clone(),
            tokens: tokens.collect(),
        }
    }

    /// The records as CSV with a header.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let rows = self.tokens.iter().map(|record| {
            let fingerprint = record.fingerprint.as_ref().map(Fingerprint::as_str);
            vec![
                record.serial.to_string(),
                record.token.0.clone(),
                record.user.0.clone(),
                record.name.clone().unwrap_or_default(),
                fingerprint.unwrap_or_default().to_owned(),
                record.code_accepted.to_string(),
            ]
        });
        let header = [
            "serial",
            "token",
            "user",
            "name",
            "fingerprint",
            "code_accepted",
        ];
        spreadsheet::csv(header, rows)
    }

    /// Reads the JSON document of a tenant, or CSV with the columns `serial`, `token` and `user`. Of CSV
    /// nothing else is believed: which seed a token has is proved by a code when it matters.
    ///
    /// # Errors
    /// [`RecordsError`] where they are no such records, or those of another tenant.
    pub fn read(text: &str, tenant: &Tenant) -> Result<BTreeMap<Serial, Known>, RecordsError> {
        let is_json = text.trim_start().starts_with('{');
        let records = if is_json {
            json(text, tenant)
        } else {
            from_csv(text)
        };
        let (mut known, mut ids) = (BTreeMap::new(), BTreeSet::new());
        for record in records? {
            if !ids.insert(record.token.clone()) {
                return Err(RecordsError::Twice(record.token.0));
            }
            let one = Known {
                id: record.token,
                user: Some(record.user),
                name: record.name,
                fingerprint: record.fingerprint,
                code_accepted: record.code_accepted,
            };
            if known.insert(record.serial.clone(), one).is_some() {
                return Err(RecordsError::Twice(record.serial.to_string()));
            }
        }
        Ok(known)
    }
}

/// What became of records that were compared with a ledger and with the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckedRecords {
    /// What the ledger does not know yet, and is there.
    pub new: BTreeMap<Serial, Known>,
    /// How many tokens are there, those that the ledger knew among them.
    pub there: usize,
    /// Tokens that the provider does not have, or does not show.
    pub gone: Vec<Serial>,
    /// What the ledger knows otherwise: for another token, or by another serial number.
    pub differing: Vec<Serial>,
}

impl CheckedRecords {
    /// Compares records with what a ledger knows, which stays, and asks the provider for each of the rest.
    ///
    /// # Errors
    /// [`Failure`] when the provider could not be asked.
    pub async fn of(
        records: BTreeMap<Serial, Known>,
        before: &BTreeMap<Serial, Known>,
        provider: &dyn IdentityProvider,
        pace: &Pace,
    ) -> Result<Self, Failure> {
        let ids: BTreeSet<&TokenId> = before.values().map(|known| &known.id).collect();
        let (fitting, differing): (BTreeMap<_, _>, BTreeMap<_, _>) =
            records
                .into_iter()
                .partition(|(serial, record)| match before.get(serial) {
                    Some(known) => known.id == record.id && known.user == record.user,
                    None => !ids.contains(&record.id),
                });
        let filter = InventoryFilter {
            check: true,
            ..InventoryFilter::default()
        };
        let mut there: BTreeSet<Serial> = BTreeSet::new();
        let mut take = |token: InventoryToken| {
            let is_seen = token.status != InventoryToken::UNREADABLE;
            there.extend(token.serial_or_id().ok().filter(|_| is_seen));
        };
        provider
            .inventory(pace, &fitting, &filter, &mut take)
            .await?;
        let (found, gone): (BTreeMap<_, _>, BTreeMap<_, _>) = fitting
            .into_iter()
            .partition(|(serial, _)| there.contains(serial));
        let new = found.into_iter();
        let new = new.filter(|(serial, _)| !before.contains_key(serial));
        Ok(Self {
            new: new.collect(),
            there: there.len(),
            gone: gone.into_keys().collect(),
            differing: differing.into_keys().collect(),
        })
    }
}

fn json(text: &str, tenant: &Tenant) -> Result<Vec<Record>, RecordsError> {
    let document: Records = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    if document.schema != Records::SCHEMA {
        let schema = document.schema;
        return Err(RecordsError::Unreadable(format!(
            "the schema is {schema:?}"
        )));
    }
    match document.tenant == *tenant {
        true => Ok(document.tokens),
        false => Err(RecordsError::OtherTenant(document.tenant)),
    }
}

fn from_csv(text: &str) -> Result<Vec<Record>, RecordsError> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let records = reader.deserialize().map(|line| {
        let line: Line = line.map_err(|error| unreadable(&error))?;
        let serial = Serial::new(spreadsheet::original(&line.serial));
        Ok(Record {
            serial: serial.map_err(|error| unreadable(&error))?,
            token: TokenId(spreadsheet::original(&line.token).to_owned()),
            user: UserId(spreadsheet::original(&line.user).to_owned()),
            name: None,
            fingerprint: None,
            code_accepted: false,
        })
    });
    records.collect()
}

#[derive(Deserialize)]
struct Line {
    serial: String,
    token: String,
    user: String,
}

fn unreadable(error: &dyn std::error::Error) -> RecordsError {
    RecordsError::Unreadable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant() -> Tenant {
        Tenant {
            idp: "okta".to_owned(),
            id: "00o1".to_owned(),
        }
    }

    fn known() -> BTreeMap<Serial, Known> {
        let one = |n: usize, code_accepted: bool| Known {
            id: TokenId(format!("chf{n}")),
            user: Some(UserId(format!("00u{n}"))),
            name: code_accepted.then(|| "ann@example.com".to_owned()),
            fingerprint: code_accepted.then(|| Fingerprint::recorded("f".repeat(32))),
            code_accepted,
        };
        let serial = |text: &str| text.parse().unwrap();
        BTreeMap::from([
            (serial("60234501"), one(1, true)),
            (serial("-2"), one(2, false)),
        ])
    }

    #[test]
    fn what_is_written_is_read_again() {
        let records = Records::new(&tenant(), &known());
        let json = serde_json::to_string(&records).unwrap();
        assert_eq!(Records::read(&json, &tenant()).unwrap(), known());
        let of_csv = Records::read(&records.to_csv(), &tenant()).unwrap();
        let bare = known().into_iter().map(|(serial, known)| {
            let bare = Known {
                name: None,
                fingerprint: None,
                code_accepted: false,
                ..known
            };
            (serial, bare)
        });
        assert_eq!(of_csv, bare.collect());
    }

    #[test]
    fn a_list_of_somebodys_own_has_three_columns() {
        let list = "\u{feff}user,serial,token\r\n00u1, 60234501 ,chf1\r\n";
        let read = Records::read(list, &tenant()).unwrap();
        let one = &read[&"60234501".parse::<Serial>().unwrap()];
        assert_eq!((&*one.id.0, one.fingerprint.is_none()), ("chf1", true));
    }

    #[test]
    fn what_cannot_be_trusted_is_refused_as_a_whole() {
        let other = Tenant {
            id: "00o2".to_owned(),
            ..tenant()
        };
        let json = serde_json::to_string(&Records::new(&other, &known())).unwrap();
        for (text, why) in [
            (json.as_str(), "records of okta 00o2"),
            (
                &json.replace("oathkit.records/1", "oathkit.records/2"),
                "schema",
            ),
            ("serial,token\n1,chf1\n", "missing field"),
            (
                "serial,token,user\n1,chf1,00u1\n1,chf2,00u2\n",
                "there twice",
            ),
            (
                "serial,token,user\n1,chf1,00u1\n2,chf1,00u2\n",
                "there twice",
            ),
            ("serial,token,user\n=1+1\u{7},chf1,00u1\n", "no records"),
            ("", "no records"),
            ("{", "no records"),
        ] {
            match Records::read(text, &tenant()) {
                Err(error) => assert!(error.to_string().contains(why), "{error}"),
                Ok(read) => assert!(text.is_empty() && read.is_empty(), "{text}"),
            }
        }
    }
}
