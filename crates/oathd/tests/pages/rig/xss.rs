//! The payloads run where a page is open to them, and a page of ours is not.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use maud::html;

use crate::support::{Browser, Payload, Site, page, payloads};

use super::{one_page, strict};

/// A page that puts the payload where it is meant to be, as it is; none for a place that needs more than a browser.
fn open_to(payload: &Payload) -> Option<String> {
    let text = &payload.text;
    let escaped = || html! { (text) }.into_string();
    Some(match payload.place {
        "attribute-double" => format!("<input value=\"{text}\">"),
        "attribute-single" => format!("<input value='{text}'>"),
        "attribute-bare" => format!("<input value={text}>"),
        "address" => format!("<a href=\"{}\">Next</a>", escaped()),
        "script-string" => script('"', text),
        "script-single" => script('\'', text),
        "script-template" => script('`', text),
        "script-data" => format!("<script type=application/json>{text}</script>"),
        "style" => format!("<style>p{{color:{text}}}</style>"),
        "comment" => format!("<!--{text}-->"),
        "title" => format!("<title>{text}</title>"),
        "textarea" => format!("<textarea>{text}</textarea>"),
        "template" | "entity" | "folded" => return None,
        _ => format!("<p>{text}</p>"),
    })
}

/// Scripts with a text in quotes; one of them marks the quotes in it, but not what marks them.
fn script(quote: char, text: &str) -> String {
    let quoted = |text: &str| format!("{quote}{text}{quote}");
    let marked = text
        .replace(quote, &format!("\\{quote}"))
        .replace("${", "\\${");
    let (text, marked) = (quoted(text), quoted(&marked));
    [
        format!("String({text});"),
        format!("x = {text};"),
        format!("[{text}];"),
        format!("[{{ a: {text} }}];"),
        format!("String({{ a: {text} }});"),
        format!("// {text}"),
        format!("x = {marked};"),
    ]
    .map(|line| format!("<script>{line}\n</script>"))
    .concat()
}

/// Each payload in a window of its own, of its name.
fn windows() -> String {
    let all = payloads();
    let open = all.iter().zip(0..).filter_map(|(payload, number)| {
        let srcdoc = open_to(payload)?;
        let name = format!("p{number}.");
        Some(html! { iframe name=(name) srcdoc=(srcdoc) {} }.into_string())
    });
    open.collect()
}

#[tokio::test]
async fn payloads_run_where_a_page_is_open_to_them() {
    let site = Site::of(Router::new().route("/", get(async || Html(windows())))).await;
    let browser = Browser::start().await;
    browser.open(&site.url("/")).await;
    let ran: BTreeSet<String> = browser.xss_ran().await.into_iter().collect();
    let mut lame: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let all = payloads();
    let open = all
        .iter()
        .zip(0..)
        .filter(|(payload, _)| open_to(payload).is_some());
    let count = open.clone().count();
    for (payload, number) in open {
        let name = format!("p{number}.");
        if !ran.iter().any(|told| told.contains(&name)) {
            lame.entry(payload.place)
                .or_default()
                .push(payload.text.chars().take(90).collect());
        }
    }
    let lamed = lame.values().map(Vec::len).sum::<usize>();
    // Pages of `data:` have no origin and are out of reach; some wait for other browsers.
    assert!(
        lamed < 10,
        "{lamed} of {count} payloads do not run: {lame:#?}"
    );
}

#[tokio::test]
async fn no_payload_runs_where_it_is_escaped() {
    let body = html! {
        @for Payload { text, .. } in payloads() { p title=(text) { (text) } }
    };
    let body = body.into_string();
    let site = Site::of(Router::new().route("/", get(async move || page(&body)))).await;
    let browser = Browser::start().await;
    browser.ignore_csp().await;
    browser.open(&site.url("/")).await;
    assert_eq!(browser.xss_ran().await, [""; 0]);
    assert_eq!(browser.count("p").await, payloads().len() as u64);
}

#[tokio::test]
async fn a_policy_stops_scripts_unless_it_is_ignored() {
    let open = "<img src=x onerror=window.__xss=1>";
    let site = Site::of(Router::new().route("/", get(async move || strict(page(open))))).await;
    let browser = Browser::start().await;
    browser.open(&site.url("/")).await;
    assert_eq!(browser.xss_ran().await, [""; 0]);
    let troubles = browser.troubles().await;
    assert!(
        troubles.iter().any(|told| told.starts_with("security: ")),
        "{troubles:?}"
    );
    browser.ignore_csp().await;
    browser.reload().await;
    assert!(!browser.xss_ran().await.is_empty());
}

#[tokio::test]
async fn a_script_that_ran_is_remembered_when_its_page_is_left() {
    let site = one_page("<script>window.__xss=1; location.href='data:,'</script>").await;
    let browser = Browser::start().await;
    browser.open(&site.url("/")).await;
    browser.open("about:blank").await;
    assert!(!browser.xss_ran().await.is_empty());
}

#[test]
fn the_corpus_is_large_and_every_payload_is_another() {
    let all = payloads();
    let texts: BTreeSet<&str> = all.iter().map(|payload| payload.text.as_str()).collect();
    assert!(all.len() >= 300, "{}", all.len());
    assert_eq!(texts.len(), all.len());
    for Payload { place, text } in &all {
        let mut names = ["__x", "x5f", "Ll9fe", "X194c3M"].iter();
        assert!(names.any(|name| text.contains(name)), "{place}: {text}");
    }
    assert!(all.iter().any(|payload| payload.text.len() > 20_000));
    assert!(all.iter().any(|payload| payload.text.starts_with('\0')));
}
