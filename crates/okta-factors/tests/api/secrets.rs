//! What must never be printed.

use std::sync::Arc;

use idp_http::WithTransport;
use okta_factors::secrecy::SecretString;
use okta_factors::{EnrollFactor, FactorId, ProfileId, SswsToken, UserId, VerifyFactor};

use crate::org::{TOKEN, answer, client, send, sent};

const SECRET: &str = "JBSWY3DPEHPK3PXP";
const CODE: &str = "755224";

fn enroll() -> EnrollFactor {
    EnrollFactor {
        user: UserId::parse("00u1").unwrap(),
        profile: ProfileId::parse("fpr1").unwrap(),
        shared_secret: SecretString::from(SECRET),
    }
}

fn verify() -> VerifyFactor {
    VerifyFactor {
        user: UserId::parse("00u1").unwrap(),
        factor: FactorId::parse("chf1").unwrap(),
        code: SecretString::from(CODE),
    }
}

#[tokio::test]
async fn debug_shows_none_of_them() {
    let unused = WithTransport(|_| panic!("nothing is sent"));
    for shown in [
        format!("{:?}", enroll()),
        format!("{:?}", verify()),
        format!("{:?}", SswsToken::new(TOKEN)),
        format!("{:?}", client(unused)),
        format!("{:?}", sent(&enroll()).await),
        format!("{:?}", sent(&verify()).await),
    ] {
        for secret in [SECRET, CODE, TOKEN] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

/// A careless org quotes what it refuses, in every text of its error.
#[tokio::test]
async fn errors_do_not_repeat_what_was_sent() {
    let quoting = |secret: &str| {
        let body = format!(
            r#"{{"errorCode":"E1 {secret}","errorSummary":"no: {secret}","errorId":"{secret}",
                "errorCauses":[{{"errorSummary":"sharedSecret: {secret}!"}}]}}"#
        );
        answer(400, &[], &body)
    };
    let errors = [
        send(&enroll(), quoting(SECRET)).await.unwrap_err(),
        send(&verify(), quoting(CODE)).await.unwrap_err(),
        send(&verify(), quoting(TOKEN)).await.unwrap_err(),
    ];
    for error in errors {
        let shown = format!("{error} {error:?} {}", error.next_step());
        for secret in [SECRET, CODE, TOKEN] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("sharedSecret: [REDACTED]!"), "{shown}");
    }
}

#[tokio::test]
async fn a_one_time_code_inside_an_error_code_hides_nothing() {
    let verify = VerifyFactor {
        code: "000006".into(),
        ..verify()
    };
    let refusal = answer(403, &[], r#"{"errorCode":"E0000006","errorSummary":"no"}"#);
    assert!(send(&verify, refusal).await.unwrap_err().is_permission());
}

#[tokio::test]
async fn bad_answers_are_not_quoted() {
    for body in [
        format!(r#"{{"id":"{SECRET}/","factorType":"token:hotp"}}"#),
        format!(r#"{{"factorType":"token:hotp","status":{SECRET}}}"#),
        format!(r#"[["{SECRET}"]]"#),
        format!(r#""{SECRET}""#),
    ] {
        let error = send(&enroll(), answer(200, &[], &body)).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[tokio::test]
async fn the_client_keeps_nothing_of_a_request() {
    let secret: Arc<EnrollFactor> = Arc::new(enroll());
    let request = sent(&*secret).await;
    // What the client had to know travels no further.
    let left = request.extensions().len();
    assert_eq!(left, 0, "{:?}", request.extensions());
}
