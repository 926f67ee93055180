//! The certificate, its key, and the names that it is for.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use webpki::EndEntityCert;

/// What a server needs to be reached over TLS.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    certificate: CertificateDer<'static>,
}

impl Tls {
    /// Reads a certificate chain and its key.
    pub(crate) fn read(chain: &Path, key: &Path) -> Result<Self, String> {
        let certificates = CertificateDer::pem_file_iter(chain)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unusable(chain, &error))?;
        let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
        let own = certificates.first().cloned();
        let certificate = own.ok_or_else(|| unusable(chain, &"there is no certificate in it"))?;
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(certificates, private)
            .map_err(|error| unusable(chain, &error))?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self {
            acceptor,
            certificate,
        })
    }

    /// The host names that the certificate names one by one.
    pub(crate) fn names(&self) -> Vec<String> {
        let certificate = EndEntityCert::try_from(&self.certificate);
        let names = certificate
            .iter()
            .flat_map(|certificate| certificate.valid_dns_names());
        let names = names.filter(|name| !name.starts_with('*'));
        names.map(str::to_owned).collect()
    }

    /// Whether a browser that asks for this name takes the certificate for it.
    pub(crate) fn is_for(&self, name: &str) -> bool {
        let certificate = EndEntityCert::try_from(&self.certificate);
        let name = ServerName::try_from(name);
        matches!((certificate, name), (Ok(certificate), Ok(name))
            if certificate.verify_is_valid_for_subject_name(&name).is_ok())
    }
}

fn unusable(path: &Path, why: &dyn Display) -> String {
    format!("{} cannot be used for TLS: {why}", path.display())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_certificate_says_its_names() {
        let directory = tempfile::tempdir().unwrap();
        let [chain, key] = ["chain.pem", "key.pem"].map(|name| directory.path().join(name));
        let names = ["oath.example.com", "*.example.org"].map(str::to_owned);
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        fs::write(&chain, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let tls = Tls::read(&chain, &key).unwrap();
        assert_eq!(tls.names(), ["oath.example.com"]);
        for (name, fits) in [
            ("OATH.example.com", true),
            ("desk.example.org", true),
            ("example.com", false),
            ("no name", false),
        ] {
            assert_eq!(tls.is_for(name), fits, "{name}");
        }
        fs::write(&chain, "").unwrap();
        let refused = Tls::read(&chain, &key).err().unwrap();
        assert!(
            refused.contains("chain.pem cannot be used for TLS"),
            "{refused}"
        );
    }
}
