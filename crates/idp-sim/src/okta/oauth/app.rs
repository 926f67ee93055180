//! The service app: its keys, and who it is.

use std::collections::BTreeSet;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::jws::text;
use crate::okta::ids::{Kind, id, rng};
use crate::rng::Rng;

/// The name of the key that the app has from the beginning.
const KEY_NAME: &str = "sim-key-1";

#[derive(Debug)]
pub(super) struct App {
    pub(super) client_id: String,
    pub(super) active: bool,
    /// The first key as a JSON Web Key, with its private part.
    pub(super) private_key: String,
    /// Public keys.
    pub(super) keys: Vec<Value>,
    /// The names of assertions that were used.
    pub(super) used: BTreeSet<String>,
}

impl App {
    pub(super) fn new(seed: u64) -> Self {
        let (private, public) = key_pair(&mut rng(seed, Kind::App, 1));
        Self {
            client_id: id(seed, Kind::App, 0, "0oa"),
            active: true,
            private_key: private.to_string(),
            keys: vec![public],
            used: BTreeSet::new(),
        }
    }

    /// Registers a public key, given as a JSON Web Key.
    pub(super) fn register(&mut self, key: &str) -> Result<(), String> {
        let key: Value = serde_json::from_str(key).map_err(|_| "the key is not JSON")?;
        if super::jws::thumbprint(&key).is_none() {
            return Err("the key is no JSON Web Key of RSA or of an elliptic curve".to_owned());
        }
        if key.get("d").is_some() {
            return Err("the key is private: register its public part".to_owned());
        }
        let name = text(&key, "kid");
        if !name.is_empty() && self.keys.iter().any(|known| text(known, "kid") == name) {
            return Err("the app has a key of this name".to_owned());
        }
        self.keys.push(key);
        Ok(())
    }
}

/// A key of the curve P-256 with its private part, and without it.
fn key_pair(rng: &mut Rng) -> (Value, Value) {
    loop {
        let number: Vec<u8> = (0..4).flat_map(|_| rng.next().to_be_bytes()).collect();
        let point = PrivateKey::from_private_key(&ECDH_P256, &number)
            .ok()
            .and_then(|key| key.compute_public_key().ok());
        let halves = point.as_ref().and_then(|point| point.as_ref().get(1..65));
        // Hardly any number makes no key; the next one does.
        let Some((x, y)) = halves.map(|halves| halves.split_at(32)) else {
            continue;
        };
        let base64 = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        let mut key = json!({"kty": "EC", "crv": "P-256", "kid": KEY_NAME, "alg": "ES256",
            "use": "sig", "x": base64(x), "y": base64(y)});
        let public = key.clone();
        if let Some(key) = key.as_object_mut() {
            key.insert("d".to_owned(), Value::String(base64(&number)));
        }
        return (key, public);
    }
}
