//! The settings as they are, and where each comes from. Of a secret it is shown that it is set.

use serde::Serialize;
use toml::Value;

use super::Settings;

/// A setting that has a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Shown {
    /// What it is called in a profile, or its variable where it has no place there.
    pub(crate) name: String,
    pub(crate) value: String,
    /// The variable, or the profile.
    pub(crate) origin: String,
}

/// A setting: its place in a profile, its variables in the order in which they count, and whether its
/// value is secret.
struct Known(&'static str, &'static [&'static str], bool);

const KNOWN: [Known; 27] = [
    Known("entra.tenant_id", &["AZURE_TENANT_ID"], false),
    Known("entra.client_id", &["AZURE_CLIENT_ID"], false),
    Known("", &["AZURE_CLIENT_SECRET"], true),
    Known(
        "entra.client_secret_file",
        &["AZURE_CLIENT_SECRET_FILE"],
        false,
    ),
    Known(
        "entra.client_certificate_file",
        &["AZURE_CLIENT_CERTIFICATE_PATH"],
        false,
    ),
    Known("", &["AZURE_CLIENT_CERTIFICATE_PASSWORD"], true),
    Known(
        "entra.client_certificate_password_file",
        &["AZURE_CLIENT_CERTIFICATE_PASSWORD_FILE"],
        false,
    ),
    Known(
        "entra.federated_token_file",
        &["AZURE_FEDERATED_TOKEN_FILE"],
        false,
    ),
    Known("entra.sign_in", &["OATHKIT_ENTRA_SIGN_IN"], false),
    Known("entra.authority_host", &["AZURE_AUTHORITY_HOST"], false),
    Known("entra.graph_url", &["OATHKIT_GRAPH_URL"], false),
    Known("", &["AZURE_TOKEN_CREDENTIALS"], false),
    Known("okta.org_url", &["OKTA_CLIENT_ORGURL"], false),
    Known("", &["OKTA_ORG_NAME"], false),
    Known("", &["OKTA_BASE_URL"], false),
    Known(
        "okta.authorization_mode",
        &["OKTA_CLIENT_AUTHORIZATIONMODE"],
        false,
    ),
    Known("", &["OKTA_CLIENT_TOKEN", "OKTA_API_TOKEN"], true),
    Known("okta.token_file", &["OKTA_CLIENT_TOKEN_FILE"], false),
    Known(
        "okta.client_id",
        &["OKTA_CLIENT_CLIENTID", "OKTA_API_CLIENT_ID"],
        false,
    ),
    Known(
        "",
        &["OKTA_CLIENT_PRIVATEKEY", "OKTA_API_PRIVATE_KEY"],
        true,
    ),
    Known(
        "okta.private_key_file",
        &["OKTA_CLIENT_PRIVATEKEY_FILE"],
        false,
    ),
    Known(
        "okta.private_key_id",
        &[
            "OKTA_CLIENT_PRIVATEKEYID",
            "OKTA_CLIENT_KID",
            "OKTA_API_PRIVATE_KEY_ID",
        ],
        false,
    ),
    Known(
        "okta.scopes",
        &["OKTA_CLIENT_SCOPES", "OKTA_API_SCOPES"],
        false,
    ),
    Known("okta.factor_profile", &["OATHKIT_OKTA_PROFILE"], false),
    Known("okta.match_mail", &["OATHKIT_OKTA_MATCH_MAIL"], false),
    Known("ca_bundle", &[], false),
    Known(
        "",
        &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        false,
    ),
];

impl Settings {
    /// The settings that have a value, each with the one that counts.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        let approval = ["approval.required", "approval.approvers"];
        let approval = approval.map(|place| Known(place, &[], false));
        KNOWN
            .iter()
            .chain(&approval)
            .filter_map(|known| self.show(known))
            .collect()
    }

    fn show(&self, Known(place, variables, is_secret): &Known) -> Option<Shown> {
        let profile = Value::try_from(&self.profile).ok();
        let of_file = in_profile(profile.as_ref(), place).map(|value| (value, self.origin.clone()));
        let mut set = variables
            .iter()
            .filter_map(|name| Some(((self.variable)(name)?, (*name).to_owned())));
        let of_environment = set.next();
        let (value, origin) = match self.profile_first {
            true => of_file.or(of_environment),
            false => of_environment.or(of_file),
        }?;
        let name = match *place {
            "" => variables.first().copied().unwrap_or_default(),
            place => place,
        };
        Some(Shown {
            name: name.to_owned(),
            value: match is_secret {
                true => "(set)".to_owned(),
                false => without_password(&value),
            },
            origin,
        })
    }
}

/// What the profile says at `section.name`.
fn in_profile(profile: Option<&Value>, place: &str) -> Option<String> {
    let mut value = profile?;
    for name in place.split('.') {
        value = value.get(name)?;
    }
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Boolean(false) => None,
        Value::Array(none) if none.is_empty() => None,
        Value::Array(all) => Some(format!("{} of them", all.len())),
        other => Some(other.to_string()),
    }
}

/// A proxy's address may hold a password.
fn without_password(value: &str) -> String {
    match (value.split_once("://"), value.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://(set)@{host}"),
        _ => value.to_owned(),
    }
}
