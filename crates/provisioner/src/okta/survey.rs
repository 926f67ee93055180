//! Factor profiles for people: what each asks of a token, and which of Token2's tokens are like that.

use okta_factors::{
    FactorProfile, HmacAlgorithm, OktaClient, Organization, OtpSettings, SecretEncoding,
};
use serde::Serialize;

use super::profiles;
use crate::{Failure, Pace};

/// A factor profile and what fits it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SurveyedProfile {
    /// What an enrolment names as its profile.
    pub id: String,
    /// The name that administrators gave it.
    pub name: String,
    /// `ACTIVE` where tokens can be enrolled with it.
    pub status: String,
    /// `sha1`, `sha256` or `sha512`; another word as Okta writes it.
    pub algorithm: String,
    /// Digits of a code.
    pub digits: u32,
    /// Seconds that a code is shown for.
    pub period: u32,
    /// Time steps by which a token's clock may be off, each way.
    pub drift: u32,
    /// The same in seconds.
    pub drift_seconds: u64,
    /// How Okta wants the secret to be written: `base32`, `base64` or `hexadecimal`.
    pub encoding: String,
    /// The kinds of Token2's tokens that can be like this: `classic`, `programmable`, `molto-2`.
    pub fits: Vec<&'static str>,
    /// Why none of them can be.
    pub misfit: Option<String>,
}

/// Reads the factor profiles of an organisation, those that are not active among them.
///
/// # Errors
/// [`Failure`] when the organisation or its profiles cannot be read.
pub async fn survey(client: &OktaClient, pace: &Pace) -> Result<Vec<SurveyedProfile>, Failure> {
    let organization = profiles::organization(client, pace).await?;
    surveyed(client, pace, &organization).await
}

pub(super) async fn surveyed(
    client: &OktaClient,
    pace: &Pace,
    organization: &Organization,
) -> Result<Vec<SurveyedProfile>, Failure> {
    let profiles = profiles::every(client, pace, organization).await?;
    Ok(profiles.into_iter().map(SurveyedProfile::of).collect())
}

impl SurveyedProfile {
    fn of(profile: FactorProfile) -> Self {
        let settings = &profile.settings;
        let misfit = misfit(&profile);
        Self {
            id: profile.id.to_string(),
            algorithm: algorithm(&settings.algorithm).to_owned(),
            digits: settings.digits,
            period: settings.period_seconds,
            drift: settings.adjacent_intervals,
            drift_seconds: settings.window_seconds(),
            encoding: settings.encoding.to_string(),
            fits: match misfit {
                Some(_) => Vec::new(),
                None => kinds(settings),
            },
            misfit,
            status: profile.status.to_string(),
            name: profile.name,
        }
    }
}

fn algorithm(algorithm: &HmacAlgorithm) -> &str {
    match algorithm {
        HmacAlgorithm::Sha1 => "sha1",
        HmacAlgorithm::Sha256 => "sha256",
        HmacAlgorithm::Sha512 => "sha512",
        other => other.as_str(),
    }
}

/// Token2's kinds of tokens. Each is made, or can be set, for either hash and either period; only the
/// Molto-2 shows other than six digits.
fn kinds(settings: &OtpSettings) -> Vec<&'static str> {
    match settings.digits {
        6 => vec!["classic", "programmable", "molto-2"],
        _ => vec!["molto-2"],
    }
}

fn misfit(profile: &FactorProfile) -> Option<String> {
    let settings = &profile.settings;
    if !profile.is_active() {
        return Some("it is not active".to_owned());
    }
    if !settings.time_based {
        return Some("it is not for TOTP".to_owned());
    }
    if let SecretEncoding::Other(encoding) = &settings.encoding {
        return Some(format!("the secret encoding {encoding} is not known"));
    }
    if !matches!(
        settings.algorithm,
        HmacAlgorithm::Sha1 | HmacAlgorithm::Sha256
    ) {
        return Some(format!("no token has {}", settings.algorithm));
    }
    if !matches!(settings.period_seconds, 30 | 60) {
        let period = settings.period_seconds;
        return Some(format!("no token has a time step of {period} s"));
    }
    // Codes of ten digits are none that this program can compute.
    if !matches!(settings.digits, 6 | 8) {
        return Some(format!("no token is used with {} digits", settings.digits));
    }
    None
}
