//! No write reaches the service without its intent: another connection reads the file before each
//! request goes on.

use std::path::Path;
use std::sync::Arc;

use entra_graph::{ClientSecret, GraphClient, GraphOptions, TenantId};
use idp_sim::{Sim, SimConfig, SimTransport};
use okta_factors::{OktaClient, SswsToken};
use provisioner::entra::{Entra, EntraOptions};
use provisioner::idp_http::{BaseUrl, Request, Response, TokioClock, Transport, TransportError};
use provisioner::okta::Okta;
use provisioner::{Engine, Goal, IdentityProvider, Pace};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row, SqliteConnection};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::*;

/// The seeds of more would repeat.
const TOKENS: usize = 32;

/// The way to the service, watched.
struct Watched {
    service: SimTransport,
    file: Mutex<SqliteConnection>,
    writes: Mutex<usize>,
}

impl Watched {
    /// The open intents: whose call has not ended as far as the file says, by serial and by user.
    async fn open_intents(&self) -> Vec<(String, Option<String>)> {
        let query = "SELECT serial, user FROM steps WHERE attempt IS NULL";
        let mut file = self.file.lock().await;
        let rows = sqlx::query(query).fetch_all(&mut *file).await.unwrap();
        let pair = |row: sqlx::sqlite::SqliteRow| (row.get(0), row.get(1));
        rows.into_iter().map(pair).collect()
    }

    async fn check(&self, request: &Request) {
        let signs_in = request.uri().host() == Some("login.sim.test");
        if signs_in || request.method().is_safe() {
            return;
        }
        let open = self.open_intents().await;
        let body = String::from_utf8_lossy(request.body().as_ref()).into_owned();
        let path = request.uri().path();
        let in_body = (0..TOKENS)
            .map(serial)
            .filter(|serial| body.contains(serial.as_str()));
        let mut named = 0;
        for serial in in_body {
            named += 1;
            let intended = open.iter().any(|(open, _)| *open == serial.folded());
            assert!(
                intended,
                "{serial} is sent, and the file holds no intent: {path} {} open",
                open.len()
            );
        }
        let for_user = |(_, user): &(String, Option<String>)| {
            user.as_ref()
                .is_some_and(|user| path.contains(user.as_str()))
        };
        assert!(
            named > 0 || open.iter().any(for_user),
            "no intent for {path}"
        );
        *self.writes.lock().await += 1;
    }
}

#[async_trait::async_trait]
impl Transport for Watched {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.check(&request).await;
        self.service.send(request).await
    }
}

/// Runs the whole job through a watched transport; returns the number of writes that were seen.
async fn run(directory: &Path, idp: &str) -> usize {
    let path = directory.join("ledger.sqlite");
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::system());
    let ledger = SqliteLedger::open(&path, Arc::clone(&clock), actor())
        .await
        .unwrap();
    let file = SqliteConnectOptions::new().filename(&path).read_only(true);
    let person = |n| idp_sim::Person::new(format!("user{n}@example.com"));
    let config = SimConfig {
        people: (0..TOKENS).map(person).collect(),
        ..SimConfig::default()
    };
    let sim = Sim::new(config, Arc::clone(&clock));
    let watched = Arc::new(Watched {
        service: sim.transport(),
        file: Mutex::new(file.connect().await.unwrap()),
        writes: Mutex::default(),
    });
    let (pace, roster) = (Pace::new(Arc::clone(&clock)), roster(TOKENS));
    let provider: Box<dyn IdentityProvider> = match idp {
        "entra" => Box::new(entra(&sim, Arc::clone(&watched), clock)),
        _ => Box::new(okta(&sim, Arc::clone(&watched), clock, &pace).await),
    };
    let engine = Engine {
        provider: &*provider,
        ledger: &ledger,
        pace: &pace,
        roster: &roster,
        events: &|_| {},
        stop: CancellationToken::new(),
    };
    let plan = engine.plan(Goal::Activated).await.unwrap();
    let (report, stopped) = engine
        .apply(&RunId("watched".to_owned()), &plan)
        .await
        .unwrap();
    assert!(stopped.is_none(), "{stopped:?}");
    assert_eq!(report.counts.done, TOKENS);
    let seen = *watched.writes.lock().await;
    assert_eq!(seen as u64, report.calls.writes);
    seen
}

fn entra(sim: &Sim, transport: Arc<Watched>, clock: Arc<dyn Clock>) -> Entra {
    let access = sim.entra();
    let tenant = TenantId::parse(&access.tenant_id).unwrap();
    let credential = ClientSecret::new(tenant, access.client_id, access.client_secret.into());
    let options = GraphOptions::new(
        BaseUrl::parse(&access.login_url).unwrap(),
        BaseUrl::parse(&access.graph_url).unwrap(),
        Arc::new(|| "a-request".to_owned()),
    );
    let client = GraphClient::new(transport, clock, credential, options);
    Entra::new(client, &access.tenant_id, EntraOptions::default())
}

async fn okta(sim: &Sim, transport: Arc<Watched>, clock: Arc<dyn Clock>, pace: &Pace) -> Okta {
    let org = BaseUrl::parse(&sim.okta().org_url).unwrap();
    let client = OktaClient::new(transport, clock, SswsToken::new(sim.okta().token), org);
    Okta::connect(client, pace, None).await.unwrap()
}

#[tokio::test]
async fn no_write_reaches_the_service_without_its_intent_in_the_file() {
    for idp in ["entra", "okta"] {
        let directory = tempfile::tempdir().unwrap();
        let writes = run(directory.path(), idp).await;
        println!("{idp}: {writes} writes, each with its intent in the file before it went");
    }
}
