//! Where the service is.

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;
use idp_http::{BaseUrl, Request};

use crate::cloud::{Cloud, UnknownCloud};

/// Where the service is, and where names for requests come from.
#[derive(Clone)]
pub struct GraphOptions {
    /// The sign-in service.
    pub authority: BaseUrl,
    /// Graph's root, without a version.
    pub graph: BaseUrl,
    /// Makes the `client-request-id` of each request: a fresh GUID.
    pub request_ids: Arc<dyn Fn() -> String + Send + Sync>,
}

impl GraphOptions {
    /// The sign-in service of the public cloud.
    pub const PUBLIC_AUTHORITY: &'static str = "https://login.microsoftonline.com";
    /// Graph's root in the public cloud, the only one where this API is documented.
    pub const PUBLIC_GRAPH: &'static str = "https://graph.microsoft.com";

    /// Options.
    #[must_use]
    pub fn new(
        authority: BaseUrl,
        graph: BaseUrl,
        request_ids: Arc<dyn Fn() -> String + Send + Sync>,
    ) -> Self {
        Self {
            authority,
            graph,
            request_ids,
        }
    }

    /// Options for the cloud of a sign-in service, with its own Graph.
    ///
    /// # Errors
    /// [`UnknownCloud`] where no Graph root is known for it: give that to [`GraphOptions::new`].
    pub fn for_authority(
        authority: BaseUrl,
        request_ids: Arc<dyn Fn() -> String + Send + Sync>,
    ) -> Result<Self, UnknownCloud> {
        let graph = Cloud::of_authority(&authority).and_then(|cloud| cloud.graph);
        let graph = graph.ok_or(UnknownCloud)?;
        let graph = BaseUrl::parse(graph).map_err(|_| UnknownCloud)?;
        Ok(Self::new(authority, graph, request_ids))
    }

    /// A warning where Graph's root or the sign-in service is that of a cloud in which this API is not
    /// documented, as a sentence without a full stop.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let clouds = [
            Cloud::of_graph(&self.graph),
            Cloud::of_authority(&self.authority),
        ];
        let cloud = clouds
            .into_iter()
            .flatten()
            .find(|cloud| !cloud.documented)?;
        let name = cloud.name;
        Some(format!(
            "Microsoft documents hardware OATH tokens for the public cloud only, not for {name}: calls may be refused"
        ))
    }

    /// Gives the request a fresh name.
    pub(crate) fn name(&self, request: &mut Request) -> String {
        let name = (self.request_ids)();
        if let Ok(value) = HeaderValue::from_str(&name) {
            request.headers_mut().insert("client-request-id", value);
        }
        name
    }
}

impl fmt::Debug for GraphOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphOptions")
            .field("authority", &self.authority)
            .field("graph", &self.graph)
            .finish_non_exhaustive()
    }
}
