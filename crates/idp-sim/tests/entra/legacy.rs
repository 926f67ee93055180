//! The two stores: tokens created through Graph, and tokens uploaded as CSV.

use idp_sim::SimConfig;
use serde_json::{Value, json};

use crate::client::{Client, DEVICES, methods, text, upn};

async fn client(in_list: &str) -> Client {
    let mut config = SimConfig::with_people(3);
    let tokens = format!("{}:S1,{}:S2,nobody@example.com:S3", upn(1), upn(2));
    config.set("entra.legacy_tokens", &tokens).unwrap();
    config.set("entra.legacy_in_list", in_list).unwrap();
    Client::with(config).await
}

async fn serials(client: &Client, query: &str) -> Vec<String> {
    client
        .names(&format!("{DEVICES}{query}"), "serialNumber")
        .await
}

#[tokio::test(start_paused = true)]
async fn a_user_shows_both_stores_and_the_serial_filter_one() {
    let client = client("false").await;
    client.create_for("S1", 1).await;
    let of_user = client.get(&methods(1)).await.body;
    let devices: Vec<&Value> = of_user["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["device"])
        .collect();
    assert_eq!(devices.len(), 2, "one physical token, two methods");
    assert!(devices.iter().all(|device| device["serialNumber"] == "S1"));
    assert_eq!(
        serials(&client, "?$filter=serialNumber%20eq%20'S1'").await,
        ["S1"]
    );
    assert_eq!(
        serials(&client, "?$filter=serialNumber%20eq%20'S2'").await,
        [""; 0]
    );
    let both = "?$filter=serialNumber%20eq%20'S2'%20and%20status%20eq%20'activated'";
    assert_eq!(serials(&client, both).await, [""; 0]);
    assert_eq!(serials(&client, "").await, ["S1"]);
    let truth = client.sim.state().entra.devices;
    let legacy: Vec<bool> = truth.iter().map(|device| device.legacy).collect();
    assert_eq!(legacy, [true, true, false]);
    assert_eq!(truth[2].creations, 1);
}

#[tokio::test(start_paused = true)]
async fn a_list_may_show_both() {
    let client = client("true").await;
    client.create("S4").await;
    assert_eq!(serials(&client, "").await, ["S1", "S2", "S4"]);
    assert_eq!(
        serials(&client, "?$filter=status%20eq%20'activated'").await,
        ["S1", "S2"]
    );
    assert_eq!(
        serials(&client, "?$filter=serialNumber%20in%20('S1','S4')").await,
        ["S4"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_legacy_token_is_unassigned_and_then_deleted_by_its_id() {
    let client = client("false").await;
    let list = client.get(&methods(2)).await.body;
    let id = text(&list["value"][0], "id");
    let path = format!("{DEVICES}/{id}");
    assert_eq!(client.get(&path).await.status, 200);
    assert_eq!(
        client.call("DELETE", &path, Value::Null).await.status,
        400,
        "a user has it"
    );
    let method = format!("{}/{id}", methods(2));
    assert_eq!(
        client.call("DELETE", &method, Value::Null).await.status,
        204
    );
    assert_eq!(client.call("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(client.get(&path).await.status, 404);
    let by_serial = format!("{}/assignAndActivateBySerialNumber", methods(1));
    let body = json!({"serialNumber": "S1", "verificationCode": "000000"});
    assert_eq!(client.call("POST", &by_serial, body).await.status, 404);
}
