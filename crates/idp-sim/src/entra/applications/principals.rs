//! Service principals and what they are granted.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::{GRAPH, Grant, Principal, ROLES, Registry, bad, created, no_such, paged};
use crate::entra::devices::{object, required};
use crate::entra::errors::{Refusal, Reply};
use crate::entra::odata::Literal;
use crate::entra::page::Page;
use crate::entra::rights::READ_APPLICATIONS;
use crate::entra::token::need;
use crate::timestamp;

impl Registry {
    pub(in crate::entra) fn list_principals(
        &self,
        page: &Page<'_>,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        page.allow(&["$filter", "$select", "$top", "$skiptoken"])?;
        let filter = page.filter(&["id", "appId"], 15)?;
        let own = self.shown(now).filter_map(|one| {
            let principal = one.principal.as_ref();
            let principal = principal.filter(|principal| self.is_known(principal.made, now))?;
            Some((
                principal.id.as_str(),
                one.app_id.as_str(),
                one.name.as_str(),
            ))
        });
        let all = std::iter::once((self.graph.as_str(), GRAPH, "Microsoft Graph")).chain(own);
        let fitting = all.filter(|(id, app_id, _)| {
            let value = |name: &str| Literal::of(Some(if name == "id" { id } else { app_id }));
            filter.as_ref().is_none_or(|filter| filter.fits(&value))
        });
        let principals = fitting.map(|(id, app_id, name)| principal_json(id, app_id, name));
        paged(page, "servicePrincipals", principals)
    }

    pub(in crate::entra) fn create_principal(
        &mut self,
        body: &Value,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        let app_id = required(object(body)?, "appId")?;
        let id = self.rng.uuid();
        let (lag, unknown) = (self.lag, self.unknown);
        let mut known = self.applications.iter_mut();
        let found = known.find(|one| one.app_id == app_id);
        let found = found.filter(|one| now >= one.made.saturating_add(lag));
        let Some(found) = found else {
            return Err(match unknown {
                StatusCode::NOT_FOUND => no_such(&app_id, unknown),
                _ => bad(format!(
                    "The appId '{app_id}' of the service principal does not reference a valid application object."
                )),
            });
        };
        if found.principal.is_some() {
            return Err(Refusal::new(
                StatusCode::CONFLICT,
                "Request_MultipleObjectsWithSameKeyValue",
                format!(
                    "The service principal cannot be created, updated, or restored because the service principal name {app_id} is already in use."
                ),
            ));
        }
        let answer = principal_json(&id, &app_id, &found.name);
        found.principal = Some(Principal {
            id,
            made: now,
            grants: Vec::new(),
        });
        Ok(created(answer))
    }

    pub(in crate::entra) fn list_grants(
        &self,
        id: &str,
        page: &Page<'_>,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        page.allow(&["$select", "$top", "$skiptoken"])?;
        let found = self.applications.iter().find_map(|one| {
            let principal = one.principal.as_ref()?;
            (principal.id == id && self.is_known(principal.made, now)).then_some((one, principal))
        });
        let (one, principal) = found.ok_or_else(|| no_such(id, StatusCode::NOT_FOUND))?;
        let shown = principal.grants.iter();
        let shown = shown.filter(|grant| self.is_known(grant.made, now));
        let grants = shown.map(|grant| self.grant_json(grant, id, &one.name));
        paged(page, "appRoleAssignments", grants)
    }

    pub(in crate::entra) fn grant(
        &mut self,
        id: &str,
        body: &Value,
        roles: &[String],
        now: Duration,
    ) -> Result<Reply, Refusal> {
        // Both permissions are needed [D].
        need(roles, &READ_APPLICATIONS)?;
        let fields = object(body)?;
        let of = |name: &str| required(fields, name);
        let (principal, resource, role) = (of("principalId")?, of("resourceId")?, of("appRoleId")?);
        let grant = Grant {
            id: self.rng.text(32),
            role,
            made: now,
        };
        let (lag, unknown) = (self.lag, self.unknown);
        let mut known = self.applications.iter_mut().filter_map(|one| {
            let name = one.name.clone();
            Some((name, one.principal.as_mut()?))
        });
        let found = known.find(|(_, one)| one.id == id && now >= one.made.saturating_add(lag));
        let found = found.filter(|_| principal == id && resource == self.graph);
        let Some((name, found)) = found else {
            return Err(match unknown {
                StatusCode::NOT_FOUND => no_such(id, unknown),
                _ => bad("Not a valid reference update."),
            });
        };
        if !ROLES.iter().any(|(role, _)| *role == grant.role) {
            return Err(bad(
                "Permission being assigned was not found on application",
            ));
        }
        if found.grants.iter().any(|one| one.role == grant.role) {
            return Err(bad(
                "Permission being assigned already exists on the object",
            ));
        }
        found.grants.push(Grant {
            id: grant.id.clone(),
            role: grant.role.clone(),
            made: now,
        });
        Ok(created(self.grant_json(&grant, id, &name)))
    }

    fn grant_json(&self, grant: &Grant, principal: &str, name: &str) -> Value {
        json!({
            "id": grant.id, "appRoleId": grant.role, "createdDateTime": timestamp::iso(grant.made.as_secs()),
            "principalDisplayName": name, "principalId": principal, "principalType": "ServicePrincipal",
            "resourceDisplayName": "Microsoft Graph", "resourceId": self.graph,
        })
    }
}

fn principal_json(id: &str, app_id: &str, name: &str) -> Value {
    json!({"id": id, "appId": app_id, "displayName": name, "servicePrincipalType": "Application"})
}
