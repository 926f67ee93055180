use idp_sim::switches::entra::BatchOrder;
use serde_json::{Value, json};

use crate::client::{Answer, Client, DEVICES, device, methods, upn};

const BATCH: &str = "/beta/$batch";

async fn batch(client: &Client, requests: Value) -> Answer {
    client
        .call("POST", BATCH, json!({"requests": requests}))
        .await
}

fn get(id: &str, url: &str) -> Value {
    json!({"id": id, "method": "GET", "url": url})
}

/// Id and status of each answer, in the order of the answers.
fn ends(answer: &Answer) -> Vec<(String, u64)> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let responses = answer.body["responses"].as_array().unwrap();
    let end = |one: &Value| {
        (
            one["id"].as_str().unwrap().to_owned(),
            one["status"].as_u64().unwrap(),
        )
    };
    responses.iter().map(end).collect()
}

#[tokio::test(start_paused = true)]
async fn each_request_is_answered_by_itself() {
    let client = Client::new(|_| {}).await;
    let id = client.create("S1").await;
    let short = DEVICES.strip_prefix("/beta").unwrap();
    let requests = json!([
        get("1", &format!("{short}/{id}")),
        get("2", &format!("/users/{}?$select=id", upn(9))),
        get("c", &format!("{short}/$count")),
        get("4", methods(1).strip_prefix("/beta/").unwrap()),
    ]);
    let answer = batch(&client, requests).await;
    let expected = [("4", 200), ("c", 200), ("2", 404), ("1", 200)];
    assert_eq!(
        ends(&answer),
        expected.map(|(id, status)| (id.to_owned(), status))
    );
    let responses = &answer.body["responses"];
    assert_eq!(responses[3]["body"]["serialNumber"], "S1");
    assert_eq!(
        responses[2]["body"]["error"]["code"],
        "Request_ResourceNotFound"
    );
    // No JSON: Base64 of the text.
    assert_eq!(
        (
            &responses[1]["body"],
            &responses[1]["headers"]["content-type"]
        ),
        (&json!("MQ=="), &json!("text/plain"))
    );
    let calls = client.sim.calls();
    assert_eq!((calls.on("batch"), calls.on("users.get")), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn requests_are_throttled_one_by_one() {
    let client = Client::new(|switches| {
        switches.set("read_rate", "2/10").unwrap();
        switches.batch_order = BatchOrder::AsAsked;
    })
    .await;
    let user = format!("/users/{}", upn(1));
    let requests = json!([get("1", &user), get("2", &user), get("3", &user)]);
    let answer = batch(&client, requests).await;
    let expected = [("1", 200), ("2", 200), ("3", 429)];
    assert_eq!(
        ends(&answer),
        expected.map(|(id, status)| (id.to_owned(), status))
    );
    assert_eq!(answer.body["responses"][2]["headers"]["retry-after"], "5");
}

#[tokio::test(start_paused = true)]
async fn what_depends_on_a_failed_request_fails() {
    let client = Client::new(|switches| switches.batch_order = BatchOrder::AsAsked).await;
    let short = DEVICES.strip_prefix("/beta").unwrap();
    let post = |id: &str, after: Value| {
        json!({"id": id, "method": "POST", "url": short, "body": device(id), "dependsOn": after,
            "headers": {"Content-Type": "application/json"}})
    };
    let bare = json!({"id": "x", "method": "POST", "url": short, "body": device("x")});
    let requests = json!([
        post("a", json!([])),
        bare,
        post("b", json!(["x"])),
        post("c", json!(["a"])),
        post("d", json!(["b"]))
    ]);
    let answer = batch(&client, requests).await;
    let expected = [("a", 201), ("x", 400), ("b", 424), ("c", 201), ("d", 424)];
    assert_eq!(
        ends(&answer),
        expected.map(|(id, status)| (id.to_owned(), status))
    );
    assert!(client.truth("c").is_some() && client.truth("b").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_batch_without_sense_is_refused_as_a_whole() {
    let client = Client::new(|_| {}).await;
    let many: Vec<Value> = (0..21)
        .map(|n| get(&n.to_string(), "/organization"))
        .collect();
    for bad in [
        json!([]),
        json!(many),
        json!([get("a", "/organization"), get("A", "/organization")]),
        json!([{"method": "GET", "url": "/organization"}]),
        json!("x"),
    ] {
        assert_eq!(
            batch(&client, bad).await.refused(),
            (400, "BadRequest".into())
        );
    }
    let inner = json!([get("1", "/$batch"), {"id": "2", "method": "POST", "url": "$batch", "headers":
        {"Content-Type": "application/json"}, "body": {"requests": [get("1", "/organization")]}}]);
    let answer = batch(&client, inner).await;
    assert!(
        ends(&answer).iter().all(|(_, status)| *status == 400),
        "{}",
        answer.body
    );
    let other = Client {
        token: "made up".into(),
        ..client
    };
    assert_eq!(
        batch(&other, json!([get("1", "/organization")]))
            .await
            .status,
        401
    );
}
