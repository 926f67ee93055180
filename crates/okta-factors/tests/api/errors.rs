//! Refusals: what they are taken for, and what may be done next.

use std::time::Duration;

use idp_http::{Retry, Segment, Sent, TransportError, WithTransport};
use okta_factors::{
    DeleteFactor, EnrollFactor, Error, FactorId, GetUser, ListHotpProfiles, ProfileId, UserId,
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

/// The names of all questions that this error answers with yes.
fn kinds(error: &Error) -> Vec<&'static str> {
    [
        ("sign-in", error.is_sign_in()),
        ("permission", error.is_permission()),
        ("throttled", error.is_throttled()),
        ("not found", error.is_not_found()),
        ("enrolled", error.is_already_enrolled()),
        ("policy", error.is_policy_refusal()),
    ]
    .into_iter()
    .filter_map(|(name, yes)| yes.then_some(name))
    .collect()
}

/// Status, code, cause, the questions answered with yes, a word of the advice.
type Row = (
    u16,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
);

const ENROLLED: &str = "A factor of this type is already set up.";
const POLICY: &str = "Factor not allowed for the user based on the Multifactor policy.";

const FINAL: &[Row] = &[
    (
        400,
        "E0000001",
        ENROLLED,
        &["enrolled"],
        "delete its factor first",
    ),
    (400, "E0000001", POLICY, &["policy"], "enrollment policy"),
    (400, "E0000001", "sharedSecret: bad", &[], "encoding"),
    (400, "E0000003", "", &[], "support"),
    (400, "E0000031", ENROLLED, &[], "cannot be searched for"),
    (401, "E0000011", "", &["sign-in"], "OKTA_CLIENT_TOKEN"),
    (401, "E0000004", "", &["sign-in"], "OKTA_CLIENT_TOKEN"),
    (401, "E0000015", "", &[], "feature"),
    (403, "E0000005", "", &[], "another administrator"),
    (403, "E0000006", "", &["permission"], "okta.users."),
    (403, "E0000038", "", &[], "status"),
    (403, "E0000068", "", &[], "support"),
    (404, "E0000007", "", &["not found"], "does not exist"),
    (404, "E0000008", "", &[], "other engine"),
    (405, "E0000022", "", &[], "slash"),
    (409, "E0000112", "", &[], "being activated"),
    (501, "E0000060", "", &[], "feature"),
];

const TEMPORARY: &[Row] = &[
    (429, "E0000047", "", &["throttled"], "rate limit"),
    (500, "E0000009", "", &[], ""),
    (503, "E0000010", "", &[], "read-only"),
    (504, "E0000067", "", &[], ""),
];

fn check(error: &Error, row: &Row, verdict: Retry) {
    let (status, code, _, expected_kinds, advice) = row;
    assert_eq!(kinds(error), *expected_kinds, "{status} {code}");
    assert_eq!(error.retry(), verdict, "{status} {code}");
    assert_eq!(error.request_id(), Some("r1"));
    let step = error.next_step();
    assert!(step.contains(advice) && step.len() > 10, "{code}: {step}");
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
    assert_eq!(kinds(&error), ["permission"]);
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
        assert!(error.to_string().contains("redirect"), "{error}");
        assert!(!error.to_string().contains("evil"), "{error}");
        assert!(error.next_step().contains("OKTA_CLIENT_ORGURL"));
    }
}

#[tokio::test]
async fn an_error_need_not_be_oktas() {
    for body in ["", "<html>", "[]", "null", "{\"errorCode\":"] {
        let error = send(&get(), answer(404, &[], body)).await.unwrap_err();
        assert_eq!(kinds(&error), [""; 0], "{body}");
        assert!(error.to_string().contains("not an error of Okta's"));
        let error = send(&enroll(), answer(502, &[], body)).await.unwrap_err();
        assert_eq!(error.retry(), IN_DOUBT);
    }
}

#[tokio::test]
async fn an_odd_field_does_not_hide_the_code() {
    let odd = r#"{"errorCode":"E0000007","errorSummary":7,"errorCauses":[1,{"errorSummary":"c"}]}"#;
    let error = send(&get(), answer(404, &[], odd)).await.unwrap_err();
    assert_eq!(kinds(&error), ["not found"]);
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
    assert_eq!(error.to_string(), "delete a factor: no answer in time");
    assert!(error.next_step().contains("read the user's factors"));
    let error = lose(Sent::No).send(&delete).await.unwrap_err();
    assert_eq!(error.retry(), READ_AGAIN);
    let error = lose(Sent::Unknown).send(&get()).await.unwrap_err();
    assert_eq!(error.retry(), READ_AGAIN);
    assert_eq!(error.request_id(), None);
}
