//! Every kind of credential: its request, its refresh, its refusal, and that it is never shown.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use entra_graph::{
    AccessToken, Application, AssertionSource, Certificate, ClientAssertion, ClientCertificate,
    Credential, Delegated, Error, ListDevices, SourceError, TenantId, TokenSource,
};
use idp_http::Retry;
use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::certificates::RSA;
use crate::support::{Recorded, Seen, World, answer, credential, raw, token};

const REFRESH: &str = "0.refresh-token-one";
const OUTSIDE: &str = "eyJhbGciOiJSUzI1NiJ9.from.outside";

pub(crate) fn application() -> Application {
    let tenant = TenantId::parse("contoso.onmicrosoft.com").unwrap();
    Application::new(tenant, "client-1")
}

fn certificate() -> Credential {
    let certificate = Certificate::from_pem(RSA.pem().as_bytes()).unwrap();
    ClientCertificate::new(application(), certificate).into()
}

/// Counts how often it was asked; its answer is another one each time.
#[derive(Default)]
struct Counting {
    asked: AtomicUsize,
    refusal: Mutex<Option<SourceError>>,
}

impl Counting {
    fn next(&self, of: &str) -> Result<SecretString, SourceError> {
        if let Some(refusal) = self.refusal.lock().unwrap().clone() {
            return Err(refusal);
        }
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(format!("{of}{asked}").into())
    }
}

#[async_trait]
impl AssertionSource for Counting {
    async fn assertion(&self) -> Result<SecretString, SourceError> {
        self.next(OUTSIDE)
    }
}

#[async_trait]
impl TokenSource for Counting {
    async fn token(&self, resource: &str) -> Result<AccessToken, SourceError> {
        assert_eq!(resource, "https://graph.microsoft.com");
        Ok(AccessToken {
            token: self.next("source-")?,
            lifetime: Duration::from_secs(3600),
        })
    }
}

fn assertion() -> Credential {
    ClientAssertion::new(application(), Arc::new(Counting::default())).into()
}

fn delegated() -> Credential {
    Delegated::new(application(), REFRESH.into()).into()
}

/// All kinds that go to the token endpoint.
pub(crate) fn at_the_endpoint() -> [Credential; 4] {
    [credential().into(), certificate(), assertion(), delegated()]
}

fn source() -> (Arc<Counting>, Credential) {
    let counting = Arc::new(Counting::default());
    let source: Arc<dyn TokenSource> = Arc::<Counting>::clone(&counting);
    (counting, source.into())
}

fn empty() -> Recorded {
    answer(200, json!({"value": []}))
}

fn expired() -> Recorded {
    answer(
        401,
        json!({"error": {"code": "InvalidAuthenticationToken"}}),
    )
}

async fn list(world: &World) -> Result<(), Error> {
    world.client.send(&ListDevices::all()).await.map(drop)
}

/// The parts of a JWT, its signature verified by another implementation than the one that made it.
fn verified(jwt: &str) -> (Value, Value) {
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, RSA.key.public_key_raw());
    key.verify(signed.as_bytes(), &signature).unwrap();
    let part = |part: &str| {
        let json = BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
        serde_json::from_slice(&json).unwrap()
    };
    let (header, claims) = signed.split_once('.').unwrap();
    (part(header), part(claims))
}

#[tokio::test]
async fn a_certificate_signs_an_assertion_for_the_services_time() {
    // The service is 1,000 seconds ahead, and says so in its first answer.
    let date = [("date", "Tue, 14 Nov 2023 22:30:00 GMT")];
    let busy = raw(503, &date, b"");
    let world = World::of(certificate(), [Ok(busy), token("A"), empty()]);
    list(&world).await.unwrap_err();
    list(&world).await.unwrap();
    let seen = world.seen.lock().unwrap();
    let form = |seen: &Seen, name: &str| seen.field(name).unwrap();
    let endpoint = "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token";
    for (seen, now, id) in [
        (&seen[0], 1_700_000_000, "name-0"),
        (&seen[1], 1_700_001_000, "name-2"),
    ] {
        assert_eq!(seen.line, format!("POST {endpoint}"));
        assert_eq!(form(seen, "grant_type"), "client_credentials");
        assert_eq!(form(seen, "client_id"), "client-1");
        assert_eq!(form(seen, "scope"), "https://graph.microsoft.com/.default");
        assert_eq!(
            form(seen, "client_assertion_type"),
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        assert_eq!(seen.field("client_secret"), None);
        let (header, claims) = verified(&form(seen, "client_assertion"));
        let sha256 = ring::digest::digest(&ring::digest::SHA256, RSA.certificate.der());
        let thumbprint = BASE64URL_NOPAD.encode(sha256.as_ref());
        let expected = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint});
        assert_eq!(header, expected);
        let expected = json!({"aud": endpoint, "iss": "client-1", "sub": "client-1", "jti": id,
            "iat": now, "nbf": now, "exp": now + 600});
        assert_eq!(claims, expected);
    }
}

#[tokio::test]
async fn an_assertion_from_outside_is_asked_for_in_each_sign_in() {
    let world = World::of(assertion(), [token("A"), empty(), token("B"), empty()]);
    list(&world).await.unwrap();
    world.clock.advance(3599);
    list(&world).await.unwrap();
    let seen = world.seen.lock().unwrap();
    let given = |seen: &Seen| seen.field("client_assertion").unwrap();
    assert_eq!(given(&seen[0]), format!("{OUTSIDE}0"));
    assert_eq!(given(&seen[2]), format!("{OUTSIDE}1"));
    assert_eq!(seen[0].field("grant_type").unwrap(), "client_credentials");
}

#[tokio::test]
async fn a_refresh_token_is_replaced_by_a_newer_one() {
    let rotated = |refresh: Value| {
        let body = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "A",
            "refresh_token": refresh});
        answer(200, body)
    };
    let answers = [
        rotated(json!("two")),
        empty(),
        rotated(Value::Null),
        empty(),
    ];
    let world = World::of(
        delegated(),
        answers.into_iter().chain([token("C"), empty()]),
    );
    for _ in 0..3 {
        list(&world).await.unwrap();
        world.clock.advance(3599);
    }
    let seen = world.seen.lock().unwrap();
    assert_eq!(
        seen[0].body,
        "grant_type=refresh_token&client_id=client-1\
         &scope=https%3A%2F%2Fgraph.microsoft.com%2FPolicy.ReadWrite.AuthenticationMethod%20\
         https%3A%2F%2Fgraph.microsoft.com%2FUserAuthenticationMethod.ReadWrite.All%20\
         https%3A%2F%2Fgraph.microsoft.com%2FUser.Read.All%20offline_access\
         &refresh_token=0.refresh-token-one"
    );
    for later in [&seen[2], &seen[4]] {
        assert_eq!(later.field("refresh_token").unwrap(), "two");
    }
}

#[tokio::test]
async fn a_source_gives_tokens_and_keeps_its_own_words() {
    let (counting, credential) = source();
    let world = World::of(credential, [empty(), empty(), empty()]);
    list(&world).await.unwrap();
    list(&world).await.unwrap();
    world.clock.advance(3300);
    list(&world).await.unwrap();
    let bearers: Vec<String> = (world.seen.lock().unwrap().iter())
        .map(|seen| seen.header("authorization").to_owned())
        .collect();
    assert_eq!(
        bearers,
        ["Bearer source-0", "Bearer source-0", "Bearer source-1"]
    );

    world.clock.advance(3600);
    let refusal = SourceError::new("az is not signed in", "run az login");
    *counting.refusal.lock().unwrap() = Some(refusal.clone());
    let error = list(&world).await.unwrap_err();
    assert_eq!(error.to_string(), "sign in: az is not signed in");
    assert_eq!(error.next_step(), "run az login");
    assert!(error.is_sign_in() && error.retry() == Retry::Never);
    let after = Some(Duration::from_secs(3));
    *counting.refusal.lock().unwrap() = Some(refusal.passing(after));
    let error = list(&world).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Safe { after });
    assert!(!error.is_sign_in());
}

#[tokio::test]
async fn after_a_401_in_mid_run_every_kind_signs_in_once_more_and_a_revoked_one_ends() {
    for credential in at_the_endpoint() {
        let kind = credential.kind();
        let refused = answer(
            401,
            json!({"error": "invalid_client", "error_codes": [7_000_222]}),
        );
        let answers = [
            token("A"),
            empty(),
            expired(),
            token("B"),
            empty(),
            expired(),
            refused,
        ];
        let world = World::of(credential, answers);
        list(&world).await.unwrap();
        let error = list(&world).await.unwrap_err();
        assert_eq!(error.retry(), Retry::Safe { after: None }, "{kind:?}");
        list(&world).await.unwrap();
        list(&world).await.unwrap_err();
        let error = list(&world).await.unwrap_err();
        assert!(error.is_sign_in(), "{kind:?}");
        assert_eq!(error.retry(), Retry::Never, "{kind:?}");
    }
    let (_, credential) = source();
    let world = World::of(credential, [empty(), expired(), empty()]);
    list(&world).await.unwrap();
    assert_ne!(list(&world).await.unwrap_err().retry(), Retry::Never);
    list(&world).await.unwrap();
    assert_eq!(
        world.seen.lock().unwrap()[2].header("authorization"),
        "Bearer source-1"
    );
}

#[tokio::test]
async fn an_assertion_for_a_wrong_clock_is_tried_once_more_when_the_right_time_is_known() {
    let late = |date: &[(&'static str, &str)]| {
        let body = json!({"error": "invalid_client", "error_codes": [700_024]});
        Ok(raw(401, date, body.to_string().as_bytes()))
    };
    let date = [("date", "Tue, 14 Nov 2023 22:30:00 GMT")];
    let world = World::of(certificate(), [late(&date), late(&date)]);
    let error = list(&world).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Safe { after: None });
    assert!(!error.is_sign_in());
    // It was for the service's time now: another one would be refused, too.
    let error = list(&world).await.unwrap_err();
    assert!(error.is_sign_in() && error.retry() == Retry::Never);
    assert!(error.next_step().contains("clock"));
    // Nothing was learned from a refusal without a date.
    let world = World::of(certificate(), [late(&[])]);
    assert_eq!(list(&world).await.unwrap_err().retry(), Retry::Never);
    // What came from outside is not signed anew here.
    let world = World::of(assertion(), [late(&date)]);
    let error = list(&world).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Never);
    assert!(error.next_step().contains("AZURE_FEDERATED_TOKEN_FILE"));
}

#[tokio::test]
async fn a_refusal_names_what_is_to_be_mended_for_the_kind() {
    let body = json!({"error": "invalid_client", "error_codes": [700_027]});
    for (credential, hint) in at_the_endpoint().into_iter().zip([
        "AZURE_CLIENT_SECRET",
        "AZURE_CLIENT_CERTIFICATE_PATH",
        "AZURE_FEDERATED_TOKEN_FILE",
        "public client flows",
    ]) {
        let world = World::of(credential, [answer(401, body.clone())]);
        let step = list(&world).await.unwrap_err().next_step();
        assert!(step.contains(hint), "{step}");
    }
}

#[tokio::test]
async fn what_was_sent_is_never_shown() {
    for credential in at_the_endpoint() {
        let shown = format!("{credential:?}");
        let world = World::of(credential, [answer(400, json!({"error": "x"}))]);
        list(&world).await.unwrap_err();
        let names = ["client_secret", "client_assertion", "refresh_token"];
        let sent = world.seen.lock().unwrap();
        let secret = names.iter().find_map(|name| sent[0].field(name)).unwrap();
        assert!(!shown.contains(&secret), "{shown}");
        assert!(!format!("{:?}", world.client).contains(&secret));
    }
    // A service that sends back what it got.
    for (credential, secret) in [(delegated(), REFRESH), (assertion(), OUTSIDE)] {
        let echo = json!({"error": format!("{secret}0"), "error_description":
            format!("AADSTS50000: {secret} and {secret}0")});
        let world = World::of(credential, [answer(400, echo)]);
        let error = list(&world).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains("[redacted]"), "{text}");
        assert!(
            !text.contains(&format!("{secret}0")) || secret == REFRESH,
            "{text}"
        );
        assert!(!text.contains(" 0.refresh-token-one"), "{text}");
    }
}

#[tokio::test]
async fn claims_are_read_from_the_token_at_hand() {
    let payload = BASE64URL_NOPAD.encode(br#"{"roles":["User.Read.All"],"tid":"t"}"#);
    let jwt = format!("e30.{payload}.");
    let world = World::new([token(&jwt), empty()]);
    assert_eq!(world.client.token_claims().await, None);
    list(&world).await.unwrap();
    let claims = world.client.token_claims().await.unwrap();
    assert!(claims.has("User.Read.All"));
    let world = World::signed_in([empty()]);
    list(&world).await.unwrap();
    assert_eq!(world.client.token_claims().await, None);
    // To know them, no operation is needed.
    let world = World::new([token(&jwt), empty()]);
    world.client.sign_in().await.unwrap();
    let claims = world.client.token_claims().await.unwrap();
    assert_eq!(claims.tenant_id.as_deref(), Some("t"));
    list(&world).await.unwrap();
    assert_eq!(world.lines().len(), 2, "one sign-in");
}
