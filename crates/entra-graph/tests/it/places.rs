//! Clouds, and managed identities.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use entra_graph::{Cloud, GraphOptions, ManagedIdentity, SourceError, TokenSource};
use idp_http::{BaseUrl, Clock, Request, Response, Retry, Sent, Transport, TransportError};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::support::{FakeClock, Recorded, answer, lost, raw, recorded};

const GRAPH: &str = "https://graph.microsoft.com";

fn of(authority: &str) -> Option<GraphOptions> {
    let authority = BaseUrl::parse(authority).unwrap();
    GraphOptions::for_authority(authority, Arc::new(String::new)).ok()
}

#[test]
fn each_cloud_has_its_own_graph_and_a_word_of_warning() {
    for cloud in Cloud::ALL {
        for authority in cloud.authorities {
            assert!(BaseUrl::parse(authority).is_ok());
        }
    }
    for (authority, graph) in [
        ("https://login.microsoftonline.com", GRAPH),
        (
            "https://login.microsoftonline.us/",
            "https://graph.microsoft.us",
        ),
        (
            "https://LOGIN.chinacloudapi.cn",
            "https://microsoftgraph.chinacloudapi.cn",
        ),
        (
            "https://login.partner.microsoftonline.cn",
            "https://microsoftgraph.chinacloudapi.cn",
        ),
    ] {
        let options = of(authority).unwrap();
        assert_eq!(options.graph.to_string(), graph);
        assert_eq!(options.warning().is_none(), graph == GRAPH);
    }
    assert!(of("https://login.sovcloud-identity.de").is_none());
    assert!(of("http://127.0.0.1:8701").is_none());
    let loopback = BaseUrl::parse("http://127.0.0.1:8701").unwrap();
    let options = GraphOptions::new(loopback.clone(), loopback, Arc::new(String::new));
    assert_eq!(options.warning(), None);
    let dod = BaseUrl::parse("https://dod-graph.microsoft.us").unwrap();
    let options = GraphOptions::new(dod.clone(), dod, Arc::new(String::new));
    assert!(options.warning().unwrap().contains("DoD"));
    // Where Graph's root is not known, the sign-in service tells the cloud.
    let own = BaseUrl::parse("https://graph.example").unwrap();
    for (authority, cloud) in [
        ("https://login.sovcloud-identity.fr", "Bleu"),
        ("https://login.sovcloud-identity.de", "Delos"),
        ("https://login.sovcloud-identity.sg", "GovSG"),
    ] {
        let authority = BaseUrl::parse(authority).unwrap();
        let options = GraphOptions::new(authority, own.clone(), Arc::new(String::new));
        assert!(options.warning().unwrap().contains(cloud));
    }
    let public = BaseUrl::parse(GraphOptions::PUBLIC_AUTHORITY).unwrap();
    let options = GraphOptions::new(public, own, Arc::new(String::new));
    assert_eq!(options.warning(), None);
}

fn clock() -> Arc<FakeClock> {
    Arc::default()
}

async fn refused(answer: Recorded) -> SourceError {
    let (transport, _) = recorded([answer]);
    let identity = ManagedIdentity::imds(transport, clock());
    identity.token(GRAPH).await.unwrap_err()
}

fn retry(error: SourceError) -> Retry {
    entra_graph::Error::Credential(error).retry()
}

#[tokio::test]
async fn a_machine_asks_its_metadata_service() {
    let body = json!({"access_token": "M", "expires_in": "86399", "token_type": "Bearer"});
    let (transport, seen) = recorded([answer(200, body)]);
    let identity = ManagedIdentity::imds(transport, clock()).with_client_id("id 1");
    let got = identity.token(GRAPH).await.unwrap();
    assert_eq!(got.token.expose_secret(), "M");
    assert_eq!(got.lifetime, Duration::from_secs(86_399));
    let seen = seen.lock().unwrap();
    assert_eq!(
        seen[0].line,
        "GET http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01\
         &resource=https%3A%2F%2Fgraph.microsoft.com&client_id=id%201"
    );
    assert_eq!(seen[0].header("metadata"), "true");
}

#[tokio::test]
async fn app_service_has_a_header_of_its_own() {
    let body = json!({"access_token": "M", "expires_on": "1700000900", "token_type": "Bearer"});
    let (transport, seen) = recorded([answer(200, body)]);
    let endpoint = "http://169.254.129.6:8081/msi/token";
    let identity =
        ManagedIdentity::app_service(transport, clock(), endpoint, "hush-hush".into()).unwrap();
    assert!(!format!("{identity:?}").contains("hush"));
    let got = identity.token(GRAPH).await.unwrap();
    assert_eq!(got.lifetime, Duration::from_secs(900));
    let seen = seen.lock().unwrap();
    let line = "GET http://169.254.129.6:8081/msi/token?api-version=2019-08-01&resource=";
    assert!(seen[0].line.starts_with(line), "{}", seen[0].line);
    assert_eq!(seen[0].header("x-identity-header"), "hush-hush");
    assert!(seen[0].headers["x-identity-header"].is_sensitive());
    let (transport, _) = recorded([]);
    let outside = "http://10.0.0.1/msi/token";
    assert!(ManagedIdentity::app_service(transport, clock(), outside, "h".into()).is_err());
}

#[tokio::test]
async fn azure_arc_names_a_file() {
    let challenge = [(
        "www-authenticate",
        "Basic realm=/var/opt/azcmagent/tokens/1.key",
    )];
    let body = json!({"access_token": "M", "expires_in": "3600", "token_type": "Bearer"});
    let answers = [Ok(raw(401, &challenge, b"")), answer(200, body)];
    let (transport, seen) = recorded(answers);
    let read = |path: &str| match path {
        "/var/opt/azcmagent/tokens/1.key" => Ok("key-1".into()),
        other => Err(SourceError::new(other, "")),
    };
    let endpoint = "http://127.0.0.1:40342/metadata/identity/oauth2/token";
    let arc = ManagedIdentity::azure_arc(transport, clock(), endpoint, Arc::new(read)).unwrap();
    assert_eq!(arc.token(GRAPH).await.unwrap().token.expose_secret(), "M");
    let seen = seen.lock().unwrap();
    assert!(!seen[0].headers.contains_key("authorization"));
    assert_eq!(seen[1].header("authorization"), "Basic key-1");
}

#[tokio::test]
async fn a_machine_without_identity_says_so() {
    let error = refused(answer(400, json!({"error": "invalid_request"}))).await;
    assert_eq!(
        error.to_string(),
        "the managed identity gave no token (400)"
    );
    assert_eq!(retry(error), Retry::Never);
    let after = Some(Duration::from_secs(7));
    let busy = refused(Ok(raw(429, &[("retry-after", "7")], b""))).await;
    assert_eq!(retry(busy), Retry::Safe { after });
    for passing in [
        Ok(raw(404, &[], b"")),
        Ok(raw(410, &[], b"")),
        Ok(raw(500, &[], b"")),
        lost(Sent::No),
    ] {
        assert_eq!(retry(refused(passing).await), Retry::Safe { after: None });
    }
    for odd in [Ok(raw(200, &[], b"<html>")), Ok(raw(302, &[], b""))] {
        assert_eq!(retry(refused(odd).await), Retry::Never);
    }
}

/// Packets to it are lost.
struct Silent;

#[async_trait]
impl Transport for Silent {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_machine_that_may_have_no_identity_is_asked_for_a_second() {
    let clock = clock();
    let silent = ManagedIdentity::imds(Arc::new(Silent), clock.clone()).probing();
    let error = silent.token(GRAPH).await.unwrap_err();
    assert!(error.to_string().contains("no managed identity answers"));
    assert_eq!(retry(error), Retry::Never);
    assert_eq!(clock.monotonic(), Duration::from_secs(1));
    let (transport, _) = recorded([lost(Sent::No)]);
    let none = ManagedIdentity::imds(transport, clock).probing();
    assert_eq!(retry(none.token(GRAPH).await.unwrap_err()), Retry::Never);
}

#[tokio::test]
async fn what_has_answered_once_is_not_probed_again() {
    let body = || json!({"access_token": "M", "expires_in": "86399", "token_type": "Bearer"});
    let refused = answer(400, json!({"error": "invalid_request"}));
    let answers = [refused, answer(200, body()), answer(200, body())];
    let (transport, seen) = recorded(answers);
    let place = "http://127.0.0.1:8701/";
    let identity = ManagedIdentity::imds_at(transport, clock(), place);
    let identity = identity.unwrap().probing();
    for _ in 0..2 {
        let got = identity.token(GRAPH).await.unwrap();
        assert_eq!(got.token.expose_secret(), "M");
    }
    let seen = seen.lock().unwrap();
    let at = "GET http://127.0.0.1:8701/metadata/identity/oauth2/token";
    assert_eq!(seen[0].line, at);
    assert!(!seen[0].headers.contains_key("metadata"));
    assert!(seen[1].line.starts_with(&format!("{at}?api-version=")));
    assert_eq!(seen[2].header("metadata"), "true");
    let (transport, _) = recorded([]);
    assert!(ManagedIdentity::imds_at(transport, clock(), "http://10.0.0.1").is_err());
}
