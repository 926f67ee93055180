//! What stands in addresses and is typed into forms.

use url::form_urlencoded::Serializer;

use super::World;
use super::world::compare;

/// Pages with all that their addresses may say.
const ASKED: &[(&str, &[&str])] = &[
    ("/inventory/entra", &["q", "model", "sort"]),
    ("/users/entra", &["q"]),
    ("/runs", &["state", "place"]),
    ("/calls", &["q", "failed"]),
    (
        "/audit",
        &[
            "q", "run", "serial", "user", "actor", "since", "until", "before",
        ],
    ),
    (
        "/audit/export",
        &["q", "run", "serial", "user", "actor", "since", "until"],
    ),
    ("/lost-token", &["user", "old", "new"]),
    ("/tokens/entra/60010001", &["holder"]),
    ("/settings/api-tokens/revoke", &["name"]),
    ("/sign-in", &["next"]),
    ("/start", &["key"]),
    ("/", &["said", "next"]),
];
/// Paths that end with a text.
const NAMED: &[&str] = &[
    "/tokens/entra/",
    "/users/entra/",
    "/runs/",
    "/drafts/",
    "/settings/accounts/",
    "/",
];
/// A little less than an address may have.
const LONG: usize = 2_000;

#[tokio::test]
async fn what_is_asked_for_is_a_text_and_nothing_else() {
    let mut world = World::hostile().await;
    world.story.browser.ignore_csp().await;
    story(&mut world).await;
    let hostile = world.end();
    let mut world = World::harmless().await;
    story(&mut world).await;
    compare(&hostile, &world.end());
}

async fn story(world: &mut World) {
    world.story.connect_entra().await;
    // The button of a one-time address would be pressed at once.
    world.story.browser.script_off().await;
    for text in together(&world.texts) {
        for (path, parameters) in ASKED {
            let mut query = Serializer::new(String::new());
            for name in *parameters {
                query.append_pair(name, &text);
            }
            world.visit(&format!("{path}?{}", query.finish())).await;
        }
    }
    for text in together(&world.texts).into_iter().take(2) {
        let text = url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        for path in NAMED {
            world
                .visit(&format!("{path}{}", text.replace('+', "%20")))
                .await;
        }
    }
}

/// Several texts as one, so that they are fewer.
fn together(texts: &[String]) -> Vec<String> {
    let mut all = vec![String::new()];
    for text in texts.iter().filter(|text| text.len() < LONG) {
        if all.last().is_some_and(|last| last.len() > LONG) {
            all.push(String::new());
        }
        all.last_mut().unwrap().push_str(text);
    }
    all
}
