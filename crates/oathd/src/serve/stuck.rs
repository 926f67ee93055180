//! A connection over which answers have to get on.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use idp_http::Clock;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How long the other side may take no byte of an answer.
const LONGEST: Duration = Duration::from_secs(30);

/// A connection that breaks where nobody takes what is sent.
pub(super) struct Moving<S> {
    stream: S,
    clock: Arc<dyn Clock>,
    wait: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<S> Moving<S> {
    pub(super) fn new(stream: S, clock: Arc<dyn Clock>) -> Self {
        Self {
            stream,
            clock,
            wait: None,
        }
    }

    fn timed(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.wait = None;
            return written;
        }
        let clock = Arc::clone(&self.clock);
        let wait = self
            .wait
            .get_or_insert_with(|| Box::pin(async move { clock.sleep(LONGEST).await }));
        wait.as_mut().poll(context).map(|()| {
            self.wait = None;
            let why = "nobody takes the answer";
            Err(io::Error::new(io::ErrorKind::TimedOut, why))
        })
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Moving<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Moving<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.timed(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.timed(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// A socket has nothing to flush: what waits, waits in writing.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use idp_http::TokioClock;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    /// Takes 64 bytes, and more as they are read.
    fn connection() -> (Moving<DuplexStream>, DuplexStream, Arc<dyn Clock>) {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(Duration::ZERO));
        let (ours, theirs) = duplex(64);
        (Moving::new(ours, Arc::clone(&clock)), theirs, clock)
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_no_answer_loses_the_connection() {
        let (mut ours, _theirs, clock) = connection();
        ours.write_all(&[0; 64]).await.unwrap();
        clock.sleep(10 * LONGEST).await;
        let begun = clock.monotonic();
        let error = ours.write_all(&[0; 1]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!((clock.monotonic() - begun).as_secs(), LONGEST.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_a_little_now_and_then_keeps_it() {
        let (mut ours, mut theirs, clock) = connection();
        let send = async { ours.write_all(&[0; 256]).await };
        let take = async {
            for _ in 0..6 {
                clock.sleep(LONGEST - Duration::from_secs(1)).await;
                theirs.read_exact(&mut [0; 32]).await.unwrap();
            }
        };
        let (sent, ()) = tokio::join!(send, take);
        sent.unwrap();
    }
}
