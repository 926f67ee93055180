//! Tokens of a file that become factors of Okta.

use idp_sim::{Fault, OktaFactor};
use provisioner::State;

use crate::support::{Story, seed_file};

#[tokio::test]
async fn tokens_are_enrolled_in_okta_row_by_row() {
    let story = Story::begin().await;
    story.connect_okta().await;
    story.import("five.csv", &seed_file(5)).await;
    story.plan("Enrol in Okta").await;
    let browser = &story.browser;
    browser
        .see_row("60300001", &["user0001@example.com", "enrol"])
        .await;
    let slowly = (1..=5).map(|number| Fault::DelayAfter { ms: number * 700 });
    story.meets("factors.enroll", slowly);
    story.begin_run("5 changes").await;
    story.stays_on_the_page().await;
    for rows in 1..=4 {
        let ended = async || browser.rows_with("done activated").await >= rows;
        browser.wait_until("no more rows end", ended).await;
    }
    story.is_still_on_the_page().await;
    let report = story.report().await;
    assert_eq!(report.counts.done, 5);
    let as_reported = report.rows.iter().zip(factors(&story));
    for (row, factor) in as_reported {
        assert_eq!(row.user.as_deref(), Some(&*factor.user));
        assert_eq!(row.state, Some(State::Activated));
    }
    story.is_quiet().await;
}

#[tokio::test]
async fn a_code_of_each_token_is_proved() {
    let story = Story::begin().await;
    story.connect_okta().await;
    story.import("two.csv", &seed_file(2)).await;
    story.plan("Enrol in Okta, and prove by a code").await;
    story.begin_run("2 changes").await;
    let report = story.report().await;
    assert_eq!(report.counts.done, 2);
    let proved = factors(&story);
    assert!(
        proved.iter().all(|factor| factor.last_counter.is_some()),
        "{proved:#?}"
    );
    assert_eq!(story.sim.calls().on("factors.verify"), 2);
    story.is_quiet().await;
}

/// What Okta has: active, and enrolled once.
fn factors(story: &Story) -> Vec<OktaFactor> {
    let factors = story.sim.state().okta.factors;
    for factor in &factors {
        assert_eq!(
            (&*factor.status, factor.enrollments),
            ("ACTIVE", 1),
            "{factor:#?}"
        );
    }
    factors
}
