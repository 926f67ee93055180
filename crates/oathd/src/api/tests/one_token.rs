use super::*;

const ANN: &str = "user0001@example.com";

fn at(row: usize, what: &str) -> String {
    format!("/api/v1/places/entra/tokens/{}/{what}", serial(row))
}

#[tokio::test(start_paused = true)]
async fn a_token_is_given_and_activated_by_a_code() {
    let bench = Bench::stocked(Role::HelpDesk, 1).await;
    let started = bench.post(&at(1, "assign"), &json!({ "user": ANN })).await;
    assert_eq!(bench.ended(&started).await["counts"]["done"], 1);
    assert_eq!(bench.truth(1).unwrap().0, "assigned");
    let code = bench.code(1);
    let body = json!({ "proof": { "code": code } });
    let started = bench.post(&at(1, "activate"), &body).await;
    let report = bench.ended(&started).await;
    assert_eq!(report["rows"][0]["activated_by"], "user");
    assert_eq!(bench.truth(1).unwrap().0, "activated");
    assert!(!report.to_string().contains(&code));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_activated_by_its_seed_and_taken_back() {
    let bench = Bench::stocked(Role::HelpDesk, 1).await;
    let body = json!({ "user": ANN, "proof": { "seed": seed(1) } });
    let started = bench.post(&at(1, "activate"), &body).await;
    assert_eq!(bench.ended(&started).await["rows"][0]["state"], "activated");
    let started = bench.post(&at(1, "deactivate"), &Value::Null).await;
    assert_eq!(bench.ended(&started).await["rows"][0]["state"], "assigned");
    let started = bench.post(&at(1, "unassign"), &Value::Null).await;
    assert_eq!(bench.ended(&started).await["rows"][0]["state"], "imported");
    assert_eq!(bench.truth(1).unwrap(), ("available".to_owned(), None));
    let again = bench.post(&at(1, "unassign"), &Value::Null).await;
    assert_eq!(
        (again.status.as_u16(), &again.json()["run"]),
        (200, &Value::Null)
    );
}

#[tokio::test(start_paused = true)]
async fn operators_delete_a_token_and_the_help_desk_does_not() {
    let bench = Bench::stocked(Role::HelpDesk, 2).await;
    let replace = json!({ "user": ANN, "old": serial(1), "new": serial(2), "delete": true,
        "proof": { "seed": seed(2) } });
    for (path, body) in [
        (at(1, "delete"), &Value::Null),
        (at(1, "delete?dry_run=true"), &Value::Null),
        ("/api/v1/places/entra/replace".to_owned(), &replace),
        (
            "/api/v1/places/entra/replace?dry_run=true".to_owned(),
            &replace,
        ),
    ] {
        let refused = bench.post(&path, body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (403, "role"),
            "{path}"
        );
    }
    assert_eq!(bench.truth(1).unwrap().0, "available");
    let script = bench.client.script(&bench.rehearsal, Role::Operator);
    let bench = Bench { script, ..bench };
    let started = bench.post(&at(1, "delete"), &Value::Null).await;
    bench.ended(&started).await;
    assert!(bench.truth(1).is_none());
    let gone = bench.post(&at(1, "delete"), &Value::Null).await;
    assert_eq!(
        (gone.status.as_u16(), gone.code().as_str()),
        (404, "not-there")
    );
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_sends_nothing() {
    let bench = Bench::stocked(Role::Operator, 2).await;
    let writes = || bench.rehearsal.sim.calls().writes;
    let written = writes();
    let runs = bench.get("/api/v1/runs").await.json();
    let dry = format!("{}?dry_run=true", at(1, "assign"));
    let plan = bench.post(&dry, &json!({ "user": ANN })).await.json();
    assert_eq!(plan["schema"], "oathkit.plan/1");
    assert_eq!(plan["rows"][0]["decision"]["do"], "steps");
    let dry = format!("{}?dry_run=true", at(2, "delete"));
    bench.post(&dry, &Value::Null).await;
    assert_eq!(bench.truth(1).unwrap(), ("available".to_owned(), None));
    assert_eq!(writes(), written);
    assert_eq!(bench.get("/api/v1/runs").await.json(), runs);
}

#[tokio::test(start_paused = true)]
async fn what_stands_against_it_is_said_and_nothing_is_begun() {
    let bench = Bench::stocked(Role::HelpDesk, 2).await;
    let started = bench.post(&at(1, "assign"), &json!({ "user": ANN })).await;
    bench.ended(&started).await;
    let other = json!({ "user": "user0002@example.com" });
    let taken = bench.post(&at(1, "assign"), &other).await;
    assert_eq!(
        (taken.status.as_u16(), taken.code().as_str()),
        (409, "held-by-another")
    );
    let nobody = bench
        .post(&at(2, "assign"), &json!({ "user": "nobody@example.com" }))
        .await;
    assert_eq!(
        (nobody.status.as_u16(), nobody.code().as_str()),
        (404, "user-unknown")
    );
    let missing = bench.post(&at(7, "assign"), &json!({ "user": ANN })).await;
    assert_eq!(missing.code(), "not-there");
    let whose = bench
        .post(
            &at(2, "activate"),
            &json!({ "proof": { "code": "123456" } }),
        )
        .await;
    assert_eq!(
        (whose.status.as_u16(), whose.code().as_str()),
        (422, "no-user")
    );
    let wrong = json!({ "user": ANN, "proof": { "code": "12x456" } });
    let wrong = bench.post(&at(2, "activate"), &wrong).await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.code().as_str()),
        (422, "code-unusable")
    );
    assert!(!wrong.text.contains("12x456"));
}

#[tokio::test(start_paused = true)]
async fn one_token_takes_the_place_of_another() {
    let bench = Bench::stocked(Role::HelpDesk, 2).await;
    let first = json!({ "user": ANN, "proof": { "seed": seed(1) } });
    bench
        .ended(&bench.post(&at(1, "activate"), &first).await)
        .await;
    let replace =
        json!({ "user": ANN, "old": serial(1), "new": serial(2), "proof": { "seed": seed(2) } });
    let dry = bench
        .post("/api/v1/places/entra/replace?dry_run=true", &replace)
        .await
        .json();
    assert_eq!(
        (&dry["gap"], &dry["first"]["goal"]),
        (&json!(false), &json!("activated"))
    );
    let started = bench.post("/api/v1/places/entra/replace", &replace).await;
    bench.ended(&started).await;
    assert_eq!(bench.truth(1).unwrap().1, None);
    assert_eq!(bench.truth(2).unwrap().0, "activated");
}

#[tokio::test(start_paused = true)]
async fn the_same_key_is_one_run() {
    let bench = Bench::stocked(Role::HelpDesk, 1).await;
    let keyed = bench.script.with("idempotency-key", "call 4711");
    let body = json!({ "user": ANN });
    let path = at(1, "assign");
    let (first, meanwhile) = tokio::join!(keyed.post(&path, &body), keyed.post(&path, &body));
    bench.ended(&first).await;
    let later = keyed.post(&path, &body).await;
    for again in [meanwhile, later] {
        assert_eq!(
            (again.status, again.text),
            (first.status, first.text.clone())
        );
    }
    let runs = bench.get("/api/v1/runs").await.json();
    assert_eq!(
        runs["runs"].as_array().unwrap().len(),
        2,
        "the import and this one"
    );
    let other = keyed.post(&at(1, "unassign"), &Value::Null).await;
    assert_eq!(
        (other.status.as_u16(), other.code().as_str()),
        (422, "key-used")
    );
    let long = bench.script.with("idempotency-key", &"x".repeat(65));
    assert_eq!(long.post(&path, &body).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn two_codes_tell_how_far_a_clock_is_off() {
    let bench = Bench::stocked(Role::HelpDesk, 1).await;
    let mut body =
        json!({ "first": bench.code_in(1, 3), "second": bench.code_in(1, 4), "seed": seed(1) });
    let refused = bench.post(&at(1, "drift"), &body).await;
    assert_eq!(refused.code(), "key-alone");
    (body["algorithm"], body["period"]) = ("sha1".into(), 30.into());
    let drift = bench.post(&at(1, "drift"), &body).await.json();
    assert_eq!(drift["drift"], 4);
    let body = json!({ "first": "000000", "second": "000001", "seed": seed(1) });
    assert_eq!(bench.post(&at(1, "drift"), &body).await.status, 422);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_asks_to_wait_is_no_reason_to_wait_for_long() {
    let bench = Bench::stocked(Role::HelpDesk, 2).await;
    bench.rehearsal.busy();
    let body = json!({ "proof": { "seed": seed(1) }, "user": ANN });
    for path in [at(1, "activate"), at(1, "activate?dry_run=true")] {
        let begun = bench.rehearsal.clock.monotonic();
        let refused = bench.post(&path, &body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (503, "no-answer")
        );
        assert_ne!(refused.header("retry-after"), "");
        let waited = bench.rehearsal.clock.monotonic() - begun;
        assert!(waited <= Duration::from_secs(60), "{waited:?}");
    }
    bench.rehearsal.sim.set_faults(idp_sim::Faults::default());
    bench.rehearsal.clock.sleep(Duration::from_secs(3600)).await;
    assert_eq!(bench.truth(1).unwrap(), ("available".to_owned(), None));
}
