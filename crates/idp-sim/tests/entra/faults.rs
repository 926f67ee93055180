use std::time::Duration;

use idp_http::{Clock, ResponseLimit, Sent};
use idp_sim::{Fault, Rule, SimConfig};
use serde_json::Value;

use crate::client::{Client, DEVICES, device};

const CREATE: &str = "devices.create";

/// What a create ends with under a fault, and whether it was done.
async fn create_under(fault: Fault) -> (Result<u16, Sent>, bool) {
    let client = Client::new(|_| {}).await;
    client
        .sim
        .set_faults(vec![Rule::nth(CREATE, 1, fault)].into());
    let answer = client.try_call("POST", DEVICES, device("S1")).await;
    let end = answer
        .map(|answer| answer.status)
        .map_err(|error| error.sent());
    (end, client.truth("S1").is_some())
}

fn status(after_work: bool) -> Fault {
    Fault::Status {
        status: 503,
        retry_after: Some("7".into()),
        after_work,
    }
}

#[tokio::test(start_paused = true)]
async fn work_is_done_or_not_whatever_the_client_sees() {
    assert_eq!(create_under(status(false)).await, (Ok(503), false));
    assert_eq!(create_under(status(true)).await, (Ok(503), true));
    assert_eq!(
        create_under(Fault::ResetBefore).await,
        (Err(Sent::Unknown), false)
    );
    assert_eq!(
        create_under(Fault::ResetAfter).await,
        (Err(Sent::Unknown), true)
    );
    assert_eq!(
        create_under(Fault::Cut { bytes: 3 }).await,
        (Err(Sent::Unknown), true)
    );
    let page = Fault::Replace {
        status: 302,
        content_type: "text/html".into(),
        body: "<html>".into(),
    };
    assert_eq!(create_under(page).await, (Ok(302), true));
}

#[tokio::test(start_paused = true)]
async fn work_can_be_done_later() {
    let client = Client::new(|_| {}).await;
    client
        .sim
        .set_faults(vec![Rule::nth(CREATE, 1, Fault::ResetThenWork { ms: 5000 })].into());
    assert!(
        client
            .try_call("POST", DEVICES, device("S1"))
            .await
            .is_err()
    );
    client.wait(4).await;
    assert_eq!(client.truth("S1"), None);
    client.wait(1).await;
    assert_eq!(client.call("POST", DEVICES, device("S1")).await.status, 409);
    assert_eq!(client.truth("S1").unwrap().creations, 1);
}

#[tokio::test(start_paused = true)]
async fn an_error_on_order_looks_like_the_services_own() {
    let client = Client::new(|_| {}).await;
    client
        .sim
        .set_faults(vec![Rule::always(status(false))].into());
    let answer = client.get(DEVICES).await;
    assert_eq!(answer.refused(), (503, "serviceNotAvailable".into()));
    assert_eq!(answer.headers["retry-after"], "7");
    assert!(answer.headers.contains_key("date") && answer.headers.contains_key("request-id"));
}

#[tokio::test(start_paused = true)]
async fn answers_can_be_rewritten() {
    let client = Client::new(|_| {}).await;
    client.create("S1").await;
    let rewrite = Fault::Rewrite {
        find: "S1".into(),
        put: "S2".into(),
    };
    let no_date = Fault::Header {
        name: "date".into(),
        value: None,
    };
    client.sim.set_faults(
        vec![
            Rule::nth("devices.list", 1, rewrite),
            Rule::nth("devices.*", 2, no_date),
        ]
        .into(),
    );
    assert_eq!(client.names(DEVICES, "serialNumber").await, ["S2"]);
    assert!(!client.get(DEVICES).await.headers.contains_key("date"));
}

#[tokio::test(start_paused = true)]
async fn latency_and_delays_take_the_clocks_time() {
    let config = SimConfig {
        latency: Duration::from_millis(100),
        ..SimConfig::with_people(1)
    };
    let client = Client::with(config).await;
    let start = client.clock.monotonic();
    client.get(DEVICES).await;
    assert_eq!(client.clock.monotonic() - start, Duration::from_millis(100));
    let rules = vec![
        Rule::nth("devices.list", 1, Fault::Delay { ms: 1000 }),
        Rule::nth("devices.list", 2, Fault::DelayAfter { ms: 1000 }),
    ];
    client.sim.set_faults(rules.into());
    let early = client.get(DEVICES).await;
    let late = client.get(DEVICES).await;
    assert_eq!(
        client.clock.monotonic() - start,
        Duration::from_millis(2300)
    );
    // Both carry the time of the work: 1.2 s after the start, and the same.
    assert_eq!(early.headers["date"], late.headers["date"]);
}

#[tokio::test(start_paused = true)]
async fn every_call_is_counted() {
    let client = Client::new(|_| {}).await;
    client
        .sim
        .set_faults(vec![Rule::nth(CREATE, 2, Fault::ResetAfter)].into());
    client.create("S1").await;
    assert!(
        client
            .try_call("POST", DEVICES, device("S2"))
            .await
            .is_err()
    );
    client.call("POST", DEVICES, device("S2")).await;
    client.get(DEVICES).await;
    let calls = client.sim.calls();
    let ends: Vec<_> = calls
        .calls
        .iter()
        .map(|call| (call.route.as_str(), call.status.as_str(), call.count))
        .collect();
    assert_eq!(
        ends,
        [
            (CREATE, "201", 1),
            (CREATE, "409", 1),
            (CREATE, "reset", 1),
            ("devices.list", "200", 1),
            ("token", "200", 1)
        ]
    );
    assert_eq!((calls.total, calls.writes), (5, 3));
}

#[tokio::test(start_paused = true)]
async fn the_transport_keeps_to_its_hosts_and_limits() {
    let client = Client::new(|_| {}).await;
    for url in [
        "https://graph.microsoft.com/v1.0/users",
        "http://graph.sim.test/v1.0/users",
    ] {
        let mut request = client.request("GET", DEVICES, &Value::Null);
        *request.uri_mut() = url.parse().unwrap();
        assert_eq!(client.send(request).await.unwrap_err().sent(), Sent::No);
    }
    let mut request = client.request("GET", DEVICES, &Value::Null);
    request.extensions_mut().insert(ResponseLimit(10));
    assert_eq!(
        client.send(request).await.unwrap_err().sent(),
        Sent::Unknown
    );
    let login = client
        .call("GET", "https://login.sim.test/v1.0/users", Value::Null)
        .await;
    assert_eq!(login.status, 400);
}
