//! Clients that are slow hold nobody up, and those that send too much are told.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::Server;

const SLOW: usize = 500;
const HEAD: &str = "POST /sign-in HTTP/1.1\r\nHost: HERE\r\nOrigin: http://HERE\r\nSec-Fetch-Site: same-origin\r\n\
    Content-Type: application/x-www-form-urlencoded\r\n";

/// A server, and the address at which it listens.
struct Raw {
    _server: Server,
    _directory: tempfile::TempDir,
    here: String,
}

impl Raw {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = Server::start(directory.path(), &[]);
        let here = server.origin.strip_prefix("http://").unwrap().to_owned();
        Self {
            _server: server,
            _directory: directory,
            here,
        }
    }

    /// A connection over which this was sent; what the server does not take any more is lost.
    async fn send(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.here).await.unwrap();
        let text = text.replace("HERE", &self.here);
        let _ = stream.write_all(text.as_bytes()).await;
        stream
    }

    /// The answer's status; none where the connection is closed without one.
    async fn status(&self, text: &str) -> Option<u16> {
        status_of(&mut self.send(text).await).await
    }

    async fn is_well(&self) -> bool {
        self.status("GET /healthz HTTP/1.1\r\nHost: HERE\r\n\r\n")
            .await
            == Some(200)
    }
}

async fn status_of(stream: &mut TcpStream) -> Option<u16> {
    let mut answer = [0; 256];
    let read = stream.read(&mut answer).await.ok()?;
    let answer = std::str::from_utf8(&answer[..read]).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

#[tokio::test]
async fn five_hundred_slow_clients_do_not_keep_an_honest_one_waiting() {
    let raw = Raw::start();
    let mut slow = Vec::new();
    for number in 0..SLOW {
        let text = match number % 2 {
            0 => "GET / HTT".to_owned(),
            _ => format!("{HEAD}Content-Length: 1000\r\n\r\nname="),
        };
        slow.push(raw.send(&text).await);
    }
    for _ in 0..20 {
        let honest = tokio::time::timeout(Duration::from_secs(5), raw.is_well());
        assert!(honest.await.unwrap());
    }
    assert_eq!(slow.len(), SLOW);
}

#[tokio::test]
async fn a_form_that_is_too_large_is_refused_as_such() {
    let raw = Raw::start();
    for body in [300_000, 3_000_000] {
        let text = format!("{HEAD}Content-Length: {body}\r\n\r\nname=");
        let said = raw.status(&(text + &"x".repeat(body - 5))).await;
        assert_eq!(said, Some(413), "{body} bytes");
    }
    assert!(raw.is_well().await);
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let raw = Raw::start();
    let much = "x".repeat(200_000);
    for head in [
        format!("GET / HTTP/1.1\r\nHost: HERE\r\nX-Much: {much}\r\n\r\n"),
        format!("GET /{much} HTTP/1.1\r\nHost: HERE\r\n\r\n"),
    ] {
        assert_eq!(raw.status(&head).await, Some(431));
    }
    assert!(raw.is_well().await);
}
