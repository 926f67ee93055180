//! Refused operations, lost answers, and what may be done next.

use std::time::Duration;

use entra_graph::{
    Activate, CountDevices, CreateDevice, Error, GetDevice, GetPolicy, GraphEndpoint, ListDevices,
    ServiceError,
};
use idp_http::{
    BadAnswer, BaseUrl, Effect, Endpoint, Request, Response, Retry, Sent, TransportError,
};
use serde_json::{Value, json};

use crate::support::{CODE, ID, SEED, World, ann, answer, device, id, lost, raw};

const SAFE: Retry = Retry::Safe { after: None };
const DOUBT: Retry = Retry::InDoubt { after: None };

async fn fail<E: GraphEndpoint<Output: std::fmt::Debug>>(
    endpoint: &E,
    recorded: Result<Response, TransportError>,
) -> Error {
    let world = World::signed_in([recorded]);
    let error = world.client.send(endpoint).await.unwrap_err();
    assert_eq!(world.lines().len(), 2, "exactly one attempt");
    assert!(!error.next_step().is_empty());
    error
}

async fn refused(status: u16, body: Value) -> ServiceError {
    match fail(&ListDevices::all(), answer(status, body)).await {
        Error::Service(error) => *error,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_error_object_is_read_in_every_spelling() {
    let full = json!({"error": {"code": "Request_ResourceNotFound", "message": "No.\nMore",
        "target": null, "details": [{"code": "x", "message": "y"}],
        "innerError": {"date": "2026-11-21T19:00:00", "request-id": "r-2"}}});
    let error = refused(404, full).await;
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("Request_ResourceNotFound", "No.")
    );
    assert_eq!(error.operation, "list devices");
    assert_eq!(
        (
            error.request_id.as_deref(),
            error.client_request_id.as_str()
        ),
        (Some("r-1"), "name-1")
    );
    assert_eq!(
        error.to_string(),
        "list devices: refused with 404 Request_ResourceNotFound: No."
    );

    // A service that is out of order has refused nothing.
    let error = fail(&ListDevices::all(), Ok(raw(503, &[], b"{}"))).await;
    assert_eq!(
        error.to_string(),
        "list devices: failed with 503: the answer gives no reason"
    );

    for body in [
        "",
        "<html>oh</html>",
        "{}",
        r#"{"error":null}"#,
        r#"{"error":"text"}"#,
        "[1]",
    ] {
        let recorded = Ok(raw(400, &[], body.as_bytes()));
        let error = fail(&ListDevices::all(), recorded).await;
        assert_eq!(error.retry(), Retry::Never);
        assert_eq!(
            error.to_string(),
            "list devices: refused with 400: the answer gives no reason"
        );
    }
    for name in ["innerError", "innererror"] {
        let body = json!({"error": {"code": "x", name: {"code": "429", "request-id": "r-2"}}});
        let recorded = Ok(raw(400, &[], body.to_string().as_bytes()));
        let error = fail(&ListDevices::all(), recorded).await;
        assert_eq!(error.request_id(), Some("r-2"), "{name}");
    }
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let denied = json!({"error": {"code": "Authorization_RequestDenied",
        "message": "Insufficient privileges to complete the operation."}});
    let activate = Activate {
        user: ann(),
        method: id(ID),
        code: CODE.into(),
        display_name: None,
    };
    let error = fail(&activate, answer(403, denied)).await;
    assert!(error.is_permission() && !error.is_sign_in());
    assert_eq!(error.retry(), Retry::Never);
    assert!(
        error
            .next_step()
            .contains("UserAuthenticationMethod.ReadWrite.All")
    );
}

#[tokio::test]
async fn a_throttled_call_says_how_long_to_wait() {
    let throttled = |headers: &[(&'static str, &str)]| {
        let body = json!({"error": {"code": "TooManyRequests", "innerError": {"code": "429"}}});
        Ok(raw(429, headers, body.to_string().as_bytes()))
    };
    let date = ("date", "Sat, 21 Nov 2026 20:00:00 GMT");
    for (headers, after) in [
        (&[("retry-after", "10")][..], Some(10_000)),
        (&[("retry-after", "2.128")], Some(2128)),
        (
            &[("retry-after", "Sat, 21 Nov 2026 20:00:30 GMT"), date],
            Some(30_000),
        ),
        (&[("retry-after", "soon")], None),
        (&[], None),
    ] {
        let after = after.map(Duration::from_millis);
        let read = fail(&ListDevices::all(), throttled(headers)).await;
        assert_eq!(read.retry(), Retry::Safe { after });
        assert!(read.is_throttled());
        let write = fail(&CreateDevice(device("1")), throttled(headers)).await;
        assert_eq!(write.retry(), Retry::InDoubt { after });
        assert!(write.next_step().contains("read the inventory"));
    }
}

#[tokio::test]
async fn what_may_be_done_next() {
    let create = CreateDevice(device("1"));
    let list = ListDevices::all();
    let cut = || Ok(raw(201, &[], br#"{"id":"aabbcc"#));
    assert_eq!(fail(&create, cut()).await.retry(), DOUBT);
    assert_eq!(fail(&list, cut()).await.retry(), SAFE);
    assert_eq!(fail(&create, lost(Sent::No)).await.retry(), SAFE);
    assert_eq!(fail(&create, lost(Sent::Unknown)).await.retry(), DOUBT);
    assert_eq!(fail(&list, lost(Sent::Unknown)).await.retry(), SAFE);
    assert_eq!(fail(&create, answer(503, json!({}))).await.retry(), DOUBT);
    assert_eq!(fail(&list, answer(503, json!({}))).await.retry(), SAFE);
    for status in [400, 404, 409, 412, 501] {
        let error = fail(&create, answer(status, json!({}))).await;
        assert_eq!(error.retry(), Retry::Never, "{status}");
    }
}

#[tokio::test]
async fn an_api_that_does_not_exist_is_no_lost_token() {
    let none = || {
        answer(
            404,
            json!({"error": {"code": "UnknownError", "message": ""}}),
        )
    };
    let count = CountDevices::default();
    for error in [
        fail(&ListDevices::all(), none()).await,
        fail(&count, none()).await,
        fail(&GetPolicy, none()).await,
    ] {
        assert!(error.is_unknown_api());
        assert!(error.next_step().contains("does not exist"), "{error}");
    }
    // It names the part of the path.
    for status in [400, 404] {
        let body = json!({"error": {"code": "BadRequest",
            "message": "Resource not found for the segment 'hardwareOathDevices'."}});
        let error = fail(&CreateDevice(device("1")), answer(status, body)).await;
        assert!(error.is_unknown_api() && error.retry() == Retry::Never);
    }
    // What is named may be gone.
    let gone = fail(&GetDevice(id(ID)), none()).await;
    assert!(!gone.is_unknown_api() && gone.next_step().contains("not there"));
    let other = fail(&ListDevices::all(), answer(400, json!({}))).await;
    assert!(!other.is_unknown_api());
}

#[tokio::test]
async fn a_redirect_is_an_error() {
    for status in [301, 302, 304, 307, 308] {
        let headers = [("location", "https://evil.test/")];
        let error = fail(&CreateDevice(device("1")), Ok(raw(status, &headers, b""))).await;
        assert_eq!(error.retry(), Retry::Never);
        assert!(
            error.to_string().contains("redirects are not followed"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_echoed_seed_or_code_is_taken_out() {
    let echo = |text: &str| {
        answer(
            400,
            json!({"error": {"code": text, "message": format!("'{text}' is not valid")}}),
        )
    };
    let error = fail(&CreateDevice(device("1")), echo(SEED)).await;
    assert!(!format!("{error:?}{error}").contains(SEED));
    assert!(error.to_string().contains("'[redacted]' is not valid"));
    let activate = Activate {
        user: ann(),
        method: id(ID),
        code: CODE.into(),
        display_name: None,
    };
    let error = fail(&activate, echo(CODE)).await;
    assert!(!format!("{error:?}{error}").contains(CODE));
}

/// An operation for which 404 is an answer.
struct Exists;

impl Endpoint for Exists {
    type Output = bool;
    const NAME: &'static str = "look";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        ListDevices::all().request(base)
    }

    fn response(&self, _: &BaseUrl, _: &Response) -> Result<bool, BadAnswer> {
        Ok(true)
    }

    fn refusal(&self, response: &Response) -> Option<bool> {
        (response.status() == 404).then_some(false)
    }
}

impl GraphEndpoint for Exists {
    fn permission(&self) -> &'static str {
        "none"
    }
}

#[tokio::test]
async fn a_refusal_can_be_an_outcome() {
    let world = World::signed_in([answer(404, json!({})), answer(403, json!({}))]);
    assert!(!world.client.send(&Exists).await.unwrap().value);
    let error = world.client.send(&Exists).await.unwrap_err();
    assert!(error.is_permission());
}

#[tokio::test]
async fn the_services_time_is_learned_from_every_answer() {
    let date = [("date", "Sat, 21 Nov 2026 20:00:00 GMT")];
    let world = World::signed_in([Ok(raw(200, &date, br#"{"value":[]}"#))]);
    let own = world.client.unix();
    assert_eq!(own, Duration::from_secs(1_700_000_000));
    world.client.send(&ListDevices::all()).await.unwrap();
    world.clock.advance(10);
    assert_eq!(
        world.client.unix(),
        Duration::from_millis(1_795_291_210_500)
    );
    let world_time = world.client.time().ahead_millis(&*world.clock);
    assert_eq!(world_time, Some(-95_291_200_500));
}

/// An own operation that builds whatever address it likes.
struct Elsewhere(&'static str);

impl Endpoint for Elsewhere {
    type Output = ();
    const NAME: &'static str = "go elsewhere";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, _: &BaseUrl) -> Request {
        let mut request = Request::new(idp_http::Body::empty());
        *request.uri_mut() = self.0.parse().unwrap();
        request
    }

    fn response(&self, _: &BaseUrl, _: &Response) -> Result<(), BadAnswer> {
        Ok(())
    }
}

impl GraphEndpoint for Elsewhere {
    fn permission(&self) -> &'static str {
        "none"
    }
}

#[tokio::test]
async fn the_token_leaves_for_graph_only() {
    for foreign in [
        "https://evil.test/beta/users",
        "https://graph.microsoft.com.evil.test/beta/users",
        "http://graph.microsoft.com/beta/users",
        "https://graph.microsoft.com:8443/beta/users",
        "https://graph.microsoft.com/beta/../users",
        "/beta/users",
    ] {
        let world = World::signed_in([answer(200, json!({}))]);
        let error = world.client.send(&Elsewhere(foreign)).await.unwrap_err();
        assert!(matches!(error, Error::Transport { .. }), "{error}");
        assert_eq!(error.retry(), Retry::Never);
        assert!(error.next_step().contains("Graph address"), "{foreign}");
        assert_eq!(world.lines(), [""; 0], "{foreign}");
    }
    let own = Elsewhere("https://graph.microsoft.com/v1.0/organization");
    let world = World::signed_in([answer(200, json!({}))]);
    assert!(world.client.send(&own).await.is_ok());
}
