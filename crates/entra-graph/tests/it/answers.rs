//! Answers: every shape that Microsoft's pages and the field show.

use entra_graph::{
    Activate, Assign, Batch, CountDevices, CreateDevice, CreateDevices, Device, DeviceStatus,
    GetOrganization, GetPolicy, GetUser, HashFunction, ListDevices, ListMethods, ListUsers,
    ObjectId, UserKey,
};
use idp_http::{BaseUrl, Endpoint};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{CODE, ID, USER, World, ann, answer, base, device, id, raw, read};

fn flat() -> Value {
    json!({
        "@odata.type": "#microsoft.graph.hardwareOathTokenAuthenticationMethodDevice",
        "id": ID, "displayName": "Token 1", "serialNumber": "TOTP123456", "manufacturer": "Contoso",
        "model": "Hardware Token 1000", "secretKey": null, "timeIntervalInSeconds": 30,
        "status": "available", "hashFunction": "hmacsha1", "lastUsedDateTime": "2026-11-21T19:00:00Z",
        "assignedTo": {"id": USER, "displayName": "Ann"}
    })
}

/// Every field of a device, since other crates cannot make one.
fn is_expected(found: &Device) {
    let [maker, model, name] = [&found.manufacturer, &found.model, &found.display_name];
    let names = [maker, model, name].map(Option::as_deref);
    assert_eq!(
        names,
        [
            Some("Contoso"),
            Some("Hardware Token 1000"),
            Some("Token 1")
        ]
    );
    assert_eq!((found.id.as_str(), &*found.serial), (ID, "TOTP123456"));
    assert_eq!(found.period_seconds, Some(30));
    assert_eq!(found.hash, Some(HashFunction::HmacSha1));
    assert_eq!(found.status, DeviceStatus::Available);
    let holder = found.assigned_to.as_ref().unwrap();
    assert_eq!(
        (holder.id.as_str(), holder.display_name.as_deref()),
        (USER, Some("Ann"))
    );
    assert_eq!(found.last_used.as_deref(), Some("2026-11-21T19:00:00Z"));
}

fn one(item: Value) -> Result<Device, idp_http::BadAnswer> {
    let page = read(&ListDevices::all(), json!({"value": [item]}))?;
    assert!(page.next.is_none());
    Ok(page.items.into_iter().next().unwrap())
}

#[test]
fn a_device_is_read_flat_and_nested() {
    is_expected(&one(flat()).unwrap());
    let nested = json!({"@odata.type": "#microsoft.graph.hardwareOathAuthenticationMethod",
        "id": ID, "createdDateTime": null, "device": flat()});
    is_expected(&one(nested).unwrap());
    is_expected(&read(&CreateDevice(device("1")), flat()).unwrap());
}

#[test]
fn a_bare_device_is_enough() {
    let bare = one(json!({"id": ID.to_uppercase(), "assignedTo": {}, "hashFunction": null}));
    let bare = bare.unwrap();
    assert_eq!((bare.id.as_str(), bare.serial.as_str()), (ID, ""));
    assert_eq!((bare.assigned_to, bare.hash), (None, None));
    assert_eq!(bare.status, DeviceStatus::Other(String::new()));
}

#[test]
fn unknown_values_are_kept_and_numbers_may_be_text() {
    let mut odd = flat();
    odd["status"] = json!("unknownFutureValue");
    odd["hashFunction"] = json!("hmacsha512");
    odd["timeIntervalInSeconds"] = json!("60");
    odd["somethingNew"] = json!({"a": [1]});
    let odd = one(odd).unwrap();
    assert_eq!(odd.status, DeviceStatus::Other("unknownFutureValue".into()));
    assert_eq!(odd.hash, Some(HashFunction::Other("hmacsha512".into())));
    assert_eq!(odd.period_seconds, Some(60));
    for (text, status) in [
        ("assigned", DeviceStatus::Assigned),
        ("activated", DeviceStatus::Activated),
        ("failedActivation", DeviceStatus::FailedActivation),
        ("Available", DeviceStatus::Available),
    ] {
        assert_eq!(
            one(json!({"id": ID, "status": text})).unwrap().status,
            status
        );
    }
}

#[test]
fn a_device_without_a_proper_id_is_no_answer() {
    for bad in [
        json!({}),
        json!({"id": null}),
        json!({"id": "../users"}),
        json!({"id": 7}),
        json!({"id": ID, "assignedTo": {"displayName": "Ann"}}),
        json!({"id": ID, "assignedTo": {"id": "x"}}),
        json!({"id": ID, "device": {}}),
        json!({"id": "00000000-0000-0000-0000-000000000000"}),
        json!({"id": ID, "@Core.DataModificationException": {"responseCode": 409}}),
        json!("text"),
    ] {
        assert!(one(bad.clone()).is_err(), "{bad}");
    }
    assert!(read(&ListDevices::all(), json!({"values": []})).is_err());
    assert!(read(&ListDevices::all(), json!([])).is_err());
}

#[test]
fn a_foreign_next_link_is_refused() {
    let inventory = "beta/directory/authenticationMethodDevices/hardwareOathDevices?$skiptoken=x";
    for link in [
        format!("https://graph.evil.test/{inventory}"),
        format!("http://graph.microsoft.com/{inventory}"),
        format!("https://graph.microsoft.com:8443/{inventory}"),
        format!("https://graph.microsoft.com@evil.test/{inventory}"),
        format!("//evil.test/{inventory}"),
        format!("/{inventory}"),
        String::new(),
    ] {
        let page = json!({"value": [], "@odata.nextLink": link});
        assert!(read(&ListDevices::all(), page.clone()).is_err(), "{link}");
        assert!(
            read(&ListUsers::with_ids(&[id(ID)]), page).is_err(),
            "{link}"
        );
    }
}

#[tokio::test]
async fn no_request_goes_to_a_foreign_link() {
    let page = json!({"value": [], "@odata.nextLink": "https://evil.test/beta/x"});
    let world = World::signed_in([answer(200, page)]);
    let error = world.client.send(&ListDevices::all()).await.unwrap_err();
    assert!(error.to_string().contains("another origin"), "{error}");
    assert_eq!(world.lines().len(), 2);
}

#[test]
fn a_link_never_leaves_the_root_it_is_used_with() {
    let link = "https://graph.microsoft.com/beta/directory/x?$skiptoken=1";
    let page = read(
        &ListDevices::all(),
        json!({"value": [], "@odata.nextLink": link}),
    )
    .unwrap();
    let next = ListDevices::next(page.next.unwrap());
    let other = BaseUrl::parse("http://127.0.0.1:8701").unwrap();
    let uri = next.request(&other).uri().to_string();
    assert_eq!(uri, "http://127.0.0.1:8701/beta/directory/x?$skiptoken=1");
    let same = json!({"value": [], "@odata.nextLink": link});
    assert!(
        read(&next, same).is_err(),
        "a page that is its own next page"
    );
}

#[test]
fn an_assignment_answers_with_the_method() {
    let assign = Assign {
        user: ann(),
        device: id(ID),
    };
    let created = json!({"@odata.type": "#microsoft.graph.hardwareOathAuthenticationMethod",
        "id": ID, "createdDateTime": "2026-11-21T19:00:00Z"});
    assert_eq!(read(&assign, created), Ok(id(ID)));
    assert!(read(&assign, json!({"createdDateTime": null})).is_err());
    let activate = Activate {
        user: ann(),
        method: id(ID),
        code: CODE.into(),
        display_name: None,
    };
    assert_eq!(activate.response(&base(), &raw(204, &[], b"")), Ok(()));
}

#[test]
fn an_object_id_is_a_guid_also_in_json() {
    let upper = json!(ID.to_uppercase());
    let read: ObjectId = serde_json::from_value(upper).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), json!(ID));
    for bad in [
        "",
        "x",
        "{aabbccdd-0011-2233-4455-66778899aabb}",
        "aabbccdd00112233445566778899aabb",
    ] {
        assert!(ObjectId::parse(bad).is_err());
        assert!(
            serde_json::from_value::<ObjectId>(json!(bad)).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn users_are_read() {
    let user = json!({"@odata.context": "x", "id": USER, "displayName": "Ann",
        "userPrincipalName": "ann@contoso.com", "mail": null, "accountEnabled": true,
        "userType": "Member"});
    let key = UserKey::id(id(USER));
    let ann = read(&GetUser(key.clone()), user.clone()).unwrap();
    assert_eq!(ann.user_principal_name.as_deref(), Some("ann@contoso.com"));
    assert_eq!((ann.mail.as_ref(), ann.account_enabled), (None, Some(true)));
    assert!(!ann.is_guest());
    let guest = read(
        &GetUser(key.clone()),
        json!({"id": USER, "userType": "Guest"}),
    )
    .unwrap();
    assert!(guest.is_guest());
    assert!(read(&GetUser(key), json!({"displayName": "Ann"})).is_err());
    let page = read(&ListUsers::with_ids(&[id(USER)]), json!({"value": [user]})).unwrap();
    assert_eq!(page.items, [ann]);
}

/// JSON that is nearly an answer.
fn near() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        Just(json!(ID)),
        Just(json!({})),
        any::<i64>().prop_map(|n| json!(n)),
        any::<f64>().prop_map(|n| json!(n)),
        "\\PC{0,8}".prop_map(|text| json!(text)),
    ];
    let names = prop_oneof![
        Just("id"),
        Just("value"),
        Just("device"),
        Just("status"),
        Just("assignedTo"),
        Just("serialNumber"),
        Just("timeIntervalInSeconds"),
        Just("@contentId"),
        Just("@odata.nextLink"),
        Just("@Core.DataModificationException"),
        Just("responseCode"),
        Just("info"),
    ];
    leaf.prop_recursive(5, 60, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(|pairs| {
                Value::Object(pairs.into_iter().map(|(n, v)| (n.to_owned(), v)).collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_answer_ends_the_process(answer in near(), bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let bulk = CreateDevices(vec![device("A"), device("B")]);
        let _ = read(&bulk, answer.clone());
        let _ = read(&bulk, json!({"value": answer.clone()}));
        let _ = read(&ListDevices::all(), json!({"value": [answer.clone()]}));
        let _ = read(&ListMethods::of(&ann()), json!({"value": [answer.clone()]}));
        let _ = read(&GetPolicy, json!({"state": "enabled", "includeTargets": answer.clone()}));
        let _ = read(&GetOrganization, json!({"value": [answer.clone()]}));
        let batch = Batch::new(vec![GetUser(ann()); 2]).unwrap();
        let _ = read(&batch, json!({"responses": [{"id": 1, "status": 200, "body": answer.clone()}, answer.clone()]}));
        let _ = read(&GetUser(ann()), answer);
        let _ = batch.response(&base(), &raw(200, &[], &bytes));
        let _ = CountDevices::default().response(&base(), &raw(200, &[], &bytes));
        let _ = bulk.response(&base(), &raw(200, &[], &bytes));
    }
}

/// A terminal escape, its C1 form, a turn of the direction of writing and a line break.
const HOSTILE: &str = "A\u{1b}[2J\u{9b}2J\u{202e}\nB";

fn is_tame(shown: &str) -> bool {
    // Debug writes what is not printable as an escape, so a tame text has none.
    !shown.contains("\\u{") && !shown.contains("\\n") && !shown.chars().any(char::is_control)
}

#[test]
fn text_of_devices_and_users_cannot_act_on_a_terminal() {
    let hostile = json!({
        "id": ID, "displayName": HOSTILE, "serialNumber": HOSTILE, "manufacturer": HOSTILE,
        "model": HOSTILE, "status": HOSTILE, "hashFunction": HOSTILE, "lastUsedDateTime": HOSTILE,
        "assignedTo": {"id": USER, "displayName": HOSTILE}
    });
    let found = one(hostile.clone()).unwrap();
    assert!(is_tame(&format!("{found:?}")), "{found:?}");
    assert_eq!(found.serial, "A\u{fffd}[2J\u{fffd}2J\u{fffd}\u{fffd}B");
    let user = json!({"id": ID, "displayName": HOSTILE, "userPrincipalName": HOSTILE,
        "mail": HOSTILE, "userType": HOSTILE});
    let user = read(&GetUser(ann()), user).unwrap();
    assert!(is_tame(&format!("{user:?}")), "{user:?}");
    let create = CreateDevices(vec![device("1"), device("2")]);
    let refused = json!({"serialNumber": HOSTILE, "@Core.DataModificationException":
        {"responseCode": 400, "info": {"code": HOSTILE, "message": HOSTILE}}});
    let items = read(&create, json!({"value": [hostile, refused]})).unwrap();
    assert!(is_tame(&format!("{items:?}")), "{items:?}");
}

#[tokio::test]
async fn text_of_refusals_cannot_act_on_a_terminal() {
    let refusal = json!({"error": {"code": HOSTILE, "message": HOSTILE,
        "innerError": {"request-id": HOSTILE}}});
    let refusal = raw(400, &[], refusal.to_string().as_bytes());
    let world = World::signed_in([Ok(refusal)]);
    let error = world.client.send(&ListDevices::all()).await.unwrap_err();
    assert!(is_tame(&format!("{error:?}{error}")), "{error:?}");
    let refusal =
        json!({"error": HOSTILE, "error_description": HOSTILE, "correlation_id": HOSTILE});
    let world = World::new([answer(400, refusal)]);
    let error = world.client.send(&ListDevices::all()).await.unwrap_err();
    assert!(is_tame(&format!("{error:?}{error}")), "{error:?}");
}
