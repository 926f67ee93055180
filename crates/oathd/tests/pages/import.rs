//! A file's way through the pages.

use std::collections::BTreeMap;
use std::time::Duration;

use idp_sim::{Act, Fault, SimConfig};
use provisioner::{Outcome, Report};

use crate::support::{Story, seed_file};

/// Five rows cannot be used, one is there twice, and two have no user.
const MIXED: &str = "\
upn,serial number,secret key,timeinterval,manufacturer,model
user0001@example.com,60234601,PHCBEH6GBBL577X4OS4ZTTEF6GIKYRWI,30,Token2,C301-i
user0002@example.com,60234602,XTPXFDTQ7ZWM5BQ6GPTLB2S7LWMMTB26,30,Token2,C301-i
user0003@example.com,60234603,NOT A SEED AT ALL!,30,Token2,C301-i
user0004@example.com,60234604,,30,Token2,C301-i
nobody@example.com,60234605,24YJAPWCLX5JC27OPFL44T25I322IKB3,30,Token2,C301-i
,60234606,3OHSO4UTFQ6MO7DO5RX3EVGQDR27PIBD3HNI2CHQPWUHZ2AJNLKQ,30,Token2,C203
,60234607,PHHRHRCHBYGZQGQ22QYB4ZUXAOSYX4PXNMBGH2NTALWMLRQ5XTVQ,30,Token2,C203
user0002@example.com,60234602,XTPXFDTQ7ZWM5BQ6GPTLB2S7LWMMTB26,30,Token2,C301-i
user0005@example.com,60234608,SX2VEF7UOTZHNRQB7GWWSNYVNQZZBI5C,45,Token2,C301-i
user0006@example.com,60234609,42JJVIONUSE7QOF7HQC23WTSO4TC6TOX,30,Token2,C301-i
user0007@example.com,60234609,PHCBEH6GBBL577X4OS4ZTTEF6GIKYRWJ,30,Token2,C301-i
";
/// A code that may have been seen by the service is not sent again: the next one takes half a minute at the most.
const A_CODE_AND_MORE: Duration = Duration::from_secs(50);
const ALL_THE_WAY: &str = "Import, assign and activate in Entra ID";

#[tokio::test]
async fn a_mixed_file_becomes_tokens_that_are_activated_and_a_report() {
    let mut story = Story::begin().await;
    story.browser.patience = A_CODE_AND_MORE;
    story.connect_entra().await;
    let serial = "60234602";
    somebody_else_has(&story, serial, "user0020@example.com");
    story.import("from-the-vendor.csv", MIXED).await;
    its_problems_are_told(&story).await;
    two_users_get_the_free_tokens(&story).await;
    story.meets("methods.activate", [busy()]);
    story.begin_run("3 changes").await;
    the_page_changes_by_itself(&story).await;
    let report = story.report().await;
    is_as_reported(&story, &report);
    let counts = report.counts;
    assert_eq!((counts.done, counts.conflict, counts.rejected), (3, 1, 6));
    other_forms_say_the_same(&story, &report).await;
    take_back(&story, serial);
    the_failed_rows_are_run_again(&story).await;
    story.is_quiet().await;
}

/// Another operator gave the token to somebody.
fn somebody_else_has(story: &Story, serial: &str, user: &str) {
    let line = MIXED.lines().find(|line| line.contains(serial)).unwrap();
    let create = Act::CreateDevice {
        serial: Some(serial.to_owned()),
        secret: line.split(',').nth(2).map(str::to_owned),
        user: Some(user.to_owned()),
    };
    story.sim.interfere(&create).unwrap();
}

fn take_back(story: &Story, serial: &str) {
    let serial = Some(serial.to_owned());
    story
        .sim
        .interfere(&Act::UnassignDevice { serial })
        .unwrap();
}

fn busy() -> Fault {
    Fault::Status {
        status: 429,
        retry_after: Some("1".to_owned()),
        after_work: false,
    }
}

/// Each thing once, with its rows.
async fn its_problems_are_told(story: &Story) {
    let browser = &story.browser;
    for told in [
        "token2-csv",
        "5 that can be used",
        "5 rows cannot be used",
        "secret key: there is no secret key",
        "the time interval must be 30 or 60 seconds",
        "the row says the same as row 3 and was left out",
        "serial number: another row has the same serial number but is not the same",
        "3 of 5 tokens have a user.",
    ] {
        browser.see(told).await;
    }
    story.shows_no_seed_of(MIXED).await;
    let csv = story
        .save("Rejected rows as CSV", "rejected-rows.csv")
        .await;
    let csv = String::from_utf8(csv).unwrap();
    let rows = csv
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap());
    assert_eq!(Vec::from_iter(rows), ["4", "5", "10", "11", "12"]);
    browser.follow("Show only wrong rows").await;
    browser.see("keep the right one").await;
    assert_eq!(browser.rows_with("rejected").await, 5);
    story.shows_no_seed_of(MIXED).await;
    browser.follow("Check the file").await;
}

/// The second one is misspelt at first.
async fn two_users_get_the_free_tokens(story: &Story) {
    let browser = &story.browser;
    let list = "user0008@example.com\nuser0009@exmaple.com\n";
    browser.paste("Users", list).await;
    browser.press("Use this list").await;
    browser.see("2 users get a token").await;
    story.plan(ALL_THE_WAY).await;
    let unknown = "There is no user user0009@exmaple.com";
    browser.see_row("60234607", &["nothing", unknown]).await;
    browser.press("Change it").await;
    let list = list.replace("exmaple", "example");
    browser.paste("Users", &list).await;
    browser.press("Use this list").await;
    browser.see("Check the file").await;
    story.plan(ALL_THE_WAY).await;
    for (serial, user) in [("60234606", "user0008"), ("60234607", "user0009")] {
        let wanted = [user, "import and assign, then activate"];
        browser.see_row(serial, &wanted).await;
    }
    let unknown = "There is no user nobody@example.com";
    browser.see_row("60234605", &[unknown]).await;
    let tiles = browser.text(".tiles").await;
    assert_eq!(
        tiles,
        "To do 3 As wanted already 0 In conflict 1 Cannot be done 6"
    );
    let takes = "4 calls that change something, less than a second if the service sets no limit";
    browser.see(takes).await;
    story.shows_no_seed_of(MIXED).await;
}

/// Rows end one after the other, and the page is not loaded again meanwhile.
async fn the_page_changes_by_itself(story: &Story) {
    let browser = &story.browser;
    story.stays_on_the_page().await;
    let ends = async || browser.rows_with("done activated").await > 0;
    browser.wait_until("no row ends", ends).await;
    assert!(!browser.page_text().await.contains("Report (HTML)"));
    story.is_still_on_the_page().await;
    story.shows_no_seed_of(MIXED).await;
}

/// What the report says of each token is so.
fn is_as_reported(story: &Story, report: &Report) {
    let devices = story.devices().into_iter();
    let mut devices: BTreeMap<_, _> = devices
        .map(|device| (device.serial.clone(), device))
        .collect();
    for row in report
        .rows
        .iter()
        .filter(|row| row.outcome == Outcome::Done)
    {
        let device = devices
            .remove(row.serial.as_ref().unwrap().as_str())
            .unwrap();
        assert_eq!(device.status, row.state.unwrap().name());
        assert_eq!(device.assigned_to, row.user);
        assert_eq!((device.creations, device.activations), (1, 1), "{device:?}");
    }
    assert!(
        devices
            .values()
            .all(|device| device.creations == device.operator_creations)
    );
}

async fn other_forms_say_the_same(story: &Story, report: &Report) {
    let csv = story.save("Report (CSV)", "report.csv").await;
    assert_eq!(String::from_utf8(csv).unwrap(), report.to_csv());
    let failed = story
        .save("Failed rows (CSV, no seeds)", "failed-rows.csv")
        .await;
    assert_eq!(String::from_utf8(failed).unwrap().lines().count(), 1 + 7);
    story.save("Report (HTML)", "report.html").await;
    let (browser, run) = (&story.browser, story.browser.url().await);
    let html = browser.home().join("downloads/report.html");
    browser.open(&format!("file://{}", html.display())).await;
    for row in &report.rows {
        let told = row
            .error
            .as_ref()
            .map_or("activated", |error| &error.message);
        browser.see(told).await;
    }
    story.shows_no_seed_of(MIXED).await;
    browser.open(&run).await;
}

/// The file is sent again, since nobody kept its seeds.
async fn the_failed_rows_are_run_again(story: &Story) {
    let browser = &story.browser;
    browser.press("Run the failed rows again").await;
    let file = story.file("from-the-vendor.csv", MIXED);
    browser.upload("Seed file", &file).await;
    browser.press("Take the failed rows").await;
    browser.see("failed rows of from-the-vendor.csv").await;
    story.plan(ALL_THE_WAY).await;
    browser.see_row("60234602", &["assign and activate"]).await;
    story.begin_run("1 change").await;
    let report = story.report().await;
    assert_eq!((report.counts.done, report.counts.rejected), (1, 6));
    let devices = story.devices().into_iter();
    let holders = devices.map(|device| (device.status, device.assigned_to.unwrap()));
    let all = ["user0002", "user0001", "user0008", "user0009"];
    let all = all.map(|user| ("activated".to_owned(), format!("{user}@example.com")));
    assert_eq!(Vec::from_iter(holders), all);
}

const TWO: &str = "\
upn,serial number,secret key,timeinterval,manufacturer,model
user0001@example.com,60234601,PHCBEH6GBBL577X4OS4ZTTEF6GIKYRWI,30,Token2,C301-i
user0002@example.com,60234602,XTPXFDTQ7ZWM5BQ6GPTLB2S7LWMMTB26,30,Token2,C301-i
";

#[tokio::test]
async fn a_double_click_makes_one_run() {
    let story = Story::begin().await;
    story.connect_entra().await;
    confirm_twice(&story).await;
    story.is_quiet().await;
}

#[tokio::test]
async fn a_double_click_makes_one_run_without_javascript() {
    let story = Story::begin().await;
    story.connect_entra().await;
    story.browser.script_off().await;
    confirm_twice(&story).await;
    story.is_quiet().await;
}

async fn confirm_twice(story: &Story) {
    let browser = &story.browser;
    story.import("two.csv", TWO).await;
    story.plan(ALL_THE_WAY).await;
    browser.press_twice("Carry out 2 changes").await;
    let report = story.report().await;
    is_as_reported(story, &report);
    assert_eq!(report.counts.done, 2);
    story.open("/runs").await;
    browser.see("as wanted").await;
    assert_eq!(browser.rows_with("Entra ID").await, 1);
}

#[tokio::test]
async fn what_is_pasted_is_a_file_too() {
    let story = Story::begin().await;
    story.connect_entra().await;
    let browser = &story.browser;
    story.open("/import").await;
    browser.press("Paste it instead").await;
    browser.paste("The lines of the file", TWO).await;
    browser.press("Read it").await;
    browser.see("pasted lines").await;
    story.plan(ALL_THE_WAY).await;
    story.begin_run("2 changes").await;
    let report = story.report().await;
    is_as_reported(&story, &report);
    assert_eq!(report.counts.done, 2);
    story.shows_no_seed_of(TWO).await;
    story.is_quiet().await;
}

#[tokio::test]
async fn a_file_that_is_no_seed_file_says_so_and_what_to_do() {
    let story = Story::begin().await;
    story.connect_entra().await;
    let browser = &story.browser;
    for (name, content, why) in [
        ("letter.txt", "Dear Sir or Madam,\n", "there is no header"),
        ("archive.zip", "PK\u{3}\u{4} and more", "unpack it"),
        ("empty.csv", "", "the file is empty: download it again"),
        (
            "people.csv",
            "upn,department\n",
            "the header has no column \"serial number\"",
        ),
    ] {
        let file = story.file(name, content);
        story.open("/import").await;
        browser.upload("Seed file", &file).await;
        browser.press("Read it").await;
        let told = browser.text(".notice").await;
        let next = "Choose another file, or say how this one is to be read; nothing was sent.";
        assert!(told.contains(why) && told.ends_with(next), "{told}");
    }
    assert_eq!(story.sim.calls().writes, 0);
}

#[tokio::test]
async fn the_plan_tells_how_long_it_takes() {
    let config = SimConfig {
        latency: Duration::from_millis(400),
        ..SimConfig::with_people(300)
    };
    let story = Story::with(config).await;
    story.connect_entra().await;
    story.import("two.csv", &seed_file(2)).await;
    story.plan(ALL_THE_WAY).await;
    assert_eq!(estimate(&story).await, (3, None));
    story.begin_run("2 changes").await;
    assert_eq!(story.report().await.counts.done, 2);
    // How quick the service is, is known now.
    story.import("many.csv", &seed_file(300)).await;
    story.plan(ALL_THE_WAY).await;
    let (calls, seconds) = estimate(&story).await;
    assert_eq!(calls, 301);
    story.begin_run("298 changes").await;
    let report = story.report().await;
    assert_eq!((report.counts.done, report.counts.unchanged), (298, 2));
    assert_eq!(report.calls.writes, calls);
    let took = report.elapsed_ms / 1000;
    let seconds = seconds.unwrap();
    assert!(
        seconds >= 2 && took <= 5 * seconds,
        "{seconds} s became {took} s"
    );
    story.is_quiet().await;
}

/// The calls and the seconds that the plan tells; no seconds where it takes less than one.
async fn estimate(story: &Story) -> (u64, Option<u64>) {
    let plan = story.browser.text("#plan").await;
    let before = |behind: &str| {
        let number = plan.split(behind).next()?.split(' ').next_back()?;
        number.parse().ok()
    };
    (before(" calls that").unwrap(), before(" s if"))
}
