//! Lists that come in pages.

use http::uri::PathAndQuery;
use http::{Method, Uri};
use idp_http::{BadAnswer, BaseUrl, Body, Query, Request, Response, ResponseLimit, Segment};
use serde::de::DeserializeOwned;

use crate::endpoint::request;
use crate::wire::{Collection, decode};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// What the page holds, at most 10,000 items.
    pub items: Vec<T>,
    /// Where the list goes on; `None` on the last page. A page that names itself is refused; a
    /// longer circle is for the caller to bound.
    pub next: Option<PageLink>,
}

/// A link to the next page.
///
/// It was checked against the configured root when the answer was read. Only its path and query are
/// kept, so it leads to the configured origin whatever the answer said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageLink(PathAndQuery);

impl PageLink {
    fn new(base: &BaseUrl, link: &str) -> Result<Self, BadAnswer> {
        let uri = base.follow(link)?;
        uri.path_and_query()
            .cloned()
            .map(Self)
            .ok_or_else(|| BadAnswer::new("the link to the next page has no path"))
    }

    fn uri(&self, base: &BaseUrl) -> Uri {
        // The origin and the path both come out of parsed URIs.
        format!("{}{}", base.origin(), self.0)
            .parse()
            .unwrap_or_default()
    }
}

/// Where a list is read from: its beginning, or a link that an answer held.
#[derive(Clone, Debug)]
pub(crate) enum Start {
    First(Query),
    Next(PageLink),
}

impl Start {
    pub(crate) fn request(&self, base: &BaseUrl, path: &[Segment]) -> Request {
        let uri = match self {
            Self::First(query) => base.uri(path, query),
            Self::Next(link) => link.uri(base),
        };
        let mut request = request(Method::GET, uri, Body::empty());
        request.extensions_mut().insert(ResponseLimit::LIST);
        request
    }

    /// Reads a page of `W`, each made a `T`.
    pub(crate) fn page<W: DeserializeOwned, T>(
        &self,
        base: &BaseUrl,
        response: &Response,
        item: fn(W) -> Result<T, BadAnswer>,
    ) -> Result<Page<T>, BadAnswer> {
        let collection: Collection<W> = decode(response.body())?;
        let next = collection.next.map(|link| PageLink::new(base, &link));
        let next = next.transpose()?;
        if matches!((self, &next), (Self::Next(used), Some(next)) if used == next) {
            return Err(BadAnswer::new("a page names itself as the next one"));
        }
        let items = collection.value.0.into_iter().map(item);
        Ok(Page {
            items: items.collect::<Result<_, _>>()?,
            next,
        })
    }
}
