//! The client and the simulator, which was written from the documentation and not from the client.

use std::sync::Arc;
use std::time::Duration;

use idp_http::{Endpoint, Retry, Segment, TokioClock};
use idp_sim::{Act, Sim, SimConfig};
use oath_core::{Algorithm, Digits, Key, Period, Totp};
use okta_factors::{
    Authenticator, DeleteFactor, Engine, EnrollFactor, Error, ErrorKind, Factor, GetFactor,
    GetOrganization, GetOtpSettings, GetUser, ListAuthenticators, ListEnrollments, ListFactors,
    ListHotpProfiles, ListOrgFactors, ListSupportedFactors, ListUsers, OktaClient, OrgFactor,
    ProfileId, Rejection, SswsToken, SupportedFactor, User, UserId, UserStatus, Verification,
    VerifyFactor, org_url,
};

const START: u64 = 1_800_000_000;
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const SEED: &[u8] = b"12345678901234567890";

struct Org {
    sim: Sim,
    client: OktaClient,
}

impl Org {
    fn new(switches: &[(&str, &str)]) -> Self {
        let mut config = SimConfig::with_people(450);
        for (name, value) in switches {
            config.okta.set(name, value).unwrap();
        }
        let clock = Arc::new(TokioClock::starting_at(Duration::from_secs(START)));
        let sim = Sim::new(config, Arc::<TokioClock>::clone(&clock));
        let access = sim.okta();
        let token = SswsToken::new(access.token);
        let org = org_url(&access.org_url).unwrap();
        let client = OktaClient::new(Arc::new(sim.transport()), clock, token, org);
        Self { sim, client }
    }

    async fn ask<E: Endpoint>(&self, endpoint: E) -> Result<E::Output, Error> {
        Ok(self.client.send(&endpoint).await?.value)
    }

    async fn user(&self, number: usize) -> User {
        let login = format!("user{number:04}@example.com");
        let user = self.ask(GetUser(Segment::new(login).unwrap())).await;
        user.unwrap()
    }

    async fn enroll(&self, user: &UserId) -> Result<Factor, Error> {
        let profile = ProfileId::parse(&self.sim.okta().profiles[0].id).unwrap();
        self.ask(EnrollFactor {
            user: user.clone(),
            profile,
            shared_secret: SECRET.into(),
        })
        .await
    }

    /// What becomes of the code that is so many steps off.
    async fn verify(&self, user: &UserId, factor: &Factor, steps: i64) -> Verification {
        let totp = Totp::new(Digits::SIX, Period::THIRTY);
        let step = totp.step(START).checked_add_signed(steps).unwrap();
        let code = totp.at_step(&Key::new(Algorithm::Sha1, SEED), step);
        let verified = self.ask(VerifyFactor {
            user: user.clone(),
            factor: factor.id.clone(),
            code: code.as_str().into(),
        });
        verified.await.unwrap()
    }
}

/// A token's whole life, and what each read says of it.
async fn a_life(org: &Org) {
    let user = org.user(1).await.id;
    let factor = org.enroll(&user).await.unwrap();
    assert_eq!(factor.vendor_name.as_deref(), Some("Token2 SHA-1 30 s"));
    let again = org.enroll(&user).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::AlreadyEnrolled);
    assert_eq!(org.verify(&user, &factor, 0).await, Verification::Accepted);
    let used = Verification::Rejected(Rejection::Replayed);
    assert_eq!(org.verify(&user, &factor, 0).await, used);
    let (of, id) = (user.clone(), factor.id.clone());
    let get = GetFactor {
        user: of,
        factor: id.clone(),
    };
    assert_eq!(org.ask(get.clone()).await.unwrap(), factor);
    let listed = org.ask(ListFactors(user.clone())).await.unwrap();
    let own: Vec<_> = listed.iter().filter(|one| one.is_custom_totp()).collect();
    assert_eq!(own, [&factor]);
    let catalog = org.ask(ListSupportedFactors(user.clone())).await.unwrap();
    assert!(catalog.iter().any(SupportedFactor::is_custom_totp));
    let delete = DeleteFactor { user, factor: id };
    org.ask(delete.clone()).await.unwrap();
    for gone in [
        org.ask(delete).await.unwrap_err(),
        org.ask(get).await.unwrap_err(),
    ] {
        assert_eq!(
            (gone.kind(), gone.retry()),
            (ErrorKind::NotFound, Retry::Never)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_lives_under_every_switch() {
    for switches in [
        &[][..],
        &[("engine", "v1")],
        &[("enroll_answer", "array"), ("extra_factors", "true")],
        &[("replay", "result"), ("double_rate_headers", "true")],
        &[("enrollment_ids", "own"), ("secret_forms", "lenient")],
        &[("well_known_open", "false"), ("date_header", "false")],
    ] {
        a_life(&Org::new(switches)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn profiles_of_both_engines_say_the_same() {
    for places in [
        [("settings_place", "nested"), ("settings_case", "plain")],
        [("settings_place", "flat"), ("settings_case", "mixed")],
    ] {
        let org = Org::new(&places);
        let engine = org.ask(GetOrganization).await.unwrap().engine;
        assert_eq!(engine, Engine::Identity);
        let all = org.ask(ListAuthenticators).await.unwrap();
        let classic = Org::new(&[places[0], places[1], ("engine", "v1")]);
        let profiles = classic.ask(ListHotpProfiles).await.unwrap();
        assert_eq!((all.len(), profiles.len()), (5, 4));
        let own = all.into_iter().filter(Authenticator::is_custom_otp);
        for (authenticator, profile) in own.zip(profiles) {
            assert_eq!(authenticator.name, profile.name);
            let settings = org.ask(GetOtpSettings(authenticator.id)).await.unwrap();
            assert_eq!(settings, profile.settings);
        }
    }
    let kinds = Org::new(&[("engine", "v1")]).ask(ListOrgFactors).await;
    assert!(kinds.unwrap().iter().any(OrgFactor::is_active_custom_totp));
}

#[tokio::test(start_paused = true)]
async fn what_the_other_engine_has_is_missing_in_words() {
    for (answer, kind) in [
        ("not_found", ErrorKind::NoSuchPath),
        ("feature", ErrorKind::Feature),
    ] {
        let identity = Org::new(&[("missing_feature", answer)]);
        let user = identity.user(1).await.id;
        let error = identity.ask(ListHotpProfiles).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(identity.ask(ListOrgFactors).await.unwrap_err().kind(), kind);
        let classic = Org::new(&[("missing_feature", answer), ("engine", "v1")]);
        let error = classic.ask(ListAuthenticators).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        let error = classic.ask(ListEnrollments(user)).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test(start_paused = true)]
async fn an_enrolment_is_refused_for_the_reason_that_there_is() {
    for (switch, value, kind) in [
        ("policy_forbids", "true", ErrorKind::Policy),
        ("secret_max_chars", "16", ErrorKind::Secret),
        (
            "profiles",
            "Old:sha1:6:30:base32:3:inactive",
            ErrorKind::Profile,
        ),
        ("token_right", "reset", ErrorKind::Permission),
        ("restricted_users", "true", ErrorKind::Permission),
        ("custom_totp", "false", ErrorKind::Feature),
        ("activating", "true", ErrorKind::UserActivating),
        ("refused_statuses", "ACTIVE", ErrorKind::UserStatus),
    ] {
        let org = Org::new(&[(switch, value)]);
        let user = org.user(2).await.id;
        let error = org.enroll(&user).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.retry()),
            (kind, Retry::Never),
            "{switch}"
        );
    }
    let org = Org::new(&[("self_enroll", "false")]);
    let me = org.ask(GetUser::me()).await.unwrap();
    let error = org.enroll(&me.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Session);
}

#[tokio::test(start_paused = true)]
async fn a_hidden_factor_shows_among_the_enrolments() {
    let org = Org::new(&[("list_hidden", "true")]);
    let user = org.user(3).await.id;
    let factor = org.enroll(&user).await.unwrap();
    assert!(org.ask(ListFactors(user.clone())).await.unwrap().is_empty());
    let all = org.ask(ListEnrollments(user)).await.unwrap();
    let own: Vec<_> = all.iter().filter(|one| one.is_custom_otp()).collect();
    assert_eq!((own.len(), own[0].id.as_str()), (1, factor.id.as_str()));
    let profile = &org.sim.okta().profiles[0].id;
    let named = own[0].authenticator.as_ref().map(ProfileId::as_str);
    assert_eq!(named, Some(profile.as_str()));
}

#[tokio::test(start_paused = true)]
async fn a_clock_outside_the_window_is_told() {
    for value in ["error", "result"] {
        let org = Org::new(&[("out_of_window", value)]);
        let user = org.user(4).await.id;
        let factor = org.enroll(&user).await.unwrap();
        let late = org.verify(&user, &factor, 9).await;
        assert_eq!(late, Verification::Rejected(Rejection::OutsideWindow));
    }
    let org = Org::new(&[("lock_after", "1")]);
    let user = org.user(4).await.id;
    let factor = org.enroll(&user).await.unwrap();
    let rejected = Verification::Rejected;
    assert_eq!(
        org.verify(&user, &factor, 9).await,
        rejected(Rejection::WrongCode)
    );
    assert_eq!(
        org.verify(&user, &factor, 0).await,
        rejected(Rejection::Locked)
    );
}

#[tokio::test(start_paused = true)]
async fn every_user_is_on_one_page() {
    for links in ["lines", "commas"] {
        let org = Org::new(&[("links", links)]);
        let (mut list, mut logins) = (ListUsers::all(), Vec::new());
        loop {
            let page = org.ask(list).await.unwrap();
            logins.extend(page.items.into_iter().map(|user| user.login));
            match page.next {
                Some(next) => list = ListUsers::next(next),
                None => break,
            }
        }
        logins.dedup();
        assert_eq!((logins.len(), org.sim.calls().total), (450, 3));
    }
}

#[tokio::test(start_paused = true)]
async fn people_are_found_by_what_they_begin_with() {
    let org = Org::new(&[]);
    let found = async |list: ListUsers| {
        let page = org.ask(list).await.unwrap();
        page.items
            .into_iter()
            .map(|user| user.login)
            .collect::<Vec<_>>()
    };
    let first = ["user0001@example.com"];
    assert_eq!(
        found(ListUsers::with_login("USER0001@example.com")).await,
        first
    );
    assert_eq!(
        found(ListUsers::with_email("User0001@example.com")).await,
        first
    );
    assert_eq!(found(ListUsers::beginning("USER0001")).await, first);
    assert_eq!(found(ListUsers::simple("user0001")).await, first);
    let breakout = "x\" or profile.login sw \"user";
    assert!(found(ListUsers::with_login(breakout)).await.is_empty());
    assert!(found(ListUsers::beginning(breakout)).await.is_empty());
    let user = Some("user0001@example.com".to_owned());
    org.sim.interfere(&Act::DeactivateUser { user }).unwrap();
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(
        found(ListUsers::with_login("user0001@example.com")).await,
        first
    );
    assert!(found(ListUsers::simple("user0001")).await.is_empty());
    let gone = org.user(1).await;
    assert_eq!(gone.status, UserStatus::Deprovisioned);
    let error = org.ask(ListFactors(gone.id)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
