//! Light and dark, narrow and wide, and pictures of it.

use crate::support::Browser;

use super::one_page;

const PAGE: &str = "
    <style>
      :root { color-scheme: light dark } body { margin: 0 } div { height: 3000px }
      @media (prefers-color-scheme: dark) { main { --seen: dark } }
      @media (max-width: 320px) { main { --width: narrow } }
    </style><div>High</div>";

#[tokio::test]
async fn a_page_is_seen_light_and_dark_narrow_and_wide() {
    let (site, browser) = (one_page(PAGE).await, Browser::start().await);
    let style = async |name: &str| {
        let value =
            format!("getComputedStyle(document.querySelector('main')).getPropertyValue('{name}')");
        browser.value_of(&value).await
    };
    browser.open(&site.url("/")).await;
    assert_eq!(browser.value_of("innerWidth").await, 1280);
    assert_eq!(style("--seen").await, "");
    browser.dark().await;
    assert_eq!(style("--seen").await, "dark");
    browser.width(320).await;
    browser.reload().await;
    assert_eq!(style("--seen").await, "dark");
    assert_eq!(style("--width").await, "narrow");
    assert_eq!(
        browser
            .value_of("document.documentElement.clientWidth")
            .await,
        320
    );
    browser.light().await;
    assert_eq!(style("--seen").await, "");
}

#[tokio::test]
async fn a_picture_holds_the_whole_page() {
    let (site, browser) = (one_page(PAGE).await, Browser::start().await);
    browser.width(320).await;
    browser.open(&site.url("/")).await;
    let file = browser.home().join("pictures/page.png");
    browser.screenshot(&file).await;
    let png = std::fs::read(file).unwrap();
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!(&png[..4], b"\x89PNG");
    assert_eq!(number(16), 320);
    assert!(number(20) > 3000, "{} high", number(20));
    // The window is as it was.
    assert_eq!(browser.value_of("innerHeight").await, 800);
}

#[tokio::test]
async fn what_is_too_wide_is_named() {
    let good =
        "<style>nav { overflow-x: auto }</style><nav><p style='width: 900px'>Scrolls</p></nav>";
    let (site, browser) = (one_page(good).await, Browser::start().await);
    browser.width(320).await;
    browser.open(&site.url("/")).await;
    assert_eq!(browser.too_wide().await, [""; 0]);

    let site = one_page("<p id=wide style='width: 321px'>Wide</p>").await;
    browser.open(&site.url("/")).await;
    let wide = browser.too_wide().await;
    assert!(wide[0].ends_with("wide and the window 320"), "{wide:?}");
    assert!(wide[1].contains("id=\"wide\""), "{wide:?}");
    assert_eq!(wide.len(), 2, "{wide:?}");
    browser.width(1280).await;
    assert_eq!(browser.too_wide().await, [""; 0]);
}
