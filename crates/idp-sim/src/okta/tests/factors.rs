use super::*;

#[test]
fn lists_and_reads_show_the_factor() {
    let mut org = Org::new(&[]);
    assert_eq!(org.get("/api/v1/users/ann/factors").body, json!([]));
    let id = org.enroll("ann");
    let read = org.get(&format!("/api/v1/users/ann/factors/{id}"));
    assert_eq!(read.status, 200);
    let list = org.get("/api/v1/users/ann%40a.test/factors").body;
    assert_eq!(list, json!([read.body]));
    let text = list.to_string();
    assert!(!text.contains(BASE32) && !text.contains(&org.profile(0)));
}

#[test]
fn a_factor_belongs_to_one_user() {
    let mut org = Org::new(&[]);
    let id = org.enroll("ann");
    let path = format!("/api/v1/users/bob/factors/{id}");
    assert_eq!(org.get(&path).code(), (404, "E0000007"));
    assert_eq!(org.send("DELETE", &path, "").code(), (404, "E0000007"));
    assert_eq!(
        org.verify("bob", &id, &code(NOW, 0)).code(),
        (404, "E0000007")
    );
}

#[test]
fn a_deactivated_user_has_no_list() {
    let answer = Org::new(&[]).get("/api/v1/users/carl/factors");
    assert_eq!(answer.code(), (404, "E0000007"));
    assert_eq!(
        answer.body["errorSummary"],
        "Not found: Resource not found: carl (User)"
    );
}

#[test]
fn a_hidden_factor_is_read_by_id_and_still_in_the_way() {
    for switch in [("list_hidden", "true"), ("list_hidden", "ann@a.test")] {
        let mut org = Org::new(&[switch]);
        let id = org.enroll("ann");
        assert_eq!(org.get("/api/v1/users/ann/factors").body, json!([]));
        assert_eq!(
            org.get(&format!("/api/v1/users/ann/factors/{id}")).status,
            200
        );
        assert!(
            org.enroll_with("ann", |_| {})
                .cause()
                .contains("already set up")
        );
    }
}

#[test]
fn reads_may_lag_behind_the_enrolment() {
    let mut org = Org::new(&[("factor_lag_ms", "2000")]);
    let id = org.enroll("ann");
    let path = format!("/api/v1/users/ann/factors/{id}");
    org.now += 1;
    assert_eq!(org.get(&path).code(), (404, "E0000007"));
    assert_eq!(org.get("/api/v1/users/ann/factors").body, json!([]));
    assert_eq!(org.enroll_with("ann", |_| {}).code(), (400, "E0000001"));
    org.now += 1;
    assert_eq!(org.get(&path).status, 200);
    assert_eq!(
        org.get("/api/v1/users/ann/factors")
            .body
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn lists_may_hold_factors_that_nobody_enrolled() {
    let mut org = Org::new(&[("extra_factors", "true")]);
    org.enroll("ann");
    let list = org.get("/api/v1/users/ann/factors").body;
    let types: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["factorType"].clone())
        .collect();
    assert_eq!(types, ["token:hotp", "signed_nonce", "token:unheard_of"]);
}

#[test]
fn what_the_policy_forbids_is_not_listed() {
    let mut org = Org::new(&[]);
    let id = org.enroll("ann");
    org.okta
        .switches
        .set("policy_forbids", "ann@a.test")
        .unwrap();
    assert_eq!(org.get("/api/v1/users/ann/factors").body, json!([]));
    assert_eq!(
        org.get(&format!("/api/v1/users/ann/factors/{id}")).status,
        200
    );
}

#[test]
fn factors_of_a_deactivated_user_stay_as_they_are() {
    let mut org = Org::new(&[]);
    let id = org.enroll("bob");
    org.okta.directory.users[1].status = "DEPROVISIONED".to_owned();
    let path = format!("/api/v1/users/bob/factors/{id}");
    assert_eq!(org.send("DELETE", &path, "").code(), (403, "E0000038"));
    assert_eq!(
        org.verify("bob", &id, &code(NOW, 0)).code(),
        (403, "E0000038")
    );
    assert_eq!(org.okta.truth().factors.len(), 1);
}
