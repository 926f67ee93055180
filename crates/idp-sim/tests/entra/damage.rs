use std::collections::BTreeSet;

use idp_http::Transport;
use idp_sim::{Fault, Garble, Rule, SimConfig};
use serde_json::Value;

use crate::client::{Client, DEVICES, device};

/// The status, the content type and the body of a create whose answer is damaged, and whether it was done.
async fn create_under(how: Option<Garble>, seed: u64) -> (u16, String, Vec<u8>) {
    let config = SimConfig {
        seed,
        ..SimConfig::with_people(1)
    };
    let client = Client::with(config).await;
    client
        .sim
        .set_faults(vec![Rule::always(Fault::Garble { how })].into());
    let request = client.request("POST", DEVICES, &device("S1"));
    let response = client.send(request).await.unwrap();
    assert!(client.truth("S1").is_some());
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    (response.status().as_u16(), kind, response.into_body())
}

async fn damaged(how: Garble) -> Vec<u8> {
    let (status, kind, body) = create_under(Some(how), 1).await;
    assert_eq!(
        (status, kind.as_str()),
        (201, "application/json"),
        "{how:?}"
    );
    body
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[tokio::test(start_paused = true)]
async fn bodies_that_are_no_json() {
    for how in [
        Garble::Truncated,
        Garble::ByteOrderMark,
        Garble::DeepNesting,
    ] {
        let body = damaged(how).await;
        assert!(serde_json::from_slice::<Value>(&body).is_err(), "{how:?}");
        assert!(!body.is_empty());
    }
    assert!(
        damaged(Garble::ByteOrderMark)
            .await
            .starts_with(b"\xef\xbb\xbf{")
    );
    assert_eq!(damaged(Garble::DeepNesting).await.len(), 20_000);
    let (status, kind, body) = create_under(Some(Garble::Html), 1).await;
    assert_eq!((status, kind.as_str()), (201, "text/html; charset=utf-8"));
    assert!(body.starts_with(b"<!DOCTYPE html>"));
    let (status, _, body) = create_under(Some(Garble::Empty), 1).await;
    assert_eq!((status, body), (200, Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn json_that_is_not_what_it_should_be() {
    assert_eq!(json(&damaged(Garble::NullIds).await)["id"], Value::Null);
    let body = json(&damaged(Garble::WrongTypes).await);
    assert!(body["id"].is_number() && body["timeIntervalInSeconds"].is_string());
    assert_eq!(
        json(&damaged(Garble::HugeNumbers).await)["timeIntervalInSeconds"],
        1e308
    );
    let text = String::from_utf8(damaged(Garble::DuplicateKeys).await).unwrap();
    assert_eq!(text.matches("\"id\":").count(), 2);
    assert!(text.ends_with(":null}"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_body_gets_one_to_damage() {
    let client = Client::new(|_| {}).await;
    let id = client.create("S1").await;
    let how = Some(Garble::NullIds);
    client
        .sim
        .set_faults(vec![Rule::always(Fault::Garble { how })].into());
    let answer = client
        .call("DELETE", &format!("{DEVICES}/{id}"), Value::Null)
        .await;
    assert_eq!((answer.status, &answer.body["id"]), (200, &Value::Null));
    assert_eq!(client.truth("S1"), None);
}

#[tokio::test(start_paused = true)]
async fn damage_is_drawn_from_the_seed() {
    let mut kinds = BTreeSet::new();
    for seed in 0..30 {
        let first = create_under(None, seed).await;
        assert_eq!(first, create_under(None, seed).await);
        kinds.insert(first.2.len());
    }
    assert!(kinds.len() > 8, "{kinds:?}");
}

#[tokio::test(start_paused = true)]
async fn a_body_can_be_flooded_and_a_client_sent_elsewhere() {
    let client = Client::new(|_| {}).await;
    let rules = vec![
        Rule::nth("devices.list", 1, Fault::Flood { bytes: 1 << 16 }),
        Rule::nth(
            "devices.create",
            1,
            Fault::Redirect {
                status: 308,
                location: "https://evil.test/".into(),
            },
        ),
    ];
    client.sim.set_faults(rules.into());
    let request = client.request("GET", DEVICES, &Value::Null);
    let list = client
        .sim
        .transport()
        .send(request)
        .await
        .unwrap()
        .into_body();
    assert_eq!(list.len(), 1 << 16);
    assert!(json(&list)["value"].is_array());
    let answer = client.call("POST", DEVICES, device("S1")).await;
    assert_eq!(
        (answer.status, &answer.headers["location"]),
        (308, &"https://evil.test/".parse().unwrap())
    );
    assert_eq!(client.truth("S1"), None);
}

/// How a create ends that somebody waits for so many seconds for; nothing where he waits in vain.
async fn create_within(client: &Client, seconds: u64) -> Option<bool> {
    tokio::select! {
        answer = client.try_call("POST", DEVICES, device("S1")) => Some(answer.is_ok()),
        () = client.wait(seconds) => None,
    }
}

#[tokio::test(start_paused = true)]
async fn time_outs_come_before_or_after_the_work() {
    for (fault, done) in [
        (Fault::HangBefore { ms: u64::MAX }, false),
        (Fault::HangAfter { ms: u64::MAX }, true),
        (Fault::HangAfter { ms: 30_000 }, true),
    ] {
        let client = Client::new(|_| {}).await;
        client.sim.set_faults(vec![Rule::always(fault)].into());
        assert_eq!(create_within(&client, 29).await, None);
        assert_eq!(client.truth("S1").is_some(), done);
    }
    let client = Client::new(|_| {}).await;
    let broken = Fault::HangAfter { ms: 30_000 };
    client.sim.set_faults(vec![Rule::always(broken)].into());
    assert_eq!(create_within(&client, 31).await, Some(false));
}

#[tokio::test(start_paused = true)]
async fn a_body_can_drip() {
    let client = Client::new(|_| {}).await;
    client
        .sim
        .set_faults(vec![Rule::always(Fault::Drip { ms: 1000 })].into());
    // Some hundred bytes, one a second.
    assert_eq!(create_within(&client, 100).await, None);
    assert!(client.truth("S1").is_some());
    assert_eq!(create_within(&client, 1000).await, Some(true));
}
