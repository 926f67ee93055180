//! The org's address, as people paste it.

use okta_factors::{InvalidOrgUrl, org_url};
use proptest::prelude::*;

#[test]
fn every_form_that_people_paste_is_the_orgs_origin() {
    let acme = "https://acme.okta.com";
    for (pasted, origin) in [
        ("https://acme.okta.com", acme),
        ("acme.okta.com", acme),
        ("  Acme.Okta.COM. \n", acme),
        ("HTTPS://ACME.OKTA.COM/", acme),
        ("https://acme.okta.com:443/", acme),
        ("https://acme.okta.com:", acme),
        ("acme.okta.com:443", acme),
        ("https://acme.okta.com/api/v1", acme),
        ("https://acme.okta.com/api/v1/users/", acme),
        ("acme.okta.com/api/v1/users?limit=1", acme),
        ("https://acme.okta.com/oauth2/v1/token", acme),
        ("https://acme.okta.com/app/UserHome?fromURI=%2Fx#top", acme),
        ("https://acme.okta.com/api/v1/../x", acme),
        ("https://acme-admin.okta.com", acme),
        ("https://acme-admin.okta.com/admin/dashboard", acme),
        ("acme-admin.okta.com./admin/apps#tab", acme),
        (
            "https://acme-admin.oktapreview.com/admin",
            "https://acme.oktapreview.com",
        ),
        ("acme-admin.okta-emea.com", "https://acme.okta-emea.com"),
        ("acme-admin.okta-gov.com", "https://acme.okta-gov.com"),
        ("acme-admin.okta.mil", "https://acme.okta.mil"),
        ("acme-emea.okta.com", "https://acme-emea.okta.com"),
        ("my-admin-team.okta.com", "https://my-admin-team.okta.com"),
        // Custom domains, whatever they are called.
        ("https://id.example.com/app/x", "https://id.example.com"),
        ("id-admin.example.com", "https://id-admin.example.com"),
        ("okta.example.com", "https://okta.example.com"),
        ("id.example.com:8443", "https://id.example.com:8443"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443"),
        // The simulator.
        ("http://127.0.0.1:8702/api/v1/", "http://127.0.0.1:8702"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8702", "http://[::1]:8702"),
        ("localhost:8702", "https://localhost:8702"),
    ] {
        let read = org_url(pasted).map(|org| org.to_string());
        assert_eq!(read.as_deref(), Ok(origin), "{pasted}");
    }
}

#[test]
fn anything_else_is_refused_for_a_reason() {
    use InvalidOrgUrl::{Credentials, Lookalike, NoDomain, NoOrg, Scheme, Syntax};
    for (pasted, reason) in [
        ("", Syntax),
        ("https://", Syntax),
        ("//acme.okta.com", Syntax),
        ("https://{yourOktaDomain}", Syntax),
        ("https://acme okta.com", Syntax),
        ("https://acme..okta.com", Syntax),
        ("https://acme.okta.com..", Syntax),
        ("https://acme.okta.com:0", Syntax),
        ("https://acme.okta.com:+443", Syntax),
        ("https://acme.okta.com:65536", Syntax),
        ("https://acme.okta.com:44x", Syntax),
        ("https://acme.okta.com\\@evil.test", Credentials),
        ("https://acme.okta.com\\.evil.test", Syntax),
        ("https://acme.okta%2ecom", Syntax),
        ("https://аcme.okta.com", Syntax),
        ("https://[::1", Syntax),
        ("javascript:alert(1)", Syntax),
        ("http://acme.okta.com", Scheme),
        ("http://127.0.0.1.evil.test", Scheme),
        ("ftp://acme.okta.com", Scheme),
        ("file:///etc/passwd", Syntax),
        ("https://ann:hush@acme.okta.com", Credentials),
        ("ann@acme.okta.com", Credentials),
        ("https://acme.okta.com@evil.test/", Credentials),
        ("acme", NoDomain),
        ("https://okta.com", NoOrg),
        ("www.okta.com", NoOrg),
        ("https://acme.okta.com.com", Lookalike),
        ("https://acme.okta.com.evil.test", Lookalike),
        ("acme.oktapreview.com.example", Lookalike),
    ] {
        assert_eq!(org_url(pasted), Err(reason), "{pasted}");
        assert!(!reason.to_string().contains("hush"));
    }
}

/// The host as a browser reads it.
fn host_of(url: &str) -> Option<String> {
    let url: http::Uri = url.parse().ok()?;
    Some(url.host()?.to_ascii_lowercase())
}

proptest! {
    /// Whatever stands before and behind it, the token goes to the host that was pasted.
    #[test]
    fn nothing_leads_to_another_host(
        scheme in "(https://|HTTPS://)?",
        host in "[a-zA-Z0-9]{1,8}(-[a-z0-9]{1,4})?\\.(okta\\.com|example\\.org|okta-emea\\.com)",
        port in "(:[1-9][0-9]{0,3})?",
        rest in "([/?#][ -~]{0,30})?",
    ) {
        let host_in_lower_case = host.to_ascii_lowercase();
        prop_assume!(!host_in_lower_case.contains("-admin"));
        if let Ok(org) = org_url(&format!("{scheme}{host}{port}{rest}")) {
            prop_assert_eq!(host_of(&org.to_string()), Some(host_in_lower_case));
            prop_assert!(org.to_string().starts_with("https://"));
        }
    }

    #[test]
    fn no_text_leads_to_a_host_that_it_does_not_begin_with(text in "[ -~]{0,40}") {
        if let Ok(org) = org_url(&text) {
            let host = host_of(&org.to_string()).unwrap_or_default();
            let begin = text.trim().to_ascii_lowercase();
            let begin = begin.split_once("://").map_or(begin.as_str(), |(_, rest)| rest);
            prop_assert!(begin.starts_with(&host), "{} from {}", host, text);
            let written = org.to_string();
            prop_assert_eq!(org_url(&written).map(|org| org.to_string()), Ok(written));
        }
    }
}
