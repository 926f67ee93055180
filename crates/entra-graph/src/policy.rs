//! The tenant's policy for hardware tokens.

use http::Method;
use idp_http::{
    BadAnswer, BaseUrl, Body, Effect, Endpoint, Query, Request, Response, Segment, printable,
};
use serde::{Deserialize, Serialize, Serializer};

use crate::endpoint::{GraphEndpoint, INVENTORY, request};
use crate::wire::{self, Items};

/// Whether users may sign in with hardware tokens, and which. Its texts are
/// [`printable`](idp_http::printable).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OathPolicy {
    /// On or off.
    pub state: PolicyState,
    /// For whom it is on.
    pub include: Vec<PolicyTarget>,
    /// For whom it is off all the same.
    pub exclude: Vec<PolicyTarget>,
}

/// Whether a method is on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PolicyState {
    /// It is on for its targets.
    Enabled,
    /// It is off.
    Disabled,
    /// A value that this version does not know, as the service writes it.
    Other(String),
}

impl PolicyState {
    fn read(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "enabled" => Self::Enabled,
            "disabled" => Self::Disabled,
            _ => Self::Other(printable(text)),
        }
    }
}

impl Serialize for PolicyState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Other(text) => text,
        })
    }
}

/// Whom a policy is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyTarget {
    /// What `id` names, such as `group`.
    pub target_type: String,
    /// The group's object id, or [`PolicyTarget::ALL_USERS`].
    pub id: String,
    /// Whether users are asked to register it; `None` where the service says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_registration_required: Option<bool>,
}

impl PolicyTarget {
    /// In place of a group's id: everybody.
    pub const ALL_USERS: &'static str = "all_users";

    /// A group, by its object id or [`PolicyTarget::ALL_USERS`].
    #[must_use]
    pub fn group(id: impl Into<String>) -> Self {
        Self {
            target_type: "group".to_owned(),
            id: id.into(),
            is_registration_required: None,
        }
    }

    /// True where this is everybody.
    #[must_use]
    pub fn is_all_users(&self) -> bool {
        self.id.eq_ignore_ascii_case(Self::ALL_USERS)
    }
}

/// Reads the policy.
#[derive(Clone, Copy, Debug)]
pub struct GetPolicy;

impl Endpoint for GetPolicy {
    type Output = OathPolicy;
    const NAME: &'static str = "read the policy for hardware tokens";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        request(Method::GET, base.uri(&path(), &Query::new()), Body::empty())
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<OathPolicy, BadAnswer> {
        wire::decode::<WirePolicy>(response.body())?.read()
    }
}

impl GraphEndpoint for GetPolicy {
    /// Reading alone needs `Policy.Read.AuthenticationMethod`, which is less.
    fn permission(&self) -> &'static str {
        INVENTORY
    }

    fn always_exists(&self) -> bool {
        true
    }
}

/// Changes the policy: what is `Some`, and a list of targets as a whole.
///
/// A change takes up to 20 minutes to spread; Microsoft says to allow an hour before users can sign in
/// with a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(
    rename_all = "camelCase",
    tag = "@odata.type",
    rename = "#microsoft.graph.hardwareOathAuthenticationMethodConfiguration"
)]
pub struct UpdatePolicy {
    /// On or off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<PolicyState>,
    /// For whom it is on: the whole list.
    #[serde(rename = "includeTargets", skip_serializing_if = "Option::is_none")]
    pub include: Option<Vec<PolicyTarget>>,
    /// For whom it is off all the same: the whole list.
    #[serde(rename = "excludeTargets", skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<PolicyTarget>>,
}

impl Endpoint for UpdatePolicy {
    type Output = ();
    const NAME: &'static str = "change the policy for hardware tokens";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let uri = base.uri(&path(), &Query::new());
        request(Method::PATCH, uri, wire::encode(self))
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<(), BadAnswer> {
        wire::done(response)
    }
}

impl GraphEndpoint for UpdatePolicy {
    fn permission(&self) -> &'static str {
        INVENTORY
    }
}

fn path() -> [Segment; 5] {
    [
        "beta",
        "policies",
        "authenticationMethodsPolicy",
        "authenticationMethodConfigurations",
        "hardwareOath",
    ]
    .map(Segment::literal)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePolicy {
    state: Option<String>,
    include_targets: Option<Items<WireTarget>>,
    exclude_targets: Option<Items<WireTarget>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTarget {
    target_type: Option<String>,
    id: Option<String>,
    is_registration_required: Option<bool>,
}

impl WirePolicy {
    /// Without a state it says nothing; without targets it is for nobody.
    fn read(self) -> Result<OathPolicy, BadAnswer> {
        let state = self.state.as_deref();
        let state = state.ok_or_else(|| BadAnswer::new("the policy has no state"))?;
        Ok(OathPolicy {
            state: PolicyState::read(state),
            include: targets(self.include_targets)?,
            exclude: targets(self.exclude_targets)?,
        })
    }
}

fn targets(targets: Option<Items<WireTarget>>) -> Result<Vec<PolicyTarget>, BadAnswer> {
    let targets = targets.map(|items| items.0).unwrap_or_default();
    targets.into_iter().map(WireTarget::read).collect()
}

impl WireTarget {
    fn read(self) -> Result<PolicyTarget, BadAnswer> {
        let id = wire::text(self.id.as_deref()).filter(|id| !id.is_empty());
        Ok(PolicyTarget {
            target_type: wire::text(self.target_type.as_deref()).unwrap_or_default(),
            id: id.ok_or_else(|| BadAnswer::new("a target of the policy has no id"))?,
            is_registration_required: self.is_registration_required,
        })
    }
}
