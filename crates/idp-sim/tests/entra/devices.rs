use idp_sim::switches::entra::DuplicateError;
use serde_json::{Value, json};

use crate::client::{Client, DEVICES, device, device_with, text, upn};

#[tokio::test(start_paused = true)]
async fn a_device_is_created_read_and_never_tells_its_secret() {
    let client = Client::new(|_| {}).await;
    let created = client.call("POST", DEVICES, device("S1")).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.body["secretKey"], Value::Null);
    assert_eq!(created.body["status"], "available");
    assert_eq!(created.body["assignedTo"], Value::Null);
    let read = client
        .get(&format!("{DEVICES}/{}", text(&created.body, "id")))
        .await;
    assert_eq!(
        (read.status, &read.body["serialNumber"]),
        (200, &json!("S1"))
    );
    let state = serde_json::to_string(&client.sim.state()).unwrap();
    assert!(!state.contains("GEZDG"), "{state}");
}

#[tokio::test(start_paused = true)]
async fn what_a_device_must_be() {
    let client = Client::new(|_| {}).await;
    let bad = [
        ("secretKey", json!("gezdgnbv")),
        ("secretKey", json!("GEZDGNB1")),
        ("secretKey", json!("GEZDGNBVG")),
        ("secretKey", json!("GEZDG===")),
        ("secretKey", json!("")),
        ("secretKey", Value::Null),
        ("serialNumber", Value::Null),
        ("serialNumber", json!(7)),
        ("manufacturer", json!("")),
        ("model", Value::Null),
        ("timeIntervalInSeconds", json!(45)),
        ("timeIntervalInSeconds", Value::Null),
        ("hashFunction", json!("hmacsha512")),
        ("assignTo", json!({})),
    ];
    for (name, value) in bad {
        let answer = client
            .call("POST", DEVICES, device_with("S1", name, value.clone()))
            .await;
        assert_eq!(
            answer.refused(),
            (400, "badRequest".into()),
            "{name} {value}"
        );
        assert!(!answer.body.to_string().contains("GEZDG"));
    }
    assert_eq!(client.truth("S1"), None);
    let good = [
        ("timeIntervalInSeconds", json!("60")),
        ("hashFunction", json!("HMACSHA256")),
        ("hashFunction", Value::Null),
    ];
    for (serial, (name, value)) in ["A", "B", "C"].into_iter().zip(good) {
        let answer = client
            .call("POST", DEVICES, device_with(serial, name, value))
            .await;
        assert_eq!(answer.status, 201);
    }
    assert_eq!(client.truth("A").unwrap().period, 60);
    assert_eq!(client.truth("B").unwrap().hash, "hmacsha256");
    assert_eq!(client.truth("C").unwrap().hash, "hmacsha1");
}

#[tokio::test(start_paused = true)]
async fn a_serial_exists_once() {
    let client = Client::new(|_| {}).await;
    client.create("S1").await;
    let again = client.call("POST", DEVICES, device("S1")).await;
    assert_eq!(again.refused(), (409, "conflict".into()));
    client.create("s1").await;

    let client = Client::new(|switches| {
        switches.duplicate_error = DuplicateError::TryAgain;
        switches.serial_ignores_case = true;
    })
    .await;
    client.create("S1").await;
    let again = client.call("POST", DEVICES, device("s1")).await;
    assert_eq!(again.refused(), (400, "badRequest".into()));
    assert!(text(&again.body["error"], "message").contains("15 minutes"));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_serial_cannot_come_back_at_once() {
    let client = Client::new(|_| {}).await;
    let id = client.create("S1").await;
    let path = format!("{DEVICES}/{id}");
    assert_eq!(client.call("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(
        client.get(&path).await.refused(),
        (404, "resourceNotFound".into())
    );
    client.wait(899).await;
    let early = client.call("POST", DEVICES, device("S1")).await;
    assert_eq!(early.refused(), (400, "badRequest".into()));
    client.wait(1).await;
    client.create("S1").await;
    assert_eq!(client.truth("S1").unwrap().creations, 2);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_holds_is_neither_changed_nor_deleted() {
    let client = Client::new(|_| {}).await;
    let id = client.create_for("S1", 1).await;
    let path = format!("{DEVICES}/{id}");
    assert_eq!(client.call("DELETE", &path, Value::Null).await.status, 400);
    assert_eq!(
        client
            .call("PATCH", &path, json!({"model": "M2"}))
            .await
            .status,
        400
    );
    assert_eq!(client.truth("S1").unwrap().model, "M1");
}

#[tokio::test(start_paused = true)]
async fn an_update_changes_what_may_change() {
    let client = Client::new(|_| {}).await;
    let path = format!("{DEVICES}/{}", client.create("S1").await);
    let change = json!({"model": "M2", "hashFunction": "hmacsha256", "userId": "no effect"});
    assert_eq!(client.call("PATCH", &path, change).await.status, 204);
    let truth = client.truth("S1").unwrap();
    assert_eq!(
        (truth.model.as_str(), truth.hash.as_str()),
        ("M2", "hmacsha256")
    );
    assert_eq!((truth.period, truth.assigned_to), (30, None));
    for fixed in ["serialNumber", "secretKey"] {
        assert_eq!(
            client
                .call("PATCH", &path, json!({fixed: "S2"}))
                .await
                .status,
            400
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_can_assign() {
    let client = Client::new(|_| {}).await;
    let user = client.user_id(1).await;
    let wanted = device_with("S1", "assignTo", json!({"id": user}));
    let answer = client.call("POST", DEVICES, wanted).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body["status"], "assigned");
    assert_eq!(answer.body["assignedTo"]["id"], json!(user));
    assert_eq!(client.truth("S1").unwrap().assigned_to, Some(upn(1)));
    let wanted = device_with("S2", "assignTo", json!({"id": "nobody"}));
    let answer = client.call("POST", DEVICES, wanted).await;
    assert_eq!(answer.refused(), (404, "Request_ResourceNotFound".into()));
    assert_eq!(client.truth("S2"), None);
}

#[tokio::test(start_paused = true)]
async fn a_create_can_assign_and_still_say_available() {
    let client = Client::new(|switches| {
        switches
            .set("create_with_assign_status", "available")
            .unwrap();
    })
    .await;
    let wanted = device_with("S1", "assignTo", json!({"id": client.user_id(1).await}));
    let answer = client.call("POST", DEVICES, wanted).await;
    assert_eq!(answer.body["status"], "available");
    assert!(answer.body["assignedTo"].is_object());
}

#[tokio::test(start_paused = true)]
async fn lists_come_in_pages_and_can_be_filtered() {
    let client = Client::new(|switches| switches.device_page_size = 2).await;
    for serial in ["S1", "S2", "S3", "S4", "S5"] {
        client.create(serial).await;
    }
    let mut path = DEVICES.to_owned();
    let mut seen = Vec::new();
    loop {
        let page = client.get(&path).await;
        seen.extend(
            page.body["value"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| text(item, "serialNumber")),
        );
        match page.body["@odata.nextLink"].as_str() {
            Some(next) => next.clone_into(&mut path),
            None => break,
        }
        assert!(path.starts_with("https://graph.sim.test/beta/directory/"));
    }
    assert_eq!(seen, ["S1", "S2", "S3", "S4", "S5"]);
    let by = |filter: &str| format!("{DEVICES}?$filter={filter}");
    let serials = async |path: String| client.names(&path, "serialNumber").await;
    assert_eq!(serials(by("serialNumber%20eq%20'S3'")).await, ["S3"]);
    assert_eq!(
        serials(by("serialNumber%20in%20('S3','S1','S9')")).await,
        ["S1", "S3"]
    );
    assert_eq!(
        serials(by(
            "status%20eq%20'available'%20and%20serialNumber%20eq%20'S4'"
        ))
        .await,
        ["S4"]
    );
    assert_eq!(
        serials(by("status%20eq%20'activated'")).await,
        Vec::<String>::new()
    );
    for bad in [
        "?$filter=serialNumber",
        "?$filter=secretKey%20eq%20'x'",
        "?$top=0",
        "?$skiptoken=x",
        "?$orderby=id",
        "?$filter=%2",
    ] {
        assert_eq!(
            client.get(&format!("{DEVICES}{bad}")).await.status,
            400,
            "{bad}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn reads_can_lag_behind_writes() {
    let client = Client::new(|switches| switches.visibility_lag_ms = 2000).await;
    let id = client.create("S1").await;
    let path = format!("{DEVICES}/{id}");
    assert_eq!(client.get(&path).await.status, 404);
    assert_eq!(client.call("POST", DEVICES, device("S1")).await.status, 409);
    client.wait(2).await;
    assert_eq!(client.get(&path).await.body["status"], "available");
    client.assign(&id, 1).await;
    assert_eq!(client.get(&path).await.body["status"], "available");
    assert_eq!(client.status("S1"), "assigned");
    client.wait(2).await;
    assert_eq!(client.get(&path).await.body["status"], "assigned");
    client
        .call(
            "DELETE",
            &format!("{}/{id}", crate::client::methods(1)),
            Value::Null,
        )
        .await;
    client.call("DELETE", &path, Value::Null).await;
    assert_eq!(client.truth("S1"), None);
    assert_eq!(client.names(DEVICES, "status").await, ["assigned"]);
    client.wait(2).await;
    assert_eq!(client.names(DEVICES, "status").await, Vec::<String>::new());
}
