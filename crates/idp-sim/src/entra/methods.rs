//! Who has which device, and activation.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::Entra;
use super::devices::{object, optional, required};
use super::errors::{Refusal, Reply};
use super::facts::{Facts, Status};
use super::inventory::Slot;
use super::operation::Operation;
use super::page::Page;
use super::switches::{CombinedFailure, InlineDevice, MethodId};
use crate::timestamp;

impl Entra {
    pub(super) fn list_methods(
        &self,
        user: &str,
        page: &Page<'_>,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        page.allow(&["$select", "$expand", "$top"])?;
        let user = &self.directory.get(user)?.id;
        let held = self.inventory.read_held_by(user, now).into_iter();
        let methods: Vec<Value> = held.map(|facts| self.method_json(facts, page)).collect();
        let context = page.context(&format!(
            "users('{user}')/authentication/hardwareOathMethods"
        ));
        Ok(Reply::ok(
            json!({"@odata.context": context, "value": methods}),
        ))
    }

    pub(super) fn get_method(
        &self,
        user: &str,
        id: &str,
        page: &Page<'_>,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        page.allow(&["$select", "$expand"])?;
        let user = &self.directory.get(user)?.id;
        let facts = self.inventory.read_id(id, now);
        let facts = facts.filter(|facts| facts.holder.as_ref() == Some(user));
        let facts = facts.ok_or_else(Refusal::no_such_device)?;
        Ok(Reply::ok(self.method_json(facts, page)))
    }

    fn method_json(&self, facts: &Facts, page: &Page<'_>) -> Value {
        let mut method = self.method(facts);
        let expanded = page
            .option("$expand")
            .is_some_and(|expand| expand.contains("device"));
        let inline = self.switches.inline_device == InlineDevice::Always || expanded;
        if let (Value::Object(fields), true) = (&mut method, inline) {
            fields.insert("device".to_owned(), self.device_json(facts));
        }
        method
    }

    fn method(&self, facts: &Facts) -> Value {
        json!({
            "@odata.type": "#microsoft.graph.hardwareOathAuthenticationMethod",
            "id": self.method_id(&facts.id),
            "createdDateTime": facts.assigned_at.map(timestamp::iso),
            "lastUsedDateTime": facts.last_used.map(timestamp::iso),
        })
    }

    /// The id of the method that a device is at its user, and back.
    fn method_id(&self, id: &str) -> String {
        match self.switches.method_id {
            MethodId::Device => id.to_owned(),
            MethodId::Own => other_id(id),
        }
    }

    /// An operation on a method as one on its device.
    pub(super) fn on_device(&self, mut operation: Operation) -> Operation {
        match &mut operation {
            Operation::GetMethod { id, .. }
            | Operation::Activate { id, .. }
            | Operation::Deactivate { id, .. }
            | Operation::Unassign { id, .. } => *id = self.method_id(id),
            _ => {}
        }
        operation
    }

    pub(super) fn assign(
        &mut self,
        user: &str,
        body: &Value,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        let id = device_id(object(body)?)?;
        let facts = &self
            .inventory
            .by_id(&id)
            .ok_or_else(Refusal::no_such_device)?
            .facts;
        self.unheld(facts)?;
        let user = self.may_receive(user)?;
        self.hand_over(&id, user, now);
        let facts = &self
            .inventory
            .by_id(&id)
            .ok_or_else(Refusal::no_such_device)?
            .facts;
        Ok(Reply {
            status: StatusCode::CREATED,
            body: Some(self.method(facts)),
        })
    }

    pub(super) fn unheld(&self, facts: &Facts) -> Result<(), Refusal> {
        match facts.holder {
            Some(_) => Err(self.already_assigned()),
            None => Ok(()),
        }
    }

    fn already_assigned(&self) -> Refusal {
        let status = self.switches.assigned_error;
        let code = if status == StatusCode::CONFLICT {
            "conflict"
        } else {
            "badRequest"
        };
        Refusal::new(status, code, "The token is already assigned to a user.")
    }

    /// The id of a user who may be given one more token.
    pub(super) fn may_receive(&self, user: &str) -> Result<String, Refusal> {
        self.may_manage(user)?;
        self.policy_permits()?;
        let user = self.directory.get(user)?;
        if user.person.guest {
            return Err(Refusal::bad_request(
                "Hardware tokens are not supported for guest users.",
            ));
        }
        if self.inventory.held_by(&user.id).count() >= self.switches.max_tokens_per_user {
            return Err(Refusal::bad_request(
                "The user has the maximum number of tokens.",
            ));
        }
        Ok(user.id.clone())
    }

    /// Some users' methods are for more privileged applications.
    fn may_manage(&self, user: &str) -> Result<(), Refusal> {
        let login = self.directory.get(user)?.person.login.to_lowercase();
        let mut protected = self.switches.protected_users.iter();
        match protected.any(|name| name.to_lowercase() == login) {
            true => Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "accessDenied",
                "Request Authorization failed.",
            )),
            false => Ok(()),
        }
    }

    fn policy_permits(&self) -> Result<(), Refusal> {
        match self.switches.policy_required && !self.policy.enabled {
            true => Err(Refusal::bad_request(
                "The hardware OATH tokens policy is not enabled.",
            )),
            false => Ok(()),
        }
    }

    pub(super) fn hand_over(&mut self, id: &str, user: String, now: Duration) {
        self.inventory.change(id, now, |facts| {
            facts.status = Status::Assigned;
            facts.holder = Some(user);
            facts.assigned_at = Some(now.as_secs());
        });
    }

    pub(super) fn unassign(
        &mut self,
        user: &str,
        id: &str,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        self.held(user, id)?;
        self.take_back(id, now);
        Ok(Reply::no_content())
    }

    pub(super) fn take_back(&mut self, id: &str, now: Duration) {
        self.inventory.change(id, now, |facts| {
            facts.status = Status::Available;
            facts.holder = None;
            facts.assigned_at = None;
        });
        if let Some(secret) = self.inventory.secret(id) {
            secret.drift = 0;
        }
    }

    pub(super) fn deactivate(
        &mut self,
        user: &str,
        id: &str,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        self.held(user, id)?;
        self.inventory
            .change(id, now, |facts| facts.status = Status::Assigned);
        Ok(Reply::no_content())
    }

    pub(super) fn activate(
        &mut self,
        user: &str,
        id: &str,
        body: &Value,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        let fields = object(body)?;
        let (code, name) = code_and_name(fields)?;
        self.may_manage(user)?;
        self.held(user, id)?;
        self.policy_permits()?;
        self.try_activation(id, &code, name, now)?;
        Ok(Reply::no_content())
    }

    pub(super) fn assign_and_activate(
        &mut self,
        user: &str,
        body: &Value,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        let fields = object(body)?;
        let id = device_id(fields)?;
        self.combined(user, &id, fields, now)
    }

    pub(super) fn assign_and_activate_by_serial(
        &mut self,
        user: &str,
        body: &Value,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        let fields = object(body)?;
        let serial = required(fields, "serialNumber")?;
        let slot = self
            .inventory
            .by_serial(&serial)
            .ok_or_else(Refusal::no_such_device)?;
        let id = slot.facts.id.clone();
        self.combined(user, &id, fields, now)
    }

    /// Assigns, unless the user has the device already [F], and activates.
    fn combined(
        &mut self,
        user: &str,
        id: &str,
        fields: &Map<String, Value>,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        let (code, name) = code_and_name(fields)?;
        self.may_manage(user)?;
        let holder = &self
            .inventory
            .by_id(id)
            .ok_or_else(Refusal::no_such_device)?
            .facts
            .holder;
        let user_id = &self.directory.get(user)?.id;
        let fresh = match holder {
            None => true,
            Some(holder) if holder == user_id => false,
            Some(_) => return Err(self.already_assigned()),
        };
        self.policy_permits()?;
        if fresh {
            let user = self.may_receive(user)?;
            self.hand_over(id, user, now);
        }
        let activated = self.try_activation(id, &code, name, now);
        if activated.is_err()
            && fresh
            && self.switches.combined_failure == CombinedFailure::RollsBack
        {
            self.take_back(id, now);
        }
        activated.map(|()| Reply::no_content())
    }

    /// The device `id`, which `user` has.
    fn held(&self, user: &str, id: &str) -> Result<&Slot, Refusal> {
        let user = &self.directory.get(user)?.id;
        let slot = self
            .inventory
            .by_id(id)
            .ok_or_else(Refusal::no_such_device)?;
        match slot.facts.holder.as_ref() == Some(user) {
            true => Ok(slot),
            false => Err(Refusal::no_such_device()),
        }
    }
}

/// An id for an id, and the other way round: its first digit differs.
fn other_id(id: &str) -> String {
    let mut digits = id.chars();
    let first = digits.next().and_then(|first| first.to_digit(16));
    let other = first.and_then(|first| char::from_digit(first ^ 8, 16));
    other.into_iter().chain(digits).collect()
}

fn device_id(fields: &Map<String, Value>) -> Result<String, Refusal> {
    let device = fields
        .get("device")
        .ok_or_else(|| Refusal::bad_request("The property 'device' is required."))?;
    required(object(device)?, "id")
}

fn code_and_name(fields: &Map<String, Value>) -> Result<(String, Option<String>), Refusal> {
    Ok((
        required(fields, "verificationCode")?,
        optional(fields, "displayName")?,
    ))
}
