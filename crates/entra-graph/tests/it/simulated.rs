//! The client and the simulator, which was written from the documentation and not from the client.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use entra_graph::{
    Application, AssertionSource, Certificate, ClientAssertion, ClientCertificate, ClientSecret,
    Credential, DeviceCodeAnswer, Error, GraphClient, GraphOptions, ListDevices, ManagedIdentity,
    SourceError, TenantId, TokenSource, UserSignIn,
};
use idp_http::{BaseUrl, Body, Clock, Request, Retry, TokioClock, Transport};
use idp_sim::{Act, EntraSwitches, Sim, SimConfig};
use secrecy::SecretString;

use crate::certificates::RSA;

const START: Duration = Duration::from_secs(1_800_000_000);

struct House {
    sim: Sim,
    clock: Arc<TokioClock>,
}

impl House {
    fn new(change: impl FnOnce(&mut EntraSwitches)) -> Self {
        let mut config = SimConfig::with_people(1);
        change(&mut config.entra);
        let clock = Arc::new(TokioClock::starting_at(START));
        let sim = Sim::new(config, Arc::<TokioClock>::clone(&clock));
        let certificate = RSA.certificate.pem();
        sim.interfere(&Act::RegisterCertificate { certificate })
            .unwrap();
        let assertion = "e30.e30.x".to_owned();
        sim.interfere(&Act::TrustAssertion { assertion }).unwrap();
        Self { sim, clock }
    }

    fn application(&self) -> Application {
        let access = self.sim.entra();
        Application::new(
            TenantId::parse(&access.tenant_id).unwrap(),
            access.client_id,
        )
    }

    fn options(&self) -> GraphOptions {
        let access = self.sim.entra();
        let names = std::sync::atomic::AtomicU64::new(0);
        GraphOptions::new(
            BaseUrl::parse(&access.login_url).unwrap(),
            BaseUrl::parse(&access.graph_url).unwrap(),
            Arc::new(move || {
                let name = names.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                format!("name-{name}")
            }),
        )
    }

    fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(self.sim.transport())
    }

    fn client(&self, credential: impl Into<Credential>) -> GraphClient {
        let clock = Arc::<TokioClock>::clone(&self.clock);
        GraphClient::new(self.transport(), clock, credential, self.options())
    }

    fn person(&self) -> UserSignIn {
        let clock = Arc::<TokioClock>::clone(&self.clock);
        UserSignIn::new(self.transport(), clock, self.application(), self.options())
    }

    fn secret(&self) -> ClientSecret {
        let Application { tenant, client_id } = self.application();
        ClientSecret::new(tenant, client_id, self.sim.entra().client_secret.into())
    }

    fn certificate(&self) -> ClientCertificate {
        let certificate = Certificate::from_pem(RSA.pem().as_bytes()).unwrap();
        ClientCertificate::new(self.application(), certificate)
    }

    fn machine(&self) -> Credential {
        let clock = Arc::<TokioClock>::clone(&self.clock);
        let source: Arc<dyn TokenSource> = Arc::new(ManagedIdentity::imds(self.transport(), clock));
        source.into()
    }

    fn service(&self) -> Credential {
        let access = self.sim.entra();
        let endpoint = format!("{}/msi/token", access.login_url);
        let clock = Arc::<TokioClock>::clone(&self.clock);
        let header = access.identity_header.into();
        let source = ManagedIdentity::app_service(self.transport(), clock, &endpoint, header);
        let source: Arc<dyn TokenSource> = Arc::new(source.unwrap());
        source.into()
    }

    async fn by_device_code(&self) -> Credential {
        let person = self.person();
        let mut code = person.begin().await.unwrap();
        let pending = person.poll(&mut code).await.unwrap();
        assert!(matches!(pending, DeviceCodeAnswer::Pending));
        // Too soon.
        let slower = person.poll(&mut code).await.unwrap();
        assert!(matches!(
            slower,
            DeviceCodeAnswer::SlowDown | DeviceCodeAnswer::Pending
        ));
        let user_code = code.user_code.clone();
        self.sim
            .interfere(&Act::ConfirmDeviceCode { user_code })
            .unwrap();
        self.clock.sleep(code.interval).await;
        match person.poll(&mut code).await.unwrap() {
            DeviceCodeAnswer::Done(delegated) => delegated.into(),
            other => panic!("{other:?}"),
        }
    }

    async fn in_browser(&self) -> Credential {
        let person = self.person();
        let redirect = BaseUrl::parse("http://localhost:4711").unwrap();
        let authorization = person.authorize(&redirect, &[7; 64]);
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = authorization.address.clone();
        let back = self.transport().send(request).await.unwrap();
        let back = back.headers()["location"].to_str().unwrap();
        let (to, query) = back.split_once('?').unwrap();
        assert_eq!(to, "http://localhost:4711/");
        let delegated = person.finish(&authorization, query).await.unwrap();
        delegated.into()
    }

    /// One of each kind.
    async fn all(&self) -> Vec<Credential> {
        vec![
            self.secret().into(),
            self.certificate().into(),
            ClientAssertion::new(self.application(), Arc::new(Trusted)).into(),
            self.machine(),
            self.service(),
            self.by_device_code().await,
            self.in_browser().await,
        ]
    }
}

struct Trusted;

#[async_trait]
impl AssertionSource for Trusted {
    async fn assertion(&self) -> Result<SecretString, SourceError> {
        Ok("e30.e30.x\n".into())
    }
}

async fn list(client: &GraphClient) -> Result<(), Error> {
    client.send(&ListDevices::all()).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn every_kind_signs_in_keeps_its_token_and_outlives_a_401() {
    let house = House::new(|_| {});
    for credential in house.all().await {
        let client = house.client(credential);
        let kind = client.credential().kind();
        let asked = |sim: &Sim| sim.calls().on("token") + sim.calls().on("identity");
        let before = asked(&house.sim);
        let five = std::iter::repeat_with(|| list(&client)).take(5);
        for ended in futures_util::future::join_all(five).await {
            ended.unwrap();
        }
        assert_eq!(
            asked(&house.sim),
            before + 1,
            "{kind:?}: one for all who wait"
        );
        let claims = client.token_claims().await.unwrap();
        assert!(claims.has("User.Read.All"), "{kind:?}");
        house.clock.sleep(Duration::from_secs(3300)).await;
        list(&client).await.unwrap();
        assert_eq!(asked(&house.sim), before + 2, "{kind:?}: renewed early");
        house.sim.interfere(&Act::RevokeTokens).unwrap();
        let error = list(&client).await.unwrap_err();
        assert_eq!(error.retry(), Retry::Safe { after: None }, "{kind:?}");
        list(&client).await.unwrap();
        assert_eq!(
            asked(&house.sim),
            before + 3,
            "{kind:?}: renewed after a 401"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_is_taken_back_in_mid_run_ends_it() {
    for index in 0..7 {
        let house = House::new(|_| {});
        let credential = house.all().await.swap_remove(index);
        let client = house.client(credential);
        list(&client).await.unwrap();
        house.sim.interfere(&Act::RevokeCredentials).unwrap();
        let error = list(&client).await.unwrap_err();
        assert_ne!(
            error.retry(),
            Retry::Never,
            "the token, not yet the sign-in"
        );
        let error = list(&client).await.unwrap_err();
        assert!(
            error.is_sign_in() && error.retry() == Retry::Never,
            "{error}"
        );
        assert!(!error.next_step().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_costs_a_certificate_one_attempt() {
    let house = House::new(|switches| switches.clock_offset_s = 7200);
    let client = house.client(house.certificate());
    let error = list(&client).await.unwrap_err();
    assert!(error.to_string().contains("AADSTS700024"), "{error}");
    assert_eq!(error.retry(), Retry::Safe { after: None });
    list(&client).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_was_not_uploaded_is_told() {
    let house = House::new(|_| {});
    let stranger = House::new(|_| {});
    stranger.sim.interfere(&Act::RevokeCredentials).unwrap();
    let error = list(&stranger.client(house.certificate()))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("AADSTS700027"), "{error}");
    assert!(error.next_step().contains("upload it"));
}

#[tokio::test(start_paused = true)]
async fn an_opaque_token_has_no_claims_and_works() {
    let house = House::new(|switches| switches.set("access_token_form", "opaque").unwrap());
    let client = house.client(house.secret());
    list(&client).await.unwrap();
    assert_eq!(client.token_claims().await, None);
}

/// What is only assumed about how people and machines sign in, each switch set to each value.
#[tokio::test(start_paused = true)]
async fn every_kind_signs_in_and_is_renewed_whatever_is_true() {
    for (switch, value) in [
        ("refresh_rotates", "false"),
        ("refresh_once", "true"),
        ("device_code_slow_down", "false"),
        ("device_code_lifetime_s", "60"),
        ("assertion_skew_s", "0"),
        ("assertion_once", "false"),
        ("granted_scopes", "Policy.ReadWrite.AuthenticationMethod"),
        ("signed_in_user", "user001@example.com"),
    ] {
        let house = House::new(|switches| switches.set(switch, value).unwrap());
        for credential in house.all().await {
            let client = house.client(credential);
            for _ in 0..3 {
                let listed = list(&client).await;
                listed.unwrap_or_else(|error| panic!("{switch}={value}: {error}"));
                house.clock.sleep(Duration::from_secs(3300)).await;
            }
        }
    }
}
