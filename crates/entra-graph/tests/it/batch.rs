//! Several reads in one call, each with an outcome of its own.

use std::time::Duration;

use entra_graph::{Batch, CountDevices, Device, Error, GetDevice, GetUser, ListUsers, UserKey};
use idp_http::{Endpoint, Retry};
use serde_json::{Value, json};

use crate::support::{ID, Seen, USER, World, answer, base, id, raw};

const IDS: [&str; 3] = [
    "00000000-0000-0000-0000-000000000001",
    "00000000-0000-0000-0000-000000000002",
    "00000000-0000-0000-0000-000000000003",
];

fn three() -> Batch<GetDevice> {
    Batch::new(IDS.map(|one| GetDevice(id(one))).to_vec()).unwrap()
}

fn found(n: usize) -> Value {
    json!({"id": n.to_string(), "status": 200, "body": {"id": IDS[n - 1], "serialNumber": format!("S{n}")}})
}

fn read(responses: Value) -> Vec<Result<Device, Error>> {
    let body = json!({"responses": responses}).to_string();
    let headers = [("request-id", "outer"), ("client-request-id", "ours")];
    three()
        .response(&base(), &raw(200, &headers, body.as_bytes()))
        .unwrap()
}

fn serials(outcomes: &[Result<Device, Error>]) -> Vec<&str> {
    let serial = |one: &'_ Result<Device, Error>| one.is_ok();
    assert!(outcomes.iter().all(serial), "{outcomes:?}");
    outcomes
        .iter()
        .flatten()
        .map(|one| one.serial.as_str())
        .collect()
}

#[test]
fn a_batch_is_written_below_the_version_of_its_requests() {
    let seen = Seen::of(&three().request(&base()));
    assert_eq!(seen.line, "POST https://graph.microsoft.com/beta/$batch");
    assert_eq!(seen.header("content-type"), "application/json");
    let requests = seen.json();
    let second = json!({"id": "2", "method": "GET", "headers": {"accept": "application/json"},
        "url": format!("/directory/authenticationMethodDevices/hardwareOathDevices/{}", IDS[1])});
    assert_eq!(requests["requests"][1], second);
    assert_eq!(requests["requests"].as_array().unwrap().len(), 3);

    let search = Batch::new(vec![ListUsers::search("ann", 5)]).unwrap();
    let seen = Seen::of(&search.request(&base()));
    assert_eq!(seen.line, "POST https://graph.microsoft.com/v1.0/$batch");
    let one = &seen.json()["requests"][0];
    assert_eq!(one["headers"]["consistencylevel"], "eventual");
    let url = one["url"].as_str().unwrap();
    assert!(url.starts_with("/users?$select=id%2C"), "{url}");
}

#[test]
fn a_batch_has_one_to_twenty_requests() {
    let of = |n: usize| Batch::new(vec![GetDevice(id(ID)); n]);
    assert!(of(1).is_ok() && of(20).is_ok());
    for n in [0, 21] {
        let error = of(n).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("a batch holds 1 to 20 requests, not {n}")
        );
    }
}

#[test]
fn answers_come_in_any_order() {
    for order in [[1, 2, 3], [3, 1, 2], [2, 3, 1]] {
        let outcomes = read(json!(order.map(found)));
        assert_eq!(serials(&outcomes), ["S1", "S2", "S3"]);
    }
    let mut numbered = found(2);
    numbered["id"] = json!(2);
    numbered["status"] = json!("200");
    let outcomes = read(json!([found(1), numbered, found(3)]));
    assert_eq!(serials(&outcomes), ["S1", "S2", "S3"]);
}

#[test]
fn each_has_its_own_verdict_and_wait() {
    let throttled = json!({"id": "1", "status": 429, "headers": {"Retry-After": "2.5", "request-id": "inner"},
        "body": {"error": {"code": "TooManyRequests", "message": "Slow down"}}});
    let unknown = json!({"id": "3", "status": 404, "headers": null,
        "body": {"error": {"code": "resourceNotFound", "message": "gone\nx", "innerError": {}}}});
    let outcomes = read(json!([unknown, throttled, found(2)]));
    let first = outcomes[0].as_ref().unwrap_err();
    let after = Some(Duration::from_millis(2500));
    assert_eq!(
        (first.retry(), first.request_id()),
        (Retry::Safe { after }, Some("inner"))
    );
    assert!(first.is_throttled());
    assert_eq!(outcomes[1].as_ref().unwrap().serial, "S2");
    let third = outcomes[2].as_ref().unwrap_err();
    assert_eq!(
        (third.retry(), third.request_id()),
        (Retry::Never, Some("outer"))
    );
    assert_eq!(
        third.to_string(),
        "read a device: refused with 404 resourceNotFound: gone"
    );
    let Error::Service(third) = third else {
        panic!("{third:?}")
    };
    assert_eq!(
        (third.client_request_id.as_str(), third.permission),
        ("ours", "Policy.ReadWrite.AuthenticationMethod")
    );
}

#[test]
fn a_date_to_wait_for_counts_from_the_date_of_the_batch() {
    let busy = json!({"id": "1", "status": 503, "headers": {"Retry-After": "Sat, 21 Nov 2026 20:00:30 GMT"}});
    let body = json!({"responses": [busy, found(2), found(3)]}).to_string();
    let outer = raw(
        200,
        &[("date", "Sat, 21 Nov 2026 20:00:00 GMT")],
        body.as_bytes(),
    );
    let outcomes = three().response(&base(), &outer).unwrap();
    let wait = outcomes[0].as_ref().unwrap_err().retry().wait();
    assert_eq!(wait, Some(Duration::from_secs(30)));
}

#[test]
fn missing_and_doubled_answers_are_named() {
    let outcomes = read(json!([found(3), found(1), found(3)]));
    assert_eq!(outcomes[0].as_ref().unwrap().serial, "S1");
    let said = |n: usize| outcomes[n].as_ref().unwrap_err().to_string();
    assert!(
        said(1).ends_with("the batch has no answer to its request 2"),
        "{}",
        said(1)
    );
    assert!(
        said(2).ends_with("the batch has more than one answer to its request 3"),
        "{}",
        said(2)
    );
    for n in [1, 2] {
        let error = outcomes[n].as_ref().unwrap_err();
        assert_eq!(
            (error.retry(), error.request_id()),
            (Retry::Safe { after: None }, Some("outer"))
        );
    }
}

#[test]
fn an_answer_without_sense_is_no_success() {
    let bodies = [
        json!(null),
        json!("<html>"),
        json!([]),
        json!({"id": IDS[0], "device": {}}),
        json!(7),
    ];
    for body in bodies {
        let outcomes = read(json!([{"id": "1", "status": 200, "body": body}, found(2), found(3)]));
        assert!(outcomes[0].is_err() && outcomes[1].is_ok(), "{body}");
    }
    for status in [
        json!(null),
        json!(0),
        json!(99),
        json!(70000),
        json!("ok"),
        json!(302),
    ] {
        let outcomes = read(
            json!([{"id": "1", "status": status, "body": found(1)["body"]}, found(2), found(3)]),
        );
        assert!(outcomes[0].is_err() && outcomes[1].is_ok(), "{status}");
    }
    for stranger in ["0", "4", "-1", "x", ""] {
        let body = json!({"responses": [found(1), {"id": stranger, "status": 200}]}).to_string();
        let answer = raw(200, &[], body.as_bytes());
        assert!(three().response(&base(), &answer).is_err(), "{stranger}");
    }
    for bad in [
        "",
        "{}",
        "[]",
        r#"{"responses":{}}"#,
        r#"{"responses":[1]}"#,
        "<html>",
    ] {
        assert!(
            three()
                .response(&base(), &raw(200, &[], bad.as_bytes()))
                .is_err(),
            "{bad}"
        );
    }
}

#[test]
fn a_text_in_a_batch_is_the_text() {
    let count = Batch::new(vec![CountDevices::default(); 2]).unwrap();
    let body = json!({"responses": [{"id": "2", "status": 200, "body": "MTI="}, {"id": "1", "status": 200, "body": "12"}]});
    let outcomes = count
        .response(&base(), &raw(200, &[], body.to_string().as_bytes()))
        .unwrap();
    assert_eq!(outcomes[0].as_ref().ok(), Some(&12));
    assert!(outcomes[1].is_err(), "Base64 is no count");
}

#[tokio::test]
async fn requests_of_two_versions_are_not_sent() {
    let page = |version: &str| {
        let link = format!("https://graph.microsoft.com/{version}/users?$skiptoken=x");
        let page = json!({"value": [], "@odata.nextLink": link}).to_string();
        let page = ListUsers::all().response(&base(), &raw(200, &[], page.as_bytes()));
        ListUsers::next(page.unwrap().next.unwrap())
    };
    let world = World::signed_in([]);
    let mixed = Batch::new(vec![page("beta"), page("v1.0")]).unwrap();
    let error = world.client.send(&mixed).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Never);
    assert_eq!(world.lines(), [""; 0]);
}

#[tokio::test]
async fn the_client_sends_a_batch_once_and_never_repeats_its_parts() {
    let throttled = json!({"id": "2", "status": 429, "headers": {"Retry-After": "7"}});
    let ann = json!({"id": "1", "status": 200, "body": {"id": USER}});
    let world = World::signed_in([answer(200, json!({"responses": [throttled, ann]}))]);
    let users =
        ["ann@contoso.com", "$bob@contoso.com"].map(|upn| GetUser(UserKey::upn(upn).unwrap()));
    let outcomes = world
        .client
        .send(&Batch::new(users.to_vec()).unwrap())
        .await
        .unwrap();
    assert!(outcomes.value[0].is_ok() && outcomes.value[1].is_err());
    assert_eq!(world.lines().len(), 2, "the sign-in and the batch");
}
