use idp_sim::{Act, Actor, Fault, Rule};
use serde_json::{Value, json};

use crate::client::{Client, DEVICES, device, methods, text, upn};

fn serial(serial: &str) -> Option<String> {
    Some(serial.to_owned())
}

fn creation() -> Act {
    Act::CreateDevice {
        serial: None,
        secret: None,
        user: None,
    }
}

fn before(act: Act) -> Fault {
    Fault::Interfere { act, after: false }
}

#[tokio::test(start_paused = true)]
async fn another_operator_adds_the_same_device_first() {
    let client = Client::new(|_| {}).await;
    client
        .sim
        .set_faults(vec![Rule::nth("devices.create", 1, before(creation()))].into());
    assert_eq!(client.call("POST", DEVICES, device("S1")).await.status, 409);
    let truth = client.truth("S1").unwrap();
    assert_eq!(
        (truth.made_by, truth.manufacturer.as_str()),
        (Actor::Operator, "Contoso")
    );
    assert_eq!((truth.creations, truth.operator_creations), (1, 1));
    // It has the request's secret: the client can go on with it.
    assert_eq!(client.assign(&truth.id, 1).await.status, 201);
    let code = client.code(0);
    assert_eq!(client.activate(&truth.id, 1, &code).await.status, 204);
    let truth = client.truth("S1").unwrap();
    assert_eq!(truth.assigned_by, Some(Actor::Client));
    assert_eq!((truth.activations, truth.operator_activations), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_device_with_another_secret_takes_the_serial() {
    let client = Client::new(|_| {}).await;
    let act = Act::CreateDevice {
        serial: None,
        secret: serial("MZXW6YTBOI"),
        user: Some(upn(2)),
    };
    client
        .sim
        .set_faults(vec![Rule::nth("devices.bulk-create", 1, before(act))].into());
    let body = json!({"@context": "#$delta", "value": [device("S1"), device("S2")]});
    client.call("PATCH", DEVICES, body).await;
    let truth = client.truth("S1").unwrap();
    assert_eq!(
        (truth.made_by, truth.assigned_to),
        (Actor::Operator, Some(upn(2)))
    );
    assert_eq!(client.truth("S2").unwrap().made_by, Actor::Client);
    let code = client.code(0);
    assert_eq!(client.activate(&truth.id, 2, &code).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn another_operator_assigns_activates_and_takes_away() {
    let client = Client::new(|_| {}).await;
    let id = client.create("S1").await;
    let assignment = Act::AssignDevice {
        serial: None,
        user: Some(upn(2)),
    };
    client
        .sim
        .set_faults(vec![Rule::nth("methods.assign", 1, before(assignment))].into());
    assert_eq!(client.assign(&id, 1).await.status, 409);
    let truth = client.truth("S1").unwrap();
    assert_eq!(
        (truth.assigned_to, truth.assigned_by),
        (Some(upn(2)), Some(Actor::Operator))
    );

    client
        .sim
        .interfere(&Act::ActivateDevice {
            serial: serial("S1"),
        })
        .unwrap();
    client
        .sim
        .interfere(&Act::ActivateDevice {
            serial: serial("S1"),
        })
        .unwrap();
    let truth = client.truth("S1").unwrap();
    assert_eq!(
        (truth.status.as_str(), truth.activated_by),
        ("activated", Some(Actor::Operator))
    );
    assert_eq!((truth.activations, truth.operator_activations), (2, 2));

    client
        .sim
        .interfere(&Act::UnassignDevice {
            serial: serial("S1"),
        })
        .unwrap();
    let truth = client.truth("S1").unwrap();
    assert_eq!((truth.assigned_by, truth.activated_by), (None, None));
    client
        .sim
        .interfere(&Act::DeleteDevice {
            serial: serial("S1"),
        })
        .unwrap();
    assert_eq!(client.truth("S1"), None);
}

#[tokio::test(start_paused = true)]
async fn the_request_goes_on_before_or_after_the_act() {
    let client = Client::new(|_| {}).await;
    let deletion = |after| Fault::Interfere {
        act: Act::DeleteDevice { serial: None },
        after,
    };
    client
        .sim
        .set_faults(vec![Rule::nth("devices.create", 1, deletion(true))].into());
    client.create("S1").await;
    assert_eq!(client.truth("S1"), None);

    let id = client.create("S2").await;
    client
        .sim
        .set_faults(vec![Rule::nth("methods.assign", 1, deletion(false))].into());
    assert_eq!(client.assign(&id, 1).await.status, 404);
    // An act that cannot be done leaves the request alone.
    client
        .sim
        .set_faults(vec![Rule::always(deletion(false))].into());
    assert_eq!(client.get(DEVICES).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn accounts_are_disabled_and_deleted() {
    let client = Client::new(|_| {}).await;
    let id = client.create_for("S1", 1).await;
    client
        .sim
        .interfere(&Act::DisableUser { user: Some(upn(2)) })
        .unwrap();
    let path = format!("/v1.0/users/{}?$select=accountEnabled", upn(2));
    assert_eq!(client.get(&path).await.body["accountEnabled"], false);
    assert!(!client.sign_in(2, "000000").accepted);

    client
        .sim
        .interfere(&Act::DeleteUser { user: Some(upn(1)) })
        .unwrap();
    assert_eq!(client.truth("S1").unwrap().assigned_to, None);
    assert_eq!(client.activate(&id, 1, &client.code(0)).await.status, 404);
    assert_eq!(client.get(&methods(1)).await.status, 404);
    let names = client.names("/v1.0/users", "userPrincipalName").await;
    assert!(!names.contains(&upn(1)) && names.contains(&upn(2)));
}

#[tokio::test(start_paused = true)]
async fn an_operator_keeps_to_the_rules_and_is_no_call() {
    let client = Client::new(|_| {}).await;
    client.create_for("S1", 1).await;
    let calls = client.sim.calls();
    client
        .sim
        .set_faults(vec![Rule::always(Fault::ResetBefore)].into());
    let taken = Act::AssignDevice {
        serial: serial("S1"),
        user: Some(upn(2)),
    };
    assert!(
        client
            .sim
            .interfere(&taken)
            .unwrap_err()
            .contains("already assigned")
    );
    let again = Act::CreateDevice {
        serial: serial("S1"),
        secret: None,
        user: None,
    };
    assert!(
        client
            .sim
            .interfere(&again)
            .unwrap_err()
            .contains("already exists")
    );
    assert!(
        client
            .sim
            .interfere(&creation())
            .unwrap_err()
            .contains("no serial")
    );
    assert_eq!(client.sim.calls(), calls);
}

#[test]
fn an_act_is_read_from_json_and_hides_its_secret() {
    let text =
        r#"{"kind":"interfere","act":{"act":"create-device","serial":"S1","secret":"MZXW6YTBOI"}}"#;
    let fault: Fault = serde_json::from_str(text).unwrap();
    assert!(!format!("{fault:?}").contains("MZXW6"));
    for bad in [
        r#"{"act":"delete-device","user":"x"}"#,
        r#"{"act":"unheard-of"}"#,
    ] {
        assert!(serde_json::from_str::<Act>(bad).is_err(), "{bad}");
    }
    let value: Value = serde_json::to_value(Act::SuspendUser { user: None }).unwrap();
    assert_eq!(text_of(&value), "suspend-user");
}

fn text_of(value: &Value) -> String {
    text(value, "act")
}
