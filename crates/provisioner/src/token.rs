//! What is wanted: the tokens of a file, without and with their seeds.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use oath_core::{Algorithm, Code, Digits, Period};
use seedfile::{ReadOptions, Refusal, Seed, SeedFile, Serial, TokenRecord};
use serde::{Deserialize, Serialize};

use crate::{Plan, TokenId, UserId, wire};

/// One token of the file, without its seed: all that a plan may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Where the record begins in the file, see [`TokenRecord::row`].
    pub row: usize,
    /// The serial number on the device.
    pub serial: Serial,
    /// Who shall hold it, as the file names them.
    pub user: Option<String>,
    /// The hash of its codes.
    #[serde(with = "wire::algorithm")]
    pub algorithm: Algorithm,
    /// The length of its codes.
    #[serde(with = "wire::digits")]
    pub digits: Digits,
    /// Its time step.
    #[serde(with = "wire::period")]
    pub period: Period,
    /// The maker, as the file says.
    pub manufacturer: String,
    /// The model, as the file says.
    pub model: String,
    /// The length of its seed in bits; 0 where its seed is not at hand.
    pub seed_bits: usize,
    /// What tells its seed from another one without saying anything about either; none where its seed
    /// is not at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// By how many time steps its clock is known to be ahead. Codes are computed for its time.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub drift: i32,
    /// The provider's id of it, where it was chosen from the inventory: which token is meant, where its
    /// serial number alone does not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<TokenId>,
    /// Who held it then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<UserId>,
    /// The token of the same user that is taken back before this one is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<TokenId>,
    /// Whether it was uploaded as a file in the provider's admin pages: it is found by its id alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uploaded: bool,
    /// Whether a code is at hand that somebody read off the device.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub typed: bool,
}

/// Tells whether two seeds of one serial are the same: HMAC-SHA-256 over the seed, keyed with the
/// serial in lower case, cut to 128 bits. Equal seeds of different tokens have different fingerprints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a token's seed.
    #[must_use]
    pub fn of(serial: &Serial, seed: &Seed) -> Self {
        Self(wire::keyed_hex(&serial.folded(), seed.expose()))
    }

    /// A fingerprint that was written down.
    #[must_use]
    pub fn recorded(text: String) -> Self {
        Self(text)
    }

    /// The hexadecimal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A record of the file that cannot become a token. It is reported and never sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// Where the record begins in the file.
    pub row: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// Something that keeps a row from the wanted state, for people and for scripts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable word for scripts: `user-unknown`.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What a person can do next.
    pub next: String,
}

impl Problem {
    /// The code of an answer that is not what the service documents.
    pub const BAD_ANSWER: &'static str = "bad-answer";
    /// The code of a token of the user's that is not this one.
    pub const OTHER_TOKEN: &'static str = "other-token";
    /// The code of a token whose clock is outside the provider's window.
    pub const CLOCK_OFF: &'static str = "clock-off";
    /// The code of a call that the service refused because there were too many.
    pub const THROTTLED: &'static str = "throttled";
    /// The code of a row for which something else is so than when its plan was made.
    pub const CHANGED: &'static str = "changed-since-plan";
    /// The code of a call whose one-time code was refused.
    pub const CODE_REFUSED: &'static str = "code-refused";
    /// The code of a token whose code, read off the device, was sent already or is too old.
    pub const CODE_SPENT: &'static str = "code-spent";
    /// The code of what the sign-in may not do.
    pub const PERMISSION: &'static str = "permission";
    /// The code of a token that is not in the inventory.
    pub const NOT_THERE: &'static str = "not-there";
    /// The code of a sign-in that was refused.
    pub const SIGN_IN: &'static str = "sign-in";
    /// The code of a call at which the service itself failed: it helps to try again.
    pub const UNAVAILABLE: &'static str = "service-unavailable";
    /// The code of a call that nothing answered.
    pub const UNREACHABLE: &'static str = "unreachable";

    /// A problem from its three parts.
    pub fn new(
        code: impl Into<String>,
        message: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            next: next.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.next)
    }
}

/// The SHA-256 of a seed file, in hexadecimal: says that a run goes on with the file it began with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileDigest(String);

impl FileDigest {
    /// The digest of a file's bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(wire::sha256_hex(bytes))
    }

    /// The hexadecimal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A seed file made ready for a run: every token, every unreadable record, and the seeds apart.
#[derive(Debug)]
pub struct Roster {
    file: FileDigest,
    tokens: Vec<Token>,
    unreadable: Vec<Unreadable>,
    seeds: BTreeMap<Serial, Seed>,
    typed: BTreeMap<Serial, Typed>,
}

/// A code that somebody read off a device.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub(crate) code: Code,
    /// When, in monotonic time of the clock that the run goes by.
    pub(crate) at: Duration,
}

impl Roster {
    /// Reads and checks a whole file.
    ///
    /// # Errors
    /// [`Refusal`] when the file cannot be trusted as a whole.
    pub fn read(bytes: &[u8], options: &ReadOptions) -> Result<Self, Refusal> {
        Ok(Self::new(
            seedfile::read(bytes, options)?,
            FileDigest::of(bytes),
        ))
    }

    /// A roster of a file that was read already.
    #[must_use]
    pub fn new(file: SeedFile, digest: FileDigest) -> Self {
        let mut roster = Self {
            file: digest,
            tokens: Vec::with_capacity(file.tokens.len()),
            unreadable: unreadable(&file),
            seeds: BTreeMap::new(),
            typed: BTreeMap::new(),
        };
        for record in file.tokens {
            match Token::try_from(&record) {
                Ok(token) => {
                    roster.tokens.push(token);
                    roster.seeds.insert(record.serial, record.seed);
                }
                Err(problem) => roster.unreadable.push(Unreadable {
                    row: record.row,
                    problem,
                }),
            }
        }
        roster.unreadable.sort_by_key(|record| record.row);
        roster
    }

    /// A roster of one token, of which somebody pasted the key, the `otpauth` link or the line of the
    /// seed file: see [`seedfile::pasted`]. Its digest is that of the token's fingerprint. The caller
    /// owns the text and wipes it.
    ///
    /// # Errors
    /// [`Problem`] where it is not this token; it never shows what was pasted.
    pub fn of_seed(serial: &Serial, text: &str, options: &ReadOptions) -> Result<Self, Problem> {
        let record = seedfile::pasted(text, serial, options)
            .map_err(|error| Problem::new(error.code(), format!("{error}"), error.help()))?;
        let token = Token::try_from(&record)?;
        let fingerprint = Fingerprint::of(&record.serial, &record.seed);
        Ok(Self {
            file: FileDigest::of(fingerprint.as_str().as_bytes()),
            tokens: vec![token],
            unreadable: Vec::new(),
            seeds: BTreeMap::from([(record.serial, record.seed)]),
            typed: BTreeMap::new(),
        })
    }

    /// A roster of tokens whose seeds are not at hand, such as those of an inventory. Its digest is that
    /// of their serial numbers.
    #[must_use]
    pub fn without_seeds(tokens: Vec<Token>) -> Self {
        let serials = tokens.iter().map(|token| token.serial.folded());
        let serials: Vec<_> = serials.collect();
        Self {
            file: FileDigest::of(serials.join("\n").as_bytes()),
            tokens,
            unreadable: Vec::new(),
            seeds: BTreeMap::new(),
            typed: BTreeMap::new(),
        }
    }

    /// The same with records that cannot become tokens.
    pub(crate) fn with_unreadable(self, unreadable: Vec<Unreadable>) -> Self {
        Self { unreadable, ..self }
    }

    /// The tokens of a plan, to go on with a run that needs no seed.
    #[must_use]
    pub fn of_plan(plan: &Plan) -> Self {
        let tokens = plan.rows.iter().map(|row| row.token.clone());
        Self {
            file: plan.file.clone(),
            ..Self::without_seeds(tokens.collect())
        }
    }

    /// The one token with this serial number, for a user of the caller's choice; none where it is not
    /// there.
    #[must_use]
    pub fn only(mut self, serial: &Serial, user: &str) -> Option<Self> {
        let place = self
            .tokens
            .iter()
            .position(|token| token.serial == *serial)?;
        let mut token = self.tokens.swap_remove(place);
        token.user = Some(user.to_owned());
        self.seeds.retain(|of, _| of == serial);
        self.tokens = vec![token];
        self.unreadable = Vec::new();
        Some(self)
    }

    /// Says by how many time steps the clock of a token is ahead.
    pub fn set_drift(&mut self, serial: &Serial, steps: i32) {
        let mut tokens = self.tokens.iter_mut();
        if let Some(token) = tokens.find(|token| token.serial == *serial) {
            token.drift = steps;
        }
    }

    /// Says who shall hold a token.
    pub fn set_user(&mut self, serial: &Serial, user: String) {
        let mut tokens = self.tokens.iter_mut();
        if let Some(token) = tokens.find(|token| token.serial == *serial) {
            token.user = Some(user);
        }
    }

    /// Says which token is taken back before these are given.
    pub(crate) fn replacing(mut self, old: &TokenId) -> Self {
        for token in &mut self.tokens {
            token.replaces = Some(old.clone());
        }
        self
    }

    /// Takes a code that somebody read off a device, `at` this monotonic time of the clock that the run
    /// goes by. It is sent once, and not when it is older than two time steps.
    pub fn add_code(&mut self, serial: &Serial, code: Code, at: Duration) {
        let mut tokens = self.tokens.iter_mut();
        if let Some(token) = tokens.find(|token| token.serial == *serial) {
            token.typed = true;
            self.typed.insert(serial.clone(), Typed { code, at });
        }
    }

    /// The digest of the file.
    #[must_use]
    pub fn file(&self) -> &FileDigest {
        &self.file
    }

    /// The tokens in the order of the file.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The records that cannot become tokens.
    #[must_use]
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// The seed of a token.
    #[must_use]
    pub fn seed(&self, serial: &Serial) -> Option<&Seed> {
        self.seeds.get(serial)
    }

    /// Whether the seed of any token is at hand.
    #[must_use]
    pub fn has_seeds(&self) -> bool {
        !self.seeds.is_empty()
    }

    /// The code that somebody read off a device.
    pub(crate) fn typed(&self, serial: &Serial) -> Option<&Typed> {
        self.typed.get(serial)
    }

    /// Whether codes are at hand that somebody read off devices.
    #[must_use]
    pub fn has_typed_codes(&self) -> bool {
        !self.typed.is_empty()
    }
}

/// Fails for a token that counts events: the identity providers take none.
impl TryFrom<&TokenRecord> for Token {
    type Error = Problem;

    fn try_from(record: &TokenRecord) -> Result<Self, Problem> {
        let period = record.period().ok_or_else(|| {
            Problem::new(
                "counts-events",
                "the token counts events (HOTP), and the identity provider takes time-based tokens only",
                "leave it out, or say that it counts time if the file does not",
            )
        })?;
        Ok(Self {
            row: record.row,
            serial: record.serial.clone(),
            user: record.user.clone(),
            algorithm: record.algorithm,
            digits: record.digits,
            period,
            manufacturer: record.manufacturer.clone(),
            model: record.model.clone(),
            seed_bits: record.seed.bits(),
            fingerprint: Some(Fingerprint::of(&record.serial, &record.seed)),
            drift: record.drift.unwrap_or_default(),
            id: None,
            holder: None,
            replaces: None,
            uploaded: false,
            typed: false,
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(steps: &i32) -> bool {
    *steps == 0
}

/// One entry a rejected row; the first problem of a row speaks for it.
fn unreadable(file: &SeedFile) -> Vec<Unreadable> {
    let mut rows: BTreeMap<usize, Problem> = BTreeMap::new();
    for problem in &file.problems {
        rows.entry(problem.row).or_insert_with(|| {
            Problem::new(
                problem.code(),
                format!("{}: {}", problem.field, problem.kind),
                problem.help(),
            )
        });
    }
    rows.into_iter()
        .map(|(row, problem)| Unreadable { row, problem })
        .collect()
}

/// How far tokens shall come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// In the identity provider's inventory, without a holder.
    Imported,
    /// Held by its user, not yet usable.
    Assigned,
    /// Usable at sign-in.
    Activated,
}

impl State {
    /// The word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Assigned => "assigned",
            Self::Activated => "activated",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use oath_core::Key;

    use super::*;

    const KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn pasted(text: &str) -> Result<Roster, Problem> {
        let serial = Serial::new("60234567")
            .map_err(|error| Problem::new("serial", error.to_string(), ""))?;
        let options = ReadOptions::default().algorithm(oath_core::Algorithm::Sha1);
        Roster::of_seed(&serial, text, &options.period(Period::THIRTY))
    }

    #[test]
    fn a_pasted_key_makes_a_roster_of_one_token() -> Result<(), Problem> {
        let link = format!("otpauth://totp/ann?secret={KEY}");
        let line = format!("ann@example.com,60234567,{KEY},30,Token2,C202");
        for text in [KEY, &link, &line] {
            let roster = pasted(text)?;
            let [token] = roster.tokens() else {
                panic!("one token: {roster:?}");
            };
            assert_eq!(token.serial.as_str(), "60234567");
            let seed = roster.seed(&token.serial).map(Seed::expose);
            assert_eq!(seed, Some(b"12345678901234567890".as_slice()));
            // RFC 4226, appendix D.
            let key = Key::new(token.algorithm, seed.unwrap_or_default());
            let code = oath_core::Totp::new(token.digits, token.period).at_step(&key, 0);
            assert_eq!(code.as_str(), "755224");
            // However it was pasted, it is the same.
            assert_eq!(roster.file(), pasted(KEY)?.file());
            assert!(!format!("{roster:?}").contains("GEZD"));
        }
        Ok(())
    }

    #[test]
    fn what_is_no_key_is_a_problem_that_does_not_show_it() {
        for (text, code) in [
            (format!("{KEY}!"), "secret-characters"),
            (format!("60234568,{KEY},30"), "other-serial"),
            (
                format!("otpauth://hotp/a?secret={KEY}&counter=1"),
                "counts-events",
            ),
        ] {
            let problem = pasted(&text).err();
            assert_eq!(problem.as_ref().map(|problem| &*problem.code), Some(code));
            assert!(!format!("{problem:?}").contains("GEZD"));
        }
    }
}
