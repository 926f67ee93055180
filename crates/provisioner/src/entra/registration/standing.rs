//! How far a registration is.

use std::time::Duration;

use entra_graph::{
    Certificate, GetApplication, GraphEndpoint, ListApplications, ListGrantedRoles,
    ListServicePrincipals, ObjectId, Page, PageLink, Permission, RegisteredApplication,
    ServicePrincipal,
};

use super::{Part, Registrar, WantedApplication, refused};
use crate::Failure;
use crate::entra::failures::endless_list;

/// How long an application is looked for again that an earlier attempt may have made.
const EARLIER: Duration = Duration::from_secs(10);
/// Pages of a list that are read at most: each is about one application, or one name.
const MAX_PAGES: usize = 20;
/// Applications of one name whose certificates are read at most.
const MAX_NAMESAKES: usize = 20;

/// How far a registration is: what there is of it, and what is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub(super) wanted: WantedApplication,
    pub(super) application: Option<RegisteredApplication>,
    pub(super) has_certificate: bool,
    pub(super) principal: Option<ObjectId>,
    /// Microsoft Graph's service principal, whose permissions are granted.
    pub(super) graph: ObjectId,
    pub(super) granted: Vec<Permission>,
}

/// Applications of one name.
pub(super) struct Namesakes {
    pub(super) ours: Vec<RegisteredApplication>,
    pub(super) others: Vec<RegisteredApplication>,
}

impl Standing {
    /// The parts, and whether each is there.
    #[must_use]
    pub fn parts(&self) -> Vec<(Part, bool)> {
        let exists = self.application.is_some();
        let mut parts = vec![(Part::Application, exists)];
        if exists {
            parts.push((Part::Certificate, self.has_certificate));
        }
        parts.push((Part::ServicePrincipal, self.principal.is_some()));
        let permissions = self.wanted.permissions.iter();
        parts.extend(permissions.map(|one| (Part::Permission(*one), self.granted.contains(one))));
        parts
    }

    /// True where nothing is missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.parts().iter().all(|(_, is_there)| *is_there)
    }

    /// The client id, where there is an application.
    #[must_use]
    pub fn app_id(&self) -> Option<&ObjectId> {
        self.application.as_ref().map(|one| &one.app_id)
    }

    pub(super) fn missing_permissions(&self) -> impl Iterator<Item = Permission> {
        let wanted = self.wanted.permissions.iter().copied();
        wanted.filter(|one| !self.granted.contains(one))
    }
}

impl Registrar<'_> {
    /// Looks how far the registration is. `certificate` is the one of an earlier attempt, where there is
    /// one: the application that has it is completed.
    ///
    /// # Errors
    /// [`Failure`] where something cannot be read; where an application has the name and not the
    /// certificate, or several have both, and none is named by its id; and where the one that is named
    /// does not exist.
    pub async fn look(
        &self,
        wanted: WantedApplication,
        certificate: Option<&Certificate>,
    ) -> Result<Standing, Failure> {
        let application = match &wanted.app_id {
            Some(app_id) => Some(self.with_id(app_id).await?),
            None => self.by_name(&wanted.name, certificate).await?,
        };
        let has_certificate = application
            .as_ref()
            .zip(certificate)
            .is_some_and(|(application, certificate)| application.has(certificate));
        let principal = match &application {
            Some(application) => self.principals_of(&application.app_id).await?.into_iter(),
            None => Vec::new().into_iter(),
        };
        let principal = principal.map(|found| found.id).next();
        let graph = self.graph().await?;
        let granted = match &principal {
            Some(principal) => self.granted(principal, &graph, &wanted).await?,
            None => Vec::new(),
        };
        Ok(Standing {
            wanted,
            application,
            has_certificate,
            principal,
            graph,
            granted,
        })
    }

    async fn with_id(&self, app_id: &ObjectId) -> Result<RegisteredApplication, Failure> {
        let list = ListApplications::with_app_id(app_id);
        let found = self.all(list, ListApplications::next).await?;
        let Some(found) = found.into_iter().next() else {
            let message = format!("the tenant has no application with the client id {app_id}");
            let next = "compare it with App registrations in the admin centre; a new application shows some \
                        minutes late";
            return Err(refused("application-unknown", message, next));
        };
        self.read(&GetApplication(found.id)).await
    }

    /// The application with our certificate. An earlier attempt with it may have made one that does not
    /// show yet.
    async fn by_name(
        &self,
        name: &str,
        certificate: Option<&Certificate>,
    ) -> Result<Option<RegisteredApplication>, Failure> {
        let end = self.now().saturating_add(EARLIER);
        let mut looks = 0;
        loop {
            let found = self.named_with(name, certificate).await?;
            let one = only(name, found)?;
            if one.is_some() || certificate.is_none() || self.now() >= end {
                return Ok(one);
            }
            looks += 1;
            self.wait(Part::Application, None, looks).await;
        }
    }

    pub(super) async fn is_there(
        &self,
        name: &str,
        certificate: &Certificate,
    ) -> Result<bool, Failure> {
        let found = self.named_with(name, Some(certificate)).await?;
        Ok(only(name, found)?.is_some())
    }

    pub(super) async fn named_with(
        &self,
        name: &str,
        certificate: Option<&Certificate>,
    ) -> Result<Namesakes, Failure> {
        let list = ListApplications::named(name);
        let found = self.all(list, ListApplications::next).await?;
        if found.len() > MAX_NAMESAKES {
            let message = format!("{} applications are called {name:?}", found.len());
            return Err(refused("application-exists", message, OTHER));
        }
        let mut all = Vec::with_capacity(found.len());
        for one in found {
            all.push(self.read(&GetApplication(one.id)).await?);
        }
        let is_ours = |one: &RegisteredApplication| {
            certificate.is_some_and(|certificate| one.has(certificate))
        };
        let (ours, others) = all.into_iter().partition(is_ours);
        Ok(Namesakes { ours, others })
    }

    pub(super) async fn principals_of(
        &self,
        app_id: &ObjectId,
    ) -> Result<Vec<ServicePrincipal>, Failure> {
        let list = ListServicePrincipals::of(app_id);
        self.all(list, ListServicePrincipals::next).await
    }

    async fn graph(&self) -> Result<ObjectId, Failure> {
        let missing = || {
            let message = "the tenant shows no service principal of Microsoft Graph".to_owned();
            refused(
                "graph-unknown",
                message,
                "check the Graph address and the tenant",
            )
        };
        let app_id = ObjectId::parse(Permission::GRAPH_APP_ID).map_err(|_| missing())?;
        let found = self.principals_of(&app_id).await?.into_iter().next();
        found.map(|found| found.id).ok_or_else(missing)
    }

    async fn granted(
        &self,
        principal: &ObjectId,
        graph: &ObjectId,
        wanted: &WantedApplication,
    ) -> Result<Vec<Permission>, Failure> {
        let list = ListGrantedRoles::of(principal);
        let roles = self.all(list, ListGrantedRoles::next).await?;
        let is_granted = |permission: &Permission| {
            let mut roles = roles.iter().filter(|one| one.resource == *graph);
            roles.any(|one| one.role.as_str() == permission.role_id)
        };
        let wanted = wanted.permissions.iter().copied();
        Ok(wanted.filter(is_granted).collect())
    }

    /// A short list, to its end.
    async fn all<T, E>(&self, first: E, next: fn(PageLink) -> E) -> Result<Vec<T>, Failure>
    where
        E: GraphEndpoint<Output = Page<T>>,
    {
        let (mut items, mut endpoint) = (Vec::new(), first);
        for _ in 0..MAX_PAGES {
            let page = self.read(&endpoint).await?;
            items.extend(page.items);
            match page.next {
                Some(link) => endpoint = next(link),
                None => return Ok(items),
            }
        }
        Err(endless_list())
    }
}

const OTHER: &str =
    "complete one of them by its client id (--app-id), or choose another name (--name)";

/// The one that is ours, or none at all.
fn only(
    name: &str,
    Namesakes { ours, others }: Namesakes,
) -> Result<Option<RegisteredApplication>, Failure> {
    let told = |all: &[RegisteredApplication]| {
        let one = |one: &RegisteredApplication| match &one.created {
            Some(created) => format!("{} made {created}", one.app_id),
            None => one.app_id.to_string(),
        };
        all.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    match (ours.as_slice(), others.as_slice()) {
        ([one], _) => Ok(Some(one.clone())),
        ([], []) => Ok(None),
        ([], others) => {
            let message = format!(
                "an application called {name:?} exists, and not with this certificate: {}",
                told(others)
            );
            Err(refused("application-exists", message, OTHER))
        }
        (ours, _) => {
            let message = format!(
                "several applications called {name:?} have this certificate: {}",
                told(ours)
            );
            Err(refused("application-exists", message, OTHER))
        }
    }
}
