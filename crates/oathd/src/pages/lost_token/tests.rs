//! The help desk's page over simulated services, in virtual time.

use std::time::Duration;

use idp_sim::{Fault, Faults, Rule};

use crate::door::Role;
use crate::testing::{Answer, Client, Device, Rehearsal};

const USER: &str = "user0001@example.com";
const OTHER: &str = "user0002@example.com";
const PAYLOAD: &str = "<img src=x onerror=alert(1)>";

async fn desk() -> (Rehearsal, Client) {
    let rehearsal = Rehearsal::new().await;
    let client = Client::with_role(&rehearsal, Role::HelpDesk).await;
    (rehearsal, client)
}

async fn replace(client: &Client, fields: &[(&str, &str)]) -> Answer {
    client.post("/lost-token", fields).await
}

fn has_error_at(answer: &Answer, field: &str) {
    assert_eq!(answer.status, 422, "{}", answer.body);
    let error = format!("id=\"f-{field}-error\"");
    assert!(answer.body.contains(&error), "{field}: {}", answer.body);
}

/// Gives a device to a user of Okta.
async fn enrolled(rehearsal: &Rehearsal, serial: &str) -> Device {
    let device = Device::new(serial);
    let admin = Client::new(rehearsal).await;
    let user = rehearsal.okta_user(USER).await;
    let fields = [("serial", serial), ("seed", &device.link())];
    let given = admin
        .post(&format!("/users/okta/{user}/give"), &fields)
        .await;
    rehearsal.ended(&given).await;
    device
}

#[tokio::test(start_paused = true)]
async fn the_new_one_is_given_and_then_the_lost_one_is_taken_back() {
    let (rehearsal, client) = desk().await;
    rehearsal.activated("T1", USER);
    let code = rehearsal.stocked("T2", None).code(&rehearsal);
    let fields = [
        ("idp", "entra"),
        ("user", USER),
        ("old", "t1"),
        ("new", "T2"),
        ("code", &*code),
    ];
    let answer = replace(&client, &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    rehearsal.ended(&answer).await;
    assert_eq!(
        rehearsal.in_entra("T2"),
        ("activated".to_owned(), Some(USER.to_owned()))
    );
    assert_eq!(rehearsal.in_entra("T1"), ("available".to_owned(), None));
    assert_eq!(rehearsal.app.ledger.runs().await.unwrap().len(), 2);
}

/// Begins a replacement in Entra ID, and gives the pages of both halves at its end.
async fn halves(rehearsal: &Rehearsal, client: &Client) -> [String; 2] {
    rehearsal.activated("T1", USER);
    let code = rehearsal.stocked("T2", None).code(rehearsal);
    let fields = [
        ("user", USER),
        ("old", "T1"),
        ("new", "T2"),
        ("code", &*code),
    ];
    let answer = replace(client, &fields).await;
    rehearsal.ended(&answer).await;
    let second = format!("{}-2", answer.location);
    let first = client.get(&answer.location).await.body;
    assert!(first.contains(&format!("href=\"{second}\"")), "{first}");
    let back = format!("href=\"{}\"", answer.location);
    let second = client.get(&second).await.body;
    assert!(second.contains(&back), "{second}");
    [first, second]
}

#[tokio::test(start_paused = true)]
async fn each_half_shows_the_other_one() {
    let (rehearsal, client) = desk().await;
    let [first, second] = halves(&rehearsal, &client).await;
    assert!(first.contains("Take back in Entra ID</a>"));
    assert!(second.contains("Activate in Entra ID</a>"));
    assert!(!first.contains("not as wanted") && !second.contains("not as wanted"));
}

#[tokio::test(start_paused = true)]
async fn a_half_that_was_not_begun_is_told_at_once() {
    let (rehearsal, client) = desk().await;
    let fault = Fault::Status {
        status: 400,
        retry_after: None,
        after_work: false,
    };
    let rules = vec![Rule {
        route: Some("methods.*".to_owned()),
        writes_only: true,
        ..Rule::always(fault)
    }];
    rehearsal.sim.set_faults(Faults { rules });
    let [first, second] = halves(&rehearsal, &client).await;
    assert_eq!(rehearsal.in_entra("T1").0, "activated");
    let told = "It was not begun, because the run on this page did not come to its end.";
    let is_told = first.contains(told) && !first.contains("this one was not begun");
    assert!(
        is_told && first.contains("Replace the token again"),
        "{first}"
    );
    assert!(
        second.contains("1 <span class=\"badge warning\""),
        "{second}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_will_be_is_said_before_with_what_the_user_has() {
    let (rehearsal, client) = desk().await;
    rehearsal.activated("T1", USER);
    let page = client.get("/lost-token").await.body;
    assert!(page.contains("First the new one is given and activated."));
    assert!(page.contains("Whoever has 5 tokens already loses the old one first."));
    let page = client
        .get(&format!("/lost-token?idp=entra&user={USER}&old=T1"))
        .await
        .body;
    assert!(
        page.contains("user0001@example.com has T1 (activated)."),
        "{page}"
    );
    assert!(page.contains(
        "T1 is taken back: <b>user0001@example.com</b> cannot sign in with it any more."
    ));
    let okta = client.get("/lost-token?idp=okta").await.body;
    assert!(
        okta.contains("1 token at the most is possible in Okta"),
        "{okta}"
    );
    let nobody = client.get("/lost-token?user=nobody@example.com").await.body;
    assert!(nobody.contains("id=\"f-user-error\""));
}

#[tokio::test(start_paused = true)]
async fn the_page_is_five_fields_in_order_and_enter_replaces() {
    let (_rehearsal, client) = desk().await;
    let page = client.get("/lost-token").await.body;
    let places = [
        "name=\"idp\"",
        "name=\"user\"",
        "name=\"old\"",
        "name=\"new\"",
        "name=\"code\"",
    ];
    let places = places.map(|field| page.find(field).unwrap());
    assert!(places.is_sorted());
    // Enter presses the first button of a form.
    let form = page.split("action=\"/lost-token\"").nth(1).unwrap();
    let first = form.split("type=\"submit\"").nth(1).unwrap();
    let first = first.split("</button>").next().unwrap();
    assert!(first.contains("Replace"), "{first}");
    assert!(page.contains("data-search=\"/users/suggest\""));
}

#[tokio::test(start_paused = true)]
async fn checking_sends_nothing_and_says_what_stands_against_it() {
    let (rehearsal, client) = desk().await;
    rehearsal.activated("T1", USER);
    let code = rehearsal.stocked("T2", None).code(&rehearsal);
    let half = [("idp", "entra"), ("user", USER), ("do", "check")];
    let half = replace(&client, &half).await;
    assert_eq!(half.status, 200);
    assert!(half.body.contains("has T1 (activated)") && !half.body.contains("-error"));
    let fields = [
        ("user", USER),
        ("old", "T1"),
        ("new", "T2"),
        ("code", &*code),
        ("do", "check"),
    ];
    let whole = replace(&client, &fields).await;
    assert!(
        whole.body.contains("Nothing stands against it."),
        "{}",
        whole.body
    );
    assert!(!whole.body.contains(&code));
    let fields = [
        ("user", USER),
        ("old", "T1"),
        ("new", "T9"),
        ("code", &*code),
        ("do", "check"),
    ];
    has_error_at(&replace(&client, &fields).await, "new");
    assert_eq!(rehearsal.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn each_mistake_stands_at_its_field_and_nothing_is_sent() {
    let (rehearsal, client) = desk().await;
    rehearsal.activated("T1", USER);
    rehearsal.activated("T3", OTHER);
    let code = rehearsal.stocked("T2", None).code(&rehearsal);
    let cases = [
        ([USER, "T1", "T2", ""], "code"),
        ([USER, "T1", "T2", "12"], "code"),
        (["", "T1", "T2", &code], "user"),
        (["nobody@example.com", "T1", "T2", &code], "user"),
        ([PAYLOAD, "T1", "T2", &code], "user"),
        ([USER, "T3", "T2", &code], "old"),
        ([USER, "T9", "T2", &code], "old"),
        ([USER, "", "T2", &code], "old"),
        ([USER, PAYLOAD, "T2", &code], "old"),
        ([USER, "T1", "T3", &code], "new"),
        ([USER, "T1", "T1", &code], "new"),
        ([USER, "T1", "T9", &code], "new"),
        ([USER, "T1", PAYLOAD, &code], "new"),
    ];
    for ([user, old, new, code], field) in cases {
        let fields = [("user", user), ("old", old), ("new", new), ("code", code)];
        let answer = replace(&client, &fields).await;
        has_error_at(&answer, field);
        assert!(!answer.body.contains("<img") && !answer.body.contains("oathctl"));
    }
    assert_eq!(rehearsal.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn in_okta_the_seed_is_asked_for_and_the_old_one_goes_first() {
    let (rehearsal, client) = desk().await;
    enrolled(&rehearsal, "T1").await;
    let writes = rehearsal.writes();
    let new = Device::new("T2");
    let code = new.code(&rehearsal);
    let mut fields = vec![
        ("idp", "okta"),
        ("user", USER),
        ("old", "T1"),
        ("new", "T2"),
        ("code", &*code),
    ];
    let refused = replace(&client, &fields).await;
    has_error_at(&refused, "seed");
    assert!(refused.body.contains("<details open>"));
    assert!(
        refused
            .body
            .contains("In between, user0001@example.com has neither")
    );
    assert_eq!(rehearsal.writes(), writes);
    let link = new.link();
    fields.push(("seed", &link));
    let answer = replace(&client, &fields).await;
    rehearsal.ended(&answer).await;
    let factors = rehearsal.sim.state().okta.factors;
    assert_eq!((factors.len(), factors[0].enrollments), (1, 2));
    let page = client.get("/tokens/okta/T2").await;
    assert_eq!(page.status, 200);
    assert_eq!(client.get("/tokens/okta/T1").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn after_a_first_try_the_rest_is_done() {
    let (rehearsal, client) = desk().await;
    rehearsal.activated("T1", USER);
    let code = rehearsal.activated("T2", USER).code(&rehearsal);
    let fields = [
        ("user", USER),
        ("old", "T1"),
        ("new", "T2"),
        ("code", &*code),
    ];
    let answer = replace(&client, &fields).await;
    rehearsal.ended(&answer).await;
    assert_eq!(rehearsal.in_entra("T1"), ("available".to_owned(), None));
    assert_eq!(rehearsal.in_entra("T2").0, "activated");
}

#[tokio::test(start_paused = true)]
async fn who_only_looks_is_not_let_in() {
    let rehearsal = Rehearsal::new().await;
    let viewer = Client::with_role(&rehearsal, Role::Viewer).await;
    assert_eq!(viewer.get("/lost-token").await.status, 403);
    assert_eq!(replace(&viewer, &[("user", USER)]).await.status, 403);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_left_waiting_and_what_was_given_up_does_not_happen_later() {
    let (rehearsal, client) = desk().await;
    rehearsal.activated("T1", USER);
    let code = rehearsal.stocked("T2", None).code(&rehearsal);
    client.get("/tokens/entra/T1").await;
    rehearsal.busy();
    let swap = [
        ("user", USER),
        ("old", "T1"),
        ("new", "T2"),
        ("code", &*code),
    ];
    let check = [swap.as_slice(), &[("do", "check")]].concat();
    for (path, form) in [
        ("/tokens/entra/T1", None),
        ("/tokens/entra/T2/give", Some([("user", OTHER)].as_slice())),
        ("/tokens/entra/T2/activate", Some(&[("code", "123456")])),
        ("/tokens/entra/T1/take-back", Some(&[("typed", "T1")])),
        ("/users/entra?q=user", None),
        ("/users/okta?q=user", None),
        ("/lost-token?user=user0001@example.com", None),
        ("/lost-token", Some(&check)),
        ("/lost-token", Some(&swap)),
    ] {
        let begun = rehearsal.clock.monotonic();
        let answer = match form {
            None => client.get(path).await,
            Some(fields) => client.post(path, fields).await,
        };
        let waited = rehearsal.clock.monotonic() - begun;
        assert!(waited.as_secs() <= 60, "{path}: {waited:?}");
        assert!(
            answer.body.contains("asks to wait") && answer.body.contains("ry again in a moment"),
            "{path}: {}",
            answer.body
        );
    }
    rehearsal.sim.set_faults(Faults::default());
    // Longer than the service asked for.
    rehearsal.clock.sleep(Duration::from_secs(700)).await;
    assert_eq!(rehearsal.writes(), 0);
    assert!(rehearsal.app.ledger.runs().await.unwrap().is_empty());
    assert_eq!(client.get("/tokens/entra/T1").await.status, 200);
    assert_eq!(client.get("/users/okta?q=user").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn who_is_named_by_half_a_name_is_named_in_full_and_not_taken() {
    let (rehearsal, client) = desk().await;
    let device = rehearsal.stocked("T1", None);
    for (place, typed, named) in [
        ("entra", "user0001", "user0001@example.com (user0001)"),
        ("entra", "user000", "user0002@example.com (user0002), "),
        ("okta", "user0001", "user0001@example.com (user0001)"),
    ] {
        let fields = [
            ("idp", place),
            ("user", typed),
            ("old", "T9"),
            ("new", "T1"),
            ("code", &*device.code(&rehearsal)),
        ];
        let refused = replace(&client, &fields).await;
        has_error_at(&refused, "user");
        assert!(refused.body.contains(named), "{}", refused.body);
    }
    let give = [("user", "user0001")];
    let refused = client.post("/tokens/entra/T1/give", &give).await;
    has_error_at(&refused, "user");
    let nobody = client
        .post("/tokens/entra/T1/give", &[("user", "nemo")])
        .await;
    assert!(
        nobody
            .body
            .contains("There is no user nemo. Name another user.")
    );
    assert_eq!(rehearsal.writes(), 0);
}
