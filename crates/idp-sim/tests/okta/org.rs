//! A client by hand: knows nothing but JSON and HTTP.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use idp_http::{Body, TokioClock, Transport, TransportError};
use idp_sim::{Faults, OktaFactor, Rule, Sim, SimConfig};
use serde_json::{Value, json};

pub(crate) const START: u64 = 1_800_000_000;
pub(crate) const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

#[derive(Clone)]
pub(crate) struct Org {
    pub(crate) sim: Sim,
    pub(crate) clock: TokioClock,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

impl Org {
    /// Five people, and switches of Okta by name.
    pub(crate) fn new(switches: &[(&str, &str)]) -> Self {
        let mut config = SimConfig::with_people(5);
        for (name, value) in switches {
            config.okta.set(name, value).unwrap();
        }
        Self::with(config)
    }

    pub(crate) fn with(config: SimConfig) -> Self {
        let clock = TokioClock::starting_at(Duration::from_secs(START));
        let sim = Sim::new(config, Arc::new(clock));
        Self { sim, clock }
    }

    pub(crate) fn faults(&self, rules: Vec<Rule>) {
        self.sim.set_faults(Faults { rules });
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Answer, TransportError> {
        let okta = self.sim.okta();
        let url = match path.starts_with("https://") {
            true => path.to_owned(),
            false => okta.org_url + path,
        };
        let body = match body {
            Value::Null => Vec::new(),
            body => body.to_string().into_bytes(),
        };
        let request = http::Request::builder().method(method).uri(url);
        let request = request.header("authorization", format!("SSWS {}", okta.token));
        let request = request.header("content-type", "application/json");
        let request = request.body(Body::from(body)).unwrap();
        let (head, body) = self.sim.transport().send(request).await?.into_parts();
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &Value::Null).await.unwrap()
    }

    pub(crate) async fn enroll(&self, user: usize) -> Result<Answer, TransportError> {
        let profile = self.sim.okta().profiles[0].id.clone();
        let body = json!({
            "factorType": "token:hotp", "provider": "CUSTOM", "factorProfileId": profile,
            "profile": {"sharedSecret": SECRET},
        });
        let path = format!("{}?activate=true", factors(user));
        self.call("POST", &path, &body).await
    }

    pub(crate) fn truth(&self, user: usize) -> Option<OktaFactor> {
        let factors = self.sim.state().okta.factors;
        factors
            .into_iter()
            .find(|factor| factor.user == login(user))
    }
}

pub(crate) fn login(user: usize) -> String {
    format!("user{user:04}@example.com")
}

pub(crate) fn factors(user: usize) -> String {
    format!("/api/v1/users/{}/factors", login(user))
}
