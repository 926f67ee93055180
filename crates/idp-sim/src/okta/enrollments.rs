//! What a user could enrol, what he has by Identity Engine's own account, and what Classic has switched on.

use std::time::Duration;

use serde_json::{Value, json};

use super::errors::Problem;
use super::factors::{Facts, PROVIDER, TYPE};
use super::ids::{CREATED, Kind, id, time};
use super::switches::{Engine, EnrollmentIds};
use super::users::User;
use super::{Context, Okta, Reply};

impl Okta {
    /// Filtered by policy, as the list of factors is.
    pub(crate) fn catalog(&self, user: &str, context: &Context<'_>) -> Result<Reply, Problem> {
        let user = self.listable(user)?;
        let enroll = format!("{}/api/v1/users/{}/factors", context.base, user.id);
        let links = json!({"enroll": {"href": enroll, "hints": {"allow": ["POST"]}}});
        let mut list = vec![json!({
            "factorType": "question", "provider": "OKTA", "vendorName": "OKTA",
            "enrollment": "OPTIONAL", "status": "NOT_SETUP", "_links": links,
        })];
        if self.is_shown(user) {
            let status = self
                .shown_factor(user, context)
                .map_or("NOT_SETUP", Facts::status);
            list.push(json!({
                "factorType": TYPE, "provider": PROVIDER, "vendorName": PROVIDER,
                "enrollment": "OPTIONAL", "status": status, "_links": links,
            }));
        }
        if self.switches.extra_factors {
            list.push(json!({"factorType": "token:unheard_of", "provider": "NOBODY", "enrollment": "MAYBE"}));
        }
        Ok(Reply::ok(Value::Array(list)))
    }

    /// Not filtered by policy.
    pub(crate) fn enrollments(&self, user: &str, context: &Context<'_>) -> Result<Reply, Problem> {
        self.answers(self.switches.engine == Engine::Idx)?;
        let user = self.listable(user)?;
        let password = self.password(user, context);
        let own = self.enrollment(user, context);
        Ok(Reply::ok(
            std::iter::once(password).chain(own).collect::<Value>(),
        ))
    }

    pub(crate) fn get_enrollment(
        &self,
        user: &str,
        id: &str,
        context: &Context<'_>,
    ) -> Result<Reply, Problem> {
        self.answers(self.switches.engine == Engine::Idx)?;
        let user = self.listable(user)?;
        let all = [
            Some(self.password(user, context)),
            self.enrollment(user, context),
        ];
        let mut all = all.into_iter().flatten();
        let found = all.find(|one| one["id"] == id);
        found
            .map(Reply::ok)
            .ok_or_else(|| Problem::not_found(id, "AuthenticatorEnrollment"))
    }

    /// Removes the factor behind it.
    pub(crate) fn delete_enrollment(
        &mut self,
        user: &str,
        id: &str,
        now: Duration,
    ) -> Result<Reply, Problem> {
        self.answers(self.switches.engine == Engine::Idx)?;
        let not_found = || Problem::not_found(id, "AuthenticatorEnrollment");
        let factor = self.user(user)?.factor.as_ref();
        let factor = factor
            .map(|factor| factor.facts.id.clone())
            .filter(|factor| self.enrollment_id(factor) == id)
            .ok_or_else(not_found)?;
        self.unenroll(user, &factor, now)
    }

    fn enrollment_id(&self, factor: &str) -> String {
        match self.switches.enrollment_ids {
            EnrollmentIds::Factor => factor.to_owned(),
            EnrollmentIds::Own => format!("eae{}", factor.get(3..).unwrap_or_default()),
        }
    }

    fn enrollment(&self, user: &User, context: &Context<'_>) -> Option<Value> {
        let shown = self.switches.custom_otp_in_enrollments;
        let facts = self.shown_factor(user, context).filter(|_| shown)?;
        let mut view = view(
            context,
            user,
            &self.enrollment_id(&facts.id),
            &facts.profile.id,
        );
        let object = view.as_object_mut()?;
        for (name, value) in [
            ("type", "security_key".to_owned()),
            ("key", "custom_otp".to_owned()),
            ("status", facts.status().to_owned()),
            ("name", facts.profile.settings.name.clone()),
            ("created", time(facts.created)),
            ("lastUpdated", time(facts.updated)),
        ] {
            object.insert(name.to_owned(), Value::from(value));
        }
        Some(view)
    }

    /// What every user has.
    fn password(&self, user: &User, context: &Context<'_>) -> Value {
        let own = format!("lae{}", user.id.get(3..).unwrap_or_default());
        let authenticator = id(self.seed, Kind::Organization, 1, "aut");
        let mut view = view(context, user, &own, &authenticator);
        if let Some(object) = view.as_object_mut() {
            for (name, value) in [
                ("type", "password"),
                ("key", "okta_password"),
                ("status", "ACTIVE"),
                ("name", "Password"),
                ("created", CREATED),
                ("lastUpdated", CREATED),
            ] {
                object.insert(name.to_owned(), Value::from(value));
            }
        }
        view
    }

    /// The kinds of factors of a Classic organisation.
    pub(crate) fn org_factors(&self) -> Result<Reply, Problem> {
        self.answers(self.switches.engine == Engine::V1)?;
        let status = match self.switches.custom_totp {
            true => "ACTIVE",
            false => "INACTIVE",
        };
        Ok(Reply::ok(json!([
            {"id": "okta_question", "factorType": "question", "provider": "OKTA", "status": "ACTIVE"},
            {"id": "hotp", "factorType": TYPE, "provider": PROVIDER, "status": status},
        ])))
    }
}

/// An enrolment without what tells its kind.
fn view(context: &Context<'_>, user: &User, id: &str, authenticator: &str) -> Value {
    let api = format!("{}/api/v1", context.base);
    let user = format!("{api}/users/{}", user.id);
    json!({
        "id": id, "nickname": null, "profile": null,
        "_links": {
            "self": {"href": format!("{user}/authenticator-enrollments/{id}"),
                "hints": {"allow": ["GET", "DELETE"]}},
            "user": {"href": user, "hints": {"allow": ["GET"]}},
            "authenticator": {"href": format!("{api}/authenticators/{authenticator}"),
                "hints": {"allow": ["GET"]}},
        },
    })
}
