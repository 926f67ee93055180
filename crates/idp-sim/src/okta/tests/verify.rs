use super::*;

fn sign_in(org: &mut Org, user: &str, code: &str) -> Result<(), String> {
    let answer = org
        .okta
        .sign_in(user, None, code, Duration::from_secs(org.now));
    match answer.accepted {
        true => Ok(()),
        false => Err(answer.reason.unwrap()),
    }
}

#[test]
fn a_right_code_succeeds_once() {
    let mut org = Org::new(&[]);
    let id = org.enroll("ann");
    let right = org.verify("ann", &id, &code(NOW, 0));
    assert_eq!(
        (right.status, right.body),
        (200, json!({"factorResult": "SUCCESS"}))
    );
    assert_eq!(
        org.verify("ann", &id, &code(NOW, 0)).code(),
        (403, "E0000082")
    );
    assert_eq!(org.okta.truth().factors[0].last_counter, Some(NOW / 30));
}

#[test]
fn a_code_below_the_last_accepted_one_is_used() {
    let mut org = Org::new(&[]);
    let id = org.enroll("ann");
    assert_eq!(org.verify("ann", &id, &code(NOW, 2)).status, 200);
    assert_eq!(
        org.verify("ann", &id, &code(NOW, 1)).code(),
        (403, "E0000082")
    );
    assert_eq!(org.verify("ann", &id, &code(NOW, 3)).status, 200);
}

#[test]
fn a_used_code_may_be_a_result() {
    let mut org = Org::new(&[("replay", "result")]);
    let id = org.enroll("ann");
    org.verify("ann", &id, &code(NOW, 0));
    let again = org.verify("ann", &id, &code(NOW, 0));
    assert_eq!(
        (again.status, again.body),
        (200, json!({"factorResult": "PASSCODE_REPLAYED"}))
    );
}

#[test]
fn the_window_is_the_profiles() {
    for (steps, status) in [(-4, 403), (-3, 200), (3, 200), (4, 403)] {
        let mut org = Org::new(&[]);
        let id = org.enroll("ann");
        let answer = org.verify("ann", &id, &code(NOW, steps));
        assert_eq!(answer.status, status, "{steps}");
    }
    let mut org = Org::new(&[]);
    let id = org.enroll("ann");
    let wrong = org.verify("ann", &id, &code(NOW, 4));
    assert_eq!(wrong.code(), (403, "E0000068"));
    assert_eq!(
        wrong.cause(),
        "Your passcode doesn't match our records. Please try again."
    );
}

#[test]
fn a_code_outside_the_window_may_be_known_as_right() {
    let late = code(NOW, 4);
    let verdict = |value: &str, code: &str| {
        let mut org = Org::new(&[("out_of_window", value)]);
        let id = org.enroll("ann");
        org.verify("ann", &id, code)
    };
    assert_eq!(verdict("wrong", &late).code(), (403, "E0000068"));
    assert_eq!(verdict("error", &late).code(), (403, "E0000083"));
    let result = verdict("result", &late);
    let expected = json!({"factorResult": "TIME_WINDOW_EXCEEDED"});
    assert_eq!((result.status, result.body), (200, expected));
    // Two hours away.
    let far = code(NOW, 240);
    assert_eq!(verdict("error", &far).code(), (403, "E0000068"));
    assert_eq!(verdict("result", &far).code(), (403, "E0000068"));
}

#[test]
fn the_profile_alone_decides_what_code_is_right() {
    let cases = [
        ("sha1:6:30", Algorithm::Sha1, Digits::SIX, Period::THIRTY),
        ("sha1:6:60", Algorithm::Sha1, Digits::SIX, Period::SIXTY),
        (
            "sha256:8:30",
            Algorithm::Sha256,
            Digits::EIGHT,
            Period::THIRTY,
        ),
        ("sha512:6:60", Algorithm::Sha512, Digits::SIX, Period::SIXTY),
    ];
    for (settings, ..) in cases {
        for (own, algorithm, digits, period) in cases {
            let profile = format!("Main:{settings}:base32:0");
            let mut org = Org::new(&[("profiles", &profile)]);
            let id = org.enroll("ann");
            let code = Totp::new(digits, period).generate(&Key::new(algorithm, SECRET), NOW);
            let answer = org.verify("ann", &id, code.as_str());
            assert_eq!(answer.status == 200, own == settings, "{own} on {settings}");
        }
    }
}

#[test]
fn a_body_without_a_code_is_a_bad_request() {
    let mut org = Org::new(&[]);
    let id = org.enroll("ann");
    let path = format!("/api/v1/users/ann/factors/{id}/verify");
    assert_eq!(org.post(&path, &json!({})).code(), (400, "E0000001"));
    assert_eq!(
        org.send("POST", &path, "passCode").code(),
        (400, "E0000003")
    );
    assert_eq!(org.verify("ann", &id, "12345x").code(), (403, "E0000068"));
}

#[test]
fn wrong_codes_in_a_row_lock_the_user() {
    let mut org = Org::new(&[("lock_after", "2")]);
    let id = org.enroll("ann");
    for steps in [9, 0, 9, 9] {
        org.verify("ann", &id, &code(NOW, steps));
    }
    assert_eq!(
        org.verify("ann", &id, &code(NOW, 1)).code(),
        (403, "E0000069")
    );
    assert_eq!(org.get("/api/v1/users/ann").body["status"], "LOCKED_OUT");
    assert_eq!(
        sign_in(&mut org, "ann", &code(NOW, 1)).unwrap_err(),
        "the user is locked"
    );
}

#[test]
fn sign_in_and_verify_share_their_memory() {
    let mut org = Org::new(&[]);
    let id = org.enroll("ann");
    let now = code(NOW, 0);
    assert_eq!(sign_in(&mut org, "ANN@a.test", &now), Ok(()));
    assert_eq!(org.verify("ann", &id, &now).code(), (403, "E0000082"));
    assert_eq!(
        sign_in(&mut org, "ann", &now).unwrap_err(),
        "the code was used before"
    );
    assert_eq!(
        sign_in(&mut org, "ann", &code(NOW, 7)).unwrap_err(),
        "the code is wrong"
    );
    org.now += 30;
    let next = code(org.now, 0);
    assert_eq!(org.verify("ann", &id, &next).status, 200);
}

#[test]
fn a_sign_in_says_why_not() {
    let mut org = Org::new(&[("user_status", "bob@a.test=SUSPENDED")]);
    org.enroll("ann");
    org.enroll("bob");
    let now = code(NOW, 0);
    assert_eq!(
        sign_in(&mut org, "bob", &now).unwrap_err(),
        "the user is SUSPENDED"
    );
    assert_eq!(
        sign_in(&mut org, "carl", &now).unwrap_err(),
        "the user is DEPROVISIONED"
    );
    assert_eq!(
        sign_in(&mut org, "dora", &now).unwrap_err(),
        "there is no such user"
    );
    assert_eq!(
        sign_in(&mut org, "me", &now).unwrap_err(),
        "there is no such user"
    );
    let other = org
        .okta
        .sign_in("ann", Some("chf0"), &now, Duration::from_secs(NOW));
    assert_eq!(other.reason.unwrap(), "the user has no such factor");
}

#[test]
fn a_factor_that_the_policy_forbids_signs_nobody_in() {
    let mut org = Org::new(&[]);
    org.enroll("ann");
    org.enroll("bob");
    org.okta
        .switches
        .set("policy_forbids", "ann@a.test")
        .unwrap();
    let now = code(NOW, 0);
    assert_eq!(
        sign_in(&mut org, "ann", &now).unwrap_err(),
        "the policy does not allow the factor"
    );
    assert_eq!(sign_in(&mut org, "bob", &now), Ok(()));
}
