//! Golden requests: method, address, headers and body of every operation.

use entra_graph::{
    Activate, Assign, AssignAndActivate, AssignAndActivateBySerial, CreateDevice, CreateDevices,
    GetUser, GraphEndpoint, HashFunction, ListDevices, ListUsers, NewDevice, UserKey,
};
use idp_http::{Effect, Endpoint, ResponseLimit};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{CODE, ID, SEED, Seen, USER, World, ann, answer, base, device, id, read};

pub(crate) const INVENTORY: &str =
    "https://graph.microsoft.com/beta/directory/authenticationMethodDevices/hardwareOathDevices";
pub(crate) const ANN: &str =
    "https://graph.microsoft.com/beta/users/ann%40contoso.com/authentication/hardwareOathMethods";
pub(crate) const SELECT: &str =
    "%24select=id%2CdisplayName%2CuserPrincipalName%2Cmail%2CaccountEnabled%2CuserType";

#[track_caller]
pub(crate) fn golden<E: Endpoint>(endpoint: &E, line: &str, body: &Value) {
    let seen = Seen::of(&endpoint.request(&base()));
    assert_eq!(seen.line.replace("?$", "?%24").replace("&$", "&%24"), line);
    assert_eq!(&seen.json(), body);
    assert_eq!(seen.header("accept"), "application/json");
    let kind = seen
        .headers
        .get("content-type")
        .map(|v| v.to_str().unwrap());
    assert_eq!(kind, (!body.is_null()).then_some("application/json"));
}

#[test]
fn list_devices() {
    let none = Value::Null;
    golden(&ListDevices::all(), &format!("GET {INVENTORY}"), &none);
    golden(
        &ListDevices::with_serial("O'B&1"),
        &format!("GET {INVENTORY}?%24filter=serialNumber%20eq%20%27O%27%27B%261%27"),
        &none,
    );
    let page = json!({"value": [], "@odata.nextLink": format!("{INVENTORY}?$skiptoken=a%2Fb")});
    let next = read(&ListDevices::all(), page).unwrap().next.unwrap();
    golden(
        &ListDevices::next(next),
        &format!("GET {INVENTORY}?%24skiptoken=a%2Fb"),
        &none,
    );
    let limit = Seen::of(&ListDevices::all().request(&base())).limit;
    assert_eq!(limit, ResponseLimit::LIST.0);
}

#[test]
fn create_a_device() {
    let plain = json!({"serialNumber": "1", "manufacturer": "Token2", "model": "C202",
        "secretKey": SEED, "timeIntervalInSeconds": 30, "hashFunction": "hmacsha1"});
    let line = format!("POST {INVENTORY}");
    golden(&CreateDevice(device("1")), &line, &plain);
    let full = NewDevice {
        hash: HashFunction::HmacSha256,
        period_seconds: 60,
        display_name: Some("Ann's".into()),
        assign_to: Some(id(USER)),
        ..device("1")
    };
    let mut body = plain;
    body["timeIntervalInSeconds"] = json!(60);
    body["hashFunction"] = json!("hmacsha256");
    body["displayName"] = json!("Ann's");
    body["assignTo"] = json!({"id": USER});
    golden(&CreateDevice(full), &line, &body);
}

#[test]
fn create_devices() {
    let item = |n: &str| {
        json!({"@contentId": n, "serialNumber": n, "manufacturer": "Token2", "model": "C202",
            "secretKey": SEED, "timeIntervalInSeconds": 30, "hashFunction": "hmacsha1"})
    };
    let body = json!({"@context": "#$delta", "value": [item("1"), item("2")]});
    let bulk = CreateDevices(vec![device("1"), device("2")]);
    golden(&bulk, &format!("PATCH {INVENTORY}"), &body);
    let limit = Seen::of(&bulk.request(&base())).limit;
    assert_eq!(limit, ResponseLimit::LIST.0);
}

#[test]
fn assign_and_activate() {
    let (user, device, display_name) = (ann(), id(ID), Some("Mine".to_owned()));
    let assign = Assign {
        user: user.clone(),
        device: device.clone(),
    };
    golden(
        &assign,
        &format!("POST {ANN}"),
        &json!({"device": {"id": ID}}),
    );
    let activate = Activate {
        user: user.clone(),
        method: device.clone(),
        code: CODE.into(),
        display_name: None,
    };
    golden(
        &activate,
        &format!("POST {ANN}/{ID}/activate"),
        &json!({"verificationCode": CODE}),
    );
    let both = AssignAndActivate {
        user: user.clone(),
        device,
        code: CODE.into(),
        display_name: display_name.clone(),
    };
    golden(
        &both,
        &format!("POST {ANN}/assignAndActivate"),
        &json!({"device": {"id": ID}, "verificationCode": CODE, "displayName": "Mine"}),
    );
    let by_serial = AssignAndActivateBySerial {
        user,
        serial: "S/1".into(),
        code: CODE.into(),
        display_name,
    };
    golden(
        &by_serial,
        &format!("POST {ANN}/assignAndActivateBySerialNumber"),
        &json!({"serialNumber": "S/1", "verificationCode": CODE, "displayName": "Mine"}),
    );
}

#[test]
fn users() {
    let users = "GET https://graph.microsoft.com/v1.0/users";
    let none = Value::Null;
    let guest = GetUser(UserKey::upn("bob#EXT#@contoso.com").unwrap());
    let line = format!("{users}/bob%23EXT%23%40contoso.com?{SELECT}");
    golden(&guest, &line, &none);
    let line = format!("{users}/{USER}?{SELECT}");
    golden(&GetUser(UserKey::id(id(USER))), &line, &none);
    let named = ListUsers::named(&["o'b@c.com".into(), "x@c.com".into()]);
    let list = "%20in%20%28%27o%27%27b%40c.com%27%2C%27x%40c.com%27%29";
    let line = format!("{users}?{SELECT}&%24filter=userPrincipalName{list}");
    golden(&named, &line, &none);
    let mail = ListUsers::with_mail(&["o'b@c.com".into(), "x@c.com".into()]);
    golden(
        &mail,
        &format!("{users}?{SELECT}&%24filter=mail{list}"),
        &none,
    );
    let line = format!("{users}?{SELECT}&%24filter=id%20in%20%28%27{USER}%27%29");
    golden(&ListUsers::with_ids(&[id(USER)]), &line, &none);
    let line = format!("{users}?{SELECT}&%24top=999");
    golden(&ListUsers::all(), &line, &none);
    let page = json!({"value": [],
        "@odata.nextLink": "https://graph.microsoft.com/v1.0/users?$skiptoken=x"});
    let next = read(&named, page).unwrap().next.unwrap();
    golden(
        &ListUsers::next(next),
        &format!("{users}?%24skiptoken=x"),
        &none,
    );
}

#[test]
fn operations_know_their_effect_and_permission() {
    fn effect<E: Endpoint>(_: &E) -> Effect {
        E::EFFECT
    }
    let create = CreateDevice(device("1"));
    let assigning = CreateDevices(vec![NewDevice {
        assign_to: Some(id(USER)),
        ..device("1")
    }]);
    assert_eq!(effect(&create), Effect::Write);
    assert_eq!(effect(&ListDevices::all()), Effect::Read);
    assert_eq!(create.permission(), "Policy.ReadWrite.AuthenticationMethod");
    assert!(
        assigning
            .permission()
            .contains("UserAuthenticationMethod.ReadWrite.All")
    );
    assert_eq!(GetUser(ann()).permission(), "User.Read.All");
}

#[tokio::test]
async fn the_client_adds_credential_and_name() {
    let world = World::signed_in([
        answer(200, json!({"value": []})),
        answer(200, json!({"value": []})),
    ]);
    let first = world.client.send(&ListDevices::all()).await.unwrap();
    assert_eq!(first.request_id.as_deref(), Some("r-1"));
    world.client.send(&ListDevices::all()).await.unwrap();
    let seen = world.seen.lock().unwrap();
    let names: Vec<&str> = seen
        .iter()
        .map(|seen| seen.header("client-request-id"))
        .collect();
    assert_eq!(names, ["name-0", "name-1", "name-2"]);
    assert!(seen[0].headers.get("authorization").is_none());
    let authorization = &seen[1].headers["authorization"];
    assert_eq!(authorization, "Bearer T0");
    assert!(authorization.is_sensitive());
}

#[test]
fn debug_shows_neither_seed_nor_code() {
    let activate = Activate {
        user: ann(),
        method: id(ID),
        code: CODE.into(),
        display_name: None,
    };
    let both = AssignAndActivate {
        user: ann(),
        device: id(ID),
        code: CODE.into(),
        display_name: None,
    };
    let by_serial = AssignAndActivateBySerial {
        user: ann(),
        serial: "1".into(),
        code: CODE.into(),
        display_name: None,
    };
    let texts = [
        format!("{:?}", CreateDevice(device("1"))),
        format!("{:?}", CreateDevices(vec![device("1")])),
        format!("{activate:?}"),
        format!("{both:?}"),
        format!("{by_serial:?}"),
        format!("{:?}", activate.request(&base())),
        format!("{:?}", CreateDevice(device("1")).request(&base())),
    ];
    for text in texts {
        assert!(!text.contains(SEED) && !text.contains(CODE), "{text}");
    }
}

#[test]
fn a_name_without_at_sign_is_no_upn() {
    for bad in ["", "delta", "$count", "..", "microsoft.graph.delta()"] {
        assert!(UserKey::upn(bad).is_err(), "{bad}");
    }
    assert!(UserKey::upn("$ann@contoso.com").is_ok());
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let hex = [rest.next().unwrap(), rest.next().unwrap()];
            u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
        } else {
            byte
        });
    }
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #[test]
    fn any_upn_stays_in_its_place(upn in "\\$?\\PC{0,30}@\\PC{0,30}") {
        if let Ok(key) = UserKey::upn(&upn) {
            let request = Assign { user: key, device: id(ID) }.request(&base());
            let path: Vec<&str> = request.uri().path().split('/').collect();
            let user: Vec<String> = path.iter().map(|segment| decoded(segment)).collect();
            let expected = match upn.starts_with('$') {
                true => vec![format!("users('{}')", upn.replace('\'', "''"))],
                false => vec!["users".to_owned(), upn],
            };
            prop_assert_eq!(&user[2..path.len() - 2], expected);
            prop_assert!(request.uri().query().is_none());
        }
    }

    #[test]
    fn any_serial_stays_one_literal(serial in "\\PC{0,40}") {
        let request = ListDevices::with_serial(&serial).request(&base());
        let query = request.uri().query().unwrap();
        prop_assert!(!query.contains('&') && !query.contains('#'));
        let filter = decoded(query.strip_prefix("$filter=").unwrap());
        let literal = filter.strip_prefix("serialNumber eq '").unwrap().strip_suffix('\'').unwrap();
        prop_assert!(!literal.replace("''", "").contains('\''));
        prop_assert_eq!(literal.replace("''", "'"), serial);
    }
}
