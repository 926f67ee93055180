//! A page used without a mouse.

use std::time::Duration;

use crate::support::{Browser, Key};

use super::{failure, one_page};

#[tokio::test]
async fn a_form_is_sent_with_the_keyboard_alone() {
    let site = one_page(
        "<form><label>Serial number <input name=serial></label>
         <label><input type=checkbox name=sure> I am sure</label><button>Send</button></form>",
    )
    .await;
    let browser = Browser::start().await;
    browser.open(&site.url("/")).await;
    browser.tab_to("Serial number").await;
    browser.type_text("60012345").await;
    browser.key(Key::Tab).await;
    assert_eq!(browser.focused().await, "I am sure");
    browser.type_text(" ").await;
    browser.tab_to("Send").await;
    browser.key_with(Key::Shift, Key::Tab).await;
    assert_eq!(browser.focused().await, "I am sure");
    browser.key(Key::Tab).await;
    browser.key(Key::Enter).await;
    let sent = async || browser.url().await == site.url("/?serial=60012345&sure=on");
    browser.wait_until("the form was not sent", sent).await;
}

#[tokio::test]
async fn what_cannot_be_reached_or_seen_is_told() {
    for (body, why) in [
        (
            "<p onclick='f()'>Send</p><button>Stop</button>",
            r#"does not come to "Send"; it stops at ["Stop""#,
        ),
        (
            "<style>:focus { outline: none }</style><button>Send</button>",
            r#"one does not see that "Send" has the focus"#,
        ),
        (
            "<style>p { position: fixed; inset: 0; background: white }</style><button>Send</button><p>On top</p>",
            r#"one does not see that "Send" has the focus"#,
        ),
    ] {
        let (site, mut browser) = (one_page(body).await, Browser::start().await);
        browser.patience = Duration::ZERO;
        browser.open(&site.url("/")).await;
        let said = failure(async move { browser.tab_to("Send").await }).await;
        assert!(said.contains(why), "{said}");
    }
}
