//! The simulator inside this program, and files to try it with.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use idp_http::Clock;
use idp_sim::{Addresses, Person, Serving, Sim, SimConfig};

use crate::places::{EntraKey, EntraSettings, Hidden, OktaKey, OktaSettings, Settings};

/// A file to try the import with.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) bytes: &'static [u8],
}

pub(crate) const SAMPLES: [Sample; 2] = [
    Sample {
        name: "token2-batch.csv",
        what: "Twelve tokens, each with its user.",
        bytes: include_bytes!("../../../docs/examples/token2-batch.csv"),
    },
    Sample {
        name: "token2-mixed.csv",
        what: "Ten rows, of which some are wrong, and tokens that nobody has yet.",
        bytes: include_bytes!("../../../docs/examples/token2-mixed.csv"),
    },
];

/// A simulator that serves.
pub(crate) struct Sandbox {
    serving: Serving,
}

impl Sandbox {
    /// Starts the simulator on free loopback ports, with the users of the samples and some more.
    pub(crate) async fn start(clock: &Arc<dyn Clock>, seed: u64) -> std::io::Result<Self> {
        let config = SimConfig {
            people: people(),
            seed,
            ..SimConfig::default()
        };
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let addresses = Addresses {
            entra: free,
            okta: free,
            control: free,
        };
        let sim = Sim::new(config, Arc::clone(clock));
        let serving = idp_sim::serve(&sim, addresses).await?;
        Ok(Self { serving })
    }

    /// How the simulator is reached.
    pub(crate) fn settings(&self) -> [Settings; 2] {
        let ready = self.serving.ready();
        let entra = EntraSettings {
            tenant: ready.entra.tenant_id.clone(),
            client_id: ready.entra.client_id.clone(),
            key: EntraKey::Secret(Hidden::new(ready.entra.client_secret.clone())),
            authority: Some(ready.entra.login_url.clone()),
            graph: Some(ready.entra.graph_url.clone()),
            max_capacity: 100,
        };
        let okta = OktaSettings {
            org: ready.okta.org_url.clone(),
            key: OktaKey::Token(Hidden::new(ready.okta.token.clone())),
            profile: None,
            match_mail: false,
            max_capacity: 100,
        };
        [Settings::Entra(entra), Settings::Okta(okta)]
    }
}

/// The users of the samples, and forty more.
fn people() -> Vec<Person> {
    let named = [
        "ann", "bob", "carla", "david", "emma", "farid", "grace", "hugo", "ines", "jonas", "kim",
        "lena", "marc", "nora", "omar", "paula",
    ];
    let named = named.map(|name| Person::new(format!("{name}@example.com")));
    let more = Person::numbered(40).into_iter();
    named.into_iter().chain(more).collect()
}
