//! Two people at one run: what one does the other sees, and what both do at once is done once.

use futures_util::future::join;
use idp_sim::{Fault, Faults, Rule, SimConfig};

use crate::support::{Browser, Story};

/// Entra takes many at once.
const MANY: usize = 2_000;
const FEW: usize = 400;
const OPERATOR: &str = "operator: imports, and many tokens at once";
const VIEWER: &str = "viewer: looks, changes nothing";

fn file(rows: usize) -> String {
    let mut text = String::from("upn,serial number,secret key,timeinterval,manufacturer,model\n");
    for row in 1..=rows {
        let seed = data_encoding::BASE32.encode(format!("the seed of row {row:04}").as_bytes());
        text += &format!(
            "user{row:04}@example.com,{},{seed},30,Token2,C301-i\n",
            60_012_300 + row
        );
    }
    text
}

/// Each call that activates takes so long, so that two people can look on.
fn slow(story: &Story, route: &str, ms: u64) {
    let rule = Rule {
        route: Some(route.to_owned()),
        writes_only: true,
        ..Rule::always(Fault::Delay { ms })
    };
    story.sim.set_faults(Faults { rules: vec![rule] });
}

/// Sends the file and wishes for something, as far as the plan; gives its address.
async fn plan(story: &Story, rows: usize, wish: &str) -> String {
    let browser = &story.browser;
    let file = story.file("seeds.csv", &file(rows));
    story.open("/import").await;
    browser.upload("Seed file", &file).await;
    browser.press("Read it").await;
    browser.choose("What is to be done", wish).await;
    browser.press("Make the plan").await;
    browser.see("Rows of the plan").await;
    browser.url().await
}

/// Marks the page, to tell whether it is still the same one, not loaded anew.
async fn mark(browser: &Browser) {
    browser.value_of("window.isMarked = true").await;
}

async fn is_the_same_page(browser: &Browser) {
    let is_marked = browser.value_of("window.isMarked === true").await;
    assert_eq!(is_marked, true, "it was loaded anew");
}

/// Sees a state and the only button that fits it.
async fn stands(browser: &Browser, state: &str, button: &str) {
    browser.see(state).await;
    browser.see(button).await;
    let not = match button {
        "Pause" => "Let it go on",
        _ => "Pause",
    };
    browser.see_no(not).await;
}

/// Sees how far it is change, without the page being loaded anew: rows that end, or the time that is left.
async fn sees_it_move(browser: &Browser) {
    mark(browser).await;
    let before = browser.text(".progress .top").await;
    let moves = async || browser.text(".progress .top").await != before;
    browser.wait_until("nothing moves", moves).await;
    is_the_same_page(browser).await;
}

#[tokio::test]
async fn what_one_does_the_other_sees_at_once() {
    let story = Story::with(SimConfig::with_people(MANY)).await;
    let one = &story.browser;
    story.connect_entra().await;
    story.add_account("bea", OPERATOR).await;
    story.add_account("vera", VIEWER).await;
    let other = one.another().await;
    story.sign_in(&other, "bea").await;

    plan(&story, MANY, "Import, assign and activate in Entra ID").await;
    slow(&story, "methods.activate", 1_000);
    one.press("Carry out 2,000 changes").await;
    stands(one, "going on", "Pause").await;
    let run = one.url().await;
    other.open(&run).await;
    for browser in [one, &other] {
        sees_it_move(browser).await;
    }

    one.press("Pause").await;
    stands(&other, "paused", "Let it go on").await;
    stands(one, "paused", "Let it go on").await;
    is_the_same_page(&other).await;
    mark(one).await;
    other.press("Let it go on").await;
    stands(one, "going on", "Pause").await;
    sees_it_move(one).await;
    other.press("Pause").await;
    stands(one, "paused", "Let it go on").await;
    is_the_same_page(one).await;

    other.press("Sign out").await;
    other.see("Password").await;
    story.sign_in(&other, "vera").await;
    other.open(&run).await;
    mark(&other).await;
    other.see("paused").await;
    one.press("Let it go on").await;
    other.see("going on").await;
    sees_it_move(&other).await;
    is_the_same_page(&other).await;
    for button in ["Pause", "Let it go on", "Cancel"] {
        let here = other.html().await.contains(&format!(">{button}<"));
        assert!(!here, "who only looks on has {button}");
    }
    one.press("Cancel").await;
    one.press("Cancel the run").await;
    for browser in [one, &other] {
        browser.see("Report (HTML)").await;
        browser.see("cancelled").await;
    }
    one.see("Run the failed rows again").await;
    other.see_no("Run the failed rows again").await;
    story.is_quiet().await;
    assert_eq!(other.troubles().await, [""; 0]);
}

#[tokio::test]
async fn what_both_do_at_once_is_done_once() {
    let story = Story::with(SimConfig::with_people(FEW)).await;
    let one = &story.browser;
    story.connect_okta().await;
    story.add_account("bea", OPERATOR).await;
    let other = one.another().await;
    one.press("Sign out").await;
    one.see("Password").await;
    story.sign_in(one, "bea").await;
    story.sign_in(&other, "bea").await;

    let draft = plan(&story, FEW, "Enrol in Okta").await;
    other.open(&draft).await;
    slow(&story, "factors.enroll", 1_000);
    let begin = format!("Carry out {FEW} changes");
    join(one.press(&begin), other.press(&begin)).await;
    for browser in [one, &other] {
        stands(browser, "going on", "Pause").await;
    }
    assert_eq!(one.url().await, other.url().await);
    sees_it_move(&other).await;

    for (button, state, next) in [
        ("Pause", "paused", "Let it go on"),
        ("Let it go on", "going on", "Pause"),
    ] {
        join(one.press(button), other.press(button)).await;
        for browser in [one, &other] {
            stands(browser, state, next).await;
        }
    }
    slow(&story, "factors.enroll", 0);
    for browser in [one, &other] {
        browser.see(&format!("All {FEW} rows are as wanted.")).await;
    }
    assert_eq!(story.sim.state().okta.factors.len(), FEW);
    story.open("/runs").await;
    one.see("1 run").await;
    assert_eq!(one.count("tbody tr").await, 1);
    story.is_quiet().await;
    assert_eq!(other.troubles().await, [""; 0]);
}

#[tokio::test]
async fn both_cancel_at_once() {
    let story = Story::with(SimConfig::with_people(FEW)).await;
    let one = &story.browser;
    story.connect_okta().await;
    story.add_account("bea", OPERATOR).await;
    let other = one.another().await;
    story.sign_in(&other, "bea").await;
    plan(&story, FEW, "Enrol in Okta").await;
    slow(&story, "factors.enroll", 1_000);
    one.press(&format!("Carry out {FEW} changes")).await;
    stands(one, "going on", "Pause").await;
    other.open(&one.url().await).await;
    join(one.press("Cancel"), other.press("Cancel")).await;
    join(one.press("Cancel the run"), other.press("Cancel the run")).await;
    for browser in [one, &other] {
        browser.see("Report (HTML)").await;
        browser.see("cancelled").await;
    }
    one.choose("Outcome", "done").await;
    one.press("Filter").await;
    let enrolled = story.sim.state().okta.factors.len();
    assert!(enrolled < FEW, "{enrolled}");
    one.see(&format!("{enrolled} rows")).await;
    story.is_quiet().await;
    assert_eq!(other.troubles().await, [""; 0]);
}
