//! A small server behind the door, and a browser in front of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::middleware::from_fn_with_state;
use axum::{Json, Router};
use http::{HeaderMap, Method, Request, StatusCode};
use idp_http::{Clock, TokioClock};
use maud::{Markup, html};
use secrecy::SecretString;
use serde::Deserialize;
use tower::ServiceExt;

use super::super::moment::Moment;
use super::super::{Caller, Door, Limits, Role, Sent, Served, Setup, Uploaded, Via, guard, routes};
use super::{fill, vault};
use crate::routes::{Address, Routes};

pub(super) const PASSWORD: &str = "correct horse battery";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// How often a handler was called.
type Calls = Arc<AtomicU32>;

pub(super) struct Bench {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) door: Arc<Door>,
    pub(super) addresses: Vec<Address>,
    router: Router,
    calls: Calls,
    host: &'static str,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// `name=value` of the cookie that was set.
    pub(super) fn cookie(&self) -> String {
        self.header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned()
    }
}

#[derive(Deserialize)]
struct Picked {
    #[serde(default)]
    serial: Vec<String>,
}

fn app(calls: &Calls) -> Routes<Calls> {
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    Routes::<Calls>::new()
        .get("/", Role::Viewer, async |State(calls): State<Calls>| {
            called(&calls)
        })
        .get(
            "/tokens/{serial}",
            Role::Viewer,
            async |State(calls): State<Calls>, caller: Caller| {
                called(&calls);
                caller.name
            },
        )
        .get(
            "/settings",
            Role::Admin,
            async |State(calls): State<Calls>| called(&calls),
        )
        .get("/break", Role::Viewer, async || -> Markup {
            panic!("on purpose")
        })
        .post(
            "/tokens/assign",
            Role::HelpDesk,
            async |State(calls): State<Calls>, sent: Sent<Picked>| {
                called(&calls);
                format!(
                    "{} {}",
                    sent.form.serial.join("+"),
                    sent.once.as_deref().unwrap_or_default()
                )
            },
        )
}

fn more() -> Routes<Calls> {
    Routes::<Calls>::new()
        .open_get("/conflict", async || StatusCode::CONFLICT)
        .open_get("/own", async || {
            (StatusCode::CONFLICT, html! { p { "my own" } })
        })
        // A handler that looks at nothing is protected, too.
        .post(
            "/runs/cancel",
            Role::Operator,
            async |State(calls): State<Calls>| called(&calls),
        )
        .post(
            "/settings",
            Role::Admin,
            async |State(calls): State<Calls>, _: Sent<Picked>| called(&calls),
        )
        .upload(
            "/import",
            Role::Operator,
            10_000,
            async |State(calls): State<Calls>, sent: Uploaded| {
                called(&calls);
                let file = sent.file("seeds").unwrap();
                format!(
                    "{} {} {:?} {}",
                    file.name,
                    file.content.len(),
                    sent.text("note"),
                    sent.once.as_deref().unwrap_or_default()
                )
            },
        )
        .api(
            Method::GET,
            "/api/v1/tokens",
            Role::Viewer,
            async |State(calls): State<Calls>| {
                called(&calls);
                Json(1)
            },
        )
        .api(
            Method::DELETE,
            "/api/v1/tokens/{serial}",
            Role::Operator,
            async |State(calls): State<Calls>| called(&calls),
        )
        .open_get("/healthz", async || "ok")
        .open_get("/assets/style.css", async || {
            ([("cache-control", "max-age=9")], "a{}")
        })
}

fn called(calls: &Calls) -> Markup {
    calls.fetch_add(1, Ordering::Relaxed);
    html! { "done" }
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::served(
            Served::new("127.0.0.1:8080".parse().unwrap(), false, &[], None).unwrap(),
            "127.0.0.1:8080",
        )
    }

    pub(super) fn served(served: Served, host: &'static str) -> Self {
        let clock: Arc<dyn Clock> =
            Arc::new(TokioClock::starting_at(Duration::from_secs(1_000_000)));
        let door = Door::open(Setup {
            clock: Arc::clone(&clock),
            fill: fill(),
            vault: vault(),
            served,
            desk: "desk".to_owned(),
            limits: Limits::default(),
        });
        let (door, calls) = (door.unwrap(), Calls::default());
        let app = app(&calls).and(more()).and(routes());
        let addresses = app.addresses().to_vec();
        let router = app.into_router().with_state(Arc::clone(&calls));
        let router = router.layer(from_fn_with_state(Arc::clone(&door), guard));
        Self {
            clock,
            door,
            addresses,
            router,
            calls,
            host,
        }
    }

    pub(super) fn add_account(&self, name: &str, role: Role) {
        self.door
            .accounts
            .add(name, role, &SecretString::from(PASSWORD))
            .unwrap();
    }

    /// A session without signing in: its cookie and its secret field.
    pub(super) fn session(&self, role: Role) -> (String, String) {
        let now = Moment::now(&*self.clock);
        let who = ("ada".to_owned(), role, Via::Password);
        let id = self.door.sessions.begin(now, &self.door.fill, who).unwrap();
        let caller = self.door.sessions.caller(now, &id).unwrap();
        (format!("oathkit-8080={}", *id), caller.csrf.to_string())
    }

    pub(super) fn request(&self, method: &Method, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.host)
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))))
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    pub(super) async fn get(&self, path: &str, cookie: &str) -> Answer {
        let request = self.request(&Method::GET, path).header("cookie", cookie);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// As a page of ours sends it.
    pub(super) async fn post(&self, path: &str, cookie: &str, body: &str) -> Answer {
        let request = self.request(&Method::POST, path).header("cookie", cookie);
        let request = request
            .header("content-type", FORM)
            .header("sec-fetch-site", "same-origin");
        self.send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }

    pub(super) fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }
}

/// A path that this address stands for.
pub(super) fn path_of(address: &Address) -> String {
    address.path.replace("{serial}", "1234567")
}

/// A form with one file in it.
pub(super) fn multipart(csrf: &str, content: &str) -> (&'static str, String) {
    let field = |name: &str, value: &str| {
        format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = "--xx\r\nContent-Disposition: form-data; name=\"seeds\"; filename=\"../a.csv\"\r\nContent-Type: text/csv\r\n\r\n";
    let body = [
        &field("csrf", csrf),
        &field("note", "x"),
        &field("once", "w"),
        file,
        content,
        "\r\n--xx--\r\n",
    ]
    .concat();
    ("multipart/form-data; boundary=xx", body)
}
