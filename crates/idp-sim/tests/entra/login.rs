//! Who gets a token: certificates, assertions of others, people, machines.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use data_encoding::BASE64URL_NOPAD;
use idp_http::{Body, Request};
use idp_sim::Act;
use idp_sim::switches::entra::{AccessTokenForm, Browser};
use serde_json::{Value, json};

use crate::client::{Answer, Client, DEVICES, START, text};

pub(crate) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub(crate) static MADE: LazyLock<(rcgen::Certificate, rcgen::KeyPair)> = LazyLock::new(|| {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.not_after = rcgen::date_time_ymd(2028, 1, 1);
    (params.self_signed(&key).unwrap(), key)
});

fn part(part: &Value) -> String {
    BASE64URL_NOPAD.encode(part.to_string().as_bytes())
}

pub(crate) fn sign(how: &'static dyn RsaEncoding, header: &Value, claims: &Value) -> String {
    let key = KeyPair::from_pkcs8(&MADE.1.serialize_der()).unwrap();
    let signed = format!("{}.{}", part(header), part(claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(how, &SystemRandom::new(), signed.as_bytes(), &mut signature)
        .unwrap();
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
}

pub(crate) fn header() -> Value {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, MADE.0.der());
    json!({"alg": "PS256", "typ": "JWT", "x5t#S256": BASE64URL_NOPAD.encode(digest.as_ref())})
}

pub(crate) fn claims(client: &Client, id: &str) -> Value {
    let access = client.sim.entra();
    let audience = format!(
        "{}/{}/oauth2/v2.0/token",
        access.login_url, access.tenant_id
    );
    json!({"aud": audience, "iss": access.client_id, "sub": access.client_id, "jti": id,
        "iat": START, "nbf": START, "exp": START + 600})
}

fn with(mut value: Value, name: &str, new: Value) -> Value {
    value[name] = new;
    value
}

async fn registered() -> Client {
    let client = Client::new(|_| {}).await;
    let certificate = MADE.0.pem();
    let act = Act::RegisterCertificate { certificate };
    client.sim.interfere(&act).unwrap();
    client
}

async fn assert(client: &Client, assertion: &str) -> Answer {
    let kind = ("client_assertion_type", JWT_BEARER);
    let fields = [("client_secret", ""), kind, ("client_assertion", assertion)];
    client.sign_in_app(&fields).await
}

pub(crate) fn number(answer: &Answer) -> u64 {
    answer.body["error_codes"][0].as_u64().unwrap_or(200)
}

#[tokio::test(start_paused = true)]
async fn a_registered_certificates_assertion_gets_a_token() {
    let client = registered().await;
    let digest =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, MADE.0.der());
    let old = json!({"alg": "RS256", "typ": "JWT", "x5t": BASE64URL_NOPAD.encode(digest.as_ref())});
    let new = sign(&RSA_PSS_SHA256, &header(), &claims(&client, "1"));
    let old = sign(&RSA_PKCS1_SHA256, &old, &claims(&client, "2"));
    for assertion in [new, old] {
        assert_eq!(assert(&client, &assertion).await.status, 200);
        // Each is good once.
        assert_eq!(number(&assert(&client, &assertion).await), 50_012);
    }
}

#[tokio::test(start_paused = true)]
async fn an_assertion_is_judged_in_every_part() {
    let client = registered().await;
    let good = || claims(&client, "1");
    let pss = |header: &Value, claims: &Value| sign(&RSA_PSS_SHA256, header, claims);
    let unsigned = format!("{}.{}.", part(&header()), part(&good()));
    for (assertion, refusal) in [
        ("a.b.c".to_owned(), 50_027),
        ("abc".to_owned(), 50_027),
        (unsigned, 700_027),
        (pss(&json!({"alg": "PS256"}), &good()), 70_021),
        (
            pss(&with(header(), "x5t#S256", json!("other")), &good()),
            700_027,
        ),
        (
            pss(&with(header(), "alg", json!("RS256")), &good()),
            700_027,
        ),
        (pss(&with(header(), "alg", json!("none")), &good()), 700_027),
        (sign(&RSA_PKCS1_SHA256, &header(), &good()), 700_027),
        (
            pss(&header(), &with(good(), "aud", json!("https://other"))),
            700_023,
        ),
        (
            pss(&header(), &with(good(), "iss", json!("other"))),
            700_021,
        ),
        (
            pss(&header(), &with(good(), "sub", json!("other"))),
            700_021,
        ),
        (
            pss(&header(), &with(good(), "exp", json!(START - 301))),
            700_024,
        ),
        (
            pss(&header(), &with(good(), "nbf", json!(START + 301))),
            700_024,
        ),
        (pss(&header(), &with(good(), "exp", Value::Null)), 50_027),
        (pss(&header(), &with(good(), "jti", Value::Null)), 50_027),
        (
            pss(&header(), &with(good(), "exp", json!(START - 299))),
            200,
        ),
    ] {
        assert_eq!(number(&assert(&client, &assertion).await), refusal);
    }
    // The certificate ends before this simulated day.
    client.wait(2 * 365 * 86_400).await;
    let late = pss(&header(), &claims(&client, "2"));
    assert_eq!(number(&assert(&client, &late).await), 1_000_502);
    let act = Act::RegisterCertificate {
        certificate: "none".to_owned(),
    };
    assert!(client.sim.interfere(&act).is_err());
}

#[tokio::test(start_paused = true)]
async fn somebody_who_is_trusted_vouches_for_the_application() {
    let client = Client::new(|_| {}).await;
    assert_eq!(number(&assert(&client, "e30.e30.").await), 70_021);
    let assertion = "e30.e30.".to_owned();
    client
        .sim
        .interfere(&Act::TrustAssertion { assertion })
        .unwrap();
    for _ in 0..2 {
        assert_eq!(assert(&client, "e30.e30.").await.status, 200);
    }
}

/// Sends a form to an endpoint of the sign-in service.
pub(crate) async fn post(client: &Client, endpoint: &str, fields: &[(&str, &str)]) -> Answer {
    let access = client.sim.entra();
    let mut form = format!("client_id={}", access.client_id);
    for (name, value) in fields {
        form.push_str(&format!("&{name}={value}"));
    }
    let url = format!(
        "{}/{}/oauth2/v2.0/{endpoint}",
        access.login_url, access.tenant_id
    );
    let request = http::Request::post(url).body(Body::from(form.into_bytes()));
    answer(client, request.unwrap()).await
}

async fn answer(client: &Client, request: Request) -> Answer {
    let (head, body) = client.send(request).await.unwrap().into_parts();
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    }
}

const SCOPE: (&str, &str) = (
    "scope",
    "https://graph.sim.test/User.Read.All%20offline_access",
);

async fn poll(client: &Client, device_code: &str) -> Answer {
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let fields = [("grant_type", grant), ("device_code", device_code)];
    post(client, "token", &fields).await
}

/// A person signs in with a code of another device.
pub(crate) async fn sign_in_person(client: &Client) -> Answer {
    let begun = post(client, "devicecode", &[SCOPE]).await.body;
    let user_code = text(&begun, "user_code");
    client
        .sim
        .interfere(&Act::ConfirmDeviceCode { user_code })
        .unwrap();
    poll(client, &text(&begun, "device_code")).await
}

#[tokio::test(start_paused = true)]
async fn a_device_code_waits_for_its_person() {
    let mut client = Client::new(|_| {}).await;
    let begun = post(&client, "devicecode", &[SCOPE]).await.body;
    assert_eq!(
        (&begun["interval"], &begun["expires_in"]),
        (&json!(5), &json!(900))
    );
    let (code, user_code) = (text(&begun, "device_code"), text(&begun, "user_code"));
    assert!(text(&begun, "message").contains(&user_code));
    assert_eq!(
        poll(&client, &code).await.body["error"],
        "authorization_pending"
    );
    client.wait(4).await;
    assert_eq!(poll(&client, &code).await.body["error"], "slow_down");
    client.wait(5).await;
    client
        .sim
        .interfere(&Act::ConfirmDeviceCode { user_code })
        .unwrap();
    let done = poll(&client, &code).await;
    assert_eq!(done.status, 200);
    assert_eq!(
        poll(&client, &code).await.body["error"],
        "bad_verification_code"
    );
    client.token = text(&done.body, "access_token");
    assert_eq!(client.get(DEVICES).await.status, 200);
    let claims = client.token.split('.').nth(1).unwrap();
    let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert!(text(&claims, "scp").contains("User.Read.All"));

    for (decline, error) in [(true, "authorization_declined"), (false, "expired_token")] {
        let begun = post(&client, "devicecode", &[SCOPE]).await.body;
        let user_code = text(&begun, "user_code");
        match decline {
            true => client
                .sim
                .interfere(&Act::DeclineDeviceCode { user_code })
                .unwrap(),
            false => client.wait(900).await,
        }
        let ended = poll(&client, &text(&begun, "device_code")).await;
        assert_eq!(ended.body["error"], error);
    }
    let user_code = "none".to_owned();
    assert!(
        client
            .sim
            .interfere(&Act::ConfirmDeviceCode { user_code })
            .is_err()
    );
}

async fn refresh(client: &Client, token: &str) -> Answer {
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        SCOPE,
    ];
    post(client, "token", &fields).await
}

/// Goes to the authorization endpoint and follows nothing.
async fn browse(client: &Client, redirect: &str) -> Answer {
    let access = client.sim.entra();
    // RFC 7636 appendix B.
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let url = format!(
        "{}/{}/oauth2/v2.0/authorize?client_id={}&response_type=code&redirect_uri={redirect}\
         &{}={}&state=s%261&code_challenge={challenge}&code_challenge_method=S256",
        access.login_url, access.tenant_id, access.client_id, SCOPE.0, SCOPE.1,
    );
    answer(client, http::Request::get(url).body(Body::empty()).unwrap()).await
}

async fn redeem(client: &Client, code: &str, verifier: &str) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", "http://localhost:1"),
        ("code_verifier", verifier),
        SCOPE,
    ];
    post(client, "token", &fields).await
}

fn code_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 302, "{}", answer.body);
    let location = answer.headers["location"].to_str().unwrap();
    let (code, state) = location
        .strip_prefix("http://localhost:1/?code=")
        .and_then(|rest| rest.split_once('&'))
        .unwrap();
    assert_eq!(state, "state=s%261");
    code.to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_browser_brings_a_code_for_who_knows_its_verifier() {
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let client = Client::new(|_| {}).await;
    let code = code_of(&browse(&client, "http://localhost:1").await);
    assert_eq!(number(&redeem(&client, &code, "other").await), 501_481);
    let code = code_of(&browse(&client, "http://localhost:1").await);
    let done = redeem(&client, &code, VERIFIER).await;
    assert_eq!(done.status, 200);
    assert_eq!(number(&redeem(&client, &code, VERIFIER).await), 54_005);
    assert_eq!(number(&redeem(&client, "none", VERIFIER).await), 70_000);
    let code = code_of(&browse(&client, "http://localhost:1").await);
    client.wait(600).await;
    assert_eq!(number(&redeem(&client, &code, VERIFIER).await), 70_008);
    assert_eq!(number(&browse(&client, "https://evil.test").await), 50_011);
    assert_eq!(
        number(&browse(&client, "http://localhost.evil.test").await),
        50_011
    );

    // What lasts of it.
    let first = text(&done.body, "refresh_token");
    let second = text(&refresh(&client, &first).await.body, "refresh_token");
    assert_ne!(first, second);
    for token in [&first, &second] {
        assert_eq!(refresh(&client, token).await.status, 200);
    }
    assert_eq!(number(&refresh(&client, "none").await), 70_000);
    client.sim.interfere(&Act::RevokeCredentials).unwrap();
    assert_eq!(number(&refresh(&client, &second).await), 50_173);
    assert_eq!(number(&client.sign_in_app(&[]).await), 7_000_215);
    assert_eq!(client.get(DEVICES).await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn switches_say_what_the_tenant_lets_people_do() {
    let client = Client::new(|switches| {
        switches.public_client = false;
        switches.browser = Browser::Declines;
    })
    .await;
    assert_eq!(
        number(&post(&client, "devicecode", &[SCOPE]).await),
        7_000_218
    );
    let back = browse(&client, "http://localhost:1").await;
    let location = back.headers["location"].to_str().unwrap();
    assert!(location.contains("error=access_denied"), "{location}");
    let client = Client::new(|switches| {
        switches.refresh_once = true;
        switches.sign_in_refusal = None;
        switches.access_token_form = AccessTokenForm::Opaque;
    })
    .await;
    assert!(!client.token.contains('.'));
    let first = text(&sign_in_person(&client).await.body, "refresh_token");
    assert_eq!(refresh(&client, &first).await.status, 200);
    assert_eq!(number(&refresh(&client, &first).await), 70_000);
}

#[tokio::test(start_paused = true)]
async fn every_sign_in_can_be_refused_by_number() {
    for (refusal, status, error) in [
        (53_003, 400, "access_denied"),
        (65_001, 400, "invalid_grant"),
        (50_076, 400, "interaction_required"),
        (7_000_112, 401, "unauthorized_client"),
        (7_000_229, 401, "unauthorized_client"),
        (1, 400, "invalid_request"),
    ] {
        let client = Client::new(|switches| switches.sign_in_refusal = Some(refusal)).await;
        let answer = client.sign_in_app(&[]).await;
        assert_eq!((answer.status, number(&answer)), (status, refusal.into()));
        assert_eq!(answer.body["error"], error);
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_gets_its_token_by_its_header() {
    let client = Client::new(|_| {}).await;
    let access = client.sim.entra();
    let resource = "?api-version=1&resource=https%3A%2F%2Fgraph.sim.test";
    let imds = format!("http://169.254.169.254/metadata/identity/oauth2/token{resource}");
    let service = format!("{}/msi/token{resource}", access.login_url);
    let get = |url: &str, name: &'static str, value: &str| {
        let request = http::Request::get(url).header(name, value);
        answer(&client, request.body(Body::empty()).unwrap())
    };
    let of_machine = get(&imds, "metadata", "true").await;
    assert_eq!(of_machine.body["expires_in"], "3599");
    let of_service = get(&service, "x-identity-header", &access.identity_header).await;
    assert_eq!(of_service.body["expires_on"], (START + 3599).to_string());
    assert_eq!(of_service.body["expires_in"], Value::Null);
    assert_eq!(get(&imds, "x", "y").await.status, 401);
    assert_eq!(
        get(&service, "x-identity-header", "other").await.status,
        401
    );
    let other = imds.replace("graph.sim.test", "other.test");
    assert_eq!(get(&other, "metadata", "true").await.status, 400);
    let client = Client::new(|switches| switches.managed_identity = false).await;
    let request = http::Request::get(&imds).header("metadata", "true");
    let none = answer(&client, request.body(Body::empty()).unwrap()).await;
    assert_eq!(none.status, 400);
}
