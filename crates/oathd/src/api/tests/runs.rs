use super::*;

/// An import that takes its time: the run's address.
async fn going(bench: &Bench) -> String {
    let path = "/api/v1/drafts?to=entra&until=activate";
    let sent = bench.file(Method::POST, path, &seed_file(12)).await;
    let draft = sent.header("location").to_owned();
    bench.planned(&draft).await;
    let started = bench.post(&format!("{draft}/begin"), &Value::Null).await;
    started.header("location").to_owned()
}

async fn until(bench: &Bench, url: &str, status: &str) {
    loop {
        let now = bench.get(url).await.json()["status"].clone();
        if now == status {
            return;
        }
        assert_ne!(now, "ended", "{url} is never {status}");
        bench.rehearsal.clock.sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_is_paused_let_go_on_and_cancelled() {
    let bench = Bench::over(Rehearsal::slow().await, Role::Operator).await;
    let url = going(&bench).await;
    let steer = async |how: &str| bench.post(&format!("{url}/{how}"), &Value::Null).await;
    let helper = bench.client.script(&bench.rehearsal, Role::HelpDesk);
    let refused = helper.post(&format!("{url}/pause"), &Value::Null).await;
    let said = (refused.status.as_u16(), refused.code());
    assert_eq!(said, (403, "role".to_owned()));
    assert_eq!(steer("pause").await.status, 202);
    until(&bench, &url, "paused").await;
    assert_eq!(steer("resume").await.status, 202);
    assert_eq!(steer("resume").await.code(), "goes-on");
    assert_eq!(steer("cancel").await.status, 202);
    until(&bench, &url, "ended").await;
    let late = steer("pause").await;
    assert_eq!(
        (late.status.as_u16(), late.code()),
        (409, "run-ended".to_owned())
    );
    assert_eq!(bench.get("/api/v1/runs/none").await.code(), "no-run");
}

#[tokio::test(start_paused = true)]
async fn the_help_desk_steers_what_it_began_itself() {
    let bench = Bench::stocked_over(Rehearsal::slow().await, Role::HelpDesk, 1).await;
    let path = format!("/api/v1/places/entra/tokens/{}/assign", serial(1));
    let user = json!({ "user": "user0001@example.com" });
    let started = bench.post(&path, &user).await;
    let pause = format!("{}/pause", started.header("location"));
    let said = bench.post(&pause, &Value::Null).await;
    assert_eq!(said.status, 202, "{}", said.text);
}

#[tokio::test(start_paused = true)]
async fn events_tell_each_row_and_end_with_the_run() {
    let bench = Bench::over(Rehearsal::slow().await, Role::Operator).await;
    let url = going(&bench).await;
    let events = bench.get(&format!("{url}/events")).await.text;
    let told = |name: &str| {
        let prefix = format!("event: {name}");
        events
            .split("\n\n")
            .filter(|event| event.contains(&prefix))
            .count()
    };
    assert_eq!(told("row"), 12);
    assert!(told("progress") > 2, "{events}");
    let last = events.rsplit("data: ").next().unwrap();
    let last: Value = serde_json::from_str(last.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&last["status"], &last["counts"]["done"]),
        (&json!("ended"), &json!(12))
    );
    assert!(events.contains(r#""outcome":"done","serial":"60234501""#));
    let after = bench.get(&format!("{url}/events")).await.text;
    assert_eq!(after.matches("event: ").count(), 1, "{after}");
    assert_eq!(bench.get("/api/v1/runs/none/events").await.code(), "no-run");
}

/// What a script missed while the line was broken is told again.
#[tokio::test(start_paused = true)]
async fn events_go_on_after_a_break() {
    let bench = Bench::over(Rehearsal::slow().await, Role::Operator).await;
    let url = going(&bench).await;
    let script = bench.script.with("last-event-id", "0");
    let events = script.get(&format!("{url}/events")).await.text;
    assert_eq!(events.matches("event: row").count(), 12);
}

/// Also where another token has its name and role.
#[tokio::test(start_paused = true)]
async fn events_end_when_the_token_is_revoked() {
    let bench = Bench::over(Rehearsal::slow().await, Role::Operator).await;
    let url = going(&bench).await;
    let path = format!("{url}/events");
    let revoke = async {
        bench.rehearsal.clock.sleep(Duration::from_secs(5)).await;
        bench.client.script(&bench.rehearsal, Role::Operator)
    };
    let (told, another) = tokio::join!(bench.script.get(&path), revoke);
    assert_eq!(told.status, 200);
    assert!(told.text.contains("event: progress"), "{}", told.text);
    assert!(!told.text.contains("\"status\":\"ended\""), "{}", told.text);
    assert_eq!(bench.script.get(&url).await.status, 401);
    let rest = another.get(&path).await.text;
    assert!(rest.contains("\"status\":\"ended\""), "{rest}");
}

/// The command line began it: nobody carries it out here, until its file comes.
#[tokio::test(start_paused = true)]
async fn a_run_that_lost_its_file_goes_on_with_it() {
    let bench = Bench::over(Rehearsal::slow().await, Role::Operator).await;
    let url = going(&bench).await;
    bench.post(&format!("{url}/pause"), &Value::Null).await;
    until(&bench, &url, "paused").await;
    for name in bench.rehearsal.app.vault.names("job-").unwrap() {
        bench.rehearsal.app.vault.remove(&name).unwrap();
    }
    let bench = Bench::over(bench.rehearsal.again().await, Role::Operator).await;
    assert_eq!(bench.get(&url).await.json()["status"], "open");
    let without = bench.post(&format!("{url}/resume"), &Value::Null).await;
    assert_eq!(without.code(), "file-needed");
    let seeds = format!("{url}/seeds");
    let other = bench.file(Method::POST, &seeds, &seed_file(11)).await;
    assert_eq!(other.code(), "other-file");
    let said = bench.file(Method::POST, &seeds, &seed_file(12)).await;
    assert_eq!(said.status, 202, "{}", said.text);
    until(&bench, &url, "ended").await;
    let report = bench.get(&format!("{url}/report")).await.json();
    assert_eq!(report["counts"]["done"], 12);
}
