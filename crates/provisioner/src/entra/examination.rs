//! Whether a sign-in to Entra ID can do its job. Nothing is written: what only a write would prove is
//! read from the access token, which is a hint.

use entra_graph::{
    CountDevices, Credential, CredentialKind, DeviceFilter, DeviceQuery, DeviceStatus,
    GetOrganization, GetPolicy, ListDevices, ListMethods, ListUsers, OathPolicy, Permission,
    PolicyState, PolicyTarget, TokenClaims, User, UserKey,
};

use super::Entra;
use crate::{Failure, Finding, Health, Pace, Problem};

const DAY: u64 = 86_400;
/// How long before its end a certificate is spoken of.
const SOON: u64 = 30 * DAY;
/// Permissions that other versions of these pages name, or that a sign-in of a person brings along.
const HARMLESS: [&str; 12] = [
    "UserAuthMethod-HardwareOATH.Read.All",
    "UserAuthMethod-HardwareOATH.ReadWrite.All",
    "UserAuthMethod-HardwareOATH.Delete.All",
    "UserAuthenticationMethod.Read.All",
    "Policy.Read.All",
    "Policy.Read.AuthenticationMethod",
    "User.Read",
    "UserAuthenticationMethod.ReadWrite",
    "openid",
    "profile",
    "email",
    "offline_access",
];

impl Entra {
    pub(super) async fn examined(&self, pace: &Pace) -> Vec<Finding> {
        let few = DeviceQuery {
            page_size: Some(1),
            ..DeviceQuery::default()
        };
        let inventory = self.read(pace, &ListDevices::matching(&few)).await;
        let claims = self.client.token_claims().await;
        if let Err(failure) = &inventory {
            let bad = |check| Finding::of_failure(check, Health::Bad, failure);
            match failure.problem.code.as_str() {
                Problem::PERMISSION => {}
                Problem::SIGN_IN | Problem::UNREACHABLE => return vec![bad("sign-in")],
                _ => return vec![self.signed_in(claims.as_ref()), bad("inventory")],
            }
        }
        let organization = self.read(pace, &GetOrganization).await;
        let users = self.read(pace, &ListUsers::in_pages_of(1)).await;
        let user = users.as_ref().ok().and_then(|page| page.items.first());
        let methods = self.a_users_methods(pace, user).await;

        let mut findings = vec![self.signed_in(claims.as_ref())];
        findings.push(match &organization {
            Ok(tenant) => Finding::good("tenant", tenant_named(tenant)),
            Err(_) => Finding::good(
                "tenant",
                format!(
                    "{} (its name is not shown to this sign-in)",
                    self.tenant_of(claims.as_ref())
                ),
            ),
        });
        let claims = claims.as_ref();
        findings.push(permission(
            Permission::INVENTORY,
            Some(inventory.as_ref().err()),
            claims,
        ));
        findings.push(permission(
            Permission::USERS,
            Some(users.as_ref().err()),
            claims,
        ));
        findings.push(permission(
            Permission::METHODS,
            methods.as_ref().map(Option::as_ref),
            claims,
        ));
        findings.extend(claims.and_then(excess));
        findings.push(match self.read(pace, &GetPolicy).await {
            Ok(policy) => judged(&policy),
            Err(failure) => Finding::of_failure("policy", Health::Warning, &failure),
        });
        findings.push(Finding::clock(self.client.clock_ahead_millis()));
        findings.push(self.counted(pace).await);
        findings.extend(self.credential_end());
        findings
    }

    /// What became of reading a user's methods; none where there is no user to try it with.
    async fn a_users_methods(&self, pace: &Pace, user: Option<&User>) -> Option<Option<Failure>> {
        let user = UserKey::id(user?.id.clone());
        Some(self.read(pace, &ListMethods::of(&user)).await.err())
    }

    fn signed_in(&self, claims: Option<&TokenClaims>) -> Finding {
        let with = match self.client.credential().kind() {
            CredentialKind::Secret => "a client secret",
            CredentialKind::Certificate => "a certificate",
            CredentialKind::Assertion => "a federated token",
            CredentialKind::Delegated => "a person's sign-in",
            _ => "a token of this machine",
        };
        let whose = claims.and_then(|claims| claims.client_id.as_deref());
        let whose = whose.map(|id| format!(" as the application {id}"));
        Finding::good(
            "sign-in",
            format!("with {with}{}", whose.unwrap_or_default()),
        )
    }

    /// The tenant's id where the token tells it, else what the client was told.
    fn tenant_of<'a>(&'a self, claims: Option<&'a TokenClaims>) -> &'a str {
        let id = claims.and_then(|claims| claims.tenant_id.as_deref());
        id.unwrap_or(&self.tenant.id)
    }

    async fn counted(&self, pace: &Pace) -> Finding {
        let mut counts = Vec::new();
        for status in [
            DeviceStatus::Available,
            DeviceStatus::Assigned,
            DeviceStatus::Activated,
            DeviceStatus::FailedActivation,
        ] {
            let word = status.as_str().to_owned();
            let count = CountDevices(DeviceFilter {
                status: Some(status),
                ..DeviceFilter::default()
            });
            match self.read(pace, &count).await {
                Ok(0) => {}
                Ok(number) => counts.push(format!("{number} {word}")),
                Err(failure) => {
                    return Finding::of_failure("inventory", Health::Warning, &failure);
                }
            }
        }
        let counts = match counts.is_empty() {
            true => "no tokens".to_owned(),
            false => counts.join(", "),
        };
        let rest = "what was uploaded as CSV in the admin centre is not counted";
        Finding::good("inventory", format!("{counts}; {rest}"))
    }

    fn credential_end(&self) -> Option<Finding> {
        let Credential::Certificate(certificate) = self.client.credential() else {
            return None;
        };
        let end = certificate.certificate.not_after().as_secs();
        let now = self.client.unix().as_secs();
        let days = end.abs_diff(now) / DAY;
        let next = "upload a new certificate beside it, and change over";
        Some(match end.checked_sub(now) {
            None => Finding::bad(
                "credential",
                format!("the certificate ended {days} days ago"),
                next,
            ),
            Some(left) if left < SOON => Finding::warning(
                "credential",
                format!("the certificate ends in {days} days"),
                next,
            ),
            Some(_) => Finding::good(
                "credential",
                format!("the certificate is good for {days} days"),
            ),
        })
    }
}

fn tenant_named(tenant: &entra_graph::Organization) -> String {
    let name = tenant.display_name.as_deref().unwrap_or("without a name");
    let domain = tenant.domains.iter().find(|domain| domain.is_default);
    let domain = domain.map(|domain| format!(", {}", domain.name));
    format!("{name} ({}{})", tenant.id, domain.unwrap_or_default())
}

/// How a permission stands. `read` is what became of a harmless read that needs it, where one could be
/// tried.
fn permission(
    permission: Permission,
    read: Option<Option<&Failure>>,
    claims: Option<&TokenClaims>,
) -> Finding {
    const CHECK: &str = "permission";
    let Permission { name, allows, .. } = permission;
    let grant = format!(
        "grant the application permission {name} ({}) with admin consent",
        permission.role_id
    );
    let named = claims.map(|claims| claims.has(name));
    if let Some(Some(failure)) = &read {
        let forbidden = failure.problem.code == Problem::PERMISSION;
        return match forbidden {
            true if named == Some(true) => Finding::warning(
                CHECK,
                format!("{name} is in the token, and yet a read was refused"),
                "the user that it was tried with may be an administrator, for whom more is asked",
            ),
            true => Finding::bad(
                CHECK,
                format!("{name} is missing: needed to {allows}"),
                grant,
            ),
            false => Finding::of_failure(CHECK, Health::Warning, failure),
        };
    }
    match named {
        Some(true) => Finding::good(CHECK, format!("{name}: may {allows}")),
        // Here reading is all that is needed, and it was done.
        _ if permission == Permission::USERS => {
            Finding::good(CHECK, format!("the users can be read: may {allows}"))
        }
        Some(false) => Finding::warning(
            CHECK,
            format!("{name} is not in the token: to {allows} will in all likelihood be refused"),
            grant,
        ),
        None if read.is_none() => Finding::warning(
            CHECK,
            format!("{name} could not be tried: no user was found to try it with"),
            "look at it again when users can be read",
        ),
        None => Finding::warning(
            CHECK,
            format!(
                "{name} could not be seen: reading works, and the token does not say whether more is allowed"
            ),
            format!("see in the admin centre that the application has {name}, with admin consent"),
        ),
    }
}

/// What the sign-in may do beyond its job.
fn excess(claims: &TokenClaims) -> Option<Finding> {
    let needed = |name: &str| {
        HARMLESS.contains(&name) || Permission::ALL.iter().any(|needed| needed.name == name)
    };
    let all = claims.roles.iter().chain(&claims.scopes);
    let more: Vec<&str> = all
        .map(String::as_str)
        .filter(|name| !needed(name))
        .collect();
    (!more.is_empty()).then(|| {
        Finding::warning(
            "excess",
            format!("the sign-in may do more than its job: {}", more.join(", ")),
            "take these permissions from the application, if nothing else uses it",
        )
    })
}

fn judged(policy: &OathPolicy) -> Finding {
    const CHECK: &str = "policy";
    let switch_on = "switch on Authentication methods > Hardware OATH tokens in the admin centre; it takes \
                     up to an hour to spread";
    let target = |target: &PolicyTarget| match target.is_all_users() {
        true => "all users".to_owned(),
        false => format!("the {} {}", target.target_type, target.id),
    };
    let list = |targets: &[PolicyTarget]| {
        let names: Vec<String> = targets.iter().map(target).collect();
        names.join(", ")
    };
    match (&policy.state, policy.include.as_slice()) {
        (PolicyState::Enabled, []) => Finding::bad(
            CHECK,
            "hardware tokens are on, but for nobody",
            "name its users or groups in Authentication methods > Hardware OATH tokens",
        ),
        (PolicyState::Enabled, whom) => {
            let everybody = whom.iter().any(PolicyTarget::is_all_users);
            let message = format!("hardware tokens are on for {}", list(whom));
            match (everybody, policy.exclude.as_slice()) {
                (true, []) => Finding::good(CHECK, message),
                (true, but) => Finding::warning(
                    CHECK,
                    format!("{message}, but not for {}", list(but)),
                    "nobody of these can sign in with a token",
                ),
                (false, _) => Finding::warning(
                    CHECK,
                    message,
                    "nobody else can sign in with a token: see that whoever gets one is among them",
                ),
            }
        }
        (PolicyState::Disabled, _) => Finding::bad(
            CHECK,
            "hardware tokens are switched off for everybody",
            switch_on,
        ),
        (state, _) => Finding::warning(CHECK, format!("the policy is {state:?}"), switch_on),
    }
}
