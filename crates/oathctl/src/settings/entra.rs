//! How to sign in to Entra ID.

mod chain;

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use entra_graph::{
    Application, Certificate, ClientCertificate, ClientSecret, GraphOptions, ObjectId, Scopes,
    TenantId,
};
use idp_http::BaseUrl;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use self::chain::Chain;
use super::{Settings, base_url, missing, unreadable, wrong};
use crate::args::SignIn;
use crate::exit::{Exit, Failed};
use crate::system;

const LOGIN: &str = GraphOptions::PUBLIC_AUTHORITY;

/// What is needed to sign in to Entra ID.
pub(crate) struct EntraSettings {
    pub(crate) authority: BaseUrl,
    pub(crate) graph: BaseUrl,
    pub(crate) tenant: TenantId,
    pub(crate) way: Way,
    /// What a person is asked to permit.
    pub(crate) scopes: Scopes,
}

/// By what.
pub(crate) enum Way {
    Secret(ClientSecret),
    Certificate(ClientCertificate),
    /// The token of another identity provider, in a file that is replaced in time.
    Federated(Application, PathBuf),
    ManagedIdentity(Machine),
    /// The Azure CLI; `by_default` where nothing else was configured.
    AzureCli {
        by_default: bool,
    },
    DeviceCode(Application),
    Browser(Application),
    /// Whoever the simulator takes for a person.
    Sandbox(Application),
}

/// What the platform says of this machine's identity.
pub(crate) struct Machine {
    pub(crate) endpoint: Option<String>,
    pub(crate) header: Option<SecretString>,
    pub(crate) client_id: Option<String>,
    /// Another address of the metadata service.
    pub(crate) metadata_host: Option<String>,
    /// Nothing says that there is one.
    pub(crate) is_guess: bool,
}

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EntraProfile {
    tenant_id: Option<String>,
    client_id: Option<String>,
    client_secret_file: Option<PathBuf>,
    client_certificate_file: Option<PathBuf>,
    client_certificate_password_file: Option<PathBuf>,
    federated_token_file: Option<PathBuf>,
    sign_in: Option<String>,
    authority_host: Option<String>,
    graph_url: Option<String>,
}

/// Where a credential may come from.
#[derive(Clone, Copy)]
enum From {
    Profile,
    Environment,
}

impl Settings {
    pub(crate) fn entra(&self) -> Result<EntraSettings, Failed> {
        let tenant = self.tenant()?;
        let way = self.way(&tenant)?;
        self.at(tenant, way, Scopes::Tokens)
    }

    /// The settings for an administrator who signs in to register an application. The credentials that
    /// are set are those of an application, which are not used for it.
    pub(crate) fn administrator(
        &self,
        way: Option<SignIn>,
        client: &ObjectId,
    ) -> Result<EntraSettings, Failed> {
        let tenant = self.tenant()?;
        let application = Application::new(tenant.clone(), client.as_str());
        let way = match way {
            Some(way) => way,
            None => self.way_of_a_person()?,
        };
        let way = match way {
            SignIn::Browser => Way::Browser(application),
            SignIn::DeviceCode => Way::DeviceCode(application),
            SignIn::Az => Way::AzureCli { by_default: false },
        };
        self.at(tenant, way, Scopes::Registration)
    }

    /// A credential that goes before a certificate, where one is set.
    pub(crate) fn goes_before_a_certificate(&self) -> Option<&'static str> {
        let names = ["AZURE_CLIENT_SECRET", "AZURE_CLIENT_SECRET_FILE"];
        let names = names.into_iter().chain(["OATHKIT_ENTRA_SIGN_IN"]);
        names
            .into_iter()
            .find(|name| (self.variable)(name).is_some())
    }

    fn way_of_a_person(&self) -> Result<SignIn, Failed> {
        let told = self.value("OATHKIT_ENTRA_SIGN_IN", self.profile.entra.sign_in.as_ref());
        match told.as_deref() {
            None | Some("browser") => Ok(SignIn::Browser),
            Some("device-code") => Ok(SignIn::DeviceCode),
            Some("az") => Ok(SignIn::Az),
            Some(_) => Err(wrong(
                "OATHKIT_ENTRA_SIGN_IN",
                "a person signs in with browser, device-code or az",
            )
            .next("say with --sign-in which")),
        }
    }

    fn tenant(&self) -> Result<TenantId, Failed> {
        let tenant = self.required("AZURE_TENANT_ID", self.profile.entra.tenant_id.as_ref())?;
        TenantId::parse(&tenant).map_err(|error| wrong("AZURE_TENANT_ID", &error.to_string()))
    }

    fn at(&self, tenant: TenantId, way: Way, scopes: Scopes) -> Result<EntraSettings, Failed> {
        let file = &self.profile.entra;
        let authority = self.value("AZURE_AUTHORITY_HOST", file.authority_host.as_ref());
        let authority = authority.as_deref().unwrap_or(LOGIN);
        let authority = base_url("AZURE_AUTHORITY_HOST", &with_scheme(authority))?;
        Ok(EntraSettings {
            graph: self.graph(&authority)?,
            authority,
            tenant,
            way,
            scopes,
        })
    }

    /// Graph's root: the one that is set, or the one that belongs to the sign-in service.
    fn graph(&self, authority: &BaseUrl) -> Result<BaseUrl, Failed> {
        match self.value("OATHKIT_GRAPH_URL", self.profile.entra.graph_url.as_ref()) {
            Some(set) => base_url("OATHKIT_GRAPH_URL", &set),
            None => GraphOptions::for_authority(authority.clone(), system::request_ids())
                .map(|options| options.graph)
                .map_err(|error| wrong("AZURE_AUTHORITY_HOST", &error.to_string())),
        }
    }

    fn way(&self, tenant: &TenantId) -> Result<Way, Failed> {
        let file = &self.profile.entra;
        if let Some(told) = self.value("OATHKIT_ENTRA_SIGN_IN", file.sign_in.as_ref()) {
            return self.told(&told, tenant);
        }
        // What was asked for by name goes before the environment.
        if self.profile_first
            && let Some(way) = self.way_of(From::Profile, tenant, Chain::Whole)?
        {
            return Ok(way);
        }
        let chain = Chain::named((self.variable)("AZURE_TOKEN_CREDENTIALS"))?;
        for place in [From::Environment, From::Profile] {
            if let Some(way) = self.way_of(place, tenant, chain)? {
                return Ok(way);
            }
        }
        let is_announced = (self.variable)("IDENTITY_ENDPOINT").is_some();
        match chain {
            Chain::Secrets => Err(missing(
                "AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH",
            )),
            Chain::Federated => Err(missing("AZURE_FEDERATED_TOKEN_FILE")),
            Chain::Machine => Ok(Way::ManagedIdentity(self.machine())),
            Chain::Browser => Ok(Way::Browser(self.application(tenant)?)),
            Chain::AzureCli => Ok(Way::AzureCli { by_default: false }),
            Chain::Whole | Chain::Servers if is_announced => {
                Ok(Way::ManagedIdentity(self.machine()))
            }
            Chain::Servers => Ok(Way::ManagedIdentity(Machine {
                is_guess: true,
                ..self.machine()
            })),
            Chain::Whole => Ok(Way::AzureCli { by_default: true }),
        }
    }

    /// The way that the setting `sign_in` names.
    fn told(&self, told: &str, tenant: &TenantId) -> Result<Way, Failed> {
        match told {
            "device-code" => Ok(Way::DeviceCode(self.application(tenant)?)),
            "browser" => Ok(Way::Browser(self.application(tenant)?)),
            "managed-identity" => Ok(Way::ManagedIdentity(self.machine())),
            "az" => Ok(Way::AzureCli { by_default: false }),
            _ => Err(wrong(
                "OATHKIT_ENTRA_SIGN_IN",
                "it is none of device-code, browser, managed-identity, az",
            )),
        }
    }

    /// The first credential of the profile, or of the environment, that the chain takes: a secret, a
    /// certificate, a token.
    fn way_of(&self, place: From, tenant: &TenantId, chain: Chain) -> Result<Option<Way>, Failed> {
        let by_itself = match chain.takes_secrets() {
            true => self.way_of_itself(place, tenant)?,
            false => None,
        };
        if by_itself.is_some() || !chain.takes_federated() {
            return Ok(by_itself);
        }
        match self.path(
            place,
            &self.profile.entra.federated_token_file,
            "AZURE_FEDERATED_TOKEN_FILE",
        ) {
            Some(path) => Ok(Some(Way::Federated(self.application(tenant)?, path))),
            None => Ok(None),
        }
    }

    fn path(&self, place: From, own: &Option<PathBuf>, name: &str) -> Option<PathBuf> {
        match place {
            From::Profile => own.clone(),
            From::Environment => (self.variable)(name).map(PathBuf::from),
        }
    }

    fn way_of_itself(&self, place: From, tenant: &TenantId) -> Result<Option<Way>, Failed> {
        let (file, variable) = (&self.profile.entra, self.variable);
        let path = |own: &Option<PathBuf>, name: &str| self.path(place, own, name);
        let secret_file = path(&file.client_secret_file, "AZURE_CLIENT_SECRET_FILE");
        let secret = match place {
            From::Environment => variable("AZURE_CLIENT_SECRET").map(SecretString::from),
            From::Profile => None,
        };
        if secret.is_some() || secret_file.is_some() {
            let secret = match (secret, secret_file) {
                (Some(secret), _) => secret,
                (None, file) => super::read_secret(&file.unwrap_or_default())?,
            };
            let Application { tenant, client_id } = self.application(tenant)?;
            return Ok(Some(Way::Secret(ClientSecret::new(
                tenant, client_id, secret,
            ))));
        }
        let certificate = "AZURE_CLIENT_CERTIFICATE_PATH";
        if let Some(path) = path(&file.client_certificate_file, certificate) {
            let certificate = self.certificate(&path)?;
            let application = self.application(tenant)?;
            let certificate = ClientCertificate::new(application, certificate);
            return Ok(Some(Way::Certificate(certificate)));
        }
        Ok(None)
    }

    fn certificate(&self, path: &Path) -> Result<Certificate, Failed> {
        let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
        let bytes = Zeroizing::new(bytes);
        let file = &self.profile.entra.client_certificate_password_file;
        // PFX is binary; a PEM file may begin with any text.
        let read = if bytes.starts_with(&[0x30]) {
            let variable = "AZURE_CLIENT_CERTIFICATE_PASSWORD";
            let password = self.secret_if_any(variable, file.as_deref())?;
            let password = password.as_ref().map_or("", |text| text.expose_secret());
            Certificate::from_pfx(&bytes, password)
        } else {
            Certificate::from_pem(&bytes)
        };
        read.map_err(|error| {
            let message = format!("{} cannot be used: {error}", path.display());
            Failed::new(Exit::Access, message).next(error.next_step())
        })
    }

    fn application(&self, tenant: &TenantId) -> Result<Application, Failed> {
        let client_id = self.profile.entra.client_id.as_ref();
        let client_id = self.required("AZURE_CLIENT_ID", client_id)?;
        Ok(Application::new(tenant.clone(), client_id))
    }

    fn machine(&self) -> Machine {
        Machine {
            endpoint: (self.variable)("IDENTITY_ENDPOINT"),
            header: (self.variable)("IDENTITY_HEADER").map(SecretString::from),
            client_id: self.value("AZURE_CLIENT_ID", self.profile.entra.client_id.as_ref()),
            metadata_host: (self.variable)("AZURE_POD_IDENTITY_AUTHORITY_HOST"),
            is_guess: false,
        }
    }
}

/// Azure's tools write the sign-in service without a scheme, too.
fn with_scheme(host: &str) -> Cow<'_, str> {
    match host.contains("://") {
        true => host.into(),
        false => format!("https://{host}").into(),
    }
}
