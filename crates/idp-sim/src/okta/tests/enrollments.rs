use super::*;

fn types(answer: &Answer) -> Vec<&str> {
    let list = answer.body.as_array().unwrap();
    list.iter()
        .map(|one| one["factorType"].as_str().unwrap())
        .collect()
}

const CATALOG: &str = "/api/v1/users/ann/factors/catalog";
const ENROLLMENTS: &str = "/api/v1/users/ann/authenticator-enrollments";

#[test]
fn the_catalog_is_what_the_policy_allows() {
    let mut org = Org::new(&[]);
    let answer = org.get(CATALOG);
    assert_eq!(types(&answer), ["question", "token:hotp"]);
    let token = &answer.body[1];
    assert_eq!(
        (&token["provider"], &token["status"]),
        (&json!("CUSTOM"), &json!("NOT_SETUP"))
    );
    assert_eq!(token["enrollment"], "OPTIONAL");
    org.enroll("ann");
    assert_eq!(org.get(CATALOG).body[1]["status"], "ACTIVE");
    for switch in ["policy_forbids", "list_hidden"] {
        let mut org = Org::new(&[(switch, "ann@a.test")]);
        assert_eq!(types(&org.get(CATALOG)), ["question"], "{switch}");
        let bob = org.get("/api/v1/users/bob/factors/catalog");
        assert_eq!(types(&bob).len(), 2);
    }
    let mut org = Org::new(&[("extra_factors", "true")]);
    assert_eq!(types(&org.get(CATALOG))[2], "token:unheard_of");
    let gone = org.get("/api/v1/users/carl/factors/catalog");
    assert_eq!(gone.code(), (404, "E0000007"));
}

#[test]
fn enrolments_are_not_filtered_and_name_the_authenticator() {
    let mut org = Org::new(&[("list_hidden", "true")]);
    let id = org.enroll("ann");
    let answer = org.get(ENROLLMENTS);
    let own = &answer.body[1];
    assert_eq!(
        (&own["key"], &own["status"]),
        (&json!("custom_otp"), &json!("ACTIVE"))
    );
    assert_eq!(
        (&own["id"], &own["name"]),
        (&json!(id), &json!("Token2 SHA-1 30 s"))
    );
    let authenticator = format!("https://org.test/api/v1/authenticators/{}", org.profile(0));
    assert_eq!(own["_links"]["authenticator"]["href"], authenticator);
    assert_eq!(answer.body[0]["key"], "okta_password");
    assert_eq!(&org.get(&format!("{ENROLLMENTS}/{id}")).body, own);
    let bob = org.get("/api/v1/users/bob/authenticator-enrollments");
    assert_eq!(bob.body.as_array().unwrap().len(), 1);
}

#[test]
fn an_enrolment_may_have_an_id_of_its_own_and_is_deleted_by_it() {
    let mut org = Org::new(&[("enrollment_ids", "own")]);
    let factor = org.enroll("ann");
    let id = org.get(ENROLLMENTS).body[1]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(id.starts_with("eae") && id.len() == 20);
    let path = |id: &str| format!("{ENROLLMENTS}/{id}");
    assert_eq!(
        org.send("DELETE", &path(&factor), "").code(),
        (404, "E0000007")
    );
    assert_eq!(org.send("DELETE", &path(&id), "").status, 204);
    assert_eq!(org.get(&path(&id)).code(), (404, "E0000007"));
    assert!(org.okta.truth().factors.is_empty());
    let mut hidden = Org::new(&[("custom_otp_in_enrollments", "false")]);
    hidden.enroll("ann");
    assert_eq!(hidden.get(ENROLLMENTS).body.as_array().unwrap().len(), 1);
}

#[test]
fn each_engine_has_its_own_lists() {
    let mut idx = Org::new(&[]);
    assert_eq!(idx.get("/api/v1/org/factors").code(), (404, "E0000008"));
    let mut v1 = Org::new(&[("engine", "v1")]);
    assert_eq!(v1.get(ENROLLMENTS).code(), (404, "E0000008"));
    assert_eq!(v1.get(CATALOG).status, 200);
    let kinds = v1.get("/api/v1/org/factors").body;
    assert_eq!(
        (&kinds[1]["factorType"], &kinds[1]["status"]),
        (&json!("token:hotp"), &json!("ACTIVE"))
    );
}

#[test]
fn custom_totp_may_be_switched_off() {
    let mut org = Org::new(&[("engine", "v1"), ("custom_totp", "false")]);
    assert_eq!(org.enroll_with("ann", |_| {}).code(), (401, "E0000015"));
    assert_eq!(org.get("/api/v1/org/factors").body[1]["status"], "INACTIVE");
    assert_eq!(types(&org.get(CATALOG)), ["question"]);
}

#[test]
fn profiles_may_be_out_of_reach() {
    let mut org = Org::new(&[("profiles_readable", "false"), ("hotp_profiles", "both")]);
    let id = org.profile(0);
    for path in [
        "/api/v1/authenticators".to_owned(),
        format!("/api/v1/authenticators/{id}/methods/otp"),
        "/api/v1/org/factors/hotp/profiles".to_owned(),
    ] {
        assert_eq!(org.get(&path).code(), (403, "E0000006"), "{path}");
    }
    assert_eq!(org.enroll_with("ann", |_| {}).status, 200);
}

#[test]
fn a_role_that_only_resets_deletes_enrolments() {
    let mut org = Org::new(&[]);
    let id = org.enroll("ann");
    org.okta.switches.set("token_right", "reset").unwrap();
    assert_eq!(org.enroll_with("bob", |_| {}).code(), (403, "E0000006"));
    assert_eq!(
        org.verify("ann", &id, &code(NOW, 0)).code(),
        (403, "E0000006")
    );
    let path = format!("{ENROLLMENTS}/{id}");
    assert_eq!(org.send("DELETE", &path, "").status, 204);
}

#[test]
fn some_statuses_may_refuse_changes() {
    let mut org = Org::new(&[
        ("user_status", "ann@a.test=STAGED,bob@a.test=SUSPENDED"),
        ("refused_statuses", "STAGED"),
    ]);
    assert_eq!(org.enroll_with("ann", |_| {}).code(), (403, "E0000038"));
    assert_eq!(org.enroll_with("bob", |_| {}).status, 200);
    let mut org = Org::new(&[("activating", "ann@a.test"), ("activating_s", "60")]);
    assert_eq!(org.enroll_with("ann", |_| {}).code(), (409, "E0000112"));
    assert_eq!(org.enroll_with("bob", |_| {}).status, 200);
    org.now += 60;
    assert_eq!(org.enroll_with("ann", |_| {}).status, 200);
}
