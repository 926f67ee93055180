//! The audit's pages over runs that were really carried out.

use http::StatusCode;
use ledger::RecordFilter;
use provisioner::{FileDigest, Goal, Roster, RunId};
use seedfile::ReadOptions;

use crate::jobs::{Errand, Order};
use crate::places::Idp;
use crate::testing::{Answer, Client, Rehearsal, seed_file};

/// Carries a file out, and waits for its end.
async fn run(rehearsal: &Rehearsal, rows: usize) -> RunId {
    let text = seed_file(rows);
    let file = seedfile::read(text.as_bytes(), &ReadOptions::default()).unwrap();
    let roster = Roster::new(file, FileDigest::of(text.as_bytes()));
    let app = &rehearsal.app;
    let place = app.place(Idp::Entra).await.unwrap();
    let planned = app.plan(&place, &roster, Goal::Assigned).await.unwrap();
    let order = Order {
        idp: Idp::Entra,
        by: "ann".to_owned(),
        errands: vec![Errand {
            plan: planned.plan,
            roster,
        }],
        even_so: false,
        file: None,
    };
    let run = app.jobs.start(order).await.unwrap();
    while app.jobs.find(&run).is_some() {
        rehearsal
            .clock
            .sleep(std::time::Duration::from_secs(1))
            .await;
    }
    run
}

fn count(answer: &Answer, words: &str) -> usize {
    answer.body.matches(words).count()
}

#[tokio::test(start_paused = true)]
async fn a_record_says_who_did_what_for_whom_and_leads_there() {
    let rehearsal = Rehearsal::new().await;
    let run = run(&rehearsal, 2).await;
    let client = Client::new(&rehearsal).await;
    let page = client.get("/audit").await;
    for words in [
        "Run begun: give tokens to users",
        "href=\"/tokens/entra/60234501\"",
        "user0001@example.com",
        "href=\"/users/entra/",
        "ann",
        &format!("href=\"/runs/{}\"", run.0),
        "data-badge=\"done\"",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("data-badge=\"unknown\""));
    let filter = RecordFilter::default();
    let records = rehearsal.app.ledger.records(&filter, 500).await.unwrap();
    assert!(page.body.contains(&records[0].hash));
}

#[tokio::test(start_paused = true)]
async fn the_filter_leaves_what_fits_and_is_in_the_address() {
    let rehearsal = Rehearsal::new().await;
    let first = run(&rehearsal, 3).await;
    let client = Client::new(&rehearsal).await;
    let rows = async |query: &str| {
        let page = client.get(&format!("/audit?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        count(&page, "data-label=\"Record\"")
    };
    let all = rows("").await;
    let one = rows("serial=60234502").await;
    assert!(one > 1 && one < all, "{one} of {all}");
    assert_eq!(rows("user=USER0002%40example.com").await, one);
    assert_eq!(rows(&format!("run={}", first.0)).await, all);
    let short = &first.0[first.0.len() - 8..];
    assert_eq!(rows(&format!("run={short}")).await, all);
    for none in ["another", "nowhere0"] {
        assert_eq!(rows(&format!("run={none}")).await, 0);
    }
    assert_eq!(rows("actor=ann").await, all);
    assert_eq!(rows("actor=bob").await, 0);
    assert_eq!(rows("q=6023*502").await, one);
    assert_eq!(rows("q=%21602345*").await, all - rows("q=602345*").await);
    assert_eq!(rows("since=2027-01-15&until=2027-01-15").await, all);
    assert_eq!(rows("until=2027-01-14").await, 0);
    assert_eq!(rows("since=2027-01-16").await, 0);
    let payload = "%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E";
    for field in ["q", "user", "actor", "run"] {
        let page = client.get(&format!("/audit?{field}={payload}")).await;
        assert!(page.body.contains("No record fits") && !page.body.contains("<img"));
    }
    for query in ["since=yesterday", "serial=%3Cimg%3E", "until=2027-02-30"] {
        let page = client.get(&format!("/audit?{query}")).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert!(!page.body.contains("<img"));
    }
}

#[tokio::test(start_paused = true)]
async fn pages_hold_every_record_once() {
    let rehearsal = Rehearsal::new().await;
    run(&rehearsal, 20).await;
    run(&rehearsal, 20).await;
    let client = Client::new(&rehearsal).await;
    let filter = RecordFilter::default();
    let records = rehearsal.app.ledger.records(&filter, 10_000).await.unwrap();
    assert!(records.len() > 60);
    let (mut address, mut seen) = (Some("/audit".to_owned()), Vec::new());
    while let Some(at) = address {
        let page = client.get(&at).await.body;
        let hashes = page.split("<p class=\"hint mono\">").skip(1);
        seen.extend(hashes.map(|hash| hash[..64].to_owned()));
        let next = page.split("href=\"").find(|rest| {
            rest.starts_with("/audit?") && rest.contains("before=") && rest.contains("Next")
        });
        address = next.map(|next| next.split('"').next().unwrap().replace("&amp;", "&"));
    }
    let wanted: Vec<_> = records.into_iter().map(|record| record.hash).collect();
    assert_eq!(seen, wanted);
}

#[tokio::test(start_paused = true)]
async fn the_chain_is_verified_while_pages_go_on() {
    let rehearsal = Rehearsal::new().await;
    run(&rehearsal, 2).await;
    let client = Client::new(&rehearsal).await;
    let never = client.get("/audit/verify").await.body;
    assert!(never.contains("Nobody has verified"));
    let wrong = client.post("/audit/verify", &[("anchor", "7")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let begun = client.post("/audit/verify", &[("anchor", "")]).await;
    let going_on = client.follow(&begun).await.body;
    assert!(going_on.contains("http-equiv=\"refresh\"") && going_on.contains("is being verified"));
    let ended = verified(&client).await;
    assert!(ended.contains("The audit is whole."), "{ended}");
    let head = rehearsal.app.ledger.audit_head().await.unwrap().unwrap();
    assert!(ended.contains(&head.to_string()) && ended.contains("Anchor to keep"));
    let cut_off = format!("{}:{}", head.seq + 5, "0".repeat(64));
    client.post("/audit/verify", &[("anchor", &cut_off)]).await;
    let ended = verified(&client).await;
    assert!(ended.contains("not whole") && ended.contains("its end was deleted"));
    // What is wrong is not to be taken for right from then on.
    assert!(!ended.contains("Anchor to keep") && !ended.contains("Confirmed by"));
}

async fn verified(client: &Client) -> String {
    for _ in 0..2_000 {
        let page = client.get("/audit/verify").await.body;
        if !page.contains("is being verified") {
            return page;
        }
        tokio::task::yield_now().await;
        std::thread::yield_now();
    }
    panic!("it does not end");
}

#[tokio::test(start_paused = true)]
async fn the_audit_is_exported_in_three_formats() {
    let rehearsal = Rehearsal::new().await;
    let first = run(&rehearsal, 2).await;
    run(&rehearsal, 1).await;
    let client = Client::new(&rehearsal).await;
    let page = client.get("/audit/export").await.body;
    assert!(page.contains("does not count here"));
    for format in ["jsonl", "ecs", "cef"] {
        assert!(page.contains(&format!("/audit/records?format={format}")));
    }
    let filter = RecordFilter::default();
    let records = rehearsal.app.ledger.records(&filter, 10_000).await.unwrap();
    let export = async |query: &str| client.get(&format!("/audit/records?{query}")).await;
    let lines = export("format=jsonl").await;
    assert_eq!(lines.body.lines().count(), records.len());
    let disposition = lines.headers["content-disposition"].to_str().unwrap();
    assert_eq!(disposition, "attachment; filename=\"audit.jsonl\"");
    for line in lines.body.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(record["schema"], "oathkit.audit/1");
    }
    let of_one = export(&format!("format=jsonl&run={}", first.0)).await;
    let wanted = records.iter().filter(|record| record.run == first);
    assert_eq!(of_one.body.lines().count(), wanted.count());
    let ecs = export("format=ecs").await.body;
    assert!(ecs.lines().all(|line| line.contains("\"@timestamp\"")));
    let cef = export("format=cef").await.body;
    assert!(cef.lines().all(|line| line.starts_with("CEF:")));
    assert_eq!(cef.lines().count(), records.len());
    let other = export("format=xml").await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
}
