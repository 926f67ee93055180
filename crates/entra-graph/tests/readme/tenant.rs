// A tenant of the simulator, for the examples of the README and for tests.

use std::sync::Arc;
use std::time::Duration;

use entra_graph::{ClientSecret, GraphClient, GraphOptions, HashFunction, NewDevice, TenantId};
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

/// A tenant with three people: Ann, who is signed in, Bob, who has a token that was uploaded as CSV, and Zoë.
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
    config.set("entra.signed_in_user", "ann@example.com")?;
    config.set("entra.legacy_tokens", "bob@example.com:60234500")?;
    config
        .entra
        .granted_roles
        .push("Organization.Read.All".to_owned());
    change(&mut config.entra)?;

    let clock = Arc::new(TokioClock::starting_at(Duration::from_secs(1_800_000_000)));
    let sim = Sim::new(config, clock.clone());
    let access = sim.entra();
    let credential = ClientSecret::new(
        TenantId::parse(&access.tenant_id)?,
        access.client_id,
        access.client_secret.into(),
    );
    let options = GraphOptions::new(
        BaseUrl::parse(&access.login_url)?,
        BaseUrl::parse(&access.graph_url)?,
        Arc::new(|| "11112222-bbbb-3333-cccc-4444dddd5555".to_owned()),
    );
    let client = GraphClient::new(Arc::new(sim.transport()), clock, credential, options);
    Ok(Tenant { sim, client })
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
