use super::*;

const WELL_KNOWN: &str = "/.well-known/okta-organization";

#[test]
fn a_request_needs_the_token() {
    let mut org = Org::new(&[]);
    let good = org.authorization.clone();
    for (header, code) in [
        ("SSWS 00wrong".to_owned(), (401, "E0000011")),
        (good.replace("SSWS", "Bearer"), (403, "E0000005")),
        (String::new(), (403, "E0000005")),
    ] {
        org.authorization = header;
        assert_eq!(org.get("/api/v1/users/ann").code(), code);
        assert_eq!(org.get("/api/v1/no_such").code(), code);
        assert_eq!(org.get(WELL_KNOWN).status, 200);
    }
    org.authorization = good;
    assert_eq!(org.get("/api/v1/users/ann").status, 200);
    let mut closed = Org::new(&[("well_known_open", "false")]);
    closed.authorization = String::new();
    assert_eq!(closed.get(WELL_KNOWN).code(), (403, "E0000005"));
}

#[test]
fn a_token_expires() {
    let mut org = Org::new(&[("token_life_s", "10")]);
    assert_eq!(org.get("/api/v1/users/ann").status, 200);
    org.now += 10;
    assert_eq!(org.get("/api/v1/users/ann").code(), (401, "E0000011"));
}

#[test]
fn rights_limit_writes() {
    for (right, enroll, delete) in [
        ("manage", 200, 404),
        ("reset", 403, 404),
        ("read", 403, 403),
    ] {
        let mut org = Org::new(&[("token_right", right)]);
        let answer = org.enroll_with("ann", |_| {});
        assert_eq!(answer.status, enroll);
        if enroll == 403 {
            assert_eq!(answer.code(), (403, "E0000006"));
        }
        assert_eq!(
            org.send("DELETE", "/api/v1/users/ann/factors/x", "").status,
            delete
        );
        assert_eq!(org.get("/api/v1/users/ann/factors").status, 200);
    }
}

#[test]
fn some_users_factors_are_out_of_reach() {
    let mut org = Org::new(&[]);
    let id = org.enroll("ann");
    org.okta
        .switches
        .set("restricted_users", "Ann@a.test")
        .unwrap();
    let denied = (403, "E0000006");
    let factor = format!("/api/v1/users/ann/factors/{id}");
    assert_eq!(org.get("/api/v1/users/ann/factors").code(), denied);
    assert_eq!(org.get(&factor).code(), denied);
    assert_eq!(org.enroll_with("ann@a.test", |_| {}).code(), denied);
    assert_eq!(org.verify("ann", &id, &code(NOW, 0)).code(), denied);
    assert_eq!(org.send("DELETE", &factor, "").code(), denied);
    let activate = format!("{factor}/lifecycle/activate");
    assert_eq!(org.post(&activate, &json!({})).code(), denied);
    // The user himself can be read, and others are as before.
    assert_eq!(org.get("/api/v1/users/ann").status, 200);
    org.enroll("bob");
    assert_eq!(org.okta.truth().factors.len(), 2);
}

#[test]
fn unknown_paths_methods_and_bodies_are_refused() {
    let mut org = Org::new(&[]);
    assert_eq!(org.get("/api/v1/groups").code(), (404, "E0000008"));
    assert_eq!(org.get("/api/v1/users/%ff").code(), (404, "E0000008"));
    assert_eq!(
        org.send("PUT", "/api/v1/users/ann", "{}").code(),
        (405, "E0000022")
    );
    assert_eq!(org.get("/api/v1/users?q=%zz").code(), (400, "E0000002"));
    let untyped = http::Request::post("https://org.test/api/v1/users/ann/factors")
        .header("authorization", &org.authorization)
        .body(b"{}".to_vec())
        .unwrap();
    let answer = org.okta.handle(&untyped, Duration::from_secs(NOW));
    assert_eq!(answer.status(), 400);
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(body["errorCode"], "E0000021");
}

#[test]
fn every_answer_has_a_request_id_and_rate_headers() {
    let mut org = Org::new(&[]);
    let mut ids = std::collections::BTreeSet::new();
    for path in [
        "/api/v1/users/ann",
        "/api/v1/users/dora",
        WELL_KNOWN,
        "/api/v1/no_such",
    ] {
        let answer = org.get(path);
        ids.insert(answer.header("x-okta-request-id").to_owned());
        let number = |name: &str| answer.header(name).parse::<u64>().unwrap();
        assert!(number("x-rate-limit-remaining") < number("x-rate-limit-limit"));
        let reset = number("x-rate-limit-reset");
        assert!(reset > NOW && reset <= NOW + 60);
    }
    assert_eq!(ids.len(), 4);
    let error = org.get("/api/v1/no_such");
    let id = error.body["errorId"].as_str().unwrap();
    assert!(id.starts_with("oae") && id.len() == 25);
}

#[test]
fn used_up_requests_are_refused_until_the_reset() {
    let mut org = Org::new(&[("rate_users", "6")]);
    for remaining in ["2", "1", "0"] {
        let answer = org.get("/api/v1/users/ann/factors");
        assert_eq!(answer.header("x-rate-limit-remaining"), remaining);
        assert_eq!(answer.header("x-rate-limit-limit"), "3");
    }
    let refused = org.enroll_with("ann", |_| {});
    assert_eq!(refused.code(), (429, "E0000047"));
    assert_eq!(refused.header("x-rate-limit-remaining"), "0");
    assert!(org.okta.truth().factors.is_empty());
    assert_eq!(org.get("/api/v1/users/ann").status, 200);
    org.now = refused.header("x-rate-limit-reset").parse().unwrap();
    assert_eq!(org.enroll_with("ann", |_| {}).status, 200);
}

#[test]
fn rate_headers_can_be_doubled() {
    let mut org = Org::new(&[("double_rate_headers", "true"), ("rate", "free")]);
    let answer = org.get("/api/v1/users/ann");
    let values = answer.headers.get_all("x-rate-limit-remaining").iter();
    assert_eq!(values.collect::<Vec<_>>(), ["149", "49"]);
}

#[test]
fn a_scripted_429_looks_like_oktas() {
    let mut org = Org::new(&[("rate", "free")]);
    let now = Duration::from_secs(NOW);
    let answer = org.okta.error(429, None, now);
    assert_eq!(answer.headers()["x-rate-limit-remaining"], "0");
    assert_eq!(answer.headers()["x-rate-limit-limit"], "50");
    assert!(!answer.headers().contains_key("retry-after"));
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(body["errorCode"], "E0000047");
    let answer = org.okta.error(429, Some("7"), now);
    assert_eq!(
        answer.headers()["x-rate-limit-reset"],
        (NOW + 7).to_string().as_str()
    );
    assert_eq!(answer.headers()["retry-after"], "7");
    let mut crowded = Org::new(&[("throttle", "concurrent")]);
    assert_eq!(
        crowded.okta.error(429, None, now).headers()["x-rate-limit-limit"],
        "0"
    );
}

#[test]
fn the_engine_decides_which_profiles_answer() {
    let (authenticators, profiles) = (
        "/api/v1/authenticators",
        "/api/v1/org/factors/hotp/profiles",
    );
    let mut idx = Org::new(&[]);
    assert_eq!(idx.get(WELL_KNOWN).body["pipeline"], "idx");
    assert!(idx.profile(0).starts_with("aut"));
    assert_eq!(idx.get(authenticators).status, 200);
    assert_eq!(idx.get(profiles).code(), (404, "E0000008"));
    let mut v1 = Org::new(&[("engine", "v1"), ("missing_feature", "feature")]);
    assert_eq!(v1.get(WELL_KNOWN).body["pipeline"], "v1");
    assert!(v1.profile(0).starts_with("fpr"));
    assert_eq!(v1.get(authenticators).code(), (401, "E0000015"));
    assert_eq!(v1.get(profiles).body[0]["settings"]["otpLength"], 6);
    assert_eq!(v1.enroll_with("ann", |_| {}).status, 200);
    let mut off = Org::new(&[("engine", "v1"), ("hotp_profiles", "off")]);
    assert_eq!(off.get(profiles).code(), (404, "E0000008"));
    let mut both = Org::new(&[("hotp_profiles", "both")]);
    let path = format!("{profiles}/{}", both.profile(1));
    assert_eq!(both.get(&path).body["settings"]["encoding"], "hexadecimal");
}

#[test]
fn an_authenticator_holds_its_settings_in_its_method() {
    let mut org = Org::new(&[]);
    let list = org.get("/api/v1/authenticators").body;
    let own: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .filter(|a| a["key"] == "custom_otp")
        .collect();
    assert_eq!((own.len(), list.as_array().unwrap().len()), (4, 5));
    assert_eq!(own[2]["name"], "Token2 SHA-256 30 s");
    assert!(own[2]["settings"].is_null());
    let id = own[2]["id"].as_str().unwrap();
    assert_eq!(
        &org.get(&format!("/api/v1/authenticators/{id}")).body,
        own[2]
    );
    let path = format!("/api/v1/authenticators/{id}/methods/otp");
    let method = org.get(&path).body;
    assert_eq!(
        method["settings"],
        json!({
            "protocol": "TOTP", "timeIntervalInSeconds": 30, "encoding": "base64",
            "algorithm": "HMacSHA256", "passCodeLength": 6, "acceptableAdjacentIntervals": 3,
        })
    );
    let all = org
        .get(&format!("/api/v1/authenticators/{id}/methods"))
        .body;
    assert_eq!(all, json!([method]));
    assert_eq!(
        org.get("/api/v1/authenticators/x/methods/otp").code(),
        (404, "E0000007")
    );
}

#[test]
fn settings_vary_in_case_and_place() {
    let mut org = Org::new(&[("settings_case", "mixed"), ("settings_place", "flat")]);
    let path = format!("/api/v1/authenticators/{}/methods/otp", org.profile(0));
    let method = org.get(&path).body;
    assert_eq!(
        (&method["encoding"], &method["algorithm"]),
        (&json!("Base32"), &json!("HMACSHA1"))
    );
    assert!(method["settings"].is_null());
}

#[test]
fn the_same_seed_gives_the_same_organisation() {
    let mut one = Org::new(&[]);
    let mut other = Org::new(&[]);
    let first = one.enroll("ann");
    other.enroll("bob");
    assert_eq!(first, other.enroll("ann"));
    assert_eq!(one.okta.access(), other.okta.access());
    let debug = format!("{:?}", one.okta.access());
    assert!(!debug.contains(&one.okta.access().token));
}
