//! From settings to an identity provider: the real one, or the embedded simulator over loopback.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use entra_graph::{ClientSecret, TenantId};
use idp_http::{BaseUrl, Clock, ReqwestOptions, ReqwestTransport, Transport};
use idp_sim::{Addresses, Serving, Sim, SimConfig};
use okta_factors::{OktaClient, SswsToken};
use provisioner::entra::{Entra, EntraOptions};
use provisioner::okta::Okta;
use provisioner::{IdentityProvider, Pace, Roster, Token};

use crate::args::{Common, Idp, Pacing, Place};
use crate::exit::{Exit, Failed};
use crate::settings::{EntraSettings, OktaSettings, Settings, Way};
use crate::{entra, system};

/// A connected identity provider, and the simulator behind it where there is one.
pub(crate) struct Connection {
    pub(crate) provider: Box<dyn IdentityProvider>,
    pub(crate) pace: Pace,
    pub(crate) clock: Arc<dyn Clock>,
    _sandbox: Option<Serving>,
}

/// How Entra's tenant is known.
#[derive(Clone, Copy)]
enum Naming {
    /// By its id: where a domain is set, Entra is asked.
    ById,
    /// By what is set: nothing is asked.
    AsSet,
}

/// Connects to what the options and settings say. A sandbox gets the users that the roster names.
pub(crate) async fn connect(
    common: &Common,
    idp: Idp,
    pacing: Pacing,
    roster: &Roster,
) -> Result<Connection, Failed> {
    connect_by(Naming::ById, common, idp, pacing, roster).await
}

/// The same for who wants to look at the sign-in itself: Entra is not asked for anything yet.
pub(crate) async fn connect_unasked(common: &Common, place: Place) -> Result<Connection, Failed> {
    let nobody = Roster::without_seeds(Vec::new());
    connect_by(Naming::AsSet, common, place.idp, place.pacing, &nobody).await
}

async fn connect_by(
    naming: Naming,
    common: &Common,
    idp: Idp,
    pacing: Pacing,
    roster: &Roster,
) -> Result<Connection, Failed> {
    let clock = system::clock();
    let settings = Settings::load(common)?;
    let transport = transport(settings.ca_bundle()?)?;
    let pace = Pace::within(Arc::clone(&clock), pacing.into());
    let sandbox = match common.sandbox {
        true => Some(sandbox(roster, &clock).await?),
        false => None,
    };
    let provider: Box<dyn IdentityProvider> = match idp {
        Idp::Entra => {
            let settings = match &sandbox {
                Some(sandbox) => sandbox_entra(sandbox)?,
                None => settings.entra()?,
            };
            Box::new(entra(naming, settings, transport, &clock, &pace).await?)
        }
        Idp::Okta => {
            let profile = settings.okta_profile();
            let settings = match &sandbox {
                Some(sandbox) => sandbox_okta(sandbox, profile)?,
                None => settings.okta()?,
            };
            Box::new(okta(settings, transport, &clock, &pace).await?)
        }
    };
    Ok(Connection {
        provider,
        pace,
        clock,
        _sandbox: sandbox,
    })
}

fn transport(ca_bundle: Option<Vec<u8>>) -> Result<Arc<dyn Transport>, Failed> {
    let mut options = ReqwestOptions::default();
    options.ca_bundle = ca_bundle;
    let transport = ReqwestTransport::new(&options)
        .map_err(|error| Failed::new(Exit::Access, error.to_string()))?;
    #[cfg(feature = "leak-on-purpose")]
    let transport = leak::Leaking(transport);
    #[cfg(feature = "crash-on-purpose")]
    let transport = crate::crash::Crashing(transport);
    Ok(Arc::new(transport))
}

#[cfg(all(feature = "leak-on-purpose", not(debug_assertions)))]
compile_error!(
    "the feature `leak-on-purpose` is for the secret scan's own test, never for a release"
);

/// The negative control of the secret scan: a transport that writes request bodies to the log.
#[cfg(feature = "leak-on-purpose")]
mod leak {
    use idp_http::{Request, Response, Transport, TransportError};

    pub(super) struct Leaking<T>(pub(super) T);

    #[async_trait::async_trait]
    impl<T: Transport> Transport for Leaking<T> {
        async fn send(&self, request: Request) -> Result<Response, TransportError> {
            let body = String::from_utf8_lossy(request.body().as_ref());
            tracing::trace!(%body, "leak");
            self.0.send(request).await
        }
    }
}

async fn entra(
    naming: Naming,
    settings: EntraSettings,
    transport: Arc<dyn Transport>,
    clock: &Arc<dyn Clock>,
    pace: &Pace,
) -> Result<Entra, Failed> {
    let tenant = settings.tenant.clone();
    let client = entra::client(settings, transport, clock).await?;
    let options = EntraOptions::default();
    match naming {
        Naming::AsSet => Ok(Entra::new(client, &tenant.to_string(), options)),
        Naming::ById => Entra::connect(client, pace, &tenant, options)
            .await
            .map_err(Failed::unread),
    }
}

async fn okta(
    settings: OktaSettings,
    transport: Arc<dyn Transport>,
    clock: &Arc<dyn Clock>,
    pace: &Pace,
) -> Result<Okta, Failed> {
    let client = OktaClient::new(transport, Arc::clone(clock), settings.token, settings.org);
    Okta::connect(client, pace, settings.profile.as_deref())
        .await
        .map_err(Failed::unread)
}

/// Starts the simulator on free loopback ports. Its tenant is a new one each time.
async fn sandbox(roster: &Roster, clock: &Arc<dyn Clock>) -> Result<Serving, Failed> {
    let mut logins: Vec<&str> = roster.tokens().iter().filter_map(user).collect();
    logins.sort_unstable();
    logins.dedup();
    let config = SimConfig {
        people: logins.into_iter().map(idp_sim::Person::new).collect(),
        seed: system::random_seed(),
        ..SimConfig::default()
    };
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let addresses = Addresses {
        entra: free,
        okta: free,
        control: free,
    };
    let sim = Sim::new(config, Arc::clone(clock));
    idp_sim::serve(&sim, addresses)
        .await
        .map_err(|error| Failed::internal(format!("the simulator did not start: {error}")))
}

fn user(token: &Token) -> Option<&str> {
    token.user.as_deref()
}

fn sandbox_entra(sandbox: &Serving) -> Result<EntraSettings, Failed> {
    let access = &sandbox.ready().entra;
    let tenant =
        TenantId::parse(&access.tenant_id).map_err(|error| Failed::internal(error.to_string()))?;
    let secret = access.client_secret.clone().into();
    Ok(EntraSettings {
        authority: loopback(&access.login_url)?,
        graph: loopback(&access.graph_url)?,
        way: Way::Secret(ClientSecret::new(
            tenant.clone(),
            access.client_id.clone(),
            secret,
        )),
        tenant,
    })
}

fn sandbox_okta(sandbox: &Serving, profile: Option<String>) -> Result<OktaSettings, Failed> {
    let access = &sandbox.ready().okta;
    Ok(OktaSettings {
        org: loopback(&access.org_url)?,
        token: SswsToken::new(access.token.clone()),
        profile,
    })
}

fn loopback(url: &str) -> Result<BaseUrl, Failed> {
    BaseUrl::parse(url).map_err(|error| Failed::internal(error.to_string()))
}
