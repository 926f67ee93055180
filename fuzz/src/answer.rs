//! Answers of a service: headers and bodies that say anything at all.

use std::time::Duration;

use http::HeaderValue;
use http::header::{DATE, LINK, RETRY_AFTER};
use idp_http::{BaseUrl, Endpoint, Response, date, printable, retry_after};

const ORIGIN: &str = "https://idp.example";

/// The first line becomes the value of headers, the rest a body.
pub fn answer(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let line = parts.next().unwrap_or_default();
    let base = BaseUrl::parse(&format!("{ORIGIN}/v1")).unwrap();
    let mut answer = Response::new(parts.next().unwrap_or_default().to_vec());
    if let Ok(value) = HeaderValue::from_bytes(line) {
        for name in [DATE, LINK, RETRY_AFTER] {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    headers(&answer);
    text(&base, &String::from_utf8_lossy(line));
    entra(&base, &answer);
    okta(&base, &answer);
}

fn headers(answer: &Response) {
    let wait = retry_after(answer.headers());
    assert!(wait.is_none_or(|wait| wait <= Duration::from_secs(3600)));
    let seconds = date(answer.headers());
    assert!(seconds.is_none_or(|since| since.as_secs() < 253_402_300_800));
}

fn text(base: &BaseUrl, text: &str) {
    let shown = printable(text);
    assert!(!shown.contains(char::is_control));
    assert!(shown.chars().count() <= 500);
    assert_eq!(printable(&shown), shown);
    if let Ok(uri) = base.follow(text) {
        stays(&uri);
    }
    if let Ok(base) = BaseUrl::parse(text) {
        assert_eq!(BaseUrl::parse(&base.to_string()), Ok(base));
    }
}

fn entra(base: &BaseUrl, answer: &Response) {
    use entra_graph::{
        Batch, CountDevices, CreateDevices, DeleteDevice, GetDevice, GetOrganization, GetPolicy,
        GetUser, ListDevices, ListMethods, ListUsers, ObjectId, UserKey,
    };
    let next = read(&ListDevices::all(), base, answer).and_then(|page| page.next);
    if let Some(link) = next {
        stays(ListDevices::next(link).request(base).uri());
    }
    let next = read(&ListUsers::all(), base, answer).and_then(|page| page.next);
    if let Some(link) = next {
        stays(ListUsers::next(link).request(base).uri());
    }
    let id = ObjectId::parse("0cadbf92-0000-4000-8000-000000000001").unwrap();
    let device = GetDevice(id.clone());
    read(&device, base, answer);
    read(&DeleteDevice(id.clone()), base, answer);
    read(&GetUser(id.into()), base, answer);
    read(&CreateDevices(Vec::new()), base, answer);
    read(&CountDevices::default(), base, answer);
    read(&ListMethods::of(&UserKey::me()), base, answer);
    read(&GetPolicy, base, answer);
    read(&GetOrganization, base, answer);
    if let Ok(batch) = Batch::new(vec![device.clone(), device]) {
        let outcomes = read(&batch, base, answer);
        assert!(outcomes.is_none_or(|outcomes| outcomes.len() == 2));
    }
}

fn okta(base: &BaseUrl, answer: &Response) {
    use okta_factors::{
        DeleteFactor, EnrollFactor, FactorId, GetFactor, GetOrganization, GetOtpSettings, GetUser,
        ListAuthenticators, ListEnrollments, ListFactors, ListHotpProfiles, ListOrgFactors,
        ListSupportedFactors, ListUsers, ProfileId, UserId, VerifyFactor,
    };
    let next = read(&ListUsers::all(), base, answer).and_then(|page| page.next);
    if let Some(link) = next {
        stays(ListUsers::next(link).request(base).uri());
    }
    read(&GetOrganization, base, answer);
    read(&ListAuthenticators, base, answer);
    read(&ListHotpProfiles, base, answer);
    read(&ListOrgFactors, base, answer);
    read(&GetUser::me(), base, answer);
    let user = UserId::parse("00u1").unwrap();
    let factor = FactorId::parse("chf1").unwrap();
    let profile = ProfileId::parse("aut1").unwrap();
    read(&ListFactors(user.clone()), base, answer);
    read(&ListSupportedFactors(user.clone()), base, answer);
    read(&ListEnrollments(user.clone()), base, answer);
    read(&GetOtpSettings(profile.clone()), base, answer);
    let get = GetFactor {
        user: user.clone(),
        factor: factor.clone(),
    };
    read(&get, base, answer);
    let delete = DeleteFactor {
        user: user.clone(),
        factor: factor.clone(),
    };
    read(&delete, base, answer);
    let verify = VerifyFactor {
        user: user.clone(),
        factor,
        code: "000000".into(),
    };
    read(&verify, base, answer);
    let enroll = EnrollFactor {
        user,
        profile,
        shared_secret: "JBSWY3DP".into(),
    };
    let enrolled = read(&enroll, base, answer);
    assert!(enrolled.is_none_or(|factor| factor.is_custom_totp()));
}

/// Reads the answer; what is said against it can be shown on a terminal.
fn read<E: Endpoint>(endpoint: &E, base: &BaseUrl, answer: &Response) -> Option<E::Output> {
    let read = endpoint.response(base, answer);
    read.inspect_err(|bad| {
        let said = bad.to_string();
        assert_eq!(printable(&said), said);
    })
    .ok()
}

/// No answer leads to another origin.
fn stays(uri: &http::Uri) {
    assert_eq!(uri.scheme_str(), Some("https"));
    let authority = uri.authority().map(http::uri::Authority::as_str);
    assert!(
        authority.is_some_and(|of| of.eq_ignore_ascii_case("idp.example")),
        "{uri}"
    );
    assert!(uri.path().starts_with("/v1"));
}
