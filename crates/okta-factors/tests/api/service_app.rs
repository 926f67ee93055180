//! A service app at a recorded org, and what it was asked.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use idp_http::{Request, Response, TokioClock, Transport, TransportError};
use okta_factors::{OktaClient, PrivateKey, ProofKey, ServiceApp, org_url};
use ring::signature::{self, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::keys::{P256, curve_jwk};
use crate::org::{NOW, answer, text};

pub(crate) const CLIENT_ID: &str = "0oa1gjh63g214q0Hq0g4";
pub(crate) const ACCESS_TOKEN: &str = "eyJ-ACCESS-kept-secret";
pub(crate) const TOKEN_URL: &str = "https://acme.okta.com/oauth2/v1/token";

/// An app whose names are counted.
pub(crate) fn app(key: PrivateKey) -> ServiceApp {
    let count = AtomicU32::new(0);
    let names = move || format!("name-{}", count.fetch_add(1, Ordering::Relaxed));
    let proof_key = ProofKey::from_random(&[7; 32]).unwrap();
    ServiceApp::new(CLIENT_ID, key, proof_key, Arc::new(names))
}

pub(crate) fn key() -> PrivateKey {
    let jwk = curve_jwk(&P256, "P-256").to_string();
    PrivateKey::parse(&jwk).unwrap().named("kid-1")
}

pub(crate) fn client(transport: impl Transport + 'static) -> OktaClient {
    client_of(app(key()), transport)
}

fn client_of(app: ServiceApp, transport: impl Transport + 'static) -> OktaClient {
    let clock = TokioClock::starting_at(Duration::from_secs(NOW));
    let org = org_url("https://acme.okta.com").unwrap();
    OktaClient::new(Arc::new(transport), Arc::new(clock), app, org)
}

/// Keeps what it is given, and answers when everybody else has had a turn.
#[derive(Default)]
struct Recorder {
    seen: Mutex<Vec<Request>>,
    left: Mutex<VecDeque<Response>>,
}

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.seen.lock().unwrap().push(request);
        tokio::task::yield_now().await;
        let answer = self.left.lock().unwrap().pop_front();
        Ok(answer.expect("one request more than there are answers"))
    }
}

/// A client with the answers that it will get, and what it sent for them.
pub(crate) struct World {
    pub(crate) client: OktaClient,
    recorder: Arc<Recorder>,
}

impl World {
    pub(crate) fn new(answers: impl IntoIterator<Item = Response>) -> Self {
        Self::of(app(key()), answers)
    }

    pub(crate) fn of(app: ServiceApp, answers: impl IntoIterator<Item = Response>) -> Self {
        let recorder = Arc::new(Recorder {
            left: Mutex::new(answers.into_iter().collect()),
            ..Recorder::default()
        });
        let client = client_of(app, Arc::clone(&recorder));
        Self { client, recorder }
    }

    /// What was sent, once.
    pub(crate) fn seen(&self) -> Vec<Request> {
        std::mem::take(&mut self.recorder.seen.lock().unwrap())
    }
}

pub(crate) fn token_of(kind: &str) -> Response {
    let body = json!({"token_type": kind, "expires_in": 3600, "access_token": ACCESS_TOKEN,
        "scope": "okta.users.manage okta.authenticators.read"});
    answer(200, &[], &body.to_string())
}

pub(crate) fn token() -> Response {
    token_of("DPoP")
}

pub(crate) fn refusal(status: u16, error: &str, headers: &[(&str, &str)]) -> Response {
    let body = json!({"error": error, "error_description": format!("Because of {error}.")});
    answer(status, headers, &body.to_string())
}

pub(crate) fn challenge(nonce: &str) -> Response {
    refusal(400, "use_dpop_nonce", &[("dpop-nonce", nonce)])
}

pub(crate) fn done() -> Response {
    answer(200, &[], r#"{"id":"00o1","pipeline":"idx"}"#)
}

/// A JWT whose signature is good.
#[derive(Debug)]
pub(crate) struct Jwt {
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

impl Jwt {
    /// Reads a token and verifies its signature by an independent library.
    pub(crate) fn read(token: &str, key: impl FnOnce(&Value) -> Value) -> Self {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let part = |part: &str| -> Value {
            serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
        };
        let (header, claims) = (part(header), part(claims));
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        verify(&key(&header), &header, signed.as_bytes(), &signature);
        Self { header, claims }
    }

    pub(crate) fn proof(request: &Request) -> Self {
        let proof = request.headers()["dpop"].to_str().unwrap();
        Self::read(proof, |header| header["jwk"].clone())
    }

    pub(crate) fn assertion(request: &Request, key: &Value) -> Self {
        let fields = form(request);
        let (_, assertion) = fields
            .iter()
            .find(|field| field.0 == "client_assertion")
            .unwrap();
        Self::read(assertion, |_| key.clone())
    }

    pub(crate) fn take(&mut self, claim: &str) -> Value {
        self.claims.as_object_mut().unwrap().remove(claim).unwrap()
    }
}

fn verify(key: &Value, header: &Value, message: &[u8], signature: &[u8]) {
    let number = |name: &str| {
        BASE64URL_NOPAD
            .decode(key[name].as_str().unwrap().as_bytes())
            .unwrap()
    };
    let curve = |algorithm| {
        let point = [vec![4], number("x"), number("y")].concat();
        UnparsedPublicKey::new(algorithm, point).verify(message, signature)
    };
    let verified = match header["alg"].as_str().unwrap() {
        "ES256" => curve(&signature::ECDSA_P256_SHA256_FIXED),
        "ES384" => curve(&signature::ECDSA_P384_SHA384_FIXED),
        "RS256" => {
            let key = signature::RsaPublicKeyComponents {
                n: number("n"),
                e: number("e"),
            };
            key.verify(&signature::RSA_PKCS1_2048_8192_SHA256, message, signature)
        }
        other => panic!("{other}"),
    };
    verified.expect("the signature");
}

/// The fields of a form.
pub(crate) fn form(request: &Request) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let decoded = percent_encoding::percent_decode_str(text)
            .decode_utf8()
            .unwrap();
        decoded.into_owned()
    };
    let pairs = text(request.body())
        .split('&')
        .map(|pair| pair.split_once('=').unwrap());
    pairs
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
