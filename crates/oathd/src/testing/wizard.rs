//! Somebody who imports a file, page by page, and looks that no page holds a seed.

use std::sync::Mutex;
use std::time::Duration;

use data_encoding::{BASE32, BASE64, HEXLOWER};
use http::StatusCode;
use provisioner::{Report, RunId};

use super::{Answer, Client, Rehearsal};
use crate::jobs::Status;

pub(crate) struct Wizard {
    pub(crate) rehearsal: Rehearsal,
    pub(crate) client: Client,
    /// All that was shown.
    shown: Mutex<String>,
}

impl Wizard {
    pub(crate) async fn new(rehearsal: Rehearsal) -> Self {
        let client = Client::new(&rehearsal).await;
        Self {
            rehearsal,
            client,
            shown: Mutex::default(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        let answer = self.client.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        self.see(answer).body
    }

    pub(crate) fn see(&self, answer: Answer) -> Answer {
        self.shown.lock().unwrap().push_str(&answer.body);
        answer
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.see(self.client.post(path, fields).await)
    }

    /// Sends a form that leads somewhere, and gives where.
    pub(crate) async fn go(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.location
    }

    /// Sends a file, and gives the address of its draft.
    pub(crate) async fn import(&self, name: &str, file: &str) -> String {
        let sent = self.client.upload("/import", &[], name, file).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        assert!(sent.location.starts_with("/drafts/"), "{}", sent.location);
        sent.location
    }

    /// Chooses place and goal, and waits for the plan.
    pub(crate) async fn want(&self, draft: &str, wish: &str) -> String {
        let led = self.go(&format!("{draft}/wish"), &[("wish", wish)]).await;
        assert_eq!(led, draft);
        self.planned(draft).await
    }

    pub(crate) async fn planned(&self, draft: &str) -> String {
        loop {
            let page = self.get(draft).await;
            if !page.contains("are being read…") {
                return page;
            }
            self.rehearsal.clock.sleep(Duration::from_millis(100)).await;
        }
    }

    /// Confirms the plan on this page, and gives the run.
    pub(crate) async fn begin(&self, draft: &str, page: &str) -> RunId {
        let version = field(page, "plan");
        let led = self
            .go(&format!("{draft}/begin"), &[("plan", &version)])
            .await;
        RunId(led.strip_prefix("/runs/").unwrap().to_owned())
    }

    /// Waits until a run has come to its end.
    pub(crate) async fn end(&self, run: &RunId) -> Report {
        let app = &self.rehearsal.app;
        if let Some(job) = app.jobs.find(run) {
            let mut progress = job.part(run).unwrap().board.watch();
            let ended = progress.wait_for(|now| now.status == Status::Ended);
            ended.await.unwrap();
        }
        app.ledger.report(run).await.unwrap().unwrap()
    }

    /// The whole way.
    pub(crate) async fn run(&self, file: &str, wish: &str) -> (RunId, Report) {
        let draft = self.import("seeds.csv", file).await;
        let page = self.want(&draft, wish).await;
        let run = self.begin(&draft, &page).await;
        let report = self.end(&run).await;
        (run, report)
    }

    /// No page so far had this text as it is.
    pub(crate) fn saw_nowhere(&self, text: &str) {
        assert!(!self.shown.lock().unwrap().contains(text));
    }

    /// No page so far had a seed of this file, in whatever form.
    pub(crate) fn saw_no_seed_of(&self, file: &str) {
        let shown = self.shown.lock().unwrap().to_lowercase();
        let secrets = file.lines().filter_map(|line| line.split(',').nth(2));
        let seeds: Vec<Vec<u8>> = secrets
            .filter_map(|secret| BASE32.decode(secret.as_bytes()).ok())
            .filter(|seed| seed.len() > 10)
            .collect();
        assert!(!seeds.is_empty());
        for seed in seeds {
            for form in [
                BASE32.encode(&seed),
                HEXLOWER.encode(&seed),
                BASE64.encode(&seed),
            ] {
                assert!(!shown.contains(&form.to_lowercase()), "{form}");
            }
        }
    }
}

/// The value of a hidden field.
pub(crate) fn field(page: &str, name: &str) -> String {
    let value = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
    let value = value.unwrap_or_else(|| panic!("no {name}: {page}"));
    value.split('"').next().unwrap().to_owned()
}
