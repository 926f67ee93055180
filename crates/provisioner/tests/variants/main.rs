//! The same job with every switch of the simulated Entra set to every value: whatever of what is only
//! assumed turns out to be true, all rows end right.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod hands;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use idp_sim::{EntraSwitches, Idp, SimConfig};
use provisioner::{
    Goal, IdentityProvider, InventoryFilter, InventoryToken, Outcome, Pace, Roster, Stopped,
};
use support::{World, counts, mixed_file, serial, user};
use tokio_util::sync::CancellationToken;

const TOKENS: usize = 12;

/// A serial number of none of the tokens.
const UPLOADED: &str = "uploaded-1";

/// What becomes of the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Every token works.
    Works,
    /// Every token works, and nothing here asks what the switch says: it is about how people,
    /// machines and certificates sign in, about changes of a device, or about `$batch`, which the
    /// tests of `entra-graph` try.
    Unasked,
    /// Every token works, and so does another one.
    Beside,
    /// Every token is activated; the policy keeps its holder out all the same.
    NoSignIn,
    /// Some rows fail, and the report says which.
    Partly,
    /// The run stops, and nothing is done.
    Stops,
}
use End::{Beside, NoSignIn, Partly, Stops, Unasked, Works};

/// Each switch with its values. One that is missing here fails the test.
#[expect(clippy::too_many_lines, reason = "a table")]
fn variants() -> Vec<(&'static str, Vec<(String, End)>)> {
    let works = |name, values: &[&str]| {
        let values = values.iter().map(|value| ((*value).to_owned(), Works));
        (name, values.collect())
    };
    let ends = |name, values: &[(&str, End)]| {
        let values = values
            .iter()
            .map(|(value, end)| ((*value).to_owned(), *end));
        (name, values.collect())
    };
    let unasked = |name, values: &[&str]| {
        let values = values.iter().map(|value| ((*value).to_owned(), Unasked));
        (name, values.collect())
    };
    let both = ["true", "false"];
    vec![
        works("bulk_status", &["200", "201", "207"]),
        works("bulk_item_shape", &["flat", "nested"]),
        works("bulk_errors", &["partial", "atomic"]),
        works("bulk_max", &["none", "1", "5", "50"]),
        works("bulk_content_id", &both),
        works("create_with_assign_status", &["assigned", "available"]),
        works("inline_device", &["always", "expand_only"]),
        works("method_id", &["device", "own"]),
        unasked("update_status", &["204", "200"]),
        works("reimport_quarantine_s", &["0", "900"]),
        works("visibility_lag_ms", &["0", "2000", "60000"]),
        works("replay_policy", &["same_step", "up_to_step", "allow"]),
        ends(
            "max_tokens_per_user",
            &[("5", Works), ("1", Works), ("0", Partly)],
        ),
        works("activation_rate", &["none", "200/300", "2/60"]),
        works("write_rate", &["none", "3000/150", "1/10"]),
        works("read_rate", &["none", "3500/10", "1/10"]),
        works("quota_form", &["bucket", "window"]),
        works("throttle_percentage", &both),
        works(
            "retry_after",
            &["integer", "fractional", "http_date", "absent"],
        ),
        works("clock_offset_s", &["0", "-90", "90", "-10800", "10800"]),
        works("date_header", &both),
        works("date_spread_s", &["0", "2"]),
        works("duplicate_error", &["409", "400", "try_again"]),
        works("serial_ignores_case", &both),
        works("assigned_error", &["409", "400"]),
        works("combined_failure", &["keeps_assignment", "rolls_back"]),
        ends("policy_enabled", &[("true", Works), ("false", NoSignIn)]),
        works("policy_required", &both),
        ends("protected_users", &[("", Works), (&user(2), Partly)]),
        ends(
            "granted_roles",
            &[
                (
                    "Policy.ReadWrite.AuthenticationMethod,UserAuthenticationMethod.ReadWrite.All,User.Read.All",
                    Works,
                ),
                ("Policy.ReadWrite.AuthenticationMethod,User.Read.All", Stops),
                (
                    "UserAuthenticationMethod.ReadWrite.All,User.Read.All",
                    Stops,
                ),
            ],
        ),
        works("token_lifetime_s", &["3599", "600"]),
        ends("secret_expired", &[("false", Works), ("true", Stops)]),
        unasked("access_token_form", &["jwt", "opaque"]),
        unasked("granted_scopes", &["User.Read"]),
        unasked("public_client", &both),
        unasked("assertion_skew_s", &["0", "300"]),
        unasked("assertion_once", &both),
        unasked("refresh_rotates", &both),
        unasked("refresh_once", &both),
        unasked("device_code_lifetime_s", &["1", "900"]),
        unasked("device_code_slow_down", &both),
        unasked("signed_in_user", &["none", &user(1)]),
        unasked("browser", &["accepts", "declines"]),
        unasked("managed_identity", &both),
        ends("sign_in_refusal", &[("none", Works), ("50076", Stops)]),
        // Of registering an application: tests/registration.rs.
        works("signed_in_roles", &["", "Global Administrator"]),
        works("tools_scopes", &[""]),
        works("replication_lag_ms", &["0", "45000"]),
        works("replication_error", &["400", "404"]),
        works("device_page_size", &["1", "5", "1000"]),
        works("user_page_size", &["1", "100"]),
        works("filter_in_max", &["15"]),
        ends(
            "legacy_tokens",
            &[("", Works), (&format!("{}:{UPLOADED}", user(1)), Beside)],
        ),
        works("legacy_in_list", &both),
        unasked("batch_order", &["reversed", "as_asked"]),
    ]
}

fn config(settings: &[(&str, &str)]) -> SimConfig {
    let mut config = SimConfig::with_people(TOKENS);
    for (name, value) in settings {
        let set = config.set(&format!("entra.{name}"), value);
        set.unwrap_or_else(|problem| panic!("{name}={value}: {problem}"));
    }
    config
}

/// A switch, and what it takes for it to be asked.
fn in_company<'s>(name: &'s str, value: &'s str) -> Vec<(&'s str, &'s str)> {
    let rates = ["quota_form", "throttle_percentage", "retry_after"];
    let company = rates.contains(&name).then_some([
        ("activation_rate", "3/60"),
        ("write_rate", "5/60"),
        ("read_rate", "5/10"),
    ]);
    let company = company.into_iter().flatten();
    [(name, value)].into_iter().chain(company).collect()
}

/// What a user's methods show is what the inventory shows.
async fn read_methods(world: &World, what: &str) {
    let listed = read(world, InventoryFilter::default()).await;
    assert_eq!(listed.len(), TOKENS, "{what}");
    for token in listed {
        let holder = token.holder.as_ref().map(|holder| holder.id.clone());
        let held = InventoryFilter {
            holder,
            ..InventoryFilter::default()
        };
        let held = read(world, held).await;
        let ids: Vec<_> = held.iter().map(|one| (&one.id, one.uploaded)).collect();
        assert_eq!(ids, [(&token.id, false)], "{what}");
    }
}

async fn read(world: &World, filter: InventoryFilter) -> Vec<InventoryToken> {
    let mut tokens = Vec::new();
    let mut take = |token| tokens.push(token);
    let pace = Pace::new(world.clock.clone());
    let entra = world.entra();
    let known = BTreeMap::new();
    let read = entra.inventory(&pace, &known, &filter, &mut take).await;
    read.unwrap();
    tokens
}

/// Imports again what was deleted a moment ago, as soon as the service takes it.
async fn import_again(world: &World, is_barred: bool, what: &str) {
    let (report, sittings) = world.persist(Idp::Entra).await;
    assert_eq!(counts(&report), (TOKENS, 0), "{what} {:?}", report.rows);
    assert_eq!(sittings > 1, is_barred, "{what}: {sittings}");
    let truth = world.truth(Idp::Entra);
    assert_eq!(truth.len(), TOKENS, "{what}");
    for (n, token) in (1..).zip(truth.values()) {
        assert_eq!((token.made, token.active), (2, true), "{what}");
        assert_eq!(token.holder, Some(user(n)), "{what}");
    }
    world.sign_in_everybody(Idp::Entra).await;
}

/// Provisions a file, checks that the report is the truth, reads it back from the users' methods, takes
/// everything away, and imports it again.
async fn rehearse(settings: &[(&str, &str)], end: End) {
    let what = format!("{settings:?}");
    let world = World::with(config(settings), mixed_file(TOKENS));
    let never = CancellationToken::new();
    match (end, world.try_provision(Idp::Entra).await) {
        (Works | Unasked | Beside | NoSignIn, Ok(report)) => {
            assert_eq!(counts(&report), (TOKENS, 0), "{what} {:?}", report.rows);
            match end {
                Works | Unasked => {
                    world.check_with(Idp::Entra, &report, 2).await;
                    read_methods(&world, &what).await;
                }
                Beside => world.sign_in_everybody(Idp::Entra).await,
                _ => {}
            }
            let again = world.try_provision(Idp::Entra).await.unwrap();
            assert_eq!(counts(&again), (0, TOKENS), "{what}: the second time");
        }
        (Partly, Ok(report)) => {
            let (done, _) = counts(&report);
            assert!(done < TOKENS, "{what}");
            world.check_with(Idp::Entra, &report, 2).await;
        }
        (Stops, Err(Stopped::Provider(failure))) => {
            assert!(!failure.problem.next.is_empty());
            assert!(
                world.truth(Idp::Entra).values().all(|token| !token.active),
                "{what}"
            );
            return;
        }
        (_, Ok(report)) => panic!("{what}: {end:?} was expected: {:?}", report.counts),
        (_, Err(stopped)) => panic!("{what}: {end:?} was expected: {stopped}"),
    }
    let serials: Vec<String> = (1..=TOKENS).map(serial).collect();
    let serials: Vec<&str> = serials.iter().map(String::as_str).collect();
    let chosen = Roster::without_seeds(world.chosen(&serials).await);
    let run = world
        .run_of(&world.entra(), &chosen, Goal::Deleted, &never)
        .await;
    assert!(run.report.is_complete(), "{what} {:?}", run.report.rows);
    let truth = world.truth(Idp::Entra);
    assert!(
        serials.iter().all(|serial| !truth.contains_key(*serial)),
        "{what}"
    );
    if end == Works {
        let is_barred = !settings.contains(&("reimport_quarantine_s", "0"));
        import_again(&world, is_barred, &what).await;
    }
}

#[test]
fn every_switch_is_tried() {
    let tried: Vec<&str> = variants().iter().map(|(name, _)| *name).collect();
    let all = EntraSwitches::default().list();
    let all: Vec<&str> = all.iter().map(|switch| switch.name).collect();
    assert_eq!(tried, all);
}

#[tokio::test(start_paused = true)]
async fn all_rows_end_right_whatever_is_true() {
    for (name, values) in variants() {
        for (value, end) in values {
            rehearse(&in_company(name, &value), end).await;
        }
    }
}

/// Switches that say something only together.
#[tokio::test(start_paused = true)]
async fn all_rows_end_right_where_switches_meet() {
    let uploaded = format!("{}:{UPLOADED}", user(1));
    let listed = [("legacy_tokens", &*uploaded), ("legacy_in_list", "true")];
    rehearse(&listed, Beside).await;
    let off = [("policy_required", "true"), ("policy_enabled", "false")];
    rehearse(&off, Partly).await;
}

/// A token of the file was uploaded as CSV before: that is another store, so the file's is created,
/// whether the list shows the other one or not, and however many rows there are.
#[tokio::test(start_paused = true)]
async fn an_uploaded_token_of_the_same_serial_is_not_taken_for_the_files() {
    for listed in ["true", "false"] {
        for (rows, holder) in [(1, 1), (1, 2), (TOKENS, 1), (TOKENS, 2)] {
            let uploaded = format!("{}:{}", user(holder), serial(1));
            let settings = [("legacy_tokens", &*uploaded), ("legacy_in_list", listed)];
            let what = format!("{settings:?} {rows} rows");
            let world = World::with(config(&settings), mixed_file(rows));
            let run = world.provision(Idp::Entra).await;
            assert_eq!(counts(&run.report), (rows, 0), "{what}");
            assert_eq!(created(&world), rows, "{what}");
            let again = world.provision(Idp::Entra).await;
            assert_eq!(counts(&again.report), (0, rows), "{what}");
            world.ledger.lose();
            let again = world.provision(Idp::Entra).await;
            assert_eq!(counts(&again.report), (0, rows), "{what}: no ledger");
            let outcomes = again.report.rows.iter().map(|row| row.outcome);
            assert!(outcomes.eq(std::iter::repeat_n(Outcome::Unchanged, rows)));
            assert_eq!(created(&world), rows, "{what}");
        }
    }
}

/// How many tokens were created through Graph and are in use.
fn created(world: &World) -> usize {
    let devices = world.sim.state().entra.devices;
    let created = devices.iter().filter(|device| !device.legacy);
    created
        .filter(|device| device.status == "activated")
        .count()
}

/// What shapes the answers of the two calls that make a token, in every combination.
#[tokio::test(start_paused = true)]
async fn all_rows_end_right_in_every_shape_of_answers() {
    let names = [
        ("bulk_status", ["200", "201"]),
        ("bulk_item_shape", ["flat", "nested"]),
        ("bulk_errors", ["partial", "atomic"]),
        ("bulk_content_id", ["true", "false"]),
        ("create_with_assign_status", ["assigned", "available"]),
        ("visibility_lag_ms", ["0", "3000"]),
    ];
    for bits in 0..1_usize << names.len() {
        let chosen = names.iter().enumerate();
        let settings: Vec<(&str, &str)> = chosen
            .map(|(at, (name, values))| (*name, values[bits >> at & 1]))
            .collect();
        rehearse(&settings, Works).await;
    }
}
