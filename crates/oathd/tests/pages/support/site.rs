//! A small server, on which the rig itself is tried.

use axum::Router;
use axum::response::Html;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) struct Site {
    port: u16,
    serving: JoinHandle<()>,
}

impl Site {
    pub(crate) async fn of(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { port, serving }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A page with which nothing is wrong, except for what is put in.
pub(crate) fn page(body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>A page</title><link rel=icon href='data:,'><main><h1>A page</h1>{body}</main></html>"
    ))
}
