//! TLS is verified, always: without trust not one byte of a request leaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use idp_http::{ReqwestOptions, ReqwestTransport, Sent, Transport};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::server::read_request;
use crate::{fails, post, transport, with};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn certificate_of(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    CertificateParams::new(names).unwrap()
}

struct TlsServer {
    root: String,
    /// Bytes of requests, not of handshakes.
    bytes: Arc<AtomicUsize>,
}

impl TlsServer {
    fn bytes(&self) -> usize {
        self.bytes.load(Ordering::SeqCst)
    }

    async fn new(certificate: CertificateDer<'static>, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!(
            "https://localhost:{}",
            listener.local_addr().unwrap().port()
        );
        let bytes = Arc::new(AtomicUsize::new(0));
        let count = bytes.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                if read_request(&mut stream, &count).await.is_some() {
                    let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
                    stream.write_all(answer).await.unwrap();
                    let _ = stream.shutdown().await;
                }
            }
        });
        Self { root, bytes }
    }

    /// A server with a certificate of `authority`.
    async fn of(authority: &Authority, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, authority).unwrap();
        Self::new(certificate.der().clone(), &key).await
    }
}

fn trusting(pem: &str) -> ReqwestTransport {
    with(|options| options.ca_bundle = Some(pem.as_bytes().to_vec()))
}

async fn refused(transport: &ReqwestTransport, server: &TlsServer) {
    let (sent, text) = fails(transport, post(&server.root)).await;
    assert_eq!(sent, Sent::No);
    assert!(text.starts_with("no connection: "), "{text}");
    assert!(text.contains("certificate"), "{text}");
    assert_eq!(server.bytes(), 0);
}

#[tokio::test]
async fn a_self_signed_server_is_refused() {
    let key = KeyPair::generate().unwrap();
    let certificate = certificate_of(&["localhost"]).self_signed(&key).unwrap();
    let server = TlsServer::new(certificate.der().clone(), &key).await;
    refused(&transport(), &server).await;
}

#[tokio::test]
async fn an_authority_is_trusted_when_it_is_in_the_bundle() {
    let (ours, other) = (authority(), authority());
    let server = TlsServer::of(&ours, certificate_of(&["localhost"])).await;
    refused(&transport(), &server).await;
    refused(&trusting(&other.pem()), &server).await;

    let both = other.pem() + &ours.pem();
    let answer = trusting(&both).send(post(&server.root)).await.unwrap();
    assert_eq!(answer.status(), 204);
    assert!(server.bytes() > 0);
}

#[tokio::test]
async fn a_certificate_of_another_name_or_time_is_refused() {
    let ours = authority();
    let server = TlsServer::of(&ours, certificate_of(&["idp.example"])).await;
    refused(&trusting(&ours.pem()), &server).await;

    let mut expired = certificate_of(&["localhost"]);
    expired.not_before = date_time_ymd(2019, 1, 1);
    expired.not_after = date_time_ymd(2020, 1, 1);
    let server = TlsServer::of(&ours, expired).await;
    refused(&trusting(&ours.pem()), &server).await;
}

#[test]
fn a_bundle_without_a_certificate_is_refused() {
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for bundle in ["", "not PEM", damaged] {
        let mut options = ReqwestOptions::default();
        options.ca_bundle = Some(bundle.as_bytes().to_vec());
        let error = ReqwestTransport::new(&options).unwrap_err().to_string();
        assert!(error.contains("CA bundle"), "{bundle:?}: {error}");
    }
}
