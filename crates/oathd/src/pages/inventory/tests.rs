//! The inventory over simulated services, in virtual time.

use std::sync::Arc;

use provisioner::Goal;

use crate::door::Role;
use crate::drafts::{Draft, Source, Wish};
use crate::places::Idp;
use crate::testing::{Answer, Client, Rehearsal};

const USERS: [&str; 2] = ["user0001@example.com", "user0002@example.com"];

/// Three tokens, of which the first has a holder.
async fn desk(role: Role) -> (Rehearsal, Client) {
    let rehearsal = Rehearsal::new().await;
    rehearsal.activated("T1", USERS[0]);
    rehearsal.stocked("T2", None);
    rehearsal.stocked("T3", None);
    rehearsal.listed(Idp::Entra).await;
    let client = Client::with_role(&rehearsal, role).await;
    (rehearsal, client)
}

async fn choose(client: &Client, fields: &[(&str, &str)]) -> Answer {
    client.post("/inventory/entra/choose", fields).await
}

/// The draft that a form has led to.
fn draft(rehearsal: &Rehearsal, answer: &Answer) -> Arc<Draft> {
    let id = answer.location.strip_prefix("/drafts/");
    let id = id.unwrap_or_else(|| panic!("no draft: {}", answer.body));
    rehearsal.app.draft(id, "eve").unwrap()
}

fn tokens(draft: &Draft) -> Vec<(String, Option<String>)> {
    let Source::Tokens(tokens) = &draft.source else {
        panic!("a file");
    };
    let tokens = tokens.iter();
    tokens
        .map(|(serial, user)| (serial.to_string(), user.clone()))
        .collect()
}

fn bare(serials: &[&str]) -> Vec<(String, Option<String>)> {
    serials
        .iter()
        .map(|serial| ((*serial).to_owned(), None))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn chosen_tokens_become_a_draft() {
    let (rehearsal, client) = desk(Role::Operator).await;
    let goals = [
        ("unassign", Goal::Unassigned),
        ("deactivate", Goal::Deactivated),
        ("delete", Goal::Deleted),
    ];
    for (deed, goal) in goals {
        let fields = [
            ("serial", "T1"),
            ("serial", "T3"),
            ("do", deed),
            ("matching", "3"),
        ];
        let answer = choose(&client, &fields).await;
        let draft = draft(&rehearsal, &answer);
        let idp = Idp::Entra;
        assert_eq!(
            (draft.wish(), tokens(&draft)),
            (Wish { idp, goal }, bare(&["T1", "T3"]))
        );
        let discard = format!("/drafts/{}/discard", draft.id);
        let led = client.post(&discard, &[]).await;
        assert_eq!(led.location, "/inventory/entra?said=discarded");
    }
    assert_eq!(rehearsal.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn all_that_match_are_those_that_were_offered() {
    let (rehearsal, client) = desk(Role::Operator).await;
    let page = client.get("/inventory/entra?state=imported").await.body;
    assert!(
        page.contains("name=\"matching\" value=\"2\"") && page.contains("Select all 2 that match")
    );
    let all = [("all", "yes"), ("state", "imported"), ("do", "delete")];
    let answer = choose(&client, &[&all[..], &[("matching", "2")]].concat()).await;
    assert_eq!(tokens(&draft(&rehearsal, &answer)), bare(&["T2", "T3"]));
    for matching in [&[("matching", "3")][..], &[]] {
        let answer = choose(&client, &[&all[..], matching].concat()).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("and 2 do now"), "{}", answer.body);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_chosen_and_nothing_asked_is_said() {
    let (_rehearsal, client) = desk(Role::Operator).await;
    let none = choose(&client, &[("do", "delete"), ("matching", "3")]).await;
    assert_eq!(none.status, 422);
    let announced = "<div class=\"notice bad\" role=\"alert\" tabindex=\"-1\" autofocus>";
    assert!(none.body.contains(announced));
    assert!(none.body.contains("No token is selected"));
    assert!(none.body.contains("name=\"back\" value=\"/\""));
    let odd = choose(&client, &[("serial", "T1"), ("do", "burn")]).await;
    assert_eq!(odd.status, 422);
    assert!(odd.body.contains("Nothing was asked"));
}

#[tokio::test(start_paused = true)]
async fn who_gets_them_is_asked_in_between() {
    let (rehearsal, client) = desk(Role::Operator).await;
    let chosen = [("serial", "T2"), ("serial", "T3")];
    let page = choose(&client, &[&chosen[..], &[("do", "assign")]].concat()).await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("Assign 2 tokens") && page.body.contains("name=\"serial\" value=\"T3\"")
    );
    let give = async |users: &str| {
        let fields = [&chosen[..], &[("users", users)]].concat();
        client.post("/inventory/entra/give", &fields).await
    };
    let in_order = give(&USERS.join("\r\n")).await;
    let by_name = give(&format!("serial,user\nT3,{}\nT2,{}", USERS[1], USERS[0])).await;
    let wanted = [("T2", USERS[0]), ("T3", USERS[1])];
    let wanted = wanted.map(|(serial, user)| (serial.to_owned(), Some(user.to_owned())));
    for answer in [in_order, by_name] {
        let draft = draft(&rehearsal, &answer);
        assert_eq!(
            (draft.wish().goal, tokens(&draft)),
            (Goal::Assigned, wanted.to_vec())
        );
    }
    let fewer = give(USERS[0]).await;
    assert_eq!(tokens(&draft(&rehearsal, &fewer)), wanted[..1]);
    for (users, why) in [
        ("", "Nobody is named"),
        ("a\nb\nc", "3 users for 2 tokens"),
        ("T1,ann", "T1 is not one of the selected ones"),
        ("T2,ann\nT2,bob", "named twice"),
        ("T2,", "Line 1: no user"),
        ("<img src=x>,ann", "Line 1: no serial number"),
    ] {
        let answer = give(users).await;
        assert_eq!(answer.status, 422, "{users}");
        assert!(
            answer.body.contains("id=\"f-users-error\"") && answer.body.contains(why),
            "{users}"
        );
        assert!(!answer.body.contains("<img"));
    }
    assert_eq!(rehearsal.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn all_that_match_can_be_assigned() {
    let (rehearsal, client) = desk(Role::Operator).await;
    let all = [("all", "yes"), ("state", "imported"), ("matching", "2")];
    let page = choose(&client, &[&all[..], &[("do", "assign")]].concat())
        .await
        .body;
    for kept in [
        "name=\"all\" value=\"yes\"",
        "name=\"matching\" value=\"2\"",
        "name=\"state\" value=\"imported\"",
    ] {
        assert!(page.contains(kept), "{kept}");
    }
    let fields = [&all[..], &[("users", USERS[0])]].concat();
    let answer = client.post("/inventory/entra/give", &fields).await;
    assert_eq!(tokens(&draft(&rehearsal, &answer)).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn files_hold_what_the_filter_matches() {
    let (_rehearsal, client) = desk(Role::Viewer).await;
    let page = client
        .get("/inventory/entra?state=imported&q=T2")
        .await
        .body;
    for name in ["tokens.csv", "tokens.json"] {
        let link = format!("/inventory/entra/{name}?q=T2&amp;state=imported");
        assert!(page.contains(&link), "{link}: {page}");
    }
    let csv = client
        .get("/inventory/entra/tokens.csv?state=imported&q=T2")
        .await
        .body;
    assert_eq!(csv.lines().count(), 2);
    let json = client
        .get("/inventory/entra/tokens.json?state=imported")
        .await
        .body;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["tokens"].as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_only_looks_selects_nothing() {
    let (_rehearsal, client) = desk(Role::HelpDesk).await;
    let page = client.get("/inventory/entra").await.body;
    assert!(page.contains("T1") && !page.contains("data-pick"));
    for path in ["choose", "give"] {
        let sent = client
            .post(&format!("/inventory/entra/{path}"), &[("serial", "T1")])
            .await;
        assert_eq!(sent.status, 403, "{path}");
    }
}

/// Waits until the inventory is being read.
async fn being_read(rehearsal: &Rehearsal) {
    let place = rehearsal.app.place(Idp::Entra).await.unwrap();
    while place.shelf.look().reading.is_none() {
        let moment = std::time::Duration::from_millis(10);
        rehearsal.clock.sleep(moment).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_is_loaded_again_only_while_there_is_no_list() {
    let rehearsal = Rehearsal::slow().await;
    rehearsal.stocked("T1", None);
    let client = Client::with_role(&rehearsal, Role::Operator).await;
    being_read(&rehearsal).await;
    let page = client.get("/inventory/entra").await.body;
    assert!(page.contains("http-equiv=\"refresh\""), "{page}");
    let none = choose(&client, &[("serial", "T1"), ("do", "burn")]).await;
    assert!(none.status == 422 && !none.body.contains("http-equiv"));
    rehearsal.listed(Idp::Entra).await;
    client.post("/inventory/entra/refresh", &[]).await;
    being_read(&rehearsal).await;
    let page = client.get("/inventory/entra?q=T1").await.body;
    assert!(!page.contains("http-equiv"));
    let link = "<a href=\"/inventory/entra?q=T1\">Show it</a>";
    assert!(page.contains(link), "{page}");
}

#[tokio::test(start_paused = true)]
async fn of_okta_it_is_said_that_the_list_is_what_is_on_record() {
    let (rehearsal, client) = desk(Role::Operator).await;
    rehearsal.listed(Idp::Okta).await;
    let okta = client.get("/inventory/okta").await.body;
    assert!(okta.contains("this is what Oathkit has on record"));
    assert!(okta.contains("No token is on record"), "{okta}");
    let entra = client.get("/inventory/entra").await.body;
    assert!(!entra.contains("on record"));
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_down_does_not_shut_the_other_one_out() {
    let (rehearsal, client) = desk(Role::Operator).await;
    rehearsal
        .sim
        .interfere(&idp_sim::Act::RevokeApiToken)
        .unwrap();
    let okta = client.get("/inventory/okta").await;
    assert_eq!(okta.status, 422);
    assert!(okta.body.contains("href=\"/inventory/entra\""));
    let typed = [("idp", "okta"), ("user", USERS[0]), ("old", "T1")];
    let okta = client.post("/lost-token", &typed).await;
    assert_eq!(okta.status, 422);
    for kept in ["value=\"entra\"", USERS[0], "value=\"T1\"", "Check first"] {
        assert!(okta.body.contains(kept), "{kept}: {}", okta.body);
    }
}
