//! Hostile answers over a real socket, through the real transport.

use std::sync::Arc;

use entra_graph::{
    Activate, CreateApplication, CreateDevice, Error, GraphClient, GraphEndpoint, ListDevices,
    Permission,
};
use idp_http::{BaseUrl, ReqwestOptions, ReqwestTransport, ResponseLimit};
use serde_json::json;
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::registration::certificate;
use crate::support::{
    CODE, FakeClock, ID, SECRET, SEED, TENANT, ann, credential, device, id, options_at,
};

/// Graph and its sign-in on one server that answers everything else so.
async fn serving(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let token = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "T0"});
    Mock::given(method("POST"))
        .and(path(format!("/{TENANT}/oauth2/v2.0/token")))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(answer)
        .with_priority(9)
        .mount(&server)
        .await;
    server
}

fn client(server: &MockServer) -> GraphClient {
    let transport = ReqwestTransport::new(&ReqwestOptions::default()).unwrap();
    let root = BaseUrl::parse(&server.uri()).unwrap();
    let clock = Arc::new(FakeClock::default());
    GraphClient::new(
        Arc::new(transport),
        clock,
        credential(),
        options_at(root.clone(), root),
    )
}

/// The operation fails, says nothing secret, and is sent once.
async fn fails<E: GraphEndpoint>(server: &MockServer, endpoint: &E) -> Error {
    let before = server.received_requests().await.unwrap().len();
    let error = match client(server).send(endpoint).await {
        Ok(_) => panic!("{}: taken for a success", E::NAME),
        Err(error) => error,
    };
    let said = format!("{error} {error:?} {}", error.next_step());
    for secret in [SEED, CODE, SECRET, "T0"] {
        assert!(!said.contains(secret), "{}: {said}", E::NAME);
    }
    let after = server.received_requests().await.unwrap().len();
    assert_eq!(after - before, 2, "{}: a sign-in and one attempt", E::NAME);
    error
}

/// A read, a write with a seed, one with a code and one that must not be repeated.
async fn all_fail(server: &MockServer) {
    fails(server, &ListDevices::all()).await;
    fails(server, &CreateDevice(device("S1"))).await;
    let activate = Activate {
        user: ann(),
        method: id(ID),
        code: CODE.into(),
        display_name: None,
    };
    fails(server, &activate).await;
    let create = CreateApplication::new("Tokens", &certificate(), Permission::ALL);
    fails(server, &create).await;
}

#[tokio::test]
async fn what_is_no_answer_is_no_success() {
    let echo = format!(r#"{{"error": {{"code": "{SEED}", "message": "{CODE}"}}}}"#);
    for (status, body, kind) in [
        (
            200,
            "<html><title>Sign in to the proxy</title></html>",
            "text/html",
        ),
        (201, r#"{"id": "aabbccdd-0011"#, "application/json"),
        (
            200,
            r#"{"id": 7, "value": 7, "error": 7}"#,
            "application/json",
        ),
        (200, &echo, "application/json"),
        (502, "<html>bad gateway</html>", "text/html"),
    ] {
        let answer = ResponseTemplate::new(status).set_body_raw(body, kind);
        all_fail(&serving(answer).await).await;
    }
}

#[tokio::test]
async fn an_answer_beyond_its_limit_is_cut_off() {
    let huge = vec![b' '; ResponseLimit::LIST.0 + 1];
    let answer = ResponseTemplate::new(200).set_body_raw(huge, "application/json");
    all_fail(&serving(answer).await).await;
}

#[tokio::test]
async fn nothing_follows_a_link_or_a_redirect_to_another_host() {
    let other = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200))
        .mount(&other)
        .await;
    for status in [301, 302, 303, 307, 308] {
        let answer = ResponseTemplate::new(status).insert_header("location", other.uri());
        all_fail(&serving(answer).await).await;
    }
    let next = format!("{}/beta/directory", other.uri());
    let page = json!({"value": [], "@odata.nextLink": next});
    let server = serving(ResponseTemplate::new(200).set_body_json(page)).await;
    fails(&server, &ListDevices::all()).await;
    assert!(other.received_requests().await.unwrap().is_empty());
}
