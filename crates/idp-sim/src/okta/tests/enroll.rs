use super::*;

#[test]
fn an_enrolment_answers_with_the_factor() {
    let mut org = Org::new(&[]);
    let answer = org.enroll_with("ann", |_| {});
    let (id, user) = (&answer.body["id"], &org.okta.directory.users[0].id);
    let href = format!(
        "https://org.test/api/v1/users/{user}/factors/{}",
        id.as_str().unwrap()
    );
    assert_eq!(id.as_str().unwrap().len(), 20);
    assert!(id.as_str().unwrap().starts_with("chf"));
    assert_eq!(
        answer.body,
        json!({
            "id": id, "factorType": "token:hotp", "provider": "CUSTOM",
            "vendorName": "Token2 SHA-1 30 s", "status": "ACTIVE",
            "created": "2027-01-15T08:00:00.000Z", "lastUpdated": "2027-01-15T08:00:00.000Z",
            "_links": {
                "self": {"href": href, "hints": {"allow": ["GET", "DELETE"]}},
                "verify": {"href": format!("{href}/verify"), "hints": {"allow": ["POST"]}},
                "user": {"href": format!("https://org.test/api/v1/users/{user}"),
                    "hints": {"allow": ["GET"]}},
            },
        })
    );
}

#[test]
fn the_answer_can_be_an_array() {
    let mut org = Org::new(&[("enroll_answer", "array")]);
    let answer = org.enroll_with("ann", |_| {});
    assert_eq!(answer.body[0]["status"], "ACTIVE");
}

#[test]
fn unknown_fields_of_the_profile_are_ignored() {
    let mut org = Org::new(&[]);
    let answer = org.enroll_with("ann", |body| {
        body["profile"]["algorithm"] = json!("SHA512");
        body["profile"]["keyLength"] = json!(8);
        body["profile"]["timeStep"] = json!(60);
    });
    let id = answer.body["id"].as_str().unwrap().to_owned();
    assert_eq!(org.verify("ann", &id, &code(NOW, 0)).status, 200);
}

#[test]
fn without_activate_the_factor_is_pending_until_a_code_activates_it() {
    let mut org = Org::new(&[]);
    let body = org.enrollment();
    let answer = org.post("/api/v1/users/ann/factors", &body);
    assert_eq!(answer.body["status"], "PENDING_ACTIVATION");
    assert_eq!(
        answer.body["_links"]["self"]["hints"]["allow"],
        json!(["GET"])
    );
    let id = answer.body["id"].as_str().unwrap().to_owned();
    assert_eq!(
        org.verify("ann", &id, &code(NOW, 0)).code(),
        (410, "E0000154")
    );
    assert!(
        !org.okta
            .sign_in("ann", None, &code(NOW, 0), Duration::from_secs(NOW))
            .accepted
    );
    let activate = format!("/api/v1/users/ann/factors/{id}/lifecycle/activate");
    let wrong = org.post(&activate, &json!({"passCode": code(NOW, 9)}));
    assert_eq!(wrong.code(), (403, "E0000068"));
    let right = org.post(&activate, &json!({"passCode": code(NOW, 0)}));
    assert_eq!(right.body["status"], "ACTIVE");
    let again = org.post(&activate, &json!({"passCode": code(NOW, 1)}));
    assert_eq!(again.code(), (400, "E0000001"));
}

#[test]
fn one_factor_a_user() {
    let mut org = Org::new(&[]);
    org.enroll("ann");
    let profile = org.profile(3);
    let again = org.enroll_with("ann", |body| body["factorProfileId"] = json!(profile));
    assert_eq!(again.code(), (400, "E0000001"));
    assert_eq!(
        again.body["errorSummary"],
        "Api validation failed: factorEnrollRequest"
    );
    assert_eq!(again.cause(), "A factor of this type is already set up.");
    assert_eq!(org.okta.truth().factors[0].enrollments, 1);
}

#[test]
fn a_removed_token_makes_room_and_is_counted() {
    let mut org = Org::new(&[]);
    let first = org.enroll("ann");
    let path = format!("/api/v1/users/ann/factors/{first}");
    assert_eq!(org.send("DELETE", &path, "").status, 204);
    assert_eq!(org.send("DELETE", &path, "").code(), (404, "E0000007"));
    let second = org.enroll("ann");
    assert_ne!(first, second);
    let truth = org.okta.truth();
    assert_eq!(
        (truth.factors[0].id.as_str(), truth.factors[0].enrollments),
        (second.as_str(), 2)
    );
}

#[test]
fn checks_come_in_order() {
    let mut org = Org::new(&[("policy_forbids", "ann@a.test")]);
    let bad = "/api/v1/users/dora/factors?activate=true";
    assert_eq!(org.send("POST", bad, "{").code(), (404, "E0000007"));
    let gone = "/api/v1/users/carl/factors?activate=true";
    assert_eq!(org.send("POST", gone, "{").code(), (403, "E0000038"));
    let path = "/api/v1/users/ann/factors?activate=true";
    assert_eq!(org.send("POST", path, "{").code(), (400, "E0000003"));
    assert_eq!(org.send("POST", path, "[]").code(), (400, "E0000003"));
    let broken = |body: &mut Value| body["profile"] = json!({"sharedSecret": "!"});
    let answer = org.enroll_with("ann", |body| {
        broken(body);
        body["factorType"] = json!("token");
        body["factorProfileId"] = json!("x");
    });
    assert!(answer.cause().contains("factor type"));
    let answer = org.enroll_with("ann", |body| {
        broken(body);
        body["factorProfileId"] = json!("x");
    });
    assert_eq!(
        answer.body["errorSummary"],
        "Api validation failed: factorProfileId"
    );
    let answer = org.enroll_with("ann", broken);
    assert!(answer.cause().contains("Multifactor policy"));
    org.enroll("bob");
    assert!(
        org.enroll_with("bob", broken)
            .cause()
            .contains("already set up")
    );
}

#[test]
fn an_inactive_profile_takes_nobody() {
    let mut org = Org::new(&[("profiles", "Old:sha1:6:30:base32:3:inactive")]);
    assert_eq!(org.enroll_with("ann", |_| {}).code(), (400, "E0000001"));
}

#[test]
fn a_secret_must_be_in_the_encoding_of_the_profile() {
    let spelt = [
        BASE32,
        "3132333435363738393031323334353637383930",
        "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=",
        BASE32,
    ];
    for (index, right) in spelt.iter().enumerate() {
        for text in spelt {
            let mut org = Org::new(&[]);
            let profile = org.profile(index);
            let answer = org.enroll_with("ann", |body| {
                body["factorProfileId"] = json!(profile);
                body["profile"]["sharedSecret"] = json!(text);
            });
            // Base32 and hexadecimal text can be read as Base64 too: then the wrong key is enrolled.
            let readable = text == *right || (index == 2 && text.len() % 4 == 0);
            assert_eq!(
                answer.status,
                if readable { 200 } else { 400 },
                "{index} {text}"
            );
        }
    }
}

#[test]
fn spelling_and_length_of_secrets_are_switches() {
    let small = |body: &mut Value| body["profile"]["sharedSecret"] = json!(BASE32.to_lowercase());
    assert_eq!(
        Org::new(&[]).enroll_with("ann", small).code(),
        (400, "E0000001")
    );
    let mut lenient = Org::new(&[("secret_forms", "lenient")]);
    assert_eq!(lenient.enroll_with("ann", small).status, 200);
    let mut short = Org::new(&[("secret_max_chars", "31")]);
    assert_eq!(short.enroll_with("ann", |_| {}).code(), (400, "E0000001"));
    let missing = |body: &mut Value| body["profile"] = json!({});
    assert_eq!(
        Org::new(&[]).enroll_with("ann", missing).code(),
        (400, "E0000001")
    );
}

#[test]
fn the_owner_of_the_token_may_be_refused() {
    let mut org = Org::new(&[("self_enroll", "false")]);
    assert_eq!(org.enroll_with("me", |_| {}).code(), (403, "E0000005"));
    assert_eq!(org.enroll_with("bob", |_| {}).status, 200);
}

#[test]
fn a_deactivated_user_can_be_hidden() {
    let mut org = Org::new(&[("deprovisioned", "not_found")]);
    assert_eq!(org.enroll_with("carl", |_| {}).code(), (404, "E0000007"));
}
