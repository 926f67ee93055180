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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_set_by_name() {
        let mut config = SimConfig::default();
        config.set("bulk_max", "20").unwrap();
        config.set("entra.write_rate", "3000/150").unwrap();
        config.set("okta.engine", "v1").unwrap();
        // Both services have it.
        config.set("clock_offset_s", "-90").unwrap();
        assert_eq!(config.entra.bulk_max, Some(20));
        assert_eq!(config.entra.clock_offset_s, -90);
        assert_eq!(config.okta.clock_offset_s, -90);
    }

    #[test]
    fn what_is_not_a_switch_or_not_a_value_of_it_is_told() {
        let mut config = SimConfig::default();
        for (name, value) in [
            ("bulk_maximum", "20"),
            ("okta.bulk_max", "20"),
            ("bulk_max", "many"),
            ("write_rate", "0/150"),
            ("bulk_status", "2000"),
            ("bulk_errors", "both"),
        ] {
            let problem = config.set(name, value).unwrap_err();
            assert!(problem.contains('`'), "{problem}");
        }
        assert_eq!(config.entra, EntraSwitches::default());
    }

    #[test]
    fn the_list_can_be_set_again_and_each_entry_has_its_evidence() {
        let mut entra = EntraSwitches::default();
        for switch in EntraSwitches::default().list() {
            entra.set(switch.name, &switch.value).unwrap();
            assert!(!switch.about.is_empty());
        }
        assert_eq!(entra, EntraSwitches::default());
    }
}
