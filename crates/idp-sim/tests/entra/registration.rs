//! Applications are registered by a person, granted permissions, and sign in.

use aws_lc_rs::signature::RSA_PSS_SHA256;
use data_encoding::BASE64;
use http::StatusCode;
use idp_sim::{Act, EntraSwitches};
use serde_json::{Value, json};

use crate::client::{Answer, Client, DEVICES, text};
use crate::login::{JWT_BEARER, MADE, claims, header, number, post, sign};

const APPLICATIONS: &str = "/v1.0/applications";
const PRINCIPALS: &str = "/v1.0/servicePrincipals";
const MICROSOFTS: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";
const SCOPES: &str = "https://graph.microsoft.com/Application.ReadWrite.All \
    https://graph.microsoft.com/AppRoleAssignment.ReadWrite.All offline_access";
const INVENTORY: &str = "29c18626-4985-4dcd-85c0-193eef327366";

/// The answer to a device code of Microsoft's client for these scopes.
async fn person(client: &Client, scopes: &str) -> Answer {
    let scopes = scopes.replace(' ', "+");
    let begun = [("client_id", MICROSOFTS), ("scope", &scopes)];
    let begun = post(client, "devicecode", &begun).await.body;
    let user_code = text(&begun, "user_code");
    let act = Act::ConfirmDeviceCode { user_code };
    client.sim.interfere(&act).unwrap();
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let code = text(&begun, "device_code");
    let form = [
        ("client_id", MICROSOFTS),
        ("grant_type", grant),
        ("device_code", &code),
    ];
    post(client, "token", &form).await
}

async fn administrator(change: impl FnOnce(&mut EntraSwitches)) -> Client {
    let mut client = Client::new(change).await;
    client.token = text(&person(&client, SCOPES).await.body, "access_token");
    client
}

fn application() -> Value {
    let key = BASE64.encode(MADE.0.der());
    json!({"displayName": "Tokens", "signInAudience": "AzureADMyOrg",
        "keyCredentials": [{"type": "AsymmetricX509Cert", "usage": "Verify", "key": key}],
        "requiredResourceAccess": [{"resourceAppId": "00000003-0000-0000-c000-000000000000",
            "resourceAccess": [{"id": INVENTORY, "type": "Role"}]}]})
}

fn changed(name: &str, value: Value) -> Value {
    let mut body = application();
    body[name] = value;
    body
}

async fn graph(client: &Client) -> String {
    let filter = "$filter=appId%20eq%20'00000003-0000-0000-c000-000000000000'";
    let found = client.names(&format!("{PRINCIPALS}?{filter}"), "id").await;
    assert_eq!(found.len(), 1);
    found[0].clone()
}

/// An application and its service principal: client id, object id.
async fn registered(client: &Client) -> (String, String) {
    let app = client.call("POST", APPLICATIONS, application()).await;
    assert_eq!(app.status, 201, "{}", app.body);
    let app_id = text(&app.body, "appId");
    let made = client
        .call("POST", PRINCIPALS, json!({"appId": app_id}))
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    (app_id, text(&made.body, "id"))
}

async fn grant(client: &Client, principal: &str, role: &str) -> Answer {
    let body =
        json!({"principalId": principal, "resourceId": graph(client).await, "appRoleId": role});
    let path = format!("{PRINCIPALS}/{principal}/appRoleAssignments");
    client.call("POST", &path, body).await
}

/// The application signs in by its certificate.
async fn sign_in(client: &Client, app_id: &str, id: &str) -> Answer {
    let mut claims = claims(client, id);
    claims["iss"] = json!(app_id);
    claims["sub"] = json!(app_id);
    let assertion = sign(&RSA_PSS_SHA256, &header(), &claims);
    let fields = [
        ("client_id", app_id),
        ("client_secret", ""),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", &assertion),
    ];
    client.sign_in_app(&fields).await
}

#[tokio::test(start_paused = true)]
async fn an_application_may_do_what_it_was_granted_and_no_more() {
    let mut client = administrator(|_| {}).await;
    let app = client.call("POST", APPLICATIONS, application()).await.body;
    let app_id = text(&app, "appId");
    assert_eq!(number(&sign_in(&client, &app_id, "1").await), 7_000_229);
    let made = client
        .call("POST", PRINCIPALS, json!({"appId": app_id}))
        .await;
    let principal = text(&made.body, "id");
    let bare = sign_in(&client, &app_id, "2").await;
    assert_eq!(bare.status, 200);
    let granted = grant(&client, &principal, INVENTORY).await;
    assert_eq!(granted.status, 201, "{}", granted.body);
    let list = format!("{PRINCIPALS}/{principal}/appRoleAssignments");
    assert_eq!(client.names(&list, "appRoleId").await, [INVENTORY]);
    let able = sign_in(&client, &app_id, "3").await;
    client.token = text(&bare.body, "access_token");
    assert_eq!(client.get(DEVICES).await.status, 403);
    client.token = text(&able.body, "access_token");
    assert_eq!(client.get(DEVICES).await.status, 200);
    assert_eq!(client.get("/v1.0/users").await.status, 403);
    let truth = client.sim.state().entra.applications;
    assert_eq!(truth.len(), 1);
    assert_eq!(truth[0].granted, ["Policy.ReadWrite.AuthenticationMethod"]);
    assert_eq!(truth[0].asks_for, [INVENTORY]);
    // Its certificate is nobody else's.
    let other = client.sim.entra().client_id;
    assert_eq!(number(&sign_in(&client, &other, "4").await), 700_027);
    let secret = [("client_id", app_id.as_str())];
    assert_eq!(number(&client.sign_in_app(&secret).await), 7_000_216);
}

#[tokio::test(start_paused = true)]
async fn everything_is_there_once() {
    let client = administrator(|_| {}).await;
    let (app_id, principal) = registered(&client).await;
    let again = client
        .call("POST", PRINCIPALS, json!({"appId": app_id}))
        .await;
    let conflict = "Request_MultipleObjectsWithSameKeyValue".to_owned();
    assert_eq!(again.refused(), (409, conflict));
    assert_eq!(grant(&client, &principal, INVENTORY).await.status, 201);
    let again = grant(&client, &principal, INVENTORY).await;
    assert_eq!(again.status, 400);
    assert!(text(&again.body["error"], "message").contains("already exists"));
    // A name is no key.
    registered(&client).await;
    let named = format!("{APPLICATIONS}?$filter=displayName%20eq%20'tokens'&$select=appId");
    assert_eq!(client.names(&named, "appId").await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn certificates_come_only_for_one_and_when_asked_for() {
    let client = administrator(|_| {}).await;
    let app = client.call("POST", APPLICATIONS, application()).await.body;
    let key = |body: &Value| body["keyCredentials"][0]["key"].clone();
    assert_eq!(key(&app), Value::Null);
    let path = format!("{APPLICATIONS}/{}", text(&app, "id"));
    assert_eq!(key(&client.get(&path).await.body), Value::Null);
    let asked = client
        .get(&format!("{path}?$select=id,keyCredentials"))
        .await
        .body;
    assert_eq!(key(&asked), application()["keyCredentials"][0]["key"]);
    assert_eq!(asked.as_object().unwrap().len(), 2);
    // What is sent takes the place of the whole list; a known one needs no certificate.
    let known = json!({"keyId": app["keyCredentials"][0]["keyId"], "key": null,
        "type": "AsymmetricX509Cert", "usage": "Verify"});
    let both = json!([known, application()["keyCredentials"][0]]);
    for (keys, left) in [(both, 2), (json!([known]), 1), (json!([]), 0)] {
        let body = json!({"keyCredentials": keys});
        assert_eq!(client.call("PATCH", &path, body).await.status, 204);
        assert_eq!(client.sim.state().entra.applications[0].certificates, left);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_application_is_refused() {
    let client = administrator(|_| {}).await;
    let key = |name: &str, value: Value| {
        let mut key = application()["keyCredentials"][0].clone();
        key[name] = value;
        changed("keyCredentials", json!([key]))
    };
    for body in [
        json!([]),
        json!({}),
        changed("displayName", json!("")),
        changed("signInAudience", json!("Everybody")),
        changed("keyCredentials", json!({})),
        changed("requiredResourceAccess", json!([{"resourceAccess": []}])),
        changed("other", json!(1)),
        key("key", json!("AAAA")),
        key("key", Value::Null),
        key("usage", json!("Sign")),
        key("type", json!("Symmetric")),
    ] {
        let refused = client.call("POST", APPLICATIONS, body.clone()).await;
        assert_eq!(refused.status, 400, "{body}");
    }
    assert!(client.sim.state().entra.applications.is_empty());
    let (_, principal) = registered(&client).await;
    assert_eq!(grant(&client, &principal, "other").await.status, 400);
    assert_eq!(grant(&client, "other", INVENTORY).await.status, 400);
    assert_eq!(
        client.get(&format!("{APPLICATIONS}/other")).await.status,
        404
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_new_is_known_later() {
    for (status, code) in [
        (400, "Request_BadRequest"),
        (404, "Request_ResourceNotFound"),
    ] {
        let client = administrator(|switches| {
            switches.replication_lag_ms = 30_000;
            switches.replication_error = StatusCode::from_u16(status).unwrap();
        })
        .await;
        let app = client.call("POST", APPLICATIONS, application()).await.body;
        let body = json!({"appId": app["appId"]});
        let early = client.call("POST", PRINCIPALS, body.clone()).await;
        assert_eq!(early.refused(), (status, code.to_owned()));
        let app_id = text(&app, "appId");
        assert_eq!(number(&sign_in(&client, &app_id, "1").await), 700_016);
        assert!(client.names(APPLICATIONS, "id").await.is_empty());
        client.wait(30).await;
        let principal = client.call("POST", PRINCIPALS, body).await;
        let principal = text(&principal.body, "id");
        assert_eq!(client.names(APPLICATIONS, "id").await.len(), 1);
        let early = grant(&client, &principal, INVENTORY).await;
        assert_eq!(early.refused(), (status, code.to_owned()));
        assert_eq!(number(&sign_in(&client, &app_id, "2").await), 7_000_229);
        client.wait(30).await;
        assert_eq!(grant(&client, &principal, INVENTORY).await.status, 201);
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_needs_the_scope() {
    let graph = "https://graph.microsoft.com";
    for (scope, registers, grants) in [
        ("Application.ReadWrite.All", 201, 403),
        ("AppRoleAssignment.ReadWrite.All", 403, 403),
        ("User.Read", 403, 403),
    ] {
        let mut client = administrator(|_| {}).await;
        let (_, principal) = registered(&client).await;
        let graph_id = self::graph(&client).await;
        let answer = person(&client, &format!("{graph}/{scope}")).await;
        client.token = text(&answer.body, "access_token");
        let made = client.call("POST", APPLICATIONS, application()).await;
        assert_eq!(made.status, registers, "{scope}");
        let path = format!("{PRINCIPALS}/{principal}/appRoleAssignments");
        let body =
            json!({"principalId": principal, "resourceId": graph_id, "appRoleId": INVENTORY});
        assert_eq!(
            client.call("POST", &path, body).await.status,
            grants,
            "{scope}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_needs_the_role_beside_the_scope() {
    for (role, registers, grants) in [
        ("Application Administrator", 201, 403),
        ("Privileged Role Administrator", 403, 403),
        ("Global Administrator", 201, 201),
    ] {
        let client = administrator(|switches| {
            switches.signed_in_roles = vec![role.to_owned()];
        })
        .await;
        let made = client.call("POST", APPLICATIONS, application()).await;
        assert_eq!(made.status, registers, "{role}");
        let app_id = text(&made.body, "appId");
        let made = client
            .call("POST", PRINCIPALS, json!({"appId": app_id}))
            .await;
        let principal = text(&made.body, "id");
        if registers == 201 {
            assert_eq!(
                grant(&client, &principal, INVENTORY).await.status,
                grants,
                "{role}"
            );
        }
    }
    // The tenant's own application has not been given these.
    let client = Client::new(|_| {}).await;
    assert_eq!(client.get(APPLICATIONS).await.status, 403);
}

#[tokio::test(start_paused = true)]
async fn microsofts_client_gets_what_was_asked_for_and_consented_to() {
    let client = Client::new(|_| {}).await;
    let refused = person(&client, "https://graph.microsoft.com/Mail.Read").await;
    assert_eq!(number(&refused), 65_001);
    let signed_in = person(&client, SCOPES).await;
    let token = text(&signed_in.body, "refresh_token");
    let refresh = async |client_id: &str, scope: &str| {
        let form = [
            ("client_id", client_id),
            ("grant_type", "refresh_token"),
            ("refresh_token", &token),
            ("scope", scope),
        ];
        number(&post(&client, "token", &form).await)
    };
    let own = client.sim.entra().client_id;
    let one = "https://graph.microsoft.com/Application.ReadWrite.All";
    assert_eq!(refresh(MICROSOFTS, one).await, 200);
    let more = "https://graph.microsoft.com/User.Read";
    assert_eq!(refresh(MICROSOFTS, more).await, 65_001);
    assert_eq!(refresh(&own, one).await, 70_000);
    let secret = [("client_id", MICROSOFTS)];
    assert_eq!(number(&client.sign_in_app(&secret).await), 700_025);
}
