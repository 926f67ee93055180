//! Refusals: what they are taken for, and what may be done next.

use std::time::Duration;

use idp_http::{Retry, Segment, Sent, TransportError, WithTransport};
use okta_factors::{
    DeleteFactor, EnrollFactor, Error, ErrorKind, FactorId, GetUser, ListHotpProfiles, ProfileId,
    UserId,
};

use crate::org::{answer, client, send};

const READ_AGAIN: Retry = Retry::Safe { after: None };
const IN_DOUBT: Retry = Retry::InDoubt { after: None };

fn get() -> GetUser {
    GetUser(Segment::new("ann").unwrap())
}

fn enroll() -> EnrollFactor {
    EnrollFactor {
        user: UserId::parse("00u1").unwrap(),
        profile: ProfileId::parse("fpr1").unwrap(),
        shared_secret: "JBSWY3DP".into(),
    }
}

fn body(code: &str, cause: &str) -> String {
    format!(
        r#"{{"errorCode":"{code}","errorSummary":"Okta's words","errorLink":"{code}",
            "errorId":"oae1","errorCauses":[{{"errorSummary":"{cause}"}}]}}"#
    )
}

async fn read(status: u16, code: &str, cause: &str) -> Error {
    let refusal = answer(status, &[("x-okta-request-id", "r1")], &body(code, cause));
    send(&get(), refusal).await.unwrap_err()
}

async fn write(status: u16, code: &str, cause: &str) -> Error {
    let refusal = answer(status, &[("x-okta-request-id", "r1")], &body(code, cause));
    send(&enroll(), refusal).await.unwrap_err()
}

/// Status, code, cause, what it is taken for, a word of the advice.
type Row = (u16, &'static str, &'static str, ErrorKind, &'static str);

const ENROLLED: &str = "A factor of this type is already set up.";
const POLICY: &str = "Factor not allowed for the user based on the Multifactor policy.";

const PROFILE: &str = "factorProfileId: The factor profile is invalid.";
const SECRET: &str = "sharedSecret: bad for the factor profile";

/// Every code that Okta's list of errors has for these operations.
const FINAL: &[Row] = {
    use ErrorKind as Kind;
    &[
        (
            400,
            "E0000001",
            ENROLLED,
            Kind::AlreadyEnrolled,
            "delete its factor first",
        ),
        (400, "E0000001", POLICY, Kind::Policy, "enrollment policy"),
        (400, "E0000001", PROFILE, Kind::Profile, "profile's id"),
        (400, "E0000001", SECRET, Kind::Secret, "encoding"),
        (400, "E0000001", "", Kind::Request, "request's id"),
        (400, "E0000002", "", Kind::Request, "request's id"),
        (400, "E0000003", "", Kind::Request, "request's id"),
        (401, "E0000004", "", Kind::SignIn, "OKTA_CLIENT_TOKEN"),
        (403, "E0000005", "", Kind::Session, "another administrator"),
        (403, "E0000006", "", Kind::Permission, "okta.users."),
        (404, "E0000007", "", Kind::NotFound, "does not exist"),
        (404, "E0000008", "", Kind::NoSuchPath, "other engine"),
        (401, "E0000011", "", Kind::SignIn, "OKTA_CLIENT_TOKEN"),
        (401, "E0000015", "", Kind::Feature, "feature"),
        (400, "E0000018", "", Kind::Request, "request's id"),
        (400, "E0000019", "", Kind::Request, "request's id"),
        (400, "E0000021", "", Kind::Request, "request's id"),
        (405, "E0000022", "", Kind::Method, "slash"),
        (
            400,
            "E0000031",
            ENROLLED,
            Kind::Search,
            "cannot be searched for",
        ),
        (403, "E0000038", "", Kind::UserStatus, "status"),
        (501, "E0000060", "", Kind::Feature, "feature"),
        (403, "E0000068", "", Kind::Code, "the next one"),
        (403, "E0000069", "", Kind::UserLocked, "unlock"),
        (400, "E0000074", "", Kind::Fault, "support"),
        (403, "E0000082", "", Kind::Code, "the next one"),
        (403, "E0000083", "", Kind::Code, "the next one"),
        (409, "E0000112", "", Kind::UserActivating, "some minutes"),
        (403, "E0000148", "", Kind::InUse, "policy"),
        (410, "E0000154", "", Kind::NotActive, "not active"),
        (409, "E0000157", "", Kind::InUse, "policy"),
        (423, "E0000180", "", Kind::NotActive, "not active"),
        (418, "E0009999", "", Kind::Other, "support"),
    ]
};

const TEMPORARY: &[Row] = {
    use ErrorKind as Kind;
    &[
        (429, "E0000047", "", Kind::Throttled, "rate limit"),
        (500, "E0000009", "", Kind::Fault, ""),
        (503, "E0000010", "", Kind::ReadOnly, "read-only"),
        (504, "E0000067", "", Kind::Fault, ""),
        (502, "E0009999", "", Kind::Fault, ""),
    ]
};

fn check(error: &Error, row: &Row, verdict: Retry) {
    let (status, code, _, kind, advice) = row;
    assert_eq!(error.kind(), *kind, "{status} {code}");
    assert_eq!(error.retry(), verdict, "{status} {code}");
    assert_eq!(error.request_id(), Some("r1"));
    let step = error.next_step();
    assert!(step.contains(advice) && step.len() > 10, "{code}: {step}");
}

#[tokio::test]
async fn the_questions_are_about_the_kind() {
    for row in FINAL.iter().chain(TEMPORARY) {
        let error = read(row.0, row.1, row.2).await;
        for (kind, yes) in [
            (ErrorKind::SignIn, error.is_sign_in()),
            (ErrorKind::Permission, error.is_permission()),
            (ErrorKind::Throttled, error.is_throttled()),
            (ErrorKind::NotFound, error.is_not_found()),
            (ErrorKind::AlreadyEnrolled, error.is_already_enrolled()),
            (ErrorKind::Policy, error.is_policy_refusal()),
        ] {
            assert_eq!(yes, row.3 == kind, "{} {kind:?}", row.1);
        }
    }
}

/// A code says nothing where the status belongs to something else.
#[tokio::test]
async fn a_code_needs_its_status() {
    for (status, code, kind) in [
        (429, "E0000007", ErrorKind::Throttled),
        (401, "E0000006", ErrorKind::SignIn),
        (502, "E0000007", ErrorKind::Fault),
        (404, "E0000006", ErrorKind::Other),
    ] {
        assert_eq!(read(status, code, "").await.kind(), kind, "{status} {code}");
    }
}

#[tokio::test]
async fn every_refusal_has_a_kind_a_verdict_and_advice() {
    for row in FINAL {
        check(&read(row.0, row.1, row.2).await, row, Retry::Never);
        check(&write(row.0, row.1, row.2).await, row, Retry::Never);
    }
    for row in TEMPORARY {
        check(&read(row.0, row.1, row.2).await, row, READ_AGAIN);
        check(&write(row.0, row.1, row.2).await, row, IN_DOUBT);
    }
}

#[tokio::test]
async fn a_service_error_keeps_okta_s_words() {
    let error = write(400, "E0000001", "A\\u001b[2Jcause").await;
    assert_eq!(
        error.to_string(),
        "enrol a factor: Okta's words; A\u{fffd}[2Jcause (HTTP 400, E0000001, request r1)"
    );
    let Error::Service(service) = error else {
        panic!("{error:?}")
    };
    assert_eq!(service.operation, "enrol a factor");
    assert_eq!(service.scope, "okta.users.manage");
    assert_eq!(service.status.as_u16(), 400);
    assert_eq!(service.code.as_deref(), Some("E0000001"));
    assert_eq!(service.summary, "Okta's words");
    assert_eq!(service.causes, ["A\u{fffd}[2Jcause"]);
    assert_eq!(service.error_id.as_deref(), Some("oae1"));
}

#[tokio::test]
async fn a_missing_right_names_scope_and_role() {
    let step = write(403, "E0000006", "").await.next_step();
    assert!(
        step.contains("enrol a factor (okta.users.manage)"),
        "{step}"
    );
    assert!(step.contains("okta.users.credentials.manage"), "{step}");
    let step = read(403, "E0000006", "").await.next_step();
    assert!(step.contains("read a user (okta.users.read)."), "{step}");
    let undocumented = answer(403, &[], &body("E0000006", ""));
    let error = send(&ListHotpProfiles, undocumented).await.unwrap_err();
    assert!(error.next_step().contains("list factor profiles."));
}

#[tokio::test]
async fn a_missing_scope_is_a_missing_right() {
    let bearer = r#"Bearer authorization_uri="x", error="insufficient_scope""#;
    let refusal = answer(403, &[("www-authenticate", bearer)], "");
    let error = send(&get(), refusal).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission);
}

#[tokio::test]
async fn a_429_says_how_long_to_wait() {
    let headers = [
        ("date", "Sat, 21 Nov 2026 20:00:00 GMT"),
        ("x-rate-limit-limit", "600"),
        ("x-rate-limit-remaining", "0"),
        ("x-rate-limit-reset", "1795291224"),
    ];
    let after = Some(Duration::from_secs(25));
    let refusal = answer(429, &headers, &body("E0000047", ""));
    let error = send(&get(), refusal.clone()).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Safe { after });
    let error = send(&enroll(), refusal).await.unwrap_err();
    assert_eq!(error.retry(), Retry::InDoubt { after });
    let in_flight = [
        headers[0],
        ("x-rate-limit-limit", "0"),
        headers[2],
        headers[3],
    ];
    let error = send(&get(), answer(429, &in_flight, "")).await.unwrap_err();
    let after = Some(Duration::from_secs(1));
    assert_eq!(error.retry(), Retry::Safe { after });
}

#[tokio::test]
async fn a_redirect_is_an_error_and_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = answer(status, &[("location", "https://evil.test/")], "<html>");
        let error = send(&enroll(), elsewhere).await.unwrap_err();
        assert_eq!(error.retry(), Retry::Never);
        assert_eq!(error.kind(), ErrorKind::Redirect);
        assert!(error.to_string().contains("redirect"), "{error}");
        assert!(!error.to_string().contains("evil"), "{error}");
        assert!(error.next_step().contains("OKTA_CLIENT_ORGURL"));
    }
}

#[tokio::test]
async fn an_error_need_not_be_oktas() {
    for body in ["", "<html>", "[]", "null", "{\"errorCode\":"] {
        let error = send(&get(), answer(404, &[], body)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Other, "{body}");
        assert!(error.to_string().contains("not an error of Okta's"));
        let error = send(&enroll(), answer(502, &[], body)).await.unwrap_err();
        assert_eq!(error.retry(), IN_DOUBT);
    }
}

#[tokio::test]
async fn an_odd_field_does_not_hide_the_code() {
    let odd = r#"{"errorCode":"E0000007","errorSummary":7,"errorCauses":[1,{"errorSummary":"c"}]}"#;
    let error = send(&get(), answer(404, &[], odd)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().ends_with("; c (HTTP 404, E0000007)"));
}

#[tokio::test]
async fn a_lost_answer_leaves_a_write_in_doubt() {
    let lose = |sent| {
        client(WithTransport(move |_| {
            Err(TransportError::new(sent, "no answer in time"))
        }))
    };
    let delete = DeleteFactor {
        user: UserId::parse("00u1").unwrap(),
        factor: FactorId::parse("chf1").unwrap(),
    };
    let error = lose(Sent::Unknown).send(&delete).await.unwrap_err();
    assert_eq!(error.retry(), IN_DOUBT);
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert_eq!(error.to_string(), "delete a factor: no answer in time");
    assert!(error.next_step().contains("read the user's factors"));
    let error = lose(Sent::No).send(&delete).await.unwrap_err();
    assert_eq!(error.retry(), READ_AGAIN);
    let error = lose(Sent::Unknown).send(&get()).await.unwrap_err();
    assert_eq!(error.retry(), READ_AGAIN);
    assert_eq!(error.request_id(), None);
}
