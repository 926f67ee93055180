//! Answers that are too long, too slow, cut off or packed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use idp_http::{ResponseLimit, Sent, Transport};
use tokio::io::AsyncWriteExt;

use crate::server::{Server, read_request};
use crate::{fails, limited, post, transport, with};

const OK: &str = "HTTP/1.1 200 OK\r\n";

#[tokio::test]
async fn a_declared_length_over_the_limit_is_refused_before_it_is_read() {
    let server = Server::saying(format!("{OK}content-length: 1001\r\n\r\n")).await;
    let started = now();
    let (sent, text) = fails(&transport(), limited(post(&server.root()), 1000)).await;
    assert_eq!(sent, Sent::Unknown);
    assert_eq!(
        text,
        "the answer is longer than 1000 bytes and was not read"
    );
    // The body that never comes was not waited for.
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn an_answer_as_long_as_the_limit_is_read() {
    let body = "x".repeat(1000);
    for answer in [
        format!("{OK}content-length: 1000\r\n\r\n{body}"),
        format!("{OK}transfer-encoding: chunked\r\n\r\n3e8\r\n{body}\r\n0\r\n\r\n"),
    ] {
        let server = Server::saying(answer).await;
        let answer = transport().send(limited(post(&server.root()), 1000)).await;
        assert_eq!(answer.unwrap().body(), body.as_bytes());
        let (sent, text) = fails(&transport(), limited(post(&server.root()), 999)).await;
        assert_eq!(sent, Sent::Unknown);
        assert!(text.contains("longer than 999 bytes"), "{text}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_at_the_limit() {
    let written = Arc::new(AtomicUsize::new(0));
    let count = written.clone();
    let server = Server::new(move |mut stream| {
        let count = count.clone();
        async move {
            let head = format!("{OK}transfer-encoding: chunked\r\n\r\n");
            stream.write_all(head.as_bytes()).await.ok()?;
            let chunk = [b"4000\r\n".as_slice(), &[b'x'; 0x4000], b"\r\n"].concat();
            while stream.write_all(&chunk).await.is_ok() {
                count.fetch_add(0x4000, Ordering::SeqCst);
            }
            None
        }
    })
    .await;
    let limit = ResponseLimit::SINGLE.0;
    let (sent, text) = fails(&transport(), post(&server.root())).await;
    assert_eq!(sent, Sent::Unknown);
    assert!(
        text.contains(&format!("longer than {limit} bytes")),
        "{text}"
    );
    // What was written beyond the limit lies in socket buffers.
    let written = written.load(Ordering::SeqCst);
    assert!(written < limit + 16 * 1024 * 1024, "{written}");
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    let server = Server::saying(format!("{OK}x: {}\r\n\r\n", "y".repeat(2_000_000))).await;
    let (sent, _) = fails(&transport(), post(&server.root())).await;
    assert_eq!(sent, Sent::Unknown);
}

#[tokio::test]
async fn an_answer_cut_anywhere_is_in_doubt() {
    let whole = format!("{OK}content-length: 2\r\n\r\n{{}}");
    for length in 0..whole.len() {
        let part = whole[..length].to_owned();
        let server = Server::new(move |mut stream| {
            let part = part.clone();
            async move {
                stream.write_all(part.as_bytes()).await.ok()?;
                None
            }
        })
        .await;
        let (sent, _) = fails(&transport(), post(&server.root())).await;
        assert_eq!(sent, Sent::Unknown, "cut after {length} bytes");
        assert_eq!(server.requests(), 1, "cut after {length} bytes");
    }
}

#[tokio::test]
async fn an_answer_that_drips_meets_the_total_timeout() {
    let server = Server::new(|mut stream| async move {
        let head = format!("{OK}content-length: 100000\r\n\r\n");
        stream.write_all(head.as_bytes()).await.ok()?;
        while stream.write_all(b"x").await.is_ok() {
            pause(20).await;
        }
        None
    })
    .await;
    let started = now();
    let hasty = with(|options| options.timeout = Duration::from_millis(400));
    let (sent, text) = fails(&hasty, post(&server.root())).await;
    assert_eq!(sent, Sent::Unknown);
    assert!(text.starts_with("no answer in time"), "{text}");
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_packed_answer_is_handed_over_as_it_came() {
    let packed = b"\x1f\x8b\x08\x00not really gzip";
    let head = format!(
        "{OK}content-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        packed.len()
    );
    let server = Server::saying([head.as_bytes(), packed].concat()).await;
    let answer = transport().send(post(&server.root())).await.unwrap();
    assert_eq!(answer.body(), packed);
    assert_eq!(answer.headers()["content-encoding"], "gzip");
}

#[tokio::test]
async fn a_request_names_its_sender_and_asks_for_no_packing() {
    let (seen, saw) = tokio::sync::oneshot::channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read_request(&mut stream, &AtomicUsize::new(0))
            .await
            .unwrap();
        let answer = format!("{OK}content-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        seen.send(String::from_utf8(request).unwrap()).unwrap();
    });
    let named = with(|options| options.user_agent = "oathkit-test/1".to_owned());
    named.send(post(&root)).await.unwrap();
    let request = saw.await.unwrap().to_ascii_lowercase();
    assert!(
        request.contains("\r\nuser-agent: oathkit-test/1\r\n"),
        "{request}"
    );
    for absent in ["accept-encoding", "cookie", "referer", "authorization"] {
        assert!(!request.contains(absent), "{request}");
    }
}

#[expect(clippy::disallowed_methods, reason = "real sockets take real time")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "real sockets take real time")]
async fn pause(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
