//! Where the settings come from: a profile that was asked for by name, then the environment, then the
//! profile `default`, then the defaults. Secrets come from the environment or from files, never from
//! arguments.

mod entra;
mod okta;
mod shown;

use std::fs;
use std::path::{Path, PathBuf};

use idp_http::BaseUrl;
use provisioner::ApprovalRules;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::args::Common;
use crate::exit::{Exit, Failed};
use crate::system;

use self::entra::EntraProfile;
pub(crate) use self::entra::{EntraSettings, Machine, Way};
use self::okta::OktaProfile;
pub(crate) use self::okta::{OktaApp, OktaMode, OktaSettings, OktaWay};
pub(crate) use self::shown::Shown;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct Profile {
    entra: EntraProfile,
    okta: OktaProfile,
    approval: ApprovalProfile,
    ca_bundle: Option<PathBuf>,
}

#[derive(Clone, Default, Deserialize, Serialize)]
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
    /// Which profile of which file it is.
    origin: String,
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
        let chosen = name.as_deref().unwrap_or("default");
        let profile = if missing_is_fine && !path.exists() {
            Profile::default()
        } else {
            read_profile(&path, chosen)?
        };
        Ok(Self {
            origin: format!("profile {chosen} of {}", path.display()),
            profile,
            profile_first: name.is_some(),
            variable: system::variable,
        })
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
    /// the profile names, where there is one.
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
