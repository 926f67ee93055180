//! What the organisation really holds, and what a client needs to reach it.

use std::fmt;

use serde::Serialize;

use super::Okta;
use super::factors::Factor;
use super::profiles::Profile;
use super::users::User;
use crate::act::Actor;

/// What a client needs to reach the simulated Okta.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct OktaAccess {
    /// The root of the organisation, without a path.
    pub org_url: String,
    /// An API token, for the scheme `SSWS`.
    pub token: String,
    /// The client id of a service app.
    pub client_id: String,
    /// The app's private key, as a JSON Web Key with its name.
    pub private_key: String,
    /// The factor profiles.
    pub profiles: Vec<OktaProfile>,
}

/// Without token and key.
impl fmt::Debug for OktaAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("OktaAccess");
        debug
            .field("org_url", &self.org_url)
            .field("client_id", &self.client_id)
            .field("profiles", &self.profiles);
        debug.finish_non_exhaustive()
    }
}

/// A factor profile, which decides what tokens fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OktaProfile {
    /// What an enrolment names as `factorProfileId`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `sha1`, `sha256` or `sha512`.
    pub algorithm: String,
    /// Digits of a code.
    pub digits: u8,
    /// The time step in seconds.
    pub period: u32,
    /// How it wants secrets: `base32`, `base64` or `hexadecimal`.
    pub encoding: String,
}

impl OktaProfile {
    fn of(profile: &Profile) -> Self {
        let settings = &profile.settings;
        Self {
            id: profile.id.clone(),
            name: settings.name.clone(),
            algorithm: settings.algorithm_word(),
            digits: settings.digits.get(),
            period: settings.period.seconds(),
            encoding: settings.encoding.name().to_owned(),
        }
    }
}

/// What the organisation holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OktaTruth {
    /// All enrolled custom OTP factors, in the order of the users.
    pub factors: Vec<OktaFactor>,
}

/// One factor as it really is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OktaFactor {
    /// Its id.
    pub id: String,
    /// The login of its user.
    pub user: String,
    /// `ACTIVE` or `PENDING_ACTIVATION`.
    pub status: String,
    /// The id of its profile.
    pub profile_id: String,
    /// The name of its profile.
    pub profile_name: String,
    /// How often enrolling a token for this user succeeded, this factor and removed ones.
    pub enrollments: u64,
    /// How many of these enrolments were another operator's.
    pub operator_enrollments: u64,
    /// Who enrolled this factor.
    pub made_by: Actor,
    /// The highest time step of which a code was accepted.
    pub last_counter: Option<u64>,
}

impl OktaFactor {
    fn of(user: &User, factor: &Factor) -> Self {
        Self {
            id: factor.facts.id.clone(),
            user: user.login.clone(),
            status: factor.facts.status().to_owned(),
            profile_id: factor.facts.profile.id.clone(),
            profile_name: factor.facts.profile.settings.name.clone(),
            enrollments: user.enrollments,
            operator_enrollments: user.operator_enrollments,
            made_by: factor.made_by,
            last_counter: factor.last_step,
        }
    }
}

impl Okta {
    /// The way in; `org_url` is that of the transport in memory.
    pub(crate) fn access(&self) -> OktaAccess {
        OktaAccess {
            org_url: format!("https://{}", crate::transport::OKTA_HOST),
            token: self.token.clone(),
            client_id: self.oauth.client_id().to_owned(),
            private_key: self.oauth.private_key().to_owned(),
            profiles: self
                .profiles
                .iter()
                .map(|profile| OktaProfile::of(profile))
                .collect(),
        }
    }

    pub(crate) fn truth(&self) -> OktaTruth {
        let users = self.directory.users.iter();
        let factor = |user: &User| Some(OktaFactor::of(user, user.factor.as_ref()?));
        OktaTruth {
            factors: users.filter_map(factor).collect(),
        }
    }
}
