//! Where the settings come from: a profile that was asked for by name, then the environment, then the
//! profile `default`, then the defaults. Secrets come from the environment or from files, never from
//! arguments.

mod entra;

use std::fs;
use std::path::{Path, PathBuf};

use idp_http::BaseUrl;
use okta_factors::SswsToken;
use provisioner::ApprovalRules;
use secrecy::SecretString;
use serde::Deserialize;
use std::collections::BTreeMap;

use crate::args::Common;
use crate::exit::{Exit, Failed};
use crate::system;

use self::entra::EntraProfile;
pub(crate) use self::entra::{EntraSettings, Machine, Way};

/// What is needed to sign in to Okta.
pub(crate) struct OktaSettings {
    pub(crate) org: BaseUrl,
    pub(crate) token: SswsToken,
    pub(crate) profile: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Profile {
    entra: EntraProfile,
    okta: OktaProfile,
    approval: ApprovalProfile,
    ca_bundle: Option<PathBuf>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OktaProfile {
    org_url: Option<String>,
    token_file: Option<PathBuf>,
    factor_profile: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ApprovalProfile {
    required: bool,
    approvers: Vec<String>,
}

/// The chosen profile and the environment.
pub(crate) struct Settings {
    profile: Profile,
    /// The profile was asked for: it goes before the environment.
    profile_first: bool,
    variable: fn(&str) -> Option<String>,
}

impl Settings {
    pub(crate) fn load(common: &Common) -> Result<Self, Failed> {
        let (name, config) = (common.profile.clone(), common.config.clone());
        let name = name.or_else(|| system::variable("OATHKIT_PROFILE"));
        let config = config.or_else(|| system::path_variable("OATHKIT_CONFIG"));
        let missing_is_fine = config.is_none() && name.is_none();
        let path = match config {
            Some(path) => path,
            None => system::default_config()?,
        };
        let profile = if missing_is_fine && !path.exists() {
            Profile::default()
        } else {
            read_profile(&path, name.as_deref().unwrap_or("default"))?
        };
        Ok(Self {
            profile,
            profile_first: name.is_some(),
            variable: system::variable,
        })
    }

    pub(crate) fn okta(&self) -> Result<OktaSettings, Failed> {
        let file = &self.profile.okta;
        let org = self
            .value("OKTA_CLIENT_ORGURL", file.org_url.as_ref())
            .or_else(|| self.org_name())
            .ok_or_else(|| missing("OKTA_CLIENT_ORGURL"))?;
        let org = okta_factors::org_url(&org)
            .map_err(|error| wrong("OKTA_CLIENT_ORGURL", &error.to_string()))?;
        let own_names = ["OKTA_CLIENT_TOKEN", "OKTA_CLIENT_TOKEN_FILE"];
        let is_set = file.token_file.is_some()
            || own_names.iter().any(|name| (self.variable)(name).is_some());
        let token = match (self.variable)("OKTA_API_TOKEN") {
            Some(other_dialect) if !is_set => other_dialect.into(),
            _ => self.secret("OKTA_CLIENT_TOKEN", file.token_file.as_deref())?,
        };
        Ok(OktaSettings {
            org,
            token: SswsToken::new(token),
            profile: self.okta_profile(),
        })
    }

    /// The factor profile to use, by id or name.
    pub(crate) fn okta_profile(&self) -> Option<String> {
        let file = self.profile.okta.factor_profile.as_ref();
        self.value("OATHKIT_OKTA_PROFILE", file)
    }

    /// Who may approve plans, and whether somebody has to. No variable changes it; which file and profile are read, options and
    /// variables say.
    pub(crate) fn approval(&self) -> Result<ApprovalRules, Failed> {
        let of_profile = &self.profile.approval;
        ApprovalRules::new(of_profile.required, &of_profile.approvers)
            .map_err(|error| wrong("approval", &error.to_string()))
    }

    /// Certificates to trust besides the system's.
    pub(crate) fn ca_bundle(&self) -> Result<Option<Vec<u8>>, Failed> {
        let Some(path) = &self.profile.ca_bundle else {
            return Ok(None);
        };
        let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
        Ok(Some(bytes))
    }

    /// The dialect of other tools: `OKTA_ORG_NAME` and `OKTA_BASE_URL`.
    fn org_name(&self) -> Option<String> {
        let name = (self.variable)("OKTA_ORG_NAME")?;
        let base = (self.variable)("OKTA_BASE_URL").unwrap_or_else(|| "okta.com".to_owned());
        Some(format!("https://{name}.{base}"))
    }

    /// A setting from the environment and from the profile, whichever goes first.
    fn value(&self, variable: &str, file: Option<&String>) -> Option<String> {
        let of_file = || file.cloned();
        let of_environment = || (self.variable)(variable);
        if self.profile_first {
            of_file().or_else(of_environment)
        } else {
            of_environment().or_else(of_file)
        }
    }

    fn required(&self, variable: &str, file: Option<&String>) -> Result<String, Failed> {
        self.value(variable, file).ok_or_else(|| missing(variable))
    }

    /// A secret from its variable, from the file that `<variable>_FILE` names, or from the file that
    /// the profile names.
    fn secret(&self, variable: &str, file: Option<&Path>) -> Result<SecretString, Failed> {
        self.secret_if_any(variable, file)?
            .ok_or_else(|| missing(variable))
    }

    /// The same, where there may be none.
    fn secret_if_any(
        &self,
        variable: &str,
        file: Option<&Path>,
    ) -> Result<Option<SecretString>, Failed> {
        let file = file.map(Path::to_path_buf);
        if self.profile_first
            && let Some(path) = &file
        {
            return read_secret(path).map(Some);
        }
        if let Some(secret) = (self.variable)(variable) {
            return Ok(Some(secret.into()));
        }
        let named = (self.variable)(&format!("{variable}_FILE")).map(PathBuf::from);
        named.or(file).as_deref().map(read_secret).transpose()
    }
}

fn read_secret(path: &Path) -> Result<SecretString, Failed> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    Ok(text.trim().to_owned().into())
}

fn read_profile(path: &Path, name: &str) -> Result<Profile, Failed> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let file: ConfigFile = toml::from_str(&text).map_err(|error| {
        Failed::new(
            Exit::Access,
            format!("{}: {}", path.display(), error.message()),
        )
    })?;
    match file.profiles.get(name) {
        Some(profile) => Ok(profile.clone()),
        None if name == "default" => Ok(Profile::default()),
        None => {
            let known: Vec<&str> = file.profiles.keys().map(String::as_str).collect();
            let message = format!("{} has no profile {name:?}", path.display());
            Err(Failed::new(Exit::Access, message).next(format!("it has: {}", known.join(", "))))
        }
    }
}

fn base_url(variable: &str, text: &str) -> Result<BaseUrl, Failed> {
    BaseUrl::parse(text).map_err(|error| wrong(variable, &error.to_string()))
}

fn missing(variable: &str) -> Failed {
    Failed::new(Exit::Access, format!("{variable} is not set"))
        .next("set it, or use a profile of the configuration file, or try --sandbox")
}

fn wrong(setting: &str, why: &str) -> Failed {
    Failed::new(Exit::Access, format!("{setting} cannot be used: {why}"))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failed {
    Failed::new(
        Exit::Access,
        format!("{} cannot be read: {error}", path.display()),
    )
}
