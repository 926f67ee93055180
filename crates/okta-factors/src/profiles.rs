//! Factor profiles: what a token must be like to be enrolled.
//!
//! Identity Engine calls them custom OTP authenticators, Classic calls them TOTP factor profiles.

use idp_http::{BadAnswer, BaseUrl, Effect, Endpoint, Query, Request, Response, Segment};
use serde::Deserialize;
use serde_json::Value;

use crate::open::open_enum;
use crate::{ProfileId, wire};

const READ: &str = "okta.authenticators.read";

/// The key of custom OTP authenticators.
pub(crate) const CUSTOM_OTP: &str = "custom_otp";

/// An authenticator of an Identity Engine org.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Authenticator {
    /// What an enrolment names as its profile.
    pub id: ProfileId,
    /// What kind it is: `custom_otp` for hardware tokens. Several may have the same.
    #[serde(deserialize_with = "wire::text")]
    pub key: String,
    /// The name that administrators gave it.
    #[serde(deserialize_with = "wire::text")]
    pub name: String,
    /// Whether it can be enrolled.
    pub status: ProfileStatus,
}

open_enum! {
    /// Whether tokens can be enrolled with a profile.
    ProfileStatus {
        /// They can, as far as the users' policies allow it.
        Active = "ACTIVE",
        /// They cannot; it was switched off. Profiles are never deleted.
        Inactive = "INACTIVE",
    }
}

#[expect(
    clippy::derivable_impls,
    reason = "the macro derives for all enums alike"
)]
impl Default for ProfileStatus {
    fn default() -> Self {
        Self::Active
    }
}

impl Authenticator {
    /// True for the kind that hardware tokens are enrolled with.
    #[must_use]
    pub fn is_custom_otp(&self) -> bool {
        self.key == CUSTOM_OTP
    }

    /// True where it can be enrolled.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == ProfileStatus::Active
    }
}

/// Lists the authenticators of an Identity Engine org, of every kind: `GET /api/v1/authenticators`.
#[derive(Clone, Copy, Debug)]
pub struct ListAuthenticators;

impl Endpoint for ListAuthenticators {
    type Output = Vec<Authenticator>;
    const NAME: &'static str = "list authenticators";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let path = [Segment::literal("authenticators")];
        wire::list(wire::api(base, path, &Query::new()), READ)
    }

    /// An entry of another kind may look like anything; an incomplete `custom_otp` is an error.
    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Vec<Authenticator>, BadAnswer> {
        let is_ours = |value: &Value| wire::is(value, "key", CUSTOM_OTP);
        wire::known_items(wire::json(response)?, is_ours, "a custom_otp is incomplete")
    }
}

open_enum! {
    /// The hash function of the codes.
    HmacAlgorithm {
        /// HMAC-SHA-1.
        Sha1 = "HMacSHA1",
        /// HMAC-SHA-256.
        Sha256 = "HMacSHA256",
        /// HMAC-SHA-512.
        Sha512 = "HMacSHA512",
    }
}

open_enum! {
    /// How a shared secret is written.
    SecretEncoding {
        /// Base32 (RFC 4648).
        Base32 = "base32",
        /// Base64 (RFC 4648).
        Base64 = "base64",
        /// Hexadecimal digits.
        Hexadecimal = "hexadecimal",
    }
}

/// What a token must be like. Fixed once the profile is saved.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "WireSettings")]
#[non_exhaustive]
pub struct OtpSettings {
    /// The hash function of the codes.
    pub algorithm: HmacAlgorithm,
    /// Digits of a code: 6, 8 or 10.
    pub digits: u32,
    /// Seconds that a code is shown for: 15, 30 or 60.
    pub period_seconds: u32,
    /// Periods before and after the present one whose codes are taken, too: 0 to 10.
    pub adjacent_intervals: u32,
    /// How the shared secret must be written.
    pub encoding: SecretEncoding,
    /// True for TOTP. Okta documents no other kind, so this is also true where an answer names none.
    pub time_based: bool,
}

impl OtpSettings {
    /// By how many seconds a token's clock may be off, each way.
    #[must_use]
    pub fn window_seconds(&self) -> u64 {
        u64::from(self.period_seconds).saturating_mul(u64::from(self.adjacent_intervals))
    }
}

/// Both spellings: Identity Engine's, and Classic's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSettings {
    #[serde(alias = "hmacAlgorithm")]
    algorithm: HmacAlgorithm,
    #[serde(alias = "otpLength")]
    pass_code_length: u32,
    #[serde(alias = "timeStep")]
    time_interval_in_seconds: u32,
    acceptable_adjacent_intervals: u32,
    encoding: SecretEncoding,
    protocol: Option<String>,
    time_based: Option<bool>,
}

impl From<WireSettings> for OtpSettings {
    fn from(wire: WireSettings) -> Self {
        let totp = |protocol: &String| protocol.eq_ignore_ascii_case("TOTP");
        Self {
            algorithm: wire.algorithm,
            digits: wire.pass_code_length,
            period_seconds: wire.time_interval_in_seconds,
            adjacent_intervals: wire.acceptable_adjacent_intervals,
            encoding: wire.encoding,
            time_based: wire.time_based.unwrap_or(true) && wire.protocol.as_ref().is_none_or(totp),
        }
    }
}

/// Reads what a custom OTP authenticator asks of a token:
/// `GET /api/v1/authenticators/{id}/methods/otp`.
#[derive(Clone, Debug)]
pub struct GetOtpSettings(
    /// Which authenticator.
    pub ProfileId,
);

/// Real answers nest the settings, Okta's description of the API does not.
#[derive(Deserialize)]
#[serde(untagged)]
enum WireMethod {
    Nested { settings: OtpSettings },
    Flat(OtpSettings),
}

impl Endpoint for GetOtpSettings {
    type Output = OtpSettings;
    const NAME: &'static str = "read an authenticator's settings";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let path = [
            Segment::literal("authenticators"),
            self.0.segment(),
            Segment::literal("methods"),
            Segment::literal("otp"),
        ];
        wire::get(wire::api(base, path, &Query::new()), READ)
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<OtpSettings, BadAnswer> {
        match wire::json(response)? {
            WireMethod::Nested { settings } | WireMethod::Flat(settings) => checked(settings),
        }
    }
}

/// A period of nothing would divide by zero somewhere.
fn checked(settings: OtpSettings) -> Result<OtpSettings, BadAnswer> {
    if settings.period_seconds == 0 || settings.digits == 0 {
        return Err(BadAnswer::new("a profile without period or digits"));
    }
    Ok(settings)
}

/// A factor profile of a Classic org.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FactorProfile {
    /// What an enrolment names as its profile.
    pub id: ProfileId,
    /// The name that administrators gave it.
    #[serde(deserialize_with = "wire::text")]
    pub name: String,
    /// Whether it can be enrolled with. Classic says nothing of it, and lists only those that can.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub status: ProfileStatus,
    /// What a token must be like.
    pub settings: OtpSettings,
}

impl FactorProfile {
    /// True where tokens can be enrolled with it.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == ProfileStatus::Active
    }

    /// An authenticator and its settings, which Identity Engine tells apart.
    #[must_use]
    pub fn of(authenticator: Authenticator, settings: OtpSettings) -> Self {
        Self {
            id: authenticator.id,
            name: authenticator.name,
            status: authenticator.status,
            settings,
        }
    }
}

/// Lists the factor profiles of a Classic org: `GET /api/v1/org/factors/hotp/profiles`.
///
/// Okta does not document this path for the public: it may change or be missing. Then an
/// administrator has to name the profile and its settings.
#[derive(Clone, Copy, Debug)]
pub struct ListHotpProfiles;

impl Endpoint for ListHotpProfiles {
    type Output = Vec<FactorProfile>;
    const NAME: &'static str = "list factor profiles";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let path = ["org", "factors", "hotp", "profiles"].map(Segment::literal);
        wire::list(wire::api(base, path, &Query::new()), "")
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Vec<FactorProfile>, BadAnswer> {
        let profiles: Vec<FactorProfile> = wire::json(response)?;
        for profile in &profiles {
            checked(profile.settings.clone())?;
        }
        Ok(profiles)
    }
}
