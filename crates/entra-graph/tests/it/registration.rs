//! Applications, service principals and grants: golden requests, answers, refusals.

use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use entra_graph::{
    AddCertificate, Certificate, CreateApplication, CreateServicePrincipal, Error, GetApplication,
    GrantRole, GraphEndpoint, ListApplications, ListGrantedRoles, ListServicePrincipals,
    Permission, RegisteredApplication, Scopes, ServiceError, UserSignIn,
};
use idp_http::{BaseUrl, Retry};
use serde_json::{Value, json};

use crate::certificates::RSA;
use crate::requests::golden;
use crate::support::{ID, Seen, USER, World, answer, id, options, read, recorded};

const ROOT: &str = "https://graph.microsoft.com/v1.0";
const APP: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";
const SELECT: &str = "%24select=id%2CappId%2CdisplayName%2CcreatedDateTime";

pub(crate) fn certificate() -> Certificate {
    Certificate::from_pem(RSA.pem().as_bytes()).unwrap()
}

fn whole() -> String {
    BASE64.encode(RSA.certificate.der())
}

fn create() -> CreateApplication {
    let permissions = [Permission::INVENTORY, Permission::USERS];
    CreateApplication::new("O'B", &certificate(), permissions)
}

fn grant() -> GrantRole {
    GrantRole {
        principal: id(ID),
        resource: id(USER),
        role: id(Permission::USERS.role_id),
    }
}

/// An application as it is answered, with these keys.
fn application(keys: Value) -> RegisteredApplication {
    let body = json!({"id": ID, "appId": APP, "displayName": "Tokens\u{7}", "extra": 1,
        "createdDateTime": "2026-11-21T19:00:00Z", "keyCredentials": keys});
    read(&GetApplication(id(ID)), body).unwrap()
}

#[test]
fn applications_are_looked_for_by_name_and_by_id() {
    let none = Value::Null;
    let named =
        format!("GET {ROOT}/applications?{SELECT}&%24filter=displayName%20eq%20%27O%27%27B%26x%27");
    golden(&ListApplications::named("O'B&x"), &named, &none);
    let with_id = format!("GET {ROOT}/applications?{SELECT}&%24filter=appId%20eq%20%27{APP}%27");
    golden(&ListApplications::with_app_id(&id(APP)), &with_id, &none);
    let page = json!({"value": [], "@odata.nextLink": format!("{ROOT}/applications?$skiptoken=x")});
    let next = read(&ListApplications::named("x"), page).unwrap().next;
    let line = format!("GET {ROOT}/applications?%24skiptoken=x");
    golden(&ListApplications::next(next.unwrap()), &line, &none);
    let one = format!("GET {ROOT}/applications/{ID}?{SELECT}%2CkeyCredentials");
    golden(&GetApplication(id(ID)), &one, &none);
}

#[test]
fn an_application_is_registered_with_its_certificate_and_without_its_key() {
    let role = |id: &str| json!({"id": id, "type": "Role"});
    let body = json!({"displayName": "O'B", "signInAudience": "AzureADMyOrg",
        "keyCredentials": [{"type": "AsymmetricX509Cert", "usage": "Verify", "key": whole()}],
        "requiredResourceAccess": [{"resourceAppId": "00000003-0000-0000-c000-000000000000",
            "resourceAccess": [role("29c18626-4985-4dcd-85c0-193eef327366"),
                role("df021288-bdef-4463-88db-98f22de89214")]}]});
    golden(&create(), &format!("POST {ROOT}/applications"), &body);
}

#[test]
fn a_further_certificate_leaves_the_others_where_they_are() {
    let others = json!([{"keyId": USER, "type": "AsymmetricX509Cert", "usage": "Verify",
        "key": null, "customKeyIdentifier": "00", "unknown": {"a": [1]}}]);
    let add = AddCertificate::new(&application(others.clone()), &certificate());
    let ours = json!({"type": "AsymmetricX509Cert", "usage": "Verify", "key": whole()});
    let body = json!({"keyCredentials": [others[0], ours]});
    golden(&add, &format!("PATCH {ROOT}/applications/{ID}"), &body);
}

#[test]
fn principals_and_grants_are_asked_for_as_described() {
    let none = Value::Null;
    let principals = format!("{ROOT}/servicePrincipals");
    let line = format!("GET {principals}?%24select=id%2CappId&%24filter=appId%20eq%20%27{APP}%27");
    golden(&ListServicePrincipals::of(&id(APP)), &line, &none);
    let create = CreateServicePrincipal { app_id: id(APP) };
    golden(
        &create,
        &format!("POST {principals}"),
        &json!({"appId": APP}),
    );
    let grants = format!("{principals}/{ID}/appRoleAssignments");
    golden(
        &ListGrantedRoles::of(&id(ID)),
        &format!("GET {grants}"),
        &none,
    );
    let body = json!({"principalId": ID, "resourceId": USER,
        "appRoleId": "df021288-bdef-4463-88db-98f22de89214"});
    golden(&grant(), &format!("POST {grants}"), &body);
}

#[test]
fn answers_are_read_and_nonsense_is_none() {
    let one = application(Value::Null);
    assert_eq!((one.id.as_str(), one.app_id.as_str()), (ID, APP));
    assert_eq!(one.display_name.as_deref(), Some("Tokens\u{fffd}"));
    assert_eq!(one.created.as_deref(), Some("2026-11-21T19:00:00Z"));
    for body in [
        json!({}),
        json!({"id": ID}),
        json!({"appId": APP}),
        json!({"id": ID, "appId": "x"}),
    ] {
        assert!(read(&create(), body.clone()).is_err(), "{body}");
    }
    let principal = CreateServicePrincipal { app_id: id(APP) };
    let made = read(&principal, json!({"id": ID, "appId": APP})).unwrap();
    assert_eq!(made.id, id(ID));
    assert!(read(&principal, json!({"error": {}})).is_err());
    let role = |role: &str| json!({"resourceId": USER, "appRoleId": role});
    let nothing = "00000000-0000-0000-0000-000000000000";
    let list = json!({"value": [role(nothing), role(ID)]});
    let listed = read(&ListGrantedRoles::of(&id(ID)), list).unwrap();
    assert_eq!(
        listed.items.len(),
        2,
        "the role of those without roles is one, too"
    );
    assert!(read(&grant(), role(Permission::USERS.role_id)).is_ok());
    assert!(read(&grant(), role(ID)).is_err(), "another permission");
    assert!(read(&grant(), json!({})).is_err());
}

#[test]
fn a_certificate_is_known_by_itself_or_by_its_thumbprint() {
    let certificate = certificate();
    let hex = certificate.thumbprint_sha1();
    let bytes = HEXUPPER.decode(hex.as_bytes()).unwrap();
    let by = |name: &str, text: &str| application(json!([{}, {name: text}])).has(&certificate);
    assert!(by("key", &whole()));
    for same in [hex.clone(), hex.to_lowercase(), BASE64.encode(&bytes)] {
        assert!(by("customKeyIdentifier", &same), "{same}");
    }
    assert!(!by("customKeyIdentifier", &HEXLOWER.encode(&bytes[1..])));
    let other = json!([{"key": "AAAA", "customKeyIdentifier": hex}]);
    assert!(
        !application(other).has(&certificate),
        "the certificate says more than its name"
    );
    assert!(!application(Value::Null).has(&certificate));
}

async fn refused<E: GraphEndpoint>(endpoint: &E, status: u16, message: &str) -> ServiceError {
    let body = json!({"error": {"code": "Request_BadRequest", "message": message}});
    let world = World::signed_in([answer(status, body)]);
    match world.client.send(endpoint).await.err() {
        Some(Error::Service(error)) => *error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_not_known_yet_is_told_from_what_is_wrong() {
    for (status, message, is_there, not_yet) in [
        (
            400,
            "The appId 'x' of the service principal does not reference a valid application object.",
            false,
            true,
        ),
        (400, "Not a valid reference update.", false, true),
        (
            404,
            "Resource 'x' does not exist or one of its queried reference-property objects are not present.",
            false,
            true,
        ),
        (
            400,
            "Resource 'x' does not exist or one of its queried reference-property objects are not present.",
            false,
            true,
        ),
        (
            400,
            "Permission being assigned already exists on the object",
            true,
            false,
        ),
        (400, "EntitlementGrant entry already exists.", true, false),
        (
            409,
            "The service principal name x is already in use.",
            true,
            false,
        ),
        (
            400,
            "Permission being assigned was not found on application",
            false,
            false,
        ),
        (403, "It does not exist already.", false, false),
    ] {
        let error = refused(&grant(), status, message).await;
        assert_eq!(error.is_there_already(), is_there, "{message}");
        assert_eq!(error.may_not_be_known_yet(), not_yet, "{message}");
        assert_eq!(error.retry, Retry::Never);
    }
}

#[tokio::test]
async fn who_may_not_is_told_the_role() {
    let next = |error: ServiceError| Error::Service(Box::new(error)).next_step();
    let denied = "Insufficient privileges to complete the operation.";
    let registering = next(refused(&create(), 403, denied).await);
    assert!(
        registering.contains("the role Application Administrator"),
        "{registering}"
    );
    assert!(
        registering.contains("Application.ReadWrite.All"),
        "{registering}"
    );
    let granting = next(refused(&grant(), 403, denied).await);
    assert!(
        granting.contains("the role Privileged Role Administrator"),
        "{granting}"
    );
    assert!(
        granting.contains("AppRoleAssignment.ReadWrite.All"),
        "{granting}"
    );
}

#[tokio::test]
async fn an_administrator_is_asked_for_other_permissions_also_when_the_token_is_renewed() {
    const SCOPE: &str = "https://graph.microsoft.com/Application.ReadWrite.All \
        https://graph.microsoft.com/AppRoleAssignment.ReadWrite.All offline_access";
    let granted = || {
        answer(
            200,
            json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "A",
            "refresh_token": "R"}),
        )
    };
    let (transport, seen) = recorded([granted(), granted(), answer(200, json!({"value": []}))]);
    let clock = std::sync::Arc::new(crate::support::FakeClock::default());
    let application = crate::credentials::application();
    let sign_in = UserSignIn::new(transport.clone(), clock.clone(), application, options())
        .asking_for(Scopes::Registration);
    let redirect = BaseUrl::parse("http://localhost:1234").unwrap();
    let authorization = sign_in.authorize(&redirect, &[7; 64]);
    let query = authorization.address.query().unwrap().to_owned();
    let of_address = Seen {
        line: String::new(),
        headers: http::HeaderMap::new(),
        body: query.clone(),
        limit: 0,
    };
    assert_eq!(of_address.field("scope").unwrap(), SCOPE);
    let state = of_address.field("state").unwrap();
    let brought = format!("code=c&state={state}");
    let person = sign_in.finish(&authorization, &brought).await.unwrap();
    let client = entra_graph::GraphClient::new(transport, clock, person, options());
    client.send(&ListApplications::named("x")).await.unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0].field("scope").unwrap(), SCOPE);
    assert_eq!(seen[1].field("grant_type").unwrap(), "refresh_token");
    assert_eq!(seen[1].field("scope").unwrap(), SCOPE);
}

#[cfg(feature = "self-signed")]
#[test]
fn a_new_key_and_its_certificate_are_read_back() {
    use std::time::Duration;

    use entra_graph::secrecy::ExposeSecret;

    let now = Duration::from_secs(1_800_000_000);
    let pem = Certificate::self_signed("Ann's tokens", now, 90).unwrap();
    let text = pem.expose_secret();
    assert_eq!(text.matches("-----BEGIN PRIVATE KEY-----").count(), 1);
    assert_eq!(text.matches("-----BEGIN CERTIFICATE-----").count(), 1);
    let read = Certificate::from_pem(text.as_bytes()).unwrap();
    assert_eq!(read.not_after().as_secs(), 1_800_000_000 + 90 * 86_400);
    let other = Certificate::self_signed("Ann's tokens", now, 90).unwrap();
    let other = Certificate::from_pem(other.expose_secret().as_bytes()).unwrap();
    assert_ne!(read.der(), other.der());
    let whole = BASE64.encode(read.der());
    assert!(application(json!([{"key": whole}])).has(&read));
    assert!(!application(json!([{"key": whole}])).has(&other));
    assert!(!format!("{pem:?}").contains("PRIVATE"));
}
