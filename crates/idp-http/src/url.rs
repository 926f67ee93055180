//! Where requests go: one origin, escaped path segments, escaped queries.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::BadAnswer;

/// Everything but RFC 3986's unreserved characters is escaped.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// In paths a dollar stays: OData's own segments, such as `$batch`, are documented with it, and a
/// service need not take `%24` for the same.
const ESCAPED_IN_PATH: &AsciiSet = &ESCAPED.remove(b'$');

/// Some URL parsers take it for a slash (WHATWG URL), and so fold `..\`. No URL needs one.
const BACKSLASH: char = '\\';

/// The root of a service: scheme, host, port and an optional path prefix.
///
/// https only; http is for loopback addresses.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    scheme: &'static str,
    authority: String,
    prefix: String,
}

/// A root that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBaseUrl {
    /// Not `scheme://host[:port][/path]`.
    #[error("not a URL of the form https://host")]
    Syntax,
    /// http outside loopback, or another scheme.
    #[error("only https is allowed; http is for loopback addresses")]
    Scheme,
    /// `user:password@host`.
    #[error("a URL must not hold a user name or password")]
    Credentials,
    /// `?…` behind the path.
    #[error("a root URL has no query")]
    Query,
}

/// A link in an answer that leads elsewhere. No request was sent to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a link in the answer leads to another origin; it was not followed")]
pub struct ForeignLink;

impl From<ForeignLink> for BadAnswer {
    fn from(error: ForeignLink) -> Self {
        Self::new(error.to_string())
    }
}

impl BaseUrl {
    /// Reads `https://host[:port][/prefix]`.
    ///
    /// # Errors
    /// [`InvalidBaseUrl`] for anything else, and for plain http to a host that is not loopback.
    pub fn parse(text: &str) -> Result<Self, InvalidBaseUrl> {
        if text.contains(BACKSLASH) {
            return Err(InvalidBaseUrl::Syntax);
        }
        let uri: Uri = text.trim().parse().map_err(|_| InvalidBaseUrl::Syntax)?;
        let host = uri.host().ok_or(InvalidBaseUrl::Syntax)?;
        let authority = uri.authority().ok_or(InvalidBaseUrl::Syntax)?.as_str();
        if authority.contains('@') {
            return Err(InvalidBaseUrl::Credentials);
        }
        if uri.query().is_some() {
            return Err(InvalidBaseUrl::Query);
        }
        let scheme = match uri.scheme_str() {
            Some("https") => "https",
            Some("http") if is_loopback(host) => "http",
            Some(_) => return Err(InvalidBaseUrl::Scheme),
            None => return Err(InvalidBaseUrl::Syntax),
        };
        let prefix = uri.path().trim_end_matches('/');
        if has_dot_segment(prefix) {
            return Err(InvalidBaseUrl::Syntax);
        }
        Ok(Self {
            scheme,
            authority: authority.to_ascii_lowercase(),
            prefix: prefix.to_owned(),
        })
    }

    /// The URI of `segments` below this root; each segment is escaped as one path segment.
    ///
    /// ```
    /// # use idp_http::{BaseUrl, Query, Segment};
    /// let root = BaseUrl::parse("https://graph.example/beta")?;
    /// let user = Segment::new("bob#EXT#@example.com")?;
    /// let uri = root.uri(&[Segment::literal("users"), user], &Query::new());
    /// assert_eq!(uri.to_string(), "https://graph.example/beta/users/bob%23EXT%23%40example.com");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn uri(&self, segments: &[Segment], query: &Query) -> Uri {
        let mut text = format!("{}://{}{}", self.scheme, self.authority, self.prefix);
        for segment in segments {
            text.push('/');
            text.extend(utf8_percent_encode(&segment.0, ESCAPED_IN_PATH));
        }
        text.push_str(&query.0);
        // Authority and prefix came out of a parsed URI and the rest is escaped.
        text.parse().unwrap_or_default()
    }

    /// Checks a link out of an answer.
    ///
    /// # Errors
    /// [`ForeignLink`] unless the link is absolute and has this root's scheme, host, port and path
    /// prefix. A link with a backslash is refused, too.
    pub fn follow(&self, link: &str) -> Result<Uri, ForeignLink> {
        if link.contains(BACKSLASH) {
            return Err(ForeignLink);
        }
        let uri: Uri = link.parse().map_err(|_| ForeignLink)?;
        let authority = uri.authority().map(|a| a.as_str().to_ascii_lowercase());
        let below_prefix = uri
            .path()
            .strip_prefix(&self.prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let same = uri.scheme_str() == Some(self.scheme)
            && authority.as_deref() == Some(&self.authority)
            && below_prefix
            && !has_dot_segment(uri.path());
        if same { Ok(uri) } else { Err(ForeignLink) }
    }

    /// The same origin without a path prefix.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.prefix)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}

pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// True for a path that a URL parser would fold: `..`, `.`, and their escaped spellings.
fn has_dot_segment(path: &str) -> bool {
    path.split('/').any(|segment| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    })
}

/// One path segment. Anything but the empty string, `.` and `..` can be one; it is escaped when the
/// URI is built.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Segment(String);

/// Text that cannot stand between two slashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("empty, `.`, `..` or longer than 1024 bytes: cannot be part of a path")]
pub struct InvalidSegment;

impl Segment {
    /// A segment that comes from outside.
    ///
    /// # Errors
    /// [`InvalidSegment`] for what a path cannot hold.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidSegment> {
        let text = text.into();
        if text.is_empty() || text.len() > 1024 || has_dot_segment(&text) {
            return Err(InvalidSegment);
        }
        Ok(Self(text))
    }

    /// A segment that the program wrote itself.
    #[must_use]
    pub fn literal(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// The text before escaping.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A query, built pair by pair; names and values are escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(String);

impl Query {
    /// No query.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `name=value`. The name is written by the program (it may hold `$`), the value is escaped.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.push(if self.0.is_empty() { '?' } else { '&' });
        self.0.push_str(name);
        self.0.push('=');
        self.0.extend(utf8_percent_encode(value, ESCAPED));
        self
    }
}

/// As it stands behind a path: `?name=value&…`, or nothing.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn base(text: &str) -> BaseUrl {
        BaseUrl::parse(text).unwrap()
    }

    #[test]
    fn http_is_for_loopback_only() {
        for good in [
            "http://127.0.0.1:8701",
            "http://localhost/x",
            "http://[::1]:80",
            "https://graph.microsoft.com",
        ] {
            assert!(BaseUrl::parse(good).is_ok(), "{good}");
        }
        assert_eq!(
            BaseUrl::parse("http://graph.microsoft.com"),
            Err(InvalidBaseUrl::Scheme)
        );
        assert_eq!(
            BaseUrl::parse("http://127.0.0.1.evil.test"),
            Err(InvalidBaseUrl::Scheme)
        );
        assert_eq!(
            BaseUrl::parse("ftp://127.0.0.1"),
            Err(InvalidBaseUrl::Scheme)
        );
        assert_eq!(
            BaseUrl::parse("https://a:b@graph.microsoft.com"),
            Err(InvalidBaseUrl::Credentials)
        );
        assert_eq!(
            BaseUrl::parse("graph.microsoft.com"),
            Err(InvalidBaseUrl::Syntax)
        );
        assert_eq!(BaseUrl::parse("https://x/?a=b"), Err(InvalidBaseUrl::Query));
        for folded in ["https://x/a\\..\\b", "https://x\\y", "https://x/a\\"] {
            assert_eq!(
                BaseUrl::parse(folded),
                Err(InvalidBaseUrl::Syntax),
                "{folded}"
            );
        }
    }

    #[test]
    fn only_links_below_the_root_are_followed() {
        let root = base("https://graph.test/beta");
        assert!(
            root.follow("https://graph.test/beta/users?$skiptoken=x")
                .is_ok()
        );
        assert!(root.follow("https://GRAPH.test/beta/users").is_ok());
        for foreign in [
            "https://graph.test/v1.0/users",
            "https://graph.test/betamax/users",
            "https://graph.test:8443/beta/users",
            "http://graph.test/beta/users",
            "https://graph.test@evil.test/beta/users",
            "https://user@graph.test/beta/users",
            "https://evil.test/beta/users",
            "//evil.test/beta/users",
            "/beta/users",
            "https://graph.test/beta/../users",
            "https://graph.test/beta/%2e%2e/users",
            "https://graph.test/beta/..\\users",
            "https://graph.test/beta/..\\..\\users",
            "https://graph.test/beta\\users",
            "https://graph.test/beta/users?a=\\",
            "https://graph.test\\@evil.test/beta/users",
            "",
        ] {
            assert_eq!(root.follow(foreign), Err(ForeignLink), "{foreign}");
        }
    }

    #[test]
    fn dots_are_no_segments() {
        for bad in ["", ".", "..", "a/../b", "%2e%2E"] {
            assert!(Segment::new(bad).is_err(), "{bad}");
        }
        assert!(Segment::new("a.b").is_ok());
    }

    proptest! {
        #[test]
        fn a_segment_stays_one_segment(text in "\\PC{1,60}") {
            if let Ok(segment) = Segment::new(text.clone()) {
                let uri = base("https://h.test/p").uri(&[Segment::literal("users"), segment], &Query::new());
                let parts: Vec<&str> = uri.path().split('/').collect();
                prop_assert_eq!(parts.len(), 4);
                let decoded = percent_encoding::percent_decode_str(parts[3]).decode_utf8().unwrap().into_owned();
                prop_assert_eq!(decoded, text);
                prop_assert!(uri.query().is_none());
            }
        }

        #[test]
        fn a_value_stays_one_value(text in "\\PC{0,60}") {
            let uri = base("https://h.test").uri(&[Segment::literal("u")], &Query::new().with("$filter", &text));
            let query = uri.query().unwrap();
            prop_assert!(!query.contains('&'));
            let decoded = percent_encoding::percent_decode_str(query.strip_prefix("$filter=").unwrap()).decode_utf8().unwrap().into_owned();
            prop_assert_eq!(decoded, text);
        }
    }
}
