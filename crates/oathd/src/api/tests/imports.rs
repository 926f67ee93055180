use super::*;

const SEND: &str = "/api/v1/drafts?to=entra&until=activate&name=batch.csv";

#[tokio::test(start_paused = true)]
async fn a_file_is_sent_planned_begun_watched_and_reported() {
    let bench = Bench::new(Role::Operator).await;
    let file = seed_file(3) + "nobody@example.com,not a serial!,short,30,Token2,C301-i\n";
    let sent = bench.file(Method::POST, SEND, &file).await;
    assert_eq!(sent.status, 201, "{}", sent.text);
    let seen = sent.json();
    assert_eq!(
        (&seen["accepted"], &seen["rejected"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(seen["problems"][0]["row"], 5);
    assert!(!sent.text.contains(&seed(1)));
    let draft = sent.header("location").to_owned();
    assert_eq!(seen["draft"], draft.as_str());
    assert_eq!(bench.get(&draft).await.json()["stage"], "open");
    assert_eq!(
        bench.get(&format!("{draft}/plan")).await.code(),
        "not-planned"
    );

    let plan = bench.planned(&draft).await;
    assert_eq!(plan["rows"].as_array().unwrap().len(), 3);
    let planned = bench.get(&draft).await.json();
    assert_eq!(
        (&planned["stage"], &planned["counts"]["pending"]),
        (&json!("planned"), &json!(3))
    );
    assert!(bench.truth(1).is_none());

    let begin = format!("{draft}/begin");
    let started = bench.post(&begin, &Value::Null).await;
    let report = bench.ended(&started).await;
    assert_eq!(
        (&report["counts"]["done"], &report["counts"]["rejected"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(bench.truth(1).unwrap().0, "activated");
    // Whoever comes again is led to the same run.
    assert_eq!(
        bench.post(&begin, &Value::Null).await.json(),
        started.json()
    );
    assert_eq!(bench.get(&draft).await.json()["run"], started.json()["run"]);
    let late = bench.json(Method::DELETE, &draft, &Value::Null).await;
    assert_eq!(
        (late.status.as_u16(), late.code().as_str()),
        (409, "too-late")
    );

    let url = started.header("location");
    let csv = bench.get(&format!("{url}/report?format=csv")).await;
    assert!(csv.text.starts_with("row,serial"), "{}", csv.text);
    let html = bench.get(&format!("{url}/report?format=html")).await;
    assert!(html.text.contains("activated"));
    assert_eq!(
        bench.get(&format!("{url}/plan")).await.json()["goal"],
        "activated"
    );
    let runs = bench.get("/api/v1/runs").await.json();
    assert_eq!(runs["runs"][0]["run"], started.json()["run"]);
    assert_eq!(
        bench.get("/api/v1/runs?state=open").await.json()["runs"],
        json!([])
    );
}

#[tokio::test(start_paused = true)]
async fn users_of_a_list_get_the_tokens_that_nobody_has() {
    let bench = Bench::new(Role::Operator).await;
    let file = format!(
        "serial number,secret key,timeinterval,manufacturer,model\n60234501,{},30,Token2,C301-i\n",
        seed(1)
    );
    let sent = bench.file(Method::POST, SEND, &file).await;
    let draft = sent.header("location").to_owned();
    let users = format!("{draft}/users");
    let paired = bench
        .file(Method::PUT, &users, "user0007@example.com\n")
        .await;
    assert_eq!(paired.json()["pairs"][0]["serial"], "60234501");
    let strategy = format!("{users}?strategy=by-luck");
    assert_eq!(
        bench.file(Method::PUT, &strategy, "a\n").await.code(),
        "option"
    );
    let plan = bench.planned(&draft).await;
    assert_eq!(plan["rows"][0]["token"]["user"], "user0007@example.com");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_used_makes_no_draft() {
    let bench = Bench::new(Role::Operator).await;
    let sent = bench.file(Method::POST, SEND, "this is a letter\n").await;
    assert_eq!(
        (sent.status.as_u16(), sent.code().as_str()),
        (422, "file-unusable")
    );
}

#[tokio::test(start_paused = true)]
async fn a_draft_is_its_makers_alone_and_can_be_discarded() {
    let bench = Bench::new(Role::Operator).await;
    let sent = bench.file(Method::POST, SEND, &seed_file(1)).await;
    let draft = sent.header("location");
    let admin = bench.client.script(&bench.rehearsal, Role::Admin);
    assert_eq!(admin.get(draft).await.code(), "no-draft");
    assert_eq!(
        bench.json(Method::DELETE, draft, &Value::Null).await.status,
        204
    );
    let gone = bench.get(draft).await;
    assert_eq!(
        (gone.status.as_u16(), gone.code().as_str()),
        (404, "no-draft")
    );
}

#[tokio::test(start_paused = true)]
async fn many_tokens_are_chosen_planned_and_begun() {
    let bench = Bench::stocked(Role::Operator, 4).await;
    let choose = "/api/v1/places/entra/drafts";
    let pairs = json!({ "do": "assign", "tokens": [
        { "serial": serial(1), "user": "user0001@example.com" },
        { "serial": serial(2), "user": "user0002@example.com" }] });
    let chosen = bench.post(choose, &pairs).await;
    assert_eq!(chosen.status, 201, "{}", chosen.text);
    let draft = chosen.header("location");
    bench.planned(draft).await;
    let started = bench.post(&format!("{draft}/begin"), &Value::Null).await;
    assert_eq!(bench.ended(&started).await["counts"]["done"], 2);
    assert_eq!(bench.truth(1).unwrap().0, "assigned");

    let rest = json!({ "do": "delete", "matching": { "state": "imported" } });
    let draft = loop {
        let chosen = bench.post(choose, &rest).await;
        match chosen.status.as_u16() {
            503 => bench.rehearsal.clock.sleep(Duration::from_secs(1)).await,
            _ => break chosen.header("location").to_owned(),
        }
    };
    let plan = bench.planned(&draft).await;
    assert_eq!(plan["rows"].as_array().unwrap().len(), 2);
    assert_eq!(
        bench.post(choose, &json!({ "do": "delete" })).await.code(),
        "nothing-chosen"
    );
}

#[tokio::test(start_paused = true)]
async fn the_same_key_is_the_same_import() {
    let bench = Bench::new(Role::Operator).await;
    let keyed = bench.script.with("idempotency-key", "monday");
    let send = async |file: String| {
        let kind = "text/csv";
        keyed.send(Method::POST, SEND, kind, file).await
    };
    let (first, again) = (send(seed_file(2)).await, send(seed_file(2)).await);
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    assert_eq!(first.header("location"), again.header("location"));
    let draft = first.header("location");
    bench.planned(draft).await;
    let started = bench.post(&format!("{draft}/begin"), &Value::Null).await;
    bench.ended(&started).await;
    let later = send(seed_file(2)).await;
    assert_eq!((first.status, &first.text), (later.status, &later.text));
    let gone = bench.get(&format!("{draft}/inspection")).await;
    assert_eq!(
        (gone.status.as_u16(), gone.code().as_str()),
        (409, "file-gone")
    );
    assert!(gone.text.contains(started.json()["run"].as_str().unwrap()));
    let other = send(seed_file(3)).await;
    assert_eq!(
        (other.status.as_u16(), other.code().as_str()),
        (422, "key-used")
    );
}

#[tokio::test(start_paused = true)]
async fn only_the_plan_that_was_looked_at_is_begun_and_only_while_it_is_fresh() {
    let bench = Bench::new(Role::Operator).await;
    let sent = bench.file(Method::POST, SEND, &seed_file(1)).await;
    let draft = sent.header("location");
    let begin = format!("{draft}/begin");
    assert_eq!(bench.post(&begin, &Value::Null).await.code(), "not-planned");
    let number = async || {
        bench.planned(draft).await;
        bench.get(draft).await.json()["plan"].as_u64().unwrap()
    };
    let (old, new) = (number().await, number().await);
    assert_ne!(old, new);
    let refused = async |path: &str, code: &str| {
        let refused = bench.post(path, &Value::Null).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (409, code)
        );
    };
    refused(&format!("{begin}?plan={old}"), "plan-changed").await;
    let half_an_hour = Duration::from_secs(31 * 60);
    bench.rehearsal.clock.sleep(half_an_hour).await;
    refused(&begin, "plan-too-old").await;
    assert!(bench.truth(1).is_none());
    let number = number().await;
    let begin = format!("{begin}?plan={number}");
    let started = bench.post(&begin, &Value::Null).await;
    bench.ended(&started).await;
    assert_eq!(bench.truth(1).unwrap().0, "activated");
}
