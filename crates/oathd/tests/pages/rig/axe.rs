//! axe-core finds what is wrong, and nothing on a page that is right.

use crate::support::Browser;

use super::{one_page, strict_page};

const GOOD: &str =
    "<form><label>Serial number <input name=serial></label> <button>Send</button></form>";

#[tokio::test]
async fn a_good_page_under_a_strict_policy_has_no_violation() {
    let (site, browser) = (strict_page(GOOD).await, Browser::start().await);
    browser.open(&site.url("/")).await;
    let violations = browser.axe().await;
    assert!(violations.is_empty(), "{violations:#?}");
    assert_eq!(browser.troubles().await, [""; 0]);
}

#[tokio::test]
async fn faults_are_found_with_rule_and_place() {
    let site = one_page(
        "<style>.faint { color: #ccc } .small { font-size: 6px; padding: 0; border: 0; display: block }</style>
         <input id=unnamed> <img src='data:,' id=blind> <p class=faint id=faint>Hardly there</p> <h4>Too deep</h4>
         <button class=small id=small>a</button><button class=small>b</button>",
    )
    .await;
    let browser = Browser::start().await;
    browser.open(&site.url("/")).await;
    let violations = browser.axe().await;
    for (rule, selector) in [
        ("label", "#unnamed"),
        ("image-alt", "#blind"),
        ("color-contrast", "#faint"),
        ("heading-order", "h4"),
        ("target-size", "#small"),
    ] {
        let mut found = violations.iter();
        let found = found.find(|of| of.rule == rule && of.selector.contains(selector));
        let found = found.unwrap_or_else(|| panic!("no {rule} at {selector}: {violations:#?}"));
        assert!(
            !found.impact.is_empty() && !found.help.is_empty(),
            "{found:?}"
        );
        assert!(found.summary.starts_with("Fix "), "{found:?}");
    }
}

#[tokio::test]
async fn a_page_without_script_is_looked_at_too() {
    let site =
        one_page("<noscript><input id=unnamed></noscript><script>document.title = 'ran'</script>")
            .await;
    let browser = Browser::start().await;
    browser.script_off().await;
    browser.open(&site.url("/")).await;
    let violations = browser.axe().await;
    assert_eq!(violations.len(), 1, "{violations:#?}");
    assert_eq!(violations[0].selector, "#unnamed");
    browser.reload().await;
    assert_eq!(browser.value_of("document.title").await, "A page");
}
