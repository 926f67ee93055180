//! The listener: TLS where it is asked for, and limits by which slow and greedy clients hold nobody up.

mod slow;
mod stuck;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use idp_http::Clock;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::future::FutureExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use self::slow::Timed;
use self::stuck::Moving;
pub(crate) use self::tls::Tls;

/// Connections at once. Each takes a few KiB; further ones wait.
const CONNECTIONS: usize = 4096;
/// How long a client may take for its handshake, and for the head of each request.
const HEAD: Duration = Duration::from_secs(10);
/// How long answers may go on when the server ends.
const GRACE: Duration = Duration::from_secs(10);
/// The longest head of a request.
const HEAD_BYTES: usize = 64 * 1024;

/// A server that listens.
pub(crate) struct Server {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ending: CancellationToken,
}

impl Server {
    /// Serves until it is to end; answers under way get a moment.
    pub(crate) async fn run(self, router: Router) {
        let (tasks, room) = (TaskTracker::new(), Arc::new(Semaphore::new(CONNECTIONS)));
        let server = Arc::new(self);
        while let Some(accepted) = server
            .accept(&room)
            .with_cancellation_token(&server.ending)
            .await
        {
            let (stream, peer, permit) = accepted;
            let (server, router) = (Arc::clone(&server), router.clone());
            tasks.spawn(async move {
                server.converse(stream, peer, router).await;
                drop(permit);
            });
        }
        tasks.close();
        tokio::select! {
            () = tasks.wait() => {}
            () = server.clock.sleep(GRACE) => {}
        }
    }

    async fn accept(&self, room: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
        loop {
            let Ok(permit) = Arc::clone(room).acquire_owned().await else {
                continue;
            };
            match self.listener.accept().await {
                Ok((stream, peer)) => return (stream, peer, permit),
                // Out of file descriptors, most likely: some will be free soon.
                Err(_) => self.clock.sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn converse(&self, stream: TcpStream, peer: SocketAddr, router: Router) {
        // Without it small answers wait for acknowledgements; failing to set it costs time only.
        let _ = stream.set_nodelay(true);
        let stream = Moving::new(stream, Arc::clone(&self.clock));
        match &self.tls {
            None => self.answer(stream, peer, router).await,
            Some(tls) => {
                let shaken = tokio::select! {
                    shaken = tls.accept(stream) => shaken.ok(),
                    () = self.clock.sleep(HEAD) => None,
                };
                if let Some(stream) = shaken {
                    self.answer(stream, peer, router).await;
                }
            }
        }
    }

    async fn answer<S>(&self, stream: S, peer: SocketAddr, router: Router)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|request: Request<Incoming>| {
            let clock = Arc::clone(&self.clock);
            let mut request = request.map(|body| Body::new(Timed::new(body, clock)));
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let mut connection = std::pin::pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .max_buf_size(HEAD_BYTES)
                .serve_connection(TokioIo::new(stream), service)
        );
        tokio::select! {
            // A connection that breaks is its client's affair.
            _ = connection.as_mut() => return,
            () = self.ending.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}

/// Binds the address; a sentence says why it cannot be.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error: io::Error| format!("cannot listen at {address}: {error}"))
}

#[cfg(test)]
mod tests {
    use axum::routing::post;
    use idp_http::TokioClock;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use crate::door::{Refusal, form};

    use super::*;

    /// What is said to somebody who sends this and then waits, and after how long.
    async fn said_to(sent: String) -> (String, Duration) {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::system());
        let server = Server {
            listener: bind(([127, 0, 0, 1], 0).into()).await.unwrap(),
            tls: None,
            clock: Arc::clone(&clock),
            ending: CancellationToken::new(),
        };
        let read = async |request: Request<Body>| -> Result<&str, Refusal> {
            form::collect(request.into_body(), 1_000_000).await?;
            Ok("read")
        };
        let router = Router::new().route("/", post(read));
        let (mut client, stream) = tokio::io::duplex(100_000);
        let begun = clock.monotonic();
        let client = async {
            client.write_all(sent.as_bytes()).await.unwrap();
            let mut said = String::new();
            client.read_to_string(&mut said).await.unwrap();
            let first = said.lines().next().unwrap_or_default();
            (first.to_owned(), clock.monotonic().saturating_sub(begun))
        };
        let peer = ([127, 0, 0, 1], 1).into();
        tokio::join!(client, server.answer(stream, peer, router)).0
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stalls_is_told_so_and_one_that_goes_on_has_more_time() {
        let head = "POST / HTTP/1.1\r\nContent-Length: 90000\r\n\r\n";
        for (sent, after) in [(5, 20), (65_536, 24)] {
            let (said, waited) = said_to(format!("{head}{}", "x".repeat(sent))).await;
            assert_eq!(said, "HTTP/1.1 408 Request Timeout");
            assert_eq!(waited.as_secs(), after);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_stalls_is_not_waited_for() {
        let (said, waited) = said_to("POST / HTT".to_owned()).await;
        assert_eq!((said.as_str(), waited), ("", HEAD));
    }
}
