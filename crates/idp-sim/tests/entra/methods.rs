use idp_sim::switches::entra::{CombinedFailure, InlineDevice, MethodId};
use serde_json::{Value, json};

use crate::client::{Client, DEVICES, device_with, methods, upn};

#[tokio::test(start_paused = true)]
async fn the_life_of_a_token() {
    let client = Client::new(|_| {}).await;
    let id = client.create_for("S1", 1).await;
    assert_eq!(client.status("S1"), "assigned");
    assert_eq!(client.activate(&id, 1, &client.code(0)).await.status, 204);
    assert_eq!(client.status("S1"), "activated");
    let path = format!("{}/{id}", methods(1));
    assert_eq!(
        client
            .call("POST", &format!("{path}/deactivate"), Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(client.status("S1"), "assigned");
    assert_eq!(client.call("DELETE", &path, Value::Null).await.status, 204);
    let truth = client.truth("S1").unwrap();
    assert_eq!(
        (truth.status.as_str(), truth.assigned_to, truth.activations),
        ("available", None, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn methods_are_those_of_the_user() {
    let client = Client::new(|_| {}).await;
    let id = client.create_for("S1", 1).await;
    client.create_for("S2", 2).await;
    let answer = client.get(&methods(1)).await;
    let list = answer.body["value"].as_array().unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(
        (&list[0]["id"], &list[0]["device"]["serialNumber"]),
        (&json!(id), &json!("S1"))
    );
    assert_eq!(
        client.get(&format!("{}/{id}", methods(1))).await.status,
        200
    );
    assert_eq!(
        client.get(&format!("{}/{id}", methods(2))).await.refused(),
        (404, "resourceNotFound".into())
    );
    let unknown = client.get(&methods(9)).await;
    assert_eq!(unknown.refused(), (404, "Request_ResourceNotFound".into()));
}

#[tokio::test(start_paused = true)]
async fn the_device_may_have_to_be_asked_for() {
    let client = Client::new(|switches| switches.inline_device = InlineDevice::ExpandOnly).await;
    client.create_for("S1", 1).await;
    assert_eq!(
        client.get(&methods(1)).await.body["value"][0]["device"],
        Value::Null
    );
    let expanded = client.get(&format!("{}?$expand=device", methods(1))).await;
    assert_eq!(expanded.body["value"][0]["device"]["serialNumber"], "S1");
}

#[tokio::test(start_paused = true)]
async fn a_method_may_have_an_id_of_its_own() {
    let client = Client::new(|switches| switches.method_id = MethodId::Own).await;
    let device = client.create("S1").await;
    let method = client.assign(&device, 1).await.body["id"].clone();
    let method = method.as_str().unwrap();
    assert_ne!(method, device);
    let listed = client.get(&methods(1)).await.body["value"][0].clone();
    assert_eq!(
        (&listed["id"], &listed["device"]["id"]),
        (&json!(method), &json!(device))
    );
    let code = client.code(0);
    assert_eq!(client.activate(&device, 1, &code).await.status, 404);
    assert_eq!(client.activate(method, 1, &code).await.status, 204);
    let path = format!("{}/{method}", methods(1));
    assert_eq!(client.get(&path).await.body["id"], method);
    assert_eq!(client.call("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(client.status("S1"), "available");
}

#[tokio::test(start_paused = true)]
async fn a_token_has_one_holder() {
    let client = Client::new(|_| {}).await;
    let id = client.create_for("S1", 1).await;
    for user in [1, 2] {
        assert_eq!(
            client.assign(&id, user).await.refused(),
            (409, "conflict".into())
        );
    }
    assert_eq!(client.truth("S1").unwrap().assigned_to, Some(upn(1)));
    let other = client.activate(&id, 2, &client.code(0)).await;
    assert_eq!(other.refused(), (404, "resourceNotFound".into()));
}

#[tokio::test(start_paused = true)]
async fn some_users_cannot_have_one_more() {
    let client = Client::new(|_| {}).await;
    for serial in 1..=5 {
        client.create_for(&serial.to_string(), 1).await;
    }
    let id = client.create("6").await;
    assert_eq!(
        client.assign(&id, 1).await.refused(),
        (400, "badRequest".into())
    );
    let device = json!({"device": {"id": id}});
    let guest = client
        .call(
            "POST",
            "/beta/users/guest%40example.com/authentication/hardwareOathMethods",
            device,
        )
        .await;
    assert_eq!(guest.refused(), (400, "badRequest".into()));
    assert_eq!(
        client.assign("nothing", 2).await.refused(),
        (404, "resourceNotFound".into())
    );
    assert_eq!(
        client.assign(&id, 9).await.refused(),
        (404, "Request_ResourceNotFound".into())
    );
}

#[tokio::test(start_paused = true)]
async fn a_wrong_code_fails_the_activation_and_a_right_one_mends_it() {
    let client = Client::new(|_| {}).await;
    let id = client.create_for("S1", 1).await;
    for wrong in ["000000", "12345", "not a code"] {
        assert_eq!(
            client.activate(&id, 1, wrong).await.refused(),
            (400, "badRequest".into())
        );
        assert_eq!(client.status("S1"), "failedActivation");
    }
    assert_eq!(client.activate(&id, 1, &client.code(0)).await.status, 204);
    let truth = client.truth("S1").unwrap();
    assert_eq!((truth.status.as_str(), truth.activations), ("activated", 1));
}

async fn combined(client: &Client, user: usize, key: (&str, Value), code: &str) -> u16 {
    let (name, body) = match key {
        ("device", id) => (
            "assignAndActivate",
            json!({"device": {"id": id}, "verificationCode": code}),
        ),
        (_, serial) => (
            "assignAndActivateBySerialNumber",
            json!({"serialNumber": serial, "verificationCode": code}),
        ),
    };
    client
        .call("POST", &format!("{}/{name}", methods(user)), body)
        .await
        .status
}

#[tokio::test(start_paused = true)]
async fn assigned_and_activated_in_one() {
    let client = Client::new(|_| {}).await;
    let id = client.create("S1").await;
    client.create("S2").await;
    client.create_for("S3", 3).await;
    let code = client.code(0);
    assert_eq!(
        combined(&client, 1, ("device", json!(id)), &code).await,
        204
    );
    assert_eq!(
        combined(&client, 2, ("serial", json!("S2")), &code).await,
        204
    );
    // A token that the user has already.
    assert_eq!(
        combined(&client, 3, ("serial", json!("S3")), &code).await,
        204
    );
    assert_eq!(
        combined(&client, 3, ("serial", json!("S1")), &code).await,
        409
    );
    assert_eq!(
        combined(&client, 3, ("serial", json!("S9")), &code).await,
        404
    );
    assert_eq!(client.truth("S2").unwrap().assigned_to, Some(upn(2)));
    assert_eq!(client.status("S3"), "activated");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_code_can_leave_the_assignment_or_not() {
    for (failure, status) in [
        (CombinedFailure::KeepsAssignment, "failedActivation"),
        (CombinedFailure::RollsBack, "available"),
    ] {
        let client = Client::new(|switches| switches.combined_failure = failure).await;
        client.create("S1").await;
        assert_eq!(
            combined(&client, 1, ("serial", json!("S1")), "000000").await,
            400
        );
        assert_eq!(client.status("S1"), status);
    }
}

#[tokio::test(start_paused = true)]
async fn the_policy_can_forbid() {
    let client = Client::new(|switches| switches.policy_required = true).await;
    let path = "/beta/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/hardwareOath";
    assert_eq!(client.get(path).await.body["state"], "enabled");
    assert_eq!(
        client
            .call("PATCH", path, json!({"state": "disabled"}))
            .await
            .status,
        204
    );
    let id = client.create("S1").await;
    assert_eq!(client.assign(&id, 1).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_protected_users_tokens_are_not_for_the_application() {
    let denied = (403, "accessDenied".to_owned());
    let client = Client::new(|switches| {
        let users = "USER0001@example.com, other@example.com";
        switches.set("protected_users", users).unwrap();
    })
    .await;
    let id = client.create("S1").await;
    client.create_for("S2", 2).await;
    assert_eq!(client.assign(&id, 1).await.refused(), denied);
    let code = client.code(0);
    assert_eq!(client.activate(&id, 1, &code).await.refused(), denied);
    for key in [("device", json!(id)), ("serial", json!("S1"))] {
        assert_eq!(combined(&client, 1, key, &code).await, 403);
    }
    let assigned =
        |serial: &str, user: String| device_with(serial, "assignTo", json!({"id": user}));
    let (ann, bob) = (client.user_id(1).await, client.user_id(2).await);
    let one = client
        .call("POST", DEVICES, assigned("S3", ann.clone()))
        .await;
    assert_eq!(one.refused(), denied);
    let bulk = json!({"@context": "#$delta", "value": [assigned("S4", ann), assigned("S5", bob)]});
    let bulk = client.call("PATCH", DEVICES, bulk).await;
    let failed = &bulk.body["value"][0]["@Core.DataModificationException"];
    assert_eq!(
        (&failed["responseCode"], &failed["info"]["code"]),
        (&json!(403), &json!("accessDenied"))
    );
    assert_eq!(bulk.body["value"][1]["serialNumber"], "S5");
    let serials: Vec<String> = client.names(DEVICES, "serialNumber").await;
    assert_eq!(serials, ["S1", "S2", "S5"]);
    assert_eq!(client.status("S1"), "available");
}
