//! Over real sockets, byte by byte.

#![cfg(feature = "serve")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::net::SocketAddr;
use std::sync::Arc;

use idp_http::TokioClock;
use idp_sim::{Addresses, Serving, Sim, SimConfig, serve};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const DEVICES: &str = "/beta/directory/authenticationMethodDevices/hardwareOathDevices";

async fn start() -> Serving {
    let mut config = SimConfig::with_people(3);
    config.entra.user_page_size = 2;
    let sim = Sim::new(config, Arc::new(TokioClock::system()));
    serve(&sim, addresses("127.0.0.1:0")).await.unwrap()
}

fn addresses(address: &str) -> Addresses {
    let any: SocketAddr = address.parse().unwrap();
    Addresses {
        entra: any,
        okta: any,
        control: any,
    }
}

/// Sends one request on a connection of its own and gives all that comes back.
async fn exchange(url: &str, head: &str, kind: &str, body: &str) -> String {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that was reset gives what came before.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

fn body(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

async fn control(serving: &Serving, line: &str, body: &Value) -> String {
    let head = format!("{line} HTTP/1.1");
    exchange(
        &serving.ready().control_url,
        &head,
        "application/json",
        &body.to_string(),
    )
    .await
}

async fn access_token(serving: &Serving) -> String {
    let entra = &serving.ready().entra;
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={}/.default",
        entra.client_id, entra.client_secret, entra.graph_url
    );
    let head = format!("POST /{}/oauth2/v2.0/token HTTP/1.1", entra.tenant_id);
    let answer = exchange(
        &entra.login_url,
        &head,
        "application/x-www-form-urlencoded",
        &form,
    )
    .await;
    body(&answer)["access_token"].as_str().unwrap().to_owned()
}

async fn graph(serving: &Serving, line: &str, token: &str, body: &Value) -> String {
    let head = format!("{line} HTTP/1.1\r\nAuthorization: Bearer {token}");
    exchange(
        &serving.ready().entra.graph_url,
        &head,
        "application/json",
        &body.to_string(),
    )
    .await
}

fn device(serial: &str) -> Value {
    json!({
        "serialNumber": serial, "manufacturer": "Contoso", "model": "M1",
        "secretKey": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "timeIntervalInSeconds": 30,
    })
}

#[tokio::test]
async fn a_client_signs_in_and_follows_pages() {
    let serving = start().await;
    let token = access_token(&serving).await;
    let first = graph(&serving, "GET /v1.0/users", &token, &Value::Null).await;
    assert!(first.starts_with("HTTP/1.1 200 OK\r\n"), "{first}");
    assert!(first.to_lowercase().contains("\r\ndate: "));
    let next = body(&first)["@odata.nextLink"].as_str().unwrap().to_owned();
    let path = next
        .strip_prefix(&serving.ready().entra.graph_url)
        .unwrap()
        .to_owned();
    let second = graph(&serving, &format!("GET {path}"), &token, &Value::Null).await;
    assert_eq!(body(&second)["value"].as_array().unwrap().len(), 1);
    serving.shutdown().await;
}

#[tokio::test]
async fn the_control_endpoint_tells_and_takes() {
    let serving = start().await;
    let token = access_token(&serving).await;
    let created = graph(&serving, &format!("POST {DEVICES}"), &token, &device("S1")).await;
    assert!(created.starts_with("HTTP/1.1 201"));
    let state = body(&control(&serving, "GET /state", &Value::Null).await);
    assert_eq!(state["entra"]["devices"][0]["serial"], "S1");
    assert_eq!(state["okta"]["factors"], json!([]));
    let calls = body(&control(&serving, "GET /calls", &Value::Null).await);
    assert_eq!((&calls["total"], &calls["writes"]), (&json!(2), &json!(1)));
    let attempt =
        json!({"idp": "entra", "user": "user0001@example.com", "serial": "S1", "code": "123456"});
    let answer = body(&control(&serving, "POST /sign-in", &attempt).await);
    assert_eq!(
        answer,
        json!({"accepted": false, "reason": "no activated token"})
    );
    for (line, body, status) in [
        ("POST /sign-in", json!({"idp": "other"}), 400),
        (
            "POST /faults",
            json!({"rules": [{"fault": {"kind": "odd"}}]}),
            400,
        ),
        ("GET /faults", Value::Null, 404),
    ] {
        let answer = control(&serving, line, &body).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
    }
    let unasked = exchange(
        &serving.ready().control_url,
        "POST /faults HTTP/1.1",
        "text/plain",
        "{}",
    )
    .await;
    assert!(unasked.starts_with("HTTP/1.1 400"));
}

async fn faulty(serving: &Serving, fault: Value) {
    let rules = json!({"rules": [{"route": "devices.create", "nth": 1, "fault": fault}]});
    assert_eq!(
        body(&control(serving, "POST /faults", &rules).await),
        json!({"rules": 1})
    );
}

#[tokio::test]
async fn connections_break_before_after_and_in_the_middle_of_an_answer() {
    let serving = start().await;
    let token = access_token(&serving).await;
    let create = format!("POST {DEVICES}");
    for (serial, fault, comes_back) in [
        ("S1", json!({"kind": "reset-before"}), ""),
        ("S2", json!({"kind": "reset-after"}), ""),
        ("S3", json!({"kind": "cut", "bytes": 9}), "{\"@odata."),
    ] {
        faulty(&serving, fault).await;
        let answer = graph(&serving, &create, &token, &device(serial)).await;
        let end = answer
            .split_once("\r\n\r\n")
            .map_or(answer.as_str(), |(_, body)| body);
        assert_eq!(end, comes_back, "{answer}");
    }
    let state = body(&control(&serving, "GET /state", &Value::Null).await);
    let devices = state["entra"]["devices"].as_array().unwrap();
    let serials: Vec<&Value> = devices.iter().map(|device| &device["serial"]).collect();
    assert_eq!(serials, ["S2", "S3"]);
}

#[tokio::test]
async fn a_header_is_left_out() {
    let serving = start().await;
    let token = access_token(&serving).await;
    faulty(&serving, json!({"kind": "header", "name": "date"})).await;
    let answer = graph(&serving, &format!("POST {DEVICES}"), &token, &device("S1")).await;
    assert!(!answer.to_lowercase().contains("\r\ndate:"), "{answer}");
}

#[tokio::test]
async fn a_body_drips_and_comes_whole() {
    let serving = start().await;
    let token = access_token(&serving).await;
    faulty(&serving, json!({"kind": "drip", "ms": 1})).await;
    let answer = graph(&serving, &format!("POST {DEVICES}"), &token, &device("S1")).await;
    assert_eq!(body(&answer)["serialNumber"], "S1");
}

#[tokio::test]
async fn a_hanging_connection_breaks_in_the_end() {
    let serving = start().await;
    let token = access_token(&serving).await;
    faulty(&serving, json!({"kind": "hang-after", "ms": 20})).await;
    let answer = graph(&serving, &format!("POST {DEVICES}"), &token, &device("S1")).await;
    assert_eq!(answer, "");
    let state = body(&control(&serving, "GET /state", &Value::Null).await);
    assert_eq!(state["entra"]["devices"][0]["made_by"], "client");
}

#[tokio::test]
async fn another_operator_and_the_trace_are_at_the_control_endpoint() {
    let serving = start().await;
    let started = control(&serving, "POST /trace", &json!({})).await;
    assert!(started.starts_with("HTTP/1.1 200"), "{started}");
    let act = json!({"act": "create-device", "serial": "S1", "user": "user0001@example.com"});
    let done = control(&serving, "POST /interfere", &act).await;
    assert_eq!(body(&done), json!({"done": "create-device"}));
    let again = control(&serving, "POST /interfere", &act).await;
    assert!(again.starts_with("HTTP/1.1 409"), "{again}");
    let bad = control(&serving, "POST /interfere", &json!({"act": "fly"})).await;
    assert!(bad.starts_with("HTTP/1.1 400"), "{bad}");
    access_token(&serving).await;
    let state = body(&control(&serving, "GET /state", &Value::Null).await);
    assert_eq!(state["entra"]["devices"][0]["assigned_by"], "operator");
    let trace = body(&control(&serving, "GET /trace", &Value::Null).await);
    let ends: Vec<&str> = trace
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["end"].as_str().unwrap())
        .collect();
    assert_eq!((ends.len(), ends[0], ends[2]), (3, "done", "200"));
    assert_eq!(trace[2]["route"], "token");
}

#[tokio::test]
async fn only_loopback_is_served() {
    let sim = Sim::new(SimConfig::default(), Arc::new(TokioClock::system()));
    let refused = serve(&sim, addresses("0.0.0.0:0")).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn what_is_printed_when_ready_is_what_was_promised() {
    let serving = start().await;
    let ready = serde_json::to_value(serving.ready()).unwrap();
    assert_eq!(ready["schema"], "oathkit.sim/1");
    for name in [
        "login_url",
        "graph_url",
        "tenant_id",
        "client_id",
        "client_secret",
    ] {
        assert!(ready["entra"][name].is_string(), "{name}");
    }
    assert!(ready["okta"]["org_url"].is_string() && ready["okta"]["token"].is_string());
    assert!(ready["okta"]["profiles"][0]["id"].is_string());
    let okta = &serving.ready().okta;
    let head = format!(
        "GET /api/v1/users HTTP/1.1\r\nAuthorization: SSWS {}",
        okta.token
    );
    let users = exchange(&okta.org_url, &head, "application/json", "").await;
    assert!(users.starts_with("HTTP/1.1 200"), "{users}");
    let address = okta.org_url.strip_prefix("http://").unwrap().to_owned();
    serving.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());
}
