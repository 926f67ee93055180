//! Ways in, and the way out.

use std::net::Ipv4Addr;
use std::time::Duration;

use axum::body::Body;
use http::Method;

use super::super::guard::Way;
use super::super::served::Origin;
use super::super::{Refusal, Role, Served, Who};
use super::bench::{Bench, FORM, PASSWORD};

const MINUTE: Duration = Duration::from_secs(60);

fn key(address: &str) -> &str {
    address
        .strip_prefix("http://127.0.0.1:8080/start?key=")
        .unwrap()
}

async fn sign_in(bench: &Bench, name: &str, password: &str, cookie: &str) -> super::bench::Answer {
    let body = format!("name={name}&password={}", password.replace(' ', "+"));
    bench.post("/sign-in", cookie, &body).await
}

/// The one-time address that somebody who is in makes.
async fn new_address(bench: &Bench) -> String {
    let (cookie, csrf) = bench.session(Role::Admin);
    made_by(bench, &cookie, &csrf).await
}

async fn made_by(bench: &Bench, cookie: &str, csrf: &str) -> String {
    let page = bench
        .post("/start/new", cookie, &format!("csrf={csrf}"))
        .await
        .body;
    let code = page.split("<code data-copy-text>").nth(1).unwrap();
    code.split('<').next().unwrap().to_owned()
}

async fn open(bench: &Bench, address: &str) -> super::bench::Answer {
    let body = format!("key={}", key(address));
    bench.post("/start", "", &body).await
}

/// Another browser, by an address that somebody who is in makes.
async fn another(bench: &Bench) -> super::bench::Answer {
    open(bench, &new_address(bench).await).await
}

#[tokio::test(start_paused = true)]
async fn the_one_time_address_opens_once_and_looking_at_it_takes_nothing_away() {
    let bench = Bench::new();
    let address = bench.door.one_time_address().unwrap();
    let key = key(&address);
    for _ in 0..2 {
        let page = bench.get(&format!("/start?key={key}"), "").await;
        assert_eq!((page.status.as_u16(), page.header("set-cookie")), (200, ""));
        assert!(page.body.contains("data-submit-now") && page.body.contains(key));
    }
    let wrong = bench.post("/start", "", "key=x").await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.header("set-cookie")),
        (410, "")
    );
    let open = bench.post("/start", "", &format!("key={key}")).await;
    assert_eq!((open.status.as_u16(), open.header("location")), (303, "/"));
    let cookie = open.cookie();
    assert_eq!(bench.get("/settings", &cookie).await.status, 200);
    assert_eq!(bench.get("/tokens/1", &cookie).await.body, "desk");
    let again = bench.post("/start", "", &format!("key={key}")).await;
    assert_eq!(again.status, 410);
    assert!(again.body.contains("start the program again"));
    let twice = bench.post("/start", &cookie, &format!("key={key}")).await;
    assert_eq!(
        (twice.status.as_u16(), twice.header("location")),
        (303, "/")
    );
    let late = bench.door.one_time_address().unwrap();
    bench.clock.sleep(10 * MINUTE).await;
    assert_eq!(
        bench
            .post("/start", "", &format!("key={}", self::key(&late)))
            .await
            .status,
        410
    );
}

#[tokio::test(start_paused = true)]
async fn who_is_in_can_let_another_browser_in() {
    let bench = Bench::new();
    bench.add_account("ada", Role::Admin);
    let (cookie, csrf) = bench.session(Role::Admin);
    let page = bench.get("/start", &cookie).await.body;
    assert!(page.contains("/start/new") && page.contains(&csrf));
    let open = another(&bench).await;
    assert_eq!(open.status, 303);
    let (viewer, _) = bench.session(Role::Viewer);
    assert!(
        !bench
            .get("/start", &viewer)
            .await
            .body
            .contains("/start/new")
    );
}

#[tokio::test(start_paused = true)]
async fn another_browser_finds_the_server_where_the_first_one_did() {
    let names = ["oath.example.com".to_owned()];
    let tls = Served::new("0.0.0.0:8443".parse().unwrap(), true, &names, None);
    let proxy = Some("https://oath.example.com");
    let proxied = Served::new("127.0.0.1:8080".parse().unwrap(), false, &[], proxy);
    for (served, host) in [
        (tls, "oath.example.com:8443"),
        (proxied, "oath.example.com"),
    ] {
        let bench = Bench::served(served.unwrap(), host);
        bench.add_account("ada", Role::Admin);
        let (session, csrf) = bench.session(Role::Admin);
        let cookie = session.replace("oathkit-8080", "__Host-oathkit");
        let address = made_by(&bench, &cookie, &csrf).await;
        let key = address.strip_prefix(&format!("https://{host}/start?key="));
        let key = key.unwrap_or_else(|| panic!("{address}"));
        let open = bench.post("/start", "", &format!("key={key}")).await;
        assert_eq!(open.status, 303);
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_an_account_made_opens_as_that_account() {
    let bench = Bench::new();
    for name in ["ada", "root"] {
        bench.add_account(name, Role::Admin);
    }
    let other = another(&bench).await.cookie();
    assert_eq!(bench.get("/tokens/1", &other).await.body, "ada");
    let demote = bench.door.set_role("ada".to_owned(), Role::Viewer);
    demote.await.unwrap();
    assert_eq!(bench.get("/", &other).await.status, 303, "signed out");
}

#[tokio::test(start_paused = true)]
async fn whoever_was_removed_or_changed_meanwhile_does_not_come_in() {
    let (bench, name) = (Bench::new(), || "ada".to_owned());
    bench.add_account("root", Role::Admin);
    bench.add_account("ada", Role::Admin);
    let (door, way) = (
        &bench.door,
        Way {
            from: Some(Ipv4Addr::LOCALHOST.into()),
            id: None,
            cookie: String::new(),
            origin: Origin::new(false, "localhost", 8080),
        },
    );
    for change in 0..3 {
        let made = new_address(&bench).await;
        let verified = door.accounts.verify("ada", &PASSWORD.into()).unwrap();
        match change {
            0 => door.set_password(name(), PASSWORD.into()).await.unwrap(),
            1 => door.set_role(name(), Role::Operator).await.unwrap(),
            _ => door.remove_account(name()).await.unwrap(),
        }
        let begun = door.begin(&way, &Who::Account(verified), "/");
        assert_eq!(begun.unwrap_err(), Refusal::SignIn, "{change}");
        let open = open(&bench, &made).await;
        assert_eq!((open.status.as_u16(), open.header("set-cookie")), (401, ""));
    }
}

#[tokio::test(start_paused = true)]
async fn a_cookie_is_for_this_server_alone() {
    let names = ["oath.example.com".to_owned()];
    let tls = Served::new("0.0.0.0:443".parse().unwrap(), true, &names, None).unwrap();
    let proxy = Some("https://oath.example.com");
    let proxied = Served::new("127.0.0.1:8080".parse().unwrap(), false, &[], proxy).unwrap();
    for (bench, name, secure) in [
        (Bench::new(), "oathkit-8080", ""),
        (
            Bench::served(tls, "oath.example.com"),
            "__Host-oathkit",
            "; Secure",
        ),
        (
            Bench::served(proxied, "oath.example.com"),
            "__Host-oathkit",
            "; Secure",
        ),
    ] {
        bench.add_account("ada", Role::Viewer);
        let cookie = sign_in(&bench, "Ada", PASSWORD, "").await;
        let (pair, attributes) = cookie.header("set-cookie").split_once(';').unwrap();
        let (this, value) = pair.split_once('=').unwrap();
        assert_eq!((this, value.len()), (name, 43));
        assert_eq!(
            attributes,
            format!(" Path=/; HttpOnly; SameSite=Strict{secure}")
        );
        assert_eq!(bench.get("/", pair).await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn signing_in_changes_the_session_and_signing_out_ends_it() {
    let bench = Bench::new();
    bench.add_account("ada", Role::Operator);
    let (old, _) = bench.session(Role::Viewer);
    let page = bench.get("/tokens/1?a=b&c=d", "").await;
    assert_eq!(
        page.header("location"),
        "/sign-in?next=/tokens/1%3Fa%3Db%26c%3Dd"
    );
    let form = bench.get(page.header("location"), "").await.body;
    assert!(form.contains("value=\"/tokens/1?a=b&amp;c=d\""), "{form}");
    let fixed = "oathkit-8080=chosen-by-somebody-else";
    for before in [fixed, old.as_str()] {
        let answer = sign_in(&bench, "ada", PASSWORD, before).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, "/")
        );
        assert_ne!(answer.cookie(), before);
        assert_eq!(
            bench.get("/", before).await.status,
            303,
            "the old id is dead"
        );
        let cookie = answer.cookie();
        assert_eq!(bench.get("/", &cookie).await.status, 200);
        let id = cookie.split_once('=').unwrap().1;
        let now = super::super::moment::Moment::now(&*bench.clock);
        let csrf = bench.door.sessions.caller(now, id).unwrap().csrf;
        assert_eq!(
            bench.get("/sign-out", &cookie).await.status,
            405,
            "not by GET"
        );
        assert_eq!(bench.post("/sign-out", &cookie, "").await.status, 403);
        let out = bench
            .post("/sign-out", &cookie, &format!("csrf={}", *csrf))
            .await;
        assert_eq!(out.status, 303);
        assert!(out.header("set-cookie").contains("Max-Age=0"));
        assert_eq!(bench.get("/", &cookie).await.status, 303, "signed out");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_and_an_unknown_name_are_answered_alike() {
    let bench = Bench::new();
    bench.add_account("ada", Role::Viewer);
    let wrong = sign_in(&bench, "ada", "wrong", "").await;
    let unknown = sign_in(&bench, "eve", "wrong", "").await;
    assert_eq!((wrong.status.as_u16(), unknown.status.as_u16()), (401, 401));
    assert_eq!(wrong.body.replace("\"ada\"", "\"eve\""), unknown.body);
    assert_eq!(
        (wrong.header("set-cookie"), unknown.header("set-cookie")),
        ("", "")
    );
    assert!(!wrong.body.contains("value=\"wrong\""));
}

#[tokio::test(start_paused = true)]
async fn after_five_wrong_passwords_even_the_right_one_waits() {
    let bench = Bench::new();
    bench.add_account("ada", Role::Viewer);
    for _ in 0..5 {
        assert_eq!(sign_in(&bench, "ada", "wrong", "").await.status, 401);
    }
    let wait = sign_in(&bench, "ada", PASSWORD, "").await;
    assert_eq!(
        (wait.status.as_u16(), wait.header("retry-after")),
        (429, "1")
    );
    bench.clock.sleep(Duration::from_secs(1)).await;
    assert_eq!(sign_in(&bench, "ada", PASSWORD, "").await.status, 303);
    assert_eq!(
        sign_in(&bench, "ada", "wrong", "").await.status,
        401,
        "counted anew"
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_password_and_a_new_account_of_that_name_need_not_wait() {
    let proxy = Some("https://oath.example.com");
    let served = Served::new("127.0.0.1:8080".parse().unwrap(), false, &[], proxy).unwrap();
    // The proxy does not say who asks, and nobody waits for others.
    let bench = Bench::served(served, "oath.example.com");
    bench.add_account("root", Role::Admin);
    bench.add_account("ada", Role::Viewer);
    let (door, name) = (&bench.door, || "Ada".to_owned());
    for change in 0..2 {
        for _ in 0..5 {
            assert_eq!(sign_in(&bench, "ada", "wrong", "").await.status, 401);
        }
        assert_eq!(sign_in(&bench, "ada", PASSWORD, "").await.status, 429);
        assert_eq!(sign_in(&bench, "root", PASSWORD, "").await.status, 303);
        if change == 0 {
            let set = door.set_password(name(), PASSWORD.into());
            set.await.unwrap();
        } else {
            door.remove_account(name()).await.unwrap();
            bench.add_account("ada", Role::Viewer);
        }
        assert_eq!(sign_in(&bench, "ada", PASSWORD, "").await.status, 303);
    }
}

#[tokio::test(start_paused = true)]
async fn another_site_cannot_sign_anybody_in() {
    let bench = Bench::new();
    bench.add_account("eve", Role::Viewer);
    let address = bench.door.one_time_address().unwrap();
    let signing = format!("name=eve&password={}", PASSWORD.replace(' ', "+"));
    for (path, body) in [
        ("/sign-in", signing),
        ("/start", format!("key={}", key(&address))),
    ] {
        let request = bench
            .request(&Method::POST, path)
            .header("content-type", FORM);
        let request = request.header("sec-fetch-site", "cross-site");
        let answer = bench.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("set-cookie")),
            (403, "")
        );
    }
    assert_eq!(
        bench
            .post("/start", "", &format!("key={}", key(&address)))
            .await
            .status,
        303
    );
}

#[tokio::test(start_paused = true)]
async fn a_link_on_another_site_leads_in_by_a_page_of_ours() {
    let bench = Bench::new();
    let follow = async |path: &str| {
        let request = bench
            .request(&Method::GET, path)
            .header("sec-fetch-site", "cross-site");
        bench.send(request.body(Body::empty()).unwrap()).await
    };
    let page = follow("/tokens/1?a=b").await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("content=\"0;url=/tokens/1?a=b\""),
        "{}",
        page.body
    );
    assert_eq!(bench.calls(), 0);
    let (cookie, _) = bench.session(Role::Viewer);
    assert_eq!(bench.get("/tokens/1?a=b", &cookie).await.body, "ada");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_changes_has_to_sign_in_again() {
    let bench = Bench::new();
    bench.add_account("root", Role::Admin);
    let (door, name) = (&bench.door, || "Ada".to_owned());
    door.add_account(name(), Role::Viewer, PASSWORD.into())
        .await
        .unwrap();
    for change in 0..3 {
        let cookie = sign_in(&bench, "ada", PASSWORD, "").await.cookie();
        assert_eq!(bench.get("/", &cookie).await.status, 200);
        match change {
            0 => door.set_role(name(), Role::Operator).await.unwrap(),
            1 => door.set_password(name(), PASSWORD.into()).await.unwrap(),
            _ => door.remove_account(name()).await.unwrap(),
        }
        assert_eq!(bench.get("/", &cookie).await.status, 303, "{change}");
    }
    assert_eq!(door.accounts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_accounts_the_sign_in_page_says_how_to_come_in() {
    let bench = Bench::new();
    let page = bench.get("/sign-in", "").await.body;
    assert!(page.contains("printed at its start") && !page.contains("password\""));
    bench.add_account("ada", Role::Admin);
    assert!(
        bench
            .get("/sign-in", "")
            .await
            .body
            .contains("type=\"password\"")
    );
}
