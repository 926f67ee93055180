//! Golden requests and answers of the operations beyond creating, assigning and activating.

use entra_graph::{
    CountDevices, Deactivate, DeleteDevice, DeviceChanges, DeviceFilter, DeviceProperty,
    DeviceQuery, DeviceStatus, GetDevice, GetMethod, GetOrganization, GetPolicy, GetUser,
    GraphEndpoint, HashFunction, ListDevices, ListMethods, ListUsers, PolicyState, PolicyTarget,
    TokenStore, Unassign, UpdateDevice, UpdatePolicy, UserKey,
};
use idp_http::Endpoint;
use serde_json::{Value, json};

use crate::requests::{ANN, INVENTORY, SELECT, golden};
use crate::support::{ID, Seen, USER, World, ann, answer, base, id, raw, read};

const ME: &str = "https://graph.microsoft.com/beta/me/authentication/hardwareOathMethods";
const POLICY: &str = "https://graph.microsoft.com/beta/policies/authenticationMethodsPolicy/\
    authenticationMethodConfigurations/hardwareOath";

fn filter() -> DeviceFilter {
    DeviceFilter {
        serial: Some("O'B&1".into()),
        status: Some(DeviceStatus::FailedActivation),
        manufacturer: Some("Token2".into()),
        model: Some("C202 v2".into()),
    }
}

#[test]
fn a_list_of_devices_is_asked_for_as_described() {
    let all = "%24filter=serialNumber%20eq%20%27O%27%27B%261%27%20and%20status%20eq%20%27failedActivation%27\
        %20and%20manufacturer%20eq%20%27Token2%27%20and%20model%20eq%20%27C202%20v2%27";
    let query = DeviceQuery {
        filter: filter(),
        assigned: Some(true),
        select: Some(vec![DeviceProperty::Model, DeviceProperty::LastUsed]),
        page_size: Some(5000),
    };
    let select = "%24select=id%2CserialNumber%2Cstatus%2CassignedTo%2Cmodel%2ClastUsedDateTime";
    let line = format!("GET {INVENTORY}?{all}&{select}&%24top=1000");
    golden(&ListDevices::matching(&query), &line, &Value::Null);
    let count = Seen::of(&CountDevices(filter()).request(&base()));
    let line = count.line.replace("?$", "?%24");
    assert_eq!(line, format!("GET {INVENTORY}/$count?{all}"));
    assert_eq!(count.header("accept"), "text/plain");
    let every = DeviceQuery {
        select: Some(vec![
            DeviceProperty::Manufacturer,
            DeviceProperty::DisplayName,
            DeviceProperty::Period,
            DeviceProperty::Hash,
        ]),
        page_size: Some(0),
        ..DeviceQuery::default()
    };
    let select = "%24select=id%2CserialNumber%2Cstatus%2CassignedTo%2Cmanufacturer%2CdisplayName\
        %2CtimeIntervalInSeconds%2ChashFunction";
    let line = format!("GET {INVENTORY}?{select}&%24top=1");
    golden(&ListDevices::matching(&every), &line, &Value::Null);
}

#[test]
fn who_has_a_device_is_judged_by_the_holder_on_each_page() {
    let page = json!({"@odata.nextLink": format!("{INVENTORY}?$skiptoken=x"), "value": [
        {"id": ID, "status": "available", "assignedTo": {"id": USER}},
        {"id": USER, "status": "assigned", "assignedTo": null},
    ]});
    for (assigned, expected) in [
        (Some(true), &[ID][..]),
        (Some(false), &[USER]),
        (None, &[ID, USER]),
    ] {
        let query = DeviceQuery {
            assigned,
            ..DeviceQuery::default()
        };
        let first = read(&ListDevices::matching(&query), page.clone()).unwrap();
        let last = json!({"value": page["value"].clone()});
        let next = read(&ListDevices::next(first.next.clone().unwrap()), last).unwrap();
        for found in [first, next] {
            let ids: Vec<&str> = found.items.iter().map(|one| one.id.as_str()).collect();
            assert_eq!(ids, expected, "{assigned:?}");
        }
    }
}

#[test]
fn a_count_is_a_bare_number() {
    let count = |body: &[u8]| CountDevices::default().response(&base(), &raw(200, &[], body));
    assert_eq!(count(b"0"), Ok(0));
    assert_eq!(count(b"\xef\xbb\xbf100000\r\n"), Ok(100_000));
    for bad in [
        "", "-1", "+1", "1.5", "\"1\"", "1 2", "<html>", "MTI=", "\u{661}",
    ] {
        assert!(count(bad.as_bytes()).is_err(), "{bad}");
    }
    assert!(count(b"99999999999999999999").is_err() && count(b"\xff").is_err());
}

#[test]
fn one_device_is_read_changed_and_deleted() {
    let line = |method: &str| format!("{method} {INVENTORY}/{ID}");
    golden(&GetDevice(id(ID)), &line("GET"), &Value::Null);
    golden(&DeleteDevice(id(ID)), &line("DELETE"), &Value::Null);
    let update = |changes| UpdateDevice {
        device: id(ID),
        changes,
    };
    let all = update(DeviceChanges {
        manufacturer: Some("Token2".into()),
        model: Some("C301".into()),
        period_seconds: Some(60),
        hash: Some(HashFunction::HmacSha256),
        display_name: Some("Spare".into()),
    });
    let body = json!({"manufacturer": "Token2", "model": "C301", "timeIntervalInSeconds": 60,
        "hashFunction": "hmacsha256", "displayName": "Spare"});
    golden(&all, &line("PATCH"), &body);
    let one = update(DeviceChanges {
        hash: Some(HashFunction::HmacSha1),
        ..DeviceChanges::default()
    });
    golden(&one, &line("PATCH"), &json!({"hashFunction": "hmacsha1"}));

    assert_eq!(all.response(&base(), &raw(204, &[], b"")), Ok(None));
    let shown = read(&all, json!({"id": ID, "model": "C301"}))
        .unwrap()
        .unwrap();
    assert_eq!(shown.model.as_deref(), Some("C301"));
    assert!(read(&all, json!({"id": USER})).is_err(), "another device");
    assert_eq!(
        DeleteDevice(id(ID)).response(&base(), &raw(200, &[], b"{}")),
        Ok(())
    );
}

#[test]
fn methods_are_asked_for_and_given_back() {
    let (user, none) = (ann(), Value::Null);
    let method = |with_device| GetMethod {
        user: ann(),
        method: id(ID),
        with_device,
    };
    golden(&ListMethods::of(&user), &format!("GET {ANN}"), &none);
    let expanded = ListMethods::with_devices_of(&user);
    golden(&expanded, &format!("GET {ANN}?%24expand=device"), &none);
    golden(&method(false), &format!("GET {ANN}/{ID}"), &none);
    golden(
        &method(true),
        &format!("GET {ANN}/{ID}?%24expand=device"),
        &none,
    );
    let page = json!({"value": [], "@odata.nextLink": format!("{ANN}?$skiptoken=x")});
    let next = read(&expanded, page).unwrap().next.unwrap();
    let next = ListMethods::next(&user, next);
    golden(&next, &format!("GET {ANN}?%24skiptoken=x"), &none);
    let unassign = Unassign {
        user: ann(),
        method: id(ID),
    };
    golden(&unassign, &format!("DELETE {ANN}/{ID}"), &none);
    let deactivate = Deactivate {
        user: ann(),
        method: id(ID),
    };
    golden(&deactivate, &format!("POST {ANN}/{ID}/deactivate"), &none);
}

#[test]
fn one_s_own_methods_are_below_me_and_need_a_delegated_permission() {
    let me = UserKey::me();
    golden(&ListMethods::of(&me), &format!("GET {ME}"), &Value::Null);
    assert_eq!(me.to_string(), "me");
    let mine = Deactivate {
        user: me.clone(),
        method: id(ID),
    };
    golden(&mine, &format!("POST {ME}/{ID}/deactivate"), &Value::Null);
    let own = "UserAuthenticationMethod.ReadWrite (delegated)";
    assert_eq!(
        (mine.permission(), ListMethods::of(&me).permission()),
        (own, own)
    );
    let all = "UserAuthenticationMethod.ReadWrite.All";
    assert_eq!(ListMethods::of(&ann()).permission(), all);
    let whoami = GetUser(me);
    let line = format!("GET https://graph.microsoft.com/v1.0/me?{SELECT}");
    golden(&whoami, &line, &Value::Null);
    assert_eq!(whoami.permission(), "User.Read (delegated)");
}

#[test]
fn a_method_is_read_with_and_without_its_device() {
    let method = json!({"id": ID, "createdDateTime": "2026-11-21T19:00:00Z", "lastUsedDateTime": null,
        "somethingNew": [1]});
    let get = GetMethod {
        user: ann(),
        method: id(ID),
        with_device: true,
    };
    let bare = read(&get, method.clone()).unwrap();
    assert_eq!(bare.created.as_deref(), Some("2026-11-21T19:00:00Z"));
    assert_eq!(
        (bare.device.as_ref(), bare.last_used.as_ref()),
        (None, None)
    );
    let mut whole = method;
    whole["device"] = json!({"id": ID, "serialNumber": "S1", "status": "newValue"});
    let whole = read(&ListMethods::of(&ann()), json!({"value": [whole]})).unwrap();
    let [whole] = <[_; 1]>::try_from(whole.items).unwrap();
    let device = whole.device.unwrap();
    assert_eq!(device.status, DeviceStatus::Other("newValue".into()));
    assert_eq!(
        device.store(std::slice::from_ref(&device)),
        TokenStore::Graph
    );
    assert_eq!(device.store(&[]), TokenStore::Legacy);
    let another = json!({"id": USER});
    assert!(read(&get, another).is_err(), "another method");
}

#[test]
fn people_are_searched_by_what_somebody_typed() {
    let users = "GET https://graph.microsoft.com/v1.0/users";
    let list = ListUsers::starting_with("O'B", 25);
    let starts = |property: &str| format!("startswith%28{property}%2C%27O%27%27B%27%29");
    let filter = ["userPrincipalName", "displayName", "mail"]
        .map(starts)
        .join("%20or%20");
    let line = format!("{users}?{SELECT}&%24filter={filter}&%24top=25");
    golden(&list, &line, &Value::Null);
    assert!(
        !list
            .request(&base())
            .headers()
            .contains_key("consistencylevel")
    );

    let list = ListUsers::search(r#"A"n\n"#, 5000);
    let word = |property: &str| format!("%22{property}%3AA%5C%22n%5C%5Cn%22");
    let search = ["userPrincipalName", "displayName", "mail"]
        .map(word)
        .join("%20OR%20");
    let line = format!("{users}?{SELECT}&%24search={search}&%24top=999");
    golden(&list, &line, &Value::Null);
    let page = json!({"value": [], "@odata.nextLink": "https://graph.microsoft.com/v1.0/users?$skiptoken=x"});
    let second = ListUsers::next(read(&list, page.clone()).unwrap().next.unwrap());
    let mut third = page;
    third["@odata.nextLink"] = json!("https://graph.microsoft.com/v1.0/users?$skiptoken=y");
    let third = ListUsers::next(read(&second, third).unwrap().next.unwrap());
    for page in [list, second, third] {
        let request = Seen::of(&page.request(&base()));
        assert_eq!(
            request.header("consistencylevel"),
            "eventual",
            "{}",
            request.line
        );
    }
}

#[test]
fn names_that_begin_with_a_dollar_stand_in_parentheses() {
    let get = GetUser(UserKey::upn("$o'b@c.com").unwrap());
    let line =
        format!("GET https://graph.microsoft.com/v1.0/users%28%27$o%27%27b%40c.com%27%29?{SELECT}");
    golden(&get, &line, &Value::Null);
    let key = UserKey::upn("$o'b@c.com").unwrap();
    assert_eq!(key.to_string(), "$o'b@c.com");
}

#[test]
fn the_policy_is_read_and_switched() {
    golden(&GetPolicy, &format!("GET {POLICY}"), &Value::Null);
    let policy = json!({"id": "HardwareOath", "state": "Enabled", "somethingNew": 1,
        "includeTargets": [{"targetType": "group", "id": "all_users", "isRegistrationRequired": false}],
        "excludeTargets": [{"targetType": "group", "id": USER}]});
    let policy = read(&GetPolicy, policy).unwrap();
    assert_eq!(policy.state, PolicyState::Enabled);
    assert!(policy.include[0].is_all_users() && !policy.exclude[0].is_all_users());
    assert_eq!(policy.exclude, [PolicyTarget::group(USER)]);
    let odd = read(
        &GetPolicy,
        json!({"state": "paused", "includeTargets": null}),
    )
    .unwrap();
    assert_eq!(odd.state, PolicyState::Other("paused".into()));
    assert!(odd.include.is_empty() && odd.exclude.is_empty());
    for bad in [
        json!({}),
        json!({"state": "enabled", "includeTargets": [{"id": ""}]}),
    ] {
        assert!(read(&GetPolicy, bad).is_err());
    }
    let kind = "#microsoft.graph.hardwareOathAuthenticationMethodConfiguration";
    let off = UpdatePolicy {
        state: Some(PolicyState::Disabled),
        ..UpdatePolicy::default()
    };
    let body = json!({"@odata.type": kind, "state": "disabled"});
    golden(&off, &format!("PATCH {POLICY}"), &body);
    let targets = UpdatePolicy {
        state: None,
        include: Some(policy.include),
        exclude: Some(vec![]),
    };
    let body = json!({"@odata.type": kind, "excludeTargets": [], "includeTargets":
        [{"targetType": "group", "id": "all_users", "isRegistrationRequired": false}]});
    golden(&targets, &format!("PATCH {POLICY}"), &body);
}

#[test]
fn the_organization_is_exactly_one() {
    let line = "GET https://graph.microsoft.com/v1.0/organization?%24select=id%2CdisplayName%2CverifiedDomains";
    golden(&GetOrganization, line, &Value::Null);
    let one = json!({"id": ID, "displayName": "Contoso", "verifiedDomains": [
        {"name": "contoso.com", "isDefault": true}, {"isInitial": true}, {"name": "c.onmicrosoft.com", "isInitial": true}]});
    let found = read(&GetOrganization, json!({"value": [one.clone()]})).unwrap();
    assert_eq!(
        (found.id, found.display_name.as_deref()),
        (id(ID), Some("Contoso"))
    );
    let domains: Vec<_> = found
        .domains
        .iter()
        .map(|one| (&*one.name, one.is_default, one.is_initial))
        .collect();
    assert_eq!(
        domains,
        [
            ("contoso.com", true, false),
            ("c.onmicrosoft.com", false, true)
        ]
    );
    for bad in [
        json!([]),
        json!([one.clone(), one]),
        json!([{"displayName": "Contoso"}]),
    ] {
        assert!(read(&GetOrganization, json!({"value": bad})).is_err());
    }
}

#[tokio::test]
async fn a_refusal_of_one_s_own_tokens_says_who_must_consent_to_what() {
    let refused =
        json!({"error": {"code": "Authorization_RequestDenied", "message": "Insufficient"}});
    let world = World::signed_in([answer(403, refused)]);
    let list = ListMethods::of(&UserKey::me());
    let error = world.client.send(&list).await.unwrap_err();
    let next = error.next_step();
    assert!(error.is_permission());
    assert!(
        next.contains("UserAuthenticationMethod.ReadWrite (delegated)"),
        "{next}"
    );
    assert!(next.contains("sign in as the user"), "{next}");
    assert!(!next.contains("application permission"), "{next}");
}
