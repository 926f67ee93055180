//! The whole wizard, over simulated services.

use std::time::Duration;

use http::StatusCode;

use crate::places::Idp;
use crate::testing::{Client, Rehearsal, Wizard, field, seed_file};

/// Two good rows, one wrong, one of nobody, one that is there twice, one without a user.
pub(crate) const MIXED: &str = "upn,serial number,secret key,timeinterval,manufacturer,model,note
user0001@example.com,60234601,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,C301-i,a
user0002@example.com,60234602,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C301-i,b
user0003@example.com,60234603,,30,Token2,C301-i,c
nobody@example.com,60234604,PHCBEH6GBBL577X4OS4ZTTEF6GIKYRWI,30,Token2,C301-i,d
user0002@example.com,60234602,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C301-i,b
,60234605,XTPXFDTQ7ZWM5BQ6GPTLB2S7LWMMTB26,60,Token2,C301-i,e
";

async fn wizard() -> Wizard {
    Wizard::new(Rehearsal::new().await).await
}

fn has(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "{text} is not in {page}");
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "it is one way, from the file to the report"
)]
#[tokio::test(start_paused = true)]
async fn a_mixed_file_goes_the_whole_way() {
    let wizard = wizard().await;
    let draft = wizard.import("batch.csv", MIXED).await;
    let page = wizard.get(&draft).await;
    has(
        &page,
        &[
            "batch.csv",
            "token2-csv",
            "1 row cannot be used",
            "Nothing was read from",
            "note",
        ],
    );
    has(
        &page,
        &[
            "secret key: ",
            "Token2 C301-i",
            "3 of 4 tokens have a user",
            "was left out",
        ],
    );
    let rows = wizard.get(&format!("{draft}/rows?show=wrong")).await;
    has(&rows, &["secret key", "rejected"]);
    assert!(!rows.contains("60234601"));
    let csv = wizard.get(&format!("{draft}/rejected.csv")).await;
    assert!(
        csv.lines().any(|line| line.starts_with("4,,,rejected")),
        "{csv}"
    );
    let users = [
        ("list", "user0005@example.com\nuser0006@example.com"),
        ("strategy", "next-available"),
    ];
    let listed = wizard
        .client
        .upload(&format!("{draft}/users"), &users, "", "")
        .await;
    let page = wizard.see(wizard.client.follow(&listed).await).body;
    has(
        &page,
        &[
            "1 user gets a token",
            "Users for whom there is no token",
            "user0006@example.com",
        ],
    );
    let plan = wizard.want(&draft, "entra-activated").await;
    has(
        &plan,
        &[
            "Activate in Entra ID",
            "Carry out 3 changes",
            "calls that change something",
        ],
    );
    has(
        &plan,
        &[
            "import and assign, then activate",
            "nobody@example.com",
            "user0005@example.com",
        ],
    );
    let rejected = wizard.get(&format!("{draft}?decision=rejected")).await;
    assert!(rejected.contains("60234604") && !rejected.contains("60234601"));
    let run = wizard.begin(&draft, &plan).await;
    wizard.get(&format!("/runs/{run}")).await;
    let report = wizard.end(&run).await;
    let counts = report.counts;
    assert_eq!((counts.done, counts.rejected, counts.rows), (3, 2, 5));
    let devices = wizard.rehearsal.sim.state().entra.devices;
    let holders: Vec<_> = devices
        .iter()
        .map(|device| device.assigned_to.clone().unwrap())
        .collect();
    assert!(
        holders.contains(&"user0005@example.com".to_owned()),
        "{holders:?}"
    );
    assert!(devices.iter().all(|device| device.status == "activated"));
    let page = wizard.get(&format!("/runs/{run}")).await;
    has(
        &page,
        &[
            "3 of 5 rows are as wanted",
            "finished",
            "Run the failed rows again",
        ],
    );
    wizard.get("/runs").await;
    wizard.saw_no_seed_of(MIXED);
    assert_eq!(wizard.rehearsal.app.vault.names("").unwrap(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn entra_takes_tokens_as_far_as_one_wants() {
    for (wish, status) in [
        ("entra-imported", "available"),
        ("entra-assigned", "assigned"),
        ("entra-activated", "activated"),
    ] {
        let wizard = wizard().await;
        let (_, report) = wizard.run(&seed_file(3), wish).await;
        assert_eq!(report.counts.done, 3, "{wish}");
        let devices = wizard.rehearsal.sim.state().entra.devices;
        let all = devices.iter().all(|device| device.status == status);
        assert!(devices.len() == 3 && all, "{wish}: {devices:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn okta_enrols_and_proves() {
    for (wish, proved) in [("okta-activated", false), ("okta-proven", true)] {
        let wizard = wizard().await;
        let draft = wizard.import("seeds.csv", &seed_file(2)).await;
        let plan = wizard.want(&draft, wish).await;
        assert!(plan.contains("enrol"), "{plan}");
        let run = wizard.begin(&draft, &plan).await;
        let report = wizard.end(&run).await;
        assert_eq!(report.counts.done, 2, "{wish}: {report:?}");
        let factors = wizard.rehearsal.sim.state().okta.factors;
        assert_eq!(factors.len(), 2);
        assert!(factors.iter().all(|factor| factor.status == "ACTIVE"));
        let page = wizard.get(&format!("/runs/{run}")).await;
        assert_eq!(page.contains("prove by a code in Okta"), proved);
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_used_says_why_and_makes_no_draft() {
    let wizard = wizard().await;
    let options = [("format", "duo"), ("text", "")];
    let sent = wizard
        .client
        .upload("/import", &options, "a.zip", "PK\u{3}\u{4} secret")
        .await;
    assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
    has(
        &sent.body,
        &[
            "ZIP archive: unpack it",
            "value=\"duo\" selected",
            "Error: Import",
        ],
    );
    for (fields, why) in [
        (vec![], "No file was chosen"),
        (
            vec![("text", "x"), ("sample", "token2-batch.csv")],
            "The file cannot be used",
        ),
        (vec![("format", "nonsense"), ("text", "a")], "Format: "),
        (vec![("text", "no seed")], "Paste it again"),
    ] {
        let sent = wizard.client.upload("/import", &fields, "", "").await;
        assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
        has(&sent.body, &[why]);
    }
}

#[tokio::test(start_paused = true)]
async fn short_keys_are_taken_on_purpose() {
    let wizard = wizard().await;
    let file = seed_file(1);
    let secret = file.lines().nth(1).unwrap().split(',').nth(2).unwrap();
    let file = file.replace(secret, &secret[..16]);
    for (fields, is_taken) in [(&[][..], false), (&[("short", "yes")], true)] {
        let sent = wizard
            .client
            .upload("/import", fields, "a.csv", &file)
            .await;
        let page = wizard.planned(&sent.location).await;
        assert_eq!(
            page.contains("short keys can be allowed"),
            !is_taken,
            "{page}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_encrypted_file_is_opened_by_its_passphrase_which_is_never_shown() {
    use seedfile::pskc::Protection;
    use seedfile::{Format, PskcKey, ReadOptions, WriteOptions};
    let file = seedfile::read(seed_file(2).as_bytes(), &ReadOptions::default()).unwrap();
    let (mut closed, key) = (
        Vec::new(),
        PskcKey::passphrase("correct horse".to_owned().into()),
    );
    let protection = Protection::Encrypted {
        key: &key,
        iterations: 1000,
        random: &mut |bytes: &mut [u8]| bytes.fill(7),
    };
    let options = WriteOptions::default().protection(protection);
    seedfile::write(&file.tokens, Format::Pskc, options, &mut closed).unwrap();
    let closed = String::from_utf8(closed).unwrap();
    let wizard = wizard().await;
    let without = wizard
        .client
        .upload("/import", &[], "closed.xml", &closed)
        .await;
    has(&without.body, &["passphrase"]);
    let wrong = [("passphrase", "battery staple")];
    let refused = wizard
        .client
        .upload("/import", &wrong, "closed.xml", &closed)
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.body.contains("battery"));
    let right = [("passphrase", "correct horse")];
    let sent = wizard
        .client
        .upload("/import", &right, "closed.xml", &closed)
        .await;
    let page = wizard.client.follow(&sent).await.body;
    assert!(page.contains("pskc") && !page.contains("correct horse"));
    let plan = wizard.want(&sent.location, "entra-imported").await;
    let run = wizard.begin(&sent.location, &plan).await;
    assert_eq!(wizard.end(&run).await.counts.done, 2);
}

#[tokio::test(start_paused = true)]
async fn a_form_that_is_sent_twice_begins_one_run() {
    let wizard = wizard().await;
    let draft = wizard.import("a.csv", &seed_file(3)).await;
    let page = wizard.want(&draft, "entra-activated").await;
    let version = field(&page, "plan");
    let fields = [("plan", &*version), ("once", "o1")];
    let to = format!("{draft}/begin");
    let (one, two) = tokio::join!(wizard.go(&to, &fields), wizard.go(&to, &fields));
    assert_eq!(one, two);
    // From another window, too.
    let third = wizard.go(&to, &[("plan", &version), ("once", "o2")]).await;
    assert_eq!(one, third);
    assert_eq!(wizard.rehearsal.app.ledger.runs().await.unwrap().len(), 1);
    let led = wizard.client.get(&draft).await;
    assert_eq!((led.status, led.location), (StatusCode::SEE_OTHER, one));
}

#[tokio::test(start_paused = true)]
async fn what_was_begun_is_not_discarded_and_leads_to_its_run() {
    let wizard = wizard().await;
    let draft = wizard.import("a.csv", &seed_file(1)).await;
    let page = wizard.want(&draft, "entra-imported").await;
    let run = wizard.begin(&draft, &page).await;
    let led = wizard.go(&format!("{draft}/discard"), &[]).await;
    assert_eq!(led, draft);
    let led = wizard.client.get(&led).await;
    assert_eq!(led.location, format!("/runs/{run}"));
}

#[tokio::test(start_paused = true)]
async fn only_the_plan_that_was_looked_at_is_begun() {
    let wizard = wizard().await;
    let draft = wizard.import("a.csv", MIXED).await;
    let page = wizard.want(&draft, "entra-activated").await;
    let old = field(&page, "plan");
    let to = format!("{draft}/begin");
    // Something else is wanted meanwhile, and planned.
    wizard.want(&draft, "entra-imported").await;
    let refused = wizard.post(&to, &[("plan", &old)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    has(&refused.body, &["This is not the plan any more"]);
    // Other users: there is no plan at all.
    let page = wizard.get(&draft).await;
    let old = field(&page, "plan");
    let users = [
        ("list", "user0009@example.com"),
        ("strategy", "next-available"),
    ];
    wizard
        .client
        .upload(&format!("{draft}/users"), &users, "", "")
        .await;
    let refused = wizard.post(&to, &[("plan", &old)]).await;
    has(&refused.body, &["This is not the plan any more"]);
    assert!(wizard.rehearsal.app.ledger.runs().await.unwrap().is_empty());
    assert!(wizard.rehearsal.sim.state().entra.devices.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_was_made_for_other_users_is_dropped_when_it_comes_late() {
    let wizard = Wizard::new(Rehearsal::slow().await).await;
    let draft = wizard.import("a.csv", MIXED).await;
    wizard
        .go(&format!("{draft}/wish"), &[("wish", "entra-activated")])
        .await;
    assert!(wizard.get(&draft).await.contains("are being read…"));
    let users = [
        ("list", "user0009@example.com"),
        ("strategy", "next-available"),
    ];
    wizard
        .client
        .upload(&format!("{draft}/users"), &users, "", "")
        .await;
    wizard.rehearsal.clock.sleep(Duration::from_secs(120)).await;
    let page = wizard.get(&draft).await;
    assert!(
        page.contains("Make the plan") && !page.contains("Carry out"),
        "{page}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_old_plan_is_made_again_before_anything_is_sent() {
    let wizard = wizard().await;
    let draft = wizard.import("a.csv", &seed_file(3)).await;
    let page = wizard.want(&draft, "entra-activated").await;
    wizard
        .rehearsal
        .clock
        .sleep(Duration::from_secs(31 * 60))
        .await;
    let version = field(&page, "plan");
    let refused = wizard
        .post(&format!("{draft}/begin"), &[("plan", &version)])
        .await;
    has(&refused.body, &["more than half an hour old"]);
    assert!(wizard.rehearsal.sim.state().entra.devices.is_empty());
    let page = wizard.planned(&draft).await;
    assert_ne!(field(&page, "plan"), version);
    let run = wizard.begin(&draft, &page).await;
    assert_eq!(wizard.end(&run).await.counts.done, 3);
}

#[tokio::test(start_paused = true)]
async fn the_page_is_told_when_the_plan_is_made() {
    let wizard = Wizard::new(Rehearsal::slow().await).await;
    let draft = wizard.import("a.csv", &seed_file(3)).await;
    wizard
        .go(&format!("{draft}/wish"), &[("wish", "entra-activated")])
        .await;
    let page = wizard.get(&draft).await;
    has(&page, &["data-events=\"/drafts/", "http-equiv=\"refresh\""]);
    let told = wizard.get(&format!("{draft}/events")).await;
    assert!(told.contains("event: end"), "{told}");
    assert!(wizard.get(&draft).await.contains("Carry out 3 changes"));
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_is_gone_or_of_somebody_else_says_what_to_do() {
    let wizard = wizard().await;
    let draft = wizard.import("a.csv", &seed_file(1)).await;
    let app = &wizard.rehearsal.app;
    let id = draft.strip_prefix("/drafts/").unwrap();
    assert!(app.drafts.get(id, "bob", app.clock.monotonic()).is_none());
    let discarded = wizard.go(&format!("{draft}/discard"), &[]).await;
    assert_eq!(discarded, "/import?said=discarded");
    for path in [
        draft.clone(),
        format!("{draft}/rows"),
        format!("{draft}/rejected.csv"),
    ] {
        let gone = wizard.client.get(&path).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
        has(&gone.body, &["not there any more", "Send the file again"]);
    }
    let posted = wizard
        .post(&format!("{draft}/wish"), &[("wish", "entra-imported")])
        .await;
    assert_eq!(posted.status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn what_a_file_says_is_only_text() {
    let payload = "<img src=x onerror=alert(1)>";
    let file = format!(
        "upn,serial number,secret key,timeinterval,manufacturer,model,{payload}
{payload}@example.com,60234601,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,{payload},a
{payload},{payload},DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,{payload},b
user0001@example.com,60234603,PHCBEH6GBBL577X4OS4ZTTEF6GIKYRWI,30,{payload},{payload},b
"
    );
    let wizard = wizard().await;
    let draft = wizard.import(&format!("{payload}.csv"), &file).await;
    let users = [("list", payload), ("strategy", payload)];
    let page = wizard.get(&draft).await;
    assert!(page.contains("&lt;img src=x"), "{page}");
    let refused = wizard
        .client
        .upload(&format!("{draft}/users"), &users, "", "")
        .await;
    wizard.see(refused);
    for path in [String::new(), "/rows".to_owned()] {
        wizard.get(&format!("{draft}{path}")).await;
    }
    let users = [("remove", "yes")];
    wizard
        .client
        .upload(&format!("{draft}/users"), &users, "", "")
        .await;
    let plan = wizard.want(&draft, "entra-imported").await;
    let run = wizard.begin(&draft, &plan).await;
    wizard.end(&run).await;
    wizard.get(&format!("/runs/{run}")).await;
    wizard.get(&format!("/runs/{run}/report.html")).await;
    wizard.get("/runs?state=%3Cimg&place=%3Cimg").await;
    wizard.saw_nowhere(payload);
}

#[tokio::test(start_paused = true)]
async fn nobody_but_operators_imports() {
    let rehearsal = Rehearsal::new().await;
    let client = Client::new(&rehearsal).await;
    let page = client.get("/import").await.body;
    assert!(page.contains("Seed file") && !page.contains("Sample files"));
}

/// A token that counts events, and one of eight digits.
const UNFIT: &str = "otpauth://hotp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=1&serial=1
otpauth://totp/x?secret=DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52&digits=8&serial=2
";

#[tokio::test(start_paused = true)]
async fn the_check_says_which_services_take_a_token() {
    let wizard = wizard().await;
    let draft = wizard.import("links.txt", UNFIT).await;
    for path in [draft.clone(), format!("{draft}/rows?show=wrong")] {
        let page = wizard.get(&path).await;
        let why = [
            "does not take 8 digits",
            "Not for Entra ID: the token counts events",
        ];
        has(&page, &why);
        has(&page, &["cannot be used", "Not for Okta"]);
        assert!(!page.contains("The others can") && !page.contains("can be used</span>"));
    }
    // Where it is known who gets them, the others do not matter.
    wizard.want(&draft, "entra-imported").await;
    let rows = wizard.get(&format!("{draft}/rows")).await;
    assert!(
        rows.contains("Not for Entra ID") && !rows.contains("Not for Okta"),
        "{rows}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_check_knows_what_services_take_before_one_is_connected() {
    let wizard = wizard().await;
    for idp in Idp::ALL {
        wizard.rehearsal.app.places.remove(idp).unwrap();
    }
    let draft = wizard.import("links.txt", UNFIT).await;
    has(
        &wizard.get(&draft).await,
        &["1 that can be used, 0 in Entra ID"],
    );
    let rows = wizard.get(&format!("{draft}/rows")).await;
    has(
        &rows,
        &[
            "look at it",
            "Not for Entra ID: Entra ID does not take 8 digits",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn the_check_promises_nothing_where_no_row_can_be_used() {
    let wizard = wizard().await;
    let wrong = seed_file(1).replace(",30,", ",,");
    let page = wizard.get(&wizard.import("a.csv", &wrong).await).await;
    has(
        &page,
        &[
            "0 that can be used",
            "No row can be used",
            "no token that could go anywhere",
        ],
    );
    assert!(!page.contains("The others can"), "{page}");
}
