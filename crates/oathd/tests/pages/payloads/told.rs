//! Texts that others tell: the service, a file, whoever named something.

use std::fmt::Write;

use idp_sim::{Fault, Faults, Rule};
use serde_json::json;

use super::World;
use super::world::compare;

/// Of a file's name, in bytes.
const NAME: usize = 220;
/// Of the name of an API token, in characters.
const TOKEN: usize = 64;
/// Of what a service says, and of a field of a file, in bytes.
const FIELD: usize = 2_000;
/// The serial number before the first one.
const SERIAL: usize = 70_010_000;

#[tokio::test]
async fn what_others_tell_is_a_text_and_nothing_else() {
    let mut world = World::hostile().await;
    world.story.browser.ignore_csp().await;
    story(&mut world).await;
    again_with_the_policy(&mut world).await;
    let hostile = world.end();
    let mut world = World::harmless().await;
    story(&mut world).await;
    compare(&hostile, &world.end());
}

/// With the policy, too, nothing runs; and it has nothing to stop.
async fn again_with_the_policy(world: &mut World) {
    world.story.browser.heed_csp().await;
    let visited = std::mem::take(&mut world.visited);
    for path in visited.iter().step_by(8) {
        world.visit(path).await;
    }
    let mut troubles = world.story.browser.troubles().await;
    troubles.retain(|told| told.starts_with("security: "));
    assert_eq!(troubles, [""; 0]);
}

async fn story(world: &mut World) {
    world.story.connect_entra().await;
    world.story.connect_okta().await;
    world.story.open("/calls").await;
    let browser = &world.story.browser;
    browser.press("Log calls").await;
    browser.see("Calls are logged from now on.").await;
    names(world).await;
    files(world).await;
    run(world).await;
    inventory(world).await;
    people(world).await;
    refusals(world).await;
    for path in ["/", "/runs", "/calls", "/audit", "/settings/server"] {
        world.visit(path).await;
    }
}

/// Names of accounts and of API tokens.
async fn names(world: &mut World) {
    for text in joined(&lines(world), TOKEN).iter().take(20) {
        world.story.open("/settings/accounts").await;
        let browser = &world.story.browser;
        browser.paste("Name", text).await;
        browser.paste("Password", "correct horse battery").await;
        browser.paste("Password, once more", "correct horse").await;
        browser.press("Add the account").await;
        browser.see("One field needs a change.").await;
        world.look().await;
        world.story.open("/settings/api-tokens").await;
        let browser = &world.story.browser;
        browser.paste("Name", text).await;
        browser.press("Make the token").await;
        browser.see("Copy the token now").await;
        world.look().await;
    }
    world.visit("/settings/api-tokens").await;
    follow_all(world, "/settings/api-tokens/revoke", 20).await;
}

/// Names of files, what is pasted, and lists of users.
async fn files(world: &mut World) {
    let named: Vec<String> = lines(world);
    let named: Vec<String> = named
        .into_iter()
        .filter(|text| !text.contains('/'))
        .collect();
    for name in joined(&named, NAME) {
        let file = world.story.file(&format!("{name}.csv"), &file(&[]));
        world.story.open("/import").await;
        let browser = &world.story.browser;
        browser.upload("Seed file", &file).await;
        browser.press("Read it").await;
        browser.see("1 that can be used").await;
        world.look().await;
    }
    let lists = joined(&lines(world), FIELD).into_iter().take(4);
    for list in lists {
        let browser = &world.story.browser;
        let list = list.replace("@", "@\n");
        browser.paste("Users", &list).await;
        browser
            .choose("How tokens find their users", "As each line says")
            .await;
        browser.press("Use this list").await;
        browser.see("Who gets what").await;
        world.look().await;
    }
    for text in joined(&lines(world), FIELD).into_iter().take(4) {
        world.story.open("/import").await;
        let browser = &world.story.browser;
        browser.press("Paste it instead").await;
        browser.paste("The lines of the file", &text).await;
        browser.press("Read it").await;
        browser.see("The file cannot be used").await;
        world.look().await;
    }
}

/// Makers, models, users and serial numbers of a file, and what the service says of them.
async fn run(world: &mut World) {
    let texts = joined(&lines(world), FIELD);
    let single = world.texts.clone();
    let content = file(&[texts.as_slice(), single.as_slice()].concat());
    let path = world.story.file("told.csv", &content);
    world.story.open("/import").await;
    let browser = &world.story.browser;
    browser.upload("Seed file", &path).await;
    browser.press("Read it").await;
    browser.see("that can be used").await;
    world.look().await;
    let draft = world.path().await;
    every_page(world, &format!("{draft}/rows"), 100).await;
    world.story.open(&draft).await;
    let browser = &world.story.browser;
    browser
        .choose(
            "What is to be done",
            "Import, assign and activate in Entra ID",
        )
        .await;
    browser.press("Make the plan").await;
    browser.see("Rows of the plan").await;
    every_page(world, &draft, 100).await;

    let refused = (1..).zip(&texts).map(|(number, text)| {
        let body = json!({ "error": { "code": text, "message": text } }).to_string();
        Rule::nth("methods.activate", number, answer(400, body))
    });
    let rules = refused.collect();
    world.story.sim.set_faults(Faults { rules });
    world.story.open(&draft).await;
    let button = "[...document.querySelectorAll('button')].find(button => button.textContent.startsWith('Carry out')).textContent";
    let button = world.story.browser.value_of(button).await;
    world.story.browser.press(button.as_str().unwrap()).await;
    world.story.browser.see("Report (HTML)").await;
    world.story.sim.set_faults(Faults::default());
    let run = world.path().await;
    every_page(world, &run, 100).await;
    let browser = &world.story.browser;
    browser.follow("Report (HTML)").await;
    browser.saved("report.html").await;
    let report = browser.home().join("downloads/report.html");
    browser.open(&format!("file://{}", report.display())).await;
    world.look().await;
}

async fn inventory(world: &mut World) {
    world.story.open("/inventory/entra").await;
    world.story.browser.see("As of").await;
    every_page(world, "/inventory/entra", 50).await;
    let serials = joined(&lines(world), FIELD).len();
    for row in 1..=serials {
        world
            .visit(&format!("/tokens/entra/{}", SERIAL + row))
            .await;
    }
}

/// Users as the services know them: found, looked at, and suggested while one types.
async fn people(world: &mut World) {
    for place in ["entra", "okta"] {
        for beginning in 0..=world.texts.len() / 10 {
            world
                .visit(&format!("/users/{place}?q=user{beginning:03}"))
                .await;
        }
        world.visit(&format!("/users/{place}?q=xx")).await;
        follow_all(world, &format!("/users/{place}/"), 10).await;
    }
    for login in ["user0001", "user0100", "user0200"] {
        world
            .visit(&format!("/lost-token?user={login}@example.com"))
            .await;
    }
    let mut searched: Vec<String> = lines(world).into_iter().step_by(30).collect();
    searched.retain(|text| text.starts_with(['<', 'a']));
    searched.extend(["xx".to_owned(), "user".to_owned()]);
    for text in searched {
        world.story.open("/lost-token").await;
        let browser = &world.story.browser;
        browser.paste("User", text.get(..4).unwrap_or(&text)).await;
        let said = "[...document.querySelectorAll('[role=status]')].some(said => / found/.test(said.textContent))";
        let found = async || browser.value_of(said).await == true;
        browser.wait_until("nothing is suggested", found).await;
        world.look().await;
    }
}

/// What the services say when they do not do what they are asked for.
async fn refusals(world: &mut World) {
    for text in joined(&world.texts, FIELD) {
        let body = json!({
            "error": { "code": text, "message": text },
            "errorCode": text, "errorSummary": text, "errorCauses": [{ "errorSummary": text }],
        });
        let fault = answer(403, body.to_string());
        world.story.sim.set_faults(Faults {
            rules: vec![Rule::always(fault)],
        });
        for path in [
            "/users/entra?q=us",
            "/users/okta?q=us",
            "/lost-token?user=user0001",
            &format!("/tokens/entra/{}", SERIAL + 1),
        ] {
            world.visit(path).await;
        }
    }
    world.story.open("/inventory/entra").await;
    let browser = &world.story.browser;
    browser.press("Read it again").await;
    browser.see("The inventory is being read again.").await;
    let has_failed = async || {
        world.story.open("/inventory/entra").await;
        browser.page_text().await.contains("could not be read")
    };
    browser
        .wait_until("the reading does not fail", has_failed)
        .await;
    for path in ["/inventory/entra", "/settings/entra/doctor", "/"] {
        world.visit(path).await;
    }
    world.story.sim.set_faults(Faults::default());
}

fn answer(status: u16, body: String) -> Fault {
    Fault::Replace {
        status,
        content_type: "application/json".to_owned(),
        body,
    }
}

/// A seed file with these texts as makers and models, as users, and as serial numbers.
fn file(texts: &[String]) -> String {
    let mut file = String::from("upn,serial number,secret key,timeinterval,manufacturer,model\n");
    let mut add = |user: &str, serial: &str, maker: &str| {
        let row = file.lines().count();
        let seed = data_encoding::BASE32.encode(format!("the secret of {row:06}").as_bytes());
        let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let (user, serial, maker) = (cell(user), cell(serial), cell(maker));
        writeln!(file, "{user},{serial},{seed},30,{maker},{maker}").unwrap();
    };
    let texts = texts.iter().filter(|text| !text.contains('\0'));
    for (text, number) in texts.clone().zip(1..) {
        let user = format!("user{number:04}@example.com");
        add(&user, &(SERIAL + number).to_string(), text);
    }
    for (text, number) in texts.clone().filter(|text| text.len() < 200).zip(1..) {
        let user = format!("xx{text}@example.com");
        add(&user, &(SERIAL + 5_000 + number).to_string(), "Token2");
    }
    for text in texts {
        add("", text, text);
    }
    add("", &SERIAL.to_string(), "Token2");
    file
}

/// The texts that fit into one line of a form.
fn lines(world: &World) -> Vec<String> {
    let texts = world.texts.iter();
    let texts = texts.filter(|text| !text.contains(char::is_control));
    texts.cloned().collect()
}

/// Several texts as one, so that they are fewer; those that are too long by themselves are left out.
fn joined(texts: &[String], most: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    for text in texts.iter().filter(|text| text.len() <= most) {
        if all
            .last()
            .is_some_and(|last| last.len() + text.len() > most)
        {
            all.push(String::new());
        }
        all.last_mut().unwrap().push_str(text);
    }
    all
}

/// All pages of a list.
async fn every_page(world: &mut World, path: &str, rows: usize) {
    for after in (0..).step_by(rows) {
        world.visit(&format!("{path}?after={after}")).await;
        if !has_next(world).await {
            return;
        }
    }
}

async fn has_next(world: &World) -> bool {
    let next = "[...document.querySelectorAll('.pager a')].some(link => link.textContent.includes('Next'))";
    world.story.browser.value_of(next).await == true
}

/// The pages that the links of this page lead to, whose addresses begin like this.
async fn follow_all(world: &mut World, beginning: &str, most: usize) {
    let links = "[...document.querySelectorAll('main a')].map(link => link.getAttribute('href'))";
    let links = world.story.browser.value_of(links).await;
    let links: Vec<String> = serde_json::from_value(links).unwrap();
    let fitting = links.iter().filter(|link| link.starts_with(beginning));
    for link in fitting.take(most) {
        world.visit(link).await;
    }
}
