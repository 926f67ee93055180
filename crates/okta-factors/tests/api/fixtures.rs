//! Orgs of both engines, operation by operation, in the shapes that Okta answers in.

use idp_http::{Retry, Segment};
use okta_factors::{
    Engine, EnrollFactor, ErrorKind, FactorId, FactorStatus, GetFactor, GetOrganization,
    GetOtpSettings, GetUser, HmacAlgorithm, ListAuthenticators, ListEnrollments, ListFactors,
    ListHotpProfiles, ListOrgFactors, ListSupportedFactors, ListUsers, ProfileId, ProfileStatus,
    Rejection, Requirement, SecretEncoding, UserId, UserStatus, Verification, VerifyFactor,
};

use crate::org::{answer, ok, send};

macro_rules! fixture {
    ($path:literal) => {
        include_str!(concat!("../fixtures/", $path, ".json"))
    };
}

fn ann() -> UserId {
    UserId::parse("00uAnn00000000000001").unwrap()
}

fn enroll() -> EnrollFactor {
    EnrollFactor {
        user: ann(),
        profile: ProfileId::parse("autTokens30s00000001").unwrap(),
        shared_secret: "JBSWY3DP".into(),
    }
}

fn verify() -> VerifyFactor {
    VerifyFactor {
        user: ann(),
        factor: FactorId::parse("chfAnnsToken00000001").unwrap(),
        code: "755224".into(),
    }
}

#[tokio::test]
async fn the_engines_tell_themselves_apart() {
    let identity = ok(&GetOrganization, fixture!("identity/organization")).await;
    assert_eq!(identity.engine, Engine::Identity);
    let classic = ok(&GetOrganization, fixture!("classic/organization")).await;
    assert_eq!(
        (classic.engine, &*classic.id),
        (Engine::Classic, "00oOrgOfClassic000001")
    );
}

#[tokio::test]
async fn authenticators_and_their_settings() {
    let all = ok(&ListAuthenticators, fixture!("identity/authenticators")).await;
    let custom = all.iter().filter(|one| one.is_custom_otp());
    let custom: Vec<_> = custom
        .map(|one| (one.name.as_str(), one.status.clone()))
        .collect();
    let expected = [
        ("Tokens, 30 s", ProfileStatus::Active),
        ("Tokens, tried first", ProfileStatus::Inactive),
    ];
    assert_eq!((all.len(), custom), (4, expected.to_vec()));
    let get = GetOtpSettings(ProfileId::parse("autTokens30s00000001").unwrap());
    let nested = ok(&get, fixture!("identity/method_nested")).await;
    let flat = ok(&get, fixture!("identity/method_flat")).await;
    assert_eq!(nested, flat);
    assert_eq!(nested.algorithm, HmacAlgorithm::Sha256);
    assert_eq!(nested.window_seconds(), 90);
}

#[tokio::test]
async fn classic_lists_profiles_and_what_is_switched_on() {
    let profiles = ok(&ListHotpProfiles, fixture!("classic/hotp_profiles")).await;
    let [fits, proposed] = profiles.as_slice() else {
        panic!("{profiles:?}")
    };
    assert_eq!(fits.status, ProfileStatus::Active);
    assert_eq!(fits.settings.window_seconds(), 150);
    assert_eq!(proposed.settings.algorithm, HmacAlgorithm::Sha512);
    assert_eq!(proposed.settings.encoding, SecretEncoding::Hexadecimal);
    let kinds = ok(&ListOrgFactors, fixture!("classic/org_factors")).await;
    let active: Vec<bool> = kinds
        .iter()
        .map(okta_factors::OrgFactor::is_active_custom_totp)
        .collect();
    assert_eq!(
        active,
        [false, true],
        "what does not say its type is left out"
    );
}

#[tokio::test]
async fn an_enrolment_is_an_object_an_array_or_pending() {
    for (body, id, status) in [
        (
            fixture!("identity/enrolled"),
            "chfAnnsToken00000001",
            FactorStatus::Active,
        ),
        (
            fixture!("classic/enrolled_array"),
            "chfBobsToken00000001",
            FactorStatus::Active,
        ),
        (
            fixture!("classic/pending"),
            "chfBobsToken00000001",
            FactorStatus::PendingActivation,
        ),
    ] {
        let factor = ok(&enroll(), body).await;
        assert_eq!((factor.id.as_str(), factor.status.clone()), (id, status));
        assert!(factor.is_custom_totp());
    }
}

#[tokio::test]
async fn a_token_is_found_among_factors_of_every_kind() {
    let factors = ok(&ListFactors(ann()), fixture!("identity/factors")).await;
    let types: Vec<&str> = factors.iter().map(|one| one.factor_type.as_str()).collect();
    assert_eq!(types, ["email", "question", "token:hotp", "telepathy"]);
    assert_eq!(factors.iter().filter(|one| one.is_custom_totp()).count(), 1);
}

#[tokio::test]
async fn a_policy_shows_in_the_catalog() {
    let list = ListSupportedFactors(ann());
    let kinds = ok(&list, fixture!("identity/catalog")).await;
    let token = kinds.iter().find(|kind| kind.is_custom_totp()).unwrap();
    assert_eq!(token.enrollment, Some(Requirement::Optional));
    assert_eq!(token.status, Some(FactorStatus::NotSetup));
    assert_eq!(kinds[1].enrollment, Some(Requirement::Required));
}

#[tokio::test]
async fn an_enrolment_names_its_authenticator() {
    let list = ListEnrollments(ann());
    let all = ok(&list, fixture!("identity/enrollments")).await;
    assert_eq!(all.len(), 2);
    let token = all.iter().find(|one| one.is_custom_otp()).unwrap();
    assert_eq!(
        (token.id.as_str(), token.status.as_str()),
        ("chfAnnsToken00000001", "ACTIVE")
    );
    assert_eq!(token.name.as_deref(), Some("Tokens, 30 s"));
    let authenticator = ProfileId::parse("autTokens30s00000001").unwrap();
    assert_eq!(token.authenticator, Some(authenticator));
}

#[tokio::test]
async fn users_with_every_property_and_with_few() {
    let get = GetUser(Segment::literal("ann@acme.example"));
    let user = ok(&get, fixture!("identity/user")).await;
    assert_eq!((user.id, &*user.login), (ann(), "Ann@acme.example"));
    assert_eq!(user.name.as_deref(), Some("Ann Example"));
    let page = ok(&ListUsers::beginning("a"), fixture!("identity/users")).await;
    let names: Vec<_> = page.items.iter().map(|one| one.name.as_deref()).collect();
    assert_eq!(names, [Some("Ann Example"), Some("Example"), None]);
    let statuses: Vec<_> = page.items.into_iter().map(|one| one.status).collect();
    assert_eq!(statuses[1], UserStatus::Deprovisioned);
    assert_eq!(statuses[2], UserStatus::Other("HIBERNATING".to_owned()));
}

#[tokio::test]
async fn a_code_is_right_replayed_or_wrong() {
    let rejected = Verification::Rejected;
    for (status, body, expected) in [
        (200, fixture!("identity/verified"), Verification::Accepted),
        (
            200,
            fixture!("identity/replayed"),
            rejected(Rejection::Replayed),
        ),
        (
            403,
            fixture!("errors/passcode"),
            rejected(Rejection::WrongCode),
        ),
    ] {
        let verdict = send(&verify(), answer(status, &[], body)).await.unwrap();
        assert_eq!(verdict.value, expected);
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    for (status, body, kind) in [
        (
            400,
            fixture!("errors/already_enrolled"),
            ErrorKind::AlreadyEnrolled,
        ),
        (400, fixture!("errors/policy"), ErrorKind::Policy),
        (400, fixture!("errors/profile"), ErrorKind::Profile),
        (400, fixture!("errors/secret"), ErrorKind::Secret),
        (401, fixture!("errors/token"), ErrorKind::SignIn),
        (404, fixture!("errors/not_found"), ErrorKind::NotFound),
        (429, fixture!("errors/rate_limit"), ErrorKind::Throttled),
    ] {
        let get = GetFactor {
            user: ann(),
            factor: FactorId::parse("chfGone0000000000001").unwrap(),
        };
        for error in [
            send(&enroll(), answer(status, &[], body))
                .await
                .unwrap_err(),
            send(&get, answer(status, &[], body)).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), kind);
            assert_eq!(error.retry() == Retry::Never, status != 429);
        }
    }
}
