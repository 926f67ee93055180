//! The API over simulated services. Every answer is compared with what the description says of it.

mod asked;
mod described;
mod imports;
mod looked_at;
mod one_token;
mod refused;
mod runs;
mod services;

use std::time::Duration;

use http::Method;
use oath_core::{Algorithm, Digits, Key, Period, Totp};
use provisioner::RunId;
use serde_json::{Value, json};

use self::described::check;
use crate::door::Role;
use crate::testing::{Client, Rehearsal, Said, Script, seed_file};

/// A server, and whoever calls it.
struct Bench {
    rehearsal: Rehearsal,
    client: Client,
    script: Script,
}

impl Bench {
    async fn new(role: Role) -> Self {
        Self::over(Rehearsal::new().await, role).await
    }

    async fn over(rehearsal: Rehearsal, role: Role) -> Self {
        let client = Client::new(&rehearsal).await;
        let script = client.script(&rehearsal, role);
        Self {
            rehearsal,
            client,
            script,
        }
    }

    async fn get(&self, path: &str) -> Said {
        let said = self.script.get(path).await;
        check(&Method::GET, path, &said);
        said
    }

    async fn post(&self, path: &str, body: &Value) -> Said {
        self.json(Method::POST, path, body).await
    }

    async fn json(&self, method: Method, path: &str, body: &Value) -> Said {
        let said = self.script.json(method.clone(), path, body).await;
        check(&method, path, &said);
        said
    }

    async fn file(&self, method: Method, path: &str, file: &str) -> Said {
        let kind = "application/octet-stream";
        let said = self
            .script
            .send(method.clone(), path, kind, file.to_owned());
        let said = said.await;
        check(&method, path, &said);
        said
    }

    /// Until the run of this answer has come to its end; its report.
    async fn ended(&self, started: &Said) -> Value {
        assert_eq!(started.status, 202, "{}", started.text);
        let started = started.json();
        let run = RunId(started["run"].as_str().unwrap().to_owned());
        if let Some(job) = self.rehearsal.app.jobs.find(&run) {
            let mut progress = job.parts.last().unwrap().board.watch();
            let end = progress.wait_for(|now| now.status == crate::jobs::Status::Ended);
            end.await.unwrap();
        }
        let url = started["url"].as_str().unwrap();
        assert_eq!(self.get(url).await.json()["status"], "ended");
        self.get(&format!("{url}/report")).await.json()
    }

    /// Imports so many tokens; those of the first users, who do not have them yet.
    async fn stocked(role: Role, rows: usize) -> Self {
        Self::stocked_over(Rehearsal::new().await, role, rows).await
    }

    async fn stocked_over(rehearsal: Rehearsal, role: Role, rows: usize) -> Self {
        let bench = Self::over(rehearsal, Role::Admin).await;
        let sent = bench
            .file(
                Method::POST,
                "/api/v1/drafts?to=entra&until=import",
                &seed_file(rows),
            )
            .await;
        bench.planned(sent.header("location")).await;
        let begin = format!("{}/begin", sent.header("location"));
        bench.ended(&bench.post(&begin, &Value::Null).await).await;
        let script = match role {
            Role::Admin => bench.script.clone(),
            role => bench.client.script(&bench.rehearsal, role),
        };
        Self { script, ..bench }
    }

    /// The plan of a draft.
    async fn planned(&self, draft: &str) -> Value {
        let path = format!("{draft}/plan");
        assert_eq!(self.post(&path, &Value::Null).await.status, 202);
        loop {
            let plan = self.get(&path).await;
            if plan.status != 503 {
                assert_eq!(plan.status, 200, "{}", plan.text);
                return plan.json();
            }
            assert_eq!(
                (plan.code().as_str(), plan.header("retry-after")),
                ("planning", "2")
            );
            self.rehearsal.clock.sleep(Duration::from_millis(100)).await;
        }
    }

    /// The code that the token of this row shows now.
    fn code(&self, row: u8) -> String {
        self.code_in(row, 0)
    }

    /// The code that it shows so many time steps later.
    fn code_in(&self, row: u8, steps: u64) -> String {
        let key = Key::new(Algorithm::Sha1, &[row; 20]);
        let now = self.rehearsal.clock.unix().as_secs();
        let totp = Totp::new(Digits::SIX, Period::THIRTY);
        totp.at_step(&key, now / 30 + steps).as_str().to_owned()
    }

    /// What the service has of the token of this row: status and holder.
    fn truth(&self, row: usize) -> Option<(String, Option<String>)> {
        let serial = serial(row);
        let devices = self.rehearsal.sim.state().entra.devices;
        let mut devices = devices.into_iter();
        let device = devices.find(|device| device.serial == serial)?;
        Some((device.status.to_owned(), device.assigned_to))
    }
}

fn serial(row: usize) -> String {
    (60_234_500 + row).to_string()
}

fn seed(row: u8) -> String {
    data_encoding::BASE32.encode(&[row; 20])
}
