//! A way in without sockets.

use async_trait::async_trait;
use http::Uri;
use idp_http::{Request, Response, ResponseLimit, Sent, Transport, TransportError};

use crate::sign_in::Idp;
use crate::sim::Sim;
use crate::world::Outcome;

pub(crate) const LOGIN_HOST: &str = "login.sim.test";
pub(crate) const GRAPH_HOST: &str = "graph.sim.test";
/// Where a machine asks for its tokens, over plain http.
pub(crate) const METADATA_HOST: &str = "169.254.169.254";
pub(crate) const OKTA_HOST: &str = "okta.sim.test";

/// Carries requests to a [`Sim`] in the same process.
///
/// It knows the hosts `login.sim.test`, `graph.sim.test` and `okta.sim.test`, over `https`, and `169.254.169.254` over
/// `http`, where a machine asks for its tokens; to any other it fails to connect.
#[derive(Clone, Debug)]
pub struct SimTransport(Sim);

impl SimTransport {
    pub(crate) fn new(sim: Sim) -> Self {
        Self(sim)
    }
}

#[async_trait]
impl Transport for SimTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let idp = idp_of(request.uri())
            .ok_or_else(|| TransportError::new(Sent::No, "the simulator has no such host"))?;
        let limit = ResponseLimit::of(&request);
        let request = request.map(|body| body.as_ref().to_vec());
        let outcome = match self.0.answer(idp, request).await {
            Outcome::Drip(response, gap) => {
                let length = u32::try_from(response.body().len()).unwrap_or(u32::MAX);
                self.0.pause(gap.saturating_mul(length)).await;
                Outcome::Answer(response)
            }
            other => other,
        };
        match outcome {
            Outcome::Answer(response) if response.body().len() > limit.0 => {
                Err(lost("the answer is too long"))
            }
            Outcome::Answer(response) | Outcome::Drip(response, _) => Ok(response),
            Outcome::Cut(..) => Err(lost("the answer ended early")),
            Outcome::Broken => Err(lost("the connection was reset")),
        }
    }
}

fn lost(what: &str) -> TransportError {
    TransportError::new(Sent::Unknown, what)
}

fn idp_of(uri: &Uri) -> Option<Idp> {
    if uri.scheme_str() == Some("http") && uri.host() == Some(METADATA_HOST) {
        return Some(Idp::Entra);
    }
    if uri.scheme_str() != Some("https") || uri.port_u16().is_some_and(|port| port != 443) {
        return None;
    }
    match uri.host()? {
        LOGIN_HOST | GRAPH_HOST => Some(Idp::Entra),
        OKTA_HOST => Some(Idp::Okta),
        _ => None,
    }
}
