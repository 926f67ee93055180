//! Codes: at activation in a window of a day, at sign-in in one of a minute.

use std::time::Duration;

use oath_core::{Accepted, Code, Window};

use super::Entra;
use super::errors::Refusal;
use super::facts::{Facts, Secret, Status};
use super::switches::ReplayPolicy;
use crate::act::Actor;
use crate::sign_in::SignInAnswer;

/// One day for tokens of 30 seconds, two for those of 60 \[D\].
const AT_ACTIVATION: Window = Window::symmetric(2880);
/// One minute, or two \[D\].
const AT_SIGN_IN: Window = Window::symmetric(2);

impl Entra {
    /// Tries a code on the device `id`, activates the device with it, and remembers its drift.
    pub(super) fn try_activation(
        &mut self,
        id: &str,
        code: &str,
        name: Option<String>,
        now: Duration,
    ) -> Result<(), Refusal> {
        let policy = self.switches.replay_policy;
        let by_operator = u64::from(self.inventory.actor == Actor::Operator);
        let facts = self
            .inventory
            .by_id(id)
            .ok_or_else(Refusal::no_such_device)?
            .facts
            .clone();
        let secret = self
            .inventory
            .secret(id)
            .ok_or_else(Refusal::no_such_device)?;
        let Some(accepted) = check(&facts, secret, code, now.as_secs(), AT_ACTIVATION, policy)
        else {
            self.inventory.change(id, now, fail);
            return Err(Refusal::bad_request("Invalid verification code."));
        };
        secret.drift = accepted.drift;
        secret.last_step = Some(accepted.step);
        secret.activations += 1;
        secret.operator_activations += by_operator;
        self.inventory.change(id, now, |facts| {
            facts.status = Status::Activated;
            facts.display_name = name.or_else(|| facts.display_name.take());
        });
        Ok(())
    }

    /// The code that the holder of the device `id` would type now: one of a step that was not used yet.
    pub(super) fn good_code(&mut self, id: &str, now: Duration) -> Option<String> {
        let facts = self.inventory.by_id(id)?.facts.clone();
        let secret = self.inventory.secret(id)?;
        let unused = secret.last_step.map_or(0, |last| last.saturating_add(1));
        let step = facts.totp().step(now.as_secs()).max(unused);
        let code = facts.totp().at_step(secret.key(facts.algorithm), step);
        Some(code.as_str().to_owned())
    }

    /// Judges a code as the sign-in would: around the drift that is stored, which it updates.
    pub(crate) fn sign_in(
        &mut self,
        user: &str,
        serial: Option<&str>,
        code: &str,
        now: Duration,
    ) -> SignInAnswer {
        let Some(user) = self.directory.find(user) else {
            return SignInAnswer::refused("no such user");
        };
        if !user.person.enabled {
            return SignInAnswer::refused("the account is disabled");
        }
        if !self.policy.enabled {
            return SignInAnswer::refused("the hardware OATH tokens policy is not enabled");
        }
        let held = self.inventory.held_by(&user.id).map(|slot| &slot.facts);
        let usable = held.filter(|facts| facts.status == Status::Activated);
        let wanted = usable.filter(|facts| serial.is_none_or(|serial| serial == facts.serial));
        let candidates: Vec<Facts> = wanted.cloned().collect();
        if candidates.is_empty() {
            return SignInAnswer::refused("no activated token");
        }
        match candidates
            .iter()
            .any(|facts| self.accepts(facts, code, now))
        {
            true => SignInAnswer::accepted(),
            false => SignInAnswer::refused("wrong code"),
        }
    }

    fn accepts(&mut self, facts: &Facts, code: &str, now: Duration) -> bool {
        let policy = self.switches.replay_policy;
        let Some(secret) = self.inventory.secret(&facts.id) else {
            return false;
        };
        let period = i64::from(facts.period.seconds());
        let around = now
            .as_secs()
            .saturating_add_signed(secret.drift.saturating_mul(period));
        let Some(accepted) = check(facts, secret, code, around, AT_SIGN_IN, policy) else {
            return false;
        };
        secret.drift = secret.drift.saturating_add(accepted.drift);
        secret.last_step = Some(accepted.step);
        self.inventory.change(&facts.id, now, |facts| {
            facts.last_used = Some(now.as_secs());
        });
        true
    }
}

/// A wrong code fails an activation that is pending; a device that is activated stays so \[A\].
fn fail(facts: &mut Facts) {
    if facts.status != Status::Activated {
        facts.status = Status::FailedActivation;
    }
}

fn check(
    facts: &Facts,
    secret: &Secret,
    code: &str,
    unix: u64,
    window: Window,
    policy: ReplayPolicy,
) -> Option<Accepted> {
    let code = Code::parse(code).ok()?;
    let accepted = facts
        .totp()
        .verify(secret.key(facts.algorithm), unix, window, &code)?;
    let used = secret.last_step.is_some_and(|last| match policy {
        ReplayPolicy::SameStep => accepted.step == last,
        ReplayPolicy::UpToStep => accepted.step <= last,
        ReplayPolicy::Allow => false,
    });
    (!used).then_some(accepted)
}
