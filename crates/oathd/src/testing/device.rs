//! Devices in people's hands, and what comes of a form that begins a run.

use std::time::Duration;

use idp_sim::{Act, Fault, Faults, Rule, Token};
use oath_core::{Algorithm, Digits, Key, Period, Totp};
use provisioner::{Report, RunId};

use super::{Answer, Rehearsal};
use crate::jobs::Status;

/// A device that shows codes.
pub(crate) struct Device {
    /// Its seed in Base32.
    pub(crate) seed: String,
    token: Token,
}

impl Device {
    pub(crate) fn new(serial: &str) -> Self {
        Self::ahead(serial, 0)
    }

    /// One whose clock is so many seconds ahead.
    pub(crate) fn ahead(serial: &str, seconds: i64) -> Self {
        let number = serial.bytes().fold(7_u8, u8::wrapping_add);
        let seed = [number; 20];
        let key = Key::new(Algorithm::Sha1, &seed);
        let totp = Totp::new(Digits::SIX, Period::THIRTY);
        Self {
            seed: data_encoding::BASE32.encode(&seed),
            token: Token::new(key, totp).set_ahead(seconds),
        }
    }

    /// Its `otpauth` link, which says all of it.
    pub(crate) fn link(&self) -> String {
        format!("otpauth://totp/device?secret={}", self.seed)
    }

    /// The code that it shows now.
    pub(crate) fn code(&self, rehearsal: &Rehearsal) -> String {
        self.code_in(rehearsal, 0)
    }

    /// The one that it shows so many seconds from now.
    pub(crate) fn code_in(&self, rehearsal: &Rehearsal, seconds: i64) -> String {
        let now = rehearsal.clock.unix().as_secs();
        let code = self.token.code(now.saturating_add_signed(seconds));
        code.as_str().to_owned()
    }
}

impl Rehearsal {
    /// A device that Entra has, with its holder if it has one.
    pub(crate) fn stocked(&self, serial: &str, user: Option<&str>) -> Device {
        let device = Device::new(serial);
        let create = Act::CreateDevice {
            serial: Some(serial.to_owned()),
            secret: Some(device.seed.clone()),
            user: user.map(str::to_owned),
        };
        self.sim.interfere(&create).unwrap();
        device
    }

    /// The same, which its holder can sign in with.
    pub(crate) fn activated(&self, serial: &str, user: &str) -> Device {
        let device = self.stocked(serial, Some(user));
        let serial = Some(serial.to_owned());
        self.sim.interfere(&Act::ActivateDevice { serial }).unwrap();
        device
    }

    /// A device's state in Entra, and who has it.
    pub(crate) fn in_entra(&self, serial: &str) -> (String, Option<String>) {
        let devices = self.sim.state().entra.devices;
        let device = devices.into_iter().find(|device| device.serial == serial);
        device.map_or_else(
            || ("gone".to_owned(), None),
            |device| (device.status, device.assigned_to),
        )
    }

    /// A user's id in Okta.
    pub(crate) async fn okta_user(&self, login: &str) -> String {
        let place = self.app.places.get(crate::places::Idp::Okta).await.unwrap();
        let found = self.app.search_users(&place, login, 1).await.unwrap();
        found[0].id.0.clone()
    }

    /// How many calls were made that may change something.
    pub(crate) fn writes(&self) -> u64 {
        self.sim.calls().writes
    }

    /// The run that a form has led to, when its job has come to its end.
    pub(crate) async fn ended(&self, answer: &Answer) -> Report {
        let run = answer.location.strip_prefix("/runs/");
        let run = run.unwrap_or_else(|| panic!("no run: {} {}", answer.status, answer.body));
        let run = RunId(run.to_owned());
        if let Some(job) = self.app.jobs.find(&run) {
            let mut progress = job.parts[0].board.watch();
            let ends = |status| matches!(status, Status::Ended | Status::Stopped);
            progress.wait_for(|now| ends(now.status)).await.unwrap();
        }
        self.app.ledger.report(&run).await.unwrap().unwrap()
    }

    /// The services ask everybody to wait for ten minutes.
    pub(crate) fn busy(&self) {
        let fault = Fault::Status {
            status: 429,
            retry_after: Some("600".to_owned()),
            after_work: false,
        };
        let rules = vec![Rule::always(fault)];
        self.sim.set_faults(Faults { rules });
    }

    /// Waits until an inventory was read.
    pub(crate) async fn listed(&self, idp: crate::places::Idp) {
        self.app.places.get(idp).await.unwrap();
        let place = self.app.place(idp).await.unwrap();
        let seen = || place.shelf.look();
        while seen().listing.is_none() && seen().failed.is_none() {
            self.clock.sleep(Duration::from_millis(50)).await;
        }
    }
}
