//! Tokens in the simulated tenant before a story begins, and in people's hands during it.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE32_NOPAD;
use idp_sim::{Act, EntraDevice, Token};
use oath_core::{Algorithm, Digits, Key, Period, Totp};

use super::Story;

/// What every token of a story is seeded with, in Base32.
pub(crate) const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

impl Story {
    /// Somebody else has done something at the service.
    pub(crate) fn operator(&self, act: &Act) {
        self.sim.interfere(act).unwrap();
    }

    /// Entra has these tokens, and nobody holds them.
    pub(crate) fn in_stock<const N: usize>(&self, serials: [&str; N]) {
        for serial in serials {
            self.create(serial, None);
        }
    }

    /// Somebody was given a token that is not activated yet.
    pub(crate) fn assigned(&self, serial: &str, user: &str) {
        self.create(serial, Some(user.to_owned()));
    }

    /// Somebody signs in with a token.
    pub(crate) fn activated(&self, serial: &str, user: &str) {
        self.assigned(serial, user);
        let serial = Some(serial.to_owned());
        self.operator(&Act::ActivateDevice { serial });
    }

    fn create(&self, serial: &str, user: Option<String>) {
        self.operator(&Act::CreateDevice {
            serial: Some(serial.to_owned()),
            secret: Some(SEED.to_owned()),
            user,
        });
    }

    /// The token as Entra really has it; none where it is gone.
    pub(crate) fn device(&self, serial: &str) -> Option<EntraDevice> {
        let mut all = self.devices().into_iter();
        all.find(|device| device.serial == serial)
    }

    /// The token is in this state and with this holder, as Entra really has it.
    pub(crate) fn is(&self, serial: &str, state: &str, holder: Option<&str>) {
        let device = self.device(serial);
        let device = device.unwrap_or_else(|| panic!("Entra has no token {serial}"));
        let real = (device.status.as_str(), device.assigned_to.as_deref());
        assert_eq!(real, (state, holder), "{serial}");
    }

    /// Waits until it is so.
    pub(crate) async fn becomes(&self, serial: &str, state: &str, holder: Option<&str>) {
        let is_so = async || {
            let device = self.device(serial);
            device.is_some_and(|device| {
                device.status == state && device.assigned_to.as_deref() == holder
            })
        };
        let or_else = format!("{serial} is not {state}");
        self.browser.wait_until(&or_else, is_so).await;
    }

    /// Has the server remember what it asks the services.
    pub(crate) async fn log_calls(&self) {
        self.open("/calls").await;
        self.browser.press("Log calls").await;
        self.browser.see("Calls are logged from now on.").await;
    }
}

/// The display of a token whose clock is right.
pub(crate) fn code() -> String {
    code_in(0)
}

/// What it shows so many seconds from now.
pub(crate) fn code_in(seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let totp = Totp::new(Digits::SIX, Period::THIRTY);
    let token = Token::new(Key::new(Algorithm::Sha1, &seed()), totp).set_ahead(seconds);
    token.code(now.as_secs()).as_str().to_owned()
}

/// A code that the token shows at no time for which a service would take it.
pub(crate) fn wrong_code() -> String {
    let steps = -3_000..3_000;
    let good: BTreeSet<String> = steps.map(|step| code_in(30 * step)).collect();
    let mut all = (0..1_000_000).map(|number| format!("{number:06}"));
    all.find(|code| !good.contains(code)).unwrap()
}

fn seed() -> Vec<u8> {
    BASE32_NOPAD.decode(SEED.as_bytes()).unwrap()
}

/// Every way in which somebody may read the seed.
pub(crate) fn seeds() -> [String; 3] {
    let hex = data_encoding::HEXLOWER.encode(&seed());
    [SEED.to_owned(), hex.to_uppercase(), hex]
}
