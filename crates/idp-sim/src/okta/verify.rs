//! Codes: verified through the API, or typed at a sign-in. Both judge alike and remember alike.

use std::time::Duration;

use oath_core::{Code, Window};
use serde_json::{Value, json};

use super::errors::Problem;
use super::factors::Factor;
use super::switches::{OutOfWindow, Replay};
use super::users::User;
use super::{Context, Okta, Reply};
use crate::SignInAnswer;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Accepted,
    Wrong,
    /// The code of a time step that is not above the last accepted one.
    Used,
    /// The code of a time step outside the window.
    Late,
    Locked,
}

/// How far outside the window a code is known, in seconds.
const NEAR: u64 = 3600;

/// Judges a code for the user's factor by its profile and remembers the outcome.
fn judge(user: &mut User, code: &str, now: Duration, lock_after: Option<u32>) -> Verdict {
    if user.locked {
        return Verdict::Locked;
    }
    let Some(factor) = user.factor.as_mut() else {
        return Verdict::Wrong;
    };
    match matching_step(factor, code, now) {
        Some(step) if factor.last_step.is_some_and(|last| step <= last) => Verdict::Used,
        Some(step) => {
            factor.last_step = Some(step);
            user.failures = 0;
            Verdict::Accepted
        }
        None => {
            let late = is_near(factor, code, now);
            user.failures = user.failures.saturating_add(1);
            user.locked = lock_after.is_some_and(|most| user.failures >= most);
            match late {
                true => Verdict::Late,
                false => Verdict::Wrong,
            }
        }
    }
}

/// Whether the code is right for a time nearby.
fn is_near(factor: &Factor, code: &str, now: Duration) -> bool {
    let settings = &factor.facts.profile.settings;
    let window = Window::lasting(NEAR, settings.period);
    let found = |code| {
        settings
            .totp()
            .verify(&factor.key, now.as_secs(), window, &code)
    };
    Code::parse(code).is_ok_and(|code| found(code).is_some())
}

fn matching_step(factor: &Factor, code: &str, now: Duration) -> Option<u64> {
    let settings = &factor.facts.profile.settings;
    let code = Code::parse(code).ok()?;
    let (totp, window) = (settings.totp(), settings.window());
    let accepted = totp.verify(&factor.key, now.as_secs(), window, &code)?;
    Some(accepted.step)
}

impl Okta {
    pub(crate) fn verify(
        &mut self,
        user: &str,
        factor: &str,
        context: &Context<'_>,
    ) -> Result<Reply, Problem> {
        let verdict = self.try_code(user, factor, true, context)?;
        let result = |text: &str| Ok(Reply::ok(json!({"factorResult": text})));
        match (verdict, self.switches.replay, self.switches.out_of_window) {
            (Verdict::Accepted, ..) => result("SUCCESS"),
            (Verdict::Used, Replay::Result, _) => result("PASSCODE_REPLAYED"),
            (Verdict::Late, _, OutOfWindow::Result) => result("TIME_WINDOW_EXCEEDED"),
            (refused, ..) => Err(self.refusal(refused)),
        }
    }

    /// What the link of a factor that is not active yet leads to.
    pub(crate) fn activate(
        &mut self,
        user: &str,
        factor: &str,
        context: &Context<'_>,
    ) -> Result<Reply, Problem> {
        match self.try_code(user, factor, false, context)? {
            Verdict::Accepted => {}
            refused => return Err(self.refusal(refused)),
        }
        let index = self.writable(user)?;
        let memory = self.memory;
        if let Some(user) = self.directory.users.get_mut(index) {
            user.remember(context.now, memory);
            if let Some(factor) = user.factor.as_mut() {
                (factor.facts.active, factor.facts.updated) = (true, context.now);
            }
        }
        self.get_factor(user, factor, context)
    }

    /// The error for a code that was not accepted.
    fn refusal(&self, verdict: Verdict) -> Problem {
        match verdict {
            Verdict::Used => Problem::code_used(),
            Verdict::Locked => Problem::locked(),
            Verdict::Late if self.switches.out_of_window == OutOfWindow::Error => {
                Problem::out_of_window()
            }
            _ => Problem::wrong_code(),
        }
    }

    /// Judges the body's code for a factor that is active or not, as `active` says.
    fn try_code(
        &mut self,
        user: &str,
        factor: &str,
        active: bool,
        context: &Context<'_>,
    ) -> Result<Verdict, Problem> {
        let index = self.writable(user)?;
        let found = self.directory.users.get_mut(index);
        let found = found.filter(|user| {
            user.factor
                .as_ref()
                .is_some_and(|own| own.facts.id == factor)
        });
        let user = found.ok_or_else(|| Problem::not_found(factor, "UserFactor"))?;
        let body = context.json()?;
        if user
            .factor
            .as_ref()
            .is_some_and(|own| own.facts.active != active)
        {
            return Err(match active {
                true => Problem::factor_not_active(factor),
                false => Problem::validation("factorId", "The factor is already active."),
            });
        }
        let code = body.get("passCode").and_then(Value::as_str);
        let code =
            code.ok_or_else(|| Problem::validation("passCode", "The passCode is missing."))?;
        Ok(judge(user, code, context.now, self.switches.lock_after))
    }

    /// Judges a code as the sign-in page would; `factor` narrows it to the factor with this id.
    pub(crate) fn sign_in(
        &mut self,
        user: &str,
        factor: Option<&str>,
        code: &str,
        now: Duration,
    ) -> SignInAnswer {
        let lock_after = self.switches.lock_after;
        let index = self.directory.find(user).filter(|_| user != "me");
        let Some(user) = index.and_then(|index| self.directory.users.get_mut(index)) else {
            return SignInAnswer::refused("there is no such user");
        };
        if ["DEPROVISIONED", "SUSPENDED", "STAGED", "LOCKED_OUT"].contains(&user.status.as_str()) {
            return SignInAnswer::refused(format!("the user is {}", user.status));
        }
        if self.switches.policy_forbids.has(&user.login) {
            return SignInAnswer::refused("the policy does not allow the factor");
        }
        let own = user.factor.as_ref();
        match own.filter(|own| factor.is_none_or(|wanted| wanted == own.facts.id)) {
            None => return SignInAnswer::refused("the user has no such factor"),
            Some(own) if !own.facts.active => {
                return SignInAnswer::refused("the factor is not active");
            }
            Some(_) => {}
        }
        match judge(user, code, now, lock_after) {
            Verdict::Accepted => SignInAnswer::accepted(),
            Verdict::Wrong | Verdict::Late => SignInAnswer::refused("the code is wrong"),
            Verdict::Used => SignInAnswer::refused("the code was used before"),
            Verdict::Locked => SignInAnswer::refused("the user is locked"),
        }
    }
}
