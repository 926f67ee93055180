//! The same services on sockets.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::control;
use crate::entra::EntraAccess;
use crate::okta::OktaAccess;
use crate::service::{SimRequest, SimResponse};
use crate::sign_in::Idp;
use crate::sim::Sim;
use crate::world::Outcome;

/// The longest request body that is read: a whole file of tokens in one bulk request.
const MAX_REQUEST: usize = 64 * 1024 * 1024;

/// Where to listen. Port 0 takes a free one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// For the token endpoint and Graph.
    pub entra: SocketAddr,
    /// For Okta.
    pub okta: SocketAddr,
    /// For state, calls, faults and sign-in.
    pub control: SocketAddr,
}

/// How to reach a simulator on sockets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ready {
    /// `oathkit.sim/1`.
    pub schema: &'static str,
    /// Entra, with real addresses.
    pub entra: EntraAccess,
    /// Okta, with real addresses.
    pub okta: OktaAccess,
    /// The control endpoint.
    pub control_url: String,
}

/// A simulator on sockets; it ends when this is dropped.
#[derive(Debug)]
pub struct Serving {
    ready: Ready,
    listeners: JoinSet<Infallible>,
}

impl Serving {
    /// How to reach it.
    #[must_use]
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Closes all connections and listeners.
    pub async fn shutdown(mut self) {
        self.listeners.shutdown().await;
    }
}

/// Serves `sim` on loopback addresses.
///
/// # Errors
/// Where an address is not a loopback address ([`io::ErrorKind::PermissionDenied`]) or cannot be bound.
pub async fn serve(sim: &Sim, addresses: Addresses) -> io::Result<Serving> {
    let Addresses {
        entra,
        okta,
        control,
    } = addresses;
    if let Some(remote) = [entra, okta, control]
        .iter()
        .find(|address| !address.ip().is_loopback())
    {
        let message =
            format!("{remote} is not a loopback address: others could reach the simulator");
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    serve_beyond_loopback(sim, addresses).await
}

/// Serves `sim` on any addresses, so that others can reach it: it has no passwords of its own.
///
/// # Errors
/// Where an address cannot be bound.
pub async fn serve_beyond_loopback(sim: &Sim, addresses: Addresses) -> io::Result<Serving> {
    let entra = TcpListener::bind(addresses.entra).await?;
    let okta = TcpListener::bind(addresses.okta).await?;
    let control = TcpListener::bind(addresses.control).await?;
    let ready = ready(sim, &entra, &okta, &control)?;
    let mut listeners = JoinSet::new();
    listeners.spawn(listen(entra, sim.clone(), Door::Idp(Idp::Entra)));
    listeners.spawn(listen(okta, sim.clone(), Door::Idp(Idp::Okta)));
    listeners.spawn(listen(control, sim.clone(), Door::Control));
    Ok(Serving { ready, listeners })
}

fn ready(
    sim: &Sim,
    entra: &TcpListener,
    okta: &TcpListener,
    control: &TcpListener,
) -> io::Result<Ready> {
    let url =
        |listener: &TcpListener| Ok::<_, io::Error>(format!("http://{}", listener.local_addr()?));
    let entra_url = url(entra)?;
    Ok(Ready {
        schema: "oathkit.sim/1",
        entra: EntraAccess {
            login_url: entra_url.clone(),
            graph_url: entra_url,
            ..sim.entra()
        },
        okta: OktaAccess {
            org_url: url(okta)?,
            ..sim.okta()
        },
        control_url: url(control)?,
    })
}

/// What is behind an address.
#[derive(Clone, Copy)]
enum Door {
    Idp(Idp),
    Control,
}

async fn listen(listener: TcpListener, sim: Sim, door: Door) -> Infallible {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(converse(stream, sim.clone(), door));
            }
            // Out of file descriptors, most likely: some will be free soon.
            Err(_) => sim.pause(Duration::from_millis(50)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(stream: TcpStream, sim: Sim, door: Door) {
    // Without it small answers wait for acknowledgements; failing to set it costs time only.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| respond(&sim, door, request));
    let connection = http1::Builder::new()
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service);
    // A connection that breaks is what a client or a fault rule wanted.
    let _ = connection.await;
}

async fn respond(
    sim: &Sim,
    door: Door,
    request: Request<Incoming>,
) -> io::Result<Response<Payload>> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_REQUEST).collect().await else {
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let mut request = Request::from_parts(head, body.to_bytes().to_vec());
    let idp = match door {
        Door::Control => return Ok(control::answer(sim, &request).map(Payload::whole)),
        Door::Idp(idp) => idp,
    };
    let Some(uri) = absolute(&request) else {
        return Ok(plain(StatusCode::BAD_REQUEST));
    };
    *request.uri_mut() = uri;
    match sim.answer(idp, request).await {
        Outcome::Answer(response) => Ok(response.map(Payload::whole)),
        Outcome::Drip(response, gap) => Ok(response.map(|body| Payload::drip(body, sim, gap))),
        Outcome::Cut(response, bytes) => Ok(cut(response, bytes)),
        Outcome::Broken => Err(io::ErrorKind::ConnectionReset.into()),
    }
}

fn plain(status: StatusCode) -> Response<Payload> {
    let mut response = Response::new(Payload::whole(Vec::new()));
    *response.status_mut() = status;
    response
}

/// The address as the client used it.
fn absolute(request: &SimRequest) -> Option<Uri> {
    let host = request.headers().get(HOST)?.to_str().ok()?;
    let path = request.uri().path_and_query()?.as_str();
    format!("http://{host}{path}").parse().ok()
}

/// An answer that promises more than it gives.
fn cut(response: SimResponse, bytes: usize) -> Response<Payload> {
    let length = HeaderValue::from(response.body().len());
    let mut response = response.map(|mut body| {
        body.truncate(bytes);
        Payload::broken(body)
    });
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}

/// A body, which may break after its bytes.
struct Payload {
    bytes: Bytes,
    drip: Option<Drip>,
    then: Then,
}

/// One byte at a time.
struct Drip {
    sim: Sim,
    gap: Duration,
    wait: Wait,
}

type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Drip {
    fn wait(sim: &Sim, gap: Duration) -> Wait {
        let sim = sim.clone();
        Box::pin(async move { sim.pause(gap).await })
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let due = self.wait.as_mut().poll(context);
        if due.is_ready() {
            self.wait = Self::wait(&self.sim, self.gap);
        }
        due
    }
}

enum Then {
    End,
    /// Lets the bytes leave first.
    Flush,
    Break,
}

impl Payload {
    fn whole(bytes: Vec<u8>) -> Self {
        Self {
            bytes: bytes.into(),
            drip: None,
            then: Then::End,
        }
    }

    fn drip(bytes: Vec<u8>, sim: &Sim, gap: Duration) -> Self {
        let drip = Drip {
            sim: sim.clone(),
            gap,
            wait: Drip::wait(sim, gap),
        };
        Self {
            drip: Some(drip),
            ..Self::whole(bytes)
        }
    }

    fn broken(bytes: Vec<u8>) -> Self {
        Self {
            bytes: bytes.into(),
            drip: None,
            then: Then::Flush,
        }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let payload = &mut *self;
        if let (Some(drip), false) = (&mut payload.drip, payload.bytes.is_empty()) {
            return drip.poll(context).map(|()| {
                let byte = payload.bytes.split_to(1);
                Some(Ok(Frame::data(byte)))
            });
        }
        if !self.bytes.is_empty() {
            let bytes = std::mem::take(&mut self.bytes);
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.then {
            Then::End => Poll::Ready(None),
            Then::Flush => {
                self.then = Then::Break;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Then::Break => Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into()))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.then, u64::try_from(self.bytes.len())) {
            (Then::End, Ok(length)) => SizeHint::with_exact(length),
            _ => SizeHint::default(),
        }
    }
}
