//! Okta as an [`IdentityProvider`].
//!
//! Enrolling a factor imports, assigns and activates in one call. Okta keeps no serials: where a
//! token went is known from the ledger, and a factor found at a user is proved by a code. A second
//! enrolment is refused by Okta, so an enrolment never takes a token from anyone.

mod calls;
mod examination;
mod failures;
mod inventory;
mod people;
mod profiles;
mod survey;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use oath_core::{Algorithm, Digits, Period};
use okta_factors::{
    DeleteFactor, EnrollFactor, Factor, FactorId, FactorProfile, FactorStatus, GetFactor,
    ListFactors, OktaClient, ProfileId, SecretEncoding, UserId as OktaUserId, Verification,
    VerifyFactor,
};
use secrecy::SecretString;
use seedfile::{Seed, Serial};

use self::calls::{USERS, send};
pub use self::examination::examine;
use self::failures::{again, failure, not_enrolled, not_offered, unproven};
pub use self::survey::{SurveyedProfile, survey};
use crate::{
    Capabilities, Failure, Finding, FoundUser, IdentityProvider, InventoryFilter, InventoryToken,
    Known, Lookup, Observed, Operation, Pace, Person, Problem, Receipt, Shape, Sighting, State,
    Step, StepRule, Tenant, TokenId, UserId, Verdict, Work,
};

/// Okta.
#[derive(Debug)]
pub struct Okta {
    client: OktaClient,
    tenant: Tenant,
    capabilities: Capabilities,
    profiles: Vec<FactorProfile>,
    match_mail: bool,
}

impl Okta {
    /// Reads the organisation and its factor profiles. `profile` is the id or the name of the one to
    /// use; without it each token goes to the one profile that fits.
    ///
    /// # Errors
    /// [`Failure`] when the organisation cannot be read or has no such profile.
    pub async fn connect(
        client: OktaClient,
        pace: &Pace,
        profile: Option<&str>,
    ) -> Result<Self, Failure> {
        let organization = profiles::organization(&client, pace).await?;
        let mut profiles = profiles::all(&client, pace, &organization).await?;
        if let Some(wanted) = profile {
            profiles.retain(|p| p.id.as_str() == wanted || p.name == wanted);
            if profiles.is_empty() {
                return Err(profiles::unknown(wanted));
            }
        }
        Ok(Self {
            client,
            tenant: Tenant {
                idp: "okta".to_owned(),
                id: organization.id,
            },
            capabilities: capabilities(profiles.iter().map(profiles::shape).collect()),
            profiles,
            match_mail: false,
        })
    }

    /// Where no user signs in as a file says, also takes the one active user who has that e-mail
    /// address: for organisations whose logins are none. Off unless asked for, since addresses are not
    /// unique.
    #[must_use]
    pub fn matching_mail(self, on: bool) -> Self {
        Self {
            match_mail: on,
            ..self
        }
    }

    /// The client, for its time and for calls of your own.
    #[must_use]
    pub fn client(&self) -> &OktaClient {
        &self.client
    }

    /// The factor profiles in use.
    #[must_use]
    pub fn profiles(&self) -> &[FactorProfile] {
        &self.profiles
    }
}

/// Okta allows 15 to 75 calls in flight for a whole organisation.
const WORKERS: NonZeroUsize = match NonZeroUsize::new(15) {
    Some(workers) => workers,
    None => NonZeroUsize::MIN,
};

/// What Okta could do with a profile for every kind of token. Needs no sign-in.
#[must_use]
pub fn capabilities_of_any_profile() -> Capabilities {
    let seconds = [15, 30, 60].into_iter();
    let any = Shape {
        id: String::new(),
        name: "Okta".to_owned(),
        algorithms: vec![Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512],
        digits: vec![Digits::SIX, Digits::EIGHT],
        periods: seconds.filter_map(|s| Period::new(s).ok()).collect(),
        seed_bits: usize::MAX,
        drift: u32::MAX,
    };
    capabilities(vec![any])
}

fn capabilities(shapes: Vec<Shape>) -> Capabilities {
    use Operation::{Activate, Assign, Delete, Import, Unassign, Verify};
    Capabilities {
        steps: vec![
            StepRule::single(&[Import, Assign, Activate], USERS),
            StepRule::single(&[Verify], USERS).with_code(),
            StepRule::single(&[Unassign, Delete], USERS),
        ],
        shapes,
        tokens_per_user: 1,
        workers: WORKERS,
        serials: false,
    }
}

#[async_trait]
impl IdentityProvider for Okta {
    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn unix(&self) -> Duration {
        self.client.unix()
    }

    fn unix_uncertainty(&self) -> Duration {
        self.client.unix_uncertainty()
    }

    async fn users(
        &self,
        pace: &Pace,
        names: &[String],
    ) -> Result<BTreeMap<String, Person>, Failure> {
        people::find(&self.client, pace, names, self.match_mail).await
    }

    async fn tokens(&self, pace: &Pace, lookups: &[Lookup<'_>]) -> Result<Sighting, Failure> {
        // A token of which nothing is known costs no call: enrolling it is safe.
        let each = lookups
            .iter()
            .filter(|lookup| lookup.doubtful || place(lookup).is_some())
            .map(|lookup| async move {
                let found = self.find(pace, lookup).await?;
                Ok::<_, Failure>(found.map(|found| (lookup.token.serial.clone(), found)))
            });
        let each: Vec<_> = each.collect();
        let found: Vec<_> = stream::iter(each)
            .buffered(WORKERS.get())
            .try_collect()
            .await?;
        let tokens: BTreeMap<Serial, Observed> = found.into_iter().flatten().collect();
        let others = self.rivals(pace, lookups, &tokens).await?;
        Ok(Sighting { tokens, others })
    }

    async fn inventory(
        &self,
        pace: &Pace,
        known: &BTreeMap<Serial, Known>,
        filter: &InventoryFilter,
        take: &mut (dyn FnMut(InventoryToken) + Send),
    ) -> Result<(), Failure> {
        self.recorded_tokens(pace, known, filter, take).await
    }

    async fn objection(&self, pace: &Pace, user: &UserId) -> Result<Option<Problem>, Failure> {
        examination::objection(&self.client, pace, &okta_user(Some(user))?).await
    }

    async fn examine(&self, pace: &Pace) -> Vec<Finding> {
        examine(&self.client, pace).await
    }

    async fn search(
        &self,
        pace: &Pace,
        text: &str,
        most: usize,
    ) -> Result<Vec<FoundUser>, Failure> {
        people::search(&self.client, pace, text, most).await
    }

    async fn user(&self, pace: &Pace, id: &UserId) -> Result<Option<FoundUser>, Failure> {
        people::user(&self.client, pace, id).await
    }

    async fn perform(
        &self,
        pace: &Pace,
        step: &Step,
        work: &[Work<'_>],
    ) -> Vec<Result<Receipt, Failure>> {
        use Operation::{Activate, Assign, Delete, Import, Unassign, Verify};
        match (step.0.as_slice(), work) {
            ([Import, Assign, Activate], [one]) => vec![self.enrol(pace, one).await],
            ([Verify], [one]) => vec![self.verify(pace, one).await],
            ([Unassign, Delete], [one]) => vec![self.unenrol(pace, one).await],
            (_, many) => many.iter().map(|_| Err(not_offered(step))).collect(),
        }
    }
}

impl Okta {
    async fn find(&self, pace: &Pace, lookup: &Lookup<'_>) -> Result<Option<Observed>, Failure> {
        match self.look(pace, lookup).await {
            // The holder is gone, or out of reach.
            Err(failure) if is_out_of_reach(&failure) => Ok(unread(lookup)),
            found => found,
        }
    }

    async fn look(&self, pace: &Pace, lookup: &Lookup<'_>) -> Result<Option<Observed>, Failure> {
        if let Some((user, id)) = place(lookup)
            && let Some(factor) = self.factor(pace, user, id).await?
        {
            let mut found = observed(&factor, user, lookup.known);
            // What was chosen from a list is meant by its id, whatever token it is.
            found.proven |= is_listed(lookup);
            return Ok(Some(found));
        }
        match lookup.user {
            Some(user) if lookup.doubtful && !is_listed(lookup) => {
                self.only_factor(pace, user, lookup).await
            }
            _ => Ok(None),
        }
    }

    /// A custom TOTP factor by its id; `None` where it is gone, or where the id is another factor's.
    async fn factor(
        &self,
        pace: &Pace,
        user: &UserId,
        id: &TokenId,
    ) -> Result<Option<Factor>, Failure> {
        let (Ok(user), Ok(factor)) = (OktaUserId::parse(&user.0), FactorId::parse(&id.0)) else {
            return Ok(None);
        };
        let endpoint = GetFactor { user, factor };
        let call = || send(&self.client, pace, USERS, &endpoint);
        let answer = pace.read(USERS, async || match call().await {
            Ok(answer) => Ok(Some(answer.value).filter(Factor::is_custom_totp)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(failure(&error).of_one()),
        });
        answer.await
    }

    /// The custom TOTP factor of a user, of whomever's making, but for one that is known to be another
    /// token.
    async fn only_factor(
        &self,
        pace: &Pace,
        user: &UserId,
        lookup: &Lookup<'_>,
    ) -> Result<Option<Observed>, Failure> {
        let id = okta_user(Some(user))?;
        let endpoint = ListFactors(id);
        let answer = pace.read(USERS, async || {
            let answer = send(&self.client, pace, USERS, &endpoint).await;
            answer.map_err(|error| failure(&error).of_one())
        });
        let factors = answer.await?.value;
        let rivals = lookup.rivals.iter().map(|rival| &rival.id);
        let others: Vec<&TokenId> = rivals.chain(&lookup.token.replaces).collect();
        let is_rival = |factor: &Factor| others.iter().any(|id| id.0 == factor.id.as_str());
        let mut custom = factors.iter().filter(|factor| factor.is_custom_totp());
        let found = custom.find(|factor| !is_rival(factor));
        Ok(found.map(|factor| observed(factor, user, None)))
    }

    /// Users who have another token of the ledger still, and cannot be given one more.
    async fn rivals(
        &self,
        pace: &Pace,
        lookups: &[Lookup<'_>],
        tokens: &BTreeMap<Serial, Observed>,
    ) -> Result<BTreeMap<UserId, usize>, Failure> {
        let open = lookups
            .iter()
            .filter(|lookup| !tokens.contains_key(&lookup.token.serial));
        let each = open.filter_map(|lookup| Some((lookup.user?, lookup.rivals)));
        let each = each.flat_map(|(user, rivals)| rivals.iter().map(move |rival| (user, rival)));
        let each = each.map(|(user, rival)| async move {
            match self.factor(pace, user, &rival.id).await {
                Ok(factor) => Ok(factor.map(|_| (user.clone(), 1))),
                // What is sent will say how it is.
                Err(failure) if is_out_of_reach(&failure) => Ok(None),
                Err(failure) => Err(failure),
            }
        });
        let each: Vec<_> = each.collect();
        let found: Vec<_> = stream::iter(each)
            .buffered(WORKERS.get())
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn enrol(&self, pace: &Pace, work: &Work<'_>) -> Result<Receipt, Failure> {
        let profile = self.profiles.iter().find(|p| p.id.as_str() == work.shape);
        let profile = profile.ok_or_else(|| profiles::unknown(work.shape))?;
        let endpoint = EnrollFactor {
            user: okta_user(work.user)?,
            profile: ProfileId::clone(&profile.id),
            shared_secret: encode(work.require_seed()?, &profile.settings.encoding),
        };
        let answer = send(&self.client, pace, USERS, &endpoint).await;
        let answer = answer.map_err(|error| not_enrolled(&error, self.unix()))?;
        Ok(Receipt {
            id: Some(TokenId(answer.value.id.to_string())),
            state: Some(state(&answer.value)),
            request_id: answer.request_id,
        })
    }

    /// Removes a factor. The answer has no content: that it is gone is read back.
    async fn unenrol(&self, pace: &Pace, work: &Work<'_>) -> Result<Receipt, Failure> {
        let endpoint = DeleteFactor {
            user: okta_user(work.user)?,
            factor: okta_factor(work.id)?,
        };
        let answer = send(&self.client, pace, USERS, &endpoint).await;
        let answer = answer.map_err(|error| failure(&error).of_one())?;
        Ok(Receipt {
            id: None,
            state: None,
            request_id: answer.request_id,
        })
    }

    async fn verify(&self, pace: &Pace, work: &Work<'_>) -> Result<Receipt, Failure> {
        let Some(code) = &work.code else {
            return Err(not_offered(&Step(vec![Operation::Verify])));
        };
        let factor = okta_factor(work.id)?;
        let endpoint = VerifyFactor {
            user: okta_user(work.user)?,
            factor,
            code: SecretString::from(code.as_str()),
        };
        let answer = send(&self.client, pace, USERS, &endpoint).await;
        let answer = answer.map_err(|error| again(failure(&error).of_one()))?;
        if let Verification::Rejected(rejection) = &answer.value {
            return Err(unproven(rejection, answer.request_id));
        }
        Ok(Receipt {
            id: work.id.cloned(),
            state: Some(State::Activated),
            request_id: answer.request_id,
        })
    }
}

/// True where a service refuses to show something of one user, and no more.
fn is_out_of_reach(failure: &Failure) -> bool {
    matches!(failure.verdict, Verdict::Refused | Verdict::Forbidden)
}

fn is_listed(lookup: &Lookup<'_>) -> bool {
    lookup.token.id.is_some()
}

/// What is taken for a token that could not be read. One that was listed is there, since nobody has
/// shown that it is not; one that is to be given is where the ledger says, if that is elsewhere.
fn unread(lookup: &Lookup<'_>) -> Option<Observed> {
    match (is_listed(lookup), place(lookup)) {
        (true, Some((user, id))) => Some(Observed {
            id: id.clone(),
            state: State::Activated,
            holder: Some(user.clone()),
            proven: true,
            code_accepted: false,
            algorithm: None,
            period: None,
            fingerprint: None,
        }),
        _ => lookup.known.and_then(|known| elsewhere(known, lookup.user)),
    }
}

/// Where a token is looked for: where the ledger says it went, or where it was listed.
fn place<'l>(lookup: &Lookup<'l>) -> Option<(&'l UserId, &'l TokenId)> {
    if let Some(known) = lookup.known {
        return Some((known.user.as_ref().or(lookup.user)?, &known.id));
    }
    Some((lookup.token.holder.as_ref()?, lookup.token.id.as_ref()?))
}

/// The seed in the encoding that the profile wants.
fn encode(seed: &Seed, encoding: &SecretEncoding) -> SecretString {
    match encoding {
        SecretEncoding::Hexadecimal => seed.to_hex(),
        SecretEncoding::Base64 => seed.to_base64(),
        _ => seed.to_base32(),
    }
}

fn state(factor: &Factor) -> State {
    match factor.status {
        FactorStatus::Active => State::Activated,
        _ => State::Assigned,
    }
}

/// What the ledger says of a token whose holder cannot be read: one that is at somebody else's stays
/// there. For the intended holder, what is sent will say how it is.
fn elsewhere(known: &Known, user: Option<&UserId>) -> Option<Observed> {
    let holder = known.user.as_ref().filter(|holder| Some(*holder) != user)?;
    Some(Observed {
        id: known.id.clone(),
        state: State::Activated,
        holder: Some(holder.clone()),
        proven: true,
        code_accepted: known.code_accepted,
        algorithm: None,
        period: None,
        fingerprint: known.fingerprint.clone(),
    })
}

/// A factor, and what is known of it: one of which nothing is known has to be proved.
fn observed(factor: &Factor, user: &UserId, known: Option<&Known>) -> Observed {
    Observed {
        id: TokenId(factor.id.to_string()),
        state: state(factor),
        holder: Some(user.clone()),
        // What somebody else wrote down proves nothing.
        proven: known.is_some_and(|known| known.fingerprint.is_some()),
        code_accepted: known.is_some_and(|known| known.code_accepted),
        fingerprint: known.and_then(|known| known.fingerprint.clone()),
        algorithm: None,
        period: None,
    }
}

fn okta_user(user: Option<&UserId>) -> Result<OktaUserId, Failure> {
    user.and_then(|user| OktaUserId::parse(&user.0).ok())
        .ok_or_else(|| Failure {
            verdict: Verdict::Refused,
            problem: Problem::new(
                "no-user-id",
                "the plan holds no usable user id for this row",
                "make a new plan",
            ),
            request_id: None,
        })
}

fn okta_factor(id: Option<&TokenId>) -> Result<FactorId, Failure> {
    id.and_then(|id| FactorId::parse(&id.0).ok())
        .ok_or_else(|| Failure {
            verdict: Verdict::Refused,
            problem: Problem::new(
                "no-factor-id",
                "the plan holds no usable factor id for this row",
                "make a new plan",
            ),
            request_id: None,
        })
}
