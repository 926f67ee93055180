//! Under which names this server is reached, and by whom.

use std::net::{IpAddr, SocketAddr};

use http::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use http::{Uri, request::Parts};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Scheme, host and port of one address of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) secure: bool,
    /// In small letters, with a port where it is not the scheme's own.
    host: String,
}

impl Origin {
    pub(super) fn new(secure: bool, host: &str, port: u16) -> Self {
        let host = normal(secure, &format!("{host}:{port}"));
        Self { secure, host }
    }

    pub(super) fn of_proxy(address: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{address:?} is no address of a proxy: give it as people type it, like \
                 https://oathkit.example.com"
            )
        };
        let uri: Uri = address.parse().map_err(|_| wrong())?;
        let authority = uri.authority().ok_or_else(wrong)?.as_str();
        let good = uri.scheme_str() == Some("https")
            && matches!(uri.path(), "" | "/")
            && uri.query().is_none()
            && !authority.contains('@');
        let host = normal(true, authority);
        good.then_some(Self { secure: true, host })
            .ok_or_else(wrong)
    }

    pub(super) fn text(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.host)
    }
}

fn normal(secure: bool, host: &str) -> String {
    let host = host.to_ascii_lowercase();
    let port = if secure { ":443" } else { ":80" };
    host.strip_suffix(port).map(str::to_owned).unwrap_or(host)
}

/// Where this server is reached.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    port: u16,
    /// All of its addresses; first one at which it listens.
    origins: Vec<Origin>,
    proxied: bool,
    /// Where others come to: the proxy, the first name, or where it listens.
    public: String,
}

impl Served {
    /// `listen` has the port that was bound; `names` are the host names that the certificate is for;
    /// `proxy` is the address at which a proxy serves this server.
    pub(crate) fn new(
        listen: SocketAddr,
        tls: bool,
        names: &[String],
        proxy: Option<&str>,
    ) -> Result<Self, String> {
        let port = listen.port();
        let mut hosts = vec![
            "127.0.0.1".to_owned(),
            "localhost".to_owned(),
            "[::1]".to_owned(),
        ];
        if tls && listen.ip().is_unspecified() && names.is_empty() {
            return Err(
                "the certificate names no host under which others reach this server: give --name HOST"
                    .to_owned(),
            );
        }
        // Behind a proxy on another machine, people come to the proxy's address alone.
        let is_for_people = tls || listen.ip().to_canonical().is_loopback();
        if is_for_people && !listen.ip().is_unspecified() {
            let own = match listen.ip() {
                IpAddr::V4(v4) => v4.to_string(),
                IpAddr::V6(v6) => format!("[{v6}]"),
            };
            hosts.insert(0, own);
        }
        hosts.extend_from_slice(names);
        let mut origins: Vec<_> = hosts
            .iter()
            .map(|host| Origin::new(tls, host, port))
            .collect();
        if let Some(proxy) = proxy {
            origins.push(Origin::of_proxy(proxy)?);
        }
        let is_named = proxy.is_some() || !names.is_empty();
        let first_named = origins.len() - names.len().max(1);
        let public = if is_named { first_named } else { 0 };
        let public = origins.get(public).map(Origin::text);
        Ok(Self {
            port,
            origins,
            proxied: proxy.is_some(),
            public: public.unwrap_or_default(),
        })
    }

    /// The address of this machine's own browser, without a `/` at its end.
    pub(crate) fn here(&self) -> String {
        self.origins.first().map(Origin::text).unwrap_or_default()
    }

    /// The address to give to others.
    pub(crate) fn public(&self) -> String {
        self.public.clone()
    }

    /// Whether browsers come over TLS, to us or to the proxy.
    pub(super) fn is_secure(&self) -> bool {
        self.origins.iter().any(|origin| origin.secure)
    }

    /// The address of ours that this request of `peer` is for. A page of others that made its own name
    /// lead here (DNS rebinding) is told by this. In clear, only this machine itself is answered.
    pub(super) fn origin_of(&self, parts: &Parts, peer: IpAddr) -> Option<&Origin> {
        let headers = &parts.headers;
        let mut host = one(headers, &HOST)?;
        if let Some(authority) = parts.uri.authority() {
            (authority.as_str().eq_ignore_ascii_case(host)).then_some(())?;
        }
        if self.proxied && headers.contains_key(&FORWARDED_HOST) {
            host = one(headers, &FORWARDED_HOST)?;
        }
        let is_it = |origin: &&Origin| origin.host == normal(origin.secure, host);
        let origin = self.origins.iter().find(is_it)?;
        (origin.secure || peer.to_canonical().is_loopback()).then_some(())?;
        if self.proxied && headers.contains_key(&FORWARDED_PROTO) {
            let secure = one(headers, &FORWARDED_PROTO)? == "https";
            (secure == origin.secure).then_some(())?;
        }
        Some(origin)
    }

    /// Who sent the request, where it can be known: a proxy that does not say it is nobody's address.
    pub(super) fn sender(&self, headers: &HeaderMap, peer: IpAddr) -> Option<IpAddr> {
        if !self.proxied {
            return Some(peer);
        }
        // The proxy appends what it saw; what stands before is hearsay.
        let last = headers.get_all(&FORWARDED_FOR).iter().next_back();
        address(last?.to_str().ok()?.rsplit(',').next()?.trim())
    }

    /// Cookies are not told apart by port, so two servers on one machine need two names.
    pub(super) fn cookie(&self, origin: &Origin) -> String {
        if origin.secure {
            return "__Host-oathkit".to_owned();
        }
        format!("oathkit-{}", self.port)
    }
}

/// An address as proxies write it: bare, in brackets, or with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    bare.unwrap_or(text).parse().ok().or_else(with_port)
}

/// Whether a page of ours sent this, or the person themselves.
pub(super) fn sent_from_here(headers: &HeaderMap, origin: &Origin) -> bool {
    if headers.contains_key(&FETCH_SITE) {
        return matches!(one(headers, &FETCH_SITE), Some("same-origin" | "none"));
    }
    one(headers, &ORIGIN).is_some_and(|from| from == origin.text())
}

/// Whether this is the first request after a link on a page of others: no cookie comes with it.
pub(super) fn sent_from_elsewhere(headers: &HeaderMap) -> bool {
    one(headers, &FETCH_SITE) == Some("cross-site")
}

/// A header that must not be there twice.
fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn served(listen: &str, tls: bool, proxy: Option<&str>) -> Served {
        let names = ["Oath.example.com".to_owned()];
        let names = if tls { names.as_slice() } else { &[] };
        Served::new(listen.parse().unwrap(), tls, names, proxy).unwrap()
    }

    fn found(served: &Served, headers: &[(&str, &str)]) -> Option<String> {
        found_by(served, headers, "127.0.0.1")
    }

    fn found_by(served: &Served, headers: &[(&str, &str)], peer: &str) -> Option<String> {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let parts = request.body(()).unwrap().into_parts().0;
        let peer = peer.parse().unwrap();
        served.origin_of(&parts, peer).map(Origin::text)
    }

    #[test]
    fn in_clear_only_this_machine_is_answered() {
        for listen in ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:8080"] {
            let behind = served(listen, false, Some("https://oath.example.com"));
            let found = |host, peer| found_by(&behind, &[("host", host)], peer);
            for peer in ["192.0.2.9", "::ffff:192.0.2.9", "2001:db8::1"] {
                let proxied = found("oath.example.com", peer).unwrap();
                assert_eq!(proxied, "https://oath.example.com");
                for host in ["localhost:8080", "127.0.0.1:8080", "192.0.2.1:8080"] {
                    assert_eq!(found(host, peer), None, "{listen} {host} {peer}");
                }
            }
            for peer in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
                assert!(found("localhost:8080", peer).is_some());
                assert_eq!(
                    found("192.0.2.1:8080", peer),
                    None,
                    "not the proxy's address"
                );
            }
        }
    }

    #[test]
    fn only_our_own_names_with_our_port_are_ours() {
        let here = served("127.0.0.1:8080", false, None);
        for host in [
            "127.0.0.1:8080",
            "localhost:8080",
            "LocalHost:8080",
            "[::1]:8080",
        ] {
            let origin = format!("http://{}", host.to_lowercase());
            assert_eq!(found(&here, &[("host", host)]), Some(origin));
        }
        for host in [
            "evil.test",
            "evil.test:8080",
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost.:8080",
            "",
            "127.0.0.1:8080@evil.test",
        ] {
            assert_eq!(found(&here, &[("host", host)]), None, "{host}");
        }
        assert_eq!(found(&here, &[]), None);
        assert_eq!(
            found(
                &here,
                &[("host", "localhost:8080"), ("host", "localhost:8080")]
            ),
            None
        );
        assert_eq!(here.here(), "http://127.0.0.1:8080");
        let elsewhere = served("192.0.2.7:8443", true, None);
        assert_eq!(elsewhere.here(), "https://192.0.2.7:8443");
        assert_eq!(here.public(), here.here());
        assert_eq!(elsewhere.public(), "https://oath.example.com:8443");
        let everywhere = served("0.0.0.0:443", true, None);
        assert_eq!(everywhere.public(), "https://oath.example.com");
        let behind = served("127.0.0.1:8080", false, Some("https://oath.example.com"));
        assert_eq!(behind.public(), "https://oath.example.com");
        let nameless = Served::new("0.0.0.0:443".parse().unwrap(), true, &[], None);
        assert!(nameless.unwrap_err().contains("--name"));
        let tls = served("0.0.0.0:443", true, None);
        assert_eq!(
            found(&tls, &[("host", "oath.example.com")]).unwrap(),
            "https://oath.example.com"
        );
        assert_eq!(
            found(&tls, &[("host", "oath.example.com:443")]).unwrap(),
            "https://oath.example.com"
        );
        assert_eq!(found(&tls, &[("host", "oath.example.com:80")]), None);
        assert_eq!(found(&tls, &[("host", "0.0.0.0")]), None);
    }

    #[test]
    fn a_proxy_is_believed_only_where_one_is_declared() {
        let forwarded = [
            ("host", "127.0.0.1:8080"),
            ("x-forwarded-host", "oath.example.com"),
            ("x-forwarded-proto", "https"),
        ];
        let direct = served("127.0.0.1:8080", false, None);
        let behind = served("127.0.0.1:8080", false, Some("https://oath.example.com"));
        assert_eq!(found(&direct, &forwarded).unwrap(), "http://127.0.0.1:8080");
        assert_eq!(
            found(&behind, &forwarded).unwrap(),
            "https://oath.example.com"
        );
        assert_eq!(
            found(&behind, &forwarded[..1]).unwrap(),
            "http://127.0.0.1:8080"
        );
        assert_eq!(
            found(&behind, &[forwarded[0], forwarded[2]]),
            None,
            "the proxy hides the name"
        );
        assert_eq!(
            found(
                &behind,
                &[("host", "oath.example.com"), ("x-forwarded-proto", "http")]
            ),
            None
        );
        assert_eq!(
            found(
                &behind,
                &[
                    ("host", "localhost:8080"),
                    ("x-forwarded-host", "evil.test")
                ]
            ),
            None
        );
        let (peer, headers) = ([127, 0, 0, 1].into(), |value: &str| {
            HeaderMap::from_iter([(FORWARDED_FOR, value.parse().unwrap())])
        });
        assert_eq!(direct.sender(&headers("192.0.2.1"), peer), Some(peer));
        for (said, sender) in [
            ("10.0.0.1, 192.0.2.1", "192.0.2.1"),
            ("10.0.0.1, 203.0.113.7:51234", "203.0.113.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("10.0.0.1,[2001:db8::1]:443", "2001:db8::1"),
        ] {
            let sender = sender.parse().ok();
            assert_eq!(behind.sender(&headers(said), peer), sender, "{said}");
        }
        for said in ["192.0.2.1, nonsense", "192.0.2.1,", "unknown", "[192.0.2.1"] {
            assert_eq!(behind.sender(&headers(said), peer), None, "{said}");
        }
        assert_eq!(behind.sender(&HeaderMap::new(), peer), None);
    }

    #[test]
    fn what_another_site_sent_is_told_by_its_headers() {
        let origin = Origin::new(false, "localhost", 8080);
        let ours = |headers: &[(HeaderName, &str)]| {
            let headers = headers
                .iter()
                .map(|(name, value)| (name.clone(), value.parse().unwrap()));
            sent_from_here(&headers.collect(), &origin)
        };
        assert!(ours(&[(FETCH_SITE, "same-origin")]));
        assert!(ours(&[(FETCH_SITE, "none")]));
        assert!(ours(&[(FETCH_SITE, "same-origin"), (ORIGIN, "null")]));
        assert!(ours(&[(ORIGIN, "http://localhost:8080")]));
        for site in ["cross-site", "same-site", "", "SAME-ORIGIN"] {
            assert!(
                !ours(&[(FETCH_SITE, site), (ORIGIN, "http://localhost:8080")]),
                "{site}"
            );
        }
        for from in [
            "null",
            "https://localhost:8080",
            "http://localhost",
            "http://localhost:8080.evil.test",
            "",
        ] {
            assert!(!ours(&[(ORIGIN, from)]), "{from}");
        }
        assert!(!ours(&[]));
    }
}
