//! Applications that are registered in the tenant, their service principals, and what these were granted.
//!
//! From Microsoft's reference of `application`, `keyCredential`, `servicePrincipal` and `appRoleAssignment`
//! (v1.0) \[D\]; what is refused because it is not known yet, as recorded by others \[F\].

mod keys;
mod principals;

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use self::keys::Key;
use super::devices::{object, required};
use super::errors::{Refusal, Reply};
use super::login::Vouchers;
use super::odata::{Filter, Literal};
use super::page::Page;
use super::switches::EntraSwitches;
use super::truth::EntraApplication;
use crate::rng::Rng;
use crate::timestamp;

/// Microsoft Graph Command Line Tools: a public client that every tenant knows \[D\].
pub(super) const TOOLS: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";
/// Microsoft Graph's application id in every tenant \[D\].
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
/// Some of Graph's application permissions, as its permissions reference has them \[D\].
const ROLES: [(&str, &str); 6] = [
    (
        "29c18626-4985-4dcd-85c0-193eef327366",
        "Policy.ReadWrite.AuthenticationMethod",
    ),
    (
        "50483e42-d915-4231-9639-7fdb7fd190e5",
        "UserAuthenticationMethod.ReadWrite.All",
    ),
    ("df021288-bdef-4463-88db-98f22de89214", "User.Read.All"),
    (
        "498476ce-e0fe-48b0-b801-37ba7e2685c6",
        "Organization.Read.All",
    ),
    ("7ab1d382-f21e-4acd-a863-ba3e13f7da61", "Directory.Read.All"),
    (
        "19dbc75e-c2e2-444c-a770-ec69d8559fc7",
        "Directory.ReadWrite.All",
    ),
];
/// What a new application may be given here.
const PROPERTIES: [&str; 4] = [
    "displayName",
    "signInAudience",
    "keyCredentials",
    "requiredResourceAccess",
];
const AUDIENCES: [&str; 4] = [
    "AzureADMyOrg",
    "AzureADMultipleOrgs",
    "AzureADandPersonalMicrosoftAccount",
    "PersonalMicrosoftAccount",
];
const MAX_TOP: usize = 999;
const PAGE_SIZE: usize = 100;

/// Everything that was registered.
pub(super) struct Registry {
    /// Graph's own service principal.
    graph: String,
    applications: Vec<Application>,
    lag: Duration,
    unknown: StatusCode,
    rng: Rng,
}

struct Application {
    id: String,
    app_id: String,
    name: String,
    audience: String,
    made: Duration,
    keys: Vec<Key>,
    vouchers: Vouchers,
    asks_for: Vec<String>,
    principal: Option<Principal>,
}

struct Principal {
    id: String,
    made: Duration,
    grants: Vec<Grant>,
}

struct Grant {
    id: String,
    role: String,
    made: Duration,
}

impl Registry {
    pub(super) fn new(mut rng: Rng, switches: &EntraSwitches) -> Self {
        Self {
            graph: rng.uuid(),
            applications: Vec::new(),
            lag: Duration::from_millis(switches.replication_lag_ms),
            unknown: switches.replication_error,
            rng,
        }
    }

    pub(super) fn truth(&self) -> Vec<EntraApplication> {
        let applications = self.applications.iter();
        let truth = applications.map(|one| EntraApplication {
            name: one.name.clone(),
            app_id: one.app_id.clone(),
            certificates: one.keys.len(),
            has_service_principal: one.principal.is_some(),
            asks_for: one.asks_for.clone(),
            granted: one.granted().iter().map(|grant| name_of(grant)).collect(),
        });
        truth.collect()
    }

    /// Whether the sign-in service knows an application by now.
    pub(super) fn knows(&self, app_id: &str, now: Duration) -> bool {
        let found = self.applications.iter().find(|one| one.app_id == app_id);
        found.is_some_and(|one| self.is_known(one.made, now))
    }

    /// Who may vouch for an application.
    pub(super) fn vouchers(&mut self, app_id: &str) -> Option<&mut Vouchers> {
        let found = self.applications.iter_mut();
        let mut found = found.filter(|one| one.app_id == app_id);
        found.next().map(|one| &mut one.vouchers)
    }

    /// The names of what an application was granted; none without a service principal.
    pub(super) fn roles(&self, app_id: &str, now: Duration) -> Option<Vec<String>> {
        let found = self.applications.iter().find(|one| one.app_id == app_id)?;
        let principal = found.principal.as_ref();
        let principal = principal.filter(|one| self.is_known(one.made, now))?;
        let grants = principal.grants.iter();
        let known = grants.filter(|grant| self.is_known(grant.made, now));
        Some(known.map(|grant| name_of(&grant.role)).collect())
    }

    fn is_known(&self, made: Duration, now: Duration) -> bool {
        now >= made.saturating_add(self.lag)
    }

    /// Those that the directory shows by now.
    fn shown(&self, now: Duration) -> impl Iterator<Item = &Application> {
        let all = self.applications.iter();
        all.filter(move |one| self.is_known(one.made, now))
    }

    pub(super) fn list(&self, page: &Page<'_>, now: Duration) -> Result<Reply, Refusal> {
        page.allow(&["$filter", "$select", "$top", "$skiptoken"])?;
        let filter = page.filter(&["id", "appId", "displayName"], 15)?;
        let fitting = self.shown(now).filter(|one| one.fits(filter.as_ref()));
        paged(page, "applications", fitting.map(|one| one.json(false)))
    }

    pub(super) fn get(&self, id: &str, page: &Page<'_>, now: Duration) -> Result<Reply, Refusal> {
        page.allow(&["$select"])?;
        let found = self.shown(now).find(|one| one.id == id);
        let found = found.ok_or_else(|| no_such(id, StatusCode::NOT_FOUND))?;
        // The certificates themselves come only where they are asked for.
        let select = page.select();
        let asked = select.is_some_and(|all| all.split(',').any(|one| one == "keyCredentials"));
        Ok(Reply::ok(selected(found.json(asked), select)))
    }

    pub(super) fn create(
        &mut self,
        body: &Value,
        page: &Page<'_>,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        page.allow(&[])?;
        let fields = object(body)?;
        known_properties(fields.keys())?;
        let audience = fields.get("signInAudience").and_then(Value::as_str);
        let audience = audience.unwrap_or("AzureADMyOrg");
        if !AUDIENCES.contains(&audience) {
            return Err(bad("Property signInAudience value is invalid."));
        }
        let keys = Key::read_all(fields.get("keyCredentials"), &[], &mut self.rng)?;
        let mut application = Application {
            id: self.rng.uuid(),
            app_id: self.rng.uuid(),
            name: required(fields, "displayName")?,
            audience: audience.to_owned(),
            made: now,
            keys: Vec::new(),
            vouchers: Vouchers::default(),
            asks_for: asked_for(fields.get("requiredResourceAccess"))?,
            principal: None,
        };
        application.has(keys);
        let answer = application.json(false);
        self.applications.push(application);
        Ok(created(answer))
    }

    pub(super) fn update(
        &mut self,
        id: &str,
        body: &Value,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        let fields = object(body)?;
        known_properties(fields.keys())?;
        let (lag, rng) = (self.lag, &mut self.rng);
        let mut known = self.applications.iter_mut();
        let found = known.find(|one| one.id == id && now >= one.made.saturating_add(lag));
        let found = found.ok_or_else(|| no_such(id, StatusCode::NOT_FOUND))?;
        let keys = match fields.get("keyCredentials") {
            Some(keys) => Some(Key::read_all(Some(keys), &found.keys, rng)?),
            None => None,
        };
        if let Some(asked) = fields.get("requiredResourceAccess") {
            found.asks_for = asked_for(Some(asked))?;
        }
        if let Some(keys) = keys {
            found.has(keys);
        }
        Ok(Reply::no_content())
    }
}

impl Application {
    fn has(&mut self, keys: Vec<Key>) {
        let certificates = keys.iter().map(|key| key.certificate.clone());
        self.vouchers.replace(certificates.collect());
        self.keys = keys;
    }

    fn granted(&self) -> Vec<String> {
        let grants = self.principal.iter().flat_map(|one| &one.grants);
        grants.map(|grant| grant.role.clone()).collect()
    }

    fn fits(&self, filter: Option<&Filter>) -> bool {
        let value = |name: &str| {
            Literal::of(Some(match name {
                "id" => &self.id,
                "appId" => &self.app_id,
                _ => &self.name,
            }))
        };
        filter.is_none_or(|filter| filter.fits(&value))
    }

    fn json(&self, with_keys: bool) -> Value {
        let keys: Vec<Value> = self.keys.iter().map(|key| key.json(with_keys)).collect();
        let roles = self.asks_for.iter();
        let roles: Vec<Value> = roles.map(|id| json!({"id": id, "type": "Role"})).collect();
        json!({
            "id": self.id, "appId": self.app_id, "displayName": self.name,
            "createdDateTime": timestamp::iso(self.made.as_secs()), "signInAudience": self.audience,
            "keyCredentials": keys, "passwordCredentials": [],
            "requiredResourceAccess": [{"resourceAppId": GRAPH, "resourceAccess": roles}],
        })
    }
}

fn known_properties<'k>(mut names: impl Iterator<Item = &'k String>) -> Result<(), Refusal> {
    match names.find(|name| !PROPERTIES.contains(&name.as_str())) {
        Some(name) => Err(bad(format!("Invalid property '{name}'."))),
        None => Ok(()),
    }
}

/// The ids of the roles that an application asks for.
fn asked_for(list: Option<&Value>) -> Result<Vec<String>, Refusal> {
    let mut roles = Vec::new();
    let invalid = || bad("Property requiredResourceAccess value is invalid.");
    let of_resources = list.map_or(Some(&[][..]), |list| list.as_array().map(Vec::as_slice));
    for resource in of_resources.ok_or_else(invalid)? {
        let app_id = resource.get("resourceAppId").and_then(Value::as_str);
        let access = resource.get("resourceAccess").and_then(Value::as_array);
        for one in access.filter(|_| app_id.is_some()).ok_or_else(invalid)? {
            let id = one.get("id").and_then(Value::as_str);
            let kind = one.get("type").and_then(Value::as_str);
            let is_kind = matches!(kind, Some("Role" | "Scope"));
            roles.push(id.filter(|_| is_kind).ok_or_else(invalid)?.to_owned());
        }
    }
    Ok(roles)
}

fn name_of(role: &str) -> String {
    let known = ROLES.iter().find(|(id, _)| *id == role);
    known.map_or(role, |(_, name)| *name).to_owned()
}

/// A page of what is listed, with the selected properties.
fn paged(
    page: &Page<'_>,
    entity: &str,
    items: impl Iterator<Item = Value>,
) -> Result<Reply, Refusal> {
    let size = page.size(PAGE_SIZE, MAX_TOP)?;
    let start = usize::try_from(page.start()?).unwrap_or(usize::MAX);
    let items = (0..).zip(items).skip(start).take(size + 1);
    let items = items.map(|(number, item)| (number, selected(item, page.select())));
    Ok(page.reply(entity, items.collect(), size))
}

fn selected(mut item: Value, select: Option<&str>) -> Value {
    if let (Some(select), Some(fields)) = (select, item.as_object_mut()) {
        let names: Vec<&str> = select.split(',').map(str::trim).collect();
        fields.retain(|name, _| names.contains(&name.as_str()));
    }
    item
}

fn created(body: Value) -> Reply {
    Reply {
        status: StatusCode::CREATED,
        body: Some(body),
    }
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "Request_BadRequest", message)
}

fn no_such(id: &str, status: StatusCode) -> Refusal {
    let message = format!(
        "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
    );
    Refusal::new(status, "Request_ResourceNotFound", message)
}
