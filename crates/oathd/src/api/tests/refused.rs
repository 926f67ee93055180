use super::*;
use crate::api::routes;

/// Every address with something in the place of its parameters.
pub(super) fn addresses() -> Vec<(Method, String, Option<Role>)> {
    let routes = routes();
    let addresses = routes.addresses().iter();
    addresses
        .map(|address| {
            let path = address.path.replace("{idp}", "entra");
            let path = path.replace(['{', '}'], "");
            (address.method.clone(), path, address.role)
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_cookie_alone_opens_nothing() {
    let bench = Bench::new(Role::Admin).await;
    let cookie = bench.client.without_token();
    for (method, path, role) in addresses() {
        if role.is_some() {
            let said = cookie.json(method, &path, &json!({})).await;
            assert_eq!(
                (said.status.as_u16(), said.code().as_str()),
                (401, "sign-in"),
                "{path}"
            );
            assert_eq!(said.header("www-authenticate"), "Bearer");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_is_asked_for_at_every_address() {
    let bench = Bench::new(Role::Admin).await;
    let all = Role::ALL.map(|role| match role {
        Role::Admin => bench.script.clone(),
        role => bench.client.script(&bench.rehearsal, role),
    });
    for (method, path, needs) in addresses() {
        for (role, script) in Role::ALL.iter().zip(&all) {
            if needs.is_some_and(|needs| *role < needs) {
                let said = script.json(method.clone(), &path, &json!({})).await;
                assert_eq!(
                    (said.status.as_u16(), said.code().as_str()),
                    (403, "role"),
                    "{path}"
                );
            }
        }
    }
    assert_eq!(bench.rehearsal.sim.state().entra.devices.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn bodies_of_another_kind_are_refused() {
    let bench = Bench::new(Role::Admin).await;
    let send = async |path: &str, kind: &str, body: &str| {
        bench
            .script
            .send(Method::POST, path, kind, body.to_owned())
            .await
    };
    let form = "application/x-www-form-urlencoded";
    let assign = "/api/v1/places/entra/tokens/1/assign";
    let said = send(assign, form, "user=ann").await;
    assert_eq!(
        (said.status.as_u16(), said.code().as_str()),
        (415, "content-type")
    );
    let drafts = "/api/v1/drafts?to=entra&until=import";
    assert_eq!(send(drafts, form, &seed_file(1)).await.status, 415);
    assert_eq!(send(drafts, "", &seed_file(1)).await.status, 415);
    let json = "application/json";
    for body in [
        "{",
        "[]",
        "{}",
        r#"{"user":7}"#,
        r#"{"user":"ann","usr":"canary"}"#,
    ] {
        let said = send(assign, json, body).await;
        assert_eq!(
            (said.status.as_u16(), said.code().as_str()),
            (400, "unreadable"),
            "{body}"
        );
        assert!(!said.text.contains("canary"));
    }
    let large = format!(r#"{{"user":"{}"}}"#, "x".repeat(17 * 1024 * 1024));
    let said = send(assign, json, &large).await;
    assert_eq!(
        (said.status.as_u16(), said.code().as_str()),
        (413, "too-large")
    );
    assert_eq!(
        send("/api/v1/drafts?to=mars", "text/csv", "x").await.status,
        400
    );
    assert_eq!(
        bench.script.get("/api/v1/nothing").await.code(),
        "not-found"
    );
    assert_eq!(send("/api/v1/runs", json, "").await.code(), "method");
}

#[tokio::test(start_paused = true)]
async fn what_looks_like_a_page_stays_data() {
    let bench = Bench::stocked(Role::Admin, 1).await;
    let payload = "<img src=x onerror=alert(1)>";
    let assign = format!("/api/v1/places/entra/tokens/{}/assign", serial(1));
    let said = bench.post(&assign, &json!({ "user": payload })).await;
    assert_eq!(said.header("content-type"), "application/json");
    assert_eq!(said.header("x-content-type-options"), "nosniff");
    assert!(
        said.header("content-security-policy")
            .contains("default-src 'none'")
    );
    assert_eq!(said.header("cache-control"), "no-store");
    assert!(
        said.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains(payload)
    );
    let file = format!(
        "upn,serial number,secret key,timeinterval,manufacturer,model\n,60234599,{},30,{payload},=1+1\n",
        seed(9)
    );
    let sent = bench
        .file(Method::POST, "/api/v1/drafts?to=entra&until=import", &file)
        .await;
    assert_eq!(sent.header("content-type"), "application/json");
    assert_eq!(sent.json()["tokens"][0]["manufacturer"], payload);
    let draft = sent.header("location").to_owned();
    bench.planned(&draft).await;
    let started = bench.post(&format!("{draft}/begin"), &Value::Null).await;
    bench.ended(&started).await;
    let report = bench
        .get(&format!(
            "{}/report?format=html",
            started.header("location")
        ))
        .await;
    assert!(
        report
            .header("content-disposition")
            .starts_with("attachment")
    );
    assert!(
        report
            .header("content-security-policy")
            .contains("default-src 'none'")
    );
}
