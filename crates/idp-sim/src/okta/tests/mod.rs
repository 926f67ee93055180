//! Rules of the organisation, one by one.

mod enroll;
mod enrollments;
mod factors;
mod lists;
mod oauth;
mod service;
mod verify;

use std::time::Duration;

use http::HeaderMap;
use oath_core::{Algorithm, Code, Digits, Key, Period, Totp};
use serde_json::{Value, json};

use super::{Okta, OktaSwitches};
use crate::Person;
use crate::service::Service;

const NOW: u64 = 1_800_000_000;
const SECRET: &[u8] = b"12345678901234567890";
const BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// An organisation and a client that holds its token.
struct Org {
    okta: Okta,
    authorization: String,
    now: u64,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn code(&self) -> (u16, &str) {
        (
            self.status,
            self.body["errorCode"].as_str().unwrap_or("none"),
        )
    }

    fn cause(&self) -> &str {
        self.body["errorCauses"][0]["errorSummary"]
            .as_str()
            .unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

impl Org {
    /// Ann, Bob and Carl, who has left.
    fn new(switches: &[(&str, &str)]) -> Self {
        let carl = Person {
            enabled: false,
            ..Person::new("carl@a.test")
        };
        Self::of(
            &[Person::new("Ann@a.test"), Person::new("bob@a.test"), carl],
            switches,
        )
    }

    fn of(people: &[Person], switches: &[(&str, &str)]) -> Self {
        let mut set = OktaSwitches::default();
        for (name, value) in switches {
            set.set(name, value).unwrap();
        }
        let okta = Okta::new(people, set, 7);
        let authorization = format!("SSWS {}", okta.access().token);
        Self {
            okta,
            authorization,
            now: NOW,
        }
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("https://org.test{path}"))
            .header("authorization", &self.authorization);
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        self.exchange(&request.body(body.as_bytes().to_vec()).unwrap())
    }

    fn exchange(&mut self, request: &http::Request<Vec<u8>>) -> Answer {
        let response = self.okta.handle(request, Duration::from_secs(self.now));
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        }
    }

    fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "")
    }

    fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &body.to_string())
    }

    fn profile(&self, index: usize) -> String {
        self.okta.profiles[index].id.clone()
    }

    /// What enrols the token with [`SECRET`] by the first profile.
    fn enrollment(&self) -> Value {
        json!({
            "factorType": "token:hotp", "provider": "CUSTOM",
            "factorProfileId": self.profile(0), "profile": {"sharedSecret": BASE32},
        })
    }

    fn enroll_with(&mut self, user: &str, change: impl FnOnce(&mut Value)) -> Answer {
        let mut body = self.enrollment();
        change(&mut body);
        self.post(
            &format!("/api/v1/users/{user}/factors?activate=true"),
            &body,
        )
    }

    /// The id of the factor.
    fn enroll(&mut self, user: &str) -> String {
        let answer = self.enroll_with(user, |_| {});
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["id"].as_str().unwrap().to_owned()
    }

    fn verify(&mut self, user: &str, factor: &str, code: &str) -> Answer {
        let path = format!("/api/v1/users/{user}/factors/{factor}/verify");
        self.post(&path, &json!({"passCode": code}))
    }
}

/// The code of a SHA-1, 6 digits, 30 s token, so many steps off.
fn code(now: u64, steps: i64) -> String {
    let totp = Totp::new(Digits::SIX, Period::THIRTY);
    let step = totp.step(now).checked_add_signed(steps).unwrap();
    let code: Code = totp.at_step(&Key::new(Algorithm::Sha1, SECRET), step);
    code.as_str().to_owned()
}
