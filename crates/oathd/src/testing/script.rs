//! A script without a network: it calls the API with a token.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use http::header::HeaderMap;
use http::{Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

use super::client::{HOST, PEER};

/// An answer of the API, read to its end.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}", self.text))
    }

    /// The code of an error.
    pub(crate) fn code(&self) -> String {
        let code = &self.json()["error"]["code"];
        code.as_str()
            .unwrap_or_else(|| panic!("{}", self.text))
            .to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// Whoever has a token.
#[derive(Clone)]
pub(crate) struct Script {
    pub(super) router: Router,
    pub(super) token: String,
    pub(super) headers: Vec<(String, String)>,
}

impl Script {
    /// With this header, too.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut script = self.clone();
        script.headers.push((name.to_owned(), value.to_owned()));
        script
    }

    pub(crate) async fn get(&self, path: &str) -> Said {
        self.send(Method::GET, path, "", String::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Said {
        self.json(Method::POST, path, body).await
    }

    pub(crate) async fn json(&self, method: Method, path: &str, body: &Value) -> Said {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.send(method, path, "application/json", text).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, kind: &str, body: String) -> Said {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", HOST)
            .extension(ConnectInfo(PEER));
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        Said {
            status,
            headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}
