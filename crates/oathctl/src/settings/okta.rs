//! How to sign in to Okta, in the names of its SDKs (`OKTA_CLIENT_…`) and of Terraform's provider
//! (`OKTA_API_…`, `OKTA_ORG_NAME`).

use std::fs;
use std::path::{Path, PathBuf};

use idp_http::BaseUrl;
use okta_factors::{InvalidKey, PrivateKey, Scopes, SswsToken};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Settings, missing, read_secret, unreadable, wrong};
use crate::exit::{Exit, Failed};

/// The names of one setting: the SDKs' first.
type Names = &'static [&'static str];

const ORG: &str = "OKTA_CLIENT_ORGURL";
const MODE: &str = "OKTA_CLIENT_AUTHORIZATIONMODE";
const TOKEN: Names = &["OKTA_CLIENT_TOKEN", "OKTA_API_TOKEN"];
const CLIENT_ID: Names = &["OKTA_CLIENT_CLIENTID", "OKTA_API_CLIENT_ID"];
const KEY: Names = &["OKTA_CLIENT_PRIVATEKEY", "OKTA_API_PRIVATE_KEY"];
const KEY_ID: Names = &[
    "OKTA_CLIENT_PRIVATEKEYID",
    "OKTA_CLIENT_KID",
    "OKTA_API_PRIVATE_KEY_ID",
];
const SCOPES: Names = &["OKTA_CLIENT_SCOPES", "OKTA_API_SCOPES"];

/// What is needed to sign in to Okta.
pub(crate) struct OktaSettings {
    pub(crate) org: BaseUrl,
    pub(crate) way: OktaWay,
    pub(crate) profile: Option<String>,
    /// Whether people are also found by their e-mail address.
    pub(crate) match_mail: bool,
}

/// By what.
pub(crate) enum OktaWay {
    Token(SswsToken),
    App(OktaApp),
}

/// A service app as it is set.
pub(crate) struct OktaApp {
    pub(crate) client_id: String,
    pub(crate) key: PrivateKey,
    /// Where they are set; otherwise the least that the command needs.
    pub(crate) scopes: Option<Scopes>,
}

/// What `OKTA_CLIENT_AUTHORIZATIONMODE` can say, as the SDKs spell it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OktaMode {
    Ssws,
    PrivateKey,
}

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OktaProfile {
    org_url: Option<String>,
    authorization_mode: Option<String>,
    token_file: Option<PathBuf>,
    client_id: Option<String>,
    private_key_file: Option<PathBuf>,
    private_key_id: Option<String>,
    scopes: Option<String>,
    factor_profile: Option<String>,
    match_mail: Option<bool>,
}

/// A credential as one place has it, the profile or the environment, before anything is read.
struct Found {
    token: Option<Secret>,
    key: Option<Secret>,
    client_id: Option<String>,
    key_id: Option<String>,
}

enum Secret {
    Text(SecretString),
    File(PathBuf),
}

impl Settings {
    pub(crate) fn okta(&self) -> Result<OktaSettings, Failed> {
        Ok(OktaSettings {
            org: self.org()?,
            way: self.okta_way()?,
            profile: self.okta_profile(),
            match_mail: self.match_mail()?,
        })
    }

    /// Whether people are also found by their e-mail address.
    pub(crate) fn match_mail(&self) -> Result<bool, Failed> {
        const NAME: &str = "OATHKIT_OKTA_MATCH_MAIL";
        let file = self.profile.okta.match_mail.map(|on| on.to_string());
        match self.value(NAME, file.as_ref()).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(wrong(NAME, "it is neither true nor false")),
        }
    }

    /// The factor profile to use, by id or name.
    pub(crate) fn okta_profile(&self) -> Option<String> {
        let file = self.profile.okta.factor_profile.as_ref();
        self.value("OATHKIT_OKTA_PROFILE", file)
    }

    /// What was said of the way to sign in.
    pub(crate) fn okta_mode(&self) -> Result<Option<OktaMode>, Failed> {
        let file = self.profile.okta.authorization_mode.as_ref();
        let told = self.value(MODE, file);
        match told.map(|mode| mode.to_ascii_lowercase()).as_deref() {
            None => Ok(None),
            Some("ssws") => Ok(Some(OktaMode::Ssws)),
            Some("privatekey") => Ok(Some(OktaMode::PrivateKey)),
            Some(_) => Err(wrong(MODE, "it is neither SSWS nor PrivateKey")),
        }
    }

    fn org(&self) -> Result<BaseUrl, Failed> {
        let file = self.profile.okta.org_url.as_ref();
        let of_environment = self.org_of_environment()?;
        let of_file = file.map(|text| read_org("org_url", text)).transpose()?;
        let org = match self.profile_first {
            true => of_file.or(of_environment),
            false => of_environment.or(of_file),
        };
        org.ok_or_else(|| missing(ORG))
    }

    /// Both dialects: what both say must be one org.
    fn org_of_environment(&self) -> Result<Option<BaseUrl>, Failed> {
        let url = (self.variable)(ORG);
        let url = url.map(|text| read_org(ORG, &text)).transpose()?;
        let named = (self.variable)("OKTA_ORG_NAME").map(|name| {
            let base = (self.variable)("OKTA_BASE_URL").unwrap_or_else(|| "okta.com".to_owned());
            read_org("OKTA_ORG_NAME", &format!("https://{name}.{base}"))
        });
        match (url, named.transpose()?) {
            (Some(url), Some(named)) if url != named => Err(contradiction(ORG, "OKTA_ORG_NAME")),
            (url, named) => Ok(url.or(named)),
        }
    }

    /// The credential of the place that goes first and has one, as a whole: a token is not sent to
    /// another place's app.
    fn okta_way(&self) -> Result<OktaWay, Failed> {
        let mode = self.okta_mode()?;
        let (profile, environment) = (self.found_in_profile(), self.found_in_environment()?);
        let found = match self.profile_first {
            true => [profile, environment],
            false => [environment, profile],
        };
        let mut places = found.into_iter();
        let found = places.find(|found| match mode {
            Some(OktaMode::Ssws) => found.token.is_some(),
            Some(OktaMode::PrivateKey) => found.key.is_some(),
            None => found.token.is_some() || found.key.is_some(),
        });
        let wanted = match mode {
            Some(OktaMode::PrivateKey) => KEY,
            _ => TOKEN,
        };
        let found = found.ok_or_else(|| missing(first(wanted)))?;
        let is_app = found.key.is_some() || found.client_id.is_some();
        match (mode, found.token) {
            (None, Some(_)) if is_app => Err(two_credentials()),
            (None | Some(OktaMode::Ssws), Some(token)) => {
                Ok(OktaWay::Token(SswsToken::new(token.read()?)))
            }
            _ => {
                let key = found.key.ok_or_else(|| missing(first(wanted)))?;
                let client_id = found.client_id.ok_or_else(|| missing(first(CLIENT_ID)))?;
                Ok(OktaWay::App(OktaApp {
                    client_id,
                    key: named(private_key(&key)?, found.key_id)?,
                    scopes: self.scopes()?,
                }))
            }
        }
    }

    fn scopes(&self) -> Result<Option<Scopes>, Failed> {
        let of_environment = self.one_of(SCOPES)?;
        let of_file = self.profile.okta.scopes.clone();
        let scopes = match self.profile_first {
            true => of_file.or(of_environment),
            false => of_environment.or(of_file),
        };
        let read = scopes.map(|text| Scopes::parse(&text)).transpose();
        read.map_err(|error| wrong(first(SCOPES), &error.to_string()))
    }

    fn found_in_profile(&self) -> Found {
        let file = self.profile.okta.clone();
        Found {
            token: file.token_file.map(Secret::File),
            key: file.private_key_file.map(Secret::File),
            client_id: file.client_id,
            key_id: file.private_key_id,
        }
    }

    fn found_in_environment(&self) -> Result<Found, Failed> {
        Ok(Found {
            token: self.secret_of(TOKEN)?,
            key: self.secret_of(KEY)?,
            client_id: self.one_of(CLIENT_ID)?,
            key_id: self.one_of(KEY_ID)?,
        })
    }

    /// The one value that these variables have.
    fn one_of(&self, names: Names) -> Result<Option<String>, Failed> {
        let mut found: Option<(&str, String)> = None;
        for name in names {
            let Some(value) = (self.variable)(name) else {
                continue;
            };
            match &found {
                Some((other, known)) if *known != value => return Err(contradiction(other, name)),
                Some(_) => {}
                None => found = Some((name, value)),
            }
        }
        Ok(found.map(|(_, value)| value))
    }

    /// The one secret of these variables, or the file that the first one with `_FILE` behind it names.
    fn secret_of(&self, names: Names) -> Result<Option<Secret>, Failed> {
        let file_variable = format!("{}_FILE", first(names));
        let file = (self.variable)(&file_variable).map(PathBuf::from);
        match (self.one_of(names)?, file) {
            (Some(_), Some(_)) => Err(contradiction(first(names), &file_variable)),
            (Some(text), None) => Ok(Some(Secret::Text(text.into()))),
            (None, file) => Ok(file.map(Secret::File)),
        }
    }
}

impl Secret {
    fn read(&self) -> Result<SecretString, Failed> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => read_secret(path),
        }
    }
}

fn first(names: Names) -> &'static str {
    names.first().copied().unwrap_or_default()
}

fn read_org(setting: &str, text: &str) -> Result<BaseUrl, Failed> {
    okta_factors::org_url(text).map_err(|error| wrong(setting, &error.to_string()))
}

/// A key as PEM or JWK, or as the path of a file with one, which both dialects allow.
fn private_key(secret: &Secret) -> Result<PrivateKey, Failed> {
    let (text, name) = match secret {
        Secret::File(path) => (read_secret(path)?, path.display().to_string()),
        Secret::Text(text) => (text.clone(), first(KEY).to_owned()),
    };
    let read = match (PrivateKey::parse(text.expose_secret()), secret) {
        (Err(InvalidKey::UnknownForm), Secret::Text(text)) => {
            let path = Path::new(text.expose_secret().trim());
            return of_file(path);
        }
        (read, _) => read,
    };
    read.map_err(|error| unusable(&name, error))
}

/// What is no path may be a key in a strange form: it is not shown.
fn of_file(path: &Path) -> Result<PrivateKey, Failed> {
    if !path.exists() {
        let why = "it is neither a key (PEM or JWK) nor the path of a file";
        return Err(wrong(first(KEY), why));
    }
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let text = Zeroizing::new(text);
    PrivateKey::parse(&text).map_err(|error| unusable(&path.display().to_string(), error))
}

fn unusable(name: &str, error: InvalidKey) -> Failed {
    wrong(name, &error.to_string()).next(
        "give the private key that was made for the app: PEM (PKCS #8, PKCS #1, SEC 1) or a JWK",
    )
}

/// The key by the name that is set, which must be that of the JWK.
fn named(key: PrivateKey, name: Option<String>) -> Result<PrivateKey, Failed> {
    match name {
        Some(name) if key.id().is_some_and(|known| known != name) => {
            let why = "the private key is a JWK that has another kid";
            Err(wrong(first(KEY_ID), why))
        }
        Some(name) => Ok(key.named(name)),
        None => Ok(key),
    }
}

fn two_credentials() -> Failed {
    let (token, id, key) = (first(TOKEN), first(CLIENT_ID), first(KEY));
    let message = format!("an API token ({token}) and a service app ({id}, {key}) are both set");
    let next = format!("unset one of them, or say which: {MODE}=SSWS or {MODE}=PrivateKey");
    Failed::new(Exit::Access, message).next(next)
}

fn contradiction(one: &str, other: &str) -> Failed {
    let message = format!("{one} and {other} are both set and say different things");
    Failed::new(Exit::Access, message).next("unset one of them")
}
