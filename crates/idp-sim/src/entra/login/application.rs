//! An application that acts for itself.

use std::time::Duration;

use super::assertion::Expected;
use super::denial::Denial;
use super::{Form, Granted, JWT_BEARER, check_resource};
use crate::entra::Entra;
use crate::entra::token::Permissions;
use crate::service::SimRequest;

impl Entra {
    /// An application that was registered in the tenant: it has certificates only, and what it was
    /// granted.
    pub(super) fn registered_credentials(
        &mut self,
        form: &Form,
        request: &SimRequest,
        now: Duration,
    ) -> Result<Granted, Denial> {
        let resource = form.get("scope").strip_suffix("/.default");
        check_resource(resource.ok_or_else(|| Denial::of(1_002_012))?, request)?;
        if form.get("client_assertion_type") != JWT_BEARER {
            return Err(Denial::of(7_000_216));
        }
        let client_id = form.get("client_id");
        let expected = Expected {
            audience: &request.uri().to_string(),
            client_id,
            now,
        };
        let registry = &mut self.registry;
        let vouchers = registry.vouchers(client_id);
        let vouchers = vouchers.ok_or_else(|| Denial::of(700_016))?;
        vouchers.judge(form.get("client_assertion"), &expected, &self.switches)?;
        let roles = registry.roles(client_id, now);
        Ok(Granted {
            permissions: Permissions::Application(roles.ok_or_else(|| Denial::of(7_000_229))?),
            lasting: None,
        })
    }

    pub(super) fn client_credentials(
        &mut self,
        form: &Form,
        request: &SimRequest,
        now: Duration,
    ) -> Result<Granted, Denial> {
        let resource = form.get("scope").strip_suffix("/.default");
        let resource = resource.ok_or_else(|| Denial::of(1_002_012))?;
        check_resource(resource, request)?;
        match (form.get("client_assertion"), form.get("client_secret")) {
            ("", secret) => self.check_secret(secret)?,
            (_, _) if form.get("client_assertion_type") != JWT_BEARER => {
                return Err(Denial::of(7_000_216));
            }
            (assertion, _) => {
                let expected = Expected {
                    audience: &request.uri().to_string(),
                    client_id: &self.tokens.client_id,
                    now,
                };
                let vouchers = &mut self.login.vouchers;
                vouchers.judge(assertion, &expected, &self.switches)?;
            }
        }
        Ok(Granted {
            permissions: Permissions::Application(self.switches.granted_roles.clone()),
            lasting: None,
        })
    }

    fn check_secret(&self, secret: &str) -> Result<(), Denial> {
        match secret {
            "" => Err(Denial::of(7_000_216)),
            secret if secret != self.tokens.client_secret || self.login.revoked => {
                Err(Denial::of(7_000_215))
            }
            _ if self.switches.secret_expired => Err(Denial::of(7_000_222)),
            _ => Ok(()),
        }
    }
}
