//! From settings to an identity provider: the real one, or the embedded simulator over loopback.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use entra_graph::{Application, ClientSecret, GraphClient, Scopes, TenantId};
use idp_http::{BaseUrl, Clock, ReqwestOptions, ReqwestTransport, Transport};
use idp_sim::{Addresses, Serving, Sim, SimConfig};
use okta_factors::{Credential, OktaClient, PrivateKey, ProofKey, ServiceApp, SswsToken};
use provisioner::entra::{Entra, EntraOptions};
use provisioner::okta::Okta;
use provisioner::{IdentityProvider, Pace, Roster, Token};
use zeroize::Zeroizing;

use crate::args::{AppRegistration, Common, Idp, Pacing, Place};
use crate::exit::{Exit, Failed};
use crate::settings::{EntraSettings, OktaApp, OktaMode, OktaSettings, OktaWay, Settings, Way};
use crate::{entra, system};

/// A connected identity provider, and the simulator behind it where there is one.
pub(crate) struct Connection {
    pub(crate) provider: Box<dyn IdentityProvider>,
    pub(crate) pace: Pace,
    pub(crate) clock: Arc<dyn Clock>,
    _sandbox: Option<Serving>,
}

/// A client of Okta, before anything is asked, and the simulator behind it where there is one.
pub(crate) struct OktaConnection {
    pub(crate) client: OktaClient,
    pub(crate) pace: Pace,
    _sandbox: Option<Serving>,
}

/// Signs in to Okta and no more: for what needs no factor profile.
pub(crate) async fn okta_client(
    common: &Common,
    pacing: Pacing,
    reach: Reach,
) -> Result<OktaConnection, Failed> {
    let clock = system::clock();
    let settings = Settings::load(common)?;
    let transport = transport(settings.ca_bundle()?)?;
    let nobody = Roster::without_seeds(Vec::new());
    let sandbox = sandbox_if_asked(common, &nobody, &clock).await?;
    let okta = match &sandbox {
        Some(sandbox) => sandbox_okta(sandbox, &settings)?,
        None => settings.okta()?,
    };
    let credential = credential(okta.way, reach)?;
    Ok(OktaConnection {
        client: OktaClient::new(transport, Arc::clone(&clock), credential, okta.org),
        pace: Pace::within(clock, pacing.into()),
        _sandbox: sandbox,
    })
}

/// What a command may do: nobody asks for more than that, where one can ask.
#[derive(Clone, Copy)]
pub(crate) enum Reach {
    /// It reads.
    Look,
    /// It may write, too.
    Change,
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
    reach: Reach,
) -> Result<Connection, Failed> {
    connect_by(Naming::ById, common, idp, pacing, roster, reach).await
}

/// The same for who wants to look at the sign-in itself: Entra is not asked for anything yet.
pub(crate) async fn connect_unasked(common: &Common, place: Place) -> Result<Connection, Failed> {
    let nobody = Roster::without_seeds(Vec::new());
    let (idp, pacing) = (place.idp, place.pacing);
    connect_by(Naming::AsSet, common, idp, pacing, &nobody, Reach::Look).await
}

async fn connect_by(
    naming: Naming,
    common: &Common,
    idp: Idp,
    pacing: Pacing,
    roster: &Roster,
    reach: Reach,
) -> Result<Connection, Failed> {
    let clock = system::clock();
    let settings = Settings::load(common)?;
    let transport = transport(settings.ca_bundle()?)?;
    let pace = Pace::within(Arc::clone(&clock), pacing.into());
    let sandbox = sandbox_if_asked(common, roster, &clock).await?;
    let provider: Box<dyn IdentityProvider> = match idp {
        Idp::Entra => {
            let settings = match &sandbox {
                Some(sandbox) => sandbox_entra(sandbox)?,
                None => settings.entra()?,
            };
            Box::new(entra(naming, settings, transport, &clock, &pace).await?)
        }
        Idp::Okta => {
            let settings = match &sandbox {
                Some(sandbox) => sandbox_okta(sandbox, &settings)?,
                None => settings.okta()?,
            };
            let credential = credential(settings.way, reach)?;
            let client = OktaClient::new(transport, Arc::clone(&clock), credential, settings.org);
            let connected = Okta::connect(client, &pace, settings.profile.as_deref()).await;
            let okta = connected.map_err(Failed::unread)?;
            Box::new(okta.matching_mail(settings.match_mail))
        }
    };
    Ok(Connection {
        provider,
        pace,
        clock,
        _sandbox: sandbox,
    })
}

/// A tenant in which an administrator has signed in, to register an application.
pub(crate) struct Administration {
    pub(crate) client: GraphClient,
    pub(crate) tenant: String,
    pub(crate) pace: Pace,
    pub(crate) clock: Arc<dyn Clock>,
    /// A variable with a credential that goes before a certificate.
    pub(crate) other_credential: Option<&'static str>,
    _sandbox: Option<Serving>,
}

/// Lets an administrator sign in.
pub(crate) async fn administration(
    common: &Common,
    args: &AppRegistration,
) -> Result<Administration, Failed> {
    let clock = system::clock();
    let settings = Settings::load(common)?;
    let transport = transport(settings.ca_bundle()?)?;
    let nobody = Roster::without_seeds(Vec::new());
    let sandbox = sandbox_if_asked(common, &nobody, &clock).await?;
    let other_credential = settings.goes_before_a_certificate();
    let settings = match &sandbox {
        Some(sandbox) => sandbox_administrator(sandbox, args)?,
        None => settings.administrator(args.sign_in, &args.sign_in_client)?,
    };
    let tenant = settings.tenant.to_string();
    Ok(Administration {
        client: entra::client(settings, transport, &clock).await?,
        tenant,
        pace: Pace::new(Arc::clone(&clock)),
        clock,
        other_credential,
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

fn credential(way: OktaWay, reach: Reach) -> Result<Credential, Failed> {
    let OktaApp {
        client_id,
        key,
        scopes,
    } = match way {
        OktaWay::Token(token) => return Ok(token.into()),
        OktaWay::App(app) => app,
    };
    let least = match reach {
        Reach::Look => okta_factors::Scopes::read_only(),
        Reach::Change => okta_factors::Scopes::provisioning(),
    };
    let app = ServiceApp::new(client_id, key, proof_key()?, system::request_ids());
    Ok(app.with_scopes(scopes.unwrap_or(least)).into())
}

/// A key of this process.
fn proof_key() -> Result<ProofKey, Failed> {
    let failed = |error: String| Failed::internal(format!("no key could be made: {error}"));
    let mut bytes = Zeroizing::new([0; 32]);
    system::fill_randomly(&mut *bytes).map_err(|error| failed(error.to_string()))?;
    ProofKey::from_random(&bytes).map_err(|error| failed(error.to_string()))
}

async fn sandbox_if_asked(
    common: &Common,
    roster: &Roster,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Serving>, Failed> {
    match common.sandbox {
        true => sandbox(roster, clock).await.map(Some),
        false => Ok(None),
    }
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
        scopes: Scopes::Tokens,
    })
}

fn sandbox_administrator(
    sandbox: &Serving,
    args: &AppRegistration,
) -> Result<EntraSettings, Failed> {
    let settings = sandbox_entra(sandbox)?;
    let client = args.sign_in_client.as_str();
    Ok(EntraSettings {
        way: Way::Sandbox(Application::new(settings.tenant.clone(), client)),
        scopes: Scopes::Registration,
        ..settings
    })
}

/// By the API token, or as the simulator's service app where that was said.
fn sandbox_okta(sandbox: &Serving, settings: &Settings) -> Result<OktaSettings, Failed> {
    let access = &sandbox.ready().okta;
    let way = match settings.okta_mode()? {
        Some(OktaMode::PrivateKey) => OktaWay::App(OktaApp {
            client_id: access.client_id.clone(),
            key: PrivateKey::parse(&access.private_key)
                .map_err(|error| Failed::internal(error.to_string()))?,
            scopes: None,
        }),
        _ => OktaWay::Token(SswsToken::new(access.token.clone())),
    };
    Ok(OktaSettings {
        org: loopback(&access.org_url)?,
        way,
        profile: settings.okta_profile(),
        match_mail: settings.match_mail()?,
    })
}

fn loopback(url: &str) -> Result<BaseUrl, Failed> {
    BaseUrl::parse(url).map_err(|error| Failed::internal(error.to_string()))
}
