//! A redirect is an answer like any other: it is never followed.

use idp_http::http::{Method, header};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::server::Server;
use crate::{post, send};

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

async fn redirecting(status: u16, to: &str) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).insert_header("location", to);
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn another_host_gets_nothing() {
    for status in STATUSES {
        for method in [Method::GET, Method::POST] {
            let other = Server::saying("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
            let server = redirecting(status, &other.root()).await;
            let mut request = post(&server.uri());
            *request.method_mut() = method;
            let answer = send(request).await.unwrap();
            assert_eq!(answer.status().as_u16(), status);
            assert_eq!(answer.headers()[header::LOCATION], other.root());
            assert_eq!((other.connections(), other.bytes()), (0, 0));
            assert_eq!(server.received_requests().await.unwrap().len(), 1);
        }
    }
}

#[tokio::test]
async fn the_same_host_gets_one_request() {
    for status in STATUSES {
        for to in ["/elsewhere", "/devices", "//127.0.0.1/devices"] {
            let server = redirecting(status, to).await;
            let answer = send(post(&server.uri())).await.unwrap();
            assert_eq!(answer.status().as_u16(), status);
            assert_eq!(server.received_requests().await.unwrap().len(), 1);
        }
    }
}
