//! What it takes to sign in, as it lies sealed.

use std::fmt;

use entra_graph::{
    Application, Certificate, ClientCertificate, ClientSecret, Credential as EntraCredential,
    GraphClient, GraphOptions, TenantId,
};
use idp_http::BaseUrl;
use okta_factors::{Credential as OktaCredential, OktaClient, PrivateKey, ProofKey, SswsToken};
use provisioner::{Failure, Limits, Problem, Verdict};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use zeroize::Zeroizing;

use super::{Idp, Wires};

/// A secret that is written nowhere but into a sealed document; an empty one is none.
#[derive(Clone, Default)]
pub(crate) struct Hidden(SecretString);

impl Hidden {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    pub(crate) fn secret(&self) -> &SecretString {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.expose_secret().is_empty()
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl PartialSchema for Hidden {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).into()
    }
}

impl ToSchema for Hidden {}

/// How one identity provider is reached.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase", tag = "idp")]
pub(crate) enum Settings {
    Entra(EntraSettings),
    Okta(OktaSettings),
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntraSettings {
    /// The tenant's id, or one of its domains.
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) key: EntraKey,
    /// Another sign-in service than the public one: a national cloud, or a simulator.
    pub(crate) authority: Option<String>,
    /// Graph's root where it is not the one that belongs to the sign-in service.
    pub(crate) graph: Option<String>,
    /// The share of the service's quota that is used, in percent.
    #[serde(default = "all")]
    pub(crate) max_capacity: u8,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(
    rename_all = "lowercase",
    tag = "kind",
    content = "value",
    deny_unknown_fields
)]
pub(crate) enum EntraKey {
    Secret(Hidden),
    /// A certificate with its private key, as PEM.
    Certificate(Hidden),
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OktaSettings {
    pub(crate) org: String,
    pub(crate) key: OktaKey,
    /// The id or the name of the factor profile; without one each token goes to the one that fits.
    pub(crate) profile: Option<String>,
    /// Whether a mail address may mean the one user who has it.
    #[serde(default)]
    pub(crate) match_mail: bool,
    /// The share of the service's quota that is used, in percent.
    #[serde(default = "all")]
    pub(crate) max_capacity: u8,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(
    rename_all = "lowercase",
    tag = "kind",
    content = "value",
    deny_unknown_fields
)]
pub(crate) enum OktaKey {
    Token(Hidden),
    /// A service app and its private key, as PEM or JWK.
    App {
        client_id: String,
        key: Hidden,
    },
}

fn all() -> u8 {
    100
}

impl Settings {
    pub(crate) fn idp(&self) -> Idp {
        match self {
            Self::Entra(_) => Idp::Entra,
            Self::Okta(_) => Idp::Okta,
        }
    }

    /// The share of the service's quota that is used, in percent.
    pub(crate) fn max_capacity(&self) -> u8 {
        match self {
            Self::Entra(settings) => settings.max_capacity,
            Self::Okta(settings) => settings.max_capacity,
        }
    }

    /// As they are always written; none where something in them cannot be used.
    pub(super) fn checked(mut self, wires: &Wires) -> Result<Self, Problem> {
        if !(1..=100).contains(&self.max_capacity()) {
            let message = "max_capacity is no share in percent";
            return Err(Problem::new(
                "option",
                message,
                "give a number from 1 to 100",
            ));
        }
        let checked = match &mut self {
            Self::Entra(settings) => settings.check(wires),
            Self::Okta(settings) => settings.org_url().map(|url| settings.org = url.to_string()),
        };
        let unusable = |failure: Failure| {
            let next = "correct it, and send it again; nothing was changed";
            Problem::new("option", failure.problem.message, next)
        };
        checked.map(|()| self).map_err(unusable)
    }

    pub(super) fn limits(&self) -> Limits {
        Limits {
            max_capacity: self.max_capacity(),
            ..Limits::default()
        }
    }

    fn secret(&mut self) -> &mut Hidden {
        match self {
            Self::Entra(settings) => match &mut settings.key {
                EntraKey::Secret(secret) | EntraKey::Certificate(secret) => secret,
            },
            Self::Okta(settings) => match &mut settings.key {
                OktaKey::Token(secret) | OktaKey::App { key: secret, .. } => secret,
            },
        }
    }

    pub(super) fn has_secret(&self) -> bool {
        !self.clone().secret().is_empty()
    }

    /// As they may be shown.
    pub(super) fn without_secrets(&self) -> Self {
        let mut shown = self.clone();
        *shown.secret() = Hidden::default();
        shown
    }

    /// With the secret of before, where none is given and it is for the same kind of sign-in at the same
    /// service: a secret is never sent to another one.
    pub(super) fn keeping_secrets_of(mut self, before: &Self) -> Self {
        if self.secret().is_empty() && self.is_same_sign_in(before) {
            let mut before = before.clone();
            *self.secret() = std::mem::take(before.secret());
        }
        self
    }

    fn is_same_sign_in(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Entra(one), Self::Entra(two)) => {
                let kind = std::mem::discriminant(&one.key) == std::mem::discriminant(&two.key);
                kind && one.tenant == two.tenant
                    && one.client_id == two.client_id
                    && one.authority == two.authority
                    && one.graph == two.graph
            }
            (Self::Okta(one), Self::Okta(two)) => {
                let same_app = match (&one.key, &two.key) {
                    (OktaKey::Token(_), OktaKey::Token(_)) => true,
                    (OktaKey::App { client_id: a, .. }, OktaKey::App { client_id: b, .. }) => {
                        a == b
                    }
                    _ => false,
                };
                let same_org = match (one.org_url(), two.org_url()) {
                    (Ok(a), Ok(b)) => a == b,
                    _ => false,
                };
                same_app && same_org
            }
            _ => false,
        }
    }
}

impl EntraSettings {
    /// Whether tenant and addresses can be used.
    fn check(&self, wires: &Wires) -> Result<(), Failure> {
        self.tenant_id()?;
        self.options(wires).map(drop)
    }

    pub(super) fn tenant_id(&self) -> Result<TenantId, Failure> {
        TenantId::parse(&self.tenant).map_err(|error| wrong("the tenant", &error))
    }

    pub(super) fn client(&self, wires: &Wires) -> Result<GraphClient, Failure> {
        let options = self.options(wires)?;
        let credential = self.credential()?;
        let (transport, clock) = (wires.transport.clone(), wires.clock.clone());
        Ok(GraphClient::new(transport, clock, credential, options))
    }

    pub(super) fn certificate(&self) -> Option<Certificate> {
        let EntraKey::Certificate(Hidden(pem)) = &self.key else {
            return None;
        };
        Certificate::from_pem(pem.expose_secret().as_bytes()).ok()
    }

    fn options(&self, wires: &Wires) -> Result<GraphOptions, Failure> {
        let authority = self
            .authority
            .as_deref()
            .unwrap_or(GraphOptions::PUBLIC_AUTHORITY);
        let authority =
            BaseUrl::parse(authority).map_err(|error| wrong("the sign-in service", &error))?;
        let ids = wires.request_ids.clone();
        match &self.graph {
            Some(graph) => {
                let graph =
                    BaseUrl::parse(graph).map_err(|error| wrong("Graph's address", &error))?;
                Ok(GraphOptions::new(authority, graph, ids))
            }
            None => GraphOptions::for_authority(authority, ids)
                .map_err(|error| wrong("the sign-in service", &error)),
        }
    }

    fn credential(&self) -> Result<EntraCredential, Failure> {
        let tenant = self.tenant_id()?;
        Ok(match &self.key {
            EntraKey::Secret(Hidden(secret)) => {
                ClientSecret::new(tenant, self.client_id.clone(), secret.clone()).into()
            }
            EntraKey::Certificate(Hidden(pem)) => {
                let certificate = Certificate::from_pem(pem.expose_secret().as_bytes());
                let certificate = certificate.map_err(|error| wrong("the certificate", &error))?;
                let application = Application::new(tenant, self.client_id.clone());
                ClientCertificate::new(application, certificate).into()
            }
        })
    }
}

impl OktaSettings {
    pub(super) fn client(&self, wires: &Wires) -> Result<OktaClient, Failure> {
        let org = self.org_url()?;
        let credential = match &self.key {
            OktaKey::Token(Hidden(token)) => SswsToken::new(token.clone()).into(),
            OktaKey::App {
                client_id,
                key: Hidden(key),
            } => {
                let key = PrivateKey::parse(key.expose_secret());
                let key = key.map_err(|error| wrong("the private key", &error))?;
                let names = wires.request_ids.clone();
                OktaCredential::service_app(client_id.clone(), key, proof_key(wires)?, names)
            }
        };
        let (transport, clock) = (wires.transport.clone(), wires.clock.clone());
        Ok(OktaClient::new(transport, clock, credential, org))
    }

    /// An organisation, or a simulator on this machine.
    fn org_url(&self) -> Result<BaseUrl, Failure> {
        okta_factors::org_url(&self.org)
            .map_err(|error| wrong("the organisation's address", &error))
    }
}

/// A key of this connection.
fn proof_key(wires: &Wires) -> Result<ProofKey, Failure> {
    let failed = |error: &dyn fmt::Display| wrong("a key for the sign-in", error);
    let mut bytes = Zeroizing::new([0; 32]);
    (wires.fill)(&mut *bytes).map_err(|error| failed(&error))?;
    ProofKey::from_random(&bytes).map_err(|error| failed(&error))
}

fn wrong(what: &str, why: &dyn fmt::Display) -> Failure {
    Failure {
        verdict: Verdict::Stop,
        problem: Problem::new(
            "settings",
            format!("{what} cannot be used: {why}"),
            "correct it in the settings",
        ),
        request_id: None,
    }
}
