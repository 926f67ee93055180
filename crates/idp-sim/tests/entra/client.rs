//! A client by hand: knows nothing but JSON and HTTP.

use std::sync::Arc;
use std::time::Duration;

use idp_http::{Body, Clock, Request, Response, TokioClock, Transport, TransportError};
use idp_sim::{EntraDevice, EntraSwitches, Idp, Person, SignIn, SignInAnswer, Sim, SimConfig};
use oath_core::{Algorithm, Digits, Key, Period, Totp};
use serde_json::{Value, json};

pub(crate) const START: u64 = 1_800_000_000;
pub(crate) const DEVICES: &str = "/beta/directory/authenticationMethodDevices/hardwareOathDevices";
const SEED: &[u8] = b"12345678901234567890";
const SEED_BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

pub(crate) struct Client {
    pub(crate) sim: Sim,
    pub(crate) clock: TokioClock,
    pub(crate) token: String,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Value,
}

impl Client {
    /// Five people and a guest.
    pub(crate) async fn new(change: impl FnOnce(&mut EntraSwitches)) -> Self {
        let mut config = SimConfig::with_people(5);
        config.people.push(Person {
            guest: true,
            ..Person::new("guest@example.com")
        });
        change(&mut config.entra);
        Self::with(config).await
    }

    pub(crate) async fn with(config: SimConfig) -> Self {
        let clock = TokioClock::starting_at(Duration::from_secs(START));
        let sim = Sim::new(config, Arc::new(clock));
        let mut client = Self {
            sim,
            clock,
            token: String::new(),
        };
        let answer = client.sign_in_app(&[]).await;
        client.token = text(&answer.body, "access_token");
        client
    }

    /// Asks for an access token, with some fields of the form changed.
    pub(crate) async fn sign_in_app(&self, changes: &[(&str, &str)]) -> Answer {
        let access = self.sim.entra();
        let scope = format!("{}/.default", access.graph_url);
        let mut fields = std::collections::BTreeMap::from([
            ("tenant", access.tenant_id.as_str()),
            ("grant_type", "client_credentials"),
            ("client_id", &access.client_id),
            ("client_secret", &access.client_secret),
            ("scope", &scope),
        ]);
        fields.extend(changes.iter().copied());
        let tenant = fields.remove("tenant").unwrap();
        let form: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request =
            http::Request::post(format!("{}/{tenant}/oauth2/v2.0/token", access.login_url));
        let response = self.send(
            request
                .body(Body::from(form.join("&").into_bytes()))
                .unwrap(),
        );
        read(response.await.unwrap())
    }

    pub(crate) async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.sim.transport().send(request).await
    }

    pub(crate) fn request(&self, method: &str, path: &str, body: &Value) -> Request {
        let url = match path.starts_with("https://") {
            true => path.to_owned(),
            false => self.sim.entra().graph_url + path,
        };
        let request = http::Request::builder().method(method).uri(url);
        let request = request.header("authorization", format!("Bearer {}", self.token));
        let request = request.header("content-type", "application/json");
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        request.body(Body::from(body)).unwrap()
    }

    pub(crate) async fn try_call(
        &self,
        method: &str,
        path: &str,
        body: Value,
    ) -> Result<Answer, TransportError> {
        self.send(self.request(method, path, &body)).await.map(read)
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        self.try_call(method, path, body).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null).await
    }

    /// The names on a page of users or devices.
    pub(crate) async fn names(&self, path: &str, name: &str) -> Vec<String> {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let items = answer.body["value"].as_array().unwrap();
        items.iter().map(|item| text(item, name)).collect()
    }

    /// Creates a device and gives its id.
    pub(crate) async fn create(&self, serial: &str) -> String {
        let answer = self.call("POST", DEVICES, device(serial)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        text(&answer.body, "id")
    }

    /// Creates a device for a user and gives its id.
    pub(crate) async fn create_for(&self, serial: &str, user: usize) -> String {
        let id = self.create(serial).await;
        let answer = self.assign(&id, user).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        id
    }

    pub(crate) async fn assign(&self, id: &str, user: usize) -> Answer {
        self.call("POST", &methods(user), json!({"device": {"id": id}}))
            .await
    }

    pub(crate) async fn activate(&self, id: &str, user: usize, code: &str) -> Answer {
        let path = format!("{}/{id}/activate", methods(user));
        self.call("POST", &path, json!({"verificationCode": code}))
            .await
    }

    /// The code that a token `ahead` seconds ahead of the service shows now.
    pub(crate) fn code(&self, ahead: i64) -> String {
        code_at(self.clock.unix().as_secs().saturating_add_signed(ahead))
    }

    pub(crate) async fn wait(&self, seconds: u64) {
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }

    pub(crate) fn sign_in(&self, user: usize, code: &str) -> SignInAnswer {
        self.sim.sign_in(&SignIn {
            idp: Idp::Entra,
            user: upn(user),
            serial: None,
            code: code.to_owned(),
            at: None,
        })
    }

    pub(crate) fn truth(&self, serial: &str) -> Option<EntraDevice> {
        let devices = self.sim.state().entra.devices;
        devices.into_iter().find(|device| device.serial == serial)
    }

    pub(crate) fn status(&self, serial: &str) -> String {
        self.truth(serial).unwrap().status
    }

    /// The id of a user.
    pub(crate) async fn user_id(&self, user: usize) -> String {
        let answer = self.get(&format!("/v1.0/users/{}", upn(user))).await;
        text(&answer.body, "id")
    }
}

impl Answer {
    /// Graph's error code.
    pub(crate) fn code(&self) -> String {
        text(&self.body["error"], "code")
    }

    pub(crate) fn refused(&self) -> (u16, String) {
        (self.status, self.code())
    }
}

fn read(response: Response) -> Answer {
    let (head, body) = response.into_parts();
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    }
}

pub(crate) fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

pub(crate) fn upn(user: usize) -> String {
    format!("user{user:04}@example.com")
}

pub(crate) fn methods(user: usize) -> String {
    format!(
        "/beta/users/{}/authentication/hardwareOathMethods",
        upn(user)
    )
}

pub(crate) fn device(serial: &str) -> Value {
    json!({
        "serialNumber": serial, "manufacturer": "Contoso", "model": "M1", "secretKey": SEED_BASE32,
        "timeIntervalInSeconds": 30, "hashFunction": "hmacsha1",
    })
}

/// A device with one property changed.
pub(crate) fn device_with(serial: &str, name: &str, value: Value) -> Value {
    let mut device = device(serial);
    device[name] = value;
    device
}

pub(crate) fn code_at(unix: u64) -> String {
    let totp = Totp::new(Digits::SIX, Period::THIRTY);
    totp.generate(&Key::new(Algorithm::Sha1, SEED), unix)
        .as_str()
        .to_owned()
}
