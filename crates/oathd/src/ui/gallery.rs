//! Everything once on one page: to look at, and for what must hold of every component.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::*;
use tags::{Tag, tags};

mod data;
mod forms;
mod tags;
mod words;

/// Attacks on a page that writes a text as it is.
const PAYLOADS: [&str; 5] = [
    "<script>alert(1)</script>",
    r#""><img src=x onerror=alert(1)>"#,
    "' onmouseover='alert(1)",
    "</textarea></title></style><svg onload=alert(1)>",
    "{{7*7}}<!--",
];

/// Says a text of the gallery, or another one in its place.
type Say<'s> = &'s dyn Fn(&str) -> String;

fn frame(say: Say<'_>) -> Frame {
    Frame {
        who: Some(Who {
            name: say("ines.keller@contoso.com"),
            role: say("Operator"),
        }),
        csrf: say("csrf"),
        once: say("once"),
        back: say("/gallery?a=b"),
        sandbox: true,
        flash: Some(Flash {
            tone: Tone::Good,
            text: say("12 tokens are assigned."),
        }),
        open_runs: 2,
        ..Frame::default()
    }
}

fn gallery(frame: &Frame, say: Say<'_>) -> Markup {
    let head = Head::new(say("Gallery"))
        .section(Section::Inventory)
        .below(say("Inventory"), say("/inventory"))
        .below(say("Entra ID"), say("/inventory/entra"))
        .lead(html! { (say("Every component once, with a sentence that leads in.")) })
        .actions(html! {
            (Button::secondary(say("Export")).icon(Icon::Download).download(say("/export")))
            (Button::primary(say("Import")).icon(Icon::Import).to(say("/import")))
        })
        .refresh(5);
    let content = html! {
        (words::gallery(say))
        (data::gallery(frame, say))
        (forms::gallery(frame, say))
    };
    page(frame, &head, content)
}

fn sign_in(say: Say<'_>) -> Markup {
    let frame = Frame {
        theme: Theme::named("dark"),
        keys: false,
        ..Frame::default()
    };
    let head = Head::new(say("Sign in")).narrow().failed(true);
    let content = html! {
        (form(&frame, "/sign-in", html! {
            (Field::new("name", say("Name")).autocomplete("username").focus().text())
            (Field::new("password", say("Password")).password())
            (buttons(Button::primary(say("Sign in"))))
        }))
        (sign_in_now(&frame, "/first", html! { (Button::secondary(say("Open"))) }))
    };
    page(&frame, &head, content)
}

fn both(say: Say<'_>) -> [String; 2] {
    [gallery(&frame(say), say), sign_in(say)].map(Markup::into_string)
}

fn shapes(page: &str) -> Vec<(&str, Vec<&str>)> {
    tags(page).into_iter().map(Tag::shape).collect()
}

fn plain(text: &str) -> String {
    text.to_owned()
}

#[test]
fn a_payload_changes_no_tag_and_no_attribute() {
    let wanted = both(&plain);
    let wanted: Vec<_> = wanted.iter().map(|page| shapes(page)).collect();
    for payload in PAYLOADS {
        let hostile = both(&|text| format!("{text}{payload}"));
        assert!(
            hostile
                .iter()
                .all(|page| page.contains("alert(1)") || page.contains("7*7"))
        );
        let found: Vec<_> = hostile.iter().map(|page| shapes(page)).collect();
        assert_eq!(found, wanted, "{payload}");
    }
}

#[test]
fn every_control_has_a_label() {
    for page in both(&plain) {
        let tags = tags(&page);
        let labels: BTreeSet<_> = tags.iter().filter_map(|tag| tag.get("for")).collect();
        let mut within = 0_usize;
        for tag in &tags {
            match tag.name {
                "label" => within += 1,
                "/label" => within -= 1,
                "input" | "select" | "textarea" if tag.get("type") != Some("hidden") => {
                    let labelled = tag.get("id").is_some_and(|id| labels.contains(id));
                    assert!(labelled || within > 0, "{tag:?}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn an_id_is_there_once_and_what_is_referred_to_is_there() {
    let page = gallery(&frame(&plain), &plain).into_string();
    let tags = tags(&page);
    let ids: Vec<_> = tags.iter().filter_map(|tag| tag.get("id")).collect();
    let known: BTreeSet<_> = ids.iter().copied().collect();
    assert_eq!(known.len(), ids.len(), "{ids:?}");
    for name in ["for", "form", "aria-describedby", "aria-labelledby"] {
        let referred = tags.iter().filter_map(|tag| tag.get(name));
        for id in referred.flat_map(str::split_whitespace) {
            assert!(known.contains(id), "{name}={id}");
        }
    }
}

#[test]
fn nothing_is_written_inline_that_the_policy_forbids() {
    for page in both(&plain) {
        for tag in tags(&page) {
            assert_ne!(tag.name, "style");
            assert!(tag.name != "script" || tag.get("src").is_some());
            let forbidden = |name: &str| name == "style" || name.starts_with("on");
            assert!(!tag.names().any(forbidden), "{tag:?}");
        }
    }
}

#[test]
fn a_page_has_one_first_heading_its_language_and_its_landmarks() {
    for page in both(&plain) {
        let tags = tags(&page);
        let count = |name| tags.iter().filter(|tag| tag.name == name).count();
        for name in ["h1", "main", "footer", "title"] {
            assert_eq!(count(name), 1, "{name}");
        }
        assert!(
            tags.iter()
                .any(|tag| tag.name == "html" && tag.get("lang") == Some("en"))
        );
        assert!(page.contains(r##"<a class="skip" href="#main">"##));
    }
}

#[test]
fn who_is_not_signed_in_sees_no_way_in() {
    let page = sign_in(&plain).into_string();
    assert!(!page.contains("<nav") && !page.contains("/sign-out"));
    assert!(page.contains(r#"data-theme="dark""#) && page.contains(r#"data-keys="off""#));
    assert!(page.contains("<title>Error: Sign in"));
}

#[tokio::test]
async fn what_a_page_loads_is_served() {
    let page = sign_in(&plain).into_string();
    let tags = tags(&page);
    let loaded = tags
        .iter()
        .filter_map(|tag| tag.get("src").or(tag.get("href")));
    let loaded: Vec<_> = loaded
        .filter_map(|path| path.strip_prefix("/assets/"))
        .collect();
    assert_eq!(loaded.len(), 3);
    for name in loaded {
        let answer = asset(axum::extract::Path(name.to_owned())).await;
        assert_eq!(answer.status(), axum::http::StatusCode::OK, "{name}");
    }
}

#[test]
fn a_row_of_a_run_has_what_its_event_changes() {
    let page = gallery(&frame(&plain), &plain).into_string();
    let event = RowUpdate::new("2308736400013", provisioner::Outcome::Done);
    let event = event.state(provisioner::State::Activated).note("Twice");
    let event = serde_json::to_value(event).unwrap();
    let rows = page
        .split("<tr")
        .filter(|row| row.contains(r#"data-row="2308736400013""#));
    let run = rows.last().unwrap();
    for hook in event["cells"].as_object().unwrap().keys() {
        assert!(run.contains(&format!("data-cell=\"{hook}\"")), "{hook}");
    }
}
