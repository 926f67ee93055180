//! Files that wait, over simulated services, in virtual time.

use std::time::Duration;

use http::StatusCode;

use crate::door::Role;
use crate::testing::{Client, Rehearsal, Wizard, seed_file};

#[tokio::test(start_paused = true)]
async fn a_file_that_waits_is_found_again_and_gone_on_with() {
    let wizard = Wizard::new(Rehearsal::new().await).await;
    assert!(!wizard.get("/import").await.contains("Files that wait"));
    let first = wizard.import("first.csv", &seed_file(3)).await;
    let second = wizard.import("second.csv", &seed_file(5)).await;
    wizard.want(&second, "entra-activated").await;
    assert!(
        wizard
            .get("/")
            .await
            .contains("2 files wait to be carried out.")
    );
    let page = wizard.get("/import").await;
    for text in [
        "first.csv",
        "second.csv",
        "not chosen yet",
        "Activate in Entra ID",
        ">3<",
        ">5<",
    ] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    assert!(page.contains("Kept until") && page.contains(&format!("href=\"{first}\"")));
    let discarded = wizard.go(&format!("{first}/discard"), &[]).await;
    assert_eq!(discarded, "/import?said=discarded");
    let plan = wizard.get(&second).await;
    assert!(
        wizard
            .get("/")
            .await
            .contains("1 file waits to be carried out.")
    );
    let run = wizard.begin(&second, &plan).await;
    wizard.end(&run).await;
    assert!(!wizard.get("/import").await.contains("Files that wait"));
    assert!(!wizard.get("/").await.contains("to be carried out"));
}

#[tokio::test(start_paused = true)]
async fn to_see_that_a_file_waits_does_not_keep_it() {
    let wizard = Wizard::new(Rehearsal::new().await).await;
    wizard.import("seeds.csv", &seed_file(1)).await;
    for waits in [true, true, false] {
        assert_eq!(wizard.get("/import").await.contains("seeds.csv"), waits);
        wizard
            .rehearsal
            .clock
            .sleep(Duration::from_secs(40 * 60))
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_waits_is_its_senders_alone() {
    let wizard = Wizard::new(Rehearsal::new().await).await;
    wizard.import("seeds.csv", &seed_file(1)).await;
    let other = Client::with_role(&wizard.rehearsal, Role::Operator).await;
    for path in ["/", "/import"] {
        let page = other.get(path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.body.contains("seeds.csv") && !page.body.contains("to be carried out"));
    }
}
