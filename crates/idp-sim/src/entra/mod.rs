//! Microsoft Entra ID: the token endpoint, and the part of Graph that hardware tokens need.

mod act;
mod applications;
mod batch;
mod bulk;
mod codes;
mod devices;
mod directory;
mod errors;
mod facts;
mod inventory;
mod legacy;
mod limits;
mod login;
mod methods;
mod odata;
mod operation;
mod page;
mod policy;
mod rights;
mod search;
pub(crate) mod switches;
mod token;
mod truth;

use std::time::Duration;

use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use self::applications::Registry;
use self::directory::Directory;
use self::errors::{Ids, Refusal, Reply, respond, set};
use self::inventory::Inventory;
use self::limits::{Quotas, throttled};
use self::login::Login;
use self::operation::{ME, Operation};
use self::page::Page;
use self::policy::Policy;
use self::token::{DOMAIN, Permissions, Tokens, need};
use crate::act::{Act, Actor, Subject};
use crate::people::Person;
use crate::rng::Rng;
use crate::service::{Route, Service, SimRequest, SimResponse};

pub use self::switches::EntraSwitches;
pub use self::truth::{EntraAccess, EntraApplication, EntraDevice, EntraTruth};

/// Separates Entra's random numbers from others of the same seed.
const STREAM: u64 = 0xe27a;
/// The same for what a machine's identity needs.
const STREAM_OF_IDENTITY: u64 = 0xe27b;
/// The same for applications that are registered.
const STREAM_OF_APPLICATIONS: u64 = 0xe27c;

/// One tenant with one application.
pub(crate) struct Entra {
    switches: EntraSwitches,
    directory: Directory,
    inventory: Inventory,
    tokens: Tokens,
    login: Login,
    quotas: Quotas,
    policy: Policy,
    registry: Registry,
    rng: Rng,
}

impl Entra {
    pub(crate) fn new(people: &[Person], switches: EntraSwitches, seed: u64) -> Self {
        let mut rng = Rng::new(seed, STREAM);
        let lag = Duration::from_millis(switches.visibility_lag_ms);
        let mut entra = Self {
            tokens: Tokens::new(&mut rng, &mut Rng::new(seed, STREAM_OF_IDENTITY)),
            login: Login::default(),
            directory: Directory::new(people, &mut rng),
            inventory: Inventory::new(lag, switches.serial_ignores_case),
            quotas: Quotas::new(&switches),
            policy: Policy::new(switches.policy_enabled),
            registry: Registry::new(Rng::new(seed, STREAM_OF_APPLICATIONS), &switches),
            switches,
            rng,
        };
        entra.upload_legacy();
        entra
    }

    pub(crate) fn access(&self) -> EntraAccess {
        self.tokens.access()
    }

    pub(crate) fn truth(&self) -> EntraTruth {
        let login = |id: &str| {
            self.directory
                .find(id)
                .map_or_else(|| id.to_owned(), |user| user.person.login.clone())
        };
        EntraTruth {
            devices: self.inventory.truth(login),
            applications: self.registry.truth(),
        }
    }

    /// Checks who asks and how often, and carries the operation out.
    fn graph(
        &mut self,
        operation: &Operation,
        request: &SimRequest,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        let permissions = self.tokens.permissions(request, now)?.clone();
        let roles = permissions.names();
        if let Operation::Unknown { .. } = operation {
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "BadRequest",
                "Resource not found for the segment.",
            ));
        }
        let own = operation.own_permission();
        need(roles, &[operation.permissions(), own.as_slice()].concat())?;
        if let (Permissions::Delegated(_), [_, ..]) = (&permissions, operation.directory_roles()) {
            need(&self.switches.signed_in_roles, operation.directory_roles())?;
        }
        let operation = &self.on_device(self.for_its_user(operation, &permissions)?);
        self.admit(operation, now)?;
        let page = Page::of(request)?;
        match operation.route().write {
            true => self.write(operation, request, &page, roles, now),
            false => self.read(operation, &page, now),
        }
    }

    /// The operation with the name of who is signed in, in place of `/me`.
    fn for_its_user(
        &self,
        operation: &Operation,
        permissions: &Permissions,
    ) -> Result<Operation, Refusal> {
        if operation.user() != Some(ME) {
            return Ok(operation.clone());
        }
        if let Permissions::Application(_) = permissions {
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "BadRequest",
                "/me request is only valid with delegated authentication flow.",
            ));
        }
        let user = self.switches.signed_in_user.as_deref();
        let user = user.or_else(|| self.directory.first());
        Ok(operation.clone().by(user.unwrap_or_default()))
    }

    fn admit(&mut self, operation: &Operation, now: Duration) -> Result<(), Refusal> {
        let admitted = self.quotas.take(operation, now);
        admitted.map_err(|wait| throttled(wait, self.switches.retry_after, now))
    }

    fn read(
        &self,
        operation: &Operation,
        page: &Page<'_>,
        now: Duration,
    ) -> Result<Reply, Refusal> {
        match operation {
            Operation::ListDevices => self.list_devices(page, now),
            Operation::GetDevice { id } => self.get_device(id, page, now),
            Operation::ListMethods { user } => self.list_methods(user, page, now),
            Operation::GetMethod { user, id } => self.get_method(user, id, page, now),
            Operation::ListUsers => self.directory.list(page, &self.switches),
            Operation::GetUser { user } => {
                page.allow(&["$select"])?;
                self.directory
                    .get(user)
                    .map(|user| Reply::ok(user.json(page.select())))
            }
            Operation::Organization => Ok(Reply::ok(self.organization(page))),
            Operation::GetPolicy => Ok(Reply::ok(self.policy.json())),
            Operation::CountDevices => self.count_devices(page, now),
            Operation::ListApplications => self.registry.list(page, now),
            Operation::GetApplication { id } => self.registry.get(id, page, now),
            Operation::ListPrincipals => self.registry.list_principals(page, now),
            Operation::ListGrants { id } => self.registry.list_grants(id, page, now),
            _ => Err(Refusal::of_status(404)),
        }
    }

    fn write(
        &mut self,
        operation: &Operation,
        request: &SimRequest,
        page: &Page<'_>,
        roles: &[String],
        now: Duration,
    ) -> Result<Reply, Refusal> {
        match operation {
            Operation::DeleteDevice { id } => return self.delete_device(id, now),
            Operation::Unassign { user, id } => return self.unassign(user, id, now),
            Operation::Deactivate { user, id } => return self.deactivate(user, id, now),
            _ => {}
        }
        let body = &json_body(request)?;
        match operation {
            Operation::CreateDevice => self.create_device(body, page, roles, now),
            Operation::BulkCreate => self.bulk_create(body, page, roles, now),
            Operation::UpdateDevice { id } => self.update_device(id, body, page, now),
            Operation::Assign { user } => self.assign(user, body, now),
            Operation::Activate { user, id } => self.activate(user, id, body, now),
            Operation::AssignAndActivate { user } => self.assign_and_activate(user, body, now),
            Operation::AssignAndActivateBySerial { user } => {
                self.assign_and_activate_by_serial(user, body, now)
            }
            Operation::UpdatePolicy => self.policy.update(body),
            Operation::CreateApplication => self.registry.create(body, page, now),
            Operation::UpdateApplication { id } => self.registry.update(id, body, now),
            Operation::CreatePrincipal => self.registry.create_principal(body, now),
            Operation::Grant { id } => self.registry.grant(id, body, roles, now),
            _ => Err(Refusal::of_status(404)),
        }
    }

    fn organization(&self, page: &Page<'_>) -> Value {
        json!({"@odata.context": page.context("organization"), "value": [{
            "id": self.tokens.tenant_id,
            "displayName": "Simulated tenant",
            "verifiedDomains": [{"name": DOMAIN, "isDefault": true, "isInitial": true}],
        }]})
    }

    fn ids(&mut self, request: Option<&SimRequest>) -> Ids {
        let client =
            request.and_then(|request| request.headers().get("client-request-id")?.to_str().ok());
        Ids {
            request: self.rng.uuid(),
            client: client.map(str::to_owned),
        }
    }
}

impl Service for Entra {
    fn route(&self, request: &SimRequest) -> Route {
        Operation::of(request).route()
    }

    fn handle(&mut self, request: &SimRequest, now: Duration) -> SimResponse {
        let operation = Operation::of(request);
        if let Some(answer) = self.log_in(&operation, request, now) {
            return answer;
        }
        let outcome = match operation {
            Operation::Batch { .. } => self.batch(request, now),
            _ => self.graph(&operation, request, now),
        };
        let ids = self.ids(Some(request));
        let mut response = respond(outcome, &ids, now);
        if operation == Operation::CountDevices && response.status().is_success() {
            set(&mut response, CONTENT_TYPE.as_str(), "text/plain");
        }
        if self.switches.throttle_percentage
            && let Some(share) = self.quotas.told_share(&operation, now)
        {
            set(&mut response, "x-ms-throttle-limit-percentage", &share);
        }
        response
    }

    fn subject(&self, request: &SimRequest) -> Subject {
        self.subject_of(request)
    }

    fn act(&mut self, act: &Act, subject: &Subject, now: Duration) -> Result<(), String> {
        self.inventory.actor = Actor::Operator;
        let done = self.operate(act, subject, now);
        self.inventory.actor = Actor::Client;
        done
    }

    fn remember_for(&mut self, memory: Duration) {
        self.inventory.remember_for(memory);
    }

    fn look_back(&mut self, age: Duration) {
        self.inventory.look_back(age);
    }

    fn error(&mut self, status: u16, retry_after: Option<&str>, now: Duration) -> SimResponse {
        let refusal = Refusal {
            retry_after: retry_after.map(str::to_owned),
            ..Refusal::of_status(status)
        };
        let ids = self.ids(None);
        respond(Err(refusal), &ids, now)
    }
}

/// The body of a request that must have one, as JSON.
fn json_body(request: &SimRequest) -> Result<Value, Refusal> {
    let kind = request
        .headers()
        .get(http::header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(Refusal::bad_request(
            "The request body must have the content type application/json.",
        ));
    }
    // What serde_json says may quote the body, which holds secrets.
    serde_json::from_slice(request.body())
        .map_err(|_| Refusal::bad_request("The request body is not valid JSON."))
}
