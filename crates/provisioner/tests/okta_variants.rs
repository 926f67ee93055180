//! The same job with every switch of the simulated Okta set to every value, on both engines: whatever
//! of what is only assumed turns out to be true, all rows end right or the run stops in order.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use std::time::Duration;

use idp_sim::{Idp, OktaSwitches, SimConfig};
use provisioner::{
    Goal, IdentityProvider, InventoryFilter, Ledger, Outcome, Report, Roster, Stopped,
};
use support::{World, counts, mixed_file, user};
use tokio_util::sync::CancellationToken;

const TOKENS: usize = 12;
const ENGINES: [&str; 2] = ["idx", "v1"];

/// What becomes of the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Every token works.
    Works,
    /// Every token works, and nothing here asks what the switch says: it is about service apps, which
    /// `service_app.rs` tries, about faults, or about calls that a run does not make.
    Unasked,
    /// Every token is enrolled; its holder's status keeps one of them out all the same.
    NoSignIn,
    /// Every token works. Whoever runs the file again at once tries each enrolment again, which is refused.
    Lags,
    /// So many rows are done. The others fail, and the report says why.
    Partly(usize),
    /// One row waits for its time.
    Waits,
    /// Every token works. Lists hide one of the factors, which only the ledger tells, as a test below shows.
    Blind,
    /// The run stops, and nothing is done.
    Stops,
    /// The same on Classic only.
    StopsOnClassic,
}
use End::{Blind, Lags, NoSignIn, Partly, Stops, StopsOnClassic, Unasked, Waits, Works};

/// Each switch with its values. One that is missing here fails the test.
#[expect(clippy::too_many_lines, reason = "a table")]
fn variants() -> Vec<(&'static str, Vec<(String, End)>)> {
    let ends = |name, values: &[(&str, End)]| {
        let values = values
            .iter()
            .map(|(value, end)| ((*value).to_owned(), *end));
        (name, values.collect())
    };
    let all = |end: End| {
        move |name, values: &[&str]| {
            let values = values.iter().map(|value| ((*value).to_owned(), end));
            (name, values.collect())
        }
    };
    let (works, unasked) = (all(Works), all(Unasked));
    let both = ["true", "false"];
    let four =
        "A:sha1:6:30:base64:10,B:sha1:6:60:base32:0,C:sha256:6:30:hex:1,D:sha256:6:60:base64:5";
    let of = |n: usize, what: &str| format!("{}{what}", user(n));
    vec![
        works("engine", &ENGINES),
        ends(
            "profiles",
            &[
                (four, Works),
                // Tokens of another algorithm or period have none to go to.
                ("A:sha1:6:30:base32:3", Partly(4)),
                (
                    "A:sha1:6:30:base32:3,B:sha1:6:60:base32:3:inactive",
                    Partly(4),
                ),
                // Which of the two is meant?
                ("A:sha1:6:30:base32:3,B:sha1:6:30:base32:3", Partly(0)),
                ("Default:sha512:6:15:base32:3", Partly(0)),
            ],
        ),
        ends(
            "hotp_profiles",
            &[("v1", Works), ("both", Works), ("off", StopsOnClassic)],
        ),
        works("missing_feature", &["not_found", "feature"]),
        works("settings_case", &["plain", "mixed"]),
        works("settings_place", &["nested", "flat"]),
        works("well_known_open", &both),
        ends(
            "token_right",
            &[("manage", Works), ("reset", Stops), ("read", Stops)],
        ),
        ends("token_life_s", &[("none", Works), ("0", Stops)]),
        unasked("app_scopes", &["okta.users.read"]),
        unasked("app_in_zone", &both),
        unasked("dpop", &["required", "optional", "off"]),
        unasked("dpop_nonce", &both),
        unasked("dpop_call_nonce", &both),
        unasked("dpop_nonce_life_s", &["1"]),
        unasked("dpop_nonce_grace_s", &["0"]),
        unasked("dpop_before_client", &both),
        unasked("proof_age_s", &["5"]),
        unasked("assertion_skew_s", &["300"]),
        unasked("kid_needed", &both),
        unasked("access_token_life_s", &["20"]),
        unasked("scope_challenge", &both),
        ends(
            "restricted_users",
            &[
                ("false", Works),
                (&user(2), Partly(TOKENS - 1)),
                ("true", Stops),
            ],
        ),
        ends(
            "self_enroll",
            &[("true", Works), ("false", Partly(TOKENS - 1))],
        ),
        ends("profiles_readable", &[("true", Works), ("false", Stops)]),
        ends("custom_totp", &[("true", Works), ("false", Partly(0))]),
        works("deprovisioned", &["forbidden", "not_found"]),
        ends(
            "user_status",
            &[
                (&of(2, "=PASSWORD_EXPIRED"), Works),
                (&of(2, "=RECOVERY"), Works),
                (&of(2, "=PROVISIONED"), Works),
                (&of(2, "=LOCKED_OUT"), NoSignIn),
                (&of(2, "=STAGED"), Partly(TOKENS - 1)),
                (&of(2, "=SUSPENDED"), Partly(TOKENS - 1)),
                (&of(2, "=DEPROVISIONED"), Partly(TOKENS - 1)),
            ],
        ),
        ends(
            "refused_statuses",
            &[("RECOVERY,PROVISIONED", Works), ("ACTIVE", Partly(0))],
        ),
        ends("activating", &[("false", Works), (&user(2), Waits)]),
        unasked("activating_s", &["none", "60"]),
        ends(
            "policy_forbids",
            &[
                ("false", Works),
                (&user(2), Partly(TOKENS - 1)),
                ("true", Partly(0)),
            ],
        ),
        ends("list_hidden", &[("false", Works), (&user(2), Blind)]),
        works("extra_factors", &both),
        works("enroll_answer", &["object", "array"]),
        unasked("custom_otp_in_enrollments", &both),
        unasked("enrollment_ids", &["factor", "own"]),
        works("secret_forms", &["canonical", "lenient"]),
        ends(
            "secret_max_chars",
            // A seed of 20 bytes has 32 characters in Base32; in Base64, one of 32 bytes has 44.
            &[("none", Works), ("52", Works), ("32", Partly(4))],
        ),
        works("replay", &["error", "result"]),
        works("out_of_window", &["wrong", "error", "result"]),
        works("lock_after", &["none", "1", "5"]),
        works("index_lag_ms", &["0", "1000", "60000"]),
        works("new_users", &["true", &user(2)]),
        works("links", &["lines", "commas"]),
        ends(
            "factor_lag_ms",
            &[("0", Works), ("2000", Lags), ("60000", Lags)],
        ),
        works("rate", &["off", "free", "enterprise", "workforce"]),
        works("rate_users", &["none", "12"]),
        works("rate_user", &["none", "10"]),
        works("rate_other", &["none", "10"]),
        works("rate_share", &["50", "100"]),
        works("concurrency", &["none", "35", "3"]),
        unasked("throttle", &["window", "concurrent"]),
        works("double_rate_headers", &both),
        works("clock_offset_s", &["0", "-90", "90", "-10800", "10800"]),
        works("date_header", &both),
        works("date_spread_s", &["0", "2"]),
    ]
}

fn world(settings: &[(&str, &str)]) -> World {
    let mut config = SimConfig::with_people(TOKENS);
    config.latency = Duration::from_millis(50);
    for (name, value) in settings {
        let set = config.okta.set(name, value);
        set.unwrap_or_else(|problem| panic!("{name}={value}: {problem}"));
    }
    World::with(config, mixed_file(TOKENS))
}

/// Provisions a file, checks that the report is the truth, and takes everything back.
async fn rehearse(settings: &[(&str, &str)], end: End) {
    let what = format!("{settings:?}");
    let world = world(settings);
    match (end, world.try_provision(Idp::Okta).await) {
        (Stops, ended) => return stopped(&world, ended, &what),
        (NoSignIn, Ok(report)) => assert_eq!(counts(&report), (TOKENS, 0), "{what}"),
        (_, Ok(report)) => {
            let done = match end {
                Partly(done) => done,
                Waits => TOKENS - 1,
                _ => TOKENS,
            };
            assert_eq!(counts(&report), (done, 0), "{what} {:?}", report.rows);
            assert!(explained(&report), "{what} {:?}", report.rows);
            world.check(Idp::Okta, &report).await;
            let pending = report.counts.pending;
            assert_eq!(pending, usize::from(end == Waits), "{what}");
        }
        (_, Err(stopped)) => panic!("{what}: {end:?} was expected: {stopped}"),
    }
    again(&world, end, &what).await;
    take_back(&world, &what).await;
}

/// Each row that is not done says why, and what to do.
fn explained(report: &Report) -> bool {
    let mut open = report.rows.iter();
    open.all(|row| match row.outcome {
        Outcome::Done => row.error.is_none(),
        Outcome::Pending => row.not_before.is_some(),
        _ => row
            .error
            .as_ref()
            .is_some_and(|error| !error.next.is_empty()),
    })
}

fn stopped(world: &World, ended: Result<Report, Stopped>, what: &str) {
    let Err(Stopped::Provider(failure)) = ended else {
        panic!("{what}: {ended:?}");
    };
    assert!(!failure.problem.next.is_empty(), "{what}");
    assert!(world.truth(Idp::Okta).is_empty(), "{what}");
}

/// The same file again writes nothing. Without the ledger, codes tell that the tokens are there.
async fn again(world: &World, end: End, what: &str) {
    let enrolled = world.truth(Idp::Okta).len();
    let written = world.sim.calls().writes;
    let report = world.try_provision(Idp::Okta).await.unwrap();
    assert_eq!(counts(&report), (0, enrolled), "{what}: the second time");
    if matches!(end, Works | Unasked | NoSignIn) {
        assert_eq!(world.sim.calls().writes, written, "{what}");
    }
    if !matches!(end, Works | Lags | Blind) {
        return;
    }
    let kept = world.ledger.known(world.okta(None).await.tenant()).await;
    assert_eq!(kept.unwrap().len(), enrolled, "{what}");
    if end == Blind {
        return;
    }
    world.ledger.lose();
    world.clock.sleep(Duration::from_secs(300)).await;
    let report = world.try_provision(Idp::Okta).await.unwrap();
    // An enrolment that was refused as one too many at once may have been done for all anybody knows:
    // what is found then is counted as done.
    let (done, unchanged) = counts(&report);
    assert_eq!(done + unchanged, TOKENS, "{what}: {:?}", report.rows);
    assert!(done == 0 || report.calls.throttled > 0, "{what}");
    world.check(Idp::Okta, &report).await;
}

async fn take_back(world: &World, what: &str) {
    let okta = world.okta(None).await;
    let known = world.ledger.known(okta.tenant()).await.unwrap();
    let mut tokens = Vec::new();
    let mut take = |token| tokens.push(token);
    let (pace, filter) = (world.pace(), InventoryFilter::default());
    let listed = okta.inventory(&pace, &known, &filter, &mut take).await;
    listed.unwrap();
    if !tokens.is_empty() {
        let roster = Roster::of_inventory(&tokens).unwrap();
        let never = CancellationToken::new();
        let run = world.run_of(&okta, &roster, Goal::Deleted, &never).await;
        assert!(run.report.is_complete(), "{what} {:?}", run.report.rows);
    }
    assert!(world.truth(Idp::Okta).is_empty(), "{what}");
}

/// On both engines.
async fn on_both(settings: &[(&str, &str)], end: End) {
    for engine in ENGINES {
        let end = match (end, engine) {
            (StopsOnClassic, "v1") => Stops,
            (StopsOnClassic, _) => Works,
            (end, _) => end,
        };
        let engine = [("engine", engine)];
        let all: Vec<_> = engine.iter().chain(settings).copied().collect();
        rehearse(&all, end).await;
    }
}

#[test]
fn every_switch_is_tried() {
    let tried: Vec<&str> = variants().iter().map(|(name, _)| *name).collect();
    let all = OktaSwitches::default().list();
    let all: Vec<&str> = all.iter().map(|switch| switch.name).collect();
    assert_eq!(tried, all);
}

#[tokio::test(start_paused = true)]
async fn all_rows_end_right_whatever_is_true() {
    for (name, values) in variants() {
        for (value, end) in values {
            on_both(&[(name, &value)], end).await;
        }
    }
}

/// Switches that say something only together.
#[tokio::test(start_paused = true)]
async fn all_rows_end_right_where_switches_meet() {
    let of = |status| format!("{}={status}", user(2));
    let (gone, resting) = (of("DEPROVISIONED"), of("RECOVERY"));
    for (settings, end) in [
        (
            [("user_status", &*resting), ("refused_statuses", "RECOVERY")],
            Partly(TOKENS - 1),
        ),
        (
            [("user_status", &gone), ("deprovisioned", "not_found")],
            Partly(TOKENS - 1),
        ),
        ([("new_users", "true"), ("index_lag_ms", "60000")], Works),
        (
            [("hotp_profiles", "off"), ("missing_feature", "feature")],
            StopsOnClassic,
        ),
        ([("rate", "free"), ("rate_share", "10")], Works),
        ([("replay", "result"), ("lock_after", "1")], Works),
        ([("clock_offset_s", "60"), ("date_header", "false")], Works),
        (
            [("enroll_answer", "array"), ("factor_lag_ms", "60000")],
            Lags,
        ),
    ] {
        on_both(&settings, end).await;
    }
}

/// What shapes the answers, in every combination.
#[tokio::test(start_paused = true)]
async fn all_rows_end_right_in_every_shape_of_answers() {
    let names = [
        ("settings_case", ["plain", "mixed"]),
        ("settings_place", ["nested", "flat"]),
        ("extra_factors", ["false", "true"]),
        ("enroll_answer", ["object", "array"]),
        ("double_rate_headers", ["false", "true"]),
    ];
    for bits in 0..1_usize << names.len() {
        let chosen = names.iter().enumerate();
        let settings: Vec<(&str, &str)> = chosen
            .map(|(at, (name, values))| (*name, values[bits >> at & 1]))
            .collect();
        on_both(&settings, Works).await;
    }
}

/// Okta refuses a second factor and shows none: the ledger is the only one who knows.
#[tokio::test(start_paused = true)]
async fn a_factor_that_lists_hide_is_told_by_the_ledger_alone() {
    for engine in ENGINES {
        let world = world(&[("engine", engine), ("list_hidden", "true")]);
        world.provision(Idp::Okta).await;
        world.ledger.lose();
        let report = world.try_provision(Idp::Okta).await.unwrap();
        assert_eq!(counts(&report), (0, 0), "{:?}", report.rows);
        for row in &report.rows {
            let error = row.error.as_ref().unwrap();
            assert!(error.message.contains("already set up"), "{error:?}");
            assert!(!error.next.is_empty());
        }
        assert_eq!(world.truth(Idp::Okta).len(), TOKENS);
    }
}
