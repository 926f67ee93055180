// A tenant of the simulator, for the examples of the README and for tests.

use std::sync::Arc;
use std::time::Duration;

use entra_graph::{
    Application, ClientSecret, Credential, GraphClient, GraphOptions, HashFunction, NewDevice,
    TenantId, UserSignIn,
};
use idp_http::{BaseUrl, TokioClock};
use idp_sim::{EntraSwitches, Person, Sim, SimConfig};
use oath_core::{Algorithm, Digits, Key, Period, Totp};
use secrecy::SecretString;

const SEED: &[u8] = b"12345678901234567890";
const SEED_BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// The simulator and a client of it.
pub(crate) struct Tenant {
    pub(crate) sim: Sim,
    pub(crate) client: GraphClient,
}

/// A tenant with three people: Ann, Bob, who has a token that was uploaded as CSV, and Zoë.
pub(crate) fn tenant() -> Result<Tenant, Box<dyn std::error::Error>> {
    tenant_with(|_| Ok(()))
}

/// The same with other switches.
pub(crate) fn tenant_with(
    change: impl FnOnce(&mut EntraSwitches) -> Result<(), String>,
) -> Result<Tenant, Box<dyn std::error::Error>> {
    let mut config = SimConfig::default();
    for (login, name) in [
        ("ann@example.com", "Ann O'Hara"),
        ("bob@example.com", "Bob Lee"),
        ("$zoe@example.com", "Zoë Ann Li"),
    ] {
        config.people.push(Person {
            name: name.to_owned(),
            ..Person::new(login)
        });
    }
    config.set("entra.legacy_tokens", "bob@example.com:60234500")?;
    config
        .entra
        .granted_roles
        .push("Organization.Read.All".to_owned());
    change(&mut config.entra)?;

    let sim = Sim::new(config, clock());
    let access = sim.entra();
    let tenant = TenantId::parse(&access.tenant_id)?;
    let secret = ClientSecret::new(tenant, access.client_id, access.client_secret.into());
    let client = client(&sim, secret)?;
    Ok(Tenant { sim, client })
}

/// A client with another credential.
pub(crate) fn client(
    sim: &Sim,
    credential: impl Into<Credential>,
) -> Result<GraphClient, Box<dyn std::error::Error>> {
    let transport = Arc::new(sim.transport());
    let options = options(sim)?;
    Ok(GraphClient::new(transport, clock(), credential, options))
}

/// The sign-in of Ann.
pub(crate) fn user_sign_in(sim: &Sim) -> Result<UserSignIn, Box<dyn std::error::Error>> {
    let access = sim.entra();
    let application = Application::new(TenantId::parse(&access.tenant_id)?, access.client_id);
    let transport = Arc::new(sim.transport());
    let options = options(sim)?;
    Ok(UserSignIn::new(transport, clock(), application, options))
}

fn options(sim: &Sim) -> Result<GraphOptions, Box<dyn std::error::Error>> {
    let access = sim.entra();
    Ok(GraphOptions::new(
        BaseUrl::parse(&access.login_url)?,
        BaseUrl::parse(&access.graph_url)?,
        Arc::new(|| "11112222-bbbb-3333-cccc-4444dddd5555".to_owned()),
    ))
}

fn clock() -> Arc<TokioClock> {
    Arc::new(TokioClock::starting_at(Duration::from_secs(1_800_000_000)))
}

/// A token, as a vendor's file describes it.
pub(crate) fn token(serial: &str) -> NewDevice {
    NewDevice {
        serial: serial.to_owned(),
        manufacturer: "Token2".to_owned(),
        model: "C202".to_owned(),
        secret_base32: SEED_BASE32.into(),
        period_seconds: 30,
        hash: HashFunction::HmacSha1,
        display_name: None,
        assign_to: None,
    }
}

/// The code that the token shows at this time.
pub(crate) fn code(unix: Duration) -> SecretString {
    let totp = Totp::new(Digits::SIX, Period::THIRTY);
    let code = totp.generate(&Key::new(Algorithm::Sha1, SEED), unix.as_secs());
    SecretString::from(code.as_str().to_owned())
}
