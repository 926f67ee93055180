//! Lists that come in pages.

use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method, Uri};
use idp_http::{BadAnswer, BaseUrl, Body, Query, Request, Response, ResponseLimit, Segment};
use serde::de::DeserializeOwned;

use crate::endpoint::request;
use crate::wire::{Collection, decode};

const CONSISTENCY_LEVEL: HeaderName = HeaderName::from_static("consistencylevel");

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
/// kept, so it leads to the configured origin whatever the answer said. What the list was asked for
/// beside its address goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageLink {
    address: PathAndQuery,
    manner: Manner,
}

/// How a list is asked for and read, beside its address; the same on each page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manner {
    /// `ConsistencyLevel: eventual`, which a search needs on each page.
    pub(crate) eventual: bool,
    /// Of devices, only those that somebody has, or nobody.
    pub(crate) assigned: Option<bool>,
}

impl PageLink {
    fn new(base: &BaseUrl, link: &str, manner: Manner) -> Result<Self, BadAnswer> {
        let uri = base.follow(link)?;
        let address = uri.path_and_query().cloned();
        let address =
            address.ok_or_else(|| BadAnswer::new("the link to the next page has no path"))?;
        Ok(Self { address, manner })
    }

    fn uri(&self, base: &BaseUrl) -> Uri {
        // The origin and the path both come out of parsed URIs.
        format!("{}{}", base.origin(), self.address)
            .parse()
            .unwrap_or_default()
    }
}

/// Where a list is read from: its beginning, or a link that an answer held.
#[derive(Clone, Debug)]
pub(crate) enum Start {
    First {
        path: Vec<Segment>,
        query: Query,
        manner: Manner,
    },
    Next(PageLink),
}

impl Start {
    pub(crate) fn first(path: impl Into<Vec<Segment>>, query: Query) -> Self {
        Self::First {
            path: path.into(),
            query,
            manner: Manner::default(),
        }
    }

    /// The same, asked for in another manner.
    pub(crate) fn in_manner(mut self, asked: Manner) -> Self {
        match &mut self {
            Self::First { manner, .. } | Self::Next(PageLink { manner, .. }) => *manner = asked,
        }
        self
    }

    pub(crate) fn manner(&self) -> Manner {
        match self {
            Self::First { manner, .. } | Self::Next(PageLink { manner, .. }) => *manner,
        }
    }

    pub(crate) fn request(&self, base: &BaseUrl) -> Request {
        let uri = match self {
            Self::First { path, query, .. } => base.uri(path, query),
            Self::Next(link) => link.uri(base),
        };
        let mut request = request(Method::GET, uri, Body::empty());
        request.extensions_mut().insert(ResponseLimit::LIST);
        if self.manner().eventual {
            let eventual = HeaderValue::from_static("eventual");
            request.headers_mut().insert(CONSISTENCY_LEVEL, eventual);
        }
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
        let link = collection.next;
        let next = link.map(|link| PageLink::new(base, &link, self.manner()));
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
