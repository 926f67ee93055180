//! Factor profiles: what alone decides algorithm, digits, step, drift and the spelling of a secret.

use std::fmt;

use data_encoding::{BASE32, BASE32_NOPAD, BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use oath_core::{Algorithm, Digits, Period, Totp, Window};
use serde_json::{Value, json};

use super::ids::CREATED;
use super::switches::{OktaSwitches, SettingsCase, SettingsPlace};

/// The profiles of a fresh organisation: every kind of Token2 TOTP token fits one of them, and each
/// spelling of a secret occurs.
pub(crate) const DEFAULT: &str = "Token2 SHA-1 30 s:sha1:6:30:base32:3,\
     Token2 SHA-1 60 s:sha1:6:60:hexadecimal:3,\
     Token2 SHA-256 30 s:sha256:6:30:base64:3,\
     Token2 SHA-256 60 s:sha256:6:60:base32:3";

/// How a profile wants a secret to be spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Base32,
    Base64,
    Hexadecimal,
}

impl Encoding {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "base32" => Some(Self::Base32),
            "base64" => Some(Self::Base64),
            "hexadecimal" | "hex" => Some(Self::Hexadecimal),
            _ => None,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Base32 => "base32",
            Self::Base64 => "base64",
            Self::Hexadecimal => "hexadecimal",
        }
    }

    /// The bytes of a secret in its canonical spelling: Base32 in capitals without padding,
    /// hexadecimal in small letters, Base64 with padding; `lenient` forgives case and padding.
    pub(crate) fn decode(self, text: &str, lenient: bool) -> Option<Vec<u8>> {
        let bytes = text.as_bytes();
        let decoded = match (self, lenient) {
            (Self::Base32, false) => BASE32_NOPAD.decode(bytes),
            (Self::Base32, true) => {
                let upper = text.to_ascii_uppercase();
                match upper.contains('=') {
                    true => BASE32.decode(upper.as_bytes()),
                    false => BASE32_NOPAD.decode(upper.as_bytes()),
                }
            }
            (Self::Base64, _) => BASE64.decode(bytes),
            (Self::Hexadecimal, false) => HEXLOWER.decode(bytes),
            (Self::Hexadecimal, true) => HEXLOWER_PERMISSIVE.decode(bytes),
        };
        decoded.ok().filter(|bytes| !bytes.is_empty())
    }
}

/// One profile (Classic) or custom OTP authenticator (Identity Engine), before it has an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProfileSettings {
    pub(crate) name: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) digits: Digits,
    pub(crate) period: Period,
    pub(crate) encoding: Encoding,
    pub(crate) adjacent: u8,
    pub(crate) active: bool,
}

impl ProfileSettings {
    /// Reads `name:algorithm:digits:period:encoding:adjacent[:inactive]`, several with commas.
    pub(crate) fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        text.split(',').map(|one| Self::parse(one.trim())).collect()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        let (settings, active) = match parts.as_slice() {
            [settings @ .., "inactive"] => (settings, false),
            settings => (settings, true),
        };
        let [name, algorithm, digits, period, encoding, adjacent] = settings else {
            return Err(format!(
                "profile {text:?}: expected name:algorithm:digits:period:encoding:adjacent"
            ));
        };
        let wrong = |what: &str| format!("profile {name:?}: {what}");
        Ok(Self {
            name: (*name).to_owned(),
            algorithm: algorithm.parse().map_err(|_| wrong("algorithm"))?,
            digits: parse_digits(digits).ok_or_else(|| wrong("digits must be 6 or 8"))?,
            period: parse_period(period).ok_or_else(|| wrong("period in seconds"))?,
            encoding: Encoding::parse(encoding)
                .ok_or_else(|| wrong("encoding must be base32, base64 or hexadecimal"))?,
            adjacent: parse_adjacent(adjacent).ok_or_else(|| wrong("adjacent must be 0 to 10"))?,
            active,
        })
    }

    /// Okta's name of the algorithm.
    pub(crate) const fn hmac(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Sha1 => "HMacSHA1",
            Algorithm::Sha256 => "HMacSHA256",
            Algorithm::Sha512 => "HMacSHA512",
        }
    }

    /// `sha1`, `sha256` or `sha512`.
    pub(crate) fn algorithm_word(&self) -> String {
        self.hmac().trim_start_matches("HMac").to_ascii_lowercase()
    }

    pub(crate) const fn totp(&self) -> Totp {
        Totp::new(self.digits, self.period)
    }

    pub(crate) const fn window(&self) -> Window {
        Window::symmetric(self.adjacent as u64)
    }
}

/// As it is read.
impl fmt::Display for ProfileSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = self.algorithm_word();
        let (digits, period) = (self.digits, self.period);
        let encoding = self.encoding.name();
        write!(
            f,
            "{}:{algorithm}:{digits}:{period}:{encoding}:{}",
            self.name, self.adjacent
        )?;
        f.write_str(if self.active { "" } else { ":inactive" })
    }
}

fn parse_digits(text: &str) -> Option<Digits> {
    let digits = text.parse().ok().filter(|digits| digits % 2 == 0)?;
    Digits::new(digits).ok()
}

fn parse_period(text: &str) -> Option<Period> {
    Period::new(text.parse().ok()?).ok()
}

fn parse_adjacent(text: &str) -> Option<u8> {
    text.parse().ok().filter(|adjacent| *adjacent <= 10)
}

/// A profile of the organisation.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) id: String,
    pub(crate) settings: ProfileSettings,
}

impl Profile {
    const fn status(&self) -> &'static str {
        if self.settings.active {
            "ACTIVE"
        } else {
            "INACTIVE"
        }
    }

    /// The authenticator of Identity Engine; it does not hold the settings.
    pub(crate) fn authenticator(&self, base: &str) -> Value {
        let href = format!("{base}/api/v1/authenticators/{}", self.id);
        let (link, action) = match self.settings.active {
            true => ("deactivate", "lifecycle/deactivate"),
            false => ("activate", "lifecycle/activate"),
        };
        json!({
            "type": "security_key", "id": self.id, "key": "custom_otp", "status": self.status(),
            "name": self.settings.name, "created": CREATED, "lastUpdated": CREATED,
            "_links": {
                "self": {"href": href, "hints": {"allow": ["GET", "PUT"]}},
                link: {"href": format!("{href}/{action}"), "hints": {"allow": ["POST"]}},
                "methods": {"href": format!("{href}/methods"), "hints": {"allow": ["GET"]}},
            },
        })
    }

    /// The method `otp` of the authenticator: here are the settings.
    pub(crate) fn method(&self, base: &str, switches: &OktaSwitches) -> Value {
        let href = format!("{base}/api/v1/authenticators/{}/methods/otp", self.id);
        let (encoding, algorithm) = self.spelt(switches);
        let settings = json!({
            "protocol": "TOTP", "timeIntervalInSeconds": self.settings.period.seconds(),
            "encoding": encoding, "algorithm": algorithm,
            "passCodeLength": self.settings.digits.get(),
            "acceptableAdjacentIntervals": self.settings.adjacent,
        });
        let links = json!({"self": {"href": href, "hints": {"allow": ["GET", "PUT"]}}});
        let mut method = json!({"type": "otp", "status": self.status(), "_links": links});
        match (switches.settings_place, method.as_object_mut(), settings) {
            (SettingsPlace::Flat, Some(method), Value::Object(settings)) => method.extend(settings),
            (_, Some(method), settings) => {
                method.insert("settings".to_owned(), settings);
            }
            _ => {}
        }
        method
    }

    /// The profile as Classic lists it.
    pub(crate) fn hotp_profile(&self, switches: &OktaSwitches) -> Value {
        let (encoding, algorithm) = self.spelt(switches);
        json!({
            "id": self.id, "default": false, "name": self.settings.name,
            "settings": {
                "timeBased": true, "otpLength": self.settings.digits.get(),
                "timeStep": self.settings.period.seconds(),
                "acceptableAdjacentIntervals": self.settings.adjacent,
                "encoding": encoding, "hmacAlgorithm": algorithm,
            },
        })
    }

    fn spelt(&self, switches: &OktaSwitches) -> (String, String) {
        let (encoding, algorithm) = (self.settings.encoding.name(), self.settings.hmac());
        if switches.settings_case == SettingsCase::Plain {
            return (encoding.to_owned(), algorithm.to_owned());
        }
        let (first, rest) = encoding.split_at(1);
        let encoding = first.to_ascii_uppercase() + rest;
        (encoding, algorithm.to_ascii_uppercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_profiles_parse() {
        let profiles = ProfileSettings::parse_list(DEFAULT).unwrap();
        let kinds: Vec<_> = profiles
            .iter()
            .map(|p| {
                (
                    p.name.as_str(),
                    p.hmac(),
                    p.period.seconds(),
                    p.encoding.name(),
                )
            })
            .collect();
        assert_eq!(
            kinds,
            [
                ("Token2 SHA-1 30 s", "HMacSHA1", 30, "base32"),
                ("Token2 SHA-1 60 s", "HMacSHA1", 60, "hexadecimal"),
                ("Token2 SHA-256 30 s", "HMacSHA256", 30, "base64"),
                ("Token2 SHA-256 60 s", "HMacSHA256", 60, "base32"),
            ]
        );
        assert!(
            profiles
                .iter()
                .all(|p| p.active && p.adjacent == 3 && p.digits == Digits::SIX)
        );
    }

    #[test]
    fn bad_profiles_are_refused() {
        for bad in [
            "",
            "a:sha1:6:30:base32",
            "a:md5:6:30:base32:3",
            "a:sha1:7:30:base32:3",
            "a:sha1:10:30:base32:3",
            "a:sha1:6:0:base32:3",
            "a:sha1:6:30:base16:3",
            "a:sha1:6:30:base32:11",
            "a:sha1:6:30:base32:3:asleep",
        ] {
            assert!(ProfileSettings::parse_list(bad).is_err(), "{bad}");
        }
        let asleep = ProfileSettings::parse_list("a:sha512:8:15:base64:10:inactive").unwrap();
        assert!(!asleep[0].active);
    }

    #[test]
    fn secrets_decode_in_their_canonical_spelling_only() {
        let good = [
            (Encoding::Base32, "GEZDGNBV"),
            (Encoding::Hexadecimal, "3132333435"),
            (Encoding::Base64, "MTIzNDU="),
        ];
        for (encoding, text) in good {
            assert_eq!(encoding.decode(text, false).unwrap(), b"12345");
        }
        let bad = [
            (Encoding::Base32, "gezdgnbv"),
            (Encoding::Base32, "GEZDGNA="),
            (Encoding::Base32, "GEZDGNB1"),
            (Encoding::Base32, ""),
            (Encoding::Hexadecimal, "3132333435FF"),
            (Encoding::Hexadecimal, "313"),
            (Encoding::Base64, "MTIzNDU"),
        ];
        for (encoding, text) in bad {
            assert!(encoding.decode(text, false).is_none(), "{text}");
        }
        assert!(Encoding::Base32.decode("gezdgna=", true).is_some());
        assert!(Encoding::Hexadecimal.decode("31FF", true).is_some());
    }
}
