//! What is refused: by role, by origin, by form, by size; and what each answer says to the browser.

use std::io::{self, ErrorKind};

use axum::body::Body;
use futures_util::stream;
use http::{Method, Request, StatusCode};

use super::super::{Refusal, Role, Served};
use super::bench::{Answer, Bench, FORM, multipart, path_of};

const SAYS: [(&str, &str); 9] = [
    ("content-security-policy", "default-src 'none'"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cache-control", "no-store"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=()"),
    ("strict-transport-security", ""),
];

type Headers = &'static [(&'static str, &'static str)];

fn says_all(answer: &Answer, what: &str) {
    for (name, value) in SAYS {
        assert!(answer.header(name).contains(value), "{what}: {name}");
        assert!(
            answer.headers.get_all(name).iter().count() <= 1,
            "{what}: {name}"
        );
    }
    let csp = answer.header("content-security-policy");
    for part in [
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(csp.contains(part), "{what}: {part}");
    }
    assert!(!csp.contains("unsafe"));
}

fn form(bench: &Bench, path: &str, cookie: &str, csrf: &str) -> Request<Body> {
    let (kind, body) = match path {
        "/import" => multipart(csrf, "serial,secret"),
        _ => (FORM, format!("csrf={csrf}")),
    };
    let request = bench.request(&Method::POST, path).header("cookie", cookie);
    request
        .header("content-type", kind)
        .body(Body::from(body))
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_answer_has_all_headers() {
    let bench = Bench::new();
    let (cookie, _) = bench.session(Role::Admin);
    let mut seen = Vec::new();
    for address in &bench.addresses {
        for cookie in ["", cookie.as_str()] {
            let path = path_of(address);
            let request = bench
                .request(&address.method, &path)
                .header("cookie", cookie);
            let answer = bench.send(request.body(Body::empty()).unwrap()).await;
            if !(path.starts_with("/assets/") && answer.status == 200) {
                says_all(&answer, &path);
            }
            seen.push(answer.status.as_u16());
        }
    }
    let same_origin = |path| bench.post(path, &cookie, "");
    for (answer, status) in [
        (bench.get("/nothing", &cookie).await, 404),
        (bench.get("/assets/nothing.css", "").await, 404),
        (same_origin("/healthz").await, 405),
        (
            bench
                .post("/tokens/assign", &cookie, &"x".repeat(300_000))
                .await,
            413,
        ),
        (bench.get("/break", &cookie).await, 500),
        (
            bench
                .send(
                    Request::get("/")
                        .header("host", "evil.test")
                        .body(Body::empty())
                        .unwrap(),
                )
                .await,
            421,
        ),
    ] {
        says_all(&answer, &status.to_string());
        assert_eq!(answer.status.as_u16(), status);
        assert!(answer.body.contains("<h1>"), "{status} has a page");
        assert!(
            answer.body.contains("class=\"shell alone\""),
            "{status} looks like the rest"
        );
        seen.push(status);
    }
    for status in [200, 303, 401, 403, 404, 405, 413, 421, 500] {
        assert!(seen.contains(&status), "{status} was seen");
    }
    let style = bench.get("/assets/style.css", "").await;
    assert_eq!(style.header("cache-control"), "max-age=9");
    assert!(style.header("content-security-policy").contains("'none'"));
}

#[tokio::test(start_paused = true)]
async fn over_tls_browsers_stay_with_tls() {
    let names = ["oath.example.com".to_owned()];
    let served = Served::new("0.0.0.0:8443".parse().unwrap(), true, &names, None).unwrap();
    let bench = Bench::served(served, "oath.example.com:8443");
    let answer = bench.get("/healthz", "").await;
    assert_eq!(
        answer.header("strict-transport-security"),
        "max-age=31536000"
    );
    assert_eq!(
        Bench::new()
            .get("/healthz", "")
            .await
            .header("strict-transport-security"),
        ""
    );
}

#[tokio::test(start_paused = true)]
async fn what_no_page_of_this_session_sent_reaches_no_handler() {
    let bench = Bench::new();
    let (cookie, csrf) = bench.session(Role::Admin);
    let (_, foreign) = bench.session(Role::Admin);
    let ours: Headers = &[("sec-fetch-site", "same-origin")];
    let unsafe_pages: Vec<_> = bench
        .addresses
        .iter()
        .filter(|a| a.method == Method::POST && a.role.is_some())
        .map(|a| a.path)
        .collect();
    assert!(unsafe_pages.len() >= 6);
    for path in unsafe_pages {
        let cases: [(&str, Headers, &str, &str); 10] = [
            ("no origin at all", &[], &cookie, &csrf),
            (
                "foreign origin",
                &[("origin", "http://evil.test")],
                &cookie,
                &csrf,
            ),
            ("null origin", &[("origin", "null")], &cookie, &csrf),
            (
                "cross-site",
                &[("sec-fetch-site", "cross-site")],
                &cookie,
                &csrf,
            ),
            (
                "another port",
                &[
                    ("sec-fetch-site", "same-site"),
                    ("origin", "http://127.0.0.1:8080"),
                ],
                &cookie,
                &csrf,
            ),
            ("no secret", ours, &cookie, ""),
            ("wrong secret", ours, &cookie, "x"),
            ("secret of another session", ours, &cookie, &foreign),
            ("no session", ours, "", &csrf),
            ("made-up session", ours, "oathkit-8080=AAAA", &csrf),
        ];
        for (case, headers, cookie, csrf) in cases {
            let mut request = form(&bench, path, cookie, csrf);
            for (name, value) in headers {
                request.headers_mut().insert(*name, value.parse().unwrap());
            }
            let answer = bench.send(request).await;
            let status = answer.status.as_u16();
            assert!(matches!(status, 401 | 403), "{path}: {case}: {status}");
            assert!(
                answer.body.contains("othing was done"),
                "{path}: {case}: {}",
                answer.body
            );
            assert_eq!(bench.calls(), 0, "{path}: {case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_page_of_this_session_sent_is_done() {
    let bench = Bench::new();
    let (cookie, csrf) = bench.session(Role::Admin);
    let body = format!("csrf={csrf}&once=w&serial=1&serial=2");
    let answer = bench.post("/tokens/assign", &cookie, &body).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.starts_with("1+2 w "), "{}", answer.body);
    let mut request = form(&bench, "/runs/cancel", &cookie, &csrf);
    request
        .headers_mut()
        .insert("origin", "http://127.0.0.1:8080".parse().unwrap());
    assert_eq!(bench.send(request).await.status, 200);
    let mut request = form(&bench, "/import", &cookie, &csrf);
    request
        .headers_mut()
        .insert("sec-fetch-site", "same-origin".parse().unwrap());
    let answer = bench.send(request).await;
    let wanted = "../a.csv 13 Some(\"x\") w ";
    assert!(answer.body.starts_with(wanted), "{}", answer.body);
    assert_eq!(bench.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_same_form_with_something_else_in_it_is_another_one() {
    let bench = Bench::new();
    let (cookie, csrf) = bench.session(Role::Admin);
    let typed = async |serial: &str| {
        let body = format!("csrf={csrf}&once=w&serial={serial}");
        let answer = bench.post("/tokens/assign", &cookie, &body).await;
        answer.body.split_once(" w ").unwrap().1.to_owned()
    };
    assert_eq!(typed("1").await, typed("1").await);
    assert_ne!(typed("1").await, typed("2").await);
    let uploaded = async |file: &str| {
        let (kind, body) = multipart(&csrf, file);
        let request = bench
            .request(&Method::POST, "/import")
            .header("cookie", &cookie);
        let request = request
            .header("content-type", kind)
            .header("sec-fetch-site", "same-origin");
        let answer = bench.send(request.body(Body::from(body)).unwrap()).await;
        answer.body.split_once(" w ").unwrap().1.to_owned()
    };
    assert_eq!(uploaded("serial\n1").await, uploaded("serial\n1").await);
    assert_ne!(uploaded("serial\n1").await, uploaded("serial\n2").await);
}

#[test]
fn what_is_too_large_is_told_how_much_is_taken() {
    let said = |most| Refusal::TooLarge(most).said();
    assert!(said(Some(64 * 1024 * 1024)).contains("64 MiB"));
    assert!(!said(None).contains("MiB") && !said(Some(1024)).contains("MiB"));
}

#[tokio::test(start_paused = true)]
async fn uploads_are_capped_and_of_their_kind() {
    let bench = Bench::new();
    let (cookie, csrf) = bench.session(Role::Admin);
    let (kind, body) = multipart(&csrf, &"x".repeat(11_000));
    for (path, kind, body, status) in [
        ("/import", kind, body, 413),
        ("/import", kind, "--xx\r\nnonsense".to_owned(), 400),
        ("/import", FORM, format!("csrf={csrf}"), 415),
        ("/tokens/assign", kind, multipart(&csrf, "").1, 415),
        ("/tokens/assign", "text/plain", format!("csrf={csrf}"), 415),
    ] {
        let request = bench.request(&Method::POST, path).header("cookie", &cookie);
        let request = request
            .header("content-type", kind)
            .header("sec-fetch-site", "same-origin");
        let answer = bench.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {kind}");
    }
    assert_eq!(bench.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_to_its_end_is_told_by_its_cause() {
    let bench = Bench::new();
    let (cookie, csrf) = bench.session(Role::Admin);
    for (path, kind) in [("/tokens/assign", FORM), ("/import", multipart("", "").0)] {
        for (cause, status) in [(ErrorKind::TimedOut, 408), (ErrorKind::UnexpectedEof, 400)] {
            let body = match path {
                "/import" => multipart(&csrf, "serial").1.replace("--xx--", ""),
                _ => format!("csrf={csrf}"),
            };
            let chunks = [Ok(body), Err(io::Error::from(cause))];
            let body = Body::from_stream(stream::iter(chunks));
            let request = bench.request(&Method::POST, path).header("cookie", &cookie);
            let request = request
                .header("content-type", kind)
                .header("sec-fetch-site", "same-origin");
            let answer = bench.send(request.body(body).unwrap()).await;
            assert_eq!(answer.status.as_u16(), status, "{path} {cause}");
            assert!(answer.body.contains("<h1>"), "{path} {cause}");
        }
    }
    assert_eq!(bench.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_not_signed_in_sends_little() {
    let bench = Bench::new();
    for path in ["/start", "/sign-in"] {
        let send = async |length| {
            let body = format!("key=x&name=ada&password=x&next={}", "x".repeat(length));
            bench.post(path, "", &body).await.status
        };
        assert!([401, 410].contains(&send(8_000).await.as_u16()), "{path}");
        assert_eq!(send(8 * 1024).await, StatusCode::PAYLOAD_TOO_LARGE);
    }
}

#[tokio::test(start_paused = true)]
async fn each_role_gets_what_it_may_and_no_more() {
    let bench = Bench::new();
    bench.add_account("ada", Role::Admin);
    for role in Role::ALL {
        let (cookie, csrf) = bench.session(role);
        for address in bench
            .addresses
            .iter()
            .filter(|a| !a.path.starts_with("/api/"))
        {
            let Some(needs) = address.role.filter(|_| address.path != "/break") else {
                continue;
            };
            let (path, before) = (path_of(address), bench.calls());
            let answer = match address.method {
                Method::GET => bench.get(&path, &cookie).await,
                _ => {
                    let mut request = form(&bench, &path, &cookie, &csrf);
                    request
                        .headers_mut()
                        .insert("sec-fetch-site", "same-origin".parse().unwrap());
                    bench.send(request).await
                }
            };
            if role < needs {
                assert_eq!(answer.status, 403, "{role:?} {path}");
                assert!(answer.body.contains(needs.word()), "{}", answer.body);
                assert_eq!(bench.calls(), before, "{role:?} {path}");
            } else if address.path != "/sign-out" {
                assert_eq!(answer.status, 200, "{role:?} {path}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_gets_nothing() {
    let bench = Bench::new();
    let closed = bench.addresses.iter().filter(|a| a.role.is_some());
    for address in closed {
        let path = path_of(address);
        let request = bench
            .request(&address.method, &path)
            .header("sec-fetch-site", "none");
        let answer = bench.send(request.body(Body::empty()).unwrap()).await;
        if address.method == Method::GET && !path.starts_with("/api/") {
            assert_eq!(answer.status, 303, "{path}");
            assert!(answer.header("location").starts_with("/sign-in"), "{path}");
        } else {
            assert_eq!(answer.status, 401, "{path}");
        }
    }
    assert_eq!(bench.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn other_names_do_not_lead_here() {
    let bench = Bench::new();
    let (cookie, _) = bench.session(Role::Admin);
    for (uri, host) in [
        ("/", "evil.test:8080"),
        ("/", "127.0.0.1:8081"),
        ("/", "127.0.0.1"),
        ("/healthz", "evil.test"),
        ("http://evil.test/", "127.0.0.1:8080"),
    ] {
        let request = Request::get(uri)
            .header("host", host)
            .header("cookie", &cookie);
        let request = request.header("x-forwarded-host", "127.0.0.1:8080");
        let answer = bench.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 421, "{uri} {host}");
    }
    assert_eq!(bench.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_api_takes_tokens_and_no_cookies_and_pages_take_no_tokens() {
    let bench = Bench::new();
    let (cookie, _) = bench.session(Role::Admin);
    let issue = |name, role| {
        let (now, day) = (bench.clock.unix(), std::time::Duration::from_secs(86_400));
        bench.door.api_tokens().issue(name, role, now, day).unwrap()
    };
    let (viewer, operator) = (issue("v", Role::Viewer), issue("o", Role::Operator));
    let send = async |method: &Method, path, name: &'static str, value: &str| {
        let request = bench.request(method, path).header(name, value);
        bench.send(request.body(Body::empty()).unwrap()).await
    };
    let status = async |method, path, word: &str| {
        let answer = send(method, path, "authorization", &format!("Bearer {word}")).await;
        answer.status.as_u16()
    };
    let (get, delete) = (&Method::GET, &Method::DELETE);
    let (list, one) = ("/api/v1/tokens", "/api/v1/tokens/1");
    let refused = send(get, list, "cookie", &cookie).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    assert_eq!(refused.header("content-type"), "application/json");
    assert!(refused.body.contains("\"code\":\"sign-in\""));
    assert_eq!(send(get, list, "authorization", &viewer).await.status, 401);
    assert_eq!(status(get, list, "oathkit_x").await, 401);
    assert_eq!(status(get, list, &viewer).await, 200);
    assert_eq!(status(delete, one, &viewer).await, 403);
    assert_eq!(status(delete, one, &operator).await, 200);
    assert_eq!(status(get, "/", &operator).await, 303);
    assert_eq!(status(get, "/api/v1/nothing", &operator).await, 404);
    assert_eq!(bench.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_error_without_a_page_gets_one_and_keeps_its_status() {
    let bench = Bench::new();
    let (cookie, _) = bench.session(Role::Viewer);
    for (path, status) in [("/conflict", 409), ("/break", 500)] {
        let answer = bench.get(path, &cookie).await;
        assert_eq!(answer.status.as_u16(), status);
        assert!(answer.body.contains("<h1>"), "{path}");
    }
    let own = bench.get("/own", &cookie).await;
    assert_eq!(
        (own.status.as_u16(), own.body.as_str()),
        (409, "<p>my own</p>")
    );
}
