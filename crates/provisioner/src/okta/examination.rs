//! Whether a sign-in to Okta can do its job. Nothing is written.

use std::time::Duration;

use okta_factors::{
    CredentialKind, Engine, GetUser, ListFactors, ListOrgFactors, ListSupportedFactors, ListUsers,
    OktaClient, Organization, RateLimit, SupportedFactor, User, UserId,
};

use super::calls::{OTHER, USER, USERS, read, send};
use super::survey::{SurveyedProfile, surveyed};
use super::{failure, profiles};
use crate::{Failure, Finding, Health, Pace, Problem};

/// So few calls a minute make a large file wait.
const SLOW: u64 = 100;

/// Looks whether a sign-in can do its job, from its rights to the factor profiles. Works where
/// [`Okta::connect`](super::Okta::connect) does not.
pub async fn examine(client: &OktaClient, pace: &Pace) -> Vec<Finding> {
    let organization = match profiles::organization(client, pace).await {
        Ok(organization) => organization,
        Err(failure) => return vec![Finding::of_failure("sign-in", Health::Bad, &failure)],
    };
    let (users, limit) = first_user(client, pace).await;
    if let Err(failure) = &users
        && failure.problem.code == "sign-in"
    {
        return vec![Finding::of_failure("sign-in", Health::Bad, failure)];
    }
    let mut findings = vec![signed_in(client, pace).await, engine(&organization)];
    findings.extend(broad(client));
    findings.push(permission(
        users.as_ref().err(),
        "the users can be read",
        "okta.users.read, and a role that sees the users",
    ));
    if let Ok(Some(user)) = &users {
        findings.extend(of_a_user(client, pace, user).await);
    }
    findings.push(rights(client));
    findings.extend(profiles_found(client, pace, &organization).await);
    if organization.engine == Engine::Classic {
        findings.extend(switched_on(client, pace).await);
    }
    findings.extend(limit.map(|limit| room(limit, client.unix())));
    findings.push(Finding::clock(client.clock_ahead_millis()));
    findings
}

/// What speaks against giving a user a token: the policy.
pub(super) async fn objection(
    client: &OktaClient,
    pace: &Pace,
    user: &UserId,
) -> Result<Option<Problem>, Failure> {
    let allowed = read(client, pace, USERS, &ListSupportedFactors(user.clone())).await?;
    let is_allowed = allowed.iter().any(SupportedFactor::is_custom_totp);
    Ok((!is_allowed).then(|| {
        Problem::new(
            "policy",
            "the user's policy does not allow custom OTP, as seen from here",
            "set it to optional or required in the authenticator enrolment policy of this user",
        )
    }))
}

/// Somebody to try with, and what the answer says of the quota.
async fn first_user(
    client: &OktaClient,
    pace: &Pace,
) -> (Result<Option<User>, Failure>, Option<RateLimit>) {
    let list = ListUsers::all();
    let answer = pace.read(USERS, async || {
        let answer = send(client, pace, USERS, &list).await;
        answer.map_err(|error| failure(&error))
    });
    match answer.await {
        Ok(answer) => {
            let limit = answer.rate_limit;
            (Ok(answer.value.items.into_iter().next()), limit)
        }
        Err(failure) => (Err(failure), None),
    }
}

async fn signed_in(client: &OktaClient, pace: &Pace) -> Finding {
    const CHECK: &str = "sign-in";
    match client.credential().kind() {
        CredentialKind::ServiceApp => Finding::good(CHECK, "as a service app, by its private key"),
        _ => match read(client, pace, USER, &GetUser::me()).await {
            Ok(owner) => {
                let login = owner.login;
                Finding::good(CHECK, format!("with an API token of {login}"))
            }
            Err(_) => Finding::good(CHECK, "with an API token"),
        },
    }
}

/// An API token has no scopes.
fn broad(client: &OktaClient) -> Option<Finding> {
    (client.credential().kind() == CredentialKind::Ssws).then(|| {
        Finding::warning(
            "excess",
            "an API token has all the rights of the administrator who made it, and works for whoever has it",
            "sign in as a service app with a private key",
        )
    })
}

fn engine(organization: &Organization) -> Finding {
    let engine = match &organization.engine {
        Engine::Identity => "Identity Engine",
        Engine::Classic => "Classic Engine",
        other => other.as_str(),
    };
    Finding::good("org", format!("{} runs on {engine}", organization.id))
}

/// Whether something could be read.
fn permission(failure: Option<&Failure>, good: &str, needed: &str) -> Finding {
    const CHECK: &str = "permission";
    match failure {
        None => Finding::good(CHECK, good),
        Some(failure) if failure.problem.code == Problem::PERMISSION => Finding::bad(
            CHECK,
            failure.problem.message.clone(),
            format!("it needs {needed}"),
        ),
        Some(failure) => Finding::of_failure(CHECK, Health::Warning, failure),
    }
}

/// What one user shows: whether factors can be read, and whether the policy allows custom OTP.
async fn of_a_user(client: &OktaClient, pace: &Pace, user: &User) -> Vec<Finding> {
    let factors = read(client, pace, USERS, &ListFactors(user.id.clone())).await;
    let mut findings = vec![permission(
        factors.as_ref().err(),
        "the factors of a user can be read",
        "okta.users.read, and a role with okta.users.read over the users",
    )];
    let allowed = read(client, pace, USERS, &ListSupportedFactors(user.id.clone())).await;
    findings.extend(allowed.ok().map(|allowed| {
        const CHECK: &str = "policy";
        let login = &user.login;
        match allowed.iter().any(SupportedFactor::is_custom_totp) {
            true => Finding::good(
                CHECK,
                format!("the policy of {login} allows custom OTP; others may have another policy"),
            ),
            false => Finding::warning(
                CHECK,
                format!("the policy of {login} does not allow custom OTP, as seen from here"),
                "set it to optional or required in the authenticator enrolment policy of whoever gets a token",
            ),
        }
    }));
    findings
}

/// What only a write proves.
fn rights(client: &OktaClient) -> Finding {
    const CHECK: &str = "permission";
    let role = "a role with okta.users.credentials.manage (Edit users' authenticator operations) over the users";
    match client.credential().kind() {
        CredentialKind::ServiceApp if !client.credential().asks_for("okta.users.manage") => {
            Finding::bad(
                CHECK,
                "the scope okta.users.manage is not asked for: needed to enrol and to remove factors",
                "add it to the scopes of the app and of the settings",
            )
        }
        CredentialKind::ServiceApp => Finding::good(
            CHECK,
            format!(
                "okta.users.manage was granted; that the app has {role} is seen at the first enrolment"
            ),
        ),
        _ => Finding::good(
            CHECK,
            format!("that its owner has {role} is seen at the first enrolment"),
        ),
    }
}

async fn profiles_found(
    client: &OktaClient,
    pace: &Pace,
    organization: &Organization,
) -> Vec<Finding> {
    const CHECK: &str = "profiles";
    let profiles = match surveyed(client, pace, organization).await {
        Ok(profiles) => profiles,
        Err(failure) => return vec![Finding::of_failure(CHECK, Health::Bad, &failure)],
    };
    let mut findings: Vec<Finding> = profiles.iter().map(profile).collect();
    if profiles.iter().all(|profile| profile.misfit.is_some()) {
        findings.push(Finding::bad(
            CHECK,
            "no factor profile fits a hardware token",
            "create one with SHA-1, 6 digits, 30 s (or what your tokens have) and the widest window",
        ));
    }
    findings
}

fn profile(profile: &SurveyedProfile) -> Finding {
    const CHECK: &str = "profiles";
    let SurveyedProfile {
        name,
        algorithm,
        digits,
        period,
        ..
    } = profile;
    let is = format!("{name}: {algorithm}, {digits} digits, {period} s");
    match &profile.misfit {
        None => Finding::good(CHECK, format!("{is}, ±{} s", profile.drift_seconds)),
        Some(why) => Finding::warning(
            CHECK,
            format!("{is}: {why}"),
            "its settings cannot be changed: leave it, and use another one",
        ),
    }
}

/// Classic says which kinds of factors the organisation has switched on; not for every sign-in.
async fn switched_on(client: &OktaClient, pace: &Pace) -> Option<Finding> {
    let factors = read(client, pace, OTHER, &ListOrgFactors).await.ok()?;
    let is_on = factors
        .iter()
        .any(okta_factors::OrgFactor::is_active_custom_totp);
    Some(match is_on {
        true => Finding::good("policy", "custom TOTP is switched on"),
        false => Finding::bad(
            "policy",
            "custom TOTP is not switched on",
            "switch it on in Security > Multifactor > Factor Types; Okta's support may have to enable it first",
        ),
    })
}

/// How fast the work can go.
fn room(limit: RateLimit, now: Duration) -> Finding {
    const CHECK: &str = "rate";
    let window = limit.reset.saturating_sub(limit.date.unwrap_or(now));
    let message = format!(
        "{} of {} calls are left for users and factors, for {} s: about {} tokens an hour at the most",
        limit.remaining,
        limit.limit,
        window.min(Duration::from_secs(3600)).as_secs(),
        limit.limit.saturating_mul(60),
    );
    match limit.limit < SLOW {
        true => Finding::warning(
            CHECK,
            message,
            "a token or an app may use half of each limit by default: an administrator can raise it",
        ),
        false => Finding::good(CHECK, message),
    }
}
