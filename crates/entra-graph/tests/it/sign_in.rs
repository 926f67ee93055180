//! Signing in: the request, the cache, refusals.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use entra_graph::{ClientSecret, Error, GraphClient, GraphOptions, ListDevices, TenantId};
use idp_http::{BaseUrl, Request, Response, Retry, Sent, Transport, TransportError, WithTransport};
use secrecy::SecretString;
use serde_json::json;

use crate::support::{FakeClock, SECRET, Seen, World, answer, credential, lost, raw, token};

const SAFE: Retry = Retry::Safe { after: None };

fn empty() -> Result<Response, TransportError> {
    answer(200, json!({"value": []}))
}

async fn list(world: &World) -> Result<(), Error> {
    world.client.send(&ListDevices::all()).await.map(drop)
}

/// The names of the calls: `t` for a sign-in, else the token that was used.
fn calls(world: &World) -> Vec<String> {
    let seen = world.seen.lock().unwrap();
    let bearer = |headers: &http::HeaderMap| {
        let value = headers.get("authorization")?.to_str().ok()?;
        value.strip_prefix("Bearer ").map(ToOwned::to_owned)
    };
    let name = |headers| bearer(headers).unwrap_or_else(|| "t".to_owned());
    seen.iter().map(|seen| name(&seen.headers)).collect()
}

#[tokio::test]
async fn the_request_is_a_form() {
    let world = World::signed_in([empty()]);
    list(&world).await.unwrap();
    let seen = world.seen.lock().unwrap();
    assert_eq!(
        seen[0].line,
        "POST https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token"
    );
    assert_eq!(
        seen[0].header("content-type"),
        "application/x-www-form-urlencoded"
    );
    assert_eq!(
        seen[0].body,
        "grant_type=client_credentials&client_id=client-1&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default\
         &client_secret=q8~Very%26Secret%3DValue"
    );
}

#[tokio::test]
async fn a_loopback_service_is_its_own_scope() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    let transport = WithTransport(move |request: Request| {
        record.lock().unwrap().push(Seen::of(&request));
        lost(Sent::No)
    });
    let root = |path: &str| BaseUrl::parse(&format!("http://127.0.0.1:8701{path}")).unwrap();
    let options = GraphOptions::new(root("/login"), root("/graph"), Arc::new(String::new));
    let clock = Arc::new(FakeClock::default());
    let client = GraphClient::new(Arc::new(transport), clock, credential(), options);
    assert!(client.send(&ListDevices::all()).await.is_err());
    let seen = seen.lock().unwrap();
    let line = "POST http://127.0.0.1:8701/login/contoso.onmicrosoft.com/oauth2/v2.0/token";
    assert_eq!(seen[0].line, line);
    assert!(
        seen[0]
            .body
            .contains("&scope=http%3A%2F%2F127.0.0.1%3A8701%2F.default&")
    );
}

#[test]
fn a_call_can_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    fn is_sync<T: Send + Sync>(_: &T) {}
    let world = World::new([]);
    is_sync(&world.client);
    is_send(&world.client.send(&ListDevices::all()));
}

#[tokio::test]
async fn a_token_is_reused_and_refreshed_five_minutes_early() {
    let world = World::new([token("A"), empty(), empty(), empty(), token("B"), empty()]);
    list(&world).await.unwrap();
    list(&world).await.unwrap();
    world.clock.advance(3599 - 300 - 1);
    list(&world).await.unwrap();
    world.clock.advance(1);
    list(&world).await.unwrap();
    assert_eq!(calls(&world), ["t", "A", "A", "A", "t", "B"]);
}

#[tokio::test]
async fn a_401_after_success_signs_in_again() {
    let expired = json!({"error": {"code": "InvalidAuthenticationToken", "message": "expired"}});
    let world = World::new([
        token("A"),
        empty(),
        answer(401, expired.clone()),
        token("B"),
        answer(401, expired),
    ]);
    list(&world).await.unwrap();
    let error = list(&world).await.unwrap_err();
    assert_eq!((error.retry(), error.is_sign_in()), (SAFE, false));
    assert!(error.next_step().contains("sign in again"));
    let error = list(&world).await.unwrap_err();
    assert_eq!((error.retry(), error.is_sign_in()), (Retry::Never, true));
    assert!(
        error
            .next_step()
            .contains("Policy.ReadWrite.AuthenticationMethod")
    );
    assert_eq!(calls(&world), ["t", "A", "A", "t", "B"]);
}

#[tokio::test]
async fn refusals_say_what_to_set() {
    for (status, error, code, hint) in [
        (401, "invalid_client", 7_000_215, "Secret ID"),
        (401, "invalid_client", 7_000_222, "expired"),
        (401, "invalid_client", 70_002, "AZURE_CLIENT_SECRET"),
        (401, "invalid_client", 7_000_216, "AZURE_CLIENT_SECRET"),
        (401, "invalid_client", 7_000_218, "AZURE_CLIENT_SECRET"),
        (401, "invalid_client", 700_027, "AZURE_CLIENT_SECRET"),
        (401, "invalid_client", 700_024, "clock"),
        (400, "unauthorized_client", 700_016, "AZURE_CLIENT_ID"),
        (400, "invalid_request", 90_002, "AZURE_TENANT_ID"),
        (400, "invalid_request", 900_023, "AZURE_TENANT_ID"),
        (400, "invalid_scope", 70_011, "Graph address"),
        (400, "invalid_scope", 1_002_012, "Graph address"),
        (400, "invalid_resource", 500_011, "Graph address"),
        (400, "unauthorized_client", 7_000_229, "consent"),
        (401, "unauthorized_client", 7_000_112, "disabled"),
        (400, "access_denied", 53_003, "Conditional Access"),
        (400, "invalid_grant", 65_001, "consent"),
        (400, "invalid_grant", 50_076, "second factor"),
        (400, "invalid_grant", 50_079, "second factor"),
        (400, "invalid_grant", 700_082, "sign in again"),
        (400, "access_denied", 1, "declined"),
        (401, "invalid_client", 1, "AZURE_CLIENT_SECRET"),
        (400, "something_new", 1, "AZURE_TENANT_ID, AZURE_CLIENT_ID"),
    ] {
        let description = format!("AADSTS{code}: No. Trace ID: 1 Correlation ID: c Timestamp: now");
        let body = json!({"error": error, "error_description": description,
            "error_codes": [code], "correlation_id": "c-1"});
        let world = World::new([answer(status, body)]);
        let refused = list(&world).await.unwrap_err();
        assert_eq!(refused.retry(), Retry::Never);
        assert!(refused.is_sign_in() && !refused.is_permission());
        assert!(
            refused.next_step().contains(hint),
            "{code}: {}",
            refused.next_step()
        );
        assert_eq!(refused.request_id(), Some("c-1"));
        let Error::SignIn(refused) = refused else {
            panic!("{refused}")
        };
        assert_eq!((refused.code, refused.error.as_str()), (Some(code), error));
        assert_eq!(refused.description, format!("AADSTS{code}: No."));
        assert_eq!(world.lines().len(), 1, "the operation is not sent");
    }
}

#[tokio::test]
async fn the_number_is_read_out_of_older_descriptions() {
    let body = json!({"error": "invalid_client", "error_description":
        format!("AADSTS7000215: {SECRET} is wrong\r\nTrace ID: 1")});
    let world = World::new([answer(401, body)]);
    let error = list(&world).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "sign-in was refused (401 invalid_client, AADSTS7000215): AADSTS7000215: [redacted] is wrong"
    );
}

#[tokio::test]
async fn a_sign_in_that_was_not_answered_was_not_refused() {
    let error = json!({"error": "temporarily_unavailable", "error_description": "Later."});
    let world = World::new(std::iter::repeat_n(answer(503, error), 9));
    let error = list(&world).await.unwrap_err().to_string();
    assert!(error.starts_with("sign-in failed (503 "), "{error}");
}

#[tokio::test]
async fn trouble_while_signing_in_leaves_nothing_in_doubt() {
    let after = Some(std::time::Duration::from_secs(7));
    let busy = |status| Ok(raw(status, &[("retry-after", "7")], b"<html>busy</html>"));
    for (recorded, retry) in [
        (lost(Sent::No), SAFE),
        (lost(Sent::Unknown), SAFE),
        (busy(429), Retry::Safe { after }),
        (busy(503), Retry::Safe { after }),
        (busy(302), Retry::Never),
        (Ok(raw(200, &[], b"<html>")), SAFE),
        (
            Ok(raw(200, &[], br#"{"token_type":"mac","access_token":"x"}"#)),
            SAFE,
        ),
        (
            Ok(raw(
                200,
                &[],
                b"{\"token_type\":\"Bearer\",\"access_token\":\"a\\nb\"}",
            )),
            SAFE,
        ),
    ] {
        let world = World::new([recorded]);
        let create = entra_graph::CreateDevice(crate::support::device("1"));
        let error = world.client.send(&create).await.unwrap_err();
        assert_eq!(error.retry(), retry, "{error}");
        assert_eq!(world.lines().len(), 1);
        assert!(!error.next_step().is_empty());
    }
}

#[tokio::test]
async fn a_throttled_sign_in_is_no_refused_credential() {
    let world = World::new([Ok(raw(429, &[("retry-after", "7")], b""))]);
    let error = list(&world).await.unwrap_err();
    assert!(error.is_throttled() && !error.is_sign_in());
    assert_eq!(error.next_step(), "wait 7 seconds, then repeat");
}

#[tokio::test]
async fn a_token_without_lifetime_is_used_once() {
    let bare = |name: &str| answer(200, json!({"token_type": "bearer", "access_token": name}));
    let world = World::new([bare("A"), empty(), bare("B"), empty()]);
    list(&world).await.unwrap();
    list(&world).await.unwrap();
    assert_eq!(calls(&world), ["t", "A", "t", "B"]);
}

/// A service that lets other tasks run before it answers, and counts its sign-ins.
#[derive(Default)]
struct Slow {
    sign_ins: AtomicUsize,
    refuse: AtomicBool,
}

#[async_trait]
impl Transport for Slow {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        tokio::task::yield_now().await;
        if !request.uri().path().ends_with("/token") {
            return empty();
        }
        self.sign_ins.fetch_add(1, Ordering::SeqCst);
        if self.refuse.load(Ordering::SeqCst) {
            return answer(401, json!({"error": "invalid_client"}));
        }
        token("A")
    }
}

#[tokio::test]
async fn who_waits_for_a_sign_in_shares_its_end() {
    let slow = Arc::new(Slow::default());
    slow.refuse.store(true, Ordering::SeqCst);
    let transport: Arc<dyn Transport> = Arc::<Slow>::clone(&slow);
    let client = World::over(transport, Arc::default());
    let list = ListDevices::all();
    let three =
        || async { tokio::join!(client.send(&list), client.send(&list), client.send(&list)) };
    let (a, b, c) = three().await;
    for end in [a, b, c] {
        assert!(end.unwrap_err().is_sign_in());
    }
    assert_eq!(slow.sign_ins.load(Ordering::SeqCst), 1);
    slow.refuse.store(false, Ordering::SeqCst);
    let (a, b, c) = three().await;
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(slow.sign_ins.load(Ordering::SeqCst), 2);
}

#[test]
fn a_secret_id_is_recognised() {
    let tenant = || TenantId::parse("8A3C7F00-0000-4000-8000-00000000beef").unwrap();
    let of = |secret: &str| ClientSecret::new(tenant(), "c", SecretString::from(secret));
    assert!(of("8a3c7f00-0000-4000-8000-00000000beef").looks_like_secret_id());
    assert!(!of(SECRET).looks_like_secret_id());
    assert_eq!(tenant().to_string(), "8a3c7f00-0000-4000-8000-00000000beef");
}

#[test]
fn debug_never_shows_the_secret() {
    let world = World::new([]);
    for text in [format!("{:?}", credential()), format!("{:?}", world.client)] {
        assert!(!text.contains(SECRET), "{text}");
        assert!(text.contains("client-1"));
    }
}

#[test]
fn a_tenant_is_a_guid_or_a_domain() {
    for good in [
        "contoso.com",
        "8a3c7f00-0000-4000-8000-00000000beef",
        "a-1.onmicrosoft.com",
    ] {
        let tenant = TenantId::parse(good).unwrap();
        assert_eq!(tenant.is_guid(), !good.contains('.'), "{good}");
    }
    for bad in [
        "",
        "common",
        "organizations",
        "a..b",
        "a.b/c",
        "-a.b",
        "a.b?",
        "a b.c",
        ".",
    ] {
        assert!(TenantId::parse(bad).is_err(), "{bad}");
    }
}
