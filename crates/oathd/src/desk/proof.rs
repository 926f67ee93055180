//! What somebody shows of a token to activate it.

use std::time::Duration;

use oath_core::Code;
use provisioner::{InventoryToken, Problem, Proof, Roster, TypedCode};
use secrecy::ExposeSecret;
use seedfile::Serial;
use zeroize::Zeroizing;

use super::Fault;
use crate::places::{Hidden, Place};
use crate::upload::Reading;

/// A code that the device shows, the seed as somebody pasted it, or both. Neither is kept.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    pub(crate) code: Hidden,
    /// The key, the `otpauth` link, or the token's line of the seed file.
    pub(crate) seed: Hidden,
    /// How the seed is read where it does not say so itself.
    pub(crate) reading: Reading,
    /// By how many time steps the device's clock is known to be ahead.
    pub(crate) drift: Option<i32>,
}

impl Shown {
    pub(crate) fn has_seed(&self) -> bool {
        !is_blank(&self.seed)
    }

    pub(crate) fn is_empty(&self) -> bool {
        is_blank(&self.code) && !self.has_seed()
    }

    /// The roster of a run that activates the token for a user. `at` is when the code was read off, in
    /// monotonic time of the place's clock.
    pub(super) fn roster(
        &self,
        place: &Place,
        serial: &Serial,
        found: Option<&InventoryToken>,
        user: &str,
        at: Duration,
    ) -> Result<Roster, Fault> {
        let epoch = place.provider.unix();
        let epoch = epoch.saturating_sub(place.clock.monotonic());
        let reading = self.reading.where_silent(found);
        let seeds = self
            .has_seed()
            .then(|| pasted(serial, &self.seed, &reading));
        let code = (!is_blank(&self.code)).then(|| code(&self.code));
        let proof = Proof {
            seeds: seeds
                .transpose()
                .map_err(|problem| Fault::at("seed", problem))?,
            code: code.transpose()?.map(|code| TypedCode { code, at }),
            drift: self.drift,
        };
        let roster = proof.roster(serial, found, user, epoch);
        Ok(roster.map_err(with_seed)?)
    }
}

/// The one token whose seed was pasted.
pub(super) fn pasted(serial: &Serial, seed: &Hidden, reading: &Reading) -> Result<Roster, Problem> {
    Roster::of_seed(serial, seed.secret().expose_secret(), &reading.options()?)
}

/// A code as somebody typed it, in groups and with blanks around.
pub(super) fn code(typed: &Hidden) -> Result<Code, Problem> {
    let typed = typed.secret().expose_secret().chars();
    let digits: Zeroizing<String> = Zeroizing::new(typed.filter(|c| !c.is_whitespace()).collect());
    Code::parse(&digits).map_err(|error| {
        Problem::new(
            "code-unusable",
            error.to_string(),
            "type all digits that the device shows; nothing was sent",
        )
    })
}

fn is_blank(hidden: &Hidden) -> bool {
    hidden.secret().expose_secret().trim().is_empty()
}

/// A token that is not there yet comes with its seed.
fn with_seed(problem: Problem) -> Problem {
    let next = "check the serial number; of a token that is new here, give the seed";
    match problem.code.as_str() {
        Problem::NOT_THERE => Problem::new(problem.code, problem.message, next),
        _ => problem,
    }
}
