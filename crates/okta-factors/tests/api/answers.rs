//! Factors, profiles, verification, and what headers say.

use std::time::Duration;

use idp_http::Retry;
use okta_factors::{
    DeleteFactor, Engine, EnrollFactor, Factor, FactorId, FactorStatus, GetFactor, GetOrganization,
    GetOtpSettings, HmacAlgorithm, ListAuthenticators, ListEnrollments, ListFactors,
    ListHotpProfiles, ListOrgFactors, ListSupportedFactors, OtpSettings, ProfileId, ProfileStatus,
    RateLimit, Rejection, SecretEncoding, UserId, Verification, VerifyFactor,
};

use crate::org::{NOW, answer, bad, client, ok, send};

const TOKEN: &str = r#"{"id":"chf1","factorType":"token:hotp","provider":"CUSTOM",
    "vendorName":"Token2","status":"ACTIVE","created":"2026-07-22T23:22:36.000Z",
    "lastUpdated":"2026-07-22T23:22:36.000Z","_links":{"self":{"href":"https://x.test/"}}}"#;
const PUSH: &str = r#"{"id":"opf1","factorType":"push","provider":"OKTA","status":"ENROLLED"}"#;
const NONCE: &str = r#"{"factorType":"signed_nonce","provider":"OKTA","status":"ACTIVE"}"#;

fn user() -> UserId {
    UserId::parse("00u1").unwrap()
}

fn factor() -> FactorId {
    FactorId::parse("chf1").unwrap()
}

fn enroll() -> EnrollFactor {
    EnrollFactor {
        user: user(),
        profile: ProfileId::parse("fpr1").unwrap(),
        shared_secret: "JBSWY3DP".into(),
    }
}

fn verify() -> VerifyFactor {
    VerifyFactor {
        user: user(),
        factor: factor(),
        code: "755224".into(),
    }
}

/// Every field of a factor, since other crates cannot make one.
#[track_caller]
fn is_token(found: &Factor) {
    let texts = [&found.factor_type, &found.provider].map(String::as_str);
    assert_eq!(texts, ["token:hotp", "CUSTOM"]);
    assert_eq!(
        (&found.id, &found.status),
        (&factor(), &FactorStatus::Active)
    );
    let optional = [&found.vendor_name, &found.created].map(Option::as_deref);
    assert_eq!(optional, [Some("Token2"), Some("2026-07-22T23:22:36.000Z")]);
}

#[tokio::test]
async fn an_enrolment_is_an_object_or_an_array_of_one() {
    for body in [
        TOKEN.to_owned(),
        format!("[{TOKEN}]"),
        format!("[{PUSH},{NONCE},{TOKEN},7]"),
    ] {
        is_token(&ok(&enroll(), &body).await);
    }
}

#[tokio::test]
async fn any_other_answer_leaves_an_enrolment_in_doubt() {
    let two = format!("[{TOKEN},{TOKEN}]");
    for body in ["[]", PUSH, &two, "{}", "", "\"ok\"", &TOKEN[..60]] {
        let error = bad(&enroll(), body).await;
        assert_eq!(error.retry(), Retry::InDoubt { after: None }, "{body}");
        assert!(error.next_step().contains("read the user's factors"));
    }
}

#[tokio::test]
async fn unknown_factors_do_not_break_a_list() {
    let odd = r#"{"id":"x1","factorType":"telepathy","provider":"NEW","status":"GLOWING"}"#;
    let body = format!("[{NONCE},{odd},{PUSH},{TOKEN},{{\"id\":7}},null]");
    let factors = ok(&ListFactors(user()), &body).await;
    let types: Vec<&str> = factors.iter().map(|f| &*f.factor_type).collect();
    assert_eq!(types, ["telepathy", "push", "token:hotp"]);
    assert_eq!(factors[0].status, FactorStatus::Other("GLOWING".to_owned()));
    let ours: Vec<&Factor> = factors.iter().filter(|f| f.is_custom_totp()).collect();
    assert_eq!(ours.len(), 1);
    is_token(ours[0]);
}

#[tokio::test]
async fn a_token_is_never_left_out_of_a_list() {
    for broken in [
        TOKEN.replace("\"id\":\"chf1\",", ""),
        TOKEN.replace("chf1", "../chf1"),
        TOKEN.replace("\"ACTIVE\"", "null"),
    ] {
        bad(&ListFactors(user()), &format!("[{PUSH},{broken}]")).await;
    }
}

#[tokio::test]
async fn one_factor_is_the_one_asked_for() {
    let get = GetFactor {
        user: user(),
        factor: factor(),
    };
    is_token(&ok(&get, TOKEN).await);
    bad(&get, PUSH).await;
}

#[tokio::test]
async fn a_deletion_has_no_content() {
    let delete = DeleteFactor {
        user: user(),
        factor: factor(),
    };
    assert!(send(&delete, answer(204, &[], "")).await.is_ok());
    let error = bad(&delete, "<html>signed in</html>").await;
    assert_eq!(error.retry(), Retry::InDoubt { after: None });
}

#[tokio::test]
async fn a_code_is_accepted_or_rejected_by_200() {
    let rejected = Verification::Rejected;
    for (word, expected) in [
        ("SUCCESS", Verification::Accepted),
        ("PASSCODE_REPLAYED", rejected(Rejection::Replayed)),
        ("TIME_WINDOW_EXCEEDED", rejected(Rejection::OutsideWindow)),
        ("FAILED", rejected(Rejection::Other("FAILED".to_owned()))),
        ("WAITING", rejected(Rejection::Other("WAITING".to_owned()))),
    ] {
        let body = format!(r#"{{"factorResult":"{word}","_links":{{}}}}"#);
        let verdict = ok(&verify(), &body).await;
        assert_eq!(verdict.is_accepted(), word == "SUCCESS");
        assert_eq!(verdict, expected);
    }
    let error = bad(&verify(), "{}").await;
    assert_eq!(error.retry(), Retry::InDoubt { after: None });
}

#[tokio::test]
async fn a_code_is_rejected_by_403() {
    for (code, expected) in [
        ("E0000068", Rejection::WrongCode),
        ("E0000069", Rejection::Locked),
        ("E0000082", Rejection::Replayed),
        ("E0000083", Rejection::OutsideWindow),
    ] {
        let body = format!(r#"{{"errorCode":"{code}","errorSummary":"no","errorCauses":[]}}"#);
        let verdict = send(&verify(), answer(403, &[], &body)).await.unwrap();
        assert_eq!(verdict.value, Verification::Rejected(expected));
        // Only of a verification, and only with this status.
        assert!(send(&verify(), answer(400, &[], &body)).await.is_err());
        assert!(send(&enroll(), answer(403, &[], &body)).await.is_err());
    }
    let permission = r#"{"errorCode":"E0000006","errorSummary":"no"}"#;
    let error = send(&verify(), answer(403, &[], permission))
        .await
        .unwrap_err();
    assert!(error.is_permission());
    assert!(send(&verify(), answer(403, &[], "<html>")).await.is_err());
}

#[tokio::test]
async fn engines() {
    for (word, engine) in [
        ("idx", Engine::Identity),
        ("v1", Engine::Classic),
        ("v9", Engine::Other("v9".to_owned())),
    ] {
        let body = format!(r#"{{"id":"00o1","cell":"x","pipeline":"{word}"}}"#);
        assert_eq!(ok(&GetOrganization, &body).await.engine, engine);
    }
}

#[tokio::test]
async fn authenticators_of_every_kind() {
    let otp = r#"{"type":"security_key","id":"aut1","key":"custom_otp","status":"ACTIVE","name":"Token2"}"#;
    let old = otp.replace("aut1", "aut2").replace("ACTIVE", "INACTIVE");
    let body = format!(
        r#"[{{"key":"okta_email"}},{otp},{old},{{"id":"x","key":"k","name":"n","status":"ACTIVE"}}]"#
    );
    let all = ok(&ListAuthenticators, &body).await;
    let usable: Vec<&str> = all
        .iter()
        .filter(|a| a.is_custom_otp() && a.is_active())
        .map(|a| a.id.as_str())
        .collect();
    assert_eq!((all.len(), usable), (3, vec!["aut1"]));
    bad(
        &ListAuthenticators,
        r#"[{"key":"custom_otp","name":"n","status":"ACTIVE"}]"#,
    )
    .await;
}

#[tokio::test]
async fn enrolments_are_a_list_or_one_and_never_lost() {
    let one = r#"{"id":"eae1","key":"custom_otp","status":"ACTIVE","_links":LINKS}"#;
    let list = ListEnrollments(user());
    let link = |href: &str| format!(r#"{{"authenticator":{{"href":"{href}"}}}}"#);
    for (links, expected) in [
        (
            link("https://acme.okta.com/api/v1/authenticators/aut1"),
            Some("aut1"),
        ),
        (link("/api/v1/authenticators/aut1?x=a/b#c/d"), Some("aut1")),
        // It is read, and never followed.
        (link("https://evil.test/aut1"), Some("aut1")),
        (link("https://acme.okta.com/authenticators/..%2fx"), None),
        (link(""), None),
        ("null".to_owned(), None),
        ("[]".to_owned(), None),
        (r#"{"authenticator":[{"href":7}]}"#.to_owned(), None),
    ] {
        let body = one.replace("LINKS", &links);
        for body in [format!("[{body},{{}},7]"), body] {
            let found = ok(&list, &body).await;
            let found: Vec<_> = found.iter().map(|one| one.authenticator.as_ref()).collect();
            let expected = expected.map(|id| ProfileId::parse(id).unwrap());
            assert_eq!(found, [expected.as_ref()], "{body}");
        }
    }
    assert!(ok(&list, "[]").await.is_empty());
    for broken in [
        "{}",
        "null",
        "7",
        r#"{"errorCode":"E0000006"}"#,
        r#"[{"key":"custom_otp"}]"#,
    ] {
        bad(&list, broken).await;
    }
}

#[tokio::test]
async fn what_a_policy_allows_is_never_lost() {
    let list = ListSupportedFactors(user());
    let kinds = r#"[{"factorType":"token:hotp","provider":"custom"},{"factorType":"x"},7]"#;
    let found = ok(&list, kinds).await;
    assert!(found.len() == 1 && found[0].is_custom_totp());
    assert_eq!((&found[0].enrollment, &found[0].status), (&None, &None));
    for broken in ["{}", "null", r#"[{"factorType":"token:hotp"}]"#] {
        bad(&list, broken).await;
    }
    bad(
        &ListOrgFactors,
        r#"[{"factorType":"token:hotp","status":7}]"#,
    )
    .await;
}

/// Every field, since other crates cannot make settings; numbers: digits, period, intervals.
#[track_caller]
fn are(
    found: &OtpSettings,
    algorithm: &HmacAlgorithm,
    encoding: &SecretEncoding,
    numbers: [u32; 3],
) {
    assert_eq!((&found.algorithm, &found.encoding), (algorithm, encoding));
    let found_numbers = [found.digits, found.period_seconds, found.adjacent_intervals];
    assert_eq!(found_numbers, numbers);
    assert!(found.time_based);
}

#[tokio::test]
async fn settings_are_nested_or_not_and_of_any_case() {
    let get = GetOtpSettings(ProfileId::parse("aut1").unwrap());
    let flat = r#""protocol":"TOTP","timeIntervalInSeconds":30,"encoding":"base32",
        "algorithm":"HMacSHA256","passCodeLength":6,"acceptableAdjacentIntervals":3"#;
    let shouted = flat
        .replace("base32", "Base32")
        .replace("HMacSHA256", "HMACSHA256");
    for body in [
        format!(r#"{{"type":"otp","status":"ACTIVE","settings":{{{flat}}},"_links":{{}}}}"#),
        format!(r#"{{"type":"otp","status":"ACTIVE","factorProfileId":"aut1",{flat}}}"#),
        format!(r#"{{"type":"otp","settings":{{{shouted}}}}}"#),
        format!(r#"{{{shouted}}}"#),
    ] {
        let (sha256, base32) = (HmacAlgorithm::Sha256, SecretEncoding::Base32);
        are(&ok(&get, &body).await, &sha256, &base32, [6, 30, 3]);
    }
    let other = flat
        .replace("TOTP", "YUBICO")
        .replace("base32", "base58")
        .replace("HMacSHA256", "HMacSHA3");
    let other = ok(&get, &format!("{{{other}}}")).await;
    assert!(!other.time_based);
    assert_eq!(other.encoding.as_str(), "base58");
    assert_eq!(other.algorithm, HmacAlgorithm::Other("HMacSHA3".to_owned()));
    for broken in [
        "{}".to_owned(),
        format!("{{{}}}", flat.replace("30", "0")),
        format!("{{{}}}", flat.replace(":6", ":-6")),
        format!("{{{}}}", flat.replace("Intervals\":3", "Intervals\":-3")),
        r#"{"settings":null}"#.to_owned(),
    ] {
        bad(&get, &broken).await;
    }
}

#[tokio::test]
async fn classic_profiles() {
    let profile = r#"{"id":"fpr1","default":false,"name":"Token2","settings":{"timeBased":true,
        "otpLength":8,"timeStep":60,"acceptableAdjacentIntervals":10,"encoding":"hexadecimal",
        "hmacAlgorithm":"HMacSHA512"}}"#;
    let counter = profile.replace("true", "false");
    let profiles = ok(&ListHotpProfiles, &format!("[{profile},{counter}]")).await;
    let (sha512, hexadecimal) = (HmacAlgorithm::Sha512, SecretEncoding::Hexadecimal);
    are(&profiles[0].settings, &sha512, &hexadecimal, [8, 60, 10]);
    assert_eq!(
        (profiles[0].id.as_str(), &*profiles[0].name),
        ("fpr1", "Token2")
    );
    assert!(!profiles[1].settings.time_based);
    for (status, expected) in [
        ("null", ProfileStatus::Active),
        ("\"active\"", ProfileStatus::Active),
        ("\"INACTIVE\"", ProfileStatus::Inactive),
        ("\"NEW\"", ProfileStatus::Other("NEW".to_owned())),
    ] {
        let with = profile.replace("\"name\"", &format!("\"status\":{status},\"name\""));
        let profiles = ok(&ListHotpProfiles, &format!("[{with}]")).await;
        assert_eq!(profiles[0].is_active(), expected == ProfileStatus::Active);
        assert_eq!(profiles[0].status, expected);
    }
    bad(
        &ListHotpProfiles,
        &format!("[{profile},{{\"id\":\"fpr2\"}}]"),
    )
    .await;
    bad(&ListHotpProfiles, &profile.replace("60", "0")).await;
}

#[tokio::test]
async fn an_answer_carries_what_its_headers_say() {
    let headers = [
        ("x-okta-request-id", "req1"),
        ("x-rate-limit-limit", "600"),
        ("x-rate-limit-remaining", "599"),
        ("x-rate-limit-reset", "1795291260"),
        ("x-rate-limit-limit", "50"),
        ("x-rate-limit-remaining", "49"),
        ("x-rate-limit-reset", "1795291230"),
    ];
    let answer = send(&ListFactors(user()), answer(200, &headers, "[]"))
        .await
        .unwrap();
    assert_eq!(answer.request_id.as_deref(), Some("req1"));
    let expected = RateLimit {
        limit: 50,
        remaining: 49,
        reset: Duration::from_secs(NOW + 30),
        date: None,
    };
    assert_eq!(answer.rate_limit, Some(expected));
}

#[tokio::test(start_paused = true)]
async fn time_is_learned_from_answers_even_from_refusals() {
    let dated = answer(500, &[("date", "Sat, 21 Nov 2026 20:00:00 GMT")], "");
    let client = client(idp_http::WithTransport(move |_| Ok(dated.clone())));
    assert_eq!(client.unix().as_secs(), NOW + 1000);
    assert!(client.send(&GetOrganization).await.is_err());
    assert_eq!(client.unix().as_secs(), NOW);
    let clock = idp_http::TokioClock::starting_at(Duration::from_secs(NOW + 1000));
    assert_eq!(client.time().ahead_millis(&clock), Some(999_500));
}

/// A terminal escape, its C1 form, a turn of the direction of writing and a line break; as JSON.
const HOSTILE: &str = r#""A\u001b[2J\u009b2J\u202e\nB""#;

#[track_caller]
fn assert_tame(shown: &str) {
    // Debug writes what is not printable as an escape, so a tame text has none.
    let acts = shown.contains("\\u{") || shown.contains("\\n") || shown.contains(char::is_control);
    assert!(!acts, "{shown:?}");
    assert!(shown.contains("A\u{fffd}[2J"), "{shown:?}");
}

#[tokio::test]
async fn text_from_outside_cannot_act_on_a_terminal() {
    let with = |json: &str| json.replace("HOSTILE", HOSTILE);
    let user = with(
        r#"{"id":"00u1","status":HOSTILE,"profile":{"login":HOSTILE,"email":HOSTILE,"firstName":HOSTILE}}"#,
    );
    let get = okta_factors::GetUser(idp_http::Segment::literal("ann"));
    assert_tame(&format!("{:?}", ok(&get, &user).await));
    let factors = with(
        r#"[{"id":"chf1","factorType":HOSTILE,"provider":HOSTILE,"vendorName":HOSTILE,
            "status":HOSTILE,"created":HOSTILE}]"#,
    );
    assert_tame(&format!(
        "{:?}",
        ok(&ListFactors(self::user()), &factors).await
    ));
    let authenticators = with(r#"[{"id":"aut1","key":HOSTILE,"name":HOSTILE,"status":HOSTILE}]"#);
    assert_tame(&format!(
        "{:?}",
        ok(&ListAuthenticators, &authenticators).await
    ));
    let kinds = with(
        r#"[{"factorType":HOSTILE,"provider":HOSTILE,"enrollment":HOSTILE,"status":HOSTILE}]"#,
    );
    let user = self::user;
    assert_tame(&format!(
        "{:?}",
        ok(&ListSupportedFactors(user()), &kinds).await
    ));
    assert_tame(&format!("{:?}", ok(&ListOrgFactors, &kinds).await));
    let own = with(r#"[{"id":HOSTILE,"key":HOSTILE,"name":HOSTILE,"status":HOSTILE}]"#);
    assert_tame(&format!("{:?}", ok(&ListEnrollments(user()), &own).await));
    let org = with(r#"{"id":HOSTILE,"pipeline":HOSTILE}"#);
    assert_tame(&format!("{:?}", ok(&GetOrganization, &org).await));
    let result = with(r#"{"factorResult":HOSTILE}"#);
    assert_tame(&format!("{:?}", ok(&verify(), &result).await));
    let profiles = with(
        r#"[{"id":"fpr1","name":HOSTILE,"settings":{"hmacAlgorithm":HOSTILE,"otpLength":6,
            "timeStep":30,"acceptableAdjacentIntervals":3,"encoding":HOSTILE}}]"#,
    );
    assert_tame(&format!("{:?}", ok(&ListHotpProfiles, &profiles).await));
    let refusal = with(
        r#"{"errorCode":HOSTILE,"errorSummary":HOSTILE,"errorId":HOSTILE,
            "errorCauses":[{"errorSummary":HOSTILE}]}"#,
    );
    let error = send(&get, answer(400, &[], &refusal)).await.unwrap_err();
    assert_tame(&format!("{error:?}{error}"));
}
