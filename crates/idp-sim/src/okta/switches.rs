//! What is only assumed about Okta, or differs between organisations.
//!
//! Marks: `[spec]` Okta's OpenAPI description, `[rec]` recorded traffic, `[doc]` Okta's documentation or
//! support pages, `[inf]` inferred, `[?]` not known.

use std::collections::{BTreeMap, BTreeSet};

use super::profiles::{DEFAULT, ProfileSettings};
use crate::switch::{SwitchValue, choice, switches};

choice! {
    /// Which of Okta's two engines the organisation runs on.
    pub enum Engine {
        /// Identity Engine.
        Idx = "idx",
        /// Classic Engine.
        V1 = "v1",
    }
}

choice! {
    /// Where Classic's list of factor profiles answers.
    pub enum HotpProfiles {
        /// On Classic.
        ClassicOnly = "v1",
        /// On both engines.
        Both = "both",
        /// Nowhere.
        Off = "off",
    }
}

choice! {
    /// What the API of another engine answers.
    pub enum MissingFeature {
        /// 404 `E0000008`.
        NotFound = "not_found",
        /// 401 `E0000015`.
        Feature = "feature",
    }
}

choice! {
    /// How the values of settings are written.
    pub enum SettingsCase {
        /// `base32`, `HMacSHA1`.
        Plain = "plain",
        /// `Base32`, `HMACSHA1`.
        Mixed = "mixed",
    }
}

choice! {
    /// Where an authenticator's method holds its settings.
    pub enum SettingsPlace {
        /// Inside `settings`.
        Nested = "nested",
        /// At top level.
        Flat = "flat",
    }
}

choice! {
    /// What the API token may do besides reading.
    pub enum Right {
        /// Everything.
        Manage = "manage",
        /// Remove factors, but not enrol or verify them.
        Reset = "reset",
        /// Nothing.
        Read = "read",
    }
}

choice! {
    /// Whether the service app's tokens are bound to a key.
    pub enum Dpop {
        /// Always; without a proof there is no token.
        Required = "required",
        /// Where a proof is sent.
        Optional = "optional",
        /// Never, not even where a proof is sent.
        Off = "off",
    }
}

choice! {
    /// How a write for a deactivated user is refused.
    pub enum Deprovisioned {
        /// 403 `E0000038`.
        Forbidden = "forbidden",
        /// 404 `E0000007`.
        NotFound = "not_found",
    }
}

choice! {
    /// The form of the answer to an enrolment.
    pub enum EnrollAnswer {
        /// The factor.
        Object = "object",
        /// An array with the factor.
        Array = "array",
    }
}

choice! {
    /// What the id of an authenticator enrolment is.
    pub enum EnrollmentIds {
        /// The factor's.
        Factor = "factor",
        /// One of its own.
        Own = "own",
    }
}

choice! {
    /// How several links are written.
    pub enum Links {
        /// A header line each.
        Lines = "lines",
        /// One line with commas.
        Commas = "commas",
    }
}

choice! {
    /// How a code is refused that is right for a time outside the window.
    pub enum OutOfWindow {
        /// As a wrong one: 403 `E0000068`.
        Wrong = "wrong",
        /// 403 `E0000083`.
        Error = "error",
        /// 200 with the result `TIME_WINDOW_EXCEEDED`.
        Result = "result",
    }
}

choice! {
    /// Which spellings of a secret are taken.
    pub enum SecretForms {
        /// Base32 in capitals without padding, hexadecimal in small letters, Base64 with padding.
        Canonical = "canonical",
        /// Letter case, and padding of Base32, do not matter.
        Lenient = "lenient",
    }
}

choice! {
    /// How a code that was used before is refused.
    pub enum Replay {
        /// 403 `E0000082`.
        Error = "error",
        /// 200 with the result `PASSCODE_REPLAYED`.
        Result = "result",
    }
}

choice! {
    /// Limits a minute that Okta has published for a kind of organisation.
    pub enum RatePlan {
        /// So much that it is never reached.
        Off = "off",
        /// Integrator Free.
        Free = "free",
        /// Enterprise.
        Enterprise = "enterprise",
        /// Workforce Identity.
        Workforce = "workforce",
    }
}

choice! {
    /// What a 429 of the fault script pretends.
    pub enum Throttle {
        /// The window's requests are used up.
        Window = "window",
        /// Too many requests are in flight: limit and remaining are 0.
        Concurrent = "concurrent",
    }
}

/// Some of the users: `true` for all, `false` for none, or logins with commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// All users.
    All,
    /// Those with these logins, in small letters.
    These(BTreeSet<String>),
}

impl Whom {
    const NOBODY: Self = Self::These(BTreeSet::new());

    pub(crate) fn has(&self, login: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(logins) => logins.contains(&login.to_lowercase()),
        }
    }
}

impl SwitchValue for Whom {
    fn read(text: &str) -> Result<Self, String> {
        Ok(match text {
            "true" => Self::All,
            "false" => Self::NOBODY,
            logins => Self::These(Vec::read(&logins.to_lowercase())?.into_iter().collect()),
        })
    }

    fn show(&self) -> String {
        match self {
            Self::All => "true".to_owned(),
            Self::These(logins) if logins.is_empty() => "false".to_owned(),
            Self::These(logins) => Vec::from_iter(logins.clone()).show(),
        }
    }
}

/// The status of single users: `login=STATUS` with commas. Logins are in small letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statuses(pub BTreeMap<String, String>);

impl SwitchValue for Statuses {
    fn read(text: &str) -> Result<Self, String> {
        let pair = |pair: String| match pair.split_once('=') {
            Some((login, status)) => Ok((login.to_lowercase(), status.to_uppercase())),
            None => Err(format!("`{pair}` is not login=STATUS")),
        };
        let pairs = Vec::read(text)?.into_iter().map(pair);
        pairs.collect::<Result<_, _>>().map(Self)
    }

    fn show(&self) -> String {
        let pairs = self
            .0
            .iter()
            .map(|(login, status)| format!("{login}={status}"));
        pairs.collect::<Vec<_>>().show()
    }
}

/// Factor profiles: `name:algorithm:digits:period:encoding:adjacent[:inactive]` with commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profiles(pub(crate) Vec<ProfileSettings>);

impl SwitchValue for Profiles {
    fn read(text: &str) -> Result<Self, String> {
        ProfileSettings::parse_list(text).map(Self)
    }

    fn show(&self) -> String {
        let profiles = self.0.iter().map(ToString::to_string);
        profiles.collect::<Vec<_>>().show()
    }
}

switches! {
    /// What is only assumed about Okta, or differs between organisations. Set by name with [`OktaSwitches::set`].
    ///
    /// The marks in the descriptions: `[spec]` Okta's OpenAPI description, `[rec]` recorded traffic, `[doc]` Okta's
    /// documentation or support pages, `[inf]` inferred, `[?]` not known.
    pub struct OktaSwitches {
        /// The engine, by which the organisation page, the profile API and the ids of profiles differ \[rec\].
        engine: Engine = Engine::Idx,
        /// The factor profiles, `name:algorithm:digits:period:encoding:adjacent[:inactive]`: the values \[doc\], which there are is ours.
        profiles: Profiles = Profiles(ProfileSettings::parse_list(DEFAULT).unwrap_or_default()),
        /// Where Classic's list of profiles answers: known for Classic \[rec\], for Identity Engine \[?\].
        hotp_profiles: HotpProfiles = HotpProfiles::ClassicOnly,
        /// What the profile API of the other engine answers \[?\].
        missing_feature: MissingFeature = MissingFeature::NotFound,
        /// Letter case of settings: both occur \[rec\].
        settings_case: SettingsCase = SettingsCase::Plain,
        /// The place of settings: `nested` \[rec\], `flat` \[spec\].
        settings_place: SettingsPlace = SettingsPlace::Nested,
        /// Whether the organisation page answers without a token: it was recorded with one \[?\].
        well_known_open: bool = true,
        /// What the token may do besides reading: it has its owner's role \[doc\].
        token_right: Right = Right::Manage,
        /// Seconds from the first request until the token has expired \[inf\]; Okta's own limit is 30 days without use \[doc\].
        token_life_s: Option<u64> = None,
        /// The scopes that are granted to the service app: ours; that to manage includes to read \[doc\].
        app_scopes: Vec<String> = ["okta.users.read", "okta.users.manage", "okta.authenticators.read"].map(str::to_owned).to_vec(),
        /// Whether clients are in the network zone that the app is bound to; outside of it 403 `access_denied` \[spec\].
        app_in_zone: bool = true,
        /// Whether the app's tokens are bound to a key, which is the default of new apps \[doc\]; what is answered to a proof with DPoP off \[?\].
        dpop: Dpop = Dpop::Required,
        /// Whether the token endpoint asks for a nonce \[doc\].
        dpop_nonce: bool = true,
        /// Whether calls need a nonce, too: they do not \[doc\], but RFC 9449 allows it.
        dpop_call_nonce: bool = false,
        /// Seconds until a nonce is replaced \[doc\].
        dpop_nonce_life_s: u64 = 86_400,
        /// Seconds that a nonce is good after it was replaced \[doc\].
        dpop_nonce_grace_s: u64 = 259_200,
        /// Whether the proof is judged before the assertion, so that a refused one does not use the assertion up \[?\].
        dpop_before_client: bool = false,
        /// Seconds by which the time of a proof may differ from the service's \[?\].
        proof_age_s: u64 = 300,
        /// Seconds by which the times of an assertion may be off \[?\].
        assertion_skew_s: u64 = 0,
        /// Whether an assertion must name its key, also where the app has only one \[?\].
        kid_needed: bool = false,
        /// Seconds that an access token is good \[doc\].
        access_token_life_s: u64 = 3600,
        /// Whether the refusal for a missing scope has a `WWW-Authenticate` with `insufficient_scope` beside its error object \[inf\].
        scope_challenge: bool = true,
        /// Users whose factors the token's owner may neither read nor change, `true`, `false` or logins: roles can be limited to groups \[doc\]; 403 `E0000006` \[inf\].
        restricted_users: Whom = Whom::NOBODY,
        /// Whether the owner of the token can enrol a factor for himself; one field report says no \[?\].
        self_enroll: bool = true,
        /// Whether the token's owner may read factor profiles: which permission of a custom role lets him is \[?\]; 403 `E0000006` \[inf\].
        profiles_readable: bool = true,
        /// Whether the organisation has custom TOTP: Okta's support may have to enable it \[doc\]; without it 401 `E0000015` for an enrolment, nothing in lists and in the catalog \[inf\].
        custom_totp: bool = true,
        /// How a write for a deactivated user is refused \[inf\].
        deprovisioned: Deprovisioned = Deprovisioned::Forbidden,
        /// The status of single users, `login=STATUS`: the states \[spec\]; all but `DEPROVISIONED` can enrol \[?\].
        user_status: Statuses = Statuses::default(),
        /// The statuses besides `DEPROVISIONED` in which factors cannot be changed, with commas: 403 `E0000038` is the code \[doc\], which statuses \[?\].
        refused_statuses: Vec<String> = Vec::new(),
        /// Users who are still being activated, `true`, `false` or logins: an enrolment gets 409 `E0000112` \[doc\].
        activating: Whom = Whom::NOBODY,
        /// Seconds from the first request until they are activated: minutes \[doc\], how many \[?\]; `none` for ever.
        activating_s: Option<u64> = None,
        /// Whose enrolment policy forbids the factor, `true`, `false` or logins: 400 `E0000001` \[doc\], it is not listed \[spec\], and no sign-in takes it \[inf\].
        policy_forbids: Whom = Whom::NOBODY,
        /// Whose factors are left out of lists, `true`, `false` or logins: lists are filtered by policy and network zone \[spec\].
        list_hidden: Whom = Whom::NOBODY,
        /// Whether lists hold factors of other and of unknown types that nobody enrolled \[doc\].
        extra_factors: bool = false,
        /// The answer to an enrolment: `object` \[spec\]; `array` stands in one field report \[?\].
        enroll_answer: EnrollAnswer = EnrollAnswer::Object,
        /// Whether custom OTP shows among Identity Engine's authenticator enrolments \[?\].
        custom_otp_in_enrollments: bool = true,
        /// What the id of an authenticator enrolment is \[?\].
        enrollment_ids: EnrollmentIds = EnrollmentIds::Factor,
        /// Which spellings of a secret are taken \[?\].
        secret_forms: SecretForms = SecretForms::Canonical,
        /// The longest secret in characters \[?\].
        secret_max_chars: Option<usize> = None,
        /// How a used code is refused: `error` \[doc\], `result` \[spec\]; which of them for this factor \[?\].
        replay: Replay = Replay::Error,
        /// How a code of the last or next hour is refused that is outside the window: `error` \[doc\], `result` \[spec\]; whether Okta looks at all for this factor \[?\].
        out_of_window: OutOfWindow = OutOfWindow::Wrong,
        /// Wrong codes in a row after which the user is locked \[?\].
        lock_after: Option<u32> = None,
        /// Milliseconds by which `search`, `filter` and `q` lag behind changes of users, and until they find `new_users`: usually below a second \[doc\].
        index_lag_ms: u64 = 1000,
        /// Users who were created right before the first request, `true`, `false` or logins: not a claim about Okta \[?\].
        new_users: Whom = Whom::NOBODY,
        /// How the two links of a page are written: `lines` \[doc\]; `commas` means the same in HTTP \[inf\].
        links: Links = Links::Lines,
        /// Milliseconds by which reads of factors lag behind enrolments \[inf\].
        factor_lag_ms: u64 = 0,
        /// The organisation's limits a minute, as last published \[doc\].
        rate: RatePlan = RatePlan::Off,
        /// Requests a minute for user lists and factors, instead of `rate`'s: that they share a counter \[rec\].
        rate_users: Option<u64> = None,
        /// Requests a minute for one user by id or login, instead of `rate`'s \[doc\].
        rate_user: Option<u64> = None,
        /// Requests a minute for everything else, instead of `rate`'s \[doc\].
        rate_other: Option<u64> = None,
        /// Per cent of a limit that one token may use \[doc\]; that the headers show this share \[inf\].
        rate_share: u64 = 50,
        /// The most requests in flight, 35 in a free organisation and 75 in others; more get 429 with a limit of 0 \[doc\].
        concurrency: Option<u64> = None,
        /// What a 429 of the fault script pretends \[doc\].
        throttle: Throttle = Throttle::Window,
        /// Whether rate headers come twice, the wider limit first: seen once \[doc\].
        double_rate_headers: bool = false,
        /// Seconds by which the service's clock is ahead of the simulator's: not a claim about Okta \[?\].
        clock_offset_s: i64 = 0,
        /// Whether answers have a `Date`: not a claim about Okta \[?\].
        date_header: bool = true,
        /// Seconds by which the machines that answer differ from the service's clock at most, drawn for each `Date`: not a claim about Okta \[?\].
        date_spread_s: u64 = 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_can_be_set_and_is_shown_as_it_was_set() {
        let mut switches = OktaSwitches::default();
        for (name, value) in [
            ("engine", "v1"),
            (
                "profiles",
                "Main:sha1:6:30:base32:3,B:sha256:8:60:base64:0:inactive",
            ),
            ("settings_case", "mixed"),
            ("token_life_s", "60"),
            ("user_status", "a@b.test=SUSPENDED,c@b.test=STAGED"),
            ("policy_forbids", "true"),
            ("policy_forbids", "false"),
            ("list_hidden", "a@b.test,c@b.test"),
            ("lock_after", "none"),
            ("rate", "workforce"),
            ("rate_share", "100"),
        ] {
            switches.set(name, value).unwrap();
            let list = switches.list();
            let shown = list.iter().find(|switch| switch.name == name).unwrap();
            assert_eq!(shown.value, value, "{name}");
        }
        assert!(switches.list_hidden.has("C@b.test") && !switches.list_hidden.has("d@b.test"));
    }

    #[test]
    fn the_defaults_can_be_set_as_they_are_shown() {
        let mut switches = OktaSwitches::default();
        for switch in OktaSwitches::default().list() {
            switches.set(switch.name, &switch.value).unwrap();
            assert!(switch.about.contains('['), "{} has no mark", switch.name);
        }
        assert_eq!(switches, OktaSwitches::default());
    }

    #[test]
    fn anything_else_is_refused() {
        let mut switches = OktaSwitches::default();
        for (name, value) in [
            ("engine", "classic"),
            ("no_such", "1"),
            ("lock_after", "-1"),
            ("user_status", "ann"),
            ("profiles", "x"),
        ] {
            assert!(switches.set(name, value).is_err(), "{name}");
        }
        assert_eq!(switches, OktaSwitches::default());
    }
}
