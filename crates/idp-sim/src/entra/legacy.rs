//! Tokens that were uploaded as CSV in the admin centre: the other of Entra's two stores.

use std::time::Duration;

use oath_core::{Algorithm, Period};

use super::Entra;
use super::facts::{Facts, Secret, Status};

impl Entra {
    /// Gives the users of the switch their tokens, as they are from the first moment on.
    pub(super) fn upload_legacy(&mut self) {
        for token in self.switches.legacy_tokens.clone() {
            let Some((user, serial)) = token.split_once(':') else {
                continue;
            };
            let Some(user) = self.directory.find(user.trim()) else {
                continue;
            };
            let facts = Facts {
                id: self.rng.uuid(),
                serial: serial.trim().to_owned(),
                manufacturer: "Contoso".to_owned(),
                model: "Uploaded as CSV".to_owned(),
                display_name: None,
                // The upload knows no other algorithm [D].
                algorithm: Algorithm::Sha1,
                period: Period::THIRTY,
                status: Status::Activated,
                holder: Some(user.id.clone()),
                assigned_at: Some(0),
                last_used: None,
                legacy: true,
            };
            let secret = Secret::new(self.rng.text(20).as_bytes());
            self.inventory.create(facts, secret, Duration::ZERO);
        }
    }
}
