//! Answers that are none, to every operation: never a success, never a leak.

use entra_graph::{
    Activate, AddCertificate, Assign, AssignAndActivate, AssignAndActivateBySerial, Batch,
    CountDevices, CreateApplication, CreateDevice, CreateDevices, CreateServicePrincipal,
    Deactivate, DeleteDevice, DeviceChanges, Error, GetApplication, GetDevice, GetMethod,
    GetOrganization, GetPolicy, GetUser, GrantRole, GraphEndpoint, ListApplications, ListDevices,
    ListGrantedRoles, ListMethods, ListServicePrincipals, ListUsers, Permission, Unassign,
    UpdateDevice, UpdatePolicy,
};
use idp_http::{Effect, Response, Retry};

use serde_json::json;

use crate::registration::certificate;
use crate::support::{CODE, ID, SECRET, SEED, World, ann, device, id, raw, read};

/// Sends an operation, gets `response`, and gives the error.
async fn error_of<E: GraphEndpoint>(endpoint: E, response: Response) -> (Error, Effect) {
    let name = E::NAME;
    let shown = String::from_utf8_lossy(response.body()).into_owned();
    let world = World::signed_in([Ok(response)]);
    let error = match world.client.send(&endpoint).await {
        Ok(_) => panic!("{name}: taken for a success: {shown}"),
        Err(error) => error,
    };
    let said = format!("{error} {error:?} {}", error.next_step());
    for secret in [SEED, CODE, SECRET, "T0", "evil.test"] {
        assert!(!said.contains(secret), "{name}: {said}");
    }
    assert_eq!(
        world.lines().len(),
        2,
        "{name}: nothing is followed or repeated"
    );
    (error, E::EFFECT)
}

type Ends = Vec<(Error, Effect)>;

/// What every operation makes of an answer.
async fn every_operation(response: impl Fn() -> Response) -> Ends {
    let mut ends = inventory(&response).await;
    ends.append(&mut activations(&response).await);
    ends.append(&mut methods(&response).await);
    ends.append(&mut directory(&response).await);
    ends.append(&mut applications(&response).await);
    ends
}

async fn inventory(response: &impl Fn() -> Response) -> Ends {
    let update = UpdateDevice {
        device: id(ID),
        changes: DeviceChanges::default(),
    };
    let batch = Batch::new(vec![GetDevice(id(ID))]).unwrap();
    vec![
        error_of(ListDevices::all(), response()).await,
        error_of(CountDevices::default(), response()).await,
        error_of(GetDevice(id(ID)), response()).await,
        error_of(batch, response()).await,
        error_of(CreateDevice(device("S1")), response()).await,
        error_of(CreateDevices(vec![device("S1")]), response()).await,
        error_of(update, response()).await,
        error_of(DeleteDevice(id(ID)), response()).await,
    ]
}

async fn activations(response: &impl Fn() -> Response) -> Ends {
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
        serial: "S1".into(),
        code: CODE.into(),
        display_name: None,
    };
    vec![
        error_of(activate, response()).await,
        error_of(both, response()).await,
        error_of(by_serial, response()).await,
    ]
}

async fn methods(response: &impl Fn() -> Response) -> Ends {
    let get = GetMethod {
        user: ann(),
        method: id(ID),
        with_device: true,
    };
    let assign = Assign {
        user: ann(),
        device: id(ID),
    };
    let unassign = Unassign {
        user: ann(),
        method: id(ID),
    };
    let deactivate = Deactivate {
        user: ann(),
        method: id(ID),
    };
    vec![
        error_of(ListMethods::of(&ann()), response()).await,
        error_of(get, response()).await,
        error_of(assign, response()).await,
        error_of(unassign, response()).await,
        error_of(deactivate, response()).await,
    ]
}

async fn directory(response: &impl Fn() -> Response) -> Ends {
    vec![
        error_of(GetPolicy, response()).await,
        error_of(UpdatePolicy::default(), response()).await,
        error_of(GetOrganization, response()).await,
        error_of(GetUser(ann()), response()).await,
        error_of(ListUsers::search("ann", 5), response()).await,
    ]
}

async fn applications(response: &impl Fn() -> Response) -> Ends {
    let certificate = certificate();
    let known = json!({"id": ID, "appId": ID});
    let known = read(&GetApplication(id(ID)), known).unwrap();
    let principal = CreateServicePrincipal { app_id: id(ID) };
    let grant = GrantRole {
        principal: id(ID),
        resource: id(ID),
        role: id(ID),
    };
    let create = CreateApplication::new("Tokens", &certificate, Permission::ALL);
    let add = AddCertificate::new(&known, &certificate);
    vec![
        error_of(ListApplications::named("Tokens"), response()).await,
        error_of(GetApplication(id(ID)), response()).await,
        error_of(create, response()).await,
        error_of(add, response()).await,
        error_of(ListServicePrincipals::of(&id(ID)), response()).await,
        error_of(principal, response()).await,
        error_of(ListGrantedRoles::of(&id(ID)), response()).await,
        error_of(grant, response()).await,
    ]
}

#[tokio::test]
async fn a_success_that_makes_no_sense_is_none() {
    let echo = format!(r#"{{"error": {{"code": "x", "message": "{SEED} {CODE}"}}}}"#);
    let bodies: Vec<Vec<u8>> = vec![
        b"<html><form>https://evil.test</form></html>".to_vec(),
        br#"{"value": [{"id": "aabbccdd-0011"#.to_vec(),
        br#"{"id": 7, "value": 7, "error": 7}"#.to_vec(),
        br#""aabbccdd-0011-2233-4455-66778899aabb""#.to_vec(),
        b"{}}".to_vec(),
        b"\xff\xfe{}".to_vec(),
        "[".repeat(100_000).into_bytes(),
        echo.into_bytes(),
    ];
    for body in bodies {
        for (error, effect) in every_operation(|| raw(200, &[], &body)).await {
            assert!(matches!(error, Error::Answer { .. }), "{error:?}");
            assert_eq!(error.retry(), Retry::after_bad_answer(effect));
        }
    }
}

#[tokio::test]
async fn a_redirect_is_an_error_and_goes_nowhere() {
    for status in [301, 302, 307, 308] {
        let to = [("location", "https://evil.test/beta")];
        for (error, _) in every_operation(|| raw(status, &to, b"")).await {
            assert_eq!(error.retry(), Retry::Never);
            assert!(
                error.to_string().contains("redirects are not followed"),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn a_refusal_that_echoes_the_request_leaks_nothing() {
    let echo = |secret: &str| {
        let body = format!(r#"{{"error": {{"code": "{secret}", "message": "'{secret}'"}}}}"#);
        raw(400, &[], body.as_bytes())
    };
    error_of(CreateDevices(vec![device("S1")]), echo(SEED)).await;
    error_of(CreateDevice(device("S1")), echo(SEED)).await;
    let activate = Activate {
        user: ann(),
        method: id(ID),
        code: CODE.into(),
        display_name: None,
    };
    error_of(activate, echo(CODE)).await;
}
