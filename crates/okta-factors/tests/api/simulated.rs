//! A service app against the simulator, which was written from the documentation alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use idp_http::{BaseUrl, Retry, Segment, TokioClock};
use idp_sim::{Act, Sim, SimConfig};
use okta_factors::{
    EnrollFactor, Error, GetUser, ListAuthenticators, OktaClient, PrivateKey, ProfileId, ProofKey,
    Scopes, ServiceApp,
};

use crate::keys::{P384, RSA, curve_jwk, rsa_jwk};
use crate::org::NOW;

const USER: &str = "user0001@example.com";

struct Org {
    sim: Sim,
    client: OktaClient,
}

impl Org {
    fn new(switches: &[(&str, &str)]) -> Self {
        Self::with(switches, |app| app)
    }

    fn with(switches: &[(&str, &str)], change: impl Fn(ServiceApp) -> ServiceApp) -> Self {
        let mut config = SimConfig::with_people(1);
        for (name, value) in switches {
            config.okta.set(name, value).unwrap();
        }
        let clock = Arc::new(TokioClock::starting_at(Duration::from_secs(NOW)));
        let sim = Sim::new(config, clock.clone());
        let access = sim.okta();
        let key = PrivateKey::parse(&access.private_key).unwrap();
        let app = change(app(&access.client_id, key));
        let org = BaseUrl::parse(&access.org_url).unwrap();
        let client = OktaClient::new(Arc::new(sim.transport()), clock, app, org);
        Self { sim, client }
    }

    async fn user(&self) -> Result<okta_factors::User, Error> {
        let get = GetUser(Segment::new(USER).unwrap());
        self.client.send(&get).await.map(|answer| answer.value)
    }

    async fn enroll(&self) -> Result<(), Error> {
        let enroll = EnrollFactor {
            user: self.user().await?.id,
            profile: ProfileId::parse(&self.sim.okta().profiles[0].id).unwrap(),
            shared_secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".into(),
        };
        self.client.send(&enroll).await.map(|_| ())
    }

    fn sign_ins(&self) -> u64 {
        self.sim.calls().on("token")
    }
}

fn app(client_id: &str, key: PrivateKey) -> ServiceApp {
    let count = AtomicU32::new(0);
    let names = move || format!("name-{}", count.fetch_add(1, Ordering::Relaxed));
    let proof_key = ProofKey::from_random(&[7; 32]).unwrap();
    ServiceApp::new(client_id, key, proof_key, Arc::new(names))
}

#[tokio::test(start_paused = true)]
async fn a_factor_is_enrolled_whatever_the_app_wants() {
    for switches in [
        &[][..],
        &[("dpop", "off")],
        &[("dpop", "optional")],
        &[("dpop_nonce", "false")],
        &[("dpop_before_client", "true")],
        &[("kid_needed", "true")],
        &[("app_scopes", "okta.users.manage,okta.authenticators.read")],
        &[("clock_offset_s", "3")],
    ] {
        let org = Org::new(switches);
        org.enroll().await.unwrap();
        org.client.send(&ListAuthenticators).await.unwrap();
        assert_eq!(org.sim.state().okta.factors.len(), 1, "{switches:?}");
    }
}

#[tokio::test]
async fn every_kind_of_key_is_taken() {
    for (private, name) in [(rsa_jwk(&RSA), "rsa"), (curve_jwk(&P384, "P-384"), "p384")] {
        let mut public = private.clone();
        public["kid"] = name.into();
        for part in ["d", "p", "q", "dp", "dq", "qi"] {
            public.as_object_mut().unwrap().remove(part);
        }
        let key = || PrivateKey::parse(&private.to_string()).unwrap().named(name);
        let org = Org::with(&[], |old| {
            let shown = format!("{old:?}");
            let id = shown.split('"').nth(1).unwrap();
            app(id, key())
        });
        assert!(
            org.user().await.unwrap_err().is_sign_in(),
            "not registered yet"
        );
        org.sim
            .interfere(&Act::RegisterKey {
                key: public.to_string(),
            })
            .unwrap();
        org.user().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_nonce_for_calls_costs_one_repetition() {
    let org = Org::new(&[("dpop_call_nonce", "true")]);
    let error = org.user().await.unwrap_err();
    assert_eq!(error.retry(), Retry::Safe { after: None });
    org.user().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn tokens_and_nonces_are_renewed_in_time() {
    let org = Org::new(&[]);
    for _ in 0..5 {
        org.user().await.unwrap();
        tokio::time::advance(Duration::from_secs(86_400)).await;
    }
    // The first sign-in and that of the fifth day needed a nonce.
    assert_eq!(org.sign_ins(), 7);
    org.sim.interfere(&Act::WithdrawTokens).unwrap();
    org.user().await.unwrap();
    let taken_back = org.sim.interfere(&Act::WithdrawTokens);
    taken_back.unwrap();
    let error = org.user().await.unwrap_err();
    assert_eq!(error.retry(), Retry::Safe { after: None });
    org.user().await.unwrap();
    org.sim.interfere(&Act::DeactivateApp).unwrap();
    assert_eq!(
        org.user().await.unwrap_err().retry(),
        Retry::Safe { after: None }
    );
    let error = org.user().await.unwrap_err();
    assert!(
        error.is_sign_in() && error.next_step().contains("active"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_costs_one_repetition() {
    for offset in ["-7200", "7200"] {
        let org = Org::new(&[("clock_offset_s", offset)]);
        let error = org.user().await.unwrap_err();
        assert_eq!(error.retry(), Retry::Safe { after: None }, "{error}");
        org.enroll().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_refused_is_told() {
    for (switches, advice) in [
        (("app_in_zone", "false"), "network zone"),
        (("app_scopes", "okta.users.read"), "OKTA_CLIENT_SCOPES"),
    ] {
        let error = Org::new(&[switches]).user().await.unwrap_err();
        assert!(
            error.is_sign_in() && error.next_step().contains(advice),
            "{error}"
        );
    }
    // Scopes let the app read, and no more.
    for challenge in ["true", "false"] {
        let switches = [("scope_challenge", challenge)];
        let org = Org::with(&switches, |app| app.with_scopes(Scopes::read_only()));
        let error = org.enroll().await.unwrap_err();
        assert!(error.is_permission() && error.next_step().contains("okta.users.manage"));
    }
    let error = Org::new(&[("token_right", "read")])
        .enroll()
        .await
        .unwrap_err();
    assert!(error.is_permission() && error.next_step().contains("administrator role"));
}
