//! What another operator does in the tenant.

use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};

use super::Entra;
use super::errors::Refusal;
use super::operation::Operation;
use super::rights::ASSIGN;
use crate::act::{Act, Subject, named};
use crate::service::SimRequest;

/// What a device says of itself that an operator adds by its serial alone.
const ELSEWHERE: &str = "Another operator";

impl Entra {
    /// What a request names: in its path, or in its body, of many devices the first.
    pub(super) fn subject_of(&self, request: &SimRequest) -> Subject {
        let operation = self.on_device(Operation::of(request));
        let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        let device = match operation {
            Operation::CreateDevice => Some(body.clone()),
            Operation::BulkCreate => body.pointer("/value/0").cloned(),
            _ => None,
        };
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let id = operation.device().map(str::to_owned);
        let id = id.or_else(|| text(body.pointer("/device/id")));
        let serial = id.and_then(|id| Some(self.inventory.by_id(&id)?.facts.serial.clone()));
        let named = device.as_ref().unwrap_or(&body).get("serialNumber");
        Subject {
            serial: serial.or_else(|| text(named)),
            user: operation.user().map(str::to_owned),
            device,
        }
    }

    pub(super) fn operate(
        &mut self,
        act: &Act,
        subject: &Subject,
        now: Duration,
    ) -> Result<(), String> {
        let serial = |own: &Option<String>| {
            named(own.as_ref(), subject.serial.as_ref(), "serial").map(str::to_owned)
        };
        let user = |own: &Option<String>| {
            named(own.as_ref(), subject.user.as_ref(), "user").map(str::to_owned)
        };
        let done = match act {
            Act::RegisterCertificate { certificate } => return self.login.register(certificate),
            Act::TrustAssertion { assertion } => {
                self.login.trust(assertion);
                Ok(())
            }
            Act::ConfirmDeviceCode { user_code } => return self.login.decide(user_code, true, now),
            Act::DeclineDeviceCode { user_code } => {
                return self.login.decide(user_code, false, now);
            }
            Act::RevokeTokens => {
                self.tokens.revoke();
                Ok(())
            }
            Act::RevokeCredentials => {
                self.tokens.revoke();
                self.login.revoke();
                Ok(())
            }
            Act::CreateDevice {
                serial: own,
                secret,
                user,
            } => {
                let device = own.is_none().then_some(subject.device.as_ref()).flatten();
                let device = self.device_of(&serial(own)?, device, secret.as_deref());
                self.add_device(device, user.as_deref(), now)
            }
            Act::AssignDevice {
                serial: own,
                user: to,
            } => self.give(&serial(own)?, &user(to)?, now),
            Act::ActivateDevice { serial: own } => self.activate_for(&serial(own)?, now),
            Act::UnassignDevice { serial: own } => {
                let id = self.id_of(&serial(own)?).map_err(told)?;
                self.take_back(&id, now);
                Ok(())
            }
            Act::DeleteDevice { serial: own } => {
                let id = self.id_of(&serial(own)?).map_err(told)?;
                self.take_back(&id, now);
                self.inventory.delete(&id, now);
                Ok(())
            }
            Act::DisableUser { user: own } => self.disable(&user(own)?),
            Act::DeleteUser { user: own } => self.delete_user(&user(own)?, now),
            _ => return Err("the act is none of Entra's".to_owned()),
        };
        done.map_err(told)
    }

    /// The body of a creation: like `device`, if there is one.
    fn device_of(&mut self, serial: &str, device: Option<&Value>, secret: Option<&str>) -> Value {
        let random = BASE32_NOPAD.encode(self.rng.text(15).as_bytes());
        let mut device = device.cloned().unwrap_or_else(|| {
            json!({
                "serialNumber": serial, "manufacturer": ELSEWHERE, "model": ELSEWHERE,
                "secretKey": random, "timeIntervalInSeconds": 30,
            })
        });
        if let (Some(secret), Value::Object(fields)) = (secret, &mut device) {
            fields.insert("secretKey".to_owned(), json!(secret));
        }
        device
    }

    fn add_device(
        &mut self,
        mut device: Value,
        user: Option<&str>,
        now: Duration,
    ) -> Result<(), Refusal> {
        if let Value::Object(fields) = &mut device {
            fields.remove("assignTo");
            fields.extend(user.map(|user| ("assignTo".to_owned(), json!({"id": user}))));
        }
        self.create(&device, &[ASSIGN.to_owned()], now).map(drop)
    }

    fn id_of(&self, serial: &str) -> Result<String, Refusal> {
        let slot = self.inventory.by_serial(serial);
        slot.map(|slot| slot.facts.id.clone())
            .ok_or_else(Refusal::no_such_device)
    }

    fn give(&mut self, serial: &str, user: &str, now: Duration) -> Result<(), Refusal> {
        let id = self.id_of(serial)?;
        let slot = self
            .inventory
            .by_id(&id)
            .ok_or_else(Refusal::no_such_device)?;
        self.unheld(&slot.facts)?;
        let user = self.may_receive(user)?;
        self.hand_over(&id, user, now);
        Ok(())
    }

    fn activate_for(&mut self, serial: &str, now: Duration) -> Result<(), Refusal> {
        let id = self.id_of(serial)?;
        let slot = self
            .inventory
            .by_id(&id)
            .ok_or_else(Refusal::no_such_device)?;
        if slot.facts.holder.is_none() {
            return Err(Refusal::bad_request("The token is not assigned to a user."));
        }
        let code = self
            .good_code(&id, now)
            .ok_or_else(Refusal::no_such_device)?;
        self.try_activation(&id, &code, None, now)
    }

    fn disable(&mut self, user: &str) -> Result<(), Refusal> {
        let id = self.directory.get(user)?.id.clone();
        self.directory.disable(&id);
        Ok(())
    }

    fn delete_user(&mut self, user: &str, now: Duration) -> Result<(), Refusal> {
        let id = self.directory.get(user)?.id.clone();
        let held = self.inventory.held_by(&id);
        let devices: Vec<String> = held.map(|slot| slot.facts.id.clone()).collect();
        for device in devices {
            self.take_back(&device, now);
        }
        self.directory.delete(&id);
        Ok(())
    }
}

fn told(refusal: Refusal) -> String {
    refusal.message
}
