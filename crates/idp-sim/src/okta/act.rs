//! What another operator does in the organisation.

use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use oath_core::Key;

use super::Okta;
use super::call::Operation;
use super::errors::Problem;
use super::users::DEPROVISIONED;
use crate::act::{Act, Subject, named};
use crate::service::SimRequest;

impl Okta {
    pub(crate) fn subject_of(&self, request: &SimRequest) -> Subject {
        let operation = Operation::of(request).ok();
        Subject {
            user: operation.and_then(|operation| operation.user().map(str::to_owned)),
            ..Subject::default()
        }
    }

    pub(crate) fn operate(
        &mut self,
        act: &Act,
        subject: &Subject,
        now: Duration,
    ) -> Result<(), String> {
        let index = |okta: &Self, own: &Option<String>| {
            let user = named(own.as_ref(), subject.user.as_ref(), "user")?;
            okta.writable(user).map_err(told)
        };
        match act {
            Act::RegisterKey { key } => self.oauth.register(key),
            Act::WithdrawTokens => {
                self.oauth.withdraw();
                Ok(())
            }
            Act::DeactivateApp => {
                self.oauth.deactivate();
                Ok(())
            }
            Act::RevokeApiToken => {
                self.token_revoked = true;
                Ok(())
            }
            Act::EnrollFactor { user, secret } => {
                let index = index(self, user)?;
                self.enroll_for(index, secret.as_deref(), now)
            }
            Act::DeleteFactor { user } => {
                let index = index(self, user)?;
                self.remove_factor(index, now)
            }
            Act::SuspendUser { user } => {
                let index = index(self, user)?;
                self.set_status(index, "SUSPENDED", now);
                Ok(())
            }
            Act::DeactivateUser { user } => {
                let index = index(self, user)?;
                self.set_status(index, DEPROVISIONED, now);
                Ok(())
            }
            _ => Err("the act is none of Okta's".to_owned()),
        }
    }

    fn enroll_for(
        &mut self,
        index: usize,
        secret: Option<&str>,
        now: Duration,
    ) -> Result<(), String> {
        let user = self.directory.users.get(index);
        if user.is_some_and(|user| user.factor.is_some()) {
            return Err("a factor of this type is already set up".to_owned());
        }
        let mut profiles = self.profiles.iter();
        let profile = profiles.find(|profile| profile.settings.active).cloned();
        let profile = profile.ok_or("there is no active factor profile")?;
        let bytes = match secret {
            Some(secret) => BASE32_NOPAD
                .decode(secret.as_bytes())
                .map_err(|_| "the secret is not valid Base32")?,
            None => self.passing.text(15).into_bytes(),
        };
        let key = Key::new(profile.settings.algorithm, &bytes);
        self.add_factor(index, profile, key, true, now);
        Ok(())
    }

    fn remove_factor(&mut self, index: usize, now: Duration) -> Result<(), String> {
        let memory = self.memory;
        let user = self.directory.users.get_mut(index);
        let user = user.filter(|user| user.factor.is_some());
        let user = user.ok_or("the user has no factor")?;
        user.remember(now, memory);
        user.factor = None;
        Ok(())
    }

    fn set_status(&mut self, index: usize, status: &str, now: Duration) {
        let memory = self.memory;
        if let Some(user) = self.directory.users.get_mut(index) {
            user.remember(now, memory);
            status.clone_into(&mut user.status);
        }
    }
}

fn told(problem: Problem) -> String {
    problem.summary
}
