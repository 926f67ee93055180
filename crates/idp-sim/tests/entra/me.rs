//! Who is signed in, names with a dollar, counting, searching, and the policy's targets.

use idp_sim::{EntraSwitches, Person, SimConfig};
use serde_json::{Value, json};

use crate::client::{Client, DEVICES, methods, text, upn};
use crate::login::sign_in_person;

const ME: &str = "/beta/me/authentication/hardwareOathMethods";
const POLICY: &str =
    "/beta/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/hardwareOath";

async fn with(change: impl FnOnce(&mut EntraSwitches)) -> Client {
    let mut config = SimConfig::with_people(3);
    config.people.push(Person {
        name: "Conan O'Brien-McKay".into(),
        ..Person::new("$c.o'brien@example.com")
    });
    change(&mut config.entra);
    Client::with(config).await
}

#[tokio::test(start_paused = true)]
async fn me_is_refused_to_an_application_that_acts_for_itself() {
    let client = with(|_| {}).await;
    for path in [ME, "/v1.0/me"] {
        assert_eq!(client.get(path).await.refused(), (400, "BadRequest".into()));
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_signed_in_manages_his_own_tokens_with_less_permission() {
    let mut client = with(|switches| {
        switches.set("signed_in_user", &upn(1)).unwrap();
        let own =
            "User.Read,UserAuthenticationMethod.ReadWrite,Policy.ReadWrite.AuthenticationMethod";
        switches.set("granted_scopes", own).unwrap();
    })
    .await;
    client.token = text(&sign_in_person(&client).await.body, "access_token");
    assert_eq!(
        text(&client.get("/v1.0/me").await.body, "userPrincipalName"),
        upn(1)
    );
    let id = client.create("S1").await;
    let body = json!({"serialNumber": "S1", "verificationCode": client.code(0)});
    let path = format!("{ME}/assignAndActivateBySerialNumber");
    assert_eq!(client.call("POST", &path, body).await.status, 204);
    assert_eq!(client.truth("S1").unwrap().assigned_to, Some(upn(1)));
    let own = format!("{ME}/{id}");
    assert_eq!(
        client
            .call("POST", &format!("{own}/deactivate"), Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(client.call("DELETE", &own, Value::Null).await.status, 204);
    assert_eq!(client.get(&methods(1)).await.status, 403, "as somebody's");
}

#[tokio::test(start_paused = true)]
async fn a_name_with_a_dollar_stands_in_parentheses() {
    let client = with(|_| {}).await;
    for path in [
        "/v1.0/users('$c.o''brien@example.com')",
        "/v1.0/users%28%27$c.o%27%27brien%40example.com%27%29",
    ] {
        assert_eq!(
            text(&client.get(path).await.body, "userPrincipalName"),
            "$c.o'brien@example.com"
        );
    }
    let list = "/beta/users('$c.o''brien@example.com')/authentication/hardwareOathMethods";
    assert_eq!(client.get(list).await.status, 200);
    assert_eq!(
        client
            .get("/v1.0/users/$c.o'brien@example.com")
            .await
            .status,
        400
    );
}

#[tokio::test(start_paused = true)]
async fn devices_are_counted() {
    let client = with(|_| {}).await;
    for serial in ["S1", "S2"] {
        client.create(serial).await;
    }
    let count = client.get(&format!("{DEVICES}/$count")).await;
    assert_eq!(
        (count.headers["content-type"].to_str().unwrap(), &count.body),
        ("text/plain", &json!(2))
    );
    let count = client
        .get(&format!(
            "{DEVICES}/$count?$filter=serialNumber%20eq%20'S1'"
        ))
        .await;
    assert_eq!(count.body, json!(1));
}

#[tokio::test(start_paused = true)]
async fn a_search_needs_its_header_on_each_page() {
    let client = with(|switches| switches.user_page_size = 2).await;
    let first = "/v1.0/users?$search=%22displayName:user%22%20OR%20%22mail:user%22";
    assert_eq!(
        client.get(first).await.refused(),
        (400, "Request_UnsupportedQuery".into())
    );
    let search = async |path: &str| -> Value {
        let mut request = client.request("GET", path, &Value::Null);
        request
            .headers_mut()
            .insert("ConsistencyLevel", "eventual".parse().unwrap());
        let response = client.send(request).await.unwrap();
        serde_json::from_slice(response.body()).unwrap()
    };
    let found = search(first).await;
    assert_eq!(found["value"].as_array().unwrap().len(), 2);
    let next = text(&found, "@odata.nextLink");
    assert_eq!(client.get(&next).await.status, 400);
    assert_eq!(search(&next).await["value"].as_array().unwrap().len(), 1);
    let words = search("/v1.0/users?$search=%22displayName:kay%20con%22").await;
    assert_eq!(words["value"].as_array().unwrap().len(), 1);
    for bad in ["displayName:user", "%22jobTitle:x%22"] {
        let refused = search(&format!("/v1.0/users?$search={bad}")).await;
        assert!(refused.get("error").is_some(), "{bad}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_policy_keeps_its_targets() {
    let client = with(|_| {}).await;
    let group = json!({"targetType": "group", "id": "0a0b0c0d-1111-2222-3333-444455556666"});
    let change = json!({"state": "disabled", "excludeTargets": [group]});
    assert_eq!(client.call("PATCH", POLICY, change).await.status, 204);
    let bad = json!({"state": "enabled", "includeTargets": [{"id": "x", "targetType": "user"}]});
    assert_eq!(client.call("PATCH", POLICY, bad).await.status, 400);
    let policy = client.get(POLICY).await.body;
    assert_eq!(
        policy["state"], "disabled",
        "nothing of a bad change is done"
    );
    assert_eq!(policy["excludeTargets"], json!([group]));
    assert_eq!(policy["includeTargets"][0]["id"], "all_users");
}
