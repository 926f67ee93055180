//! The org's address, in the forms that people paste.

use std::net::Ipv6Addr;

use idp_http::{BaseUrl, InvalidBaseUrl};

/// Where Okta has its orgs: `acme.okta.com`, and `acme-admin.okta.com` for the admin console.
const OKTA: [&str; 5] = [
    "okta.com",
    "oktapreview.com",
    "okta-emea.com",
    "okta-gov.com",
    "okta.mil",
];

/// Text that is not an org's address. It never quotes the text: that may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidOrgUrl {
    /// No URL, or no name of a host.
    #[error("it is no address of the form https://acme.okta.com")]
    Syntax,
    /// http outside loopback, or another scheme.
    #[error("only https is allowed; http is for loopback addresses")]
    Scheme,
    /// `user:password@host`.
    #[error("an address must not hold a user name or password")]
    Credentials,
    /// `acme`.
    #[error("it names no domain: write the whole host, such as acme.okta.com")]
    NoDomain,
    /// `okta.com`, `www.okta.com`.
    #[error("it is Okta's own site, not an org: write the org's host, such as acme.okta.com")]
    NoOrg,
    /// `acme.okta.com.com`, `acme.okta.com.example`.
    #[error("it looks like Okta's domain but ends differently; nothing is sent there")]
    Lookalike,
}

impl From<InvalidBaseUrl> for InvalidOrgUrl {
    fn from(error: InvalidBaseUrl) -> Self {
        match error {
            InvalidBaseUrl::Scheme => Self::Scheme,
            InvalidBaseUrl::Credentials => Self::Credentials,
            _ => Self::Syntax,
        }
    }
}

/// Reads an org's address in any form that people have at hand: the host alone, with `https://`,
/// with any path behind it, or the admin console's. An org is an origin, so what stands behind host
/// and port is left out.
///
/// ```
/// use okta_factors::org_url;
/// for pasted in [
///     "acme.okta.com",
///     "https://acme.okta.com/api/v1/users/",
///     "https://acme-admin.okta.com/admin/dashboard",
/// ] {
///     assert_eq!(org_url(pasted)?.to_string(), "https://acme.okta.com");
/// }
/// # Ok::<(), okta_factors::InvalidOrgUrl>(())
/// ```
///
/// # Errors
/// [`InvalidOrgUrl`] for what names no host, for anything but https (http for loopback addresses),
/// for credentials in the address, and for hosts that only look like Okta's.
pub fn org_url(text: &str) -> Result<BaseUrl, InvalidOrgUrl> {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(InvalidOrgUrl::Credentials);
    }
    let (host, port) = split_port(authority)?;
    let host = host.to_ascii_lowercase();
    // The root of the DNS, as in `acme.okta.com.`.
    let host = host.strip_suffix('.').unwrap_or(&host);
    check_host(host)?;
    let scheme = scheme.to_ascii_lowercase();
    let port = port.filter(|port| !is_default(&scheme, *port));
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let host = without_admin(host);
    Ok(BaseUrl::parse(&format!("{scheme}://{host}{port}"))?)
}

/// Host and port; an empty port counts as none.
fn split_port(authority: &str) -> Result<(&str, Option<u16>), InvalidOrgUrl> {
    // The colons of an IPv6 address are inside of brackets.
    let end_of_host = authority.rfind(']').unwrap_or(0);
    let colon = authority.get(end_of_host..).and_then(|rest| rest.find(':'));
    let Some(colon) = colon.map(|at| at + end_of_host) else {
        return Ok((authority, None));
    };
    let (host, port) = authority.split_at(colon);
    match port.get(1..) {
        None | Some("") => Ok((host, None)),
        Some(port) if port.starts_with('+') => Err(InvalidOrgUrl::Syntax),
        Some(port) => match port.parse() {
            Ok(0) | Err(_) => Err(InvalidOrgUrl::Syntax),
            Ok(port) => Ok((host, Some(port))),
        },
    }
}

fn is_default(scheme: &str, port: u16) -> bool {
    matches!((scheme, port), ("https", 443) | ("http", 80))
}

fn check_host(host: &str) -> Result<(), InvalidOrgUrl> {
    if host == "localhost" {
        return Ok(());
    }
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').map(str::parse::<Ipv6Addr>);
        return match address {
            Some(Ok(_)) => Ok(()),
            _ => Err(InvalidOrgUrl::Syntax),
        };
    }
    let is_label = |label: &str| {
        let known = |b: u8| b == b'-' || b == b'_' || b.is_ascii_alphanumeric();
        (1..=63).contains(&label.len()) && label.bytes().all(known)
    };
    if host.len() > 253 || !host.split('.').all(is_label) {
        return Err(InvalidOrgUrl::Syntax);
    }
    if !host.contains('.') {
        return Err(InvalidOrgUrl::NoDomain);
    }
    let inside = |domain: &&str| format!(".{host}").contains(&format!(".{domain}."));
    match OKTA.iter().find_map(|domain| org_of(host, domain)) {
        Some("" | "www" | "login" | "support" | "help" | "developer") => Err(InvalidOrgUrl::NoOrg),
        None if OKTA.iter().any(inside) => Err(InvalidOrgUrl::Lookalike),
        _ => Ok(()),
    }
}

/// What stands before Okta's domain.
fn org_of<'a>(host: &'a str, domain: &str) -> Option<&'a str> {
    let org = host.strip_suffix(domain)?;
    match org {
        "" => Some(""),
        _ => org.strip_suffix('.'),
    }
}

/// The org's host, where it is that of the admin console. A custom domain has no such twin.
fn without_admin(host: &str) -> String {
    let console = OKTA.iter().find_map(|domain| {
        let org = org_of(host, domain)?.strip_suffix("-admin")?;
        (!org.is_empty()).then(|| format!("{org}.{domain}"))
    });
    console.unwrap_or_else(|| host.to_owned())
}
