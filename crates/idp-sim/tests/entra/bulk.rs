use idp_sim::switches::entra::{BulkErrors, BulkItemShape};
use serde_json::{Value, json};

use crate::client::{Client, DEVICES, device, device_with};

fn delta(items: &[Value]) -> Value {
    let numbered = (1..).zip(items).map(|(number, item): (u32, &Value)| {
        let mut item = item.clone();
        item["@contentId"] = json!(number.to_string());
        item
    });
    json!({"@context": "#$delta", "value": numbered.collect::<Vec<_>>()})
}

#[tokio::test(start_paused = true)]
async fn one_bad_item_fails_alone() {
    let client = Client::new(|_| {}).await;
    let bad = device_with("S2", "secretKey", Value::Null);
    let answer = client
        .call("PATCH", DEVICES, delta(&[device("S1"), bad, device("S1")]))
        .await;
    assert_eq!(answer.status, 200);
    let items = answer.body["value"].as_array().unwrap();
    assert_eq!(
        (&items[0]["serialNumber"], &items[0]["@contentId"]),
        (&json!("S1"), &json!("1"))
    );
    let why = |item: &Value| item["@Core.DataModificationException"]["responseCode"].clone();
    assert_eq!((why(&items[1]), why(&items[2])), (json!(400), json!(409)));
    assert_eq!(items[1]["@contentId"], "2");
    assert_eq!(client.sim.state().entra.devices.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_bad_item_can_fail_all() {
    let client = Client::new(|switches| switches.bulk_errors = BulkErrors::Atomic).await;
    let answer = client
        .call("PATCH", DEVICES, delta(&[device("S1"), device("S1")]))
        .await;
    assert_eq!(answer.status, 400);
    assert!(client.sim.state().entra.devices.is_empty());
    let answer = client
        .call("PATCH", DEVICES, delta(&[device("S1"), device("S2")]))
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(client.truth("S1").unwrap().creations, 1);
}

#[tokio::test(start_paused = true)]
async fn the_answer_can_have_other_shapes() {
    let client = Client::new(|switches| {
        switches.set("bulk_status", "201").unwrap();
        switches.bulk_item_shape = BulkItemShape::Nested;
        switches.bulk_content_id = false;
    })
    .await;
    let answer = client.call("PATCH", DEVICES, delta(&[device("S1")])).await;
    assert_eq!(answer.status, 201);
    let item = &answer.body["value"][0];
    assert_eq!(item["device"]["serialNumber"], "S1");
    assert_eq!(item["device"]["id"], item["id"]);
    assert_eq!(item["@contentId"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_delta_must_be_one_and_not_too_long() {
    let client = Client::new(|switches| switches.bulk_max = Some(1)).await;
    let long = delta(&[device("S1"), device("S2")]);
    for body in [
        long,
        json!({"value": [device("S1")]}),
        delta(&[]),
        json!([]),
    ] {
        assert_eq!(client.call("PATCH", DEVICES, body).await.status, 400);
    }
    assert!(client.sim.state().entra.devices.is_empty());
}

#[tokio::test(start_paused = true)]
async fn items_can_be_assigned() {
    let client = Client::new(|_| {}).await;
    let user = client.user_id(2).await;
    let items = [
        device_with("S1", "assignTo", json!({"id": user})),
        device_with("S2", "assignTo", json!({"id": "x"})),
    ];
    let answer = client.call("PATCH", DEVICES, delta(&items)).await;
    assert_eq!(answer.body["value"][0]["assignedTo"]["id"], json!(user));
    assert_eq!(client.sim.state().entra.devices.len(), 1);
    assert_eq!(client.sim.calls().writes, 1);
}
