//! The answer of the bulk creation: documented nowhere for this resource, so every form that other
//! Graph resources and the field show is read.

use entra_graph::{BulkItem, CreateDevices, NewDevice};
use idp_http::Endpoint;
use serde_json::{Value, json};

use crate::support::{ID, SEED, USER, base, device, raw, read};

fn bulk() -> CreateDevices {
    CreateDevices(vec![device("A"), device("B"), device("C")])
}

fn items(value: Value) -> Vec<BulkItem> {
    read(&bulk(), json!({"@odata.context": "x", "value": value})).unwrap()
}

fn failed(code: Value) -> Value {
    json!({"@Core.DataModificationException": {
        "@odata.type": "#Org.OData.Core.V1.DataModificationExceptionType",
        "failedOperation": "Create", "responseCode": code,
        "info": {"code": "Conflict", "message": "exists"}},
        "id": "00000000-0000-0000-0000-000000000000"})
}

fn with(mut item: Value, name: &str, value: &str) -> Value {
    item[name] = json!(value);
    item
}

/// Position, serial number, status of a refusal.
fn summary(items: &[BulkItem]) -> Vec<(Option<usize>, Option<&str>, Option<u16>)> {
    let line = |item: &'_ BulkItem| item.outcome.as_ref().err().map(|refusal| refusal.status);
    items
        .iter()
        .map(|item| (item.position, item.serial.as_deref(), line(item)))
        .collect()
}

#[test]
fn items_are_found_by_content_id_in_any_order() {
    let items = items(json!([
        with(failed(json!(409)), "@contentId", "3"),
        {"@contentId": "1", "id": ID, "serialNumber": "A"},
        {"@contentId": 2, "id": ID, "device": {"id": USER, "serialNumber": "B"}},
    ]));
    assert_eq!(
        summary(&items),
        [
            (Some(2), Some("C"), Some(409)),
            (Some(0), Some("A"), None),
            (Some(1), Some("B"), None),
        ]
    );
    assert_eq!(items[2].outcome.as_ref().unwrap().id.as_str(), USER);
    let refusal = items[0].outcome.as_ref().unwrap_err();
    assert_eq!(
        (refusal.status, &*refusal.code, &*refusal.message),
        (409, "Conflict", "exists")
    );
}

#[test]
fn items_are_found_by_serial_number_then_by_place() {
    let items = items(json!([
        {"id": ID, "serialNumber": "C"},
        failed(json!("400")),
        with(failed(json!(null)), "serialNumber", "A"),
    ]));
    assert_eq!(
        summary(&items),
        [
            (Some(2), Some("C"), None),
            (Some(1), Some("B"), Some(400)),
            (Some(0), Some("A"), Some(0)),
        ]
    );
}

#[test]
fn a_contradiction_has_no_position() {
    let items = items(json!([
        {"@contentId": "1", "id": ID, "serialNumber": "B"},
        {"@contentId": "9", "id": ID, "serialNumber": "C"},
        {"id": ID, "serialNumber": "Z"},
        with(failed(json!(500)), "@contentId", "3"),
    ]));
    assert_eq!(
        summary(&items),
        [
            (None, Some("B"), None),
            (None, Some("C"), None),
            (None, Some("Z"), None),
            (Some(2), Some("C"), Some(500)),
        ]
    );
}

#[test]
fn a_short_answer_names_no_places() {
    let items = items(json!([failed(json!(400))]));
    assert_eq!(summary(&items), [(None, None, Some(400))]);
}

#[test]
fn two_devices_with_one_serial_number_are_two_positions() {
    let twins = CreateDevices(vec![device("A"), device("A")]);
    let value =
        json!([{"id": ID, "serialNumber": "A"}, with(failed(json!(409)), "serialNumber", "A")]);
    let items = read(&twins, json!({"value": value})).unwrap();
    assert_eq!(
        summary(&items),
        [(Some(0), Some("A"), None), (Some(1), Some("A"), Some(409))]
    );
}

#[test]
fn any_success_status_is_read() {
    let body = json!({"value": [{"id": ID, "serialNumber": "A"}]}).to_string();
    for status in [200, 201, 207] {
        let answer = raw(status, &[], body.as_bytes());
        assert_eq!(bulk().response(&base(), &answer).unwrap().len(), 1);
    }
    assert_eq!(bulk().response(&base(), &raw(204, &[], b"")), Ok(vec![]));
    for bad in ["", "{}", r#"{"value":[{}]}"#, r#"{"value":[{"id":"x"}]}"#] {
        let answer = raw(200, &[], bad.as_bytes());
        assert!(bulk().response(&base(), &answer).is_err(), "{bad}");
    }
}

#[test]
fn a_seed_in_a_refusal_is_taken_out() {
    let mut item = failed(json!(400));
    let info = &mut item["@Core.DataModificationException"]["info"];
    info["message"] = json!(format!("secretKey '{SEED}' is not valid\r\nTrace"));
    let refused = CreateDevices(vec![NewDevice { ..device("A") }]);
    let items = read(&refused, json!({"value": [item]})).unwrap();
    let refusal = items[0].outcome.clone().unwrap_err();
    assert_eq!(refusal.message, "secretKey '[redacted]' is not valid");
}
