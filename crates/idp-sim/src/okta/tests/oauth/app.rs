//! A client of the service app that can be told to do anything wrong.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING as P256, EcdsaKeyPair, KeyPair as _};
use data_encoding::BASE64URL_NOPAD;

use super::super::*;
use crate::act::{Act, Subject};

pub(super) const TOKEN_URL: &str = "https://org.test/oauth2/v1/token";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn base64(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

pub(super) fn jwt(header: &Value, claims: &Value, key: &EcdsaKeyPair) -> String {
    let part = |part: &Value| base64(part.to_string().as_bytes());
    let text = format!("{}.{}", part(header), part(claims));
    let signature = key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
    format!("{text}.{}", base64(signature.as_ref()))
}

/// A client of the service app that can be told to do anything wrong.
pub(super) struct App {
    pub(super) org: Org,
    pub(super) key: EcdsaKeyPair,
    pub(super) proof_key: EcdsaKeyPair,
    pub(super) id: String,
    pub(super) names: u32,
    pub(super) nonce: Option<String>,
}

impl App {
    pub(super) fn new(switches: &[(&str, &str)]) -> Self {
        let org = Org::new(switches);
        let access = org.okta.access();
        let jwk: Value = serde_json::from_str(&access.private_key).unwrap();
        let part = |name: &str| {
            let text = jwk[name].as_str().unwrap();
            BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()
        };
        let point = [vec![4], part("x"), part("y")].concat();
        let key = EcdsaKeyPair::from_private_key_and_public_key(&P256, &part("d"), &point);
        Self {
            org,
            key: key.unwrap(),
            proof_key: EcdsaKeyPair::generate(&P256).unwrap(),
            id: access.client_id,
            names: 0,
            nonce: None,
        }
    }

    pub(super) fn name(&mut self) -> String {
        self.names += 1;
        format!("name-{}", self.names)
    }

    pub(super) fn claims(&mut self) -> Value {
        let now = self.org.now;
        json!({"iss": self.id, "sub": self.id, "aud": TOKEN_URL, "iat": now, "exp": now + 300,
            "jti": self.name()})
    }

    pub(super) fn jwk(&self) -> Value {
        let point = self.proof_key.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "x": base64(&point[1..33]), "y": base64(&point[33..])})
    }

    pub(super) fn proof_claims(&mut self, method: &str, url: &str, token: Option<&str>) -> Value {
        let mut claims =
            json!({"htm": method, "htu": url, "iat": self.org.now, "jti": self.name()});
        if let Some(token) = token {
            claims["ath"] = json!(base64(digest(&SHA256, token.as_bytes()).as_ref()));
        }
        if let Some(nonce) = &self.nonce {
            claims["nonce"] = json!(nonce);
        }
        claims
    }

    pub(super) fn proof(&self, claims: &Value) -> String {
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()});
        jwt(&header, claims, &self.proof_key)
    }

    pub(super) fn assertion(&self, claims: &Value) -> String {
        jwt(
            &json!({"alg": "ES256", "kid": "sim-key-1"}),
            claims,
            &self.key,
        )
    }

    pub(super) fn post(&mut self, assertion: &str, proof: Option<&str>, scope: &str) -> Answer {
        let form = format!(
            "grant_type=client_credentials&scope={}&client_assertion_type={ASSERTION}&client_assertion={assertion}",
            scope.replace(' ', "%20")
        );
        let mut request = http::Request::post(TOKEN_URL)
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        self.org.exchange(&request.body(form.into_bytes()).unwrap())
    }

    /// Signs in with these changes to assertion and proof.
    pub(super) fn try_with(&mut self, assertion: &Value, proof: &Value) -> Answer {
        let (mut claims, mut proofs) = (self.claims(), self.proof_claims("POST", TOKEN_URL, None));
        merge(&mut claims, assertion);
        merge(&mut proofs, proof);
        let (assertion, proof) = (self.assertion(&claims), self.proof(&proofs));
        self.post(&assertion, Some(&proof), "okta.users.manage")
    }

    pub(super) fn sign_in(&mut self, scope: &str) -> Answer {
        for _ in 0..2 {
            let (claims, proof) = (self.claims(), self.proof_claims("POST", TOKEN_URL, None));
            let (assertion, proof) = (self.assertion(&claims), self.proof(&proof));
            let answer = self.post(&assertion, Some(&proof), scope);
            if answer.body["error"] != "use_dpop_nonce" {
                return answer;
            }
            self.nonce = Some(answer.header("dpop-nonce").to_owned());
        }
        panic!("the nonce is not taken");
    }

    pub(super) fn token(&mut self, scope: &str) -> String {
        let answer = self.sign_in(scope);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["access_token"].as_str().unwrap().to_owned()
    }

    pub(super) fn call(
        &mut self,
        scheme: &str,
        token: &str,
        method: &str,
        path: &str,
        proof: &Value,
    ) -> Answer {
        let url = format!("https://org.test{path}");
        let mut claims = self.proof_claims(method, url.split('?').next().unwrap(), Some(token));
        merge(&mut claims, proof);
        let request = http::Request::builder()
            .method(method)
            .uri(url)
            .header("authorization", format!("{scheme} {token}"))
            .header("dpop", self.proof(&claims));
        self.org.exchange(&request.body(Vec::new()).unwrap())
    }

    pub(super) fn get(&mut self, token: &str) -> Answer {
        self.call("DPoP", token, "GET", "/api/v1/users?limit=1", &json!({}))
    }

    pub(super) fn act(&mut self, act: &Act) {
        let now = Duration::from_secs(self.org.now);
        self.org.okta.act(act, &Subject::default(), now).unwrap();
    }
}

/// Puts members in, and takes out those that are null.
fn merge(claims: &mut Value, changes: &Value) {
    let claims = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.remove(name)),
            value => drop(claims.insert(name.clone(), value.clone())),
        }
    }
}
