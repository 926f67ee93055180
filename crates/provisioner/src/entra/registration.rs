//! Registering the application that manages tokens, for an administrator who has signed in.
//!
//! What is there already is looked at first, and only what is missing is made. The certificate tells
//! which application is ours: whoever registers again with the same one completes what was begun, and
//! makes no second application.

mod standing;

use std::fmt;
use std::time::Duration;

use entra_graph::{
    AddCertificate, Certificate, CreateApplication, CreateServicePrincipal, Error, GetApplication,
    GrantRole, GraphClient, GraphEndpoint, ObjectId, Permission, RegisteredApplication,
};
use idp_http::{Effect, Endpoint, Retry};

pub use self::standing::Standing;
use super::failures::failure;
use crate::pace::End;
use crate::{Failure, Pace, Problem, Quota, Verdict};

const REGISTRATION: Quota = Quota("registration");
/// How long the directory may take until it knows everywhere what was made. Minutes were seen.
const SPREADING: Duration = Duration::from_secs(300);
/// How long an application is looked for whose registration brought no clear answer.
const LOOKING: Duration = Duration::from_secs(120);
/// How often a registration is tried that did not leave.
const UNSENT: u32 = 3;

/// The application that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedApplication {
    /// What it is called in the admin centre.
    pub name: String,
    /// The client id of one that exists and is to be completed, whatever it is called.
    pub app_id: Option<ObjectId>,
    /// What it may do.
    pub permissions: Vec<Permission>,
}

/// A part of a registration, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The application, with its certificate.
    Application,
    /// One more certificate of an application that exists.
    Certificate,
    /// The application in the tenant.
    ServicePrincipal,
    /// A permission with an administrator's consent.
    Permission(Permission),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Application => f.write_str("the application"),
            Self::Certificate => f.write_str("the application's certificate"),
            Self::ServicePrincipal => f.write_str("its service principal"),
            Self::Permission(permission) => write!(f, "the permission {}", permission.name),
        }
    }
}

/// What happens while an application is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistrationEvent {
    /// A part is there now.
    Made(Part),
    /// The application has this client id.
    Registered(ObjectId),
    /// A part was not possible yet and is tried again, or looked for, after this wait.
    Waiting(Part, Duration),
}

/// Registers applications with what the client's sign-in may do: an administrator's, with
/// [`Scopes::Registration`](entra_graph::Scopes::Registration).
pub struct Registrar<'a> {
    /// Who has signed in.
    pub client: &'a GraphClient,
    /// When calls go.
    pub pace: &'a Pace,
    /// Told what happens.
    pub events: &'a (dyn Fn(&RegistrationEvent) + Send + Sync),
}

impl fmt::Debug for Registrar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registrar").finish_non_exhaustive()
    }
}

impl Registrar<'_> {
    /// Makes what is missing, and says the client id. `standing` is what
    /// [`Registrar::look`] has just seen.
    ///
    /// # Errors
    /// [`Failure`] where a part was refused, or is not possible for five minutes, or nobody knows
    /// whether it was made. What was made stays: look again, then complete.
    pub async fn complete(
        &self,
        standing: &Standing,
        certificate: &Certificate,
    ) -> Result<ObjectId, Failure> {
        let standing = &self.seen_again(standing, certificate).await?;
        let app_id = match &standing.application {
            Some(application) => application.app_id.clone(),
            None => self.register(standing, certificate).await?,
        };
        (self.events)(&RegistrationEvent::Registered(app_id.clone()));
        if let Some(application) = &standing.application
            && !standing.has_certificate
        {
            self.add_certificate(&application.id, certificate).await?;
        }
        let principal = match &standing.principal {
            Some(principal) => principal.clone(),
            None => self.make_principal(&app_id).await?,
        };
        for permission in standing.missing_permissions() {
            self.grant(&principal, &standing.graph, permission).await?;
        }
        Ok(app_id)
    }

    /// A person may have thought it over for long: an application that is there by now is not made.
    async fn seen_again(
        &self,
        standing: &Standing,
        certificate: &Certificate,
    ) -> Result<Standing, Failure> {
        let wanted = &standing.wanted;
        let is_new = standing.application.is_none();
        match is_new && self.is_there(&wanted.name, certificate).await? {
            true => self.look(wanted.clone(), Some(certificate)).await,
            false => Ok(standing.clone()),
        }
    }

    /// A second attempt after one without an answer could make a second application: it is looked for
    /// instead.
    async fn register(
        &self,
        standing: &Standing,
        certificate: &Certificate,
    ) -> Result<ObjectId, Failure> {
        const PART: Part = Part::Application;
        let WantedApplication {
            name, permissions, ..
        } = &standing.wanted;
        let create = CreateApplication::new(name, certificate, permissions.iter().copied());
        let mut tries = 0;
        let made = loop {
            tries += 1;
            let error = match self.call(&create).await {
                Ok(made) => break made,
                Err(error) => error,
            };
            match error.retry() {
                Retry::Safe { after } if tries < UNSENT => self.wait(PART, after, tries).await,
                Retry::InDoubt { after } => break self.find(name, certificate, after).await?,
                _ => return Err(hindrance(&error)),
            }
        };
        self.made(PART);
        Ok(made.app_id)
    }

    /// The application that has this certificate, which may show late.
    async fn find(
        &self,
        name: &str,
        certificate: &Certificate,
        after: Option<Duration>,
    ) -> Result<RegisteredApplication, Failure> {
        let end = self.now().saturating_add(LOOKING);
        let mut looks = 0;
        self.wait(Part::Application, after, looks).await;
        loop {
            let with_ours = self.named_with(name, Some(certificate)).await?.ours;
            if let Some(found) = with_ours.into_iter().next() {
                return Ok(found);
            }
            if self.now() >= end {
                return Err(Failure {
                    verdict: Verdict::Unknown { after: None },
                    problem: Problem::new(
                        "application-unclear",
                        format!("whether the application {name:?} was registered is not known"),
                        "wait ten minutes, then do the same again with the same certificate: the \
                         application is looked for before anything is made",
                    ),
                    request_id: None,
                });
            }
            looks += 1;
            self.wait(Part::Application, None, looks).await;
        }
    }

    async fn add_certificate(
        &self,
        application: &ObjectId,
        certificate: &Certificate,
    ) -> Result<(), Failure> {
        const PART: Part = Part::Certificate;
        let read = &GetApplication(application.clone());
        let attempt = async || {
            let application = self.call(read).await?;
            // An attempt before this one may have had no answer.
            if application.has(certificate) {
                return Ok(());
            }
            self.call(&AddCertificate::new(&application, certificate))
                .await
        };
        self.insist(PART, attempt).await?;
        self.made(PART);
        Ok(())
    }

    async fn make_principal(&self, app_id: &ObjectId) -> Result<ObjectId, Failure> {
        const PART: Part = Part::ServicePrincipal;
        let create = &CreateServicePrincipal {
            app_id: app_id.clone(),
        };
        let made = self.insist(PART, async || self.call(create).await).await?;
        let principal = match made {
            Some(made) => made.id,
            // It was made all the same, or by the directory itself, and may show late.
            None => self.existing_principal(app_id).await?,
        };
        self.made(PART);
        Ok(principal)
    }

    async fn existing_principal(&self, app_id: &ObjectId) -> Result<ObjectId, Failure> {
        let end = self.now().saturating_add(SPREADING);
        let mut looks = 0;
        loop {
            let found = self.principals_of(app_id).await?;
            if let Some(found) = found.into_iter().next() {
                return Ok(found.id);
            }
            if self.now() >= end {
                return Err(not_known_yet(
                    Part::ServicePrincipal,
                    "it exists but is not shown",
                ));
            }
            looks += 1;
            self.wait(Part::ServicePrincipal, None, looks).await;
        }
    }

    async fn grant(
        &self,
        principal: &ObjectId,
        graph: &ObjectId,
        permission: Permission,
    ) -> Result<(), Failure> {
        let part = Part::Permission(permission);
        let role = ObjectId::parse(permission.role_id);
        let role = role.map_err(|error| {
            let message = format!("{}: {error}", permission.name);
            refused("permission-unknown", message, "report this")
        })?;
        let grant = &GrantRole {
            principal: principal.clone(),
            resource: graph.clone(),
            role,
        };
        self.insist(part, async || self.call(grant).await).await?;
        self.made(part);
        Ok(())
    }

    /// Makes what can be there only once, attempt after attempt, while the directory does not know yet
    /// what it is made for. None where it is there already.
    async fn insist<T, F, Fut>(&self, part: Part, mut attempt: F) -> Result<Option<T>, Failure>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, Error>>,
    {
        let end = self.now().saturating_add(SPREADING);
        let mut tries = 0;
        loop {
            let error = match attempt().await {
                Ok(made) => return Ok(Some(made)),
                Err(error) => error,
            };
            let spreads = match &error {
                Error::Service(service) if service.is_there_already() => return Ok(None),
                Error::Service(service) => service.may_not_be_known_yet(),
                _ => false,
            };
            let passes = spreads || error.retry() != Retry::Never;
            if !passes {
                return Err(hindrance(&error));
            }
            tries += 1;
            let asked = error.retry().wait();
            if self.now().saturating_add(waiting(asked, tries)) > end {
                return Err(not_known_yet(part, &error.to_string()));
            }
            self.wait(part, asked, tries).await;
        }
    }

    async fn wait(&self, part: Part, asked: Option<Duration>, tries: u32) {
        let wait = waiting(asked, tries);
        (self.events)(&RegistrationEvent::Waiting(part, wait));
        self.pace.clock().sleep(wait).await;
    }

    fn made(&self, part: Part) {
        (self.events)(&RegistrationEvent::Made(part));
    }

    fn now(&self) -> Duration {
        self.pace.clock().monotonic()
    }

    /// One attempt, when its turn has come.
    async fn call<E: GraphEndpoint>(&self, endpoint: &E) -> Result<E::Output, Error> {
        loop {
            let mut call = self.pace.turn(REGISTRATION).await;
            if !call.seat().await {
                continue;
            }
            call.send(<E as Endpoint>::EFFECT == Effect::Write);
            let answer = self.client.send(endpoint).await;
            call.end(match &answer {
                Ok(_) => End::Answered,
                Err(error) => End::of(&failure(error)),
            });
            return answer.map(|answer| answer.value);
        }
    }

    /// Reads, and repeats what may be repeated.
    async fn read<E: GraphEndpoint>(&self, endpoint: &E) -> Result<E::Output, Failure> {
        let attempt = async || self.client.send(endpoint).await.map_err(|e| hindrance(&e));
        Ok(self.pace.read(REGISTRATION, attempt).await?.value)
    }
}

/// What the service asked for, and more with each attempt.
fn waiting(asked: Option<Duration>, tries: u32) -> Duration {
    asked.unwrap_or_default().max(Pace::backoff(tries))
}

/// Why something could not be made or seen.
fn hindrance(error: &Error) -> Failure {
    let mut failure = failure(error);
    if error.is_permission() {
        let again = ", and do the same again: what was made so far stays";
        failure.problem.next.push_str(again);
    }
    failure
}

fn not_known_yet(part: Part, why: &str) -> Failure {
    Failure {
        verdict: Verdict::Unknown { after: None },
        problem: Problem::new(
            "not-known-yet",
            format!("{part} could not be made in five minutes: {why}"),
            "wait some minutes, then do the same again with the same certificate: what was made so far \
             stays, and what is missing is made",
        ),
        request_id: None,
    }
}

fn refused(code: &str, message: String, next: impl Into<String>) -> Failure {
    Failure {
        verdict: Verdict::Refused,
        problem: Problem::new(code, message, next),
        request_id: None,
    }
}
