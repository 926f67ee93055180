use idp_sim::{Act, Fault, Rule};
use serde_json::Value;

use crate::client::{Client, DEVICES, device, methods, text};

/// Every second request on each of these routes shows what was five seconds ago.
fn stale(client: &Client) {
    let rule = |route: &str| Rule {
        route: Some(route.to_owned()),
        every: Some(2),
        ..Rule::always(Fault::Stale { ms: 5000 })
    };
    let rules = ["devices.list", "devices.get", "methods.list", "methods.get"].map(rule);
    client.sim.set_faults(rules.to_vec().into());
}

async fn count(client: &Client, path: &str) -> usize {
    client.get(path).await.body["value"]
        .as_array()
        .unwrap()
        .len()
}

#[tokio::test(start_paused = true)]
async fn what_was_just_made_is_not_there_yet() {
    let client = Client::new(|_| {}).await;
    stale(&client);
    let id = client.create_for("S1", 1).await;
    client.wait(4).await;
    let device = format!("{DEVICES}/{id}");
    let by_serial = format!("{DEVICES}?$filter=serialNumber%20eq%20'S1'");
    let (method, all) = (format!("{}/{id}", methods(1)), methods(1));
    for (path, now) in [(&device, 200), (&method, 200)] {
        assert_eq!(client.get(path).await.status, now);
        assert_eq!(client.get(path).await.status, 404);
    }
    for path in [DEVICES, &by_serial, &all] {
        assert_eq!(
            (count(&client, path).await, count(&client, path).await),
            (1, 0),
            "{path}"
        );
    }
    client.wait(1).await;
    assert_eq!(
        (count(&client, DEVICES).await, count(&client, DEVICES).await),
        (1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_or_deleted_is_as_it_was() {
    let client = Client::new(|_| {}).await;
    let id = client.create("S1").await;
    stale(&client);
    client.wait(10).await;
    client.assign(&id, 1).await;
    let path = format!("{DEVICES}/{id}");
    let status = async || text(&client.get(&path).await.body, "status");
    assert_eq!(
        (status().await, status().await),
        ("assigned".into(), "available".into())
    );
    client
        .sim
        .interfere(&Act::DeleteDevice {
            serial: Some("S1".into()),
        })
        .unwrap();
    // A serial that is free can be used again while reads still show the old device.
    assert_eq!(
        (count(&client, DEVICES).await, count(&client, DEVICES).await),
        (0, 1)
    );
    assert_eq!(
        (
            count(&client, &methods(1)).await,
            count(&client, &methods(1)).await
        ),
        (0, 0)
    );
    assert_eq!(client.truth("S1"), None);
    client.wait(6).await;
    assert_eq!(
        (count(&client, DEVICES).await, count(&client, DEVICES).await),
        (0, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_write_is_done_and_its_answer_lost() {
    let client = Client::new(|_| {}).await;
    client
        .sim
        .set_faults(vec![Rule::always(Fault::Stale { ms: 5000 })].into());
    assert!(
        client
            .try_call("POST", DEVICES, device("S1"))
            .await
            .is_err()
    );
    assert!(client.truth("S1").is_some());
    let again = client.try_call("POST", DEVICES, Value::Null).await;
    assert!(again.is_err());
}
