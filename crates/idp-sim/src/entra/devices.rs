//! The inventory's operations.

use std::collections::BTreeMap;
use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use http::StatusCode;
use oath_core::{Algorithm, Period};
use serde_json::{Map, Value, json};

use super::Entra;
use super::errors::{Refusal, Reply};
use super::facts::{Facts, Secret, Status};
use super::odata::{Filter, Literal};
use super::page::Page;
use super::rights::ASSIGN;
use super::switches::{CreateStatus, DuplicateError};
use super::token::need;
use crate::timestamp;

const FILTERED: [&str; 6] = [
    "id",
    "serialNumber",
    "manufacturer",
    "model",
    "status",
    "hashFunction",
];
pub(super) const CONTEXT: &str = "directory/authenticationMethodDevices/hardwareOathDevices";
const TRY_AGAIN: &str =
    "There was an issue adding the token to the inventory. Try again in 15 minutes.";

/// A device that is asked for, checked as far as it can be by itself.
struct Wanted {
    serial: String,
    manufacturer: String,
    model: String,
    display_name: Option<String>,
    period: Period,
    algorithm: Algorithm,
    secret: Secret,
    assign_to: Option<String>,
}

impl Entra {
    pub(super) fn list_devices(&self, page: &Page<'_>, now: Duration) -> Result<Reply, Refusal> {
        page.allow(&["$filter", "$top", "$select", "$skiptoken"])?;
        let most = self.switches.device_page_size.max(1);
        let size = page.size(most, most)?;
        let start = page.start()?;
        let filter = page.filter(&FILTERED, self.switches.filter_in_max)?;
        let candidates = self.candidates(filter.as_ref(), start, now);
        let found: Vec<(u64, Value)> = candidates
            .take(size + 1)
            .map(|(number, facts)| (number, selected(self.device_json(facts), page.select())))
            .collect();
        Ok(page.reply(CONTEXT, found, size))
    }

    /// The devices that fit, from `start`, without looking at all of them where serials are named.
    fn candidates<'a>(
        &'a self,
        filter: Option<&'a Filter>,
        start: u64,
        now: Duration,
    ) -> Box<dyn Iterator<Item = (u64, &'a Facts)> + 'a> {
        let listed = |facts: &Facts| !facts.legacy || self.switches.legacy_in_list;
        let all = self.inventory.read_from(start, now);
        let all = all.filter(move |(_, facts)| listed(facts));
        let Some(filter) = filter else {
            return Box::new(all);
        };
        let Some(serials) = filter.pins("serialNumber") else {
            let by_serial = filter.is_about("serialNumber");
            return Box::new(
                all.filter(move |(_, facts)| fits(facts, filter) && !(facts.legacy && by_serial)),
            );
        };
        let named = serials
            .iter()
            .flat_map(|serial| self.inventory.read_serial(serial, now));
        let in_order: BTreeMap<u64, &Facts> = named.collect();
        Box::new(
            in_order
                .into_iter()
                .skip_while(move |(number, _)| *number < start),
        )
    }

    /// How many devices a filter fits.
    pub(super) fn count_devices(&self, page: &Page<'_>, now: Duration) -> Result<Reply, Refusal> {
        page.allow(&["$filter"])?;
        let filter = page.filter(&FILTERED, self.switches.filter_in_max)?;
        let count = self.candidates(filter.as_ref(), 0, now).count();
        Ok(Reply::ok(json!(count)))
    }

    pub(super) fn get_device(
        &self,
        id: &str,
        page: &Page<'_>,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        page.allow(&["$select", "$expand"])?;
        let facts = self
            .inventory
            .read_id(id, now)
            .ok_or_else(Refusal::no_such_device)?;
        let device = selected(self.device_json(facts), page.select());
        Ok(Reply::ok(with_context(device, page)))
    }

    pub(super) fn create_device(
        &mut self,
        body: &Value,
        page: &Page<'_>,
        roles: &[String],
        now: Duration,
    ) -> Result<Reply, Refusal> {
        let device = self.create(body, roles, now)?;
        Ok(Reply {
            status: StatusCode::CREATED,
            body: Some(with_context(device, page)),
        })
    }

    /// Creates one device, for itself or in bulk, and gives it as JSON.
    pub(super) fn create(
        &mut self,
        body: &Value,
        roles: &[String],
        now: Duration,
    ) -> Result<Value, Refusal> {
        let wanted = Wanted::parse(body)?;
        self.check_serial(&wanted.serial, now)?;
        let holder = wanted.assign_to.as_deref().map(|user| {
            need(roles, &[ASSIGN])?;
            self.may_receive(user)
        });
        let holder = holder.transpose()?;
        let facts = Facts {
            id: self.rng.uuid(),
            serial: wanted.serial,
            manufacturer: wanted.manufacturer,
            model: wanted.model,
            display_name: wanted.display_name,
            period: wanted.period,
            algorithm: wanted.algorithm,
            status: if holder.is_some() {
                Status::Assigned
            } else {
                Status::Available
            },
            assigned_at: holder.is_some().then_some(now.as_secs()),
            holder,
            last_used: None,
            legacy: false,
        };
        let device = self.device_json(&facts);
        self.inventory.create(facts, wanted.secret, now);
        Ok(self.just_created(device))
    }

    /// The status right after a create with `assignTo` is told in two ways.
    fn just_created(&self, mut device: Value) -> Value {
        let available = self.switches.create_with_assign_status == CreateStatus::Available;
        if available && let Some(status) = device.get_mut("status") {
            *status = json!("available");
        }
        device
    }

    fn check_serial(&self, serial: &str, now: Duration) -> Result<(), Refusal> {
        if self.inventory.by_serial(serial).is_some() {
            return Err(match self.switches.duplicate_error {
                DuplicateError::Conflict => Refusal::new(
                    StatusCode::CONFLICT,
                    "conflict",
                    "A token with this serial number already exists.",
                ),
                DuplicateError::BadRequest => {
                    Refusal::bad_request("A token with this serial number already exists.")
                }
                DuplicateError::TryAgain => Refusal::bad_request(TRY_AGAIN),
            });
        }
        let deleted_at = self
            .inventory
            .history(serial)
            .and_then(|history| history.deleted_at);
        let quarantine = Duration::from_secs(self.switches.reimport_quarantine_s);
        match deleted_at {
            Some(deleted_at) if now < deleted_at.saturating_add(quarantine) => {
                Err(Refusal::bad_request(TRY_AGAIN))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn update_device(
        &mut self,
        id: &str,
        body: &Value,
        page: &Page<'_>,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        self.unassigned(id)?;
        let fields = object(body)?;
        if let Some(fixed) = ["serialNumber", "secretKey"]
            .iter()
            .find(|name| fields.contains_key(**name))
        {
            return Err(Refusal::bad_request(format!(
                "The property '{fixed}' cannot be changed."
            )));
        }
        // Other properties are accepted without effect [F].
        let manufacturer = optional(fields, "manufacturer")?;
        let model = optional(fields, "model")?;
        let display_name = optional(fields, "displayName")?;
        let period = fields
            .get("timeIntervalInSeconds")
            .map(period)
            .transpose()?;
        let algorithm = fields
            .get("hashFunction")
            .map(|hash| algorithm(Some(hash)))
            .transpose()?;
        self.inventory.change(id, now, |facts| {
            facts.manufacturer = manufacturer.unwrap_or_else(|| facts.manufacturer.clone());
            facts.model = model.unwrap_or_else(|| facts.model.clone());
            facts.display_name = display_name.or_else(|| facts.display_name.clone());
            facts.period = period.unwrap_or(facts.period);
            facts.algorithm = algorithm.unwrap_or(facts.algorithm);
        });
        let slot = self
            .inventory
            .by_id(id)
            .ok_or_else(Refusal::no_such_device)?;
        let status = self.switches.update_status;
        let body = with_context(self.device_json(&slot.facts), page);
        let body = (status != StatusCode::NO_CONTENT).then_some(body);
        Ok(Reply { status, body })
    }

    pub(super) fn delete_device(&mut self, id: &str, now: Duration) -> Result<Reply, Refusal> {
        self.unassigned(id)?;
        self.inventory.delete(id, now);
        Ok(Reply::no_content())
    }

    fn unassigned(&self, id: &str) -> Result<(), Refusal> {
        let slot = self
            .inventory
            .by_id(id)
            .ok_or_else(Refusal::no_such_device)?;
        match slot.facts.holder {
            Some(_) => Err(Refusal::bad_request(
                "The token is assigned to a user. Unassign it first.",
            )),
            None => Ok(()),
        }
    }

    pub(super) fn device_json(&self, facts: &Facts) -> Value {
        let holder = facts
            .holder
            .as_deref()
            .and_then(|holder| self.directory.find(holder));
        json!({
            "id": facts.id,
            "displayName": facts.display_name,
            "serialNumber": facts.serial,
            "manufacturer": facts.manufacturer,
            "model": facts.model,
            "secretKey": null,
            "timeIntervalInSeconds": facts.period.seconds(),
            "status": facts.status.name(),
            "hashFunction": facts.hash(),
            "lastUsedDateTime": facts.last_used.map(timestamp::iso),
            "assignedTo": holder.map(|user| json!({"id": user.id, "displayName": user.person.name})),
        })
    }
}

impl Wanted {
    fn parse(body: &Value) -> Result<Self, Refusal> {
        let fields = object(body)?;
        let algorithm = algorithm(fields.get("hashFunction"))?;
        Ok(Self {
            serial: required(fields, "serialNumber")?,
            manufacturer: required(fields, "manufacturer")?,
            model: required(fields, "model")?,
            display_name: optional(fields, "displayName")?,
            period: period(fields.get("timeIntervalInSeconds").unwrap_or(&Value::Null))?,
            algorithm,
            secret: secret(&required(fields, "secretKey")?)?,
            assign_to: assign_to(fields.get("assignTo"))?,
        })
    }
}

pub(super) fn object(body: &Value) -> Result<&Map<String, Value>, Refusal> {
    body.as_object()
        .ok_or_else(|| Refusal::bad_request("The request body must be an object."))
}

pub(super) fn required(fields: &Map<String, Value>, name: &str) -> Result<String, Refusal> {
    match fields.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        Some(Value::String(_) | Value::Null) | None => Err(Refusal::bad_request(format!(
            "The property '{name}' is required."
        ))),
        Some(_) => Err(Refusal::bad_request(format!(
            "The property '{name}' must be a string."
        ))),
    }
}

pub(super) fn optional(fields: &Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::bad_request(format!(
            "The property '{name}' must be a string."
        ))),
    }
}

/// 30 or 60, as a number or, as documented samples send it, as a string.
fn period(value: &Value) -> Result<Period, Refusal> {
    let seconds = match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    match seconds {
        Some(30) => Ok(Period::THIRTY),
        Some(60) => Ok(Period::SIXTY),
        _ => Err(Refusal::bad_request(
            "The property 'timeIntervalInSeconds' must be 30 or 60.",
        )),
    }
}

/// SHA-1 where nothing is said; the case does not count.
fn algorithm(value: Option<&Value>) -> Result<Algorithm, Refusal> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Ok(Algorithm::Sha1);
    };
    match value.as_str().map(str::to_ascii_lowercase).as_deref() {
        Some("hmacsha1") => Ok(Algorithm::Sha1),
        Some("hmacsha256") => Ok(Algorithm::Sha256),
        _ => Err(Refusal::bad_request(
            "The property 'hashFunction' must be hmacsha1 or hmacsha256.",
        )),
    }
}

/// Base32 without padding, upper case only.
fn secret(text: &str) -> Result<Secret, Refusal> {
    match BASE32_NOPAD.decode(text.as_bytes()) {
        Ok(bytes) => Ok(Secret::new(&bytes)),
        Err(_) => Err(Refusal::bad_request(
            "The property 'secretKey' is not valid Base32.",
        )),
    }
}

fn assign_to(value: Option<&Value>) -> Result<Option<String>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(user) => required(object(user)?, "id").map(Some),
    }
}

fn fits(facts: &Facts, filter: &Filter) -> bool {
    filter.fits(&|property| {
        Literal::of(Some(match property {
            "id" => &facts.id,
            "serialNumber" => &facts.serial,
            "manufacturer" => &facts.manufacturer,
            "model" => &facts.model,
            "status" => facts.status.name(),
            "hashFunction" => facts.hash(),
            _ => return Literal::Null,
        }))
    })
}

/// Only the properties that `$select` names.
fn selected(mut device: Value, select: Option<&str>) -> Value {
    if let (Value::Object(fields), Some(select)) = (&mut device, select) {
        fields.retain(|name, _| select.split(',').any(|wanted| wanted.trim() == name));
    }
    device
}

fn with_context(mut device: Value, page: &Page<'_>) -> Value {
    if let Value::Object(fields) = &mut device {
        let context = page.context(&format!("{CONTEXT}/$entity"));
        fields.insert("@odata.context".to_owned(), json!(context));
    }
    device
}
