//! Two people at one run: what one does the other sees, and what both do at once is done once.

use futures_util::future::join;
use idp_sim::{Fault, Faults, Rule};

use crate::support::{Browser, Story};

const ROWS: usize = 40;
const OPERATOR: &str = "operator: imports, and many tokens at once";
const VIEWER: &str = "viewer: sees everything, changes nothing";

fn file() -> String {
    let mut text = String::from("upn,serial number,secret key,timeinterval,manufacturer,model\n");
    for row in 1..=ROWS {
        let seed = data_encoding::BASE32.encode(&[u8::try_from(row).unwrap(); 20]);
        text += &format!("user{row:04}@example.com,{},{seed},30,Token2,C301-i\n", 60_012_300 + row);
    }
    text
}

/// Each call that changes something takes so long, so that two people can look on.
fn slow(story: &Story, ms: u64) {
    let rule = Rule {
        writes_only: true,
        ..Rule::always(Fault::Delay { ms })
    };
    story.sim.set_faults(Faults { rules: vec![rule] });
}

/// Sends the file and wishes for something, as far as the plan; gives its address.
async fn plan(story: &Story, wish: &str) -> String {
    let browser = &story.browser;
    let file = story.file("seeds.csv", &file());
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

async fn is_marked(browser: &Browser) -> bool {
    browser.value_of("window.isMarked === true").await == true
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

/// How many rows have ended, as the page says.
async fn done(browser: &Browser) -> usize {
    let said = browser.text(".progress .done").await;
    said.split(' ').next().unwrap().parse().unwrap()
}

async fn sees_more_done(browser: &Browser) {
    let before = done(browser).await;
    let more = async || done(browser).await > before;
    browser.wait_until("nothing more is done", more).await;
}

#[tokio::test]
async fn what_one_does_the_other_sees_at_once() {
    let story = Story::begin().await;
    let one = &story.browser;
    story.connect_entra().await;
    story.add_account("bea", OPERATOR).await;
    story.add_account("vera", VIEWER).await;
    let other = one.another().await;
    story.sign_in(&other, "bea").await;

    plan(&story, "Import, assign and activate in Entra ID").await;
    slow(&story, 1_000);
    one.press(&format!("Carry out {ROWS} changes")).await;
    stands(one, "going on", "Pause").await;
    let run = one.url().await;
    other.open(&run).await;
    for browser in [one, &other] {
        mark(browser).await;
        sees_more_done(browser).await;
        assert!(is_marked(browser).await, "it was loaded anew");
    }

    one.press("Pause").await;
    stands(&other, "paused", "Let it go on").await;
    stands(one, "paused", "Let it go on").await;
    assert!(is_marked(&other).await, "it was loaded anew");
    mark(one).await;
    other.press("Let it go on").await;
    stands(one, "going on", "Pause").await;
    sees_more_done(one).await;
    assert!(is_marked(one).await, "it was loaded anew");

    other.press("Sign out").await;
    story.sign_in(&other, "vera").await;
    other.open(&run).await;
    sees_more_done(&other).await;
    for button in ["Pause", "Let it go on", "Cancel the run"] {
        other.see_no(button).await;
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
    let story = Story::begin().await;
    let one = &story.browser;
    story.connect_okta().await;
    story.add_account("bea", OPERATOR).await;
    let other = one.another().await;
    one.press("Sign out").await;
    story.sign_in(one, "bea").await;
    story.sign_in(&other, "bea").await;

    let draft = plan(&story, "Enrol in Okta").await;
    other.open(&draft).await;
    slow(&story, 500);
    let begin = format!("Carry out {ROWS} changes");
    join(one.press(&begin), other.press(&begin)).await;
    for browser in [one, &other] {
        stands(browser, "going on", "Pause").await;
    }
    assert_eq!(one.url().await, other.url().await);

    for (button, state, next) in [
        ("Pause", "paused", "Let it go on"),
        ("Let it go on", "going on", "Pause"),
    ] {
        join(one.press(button), other.press(button)).await;
        for browser in [one, &other] {
            stands(browser, state, next).await;
        }
    }
    slow(&story, 0);
    for browser in [one, &other] {
        browser.see(&format!("All {ROWS} rows are as wanted.")).await;
    }
    assert_eq!(story.sim.state().okta.factors.len(), ROWS);
    one.follow("Runs").await;
    one.see("1 run").await;
    assert_eq!(one.count("tbody tr").await, 1);
    story.is_quiet().await;
    assert_eq!(other.troubles().await, [""; 0]);
}

#[tokio::test]
async fn both_cancel_at_once() {
    let story = Story::begin().await;
    let one = &story.browser;
    story.connect_okta().await;
    story.add_account("bea", OPERATOR).await;
    let other = one.another().await;
    story.sign_in(&other, "bea").await;
    plan(&story, "Enrol in Okta").await;
    slow(&story, 1_000);
    one.press(&format!("Carry out {ROWS} changes")).await;
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
    assert!(enrolled < ROWS, "{enrolled}");
    one.see(&format!("{enrolled} row")).await;
    story.is_quiet().await;
    assert_eq!(other.troubles().await, [""; 0]);
}
