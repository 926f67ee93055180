//! A file's way through the pages.

use crate::support::Story;

const FILE: &str = "upn,serial number,secret key,timeinterval,manufacturer,model
user0001@example.com,60012301,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,C301-i
user0002@example.com,60012302,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJR,30,Token2,C301-i
";

#[tokio::test]
async fn a_file_becomes_tokens_that_are_activated() {
    let story = Story::begin().await;
    story.connect_entra().await;
    let browser = &story.browser;
    let file = story.file("two.csv", FILE);
    story.open("/import").await;
    browser.upload("Seed file", &file).await;
    browser.press("Read it").await;
    browser.see("2 tokens").await;
    story.is_quiet().await;
}
