//! How long the simulator takes for a call when it holds many tokens.
//!
//! `cargo run --release -p idp-sim --example scale -- 100000`

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "it measures, prints and may panic"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use data_encoding::BASE32_NOPAD;
use idp_http::{Body, TokioClock, Transport};
use idp_sim::{Fault, Rule, Sim, SimConfig};
use oath_core::{Algorithm, Digits, Key, Period, Totp};
use serde_json::{Value, json};

const START: u64 = 1_800_000_000;
const DEVICES: &str =
    "https://graph.sim.test/beta/directory/authenticationMethodDevices/hardwareOathDevices";
const SEED: &[u8] = b"12345678901234567890";

struct Client {
    sim: Sim,
    token: String,
    calls: u32,
}

impl Client {
    async fn call(&mut self, method: &str, url: &str, body: &Value) -> Value {
        self.calls += 1;
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let request = http::Request::builder().method(method).uri(url);
        let request = request.header("authorization", &self.token);
        let request = request.header("content-type", "application/json");
        let mut request = request.body(Body::from(body)).unwrap();
        request
            .extensions_mut()
            .insert(idp_http::ResponseLimit(usize::MAX));
        let response = self.sim.transport().send(request).await.unwrap();
        assert!(response.status().is_success(), "{}", response.status());
        serde_json::from_slice(response.body()).unwrap_or(Value::Null)
    }

    async fn sign_in(&mut self) {
        let access = self.sim.entra();
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={}/.default",
            access.client_id, access.client_secret, access.graph_url
        );
        let url = format!(
            "{}/{}/oauth2/v2.0/token",
            access.login_url, access.tenant_id
        );
        let request = http::Request::post(url).body(Body::from(form.into_bytes()));
        let response = self.sim.transport().send(request.unwrap()).await.unwrap();
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        self.token = format!("Bearer {}", body["access_token"].as_str().unwrap());
    }

    fn report(&mut self, what: &str, since: Instant) {
        let time = since.elapsed();
        let each = time / self.calls.max(1);
        println!(
            "{what:<34} {:>8} calls {:>10.1?} a call {time:>10.1?}",
            self.calls, each
        );
        self.calls = 0;
    }

    async fn list(&mut self) -> Vec<(String, String)> {
        let (mut url, mut devices) = (DEVICES.to_owned(), Vec::new());
        loop {
            let page = self.call("GET", &url, &Value::Null).await;
            let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
            let items = page["value"].as_array().unwrap();
            devices.extend(
                items
                    .iter()
                    .map(|item| (text(item, "id"), text(item, "serialNumber"))),
            );
            match page["@odata.nextLink"].as_str() {
                Some(next) => next.clone_into(&mut url),
                None => return devices,
            }
        }
    }
}

fn device(number: usize) -> Value {
    json!({
        "serialNumber": format!("{number:08}"), "manufacturer": "Contoso", "model": "M1",
        "secretKey": BASE32_NOPAD.encode(SEED), "timeIntervalInSeconds": 30, "hashFunction": "hmacsha1",
    })
}

fn methods(user: usize) -> String {
    format!(
        "https://graph.sim.test/beta/users/user{:04}@example.com/authentication/hardwareOathMethods",
        user + 1
    )
}

async fn entra(client: &mut Client, count: usize) {
    let since = Instant::now();
    for first in (0..count).step_by(100) {
        let items: Vec<Value> = (first..count.min(first + 100)).map(device).collect();
        client
            .call(
                "PATCH",
                DEVICES,
                &json!({"@context": "#$delta", "value": items}),
            )
            .await;
    }
    client.report("devices.bulk-create of 100", since);

    let since = Instant::now();
    let devices = client.list().await;
    client.report("devices.list of 1000", since);
    assert_eq!(devices.len(), count);

    let since = Instant::now();
    for (number, (id, _)) in devices.iter().enumerate() {
        client
            .call("POST", &methods(number), &json!({"device": {"id": id}}))
            .await;
    }
    client.report("methods.assign", since);

    let totp = Totp::new(Digits::SIX, Period::THIRTY);
    let code = totp.generate(&Key::new(Algorithm::Sha1, SEED), START);
    let body = json!({"verificationCode": code.as_str()});
    let since = Instant::now();
    for (number, (id, _)) in devices.iter().enumerate() {
        client
            .call("POST", &format!("{}/{id}/activate", methods(number)), &body)
            .await;
    }
    client.report("methods.activate", since);

    let since = Instant::now();
    for (number, (id, serial)) in devices.iter().enumerate().step_by(10) {
        client
            .call("GET", &format!("{DEVICES}/{id}"), &Value::Null)
            .await;
        client.call("GET", &methods(number), &Value::Null).await;
        let filter = format!("{DEVICES}?$filter=serialNumber%20eq%20'{serial}'");
        client.call("GET", &filter, &Value::Null).await;
    }
    client.report("reads by id, user and serial", since);
}

async fn okta(client: &mut Client, count: usize) {
    let okta = client.sim.okta();
    client.token = format!("SSWS {}", okta.token);
    let users = |number: usize| {
        format!(
            "{}/api/v1/users/user{:04}@example.com",
            okta.org_url,
            number + 1
        )
    };
    let body = json!({
        "factorType": "token:hotp", "provider": "CUSTOM", "factorProfileId": okta.profiles[0].id,
        "profile": {"sharedSecret": BASE32_NOPAD.encode(SEED)},
    });
    let since = Instant::now();
    for number in 0..count {
        let url = format!("{}/factors?activate=true", users(number));
        client.call("POST", &url, &body).await;
    }
    client.report("factors.enroll", since);

    let since = Instant::now();
    for number in (0..count).step_by(10) {
        client.call("GET", &users(number), &Value::Null).await;
        client
            .call("GET", &format!("{}/factors", users(number)), &Value::Null)
            .await;
        let search = format!(
            "{}/api/v1/users?search=profile.login+eq+%22user{:04}@example.com%22",
            okta.org_url,
            number + 1
        );
        client.call("GET", &search, &Value::Null).await;
    }
    client.report("reads of users and factors", since);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let count = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000);
    for stale in [false, true] {
        println!("{count} tokens, stale reads {stale}");
        let since = Instant::now();
        let clock = TokioClock::starting_at(Duration::from_secs(START));
        let sim = Sim::new(SimConfig::with_people(count), Arc::new(clock));
        let mut client = Client {
            sim,
            token: String::new(),
            calls: 0,
        };
        client.report("a simulator with as many people", since);
        if stale {
            // Never fires, but the services remember.
            let rule = Rule::nth("organization.get", 1, Fault::Stale { ms: 3000 });
            client.sim.set_faults(vec![rule].into());
        }
        client.sign_in().await;
        entra(&mut client, count).await;
        okta(&mut client, count).await;
        let since = Instant::now();
        let truth = client.sim.state();
        client.report("Sim::state", since);
        assert_eq!(
            (truth.entra.devices.len(), truth.okta.factors.len()),
            (count, count)
        );
        assert!(
            truth
                .entra
                .devices
                .iter()
                .all(|device| device.activations == 1)
        );
    }
}
