//! What a simulator is made from.

use std::time::Duration;

use crate::entra::EntraSwitches;
use crate::okta::OktaSwitches;
use crate::people::Person;

/// What a simulator is made from. The same configuration and clock give the same answers, byte for byte.
#[derive(Clone, Debug, Default)]
pub struct SimConfig {
    /// Who has an account.
    pub people: Vec<Person>,
    /// From which all ids, secrets and random faults come.
    pub seed: u64,
    /// How long each request takes, half of it before the work and half after.
    pub latency: Duration,
    /// What is assumed about Entra.
    pub entra: EntraSwitches,
    /// What is assumed about Okta.
    pub okta: OktaSwitches,
}

impl SimConfig {
    /// The defaults with `count` people: `user0001@example.com` and so on.
    #[must_use]
    pub fn with_people(count: usize) -> Self {
        Self {
            people: Person::numbered(count),
            ..Self::default()
        }
    }

    /// Sets a switch by name: `entra.NAME`, `okta.NAME`, or `NAME` for every service that has it.
    ///
    /// # Errors
    /// A sentence for people where there is no such switch, or where it has no such value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        if let Some(name) = name.strip_prefix("entra.") {
            return self.entra.set(name, value);
        }
        if let Some(name) = name.strip_prefix("okta.") {
            return self.okta.set(name, value);
        }
        let on_entra = self.entra.list().iter().any(|switch| switch.name == name);
        let on_okta = self.okta.list().iter().any(|switch| switch.name == name);
        if on_entra {
            self.entra.set(name, value)?;
        }
        if on_okta {
            self.okta.set(name, value)?;
        }
        match on_entra || on_okta {
            true => Ok(()),
            false => Err(format!("there is no switch `{name}`")),
        }
    }
}
