//! An application is registered in a simulated tenant: once, whatever happens on the way.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use entra_graph::secrecy::ExposeSecret;
use entra_graph::{
    Application, Certificate, ClientCertificate, Credential, DeviceCodeAnswer, GraphClient,
    GraphOptions, ListDevices, ListUsers, ObjectId, Permission, Scopes, TenantId, UserSignIn,
};
use idp_http::{BaseUrl, Clock, TokioClock, Transport};
use idp_sim::{Act, EntraApplication, EntraSwitches, Fault, Faults, Rule, Sim, SimConfig};
use provisioner::entra::{Registrar, RegistrationEvent, Standing, WantedApplication};
use provisioner::{Failure, Pace, Verdict};

const START: Duration = Duration::from_secs(1_800_000_000);

/// A key takes its time to make.
static PEM: LazyLock<String> = LazyLock::new(|| {
    let pem = Certificate::self_signed("oathkit", START, 365).unwrap();
    pem.expose_secret().to_owned()
});

fn certificate() -> Certificate {
    Certificate::from_pem(PEM.as_bytes()).unwrap()
}

struct House {
    sim: Sim,
    clock: Arc<dyn Clock>,
    events: Mutex<Vec<RegistrationEvent>>,
}

impl House {
    fn new(change: impl FnOnce(&mut EntraSwitches)) -> Self {
        let mut config = SimConfig::with_people(1);
        change(&mut config.entra);
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(START));
        Self {
            sim: Sim::new(config, Arc::clone(&clock)),
            clock,
            events: Mutex::default(),
        }
    }

    fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(self.sim.transport())
    }

    fn options(&self) -> GraphOptions {
        // No two clients may sign assertions of one name.
        static NAMES: AtomicU64 = AtomicU64::new(0);
        let access = self.sim.entra();
        let url = |url: &str| BaseUrl::parse(url).unwrap();
        let name = || format!("name-{}", NAMES.fetch_add(1, Ordering::SeqCst));
        GraphOptions::new(
            url(&access.login_url),
            url(&access.graph_url),
            Arc::new(name),
        )
    }

    fn client(&self, credential: impl Into<Credential>) -> GraphClient {
        let clock = Arc::clone(&self.clock);
        GraphClient::new(self.transport(), clock, credential, self.options())
    }

    fn application(&self, client_id: &str) -> Application {
        let tenant = TenantId::parse(&self.sim.entra().tenant_id).unwrap();
        Application::new(tenant, client_id)
    }

    /// An administrator who has signed in with a device code.
    async fn administrator(&self) -> GraphClient {
        let microsofts = self.application(UserSignIn::MICROSOFT_CLIENT_ID);
        let clock = Arc::clone(&self.clock);
        let person = UserSignIn::new(self.transport(), clock, microsofts, self.options())
            .asking_for(Scopes::Registration);
        let mut code = person.begin().await.unwrap();
        let user_code = code.user_code.clone();
        self.sim
            .interfere(&Act::ConfirmDeviceCode { user_code })
            .unwrap();
        match person.poll(&mut code).await.unwrap() {
            DeviceCodeAnswer::Done(delegated) => self.client(delegated),
            other => panic!("{other:?}"),
        }
    }

    /// Looks, and completes.
    async fn register(&self, wanted: WantedApplication) -> Result<ObjectId, Failure> {
        self.register_as(wanted, Some(&certificate())).await
    }

    async fn register_as(
        &self,
        wanted: WantedApplication,
        earlier: Option<&Certificate>,
    ) -> Result<ObjectId, Failure> {
        let client = self.administrator().await;
        let pace = Pace::new(Arc::clone(&self.clock));
        let note = |event: &RegistrationEvent| self.events.lock().unwrap().push(event.clone());
        let registrar = Registrar {
            client: &client,
            pace: &pace,
            events: &note,
        };
        let standing = registrar.look(wanted, earlier).await?;
        // A web server carries it on any thread.
        let certificate = certificate();
        is_send(registrar.complete(&standing, &certificate)).await
    }

    async fn look(&self, wanted: WantedApplication) -> Result<Standing, Failure> {
        let client = self.administrator().await;
        let pace = Pace::new(Arc::clone(&self.clock));
        let registrar = Registrar {
            client: &client,
            pace: &pace,
            events: &|_| {},
        };
        is_send(registrar.look(wanted, Some(&certificate()))).await
    }

    fn fault(&self, rule: Rule) {
        self.sim.set_faults(Faults { rules: vec![rule] });
    }

    fn applications(&self) -> Vec<EntraApplication> {
        self.sim.state().entra.applications
    }

    /// One application with everything, which signs in by itself and may do what it was granted.
    async fn has_one(&self, app_id: &ObjectId) {
        let all = self.applications();
        assert_eq!(all.len(), 1, "{all:?}");
        let one = &all[0];
        assert_eq!(one.app_id, app_id.as_str());
        assert!(one.has_service_principal);
        assert_eq!(one.certificates, 1);
        let names: Vec<&str> = needed().iter().map(|one| one.name).collect();
        assert_eq!(one.granted, names);
        let ids: Vec<&str> = needed().iter().map(|one| one.role_id).collect();
        assert_eq!(one.asks_for, ids);
        let own = ClientCertificate::new(self.application(app_id.as_str()), certificate());
        let own = self.client(own);
        own.send(&ListDevices::all()).await.unwrap();
        own.send(&ListUsers::all()).await.unwrap();
        let claims = own.token_claims().await.unwrap();
        assert_eq!(claims.client_id.as_deref(), Some(app_id.as_str()));
        assert_eq!(claims.roles, names);
    }
}

fn is_send<F: Future + Send>(future: F) -> F {
    future
}

fn needed() -> Vec<Permission> {
    let all = Permission::ALL.into_iter();
    all.filter(|one| !one.optional).collect()
}

fn wanted() -> WantedApplication {
    WantedApplication {
        name: "O'Hara's tokens".to_owned(),
        app_id: None,
        permissions: needed(),
    }
}

#[tokio::test(start_paused = true)]
async fn an_application_is_registered_and_signs_in() {
    let house = House::new(|_| {});
    let missing = house.look(wanted()).await.unwrap();
    assert!(!missing.is_complete());
    assert!(missing.parts().iter().all(|(_, is_there)| !is_there));
    let app_id = house.register(wanted()).await.unwrap();
    house.has_one(&app_id).await;
    let standing = house.look(wanted()).await.unwrap();
    assert!(standing.is_complete());
    assert_eq!(standing.app_id(), Some(&app_id));
    let events = house.events.lock().unwrap();
    let made = events.iter();
    let made = made.filter(|event| matches!(event, RegistrationEvent::Made(_)));
    assert_eq!(made.count(), 5);
}

#[tokio::test(start_paused = true)]
async fn twice_is_once() {
    let house = House::new(|_| {});
    let first = house.register(wanted()).await.unwrap();
    let writes = house.sim.calls().writes;
    assert_eq!(house.register(wanted()).await.unwrap(), first);
    assert_eq!(house.sim.calls().writes, writes);
    house.has_one(&first).await;
}

#[tokio::test(start_paused = true)]
async fn what_spreads_slowly_is_waited_for() {
    for status in [400, 404] {
        let house = House::new(|switches| {
            switches.replication_lag_ms = 45_000;
            switches.replication_error = status.to_string().parse().unwrap();
        });
        let app_id = house.register(wanted()).await.unwrap();
        let events = house.events.lock().unwrap().clone();
        let waits = events.iter();
        let waits = waits.filter(|event| matches!(event, RegistrationEvent::Waiting(..)));
        assert!(waits.count() > 2, "{events:?}");
        house.clock.sleep(Duration::from_secs(45)).await;
        house.has_one(&app_id).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_spread_is_given_up_and_taken_up_again() {
    let house = House::new(|switches| switches.replication_lag_ms = 900_000);
    let failure = house.register(wanted()).await.unwrap_err();
    assert_eq!(failure.problem.code, "not-known-yet");
    assert!(failure.problem.next.contains("same certificate"));
    house.clock.sleep(Duration::from_secs(900)).await;
    let failure = house.register(wanted()).await.unwrap_err();
    assert_eq!(failure.problem.code, "not-known-yet", "its principal, too");
    house.clock.sleep(Duration::from_secs(900)).await;
    let app_id = house.register(wanted()).await.unwrap();
    house.clock.sleep(Duration::from_secs(900)).await;
    house.has_one(&app_id).await;
}

/// Every write of a registration, and how often it is made.
const WRITES: [(&str, u64); 3] = [
    ("applications.create", 1),
    ("service-principals.create", 1),
    ("grants.create", 3),
];

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_makes_nothing_twice() {
    for fault in [Fault::ResetAfter, Fault::HangAfter { ms: 5_000 }] {
        for (route, times) in WRITES {
            for nth in 1..=times {
                let house = House::new(|_| {});
                house.fault(Rule::nth(route, nth, fault.clone()));
                let app_id = house.register(wanted()).await;
                let app_id = app_id.unwrap_or_else(|failure| panic!("{route}: {failure:?}"));
                house.has_one(&app_id).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_registration_that_ends_anywhere_is_completed_by_the_next_one() {
    for (route, times) in WRITES {
        for nth in 1..=times {
            let house = House::new(|_| {});
            let refused = Fault::Status {
                status: 400,
                retry_after: None,
                after_work: false,
            };
            house.fault(Rule::nth(route, nth, refused));
            let failure = house.register(wanted()).await.unwrap_err();
            assert_eq!(failure.verdict, Verdict::Refused, "{route} {failure:?}");
            house.sim.set_faults(Faults::default());
            let app_id = house.register(wanted()).await.unwrap();
            house.has_one(&app_id).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unclear_registration_is_not_repeated() {
    let house = House::new(|_| {});
    // Nothing was done, and nobody can know.
    let silent = Fault::HangBefore { ms: 1_000 };
    house.fault(Rule::nth("applications.create", 1, silent));
    let failure = house.register(wanted()).await.unwrap_err();
    assert_eq!(failure.problem.code, "application-unclear");
    assert_eq!(house.sim.calls().on("applications.create"), 1);
    // It was done, a minute later.
    let house = House::new(|_| {});
    let late = Fault::ResetThenWork { ms: 60_000 };
    house.fault(Rule::nth("applications.create", 1, late));
    let app_id = house.register(wanted()).await.unwrap();
    house.has_one(&app_id).await;
}

#[tokio::test(start_paused = true)]
async fn throttling_and_outages_are_waited_out() {
    for status in [429, 503] {
        for (route, _) in &WRITES[1..] {
            let house = House::new(|_| {});
            let busy = Fault::Status {
                status,
                retry_after: Some("20".to_owned()),
                after_work: false,
            };
            house.fault(Rule {
                times: Some(2),
                ..Rule::nth(route, 1, busy.clone())
            });
            let app_id = house.register(wanted()).await.unwrap();
            house.has_one(&app_id).await;
            assert!(house.clock.unix() >= START + Duration::from_secs(20));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_an_hour_is_the_persons_to_wait() {
    let house = House::new(|_| {});
    let busy = Fault::Status {
        status: 503,
        retry_after: Some("3600".to_owned()),
        after_work: false,
    };
    house.fault(Rule::nth("grants.create", 2, busy));
    let failure = house.register(wanted()).await.unwrap_err();
    assert_eq!(failure.problem.code, "not-known-yet");
    assert!(house.clock.unix() < START + Duration::from_secs(300));
    house.sim.set_faults(Faults::default());
    let app_id = house.register(wanted()).await.unwrap();
    house.has_one(&app_id).await;
}

#[tokio::test(start_paused = true)]
async fn who_lacks_a_role_is_told_which() {
    let house = House::new(|switches| switches.signed_in_roles = vec!["User Administrator".into()]);
    let failure = house.register(wanted()).await.unwrap_err();
    assert_eq!(failure.verdict, Verdict::Stop);
    let next = &failure.problem.next;
    assert!(next.contains("Application Administrator"), "{next}");
    assert!(next.contains("Application.ReadWrite.All"), "{next}");
    assert!(house.applications().is_empty());

    let house =
        House::new(|switches| switches.signed_in_roles = vec!["Application Administrator".into()]);
    let failure = house.register(wanted()).await.unwrap_err();
    assert_eq!(failure.verdict, Verdict::Stop);
    let next = &failure.problem.next;
    assert!(next.contains("Privileged Role Administrator"), "{next}");
    let all = house.applications();
    assert!(all[0].has_service_principal && all[0].granted.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_namesake_is_left_alone_unless_it_is_named() {
    let house = House::new(|_| {});
    let first = house.register(wanted()).await.unwrap();
    let other = Certificate::self_signed("oathkit", START, 365).unwrap();
    let other = Certificate::from_pem(other.expose_secret().as_bytes()).unwrap();
    for earlier in [None, Some(&other)] {
        let failure = house.register_as(wanted(), earlier).await.unwrap_err();
        assert_eq!(failure.problem.code, "application-exists");
        assert!(failure.problem.message.contains(first.as_str()));
    }
    house.has_one(&first).await;

    let named = |app_id: &ObjectId| WantedApplication {
        app_id: Some(app_id.clone()),
        ..wanted()
    };
    let unknown = ObjectId::parse("00001111-aaaa-2222-bbbb-3333cccc4444").unwrap();
    let failure = house.register(named(&unknown)).await.unwrap_err();
    assert_eq!(failure.problem.code, "application-unknown");

    // Named, it gets the certificate besides its own.
    let client = house.administrator().await;
    let pace = Pace::new(Arc::clone(&house.clock));
    let registrar = Registrar {
        client: &client,
        pace: &pace,
        events: &|_| {},
    };
    // The answer is lost, and once is enough all the same.
    house.fault(Rule::nth("applications.update", 1, Fault::ResetAfter));
    for _ in 0..2 {
        let standing = registrar.look(named(&first), Some(&other)).await.unwrap();
        let done = registrar.complete(&standing, &other).await.unwrap();
        assert_eq!(done, first);
        assert_eq!(house.applications()[0].certificates, 2);
    }
    for certificate in [certificate(), other] {
        let own = ClientCertificate::new(house.application(first.as_str()), certificate);
        house.client(own).send(&ListDevices::all()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_application_of_that_name_by_somebody_else_is_seen() {
    let house = House::new(|_| {});
    let standing = house.look(wanted()).await.unwrap();
    // The same person at another desk, with the same certificate, in the meantime.
    let first = house.register(wanted()).await.unwrap();
    assert!(standing.app_id().is_none());
    let client = house.administrator().await;
    let pace = Pace::new(Arc::clone(&house.clock));
    let registrar = Registrar {
        client: &client,
        pace: &pace,
        events: &|_| {},
    };
    let late = registrar.complete(&standing, &certificate()).await;
    assert_eq!(late.unwrap(), first);
    house.has_one(&first).await;
}
