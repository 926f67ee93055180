//! Connections that are refused, reset, silent or used again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use idp_http::{Sent, Transport};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::server::Server;
use crate::{fails, post, transport, with};

const EMPTY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn a_refused_connection_has_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (sent, text) = fails(&transport(), post(&root)).await;
    assert_eq!(sent, Sent::No);
    assert!(text.starts_with("no connection: "), "{text}");
    assert!(text.to_lowercase().contains("refused"), "{text}");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_has_sent_nothing() {
    let (sent, text) = fails(&transport(), post("http://idp.invalid")).await;
    assert_eq!(sent, Sent::No);
    assert!(text.starts_with("no connection"), "{text}");
}

#[tokio::test]
async fn a_server_that_never_shakes_hands_has_got_nothing() {
    // It accepts the TCP connection; TLS never comes about.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("https://{}", listener.local_addr().unwrap());
    let hasty = with(|options| options.connect_timeout = Duration::from_millis(300));
    let (sent, text) = fails(&hasty, post(&root)).await;
    assert_eq!(sent, Sent::No);
    assert!(text.starts_with("no connection in time"), "{text}");
}

#[tokio::test]
async fn a_reset_before_the_answer_is_in_doubt() {
    let server = Server::new(|stream| async move {
        stream.set_zero_linger().unwrap();
        None
    })
    .await;
    let (sent, text) = fails(&transport(), post(&server.root())).await;
    assert_eq!(sent, Sent::Unknown);
    assert!(text.starts_with("the connection failed: "), "{text}");
    assert_eq!((server.connections(), server.requests()), (1, 1));
}

#[tokio::test]
async fn an_answer_that_never_comes_is_in_doubt() {
    let server = Server::new(|stream| async move {
        std::future::pending::<()>().await;
        Some(stream)
    })
    .await;
    let hasty = with(|options| options.timeout = Duration::from_millis(300));
    let (sent, text) = fails(&hasty, post(&server.root())).await;
    assert_eq!(sent, Sent::Unknown);
    assert!(text.starts_with("no answer in time"), "{text}");
    assert_eq!((server.connections(), server.requests()), (1, 1));
}

#[tokio::test]
async fn a_refusal_is_not_repeated() {
    for status in [
        "429 Too Many Requests",
        "503 Service Unavailable",
        "408 Request Timeout",
    ] {
        let answer = format!("HTTP/1.1 {status}\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n");
        let server = Server::saying(answer).await;
        let answer = transport().send(post(&server.root())).await.unwrap();
        assert!(status.starts_with(answer.status().as_str()));
        assert_eq!((server.connections(), server.requests()), (1, 1));
    }
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = Server::saying(EMPTY).await;
    let transport = transport();
    for _ in 0..5 {
        transport.send(post(&server.root())).await.unwrap();
    }
    assert_eq!((server.connections(), server.requests()), (1, 5));
}

#[tokio::test]
async fn a_request_lost_on_a_used_connection_is_not_repeated() {
    let served = Arc::new(AtomicUsize::new(0));
    let server = Server::new(move |mut stream| {
        let first = served.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if first {
                stream.write_all(EMPTY).await.ok()?;
                return Some(stream);
            }
            // The second request has arrived; its answer is lost.
            None
        }
    })
    .await;
    let transport = transport();
    transport.send(post(&server.root())).await.unwrap();
    let (sent, _) = fails(&transport, post(&server.root())).await;
    assert_eq!(sent, Sent::Unknown);
    assert_eq!((server.connections(), server.requests()), (1, 2));
}
