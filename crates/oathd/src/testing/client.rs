//! A browser without a screen: it signs in, asks for pages and sends forms.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::response::Response;
use http::{HeaderMap, Method, Request, StatusCode};
use tower::ServiceExt;

use super::{Rehearsal, Script};
use crate::door::{Door, Lasting, Limits, Role, Served, Setup};
use crate::{addresses, start};

pub(super) const HOST: &str = "127.0.0.1:8080";
/// Where every request comes from.
pub(super) const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 50_000);
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Where it leads.
    pub(crate) location: String,
    pub(crate) body: String,
}

/// Whoever sits at the desk, or has an account.
pub(crate) struct Client {
    router: Router,
    door: Arc<Door>,
    cookie: String,
}

impl Client {
    /// The one at the desk: an admin.
    pub(crate) async fn new(rehearsal: &Rehearsal) -> Self {
        let (door, client) = Self::at_the_door(rehearsal);
        let address = door.one_time_address().unwrap();
        let key = address.split_once("key=").unwrap().1;
        client.signed_in("/start", &[("key", key)]).await
    }

    /// Somebody with an account of this role.
    pub(crate) async fn with_role(rehearsal: &Rehearsal, role: Role) -> Self {
        let (door, client) = Self::at_the_door(rehearsal);
        let (mut name, password) = ("eve".to_owned(), "a few words in a row");
        if door.accounts().iter().any(|account| account.name == name) {
            name = role.word().replace(' ', "-");
        }
        let added = door.add_account(name.clone(), role, password.into()).await;
        added.unwrap();
        client
            .signed_in("/sign-in", &[("name", &name), ("password", password)])
            .await
    }

    /// Somebody who is not signed in.
    pub(crate) fn nobody(rehearsal: &Rehearsal) -> Self {
        Self::at_the_door(rehearsal).1
    }

    fn at_the_door(rehearsal: &Rehearsal) -> (Arc<Door>, Self) {
        let app = &rehearsal.app;
        let listen: SocketAddr = HOST.parse().unwrap();
        let door = Door::open(Setup {
            clock: app.clock.clone(),
            fill: start::fill(),
            vault: app.vault.clone(),
            served: Served::new(listen, false, &[], None).unwrap(),
            desk: "ann".to_owned(),
            limits: Limits {
                // Where time is virtual, hours go by while a disk is waited for.
                desk: Lasting {
                    idle: YEAR,
                    whole: YEAR,
                },
                ..Limits::default()
            },
        });
        let door = door.unwrap();
        let client = Self {
            router: addresses::router(app, &door),
            door: Arc::clone(&door),
            cookie: String::new(),
        };
        (door, client)
    }

    async fn signed_in(mut self, path: &str, fields: &[(&str, &str)]) -> Self {
        let request = self.request(Method::POST, path);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let body = serde_html_form::to_string(fields).unwrap();
        let answer = self.send(request.body(Body::from(body)).unwrap()).await;
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        self.cookie = cookie.split(';').next().unwrap().to_owned();
        self
    }

    /// Somebody with an API token of this role.
    pub(crate) fn script(&self, rehearsal: &Rehearsal, role: Role) -> Script {
        let now = rehearsal.app.clock.unix();
        let month = Duration::from_secs(30 * 24 * 60 * 60);
        let tokens = self.door.api_tokens();
        // Of before a restart.
        tokens.revoke(role.word()).unwrap();
        let token = tokens.issue(role.word(), role, now, month).unwrap();
        Script {
            router: self.router.clone(),
            token: token.to_string(),
            headers: Vec::new(),
        }
    }

    /// Whoever has the cookie of this browser, and no token.
    pub(crate) fn without_token(&self) -> Script {
        let script = Script {
            router: self.router.clone(),
            token: String::new(),
            headers: Vec::new(),
        };
        script.with("cookie", &self.cookie)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).body(Body::empty());
        self.send(request.unwrap()).await
    }

    /// Sends the fields with what every form of a page has.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf().await;
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        let request = self.request(Method::POST, path);
        let form = "application/x-www-form-urlencoded";
        let body = serde_html_form::to_string(all).unwrap();
        self.send(
            request
                .header("content-type", form)
                .body(Body::from(body))
                .unwrap(),
        )
        .await
    }

    /// The same with a file in the field `file`.
    pub(crate) async fn upload(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        name: &str,
        file: &str,
    ) -> Answer {
        let csrf = self.csrf().await;
        let mut body = String::new();
        for (field, value) in [("csrf", csrf.as_str())].iter().chain(fields) {
            body += &format!(
                "--b\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
            );
        }
        body += &format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{file}\r\n--b--\r\n"
        );
        let request = self.request(Method::POST, path);
        let request = request.header("content-type", "multipart/form-data; boundary=b");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// A request without anything in it, from a page that is said to be of this kind of site.
    pub(crate) async fn knock(&self, method: &Method, path: &str, from: &str) -> Answer {
        let mut request = self
            .request(method.clone(), path)
            .body(Body::empty())
            .unwrap();
        let headers = request.headers_mut();
        headers.remove("sec-fetch-site");
        if !from.is_empty() {
            headers.insert("sec-fetch-site", from.parse().unwrap());
        }
        self.send(request).await
    }

    /// An answer that may go on for long. `seen` is the last event that the browser got.
    pub(crate) async fn listen(&self, path: &str, seen: Option<&str>) -> Response {
        let mut request = self.request(Method::GET, path);
        if let Some(seen) = seen {
            request = request.header("last-event-id", seen);
        }
        let request = request.body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Follows where a form led.
    pub(crate) async fn follow(&self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        self.get(&answer.location).await
    }

    async fn csrf(&self) -> String {
        let page = self.get("/help").await.body;
        let start = page.split("name=\"csrf\" value=\"").nth(1).unwrap();
        start.split('"').next().unwrap().to_owned()
    }

    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", HOST)
            .header("sec-fetch-site", "same-origin")
            .header("cookie", &self.cookie)
            .extension(ConnectInfo(PEER))
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let location = answer.headers().get("location");
        let location = location
            .map(|at| at.to_str().unwrap().to_owned())
            .unwrap_or_default();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Answer {
            status,
            headers,
            location,
            body,
        }
    }
}
