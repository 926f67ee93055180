//! Factor profiles: what an organisation's hardware tokens have to look like.

use oath_core::{Algorithm, Digits, Period};
use okta_factors::{
    Authenticator, Engine, FactorProfile, GetOrganization, GetOtpSettings, HmacAlgorithm,
    ListAuthenticators, ListHotpProfiles, OktaClient, Organization, SecretEncoding,
};

use super::calls::{OTHER, read};
use crate::{Failure, Pace, Problem, Shape, Verdict};

pub(super) async fn organization(
    client: &OktaClient,
    pace: &Pace,
) -> Result<Organization, Failure> {
    read(client, pace, OTHER, &GetOrganization).await
}

/// The profiles that can be enrolled with.
pub(super) async fn all(
    client: &OktaClient,
    pace: &Pace,
    organization: &Organization,
) -> Result<Vec<FactorProfile>, Failure> {
    let usable = |one: &Authenticator| one.is_active();
    those(client, pace, organization, usable).await
}

/// Also those that were switched off.
pub(super) async fn every(
    client: &OktaClient,
    pace: &Pace,
    organization: &Organization,
) -> Result<Vec<FactorProfile>, Failure> {
    those(client, pace, organization, |_| true).await
}

/// Custom OTP authenticators on Identity Engine, hotp profiles on Classic.
async fn those(
    client: &OktaClient,
    pace: &Pace,
    organization: &Organization,
    wanted: fn(&Authenticator) -> bool,
) -> Result<Vec<FactorProfile>, Failure> {
    if organization.engine == Engine::Classic {
        return read(client, pace, OTHER, &ListHotpProfiles).await;
    }
    let authenticators = read(client, pace, OTHER, &ListAuthenticators).await?;
    let mut profiles = Vec::new();
    let custom = authenticators
        .into_iter()
        .filter(Authenticator::is_custom_otp);
    for authenticator in custom.filter(wanted) {
        let endpoint = GetOtpSettings(authenticator.id.clone());
        let settings = read(client, pace, OTHER, &endpoint).await?;
        profiles.push(FactorProfile::of(authenticator, settings));
    }
    Ok(profiles)
}

/// What tokens a profile takes. A profile with a setting that is not understood takes none.
pub(super) fn shape(profile: &FactorProfile) -> Shape {
    let settings = &profile.settings;
    let algorithm = match settings.algorithm {
        HmacAlgorithm::Sha1 => Some(Algorithm::Sha1),
        HmacAlgorithm::Sha256 => Some(Algorithm::Sha256),
        HmacAlgorithm::Sha512 => Some(Algorithm::Sha512),
        _ => None,
    };
    let digits = u8::try_from(settings.digits)
        .ok()
        .and_then(|n| Digits::new(n).ok());
    let understood = settings.time_based && !matches!(settings.encoding, SecretEncoding::Other(_));
    Shape {
        id: profile.id.to_string(),
        name: format!("profile {:?}", profile.name),
        algorithms: algorithm.filter(|_| understood).into_iter().collect(),
        digits: digits.into_iter().collect(),
        periods: Period::new(settings.period_seconds)
            .ok()
            .into_iter()
            .collect(),
        seed_bits: usize::MAX,
        drift: settings.adjacent_intervals,
    }
}

pub(super) fn unknown(wanted: &str) -> Failure {
    Failure {
        verdict: Verdict::Stop,
        problem: Problem::new(
            "profile-unknown",
            format!("the organisation has no active factor profile {wanted:?}"),
            "set OATHKIT_OKTA_PROFILE to the id or the name of one that it has",
        ),
        request_id: None,
    }
}
