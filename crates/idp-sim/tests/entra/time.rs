use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use idp_http::Clock;
use idp_sim::{Event, Fault, Faults, Rule, SimConfig, Token};
use oath_core::{Algorithm, Digits, Key, Period, Totp};
use serde_json::Value;

use crate::client::{Client, DEVICES, START, device};

const SEED: &[u8] = b"12345678901234567890";

fn token(seed: &[u8]) -> Token {
    let totp = Totp::new(Digits::SIX, Period::THIRTY);
    Token::new(Key::new(Algorithm::Sha1, seed), totp)
}

/// By how many seconds the date of an answer is off.
async fn off(client: &Client) -> i64 {
    let answer = client.get(DEVICES).await;
    let date = httpdate::parse_http_date(answer.headers["date"].to_str().unwrap()).unwrap();
    let unix = date
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    i64::try_from(unix).unwrap() - i64::try_from(client.clock.unix().as_secs()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn dates_can_be_absent_and_can_disagree() {
    let silent = Client::new(|switches| switches.date_header = false).await;
    assert!(!silent.get(DEVICES).await.headers.contains_key("date"));

    let run = async || {
        let client = Client::new(|switches| {
            switches.date_spread_s = 5;
            switches.clock_offset_s = 100;
        });
        let client = client.await;
        let mut seen = Vec::new();
        for _ in 0..100 {
            seen.push(off(&client).await);
        }
        seen
    };
    let seen = run().await;
    assert_eq!(seen, run().await);
    let distinct: BTreeSet<i64> = seen.into_iter().collect();
    assert_eq!(distinct, (95..=105).collect());
}

#[tokio::test(start_paused = true)]
async fn a_token_whose_clock_drifts_is_followed_until_it_is_too_far_off() {
    let client = Client::new(|_| {}).await;
    let id = client.create_for("S1", 1).await;
    // 4 minutes fast, and gaining 8.64 s a day.
    let token = token(SEED).set_ahead(240).drifting(100, START);
    let code = |client: &Client| {
        token
            .code(client.clock.unix().as_secs())
            .as_str()
            .to_owned()
    };
    assert_eq!(client.activate(&id, 1, &code(&client)).await.status, 204);
    assert_eq!(client.truth("S1").unwrap().drift, 8);
    for _ in 0..10 {
        client.wait(6 * 86_400).await;
        assert!(client.sign_in(1, &code(&client)).accepted);
    }
    // 25 steps at once are too many.
    client.wait(90 * 86_400).await;
    assert!(!client.sign_in(1, &code(&client)).accepted);
}

#[tokio::test(start_paused = true)]
async fn a_token_with_another_seed_never_gets_in() {
    let client = Client::new(|_| {}).await;
    let id = client.create_for("S1", 1).await;
    let other = token(b"09876543210987654321");
    for _ in 0..20 {
        let code = other.code(client.clock.unix().as_secs());
        assert_eq!(client.activate(&id, 1, code.as_str()).await.status, 400);
        client.wait(30).await;
    }
    assert_eq!(client.status("S1"), "failedActivation");
}

#[tokio::test(start_paused = true)]
async fn a_service_is_away_for_a_while() {
    let client = Client::new(|_| {}).await;
    let away = Rule {
        from_ms: Some(60_000),
        until_ms: Some(660_000),
        ..Rule::always(Fault::ResetBefore)
    };
    client.sim.set_faults(vec![away].into());
    let mut ups = Vec::new();
    for _ in 0..12 {
        ups.push(client.try_call("GET", DEVICES, Value::Null).await.is_ok());
        client.wait(60).await;
    }
    let mut wanted = [false; 12];
    (wanted[0], wanted[11]) = (true, true);
    assert_eq!(ups, wanted);
}

/// 300 requests under a mixture of faults, and what came of them.
async fn traced(seed: u64) -> Vec<Event> {
    let config = SimConfig {
        seed,
        ..SimConfig::with_people(3)
    };
    let client = Client::with(config).await;
    assert!(client.sim.trace().is_empty());
    client.sim.start_trace();
    client.sim.set_faults(Faults::mix(0.3));
    for number in 0..100 {
        let call = |method, path| client.try_call(method, path, device(&format!("S{number}")));
        let _ = call("POST", DEVICES).await;
        let _ = call("GET", DEVICES).await;
        if number % 10 == 0 {
            let form = client.request("GET", "/v1.0/users", &Value::Null);
            let _ = client.send(form).await;
        }
        client.wait(1).await;
    }
    client.sim.trace()
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_trace() {
    let first = traced(7).await;
    assert_eq!(first.len(), 210);
    assert_eq!(first, traced(7).await);
    let other = traced(8).await;
    let faults = |trace: &[Event]| {
        trace
            .iter()
            .map(|event| event.fault.clone())
            .collect::<Vec<_>>()
    };
    assert_ne!(faults(&first), faults(&other));
    let failed = first.iter().filter(|event| event.fault.is_some()).count();
    assert!((40..90).contains(&failed), "{failed}");
    let event = &first[0];
    assert_eq!(
        (event.route.as_str(), event.request.as_str()),
        ("devices.create", &*format!("POST {DEVICES}"))
    );
    let last = first.last().unwrap();
    assert!(Duration::from_millis(last.at_ms) >= Duration::from_secs(99));
}
