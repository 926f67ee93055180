//! A request's body that has to come at some speed.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};
use idp_http::Clock;

/// How long a body may take at least.
const AT_LEAST: Duration = Duration::from_secs(20);
/// Bytes that each further second takes.
const A_SECOND: u64 = 16 * 1024;

/// A body that breaks where it comes too slowly.
pub(super) struct Timed<B> {
    body: B,
    clock: Arc<dyn Clock>,
    begun: Option<Duration>,
    received: u64,
    wait: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<B> Timed<B> {
    pub(super) fn new(body: B, clock: Arc<dyn Clock>) -> Self {
        Self {
            body,
            clock,
            begun: None,
            received: 0,
            wait: None,
        }
    }

    /// What is left of the time that so many bytes may take.
    fn left(&mut self) -> Duration {
        let now = self.clock.monotonic();
        let begun = *self.begun.get_or_insert(now);
        let allowed = AT_LEAST + Duration::from_secs(self.received / A_SECOND);
        allowed.saturating_sub(now.saturating_sub(begun))
    }

    fn is_too_slow(&mut self, context: &mut Context<'_>) -> bool {
        loop {
            let left = self.left();
            if left.is_zero() {
                return true;
            }
            let clock = Arc::clone(&self.clock);
            let wait = self
                .wait
                .get_or_insert_with(|| Box::pin(async move { clock.sleep(left).await }));
            match wait.as_mut().poll(context) {
                Poll::Pending => return false,
                // More bytes came meanwhile, or it is over: the time that is left says which.
                Poll::Ready(()) => self.wait = None,
            }
        }
    }
}

impl<B> Body for Timed<B>
where
    B: Body<Data = Bytes, Error = hyper::Error> + Unpin,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(frame) => {
                let size = frame
                    .as_ref()
                    .and_then(|frame| frame.as_ref().ok()?.data_ref().map(Buf::remaining));
                this.received += size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
                Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)))
            }
            Poll::Pending if this.is_too_slow(context) => {
                let slow = io::Error::new(io::ErrorKind::TimedOut, "the request came too slowly");
                Poll::Ready(Some(Err(slow)))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
