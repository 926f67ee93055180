//! The seam to an identity provider: what it can do, what it has, what it answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use async_trait::async_trait;
use idp_http::Retry;
use oath_core::{Algorithm, Code, Digits, Period};
use seedfile::{Seed, Serial};
use serde::{Deserialize, Serialize};

use crate::{
    Finding, Fingerprint, FoundUser, Goal, Health, InventoryFilter, InventoryToken, Pace, Problem,
    Quota, State, Token, Twin, Whose, wire,
};

/// One thing that is done to a token. The set is closed: what an identity provider combines in one
/// call is said by its [`Capabilities`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Operation {
    /// Make the token known, with its seed.
    Import,
    /// Give it to its holder.
    Assign,
    /// Make it usable.
    Activate,
    /// Make it unusable, and leave it with its holder.
    Deactivate,
    /// Take it from its holder.
    Unassign,
    /// Make it unknown.
    Delete,
    /// Prove with a code that a token found there holds this seed.
    Verify,
}

impl Operation {
    /// The state that it leads to; `None` is a token that is not there.
    #[must_use]
    pub fn leads_to(self) -> Option<State> {
        match self {
            Self::Import | Self::Unassign => Some(State::Imported),
            Self::Assign | Self::Deactivate => Some(State::Assigned),
            Self::Activate | Self::Verify => Some(State::Activated),
            Self::Delete => None,
        }
    }

    /// Whether a token in this state shows that the operation was done.
    pub(crate) fn is_seen_in(self, state: Option<State>) -> bool {
        match self {
            Self::Deactivate | Self::Unassign | Self::Delete => state <= self.leads_to(),
            Self::Import | Self::Assign | Self::Activate | Self::Verify => state >= self.leads_to(),
        }
    }

    /// The word in plans.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Assign => "assign",
            Self::Activate => "activate",
            Self::Deactivate => "deactivate",
            Self::Unassign => "unassign",
            Self::Delete => "delete",
            Self::Verify => "verify",
        }
    }
}

/// Operations on one token that travel in one call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Step(pub Vec<Operation>);

impl Step {
    /// True for a step that changes something; a verification only proves something.
    #[must_use]
    pub fn changes_something(&self) -> bool {
        self.0 != [Operation::Verify]
    }

    /// True where the token is proved by one of its codes.
    #[must_use]
    pub fn takes_code(&self) -> bool {
        let mut all = self.0.iter();
        all.any(|one| matches!(one, Operation::Activate | Operation::Verify))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|operation| operation.name()).collect();
        f.write_str(&names.join(" + "))
    }
}

/// A step that an identity provider offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRule {
    /// The operations, in order.
    pub step: Step,
    /// How many tokens one call takes.
    pub tokens: NonZeroUsize,
    /// Whether the call carries a code of the token.
    pub code: bool,
    /// What the call counts against.
    pub quota: Quota,
}

impl StepRule {
    /// A step whose call takes one token.
    #[must_use]
    pub fn single(operations: &[Operation], quota: Quota) -> Self {
        Self {
            step: Step(operations.to_vec()),
            tokens: NonZeroUsize::MIN,
            code: false,
            quota,
        }
    }

    /// The same step, whose call carries a code.
    #[must_use]
    pub fn with_code(self) -> Self {
        Self { code: true, ..self }
    }
}

/// Tokens that an identity provider can use: Entra has one such shape, Okta one a factor profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How the provider knows it; empty where there is only one.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Hashes it takes.
    pub algorithms: Vec<Algorithm>,
    /// Code lengths it takes.
    pub digits: Vec<Digits>,
    /// Time steps it takes.
    pub periods: Vec<Period>,
    /// The longest seed it takes, in bits.
    pub seed_bits: usize,
    /// By how many time steps a clock may be off at the most when a token is proved.
    pub drift: u32,
}

impl Shape {
    /// The properties of `token` that do not fit, for a message; empty where it fits.
    #[must_use]
    pub fn misfits(&self, token: &Token) -> Vec<String> {
        let mut misfits = Vec::new();
        if !self.algorithms.contains(&token.algorithm) {
            misfits.push(format!("algorithm {}", token.algorithm));
        }
        if !self.digits.contains(&token.digits) {
            misfits.push(format!("{} digits", token.digits));
        }
        if !self.periods.contains(&token.period) {
            misfits.push(format!("{} s", token.period.seconds()));
        }
        if token.seed_bits > self.seed_bits {
            misfits.push(format!("a seed of {} bits", token.seed_bits));
        }
        if token.drift.unsigned_abs() > self.drift {
            misfits.push(format!("a clock that is {} time steps off", token.drift));
        }
        misfits
    }
}

/// What an identity provider can do. All that a plan needs to know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The calls it offers.
    pub steps: Vec<StepRule>,
    /// The tokens it can use.
    pub shapes: Vec<Shape>,
    /// How many tokens one user can have.
    pub tokens_per_user: usize,
    /// How many calls may be in flight. Fewer are, where more do not help.
    pub workers: NonZeroUsize,
    /// Whether it keeps serial numbers. Where it does not, the ledger says which token is which.
    pub serials: bool,
}

impl Capabilities {
    /// How a token is left that is taken from its holder: where there is no inventory of tokens that
    /// nobody holds, it is gone.
    #[must_use]
    pub fn taken_back(&self) -> Goal {
        let unassign = Step(vec![Operation::Unassign]);
        match self.steps.iter().any(|rule| rule.step == unassign) {
            true => Goal::Unassigned,
            false => Goal::Deleted,
        }
    }
}

/// The tenant or organisation that a run writes to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tenant {
    /// `entra`, `okta` or a name of your own.
    pub idp: String,
    /// The tenant's id or the organisation's id.
    pub id: String,
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.idp, self.id)
    }
}

/// The provider's id of a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub String);

/// The provider's id of a token: a device in Entra, a factor in Okta.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenId(pub String);

/// Whom a name in the file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Person {
    /// Exactly one user, who may hold tokens.
    Found(UserId),
    /// Exactly one user, who can be given no token, and why.
    Barred(UserId, Problem),
    /// Nobody, or several.
    Unusable(Problem),
}

impl Person {
    /// The one user whom a name means, whether that one can be given tokens or not.
    ///
    /// # Errors
    /// [`Problem`] where the name means nobody or several.
    pub fn id(&self) -> Result<&UserId, &Problem> {
        match self {
            Self::Found(id) | Self::Barred(id, _) => Ok(id),
            Self::Unusable(problem) => Err(problem),
        }
    }
}

/// A token as the provider has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The provider's id of it.
    pub id: TokenId,
    /// How far it is.
    pub state: State,
    /// Who has it.
    pub holder: Option<UserId>,
    /// Whether one of its codes was accepted, as the ledger says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub code_accepted: bool,
    /// Whether it is known to be the token of this serial. Okta keeps no serials: a factor found at
    /// a user has to be proved by a code.
    pub proven: bool,
    /// Its hash, where the provider says.
    #[serde(with = "wire::optional_algorithm")]
    pub algorithm: Option<Algorithm>,
    /// Its time step, where the provider says.
    #[serde(with = "wire::optional_period")]
    pub period: Option<Period>,
    /// The seed that was sent for it, where that is known. No provider shows a seed.
    pub fingerprint: Option<Fingerprint>,
}

/// What a look at tokens showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    /// The tokens that are there, of those that were looked for.
    pub tokens: BTreeMap<Serial, Observed>,
    /// How many other tokens their intended holders have, as far as the look came by them.
    pub others: BTreeMap<UserId, usize>,
}

impl From<BTreeMap<Serial, Observed>> for Sighting {
    fn from(tokens: BTreeMap<Serial, Observed>) -> Self {
        let others = BTreeMap::new();
        Self { tokens, others }
    }
}

/// What to look for when tokens are observed.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<'a> {
    /// The token.
    pub token: &'a Token,
    /// Its intended holder.
    pub user: Option<&'a UserId>,
    /// What an earlier answer or run knows.
    pub known: Option<&'a Known>,
    /// Other tokens that the intended holder has, as earlier answers and runs know.
    pub rivals: &'a [Known],
    /// True where this run changed it, or may have: what does not show it is believed.
    pub touched: bool,
    /// True where a call for this token was refused or ended in doubt: look thoroughly.
    pub doubtful: bool,
}

/// Where a token went, as an earlier answer said. Necessary where the provider keeps no serials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The provider's id of the token.
    pub id: TokenId,
    /// Who holds it.
    pub user: Option<UserId>,
    /// What that user signs in with, as a file said.
    pub name: Option<String>,
    /// The seed that was sent, or proved by a code; none where somebody else's record says where the
    /// token went.
    pub fingerprint: Option<Fingerprint>,
    /// Whether one of its codes was accepted.
    pub code_accepted: bool,
}

/// One token's part of a call.
#[derive(Debug)]
pub struct Work<'a> {
    /// The token.
    pub token: &'a Token,
    /// Its seed, where it is at hand; leaves the process in the body of an import alone.
    pub seed: Option<&'a Seed>,
    /// Its intended holder, or who is to lose it.
    pub user: Option<&'a UserId>,
    /// The provider's id, once there is one.
    pub id: Option<&'a TokenId>,
    /// The [`Shape`] that the plan chose.
    pub shape: &'a str,
    /// A code for the provider's now, or one that somebody read off the device, where the step carries
    /// one.
    pub code: Option<Code>,
}

impl<'w> Work<'w> {
    /// The seed, for a call that cannot be made without it.
    ///
    /// # Errors
    /// [`Failure`] where it is not at hand.
    pub fn require_seed(&self) -> Result<&'w Seed, Failure> {
        self.seed.ok_or_else(|| Failure {
            verdict: Verdict::Refused,
            problem: Problem::new(
                "seed-missing",
                "the token's seed is not at hand",
                "name the seed file",
            ),
            request_id: None,
        })
    }
}

/// What a successful call says about one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The provider's id of the token, where the answer holds one.
    pub id: Option<TokenId>,
    /// The state that the answer shows. `None` for an answer without content: the state is read
    /// back before it is reported.
    pub state: Option<State>,
    /// The service's id of the request.
    pub request_id: Option<String>,
}

/// Why a call did not succeed for a token, and what may be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What may be done next.
    pub verdict: Verdict,
    /// What to tell people.
    pub problem: Problem,
    /// The service's id of the request.
    pub request_id: Option<String>,
}

impl Failure {
    /// The end of a token that an answer leaves out.
    #[must_use]
    pub fn unanswered(request_id: Option<String>) -> Self {
        Self {
            verdict: Verdict::Unknown { after: None },
            problem: Problem::new(
                "no-answer",
                "the service's answer leaves this token out",
                "run again",
            ),
            request_id,
        }
    }

    /// What is forbidden for one user need not be so for others.
    #[must_use]
    pub fn of_one(self) -> Self {
        let forbidden = self.verdict == Verdict::Stop && self.problem.code == Problem::PERMISSION;
        Self {
            verdict: if forbidden {
                Verdict::Forbidden
            } else {
                self.verdict
            },
            ..self
        }
    }

    /// A failure of a call. The message names the request, for the service's support.
    #[must_use]
    pub fn of_call(
        verdict: Verdict,
        code: &str,
        mut message: String,
        next: String,
        request_id: Option<&str>,
    ) -> Self {
        if let Some(id) = request_id.filter(|id| !message.contains(id)) {
            message = format!("{message} [request {id}]");
        }
        Self {
            verdict,
            problem: Problem::new(code, message, next),
            request_id: request_id.map(str::to_owned),
        }
    }
}

/// What may be done after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was done; it may be repeated.
    Retry {
        /// How long the service asked to wait.
        after: Option<Duration>,
    },
    /// It may have been done: read first.
    Unknown {
        /// How long the service asked to wait.
        after: Option<Duration>,
    },
    /// It may have been done, and doing it again is harmless: the service refuses it then.
    Again {
        /// How long the service asked to wait.
        after: Option<Duration>,
    },
    /// The service will not do it.
    Refused,
    /// The service will not do it before this time since the Unix epoch.
    Later(Duration),
    /// The sign-in may not do it: for this token alone, or at all. The engine finds out which.
    Forbidden,
    /// The whole run cannot go on: sign-in, permission, configuration.
    Stop,
}

impl Verdict {
    /// The verdict of a client. A final one ends the run where it `concerns_the_run`.
    #[must_use]
    pub fn of(retry: Retry, concerns_the_run: bool) -> Self {
        match retry {
            Retry::Safe { after } => Self::Retry { after },
            Retry::InDoubt { after } => Self::Unknown { after },
            Retry::Never if concerns_the_run => Self::Stop,
            Retry::Never => Self::Refused,
        }
    }

    /// The wait that the service asked for.
    #[must_use]
    pub fn wait(self) -> Option<Duration> {
        match self {
            Self::Retry { after } | Self::Unknown { after } | Self::Again { after } => after,
            Self::Refused | Self::Later(_) | Self::Forbidden | Self::Stop => None,
        }
    }
}

/// An identity provider as the engine sees it.
///
/// Reads go through [`Pace::read`], which repeats them; a step is attempted once.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Where the tokens go.
    fn tenant(&self) -> &Tenant;

    /// What it can do.
    fn capabilities(&self) -> &Capabilities;

    /// Its time since the Unix epoch; codes are computed for it.
    fn unix(&self) -> Duration;

    /// By how much that time may be off. A code is not sent so close to the end of its time step.
    fn unix_uncertainty(&self) -> Duration {
        Duration::from_millis(500)
    }

    /// Finds the users that the file names.
    ///
    /// # Errors
    /// [`Failure`] when the directory could not be read; not for users that are missing.
    async fn users(
        &self,
        pace: &Pace,
        names: &[String],
    ) -> Result<BTreeMap<String, Person>, Failure>;

    /// Reads the present state of tokens; those that are not there are left out.
    ///
    /// # Errors
    /// [`Failure`] when the state could not be read.
    async fn tokens(&self, pace: &Pace, lookups: &[Lookup<'_>]) -> Result<Sighting, Failure>;

    /// Hands the tokens of the inventory that fit a filter to `take`, in the provider's order. `known`
    /// is where tokens went, as the ledger says: the inventory of a provider that keeps no serial numbers.
    ///
    /// # Errors
    /// [`Failure`] when the inventory could not be read to its end, or where there is none.
    async fn inventory(
        &self,
        _pace: &Pace,
        _known: &BTreeMap<Serial, Known>,
        _filter: &InventoryFilter,
        _take: &mut (dyn FnMut(InventoryToken) + Send),
    ) -> Result<(), Failure> {
        Err(self.lacks("an inventory"))
    }

    /// Tokens that were uploaded as a file in the provider's admin pages, and whose serial number the
    /// inventory has a second time.
    ///
    /// # Errors
    /// [`Failure`] when not everything could be read, or where there is no such upload.
    async fn uploaded_twice(&self, _pace: &Pace, _whose: &Whose) -> Result<Vec<Twin>, Failure> {
        Err(self.lacks("tokens uploaded as a file"))
    }

    /// Finds people by what somebody typed, `most` at the most. Which of them is meant is for a person
    /// to say.
    ///
    /// # Errors
    /// [`Failure`] when the directory could not be searched.
    async fn search(
        &self,
        _pace: &Pace,
        _text: &str,
        _most: usize,
    ) -> Result<Vec<FoundUser>, Failure> {
        Err(self.lacks("a search for people"))
    }

    /// One user by the provider's id; none where there is no such user.
    ///
    /// # Errors
    /// [`Failure`] when the directory could not be read.
    async fn user(&self, _pace: &Pace, _id: &UserId) -> Result<Option<FoundUser>, Failure> {
        Err(self.lacks("a directory of people"))
    }

    /// What users sign in with, by the provider's ids; whoever is not there is left out. A provider whose
    /// inventory names holders by that has nothing to add.
    ///
    /// # Errors
    /// [`Failure`] when the directory could not be read.
    async fn logins(
        &self,
        _pace: &Pace,
        _ids: &BTreeSet<UserId>,
    ) -> Result<BTreeMap<UserId, String>, Failure> {
        Ok(BTreeMap::new())
    }

    /// What speaks against giving a user a token, as far as it can be read beforehand.
    ///
    /// # Errors
    /// [`Failure`] when it could not be read.
    async fn objection(&self, _pace: &Pace, _user: &UserId) -> Result<Option<Problem>, Failure> {
        Ok(None)
    }

    /// Looks whether this sign-in can do its job. Nothing is written.
    async fn examine(&self, _pace: &Pace) -> Vec<Finding> {
        let lacks = self.lacks("an examination");
        vec![Finding::of_failure("sign-in", Health::Bad, &lacks)]
    }

    /// Carries out one step for one or more tokens in a single attempt of a single call.
    /// The answer has one entry for each token, in order. `pace` is there for what the service's
    /// headers say: see [`Pace::announced`].
    async fn perform(
        &self,
        pace: &Pace,
        step: &Step,
        work: &[Work<'_>],
    ) -> Vec<Result<Receipt, Failure>>;

    /// The end of what this identity provider does not offer.
    #[doc(hidden)]
    fn lacks(&self, what: &str) -> Failure {
        Failure {
            verdict: Verdict::Refused,
            problem: Problem::new(
                "not-offered",
                format!("{} has not {what}", self.tenant().idp),
                "use another command",
            ),
            request_id: None,
        }
    }
}
