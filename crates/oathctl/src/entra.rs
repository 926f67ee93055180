//! Signing in to Entra ID: what a library cannot do by itself, because it takes files, processes and
//! people.

mod az;
mod machine;
mod person;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use entra_graph::{
    AssertionSource, ClientAssertion, ClientCertificate, ClientSecret, Credential, GraphClient,
    GraphOptions, SourceError, TokenSource,
};
use idp_http::{Clock, Transport};
use secrecy::SecretString;

use self::person::Person;
use crate::exit::Failed;
use crate::files;
use crate::settings::{EntraSettings, Way};
use crate::system;

/// How long before its end a certificate is spoken of.
const SOON: Duration = Duration::from_secs(30 * 86_400);

/// A client that can sign in. It signs in with its first call, but a person is asked now.
pub(crate) async fn client(
    settings: EntraSettings,
    transport: Arc<dyn Transport>,
    clock: &Arc<dyn Clock>,
) -> Result<GraphClient, Failed> {
    let scopes = settings.scopes;
    let options = GraphOptions::new(settings.authority, settings.graph, system::request_ids());
    if let Some(warning) = options.warning() {
        files::say(format_args!("{warning}."));
    }
    let credential: Credential = match settings.way {
        Way::Secret(secret) => {
            mention_secret_id(&secret);
            secret.into()
        }
        Way::Certificate(certificate) => {
            mention_end(&certificate, clock.unix());
            certificate.into()
        }
        Way::Federated(application, path) => {
            ClientAssertion::new(application, Arc::new(TokenFile(path))).into()
        }
        Way::ManagedIdentity(machine) => machine::source(machine, &transport, clock)?.into(),
        Way::AzureCli { by_default } => {
            let tenant = settings.tenant.to_string();
            let az = az::AzureCli::new(tenant, by_default, Arc::clone(clock));
            let source: Arc<dyn TokenSource> = Arc::new(az);
            source.into()
        }
        Way::DeviceCode(application) => {
            person::must_be_there(scopes)?;
            let person = Person::new(&transport, clock, application, &options, scopes);
            person.by_device_code().await?.into()
        }
        Way::Browser(application) => {
            person::must_be_there(scopes)?;
            let person = Person::new(&transport, clock, application, &options, scopes);
            person.in_browser().await?.into()
        }
        Way::Sandbox(application) => {
            let person = Person::new(&transport, clock, application, &options, scopes);
            person.of_a_sandbox(&*transport).await?.into()
        }
    };
    let clock = Arc::clone(clock);
    Ok(GraphClient::new(transport, clock, credential, options))
}

fn mention_secret_id(secret: &ClientSecret) {
    if secret.looks_like_secret_id() {
        files::say("AZURE_CLIENT_SECRET looks like the secret's ID; sign-in needs its value.");
    }
}

fn mention_end(certificate: &ClientCertificate, now: Duration) {
    let end = certificate.certificate.not_after();
    let left = end.saturating_sub(now);
    if left < SOON {
        let days = left.as_secs() / 86_400;
        let thumbprint = certificate.certificate.thumbprint_sha1();
        files::say(format_args!(
            "The certificate {thumbprint} ends in {days} days."
        ));
    }
}

/// The token of another identity provider, read anew for each sign-in.
struct TokenFile(PathBuf);

#[async_trait]
impl AssertionSource for TokenFile {
    async fn assertion(&self) -> Result<SecretString, SourceError> {
        let text = std::fs::read_to_string(&self.0).map_err(|error| {
            let message = format!("{} cannot be read: {error}", self.0.display());
            SourceError::new(message, "check AZURE_FEDERATED_TOKEN_FILE")
        })?;
        Ok(text.into())
    }
}
