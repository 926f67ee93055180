//! Hostile answers of the token endpoint over a real socket, through the real transport.

use std::sync::Arc;
use std::time::Duration;

use idp_http::{BaseUrl, ReqwestOptions, ReqwestTransport, TokioClock};
use okta_factors::{Error, GetOrganization, OktaClient, ProofKey, ServiceApp};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::org::NOW;
use crate::service_app::{CLIENT_ID, key};

fn client(server: &MockServer) -> OktaClient {
    let transport = ReqwestTransport::new(&ReqwestOptions::default()).unwrap();
    let clock = TokioClock::starting_at(Duration::from_secs(NOW));
    let proof_key = ProofKey::from_random(&[7; 32]).unwrap();
    let app = ServiceApp::new(CLIENT_ID, key(), proof_key, Arc::new(|| "name".to_owned()));
    let org = BaseUrl::parse(&server.uri()).unwrap();
    OktaClient::new(Arc::new(transport), Arc::new(clock), app, org)
}

/// Signs in where everything is answered so: no call follows.
async fn fails(answer: ResponseTemplate) -> Error {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let error = client(&server).send(&GetOrganization).await.unwrap_err();
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1, "one attempt");
    assert_eq!(requests[0].url.path(), "/oauth2/v1/token");
    let assertion = String::from_utf8(requests[0].body.clone()).unwrap();
    let (_, assertion) = assertion.split_once("client_assertion=").unwrap();
    assert!(!format!("{error} {error:?} {}", error.next_step()).contains(assertion));
    error
}

#[tokio::test]
async fn what_is_no_token_is_no_success() {
    for (status, body) in [
        (200, "<html><title>Sign in to the proxy</title></html>"),
        (200, r#"{"token_type":"DPoP","access_to"#),
        (200, r#"{"token_type":7,"access_token":7,"expires_in":7}"#),
        (407, "<html>proxy</html>"),
        (502, "<html>bad gateway</html>"),
    ] {
        fails(ResponseTemplate::new(status).set_body_string(body)).await;
    }
}

#[tokio::test]
async fn a_huge_answer_is_not_read() {
    let token = format!(
        r#"{{"token_type":"DPoP","access_token":"{}"}}"#,
        "a".repeat(70_000)
    );
    let error = fails(ResponseTemplate::new(200).set_body_string(token)).await;
    assert!(matches!(error, Error::Transport { .. }), "{error}");
}

/// The form holds the assertion: it goes nowhere else.
#[tokio::test]
async fn a_redirect_is_an_error_and_goes_nowhere() {
    let elsewhere = MockServer::start().await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("{}/oauth2/v1/token", elsewhere.uri());
        let redirect = ResponseTemplate::new(status).insert_header("location", location);
        let error = fails(redirect).await;
        assert!(
            error.is_sign_in() && error.to_string().contains("redirect"),
            "{error}"
        );
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}
