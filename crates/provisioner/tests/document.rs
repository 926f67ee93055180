//! A plan as a document: what is read back is what was written, and everything else is refused.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use std::collections::BTreeMap;

use oath_core::{Algorithm, Period};
use provisioner::entra::{EntraOptions, capabilities};
use provisioner::{
    Change, Fingerprint, Goal, Made, Observed, Person, Plan, PlanError, Roster, RowChange, State,
    Tenant, TokenId, UserId,
};
use seedfile::{ReadOptions, Serial};
use serde_json::Value;
use support::{file, line, seed, serial, user};

fn roster(content: &str) -> Roster {
    Roster::read(content.as_bytes(), &ReadOptions::default()).unwrap()
}

fn sample_file() -> String {
    let rows = (1..=5).map(|n| line(n, &user(n), n == 2, 30));
    file(rows) + "eve@example.com,S9999,!!!,30,Token2,C202\n"
}

/// A plan with a row of every kind.
fn sample() -> Plan {
    let id = |text: &str| UserId(text.to_owned());
    let seen = |n, state, holder: Option<&str>| {
        let observed = Observed {
            id: TokenId(format!("d{n}")),
            state,
            holder: holder.map(id),
            code_accepted: false,
            proven: true,
            algorithm: Some(Algorithm::Sha1),
            period: Some(Period::THIRTY),
            fingerprint: Some(Fingerprint::recorded("00ff".to_owned())).filter(|_| n == 9),
        };
        (Serial::new(&serial(n)).unwrap(), observed)
    };
    let people = (1..=4).map(|n| (user(n), Person::Found(id(&format!("u{n}")))));
    let observed = BTreeMap::from([
        seen(3, State::Activated, Some("u3")),
        seen(4, State::Assigned, Some("u1")),
        seen(1, State::Imported, None),
    ]);
    let tenant = Tenant {
        idp: "entra".to_owned(),
        id: "t".to_owned(),
    };
    let mut plan = Plan::new(
        &tenant,
        &capabilities(EntraOptions::default()),
        Goal::Activated,
        &roster(&sample_file()),
        &people.collect(),
        &observed,
    );
    plan.made = Some(Made {
        by: "ann@office".to_owned(),
        at: 1_800_000_000,
        with: "oathctl 0.1.0".to_owned(),
    });
    plan
}

#[test]
fn what_was_written_is_read() {
    let plan = sample();
    let document = plan.document();
    assert!(document.starts_with("{\"schema\":\"oathkit.plan/1\","));
    let end = format!(",\"digest\":\"{}\"}}\n", plan.digest());
    assert!(document.ends_with(&end), "{document}");
    assert_eq!(Plan::read(document.as_bytes()), Ok(plan));
}

#[test]
fn no_seed_is_in_it() {
    let document = sample().document();
    for n in 1..=5 {
        let bytes = seed(n, 20);
        for spelt in [
            data_encoding::BASE32_NOPAD.encode(&bytes),
            data_encoding::HEXLOWER.encode(&bytes),
            data_encoding::BASE64.encode(&bytes),
        ] {
            assert!(!document.contains(spelt.get(..16).unwrap()));
        }
    }
}

#[test]
fn a_byte_that_differs_is_noticed_wherever_it_is() {
    let document = sample().document().into_bytes();
    for at in 0..document.len() {
        for flip in [0x01, 0x20] {
            let mut damaged = document.clone();
            damaged[at] ^= flip;
            assert!(Plan::read(&damaged).is_err(), "byte {at}");
        }
        assert!(Plan::read(&document[..at]).is_err(), "cut at {at}");
    }
    let with = |find: &str, put: &str| {
        let text = String::from_utf8(document.clone()).unwrap();
        assert!(text.contains(find));
        Plan::read(text.replacen(find, put, 1).as_bytes())
    };
    for (find, put) in [
        ("}\n", "} \n"),
        ("{\"schema\"", "{\"more\":1,\"schema\""),
        ("\"goal\":", "\"goal\": "),
        ("\"row\":2", "\"row\":2,\"row\":2"),
        ("activated", "assigned"),
    ] {
        assert!(with(find, put).is_err(), "{put}");
    }
}

/// Every place of a document with a value, as pointers.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(name, value)| places(value, &format!("{at}/{name}"), all)),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(n, value)| places(value, &format!("{at}/{n}"), all)),
        _ => all.push(at.to_owned()),
    }
}

#[test]
fn the_digest_is_of_every_field() {
    let plan = sample();
    let value = serde_json::to_value(&plan).unwrap();
    let mut all = Vec::new();
    places(&value, "", &mut all);
    assert!(all.len() > 60, "{}", all.len());
    let mut differ = 0;
    for place in &all {
        let mut changed = value.clone();
        let field = changed.pointer_mut(place).unwrap();
        *field = match &*field {
            Value::String(text) => Value::String(format!("{text}x")),
            Value::Number(number) => Value::from(number.as_u64().unwrap() + 1),
            Value::Bool(so) => Value::Bool(!so),
            // Nothing, where there could be something.
            _ => Value::String("30".to_owned()),
        };
        // What is not one of few words cannot be read at all.
        if let Ok(other) = serde_json::from_value::<Plan>(changed) {
            assert_ne!(other.digest(), plan.digest(), "{place}");
            differ += 1;
        }
    }
    assert!(differ > 40, "{differ}");
}

#[test]
fn other_documents_are_refused_by_name_and_not_quoted() {
    let not_a_plan = |text: &str| match Plan::read(text.as_bytes()) {
        Err(PlanError::NotAPlan { .. }) => {}
        other => panic!("{text}: {other:?}"),
    };
    for text in [
        "",
        "[]",
        "{}",
        "{\"schema\":1}",
        "upn,serial\n",
        "{\"schema\":\"hush\"}",
    ] {
        not_a_plan(text);
    }
    not_a_plan("{\"schema\":\"oathkit.plan/1\",\"digest\":\"x\"}");
    let newer = sample()
        .document()
        .replace("oathkit.plan/1", "oathkit.plan/2");
    let error = Plan::read(newer.as_bytes()).unwrap_err();
    assert_eq!(error, PlanError::OtherVersion("oathkit.plan/2".to_owned()));
    let long = vec![0; Plan::MAX_BYTES + 1];
    assert_eq!(Plan::read(&long), Err(PlanError::TooLarge));
    let secret = "{\"schema\":\"oathkit.plan/1\",\"tenant\":\"UME6JFYF376OSFBF\"}";
    let error = Plan::read(secret.as_bytes()).unwrap_err();
    assert!(!error.to_string().contains("UME6"), "{error}");
}

#[test]
fn a_plan_of_nobody_or_with_an_approval_of_its_own_is_refused() {
    let mut plan = sample();
    plan.made = None;
    assert_eq!(
        Plan::read(plan.document().as_bytes()),
        Err(PlanError::Changed)
    );
    let mut plan = sample();
    plan.carries_out = Some("d".to_owned());
    assert_eq!(
        Plan::read(plan.document().as_bytes()),
        Err(PlanError::Changed)
    );
    let mut plan = sample();
    plan.approval = Some(provisioner::Approval {
        by: "bob".to_owned(),
        key: "SHA256:x".to_owned(),
        plan: plan.digest(),
    });
    assert_eq!(
        Plan::read(plan.document().as_bytes()),
        Err(PlanError::Changed)
    );
}

#[test]
fn rows_of_another_file_are_named() {
    let plan = sample();
    let rows = [
        line(2, &user(2), true, 30),
        line(1, "bob@example.com", false, 60),
        line(3, &user(3), true, 30),
        line(5, &user(5), false, 30),
        line(7, &user(4), false, 30),
    ];
    let changes = plan.file_changes(&roster(&file(rows)));
    let said: Vec<String> = changes.iter().map(RowChange::to_string).collect();
    let expected = [
        format!("row 3, serial {}: another user, period", serial(1)),
        format!("row 4, serial {}: another seed, algorithm", serial(3)),
        format!("serial {} (row 5 then): missing", serial(4)),
        format!("row 6, serial {}: new", serial(7)),
    ];
    assert_eq!(said, expected);
    assert_eq!(changes[3].change, Change::New);
    assert!(
        plan.file_changes(&roster(&(sample_file() + "\n")))
            .is_empty()
    );
}
