//! The token page over simulated services, in virtual time.

use idp_sim::{Person, SimConfig};

use crate::door::Role;
use crate::testing::{Client, Device, Rehearsal};

const USER: &str = "user0001@example.com";
const PAYLOAD: &str = "<img src=x onerror=alert(1)>";

async fn desk() -> (Rehearsal, Client) {
    let rehearsal = Rehearsal::new().await;
    let client = Client::new(&rehearsal).await;
    (rehearsal, client)
}

fn status(rehearsal: &Rehearsal, serial: &str) -> (String, Option<String>) {
    rehearsal.in_entra(serial)
}

fn held(status: &str, user: &str) -> (String, Option<String>) {
    (status.to_owned(), Some(user.to_owned()))
}

#[tokio::test(start_paused = true)]
async fn a_token_is_given_to_a_user_and_activated_by_its_code() {
    let (rehearsal, client) = desk().await;
    let device = rehearsal.stocked("T1", None);
    let page = client.get("/tokens/entra/T1").await.body;
    assert!(
        page.contains("Give it to somebody")
            && page.contains("data-search=\"/users/entra/suggest\"")
    );
    let given = client
        .post("/tokens/entra/T1/give", &[("user", USER)])
        .await;
    rehearsal.ended(&given).await;
    assert_eq!(status(&rehearsal, "T1"), held("assigned", USER));

    let page = client.get("/tokens/entra/T1").await.body;
    assert!(page.contains("Activate it") && !page.contains("Give it to somebody"));
    assert!(
        page.contains("user0001") && page.contains("assign: done"),
        "{page}"
    );
    let code = device.code(&rehearsal);
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let activated = client
        .post("/tokens/entra/T1/activate", &[("code", &spaced)])
        .await;
    rehearsal.ended(&activated).await;
    assert_eq!(status(&rehearsal, "T1"), held("activated", USER));
    let page = client.get("/tokens/entra/T1").await.body;
    assert!(page.contains("Deactivate…") && !page.contains("Activate it"));
    let run = client.get(&activated.location).await.body;
    assert!(run.contains(USER), "{run}");
}

#[tokio::test(start_paused = true)]
async fn given_with_a_code_it_works_at_once() {
    let (rehearsal, client) = desk().await;
    let code = rehearsal.stocked("T1", None).code(&rehearsal);
    let fields = [("user", USER), ("code", &*code)];
    let given = client.post("/tokens/entra/T1/give", &fields).await;
    rehearsal.ended(&given).await;
    assert_eq!(status(&rehearsal, "T1"), held("activated", USER));
}

#[tokio::test(start_paused = true)]
async fn a_form_that_is_sent_twice_begins_one_run() {
    let (rehearsal, client) = desk().await;
    rehearsal.stocked("T1", None);
    let fields = [("user", USER), ("once", "o1")];
    let first = client.post("/tokens/entra/T1/give", &fields).await;
    let second = client.post("/tokens/entra/T1/give", &fields).await;
    assert_eq!(first.location, second.location);
    rehearsal.ended(&first).await;
    assert_eq!(rehearsal.app.ledger.runs().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pasted_seed_activates_and_is_kept_nowhere() {
    let (rehearsal, client) = desk().await;
    let device = rehearsal.stocked("T1", Some(USER));
    let fields = [("seed", device.seed.as_str())];
    let activated = client.post("/tokens/entra/T1/activate", &fields).await;
    rehearsal.ended(&activated).await;
    assert_eq!(status(&rehearsal, "T1"), held("activated", USER));
    let seed = device.seed.as_bytes();
    let mut files = 0;
    for file in std::fs::read_dir(rehearsal.directory.path().join("state")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            files += 1;
            let bytes = std::fs::read(&path).unwrap();
            assert!(
                !bytes.windows(seed.len()).any(|part| part == seed),
                "{path:?}"
            );
        }
    }
    assert!(files > 0);
    assert_eq!(rehearsal.app.vault.names("job-").unwrap(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_code_or_a_seed_stands_at_its_field_and_nothing_is_sent() {
    let (rehearsal, client) = desk().await;
    let device = rehearsal.stocked("T1", Some(USER));
    let other = Device::new("T2").code(&rehearsal);
    let cases = [
        (vec![], "code"),
        (vec![("code", "12a456")], "code"),
        (vec![("seed", "no seed!")], "seed"),
        (vec![("seed", &*device.seed), ("code", &other)], "code"),
    ];
    for (fields, field) in cases {
        let answer = client.post("/tokens/entra/T1/activate", &fields).await;
        assert_eq!(answer.status, 422, "{fields:?}");
        let error = format!("id=\"f-{field}-error\"");
        assert!(answer.body.contains(&error), "{fields:?}: {}", answer.body);
        assert!(!answer.body.contains(&*device.seed) && !answer.body.contains("no seed!"));
        assert!(!answer.body.contains("oathctl"), "{fields:?}");
    }
    assert_eq!(rehearsal.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_code_ends_in_a_report_that_says_so() {
    let (rehearsal, client) = desk().await;
    rehearsal.stocked("T1", Some(USER));
    let wrong = Device::new("T2").code(&rehearsal);
    let sent = client
        .post("/tokens/entra/T1/activate", &[("code", &wrong)])
        .await;
    let report = rehearsal.ended(&sent).await;
    assert_eq!((report.counts.failed, report.counts.done), (1, 0));
    assert_eq!(status(&rehearsal, "T1"), held("failedActivation", USER));
    let run = client.follow(&sent).await.body;
    assert!(run.contains("A code is good once") && !run.contains("Plan these rows again"));
    assert!(run.contains("href=\"/tokens/entra/T1\""), "{run}");
    let page = client.get("/tokens/entra/T1").await.body;
    assert!(page.contains("activate: not done"), "{page}");
    assert!(page.contains("(failedActivation)") && page.contains("Activate it"));
}

#[tokio::test(start_paused = true)]
async fn a_user_who_cannot_have_it_is_named_at_the_field() {
    let (rehearsal, client) = desk().await;
    rehearsal.stocked("T1", None);
    rehearsal.stocked("T2", Some("user0002@example.com"));
    for user in ["", "nobody@example.com", PAYLOAD] {
        let answer = client
            .post("/tokens/entra/T1/give", &[("user", user)])
            .await;
        assert_eq!(answer.status, 422, "{user}");
        assert!(
            answer.body.contains("id=\"f-user-error\""),
            "{}",
            answer.body
        );
        assert!(!answer.body.contains("<img"));
    }
    let taken = client
        .post("/tokens/entra/T2/give", &[("user", USER)])
        .await;
    assert_eq!(taken.status, 422);
    assert!(
        taken.body.contains("Another user holds this token"),
        "{}",
        taken.body
    );
    let again = [("user", "user0002@example.com")];
    let same = client.post("/tokens/entra/T2/give", &again).await;
    assert!(same.body.contains("It is so already"), "{}", same.body);
    assert_eq!(rehearsal.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_is_said_before_and_the_serial_number_is_typed() {
    let (rehearsal, client) = desk().await;
    rehearsal.activated("T1", USER);
    rehearsal.stocked("T3", Some(USER));
    let page = client.get("/tokens/entra/T1/take-back").await.body;
    let said = [
        "<b>user0001@example.com</b> cannot sign in with it any more.",
        "This user has 1 other token.",
        "It stays in Entra ID",
        "data-typed=\"T1\"",
    ];
    for said in said {
        assert!(page.contains(said), "{said}: {page}");
    }
    for typed in ["", "T2", "take back"] {
        let answer = client
            .post("/tokens/entra/T1/take-back", &[("typed", typed)])
            .await;
        assert_eq!(answer.status, 422);
        assert!(
            answer.body.contains("id=\"f-typed-error\""),
            "{}",
            answer.body
        );
    }
    assert_eq!(rehearsal.writes(), 0);
    // The same word and the same fields, at other addresses.
    let typed = [("typed", " t1 "), ("once", "o1")];
    let off = client.post("/tokens/entra/T1/deactivate", &typed).await;
    rehearsal.ended(&off).await;
    assert_eq!(status(&rehearsal, "T1"), held("assigned", USER));
    let back = client.post("/tokens/entra/T1/take-back", &typed).await;
    let report = rehearsal.ended(&back).await;
    assert_eq!(status(&rehearsal, "T1"), ("available".to_owned(), None));
    // Whoever loses one is named as whoever gets one is.
    assert_eq!(report.rows[0].user.as_deref(), Some(USER));
    let audit = client.get(&format!("/audit?user={USER}")).await.body;
    assert!(audit.contains("About to unassign"), "{audit}");
    let gone = client.post("/tokens/entra/T1/delete", &typed).await;
    rehearsal.ended(&gone).await;
    assert_eq!(status(&rehearsal, "T1").0, "gone");
    assert_eq!(client.get("/tokens/entra/T1").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_serial_number_is_said_and_escaped() {
    let (_rehearsal, client) = desk().await;
    let odd = "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E";
    for place in ["entra", "okta"] {
        for serial in ["T9", odd] {
            let answer = client.get(&format!("/tokens/{place}/{serial}")).await;
            assert_eq!(answer.status, 404, "{place} {serial}");
            assert!(!answer.body.contains("<img"));
        }
        let sent = client
            .post(
                &format!("/tokens/{place}/T9/activate"),
                &[("code", "123456")],
            )
            .await;
        assert_eq!(sent.status, 404);
    }
}

#[tokio::test(start_paused = true)]
async fn names_come_out_escaped() {
    let mut config = SimConfig::with_people(1);
    config.people.push(Person {
        name: PAYLOAD.to_owned(),
        ..Person::new("odd@example.com")
    });
    let rehearsal = Rehearsal::of(config).await;
    let client = Client::new(&rehearsal).await;
    rehearsal.activated("T1", "odd@example.com");
    for page in [
        "/tokens/entra/T1",
        "/tokens/entra/T1/take-back",
        "/tokens/entra/T1/drift",
    ] {
        let answer = client.get(page).await;
        assert_eq!(answer.status, 200, "{page}");
        assert!(!answer.body.contains("<img"), "{page}");
    }
    assert!(
        client
            .get("/tokens/entra/T1")
            .await
            .body
            .contains("&lt;img src=x")
    );
}

#[tokio::test(start_paused = true)]
async fn each_role_is_offered_and_allowed_what_it_may() {
    let rehearsal = Rehearsal::new().await;
    rehearsal.activated("T1", USER);
    let viewer = Client::with_role(&rehearsal, Role::Viewer).await;
    let page = viewer.get("/tokens/entra/T1").await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("Take back…") && !page.body.contains("Replace…"));
    for path in [
        "give",
        "activate",
        "take-back",
        "deactivate",
        "delete",
        "drift",
    ] {
        let sent = viewer
            .post(&format!("/tokens/entra/T1/{path}"), &[("typed", "T1")])
            .await;
        assert_eq!(sent.status, 403, "{path}");
    }
    assert_eq!(viewer.get("/tokens/entra/T1/delete").await.status, 403);
    assert_eq!(rehearsal.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_help_desk_takes_back_but_does_not_delete() {
    let rehearsal = Rehearsal::new().await;
    rehearsal.activated("T1", USER);
    let desk = Client::with_role(&rehearsal, Role::HelpDesk).await;
    let page = desk.get("/tokens/entra/T1").await.body;
    assert!(page.contains("Take back…") && !page.contains("Delete…"));
    let sent = desk
        .post("/tokens/entra/T1/delete", &[("typed", "T1")])
        .await;
    assert_eq!((sent.status.as_u16(), rehearsal.writes()), (403, 0));
    let back = desk
        .post("/tokens/entra/T1/take-back", &[("typed", "T1")])
        .await;
    rehearsal.ended(&back).await;
    assert_eq!(status(&rehearsal, "T1").1, None);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_off_is_told_by_two_codes_and_nothing_is_sent() {
    let (rehearsal, client) = desk().await;
    rehearsal.stocked("T1", Some(USER));
    let device = Device::ahead("T1", 125);
    let (first, second) = (device.code_in(&rehearsal, -30), device.code(&rehearsal));
    let codes = |first: &str, second: &str| {
        [
            ("seed", device.seed.clone()),
            ("first", first.to_owned()),
            ("second", second.to_owned()),
        ]
    };
    let check = async |first: &str, second: &str| {
        let fields = codes(first, second);
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        client.post("/tokens/entra/T1/drift", &fields).await
    };
    let told = check(&first, &second).await;
    assert_eq!(told.status, 200);
    assert!(
        told.body.contains("The clock is 4 time steps ahead."),
        "{}",
        told.body
    );
    assert!(
        told.body
            .contains("Activate it with a code that it shows now")
    );
    assert!(told.body.contains("s ahead") && !told.body.contains(&device.seed));
    for (first, second, why) in [
        (&second, &first, "The second code came before the first"),
        (&second, &second, "Both codes are the same"),
        (&"12345678".to_owned(), &second, "codes of 6 digits"),
        (&"abc".to_owned(), &second, "f-first-error"),
    ] {
        let told = check(first, second).await;
        assert_eq!(told.status, 422);
        assert!(told.body.contains(why), "{why}: {}", told.body);
    }
    assert_eq!(rehearsal.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn in_okta_taken_back_is_gone() {
    let (rehearsal, client) = desk().await;
    let device = Device::new("T1");
    let user = rehearsal.okta_user(USER).await;
    let fields = [("serial", "T1"), ("seed", &device.link())];
    let given = client
        .post(&format!("/users/okta/{user}/give"), &fields)
        .await;
    rehearsal.ended(&given).await;
    let page = client.get("/tokens/okta/T1").await.body;
    assert!(
        page.contains("Take back…") && !page.contains("Delete…") && !page.contains("Deactivate…")
    );
    let page = client.get("/tokens/okta/T1/take-back").await.body;
    assert!(page.contains("It is gone from Okta") && page.contains("It is the only token"));
    let back = client
        .post("/tokens/okta/T1/take-back", &[("typed", "T1")])
        .await;
    rehearsal.ended(&back).await;
    assert!(rehearsal.sim.state().okta.factors.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_factor_that_nobody_recorded_is_found_by_its_holder() {
    let (rehearsal, client) = desk().await;
    let user = Some(USER.to_owned());
    let secret = None;
    rehearsal
        .sim
        .interfere(&idp_sim::Act::EnrollFactor { user, secret })
        .unwrap();
    let user = rehearsal.okta_user(USER).await;
    let page = client.get(&format!("/users/okta/{user}")).await.body;
    let link = page.split("href=\"/tokens/okta/").nth(1).unwrap();
    let link = format!("/tokens/okta/{}", link.split('"').next().unwrap());
    let token = client.get(&link).await;
    assert_eq!(token.status, 200, "{}", token.body);
    let id = rehearsal.sim.state().okta.factors[0].id.clone();
    let path = format!("/tokens/okta/{id}/take-back?holder={user}");
    let back = client.post(&path, &[("typed", &id)]).await;
    rehearsal.ended(&back).await;
    assert!(rehearsal.sim.state().okta.factors.is_empty());
}
