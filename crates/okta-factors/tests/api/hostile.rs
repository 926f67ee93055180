//! Hostile answers over a real socket, through the real transport.

use std::sync::Arc;
use std::time::Duration;

use idp_http::{
    Endpoint, ReqwestOptions, ReqwestTransport, ResponseLimit, Retry, Segment, TokioClock,
};
use okta_factors::{
    DeleteFactor, EnrollFactor, Error, FactorId, GetFactor, GetOrganization, GetOtpSettings,
    GetUser, ListAuthenticators, ListEnrollments, ListFactors, ListHotpProfiles, ListOrgFactors,
    ListSupportedFactors, ListUsers, OktaClient, ProfileId, SswsToken, UserId, VerifyFactor,
    org_url,
};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::org::{NOW, TOKEN};

const SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const CODE: &str = "058651";
const JSON: &str = "application/json";

/// A service, and a client of it.
struct Hostile {
    server: MockServer,
    client: OktaClient,
}

impl Hostile {
    async fn answering(answer: ResponseTemplate) -> Self {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let client = client(&server);
        Self { server, client }
    }

    async fn requests(&self) -> usize {
        self.server.received_requests().await.unwrap().len()
    }
}

fn client(server: &MockServer) -> OktaClient {
    let transport = ReqwestTransport::new(&ReqwestOptions::default()).unwrap();
    let clock = TokioClock::starting_at(Duration::from_secs(NOW));
    OktaClient::new(
        Arc::new(transport),
        Arc::new(clock),
        SswsToken::new(TOKEN),
        org_url(&server.uri()).unwrap(),
    )
}

/// The operation fails, says nothing secret, and is sent once.
async fn fails<E: Endpoint>(service: &Hostile, endpoint: &E) -> Error {
    let before = service.requests().await;
    let error = match service.client.send(endpoint).await {
        Ok(_) => panic!("{}: taken for a success", E::NAME),
        Err(error) => error,
    };
    let said = format!("{error} {error:?} {}", error.next_step());
    for secret in [SECRET, CODE, TOKEN] {
        assert!(!said.contains(secret), "{}: {said}", E::NAME);
    }
    let after = service.requests().await;
    assert_eq!(after - before, 1, "{}: one attempt", E::NAME);
    error
}

fn user() -> UserId {
    UserId::parse("00u1").unwrap()
}

fn factor() -> FactorId {
    FactorId::parse("chf1").unwrap()
}

/// No write is ever taken for done or for not done by what is no answer of Okta's.
async fn writes_fail(service: &Hostile) {
    let enroll = EnrollFactor {
        user: user(),
        profile: ProfileId::parse("aut1").unwrap(),
        shared_secret: SECRET.into(),
    };
    let verify = VerifyFactor {
        user: user(),
        factor: factor(),
        code: CODE.into(),
    };
    let delete = DeleteFactor {
        user: user(),
        factor: factor(),
    };
    for error in [
        fails(service, &enroll).await,
        fails(service, &verify).await,
        fails(service, &delete).await,
    ] {
        let refused = matches!(&error, Error::Service(refusal) if refusal.status.is_redirection());
        let in_doubt = matches!(error.retry(), Retry::InDoubt { .. });
        assert_eq!(in_doubt, !refused, "{error:?}");
    }
}

async fn reads_fail(service: &Hostile) {
    let get = GetFactor {
        user: user(),
        factor: factor(),
    };
    fails(service, &get).await;
    fails(service, &GetUser(Segment::literal("ann"))).await;
    fails(service, &GetOrganization).await;
    let otp = GetOtpSettings(ProfileId::parse("aut1").unwrap());
    fails(service, &otp).await;
    fails(service, &ListUsers::all()).await;
    fails(service, &ListFactors(user())).await;
    fails(service, &ListSupportedFactors(user())).await;
    fails(service, &ListEnrollments(user())).await;
    fails(service, &ListAuthenticators).await;
    fails(service, &ListHotpProfiles).await;
    fails(service, &ListOrgFactors).await;
}

#[tokio::test]
async fn what_is_no_answer_is_no_success() {
    let echo = format!(r#"{{"errorCode":"{SECRET}","errorSummary":"{CODE} {SECRET}"}}"#);
    let deep = "[".repeat(100_000);
    let nested = format!(r#"{{"id":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
    for (status, body, kind) in [
        (200, "<html><title>Sign in</title></html>", "text/html"),
        (200, r#"{"id":"chf1","factorType":"token:hotp","#, JSON),
        (
            200,
            r#"{"id":7,"factorType":7,"status":7,"profile":7}"#,
            JSON,
        ),
        (200, &echo, JSON),
        (200, &deep, JSON),
        (200, &nested, JSON),
        (200, "null", JSON),
        (200, "\u{feff}{}", JSON),
        (201, "", JSON),
        (502, "<html>bad gateway</html>", "text/html"),
        (500, "{}", JSON),
    ] {
        let answer = ResponseTemplate::new(status).set_body_raw(body, kind);
        let service = Hostile::answering(answer).await;
        writes_fail(&service).await;
        reads_fail(&service).await;
    }
}

#[tokio::test]
async fn a_deletion_is_only_what_has_no_content() {
    let delete = DeleteFactor {
        user: user(),
        factor: factor(),
    };
    for status in [200, 202, 205] {
        let service = Hostile::answering(ResponseTemplate::new(status)).await;
        fails(&service, &delete).await;
    }
    let service = Hostile::answering(ResponseTemplate::new(204)).await;
    assert!(service.client.send(&delete).await.is_ok());
}

#[tokio::test]
async fn an_answer_beyond_its_limit_is_cut_off() {
    let huge = vec![b' '; ResponseLimit::LIST.0 + 1];
    let service = Hostile::answering(ResponseTemplate::new(200).set_body_raw(huge, JSON)).await;
    writes_fail(&service).await;
    fails(&service, &ListUsers::all()).await;
    fails(&service, &ListFactors(user())).await;
    let long = vec![b' '; ResponseLimit::SINGLE.0 + 1];
    let service = Hostile::answering(ResponseTemplate::new(200).set_body_raw(long, JSON)).await;
    fails(&service, &GetOrganization).await;
}

#[tokio::test]
async fn nothing_follows_a_link_or_a_redirect_to_another_host() {
    let other = Hostile::answering(ResponseTemplate::new(200).set_body_raw("[]", JSON)).await;
    for status in [301, 302, 303, 307, 308] {
        let answer = ResponseTemplate::new(status).insert_header("location", other.server.uri());
        let service = Hostile::answering(answer).await;
        writes_fail(&service).await;
        reads_fail(&service).await;
    }
    for link in [
        format!(
            "<{}/api/v1/users?after=x>; rel=\"next\"",
            other.server.uri()
        ),
        "<https://acme.okta.com@127.0.0.1/api/v1/users>; rel=\"next\"".to_owned(),
    ] {
        let answer = ResponseTemplate::new(200).set_body_raw("[]", JSON);
        let service = Hostile::answering(answer.insert_header("link", &*link)).await;
        fails(&service, &ListUsers::all()).await;
    }
    assert_eq!(other.requests().await, 0);
}

#[tokio::test]
async fn a_page_that_repeats_itself_ends() {
    let server = MockServer::start().await;
    let next = format!(
        "<{}/api/v1/users?after=x&limit=200>; rel=\"next\"",
        server.uri()
    );
    let answer = ResponseTemplate::new(200).set_body_raw("[]", JSON);
    let answer = answer.insert_header("link", &*next);
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let client = client(&server);
    let page = client.send(&ListUsers::all()).await.unwrap().value;
    let again = ListUsers::next(page.next.unwrap());
    assert!(client.send(&again).await.is_err());
}

#[tokio::test]
async fn of_doubled_rate_headers_the_scarcer_counts() {
    let mut answer = ResponseTemplate::new(200).set_body_raw("[]", JSON);
    for (limit, remaining) in [("600", "500"), ("50", "3"), ("none", "-1")] {
        answer = answer
            .append_header("x-rate-limit-limit", limit)
            .append_header("x-rate-limit-remaining", remaining)
            .append_header("x-rate-limit-reset", "1795291230");
    }
    let service = Hostile::answering(answer).await;
    let answer = service.client.send(&ListFactors(user())).await.unwrap();
    let told = answer.rate_limit.unwrap();
    assert_eq!((told.limit, told.remaining), (50, 3));
}
