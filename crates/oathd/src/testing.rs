//! What tests of several files need.

mod client;
mod device;
mod script;
mod wizard;

use std::sync::Arc;
use std::time::Duration;

use idp_http::{Clock, TokioClock};
use idp_sim::{Sim, SimConfig};
use provisioner::{Holder, InventoryToken, State, TokenId, UserId};
use tempfile::TempDir;

pub(crate) use self::client::{Answer, Client};
pub(crate) use self::device::Device;
pub(crate) use self::script::{Said, Script};
pub(crate) use self::wizard::{Wizard, field};

use crate::app::{About, App, Config};
use crate::args::StatePlace;
use crate::places::{EntraKey, EntraSettings, Hidden, OktaKey, OktaSettings, Settings};
use crate::start;

/// A token of an inventory; its holder is an id and a name.
pub(crate) fn inventory_token(
    serial: &str,
    state: &str,
    holder: Option<(String, &str)>,
    model: &str,
) -> InventoryToken {
    let state = match state {
        "imported" => State::Imported,
        "assigned" => State::Assigned,
        _ => State::Activated,
    };
    let mut token = InventoryToken::new(TokenId(format!("id-{serial}")), serial, state);
    token.holder = holder.map(|(id, name)| Holder {
        id: UserId(id),
        name: Some(name.to_owned()),
    });
    token.manufacturer = "Token2".to_owned();
    token.model = model.to_owned();
    token
}

/// An app over simulated services, in virtual time.
pub(crate) struct Rehearsal {
    pub(crate) app: Arc<App>,
    pub(crate) sim: Sim,
    pub(crate) directory: Arc<TempDir>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Rehearsal {
    pub(crate) async fn new() -> Self {
        Self::of(SimConfig::with_people(20)).await
    }

    /// Each call takes two seconds.
    pub(crate) async fn slow() -> Self {
        Self::of(SimConfig {
            latency: Duration::from_secs(2),
            ..SimConfig::with_people(20)
        })
        .await
    }

    pub(crate) async fn of(config: SimConfig) -> Self {
        let clock: Arc<dyn Clock> =
            Arc::new(TokioClock::starting_at(Duration::from_secs(1_800_000_000)));
        let sim = Sim::new(config, Arc::clone(&clock));
        let directory = Arc::new(tempfile::tempdir().unwrap());
        Self::with(sim, directory, clock).await
    }

    /// The same after the server was ended and started again.
    pub(crate) async fn again(self) -> Self {
        self.app.jobs.end().await;
        Self::with(self.sim, self.directory, self.clock).await
    }

    /// The same with other tenants connected in place of these.
    pub(crate) async fn elsewhere(self) -> Self {
        self.app.jobs.end().await;
        let config = SimConfig {
            seed: 4242,
            ..SimConfig::with_people(20)
        };
        let sim = Sim::new(config, Arc::clone(&self.clock));
        Self::with(sim, self.directory, self.clock).await
    }

    /// Signs in to Entra ID with this secret from now on.
    pub(crate) fn connect_entra(&self, secret: &str) {
        self.app.places.put(entra(&self.sim, secret));
    }

    async fn with(sim: Sim, directory: Arc<TempDir>, clock: Arc<dyn Clock>) -> Self {
        let place = StatePlace {
            sandbox: false,
            state_dir: Some(directory.path().join("state")),
            key_file: Some(directory.path().join("key")),
        };
        let app = App::open(Config {
            kept: start::open(&place).unwrap(),
            clock: Arc::clone(&clock),
            transport: Arc::new(sim.transport()),
            sandbox: None,
            about: About::default(),
        });
        let app = app.await.unwrap();
        app.places.put(entra(&sim, &sim.entra().client_secret));
        app.places.put(okta(&sim));
        Self {
            app,
            sim,
            directory,
            clock,
        }
    }
}

fn entra(sim: &Sim, secret: &str) -> Settings {
    let access = sim.entra();
    Settings::Entra(EntraSettings {
        tenant: access.tenant_id,
        client_id: access.client_id,
        key: EntraKey::Secret(Hidden::new(secret)),
        authority: Some(access.login_url),
        graph: Some(access.graph_url),
        max_capacity: 100,
    })
}

fn okta(sim: &Sim) -> Settings {
    let access = sim.okta();
    Settings::Okta(OktaSettings {
        org: access.org_url,
        key: OktaKey::Token(Hidden::new(access.token)),
        profile: None,
        match_mail: false,
        max_capacity: 100,
    })
}

/// Whether what a test compares with is to be written anew.
#[expect(clippy::disallowed_methods, reason = "whoever changes it says so")]
pub(crate) fn blesses() -> bool {
    std::env::var_os("OATHKIT_BLESS").is_some()
}

/// A file with so many tokens for the simulator's people.
pub(crate) fn seed_file(rows: usize) -> String {
    let mut text = String::from("upn,serial number,secret key,timeinterval,manufacturer,model\n");
    for row in 1..=rows {
        let seed = data_encoding::BASE32.encode(&[u8::try_from(row % 250).unwrap(); 20]);
        let serial = 60_234_500 + row;
        text += &format!("user{row:04}@example.com,{serial},{seed},30,Token2,C301-i\n");
    }
    text
}
