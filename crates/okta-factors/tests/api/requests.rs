//! The exact bytes of every request.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use idp_http::{
    BadAnswer, BaseUrl, Body, Effect, Endpoint, Request, Response, ResponseLimit, Retry, Segment,
    WithTransport,
};
use okta_factors::{
    DeleteFactor, EnrollFactor, FactorId, GetFactor, GetOrganization, GetOtpSettings, GetUser,
    ListAuthenticators, ListEnrollments, ListFactors, ListHotpProfiles, ListOrgFactors,
    ListSupportedFactors, ListUsers, OktaClient, ProfileId, SswsToken, UserId, VerifyFactor,
    org_url,
};

use crate::org::{TOKEN, client, sent, text};

fn user() -> UserId {
    UserId::parse("00uAnn").unwrap()
}

fn factor() -> FactorId {
    FactorId::parse("chf1").unwrap()
}

const JSON: &str = "application/json";
/// Of users, only what is used.
const BRIEF: &str = "application/json; \
     okta-response=\"omitCredentials,omitCredentialsLinks,omitTransitioningToStatus\"";

/// Checks what is the same for all, and gives method, address, and how much may come back.
async fn line<E: Endpoint>(endpoint: E) -> (String, usize) {
    let request = sent(&endpoint).await;
    let of_users = [GetUser::NAME, ListUsers::NAME].contains(&E::NAME);
    let content_type = if of_users { BRIEF } else { JSON };
    let headers = request.headers();
    assert_eq!(headers[AUTHORIZATION], format!("SSWS {TOKEN}"));
    assert!(headers[AUTHORIZATION].is_sensitive());
    assert_eq!(headers[ACCEPT], "application/json");
    assert_eq!(headers[CONTENT_TYPE], content_type);
    assert_eq!(headers.len(), 3);
    let address = request.uri().to_string();
    let path = address.strip_prefix("https://acme.okta.com").unwrap();
    let limit = ResponseLimit::of(&request).0;
    let body = text(request.body());
    let line = format!("{} {path} {body}", request.method());
    (line.trim_end().to_owned(), limit)
}

#[tokio::test]
async fn reads_of_one_object() {
    let profile = ProfileId::parse("aut1").unwrap();
    let by_login = GetUser(Segment::new("ann+x#ext#/a@acme.test").unwrap());
    for (request, expected) in [
        (
            line(by_login).await,
            "GET /api/v1/users/ann%2Bx%23ext%23%2Fa%40acme.test",
        ),
        (line(GetUser::me()).await, "GET /api/v1/users/me"),
        (
            line(GetOrganization).await,
            "GET /.well-known/okta-organization",
        ),
        (
            line(GetOtpSettings(profile)).await,
            "GET /api/v1/authenticators/aut1/methods/otp",
        ),
        (
            line(GetFactor {
                user: user(),
                factor: factor(),
            })
            .await,
            "GET /api/v1/users/00uAnn/factors/chf1",
        ),
    ] {
        assert_eq!(request, (expected.to_owned(), ResponseLimit::SINGLE.0));
    }
}

#[tokio::test]
async fn reads_of_lists() {
    for (request, expected) in [
        (
            line(ListUsers::all()).await,
            "GET /api/v1/users?limit=200&fields=id%2Cstatus%2Cprofile%3A%28login%2Cemail%29",
        ),
        (
            line(ListUsers::with_login("ann@acme.test")).await,
            "GET /api/v1/users?limit=200&fields=id%2Cstatus%2Cprofile%3A%28login%2Cemail%29\
             &search=profile.login%20eq%20%22ann%40acme.test%22",
        ),
        (
            line(ListUsers::with_email("a+b&c#d\"\\@acme.test")).await,
            "GET /api/v1/users?limit=200&fields=id%2Cstatus%2Cprofile%3A%28login%2Cemail%29\
             &search=profile.email%20eq%20%22a%2Bb%26c%23d%5C%22%5C%5C%40acme.test%22",
        ),
        (
            line(ListUsers::beginning("o'b\"")).await,
            "GET /api/v1/users?limit=200\
             &fields=id%2Cstatus%2Cprofile%3A%28login%2Cemail%2CfirstName%2ClastName%29\
             &search=profile.login%20sw%20%22o%27b%5C%22%22%20or%20profile.email%20sw%20%22o%27b%5C%22%22\
             %20or%20profile.firstName%20sw%20%22o%27b%5C%22%22\
             %20or%20profile.lastName%20sw%20%22o%27b%5C%22%22",
        ),
        (
            line(ListUsers::simple("a+b")).await,
            "GET /api/v1/users?limit=200\
             &fields=id%2Cstatus%2Cprofile%3A%28login%2Cemail%2CfirstName%2ClastName%29&q=a%2Bb",
        ),
        (line(ListAuthenticators).await, "GET /api/v1/authenticators"),
        (line(ListOrgFactors).await, "GET /api/v1/org/factors"),
        (
            line(ListSupportedFactors(user())).await,
            "GET /api/v1/users/00uAnn/factors/catalog",
        ),
        (
            line(ListEnrollments(user())).await,
            "GET /api/v1/users/00uAnn/authenticator-enrollments",
        ),
        (
            line(ListHotpProfiles).await,
            "GET /api/v1/org/factors/hotp/profiles",
        ),
        (
            line(ListFactors(user())).await,
            "GET /api/v1/users/00uAnn/factors",
        ),
    ] {
        assert_eq!(request, (expected.to_owned(), ResponseLimit::LIST.0));
    }
}

#[tokio::test]
async fn writes() {
    let enroll = EnrollFactor {
        user: user(),
        profile: ProfileId::parse("fpr1").unwrap(),
        shared_secret: "JBSWY3DP+/==\"".into(),
    };
    let verify = VerifyFactor {
        user: user(),
        factor: factor(),
        code: "012345".into(),
    };
    for (request, expected) in [
        (
            line(enroll).await,
            "POST /api/v1/users/00uAnn/factors?activate=true \
             {\"factorType\":\"token:hotp\",\"provider\":\"CUSTOM\",\"factorProfileId\":\"fpr1\",\
             \"profile\":{\"sharedSecret\":\"JBSWY3DP+/==\\\"\"}}",
        ),
        (
            line(verify).await,
            "POST /api/v1/users/00uAnn/factors/chf1/verify {\"passCode\":\"012345\"}",
        ),
        (
            line(DeleteFactor {
                user: user(),
                factor: factor(),
            })
            .await,
            "DELETE /api/v1/users/00uAnn/factors/chf1",
        ),
    ] {
        assert_eq!(request, (expected.to_owned(), ResponseLimit::SINGLE.0));
    }
}

/// An endpoint from outside the crate.
pub(crate) struct Elsewhere(pub(crate) http::Method, pub(crate) &'static str);

impl Endpoint for Elsewhere {
    type Output = ();
    const NAME: &'static str = "do something else";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, _: &BaseUrl) -> Request {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = self.0.clone();
        *request.uri_mut() = self.1.parse().unwrap();
        request
    }

    fn response(&self, _: &BaseUrl, _: &Response) -> Result<(), BadAnswer> {
        Ok(())
    }
}

#[tokio::test]
async fn a_post_without_body_has_a_length() {
    let address = "https://acme.okta.com/api/v1/x";
    let post = sent(&Elsewhere(http::Method::POST, address)).await;
    assert_eq!(post.headers()[CONTENT_LENGTH], "0");
    let delete = sent(&Elsewhere(http::Method::DELETE, address)).await;
    assert!(!delete.headers().contains_key(CONTENT_LENGTH));
}

#[tokio::test]
async fn the_token_leaves_for_the_org_only() {
    for foreign in ["https://evil.test/api/v1/x", "http://acme.okta.com/", "/"] {
        let unused = WithTransport(|_: Request| panic!("nothing may be sent"));
        let request = Elsewhere(http::Method::GET, foreign);
        let error = client(unused).send(&request).await.unwrap_err();
        assert_eq!(error.retry(), Retry::Never);
        assert!(error.next_step().contains("OKTA_CLIENT_ORGURL"));
    }
}

#[tokio::test]
async fn an_unusable_token_is_not_sent() {
    for token in ["", "  ", "a\nb", "a\u{0}"] {
        let unused = WithTransport(|_: Request| panic!("nothing may be sent"));
        let client = OktaClient::new(
            std::sync::Arc::new(unused),
            std::sync::Arc::new(idp_http::TokioClock::starting_at(std::time::Duration::ZERO)),
            SswsToken::new(token),
            org_url("https://acme.okta.com").unwrap(),
        );
        let error = client.send(&GetOrganization).await.unwrap_err();
        assert_eq!(error.retry(), Retry::Never);
        assert!(error.next_step().contains("OKTA_CLIENT_TOKEN"));
    }
}

#[test]
fn the_client_can_be_shared() {
    fn shared<T: Send + Sync>(_: &T) {}
    fn movable<T: Send>(_: T) {}
    let client = client(WithTransport(|_: Request| Ok(Response::default())));
    shared(&client);
    movable(client.send(&ListUsers::all()));
}
