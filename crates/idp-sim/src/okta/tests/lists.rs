use super::*;
use crate::act::{Act, Subject};

fn many(count: usize, switches: &[(&str, &str)]) -> Org {
    Org::of(&Person::numbered(count), switches)
}

fn logins(answer: &Answer) -> Vec<&str> {
    let users = answer.body.as_array().unwrap();
    users
        .iter()
        .map(|user| user["profile"]["login"].as_str().unwrap())
        .collect()
}

fn links(answer: &Answer) -> Vec<&str> {
    let links = answer.headers.get_all("link").iter();
    links.map(|link| link.to_str().unwrap()).collect()
}

/// Path and query of the link to the next page.
fn next(answer: &Answer) -> Option<String> {
    let link = links(answer)
        .into_iter()
        .find(|link| link.ends_with("; rel=\"next\""))?;
    let url = link.strip_prefix("<https://org.test")?.split('>').next()?;
    Some(url.to_owned())
}

#[test]
fn pages_join_up_to_the_whole_list() {
    let mut org = many(450, &[]);
    let mut path = Some("/api/v1/users?fields=id,profile%3A(login)&limit=1000".to_owned());
    let (mut seen, mut sizes) = (Vec::new(), Vec::new());
    while let Some(url) = path {
        let answer = org.get(&url);
        assert_eq!(
            links(&answer)[0],
            format!("<https://org.test{url}>; rel=\"self\"")
        );
        let page = logins(&answer);
        sizes.push(page.len());
        seen.extend(page.into_iter().map(str::to_owned));
        path = next(&answer);
    }
    assert_eq!(sizes, [200, 200, 50]);
    let all = Person::numbered(450).into_iter().map(|person| person.login);
    assert!(seen.into_iter().eq(all));
}

#[test]
fn there_is_no_next_page_behind_a_full_last_one() {
    let mut org = many(4, &[]);
    let first = org.get("/api/v1/users?limit=2");
    let second = org.get(&next(&first).unwrap());
    assert_eq!((logins(&second).len(), next(&second)), (2, None));
    let foreign = org.get("/api/v1/users?after=user0002@example.com");
    assert_eq!(foreign.code(), (400, "E0000001"));
    assert_eq!(org.get("/api/v1/users?limit=0").code(), (400, "E0000001"));
}

#[test]
fn the_plain_list_and_q_leave_the_deactivated_out_and_expressions_do_not() {
    let mut org = Org::new(&[]);
    assert_eq!(
        logins(&org.get("/api/v1/users")),
        ["Ann@a.test", "bob@a.test"]
    );
    assert!(logins(&org.get("/api/v1/users?q=carl")).is_empty());
    for parameter in ["search", "filter"] {
        let query = "profile.login%20eq%20%22carl%40a.test%22";
        let answer = org.get(&format!("/api/v1/users?{parameter}={query}"));
        assert_eq!(logins(&answer), ["carl@a.test"]);
        assert_eq!(answer.body[0]["status"], "DEPROVISIONED");
    }
}

#[test]
fn expressions_find_by_login_and_by_email() {
    let twin = |login: &str| Person {
        mail: Some("Shared@a.test".to_owned()),
        ..Person::new(login)
    };
    let mut org = Org::of(&[twin("one@a.test"), twin("two@a.test")], &[]);
    let mut hits = |query: &str| logins(&org.get(&format!("/api/v1/users?{query}"))).len();
    assert_eq!(hits("search=profile.email+eq+%22shared%40a.test%22"), 2);
    assert_eq!(hits("filter=profile.email+eq+%22shared%40a.test%22"), 0);
    assert_eq!(hits("filter=profile.email+eq+%22Shared%40a.test%22"), 2);
    assert_eq!(hits("search=profile.login+eq+%22ONE%40a.test%22"), 1);
    assert_eq!(hits("search=profile.login+sw+%22t%22"), 1);
    assert_eq!(hits("q=shared"), 2);
}

#[test]
fn a_malformed_expression_is_an_invalid_search() {
    let mut org = Org::new(&[]);
    for query in [
        "search=profile.login+eq+ann",
        "filter=profile.login+co+%22a%22",
        "search=",
    ] {
        assert_eq!(
            org.get(&format!("/api/v1/users?{query}")).code(),
            (400, "E0000031"),
            "{query}"
        );
    }
}

#[test]
fn searched_pages_join_up_too() {
    let mut org = many(5, &[]);
    let first = org.get("/api/v1/users?limit=3&search=profile.login+sw+%22user%22");
    let second = org.get(&next(&first).unwrap());
    assert_eq!(
        logins(&second),
        ["user0004@example.com", "user0005@example.com"]
    );
    assert_eq!(next(&second), None);
}

#[test]
fn new_users_may_be_missing_in_the_index() {
    let new = "ann@a.test,carl@a.test";
    let mut org = Org::new(&[("index_lag_ms", "1500"), ("new_users", new)]);
    let search = "/api/v1/users?search=profile.login+pr";
    assert_eq!(logins(&org.get("/api/v1/users")).len(), 2);
    assert_eq!(logins(&org.get(search)), ["bob@a.test"]);
    org.now += 2;
    assert_eq!(logins(&org.get(search)).len(), 3);
}

#[test]
fn the_index_is_behind_changes_by_a_second() {
    let mut org = Org::new(&[]);
    let search = "/api/v1/users?search=profile.login+eq+%22bob%40a.test%22";
    org.now += 60;
    let act = Act::DeactivateUser {
        user: Some("bob@a.test".to_owned()),
    };
    let now = Duration::from_secs(org.now);
    org.okta.act(&act, &Subject::default(), now).unwrap();
    let status = |org: &mut Org| org.get(search).body[0]["status"].clone();
    assert_eq!(status(&mut org), "ACTIVE");
    assert_eq!(logins(&org.get("/api/v1/users?q=bob")).len(), 1);
    assert_eq!(org.get("/api/v1/users/bob").body["status"], "DEPROVISIONED");
    assert_eq!(logins(&org.get("/api/v1/users")), ["Ann@a.test"]);
    org.now += 1;
    assert_eq!(status(&mut org), "DEPROVISIONED");
    assert!(logins(&org.get("/api/v1/users?q=bob")).is_empty());
}

#[test]
fn two_links_may_stand_in_one_line() {
    let mut org = many(4, &[("links", "commas")]);
    let answer = org.get("/api/v1/users?limit=2");
    let [line] = links(&answer)[..] else {
        panic!("{:?}", links(&answer))
    };
    let (own, next) = line.split_once(", ").unwrap();
    assert!(own.ends_with("; rel=\"self\"") && next.ends_with("; rel=\"next\""));
    assert!(links(&org.get("/api/v1/users/user0001")).is_empty());
}

#[test]
fn one_user_is_read_by_any_of_his_names() {
    let mut org = Org::new(&[]);
    let id = org.okta.directory.users[0].id.clone();
    for name in [id.as_str(), "ann", "ann%40A.test", "me"] {
        let answer = org.get(&format!("/api/v1/users/{name}"));
        assert_eq!(
            (answer.status, answer.body["id"].as_str()),
            (200, Some(id.as_str())),
            "{name}"
        );
    }
    let missing = org.get("/api/v1/users/dora%40a.test");
    assert_eq!(missing.code(), (404, "E0000007"));
    let summary = "Not found: Resource not found: dora@a.test (User)";
    assert_eq!(missing.body["errorSummary"], summary);
}
