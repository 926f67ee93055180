//! What proves one token: its seed, a code that somebody reads off it, or both.

use std::time::Duration;

use oath_core::{Code, Key, Totp, Window};
use seedfile::Serial;

use crate::{InventoryToken, Problem, Roster, Token};

/// Where the code of a device is looked for whose seed is at hand: ten minutes each way with steps of
/// 30 s. One code in 24,000 is found there by chance.
const NEAR: Window = Window {
    past: 20,
    future: 20,
};

/// A code that somebody read off a device.
#[derive(Clone, Debug)]
pub struct TypedCode {
    /// The code.
    pub code: Code,
    /// When it was read, in monotonic time of the clock that the run goes by.
    pub at: Duration,
}

/// What proves one token when it is activated.
#[derive(Debug, Default)]
pub struct Proof {
    /// The seed file that has the token.
    pub seeds: Option<Roster>,
    /// The code that the device shows now. With its seed at hand it is compared, tells how far the
    /// device's clock is off, and is not sent.
    pub code: Option<TypedCode>,
    /// By how many time steps the device's clock is known to be ahead, where no code says so.
    pub drift: Option<i32>,
}

impl Proof {
    /// The roster of a run that activates a token for a user. `found` is the token as the inventory has
    /// it, if it does; `epoch` is the provider's time since the Unix epoch at the monotonic time 0.
    ///
    /// # Errors
    /// [`Problem`] where the file has not this token, the code is not one of its seed, or neither the
    /// inventory nor a file has it.
    pub fn roster(
        self,
        serial: &Serial,
        found: Option<&InventoryToken>,
        user: &str,
        epoch: Duration,
    ) -> Result<Roster, Problem> {
        let Some(seeds) = self.seeds else {
            let found = found.ok_or_else(|| not_there(serial))?;
            let mut token = Token::of_inventory(1, found)?;
            token.user = Some(user.to_owned());
            let mut roster = Roster::without_seeds(vec![token]);
            if let Some(typed) = self.code {
                roster.add_code(serial, typed.code, typed.at);
            }
            return Ok(roster);
        };
        let roster = seeds.only(serial, user);
        let mut roster = roster.ok_or_else(|| not_in_file(serial))?;
        let measured = self.code;
        let measured = measured.map(|typed| drift(&roster, &typed.code, epoch + typed.at));
        if let Some(steps) = measured.transpose()?.or(self.drift) {
            roster.set_drift(serial, steps);
        }
        Ok(roster)
    }
}

/// By how many time steps the device is ahead that shows this code of the roster's one token.
fn drift(roster: &Roster, code: &Code, now: Duration) -> Result<i32, Problem> {
    let token = roster.tokens().first();
    let seed = token.and_then(|token| roster.seed(&token.serial));
    let accepted = token.zip(seed).and_then(|(token, seed)| {
        let key = Key::new(token.algorithm, seed.expose());
        let totp = Totp::new(token.digits, token.period);
        totp.verify(&key, now.as_secs(), NEAR, code)
    });
    let steps = accepted.and_then(|accepted| i32::try_from(accepted.drift).ok());
    steps.ok_or_else(|| {
        Problem::new(
            "code-not-of-seed",
            "this is not a code of the token's seed at this time; nothing was sent",
            "see that the device has this serial number, and type the code that it shows now; \
             if it is refused again, find whose code it is, and by how much the device's clock is off",
        )
    })
}

fn not_there(serial: &Serial) -> Problem {
    Problem::new(
        Problem::NOT_THERE,
        format!("no such token: {serial}"),
        "check the serial number; one that is new to the provider needs its seed file",
    )
}

fn not_in_file(serial: &Serial) -> Problem {
    Problem::new(
        "not-in-file",
        format!("the seed file has no usable token with the serial number {serial}"),
        "name the file that has it, or inspect this one to see what is wrong with its rows",
    )
}
