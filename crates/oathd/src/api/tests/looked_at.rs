use super::*;
use crate::places::{Idp, Settings};

async fn read(bench: &Bench, path: &str) -> Said {
    loop {
        let said = bench.get(path).await;
        if said.status != 503 {
            assert_eq!(said.status, 200, "{}", said.text);
            return said;
        }
        assert_eq!(said.code(), "not-read");
        bench.rehearsal.clock.sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_inventory_is_filtered_sorted_and_paged() {
    let bench = Bench::stocked(Role::Viewer, 5).await;
    let all = "/api/v1/places/entra/tokens";
    let page = read(
        &bench,
        &format!("{all}?limit=2&sort=-serial&state=imported"),
    )
    .await
    .json();
    assert_eq!(
        (&page["total"], &page["tokens"][0]["serial"]),
        (&json!(5), &json!(serial(5)))
    );
    let next = page["next"].as_str().unwrap();
    let page = bench.get(next).await.json();
    assert_eq!(page["tokens"][0]["serial"], serial(3));
    let page = bench.get(page["next"].as_str().unwrap()).await.json();
    assert_eq!(
        (&page["tokens"][0]["serial"], &page["next"]),
        (&json!(serial(1)), &Value::Null)
    );
    let one = bench.get(&format!("{all}?q={}", serial(4))).await.json();
    assert_eq!(one["total"], 1);
    let lines = bench.get(&format!("{all}?format=jsonl")).await.text;
    assert_eq!(lines.lines().count(), 5);
    let csv = bench.get(&format!("{all}?format=csv&limit=1")).await;
    assert_eq!(csv.text.lines().count(), 2);
    assert_eq!(bench.get(&format!("{all}?sort=luck")).await.status, 400);
    assert_eq!(bench.get(&format!("{all}?state=lost")).await.status, 400);
    let refresh = "/api/v1/places/entra/refresh";
    assert_eq!(bench.post(refresh, &Value::Null).await.status, 204);
}

#[tokio::test(start_paused = true)]
async fn tokens_and_users_are_read_anew() {
    let bench = Bench::stocked(Role::HelpDesk, 2).await;
    for row in [1, 2] {
        let path = format!("/api/v1/places/entra/tokens/{}/assign", serial(row));
        let user = json!({ "user": "user0001@example.com" });
        bench.ended(&bench.post(&path, &user).await).await;
    }
    let one = bench
        .get(&format!("/api/v1/places/entra/tokens/{}", serial(1)))
        .await
        .json();
    assert_eq!(
        (&one["token"]["state"], &one["others"][0]["serial"]),
        (&json!("assigned"), &json!(serial(2)))
    );
    let users = bench
        .get("/api/v1/places/entra/users?q=user000&limit=3")
        .await
        .json();
    assert_eq!(users["users"].as_array().unwrap().len(), 3);
    let user = bench
        .get("/api/v1/places/entra/users/user0001@example.com")
        .await
        .json();
    assert_eq!(user["tokens"].as_array().unwrap().len(), 2);
    assert_eq!(user["user"]["login"], "user0001@example.com");
    let nobody = bench
        .get("/api/v1/places/entra/users/nobody@example.com")
        .await;
    assert_eq!(
        (nobody.status.as_u16(), nobody.code().as_str()),
        (404, "user-unknown")
    );
}

#[tokio::test(start_paused = true)]
async fn places_say_what_they_can_and_whether_they_can_do_it() {
    let bench = Bench::new(Role::Viewer).await;
    let places = bench.get("/api/v1/places").await.json();
    assert_eq!(
        (&places["places"][0]["idp"], &places["places"][1]["idp"]),
        (&json!("entra"), &json!("okta"))
    );
    assert_eq!(places["places"][0]["can"]["keeps_serials"], true);
    assert_eq!(places["places"][1]["can"]["keeps_serials"], false);
    assert!(places["places"][1]["can"]["shapes"][0]["seed_bits"].is_null());
    for idp in ["entra", "okta"] {
        let found = bench
            .get(&format!("/api/v1/places/{idp}/doctor"))
            .await
            .json();
        assert!(!found["findings"].as_array().unwrap().is_empty());
    }
    let profiles = bench.get("/api/v1/profiles").await.json();
    assert!(profiles["profiles"][0]["id"].is_string());
}

#[tokio::test(start_paused = true)]
async fn the_audit_is_checked_once_at_a_time_and_sent_twice() {
    let bench = Bench::stocked(Role::Viewer, 1).await;
    let verify = "/api/v1/audit/verify";
    let (one, two) = tokio::join!(bench.get(verify), bench.get(verify));
    assert_eq!(one.json()["whole"], true);
    assert_eq!(
        (two.status.as_u16(), two.code().as_str()),
        (503, "verifying")
    );
    assert_eq!(bench.get(verify).await.status, 200);
    let export = async || {
        let app = &bench.rehearsal.app;
        app.export_audit(ledger::Format::JsonLines, &ledger::Filter::default())
            .await
    };
    let (first, second) = (export().await.unwrap(), export().await.unwrap());
    let refused = bench.get("/api/v1/audit/export").await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (503, "exporting")
    );
    drop(first);
    assert_eq!(bench.get("/api/v1/audit/export").await.status, 200);
    drop(second);
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_kept_for_its_own_sign_in_and_never_lost() {
    let bench = Bench::new(Role::Admin).await;
    let entra = "/api/v1/places/entra/settings";
    let settings = |tenant: &str| {
        json!({ "idp": "entra", "tenant": tenant, "client_id": "0b1c2d3e-0000-4000-8000-000000000001",
            "key": { "kind": "secret", "value": "" } })
    };
    for (tenant, code) in [
        ("contoso.onmicrosoft.com", "secret-missing"),
        ("no tenant", "option"),
    ] {
        let refused = bench.json(Method::PUT, entra, &settings(tenant)).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (422, code)
        );
    }
    let found = bench.get("/api/v1/places/entra/doctor").await.json();
    assert_ne!(found["health"], "bad", "{found}");

    let okta = "/api/v1/places/okta/settings";
    let settings = |org: &str, token: &str| json!({ "idp": "okta", "org": org, "key": { "kind": "token", "value": token } });
    for (org, token, status) in [
        ("https://example.okta.com", "canary", 204),
        ("example-admin.okta.com/admin", "", 204),
        ("other.okta.com", "", 422),
        ("okta.com", "canary", 422),
    ] {
        let sent = bench.json(Method::PUT, okta, &settings(org, token)).await;
        assert_eq!(sent.status.as_u16(), status, "{org}");
    }
    let kept = bench.rehearsal.app.places.settings(Idp::Okta);
    let Some(Settings::Okta(kept)) = kept else {
        panic!("it is not set up");
    };
    let org = okta_factors::org_url("example.okta.com").unwrap();
    assert_eq!(kept.org, org.to_string());
}

#[tokio::test(start_paused = true)]
async fn settings_are_written_and_never_shown() {
    let bench = Bench::new(Role::Admin).await;
    let path = "/api/v1/places/okta/settings";
    let settings = json!({ "idp": "okta", "org": "https://example.okta.com", "key": { "kind": "token", "value": "canary" },
        "max_capacity": 50 });
    let mut none = settings.clone();
    none["max_capacity"] = json!(0);
    assert_eq!(bench.json(Method::PUT, path, &none).await.code(), "option");
    let saved = bench.json(Method::PUT, path, &settings).await;
    assert_eq!((saved.status.as_u16(), saved.text.as_str()), (204, ""));
    assert_eq!(bench.script.get(path).await.status, 405);
    let other = bench
        .json(Method::PUT, "/api/v1/places/entra/settings", &settings)
        .await;
    assert_eq!(other.code(), "other-idp");
    assert_eq!(
        bench.json(Method::DELETE, path, &Value::Null).await.status,
        204
    );
    let places = bench.get("/api/v1/places").await;
    assert_eq!(places.json()["places"].as_array().unwrap().len(), 1);
    assert_eq!(
        bench.get("/api/v1/places/okta/doctor").await.code(),
        "not-set-up"
    );
}

#[tokio::test(start_paused = true)]
async fn the_audit_is_paged_checked_and_exported() {
    let bench = Bench::stocked(Role::Viewer, 2).await;
    let page = bench.get("/api/v1/audit?limit=2").await.json();
    assert_eq!(page["records"][0]["actor"]["user"], "api:admin");
    let next = bench.get(page["next"].as_str().unwrap()).await.json();
    let seq = |page: &Value| page["records"][0]["seq"].as_i64().unwrap();
    assert_eq!(seq(&next), seq(&page) - 2);
    let of_one = bench
        .get(&format!("/api/v1/audit?serial={}", serial(1)))
        .await
        .json();
    let records = of_one["records"].as_array().unwrap();
    assert!(records.iter().all(|record| record["serial"] == serial(1)));
    let whole = bench.get("/api/v1/audit/verify").await.json();
    assert_eq!(whole["whole"], true);
    assert_eq!(bench.get("/api/v1/audit/verify?anchor=x").await.status, 400);
    let lines = bench.get("/api/v1/audit/export").await.text;
    assert_eq!(i64::try_from(lines.lines().count()), Ok(seq(&page)));
    assert!(
        bench
            .get("/api/v1/audit/export?format=cef")
            .await
            .text
            .starts_with("CEF:")
    );
}

#[tokio::test(start_paused = true)]
async fn calls_are_logged_while_somebody_wants_it() {
    let bench = Bench::new(Role::Admin).await;
    let path = "/api/v1/calls";
    bench.json(Method::PUT, path, &json!({ "on": true })).await;
    bench.get("/api/v1/places").await;
    let log = bench.get(path).await.json();
    assert_eq!(log["on"], true);
    assert!(!log["calls"].as_array().unwrap().is_empty());
    bench.json(Method::DELETE, path, &Value::Null).await;
    bench.json(Method::PUT, path, &json!({ "on": false })).await;
    assert_eq!(
        bench.get(path).await.json(),
        json!({ "schema": "oathkit.calls/1", "on": false, "calls": [] })
    );
}
