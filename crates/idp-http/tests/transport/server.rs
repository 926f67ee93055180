//! A server of raw sockets that counts what reaches it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicUsize,
    requests: AtomicUsize,
    bytes: AtomicUsize,
}

#[derive(Clone, Debug)]
pub(crate) struct Server {
    port: u16,
    counts: Arc<Counts>,
}

impl Server {
    /// Reads each request to its end and hands the connection to `answer`, which gives it back to
    /// read the next request from it.
    pub(crate) async fn new<F, Fut>(answer: F) -> Self
    where
        F: Fn(TcpStream) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Option<TcpStream>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self {
            port,
            counts: Arc::default(),
        };
        let (counts, answer) = (server.counts.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counts.connections.fetch_add(1, Ordering::SeqCst);
                let (counts, answer) = (counts.clone(), answer.clone());
                tokio::spawn(async move {
                    while counts.read(&mut stream).await.is_some() {
                        match answer(stream).await {
                            Some(open) => stream = open,
                            None => break,
                        }
                    }
                });
            }
        });
        server
    }

    /// Answers every request with the same bytes and keeps the connection.
    pub(crate) async fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::new(move |mut stream| {
            let answer = answer.clone();
            async move {
                stream.write_all(&answer).await.ok()?;
                Some(stream)
            }
        })
        .await
    }

    pub(crate) fn root(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.counts.bytes.load(Ordering::SeqCst)
    }
}

impl Counts {
    /// Reads one request; `None` at the end of the connection.
    async fn read(&self, stream: &mut TcpStream) -> Option<()> {
        read_request(stream, &self.bytes).await?;
        self.requests.fetch_add(1, Ordering::SeqCst);
        Some(())
    }
}

/// Reads head and body of one request and counts the bytes as they come.
pub(crate) async fn read_request(
    stream: &mut (impl AsyncRead + Unpin),
    bytes: &AtomicUsize,
) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let n = stream.read(&mut chunk).await.ok().filter(|n| *n > 0)?;
        bytes.fetch_add(n, Ordering::SeqCst);
        request.extend_from_slice(&chunk[..n]);
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        let Some((head, _)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
            .unwrap_or(0);
        if request.len() >= head.len() + 4 + length {
            return Some(request);
        }
    }
}
