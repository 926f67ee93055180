//! Faults on order: which requests go wrong, and how.

mod mix;
mod script;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::act::Act;
use crate::garble::Garble;
use crate::paging::Page;
use crate::service::Route;
use crate::sign_in::Idp;

pub(crate) use self::script::Script;

/// Rules about what goes wrong; for each request the first rule that fires counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    /// The rules, in order.
    pub rules: Vec<Rule>,
}

/// Which requests a fault hits. Without `rate`, `nth` and `every` it hits every request it matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A route's exact name, or a family such as `devices.*`; `None` for all.
    #[serde(default)]
    pub route: Option<String>,
    /// One service only.
    #[serde(default)]
    pub idp: Option<Idp>,
    /// Only requests that may change something.
    #[serde(default)]
    pub writes_only: bool,
    /// The first so many matching requests are left alone.
    #[serde(default)]
    pub skip: u64,
    /// The share of matching requests, from 0 to 1, drawn from the simulator's seed.
    #[serde(default)]
    pub rate: Option<f64>,
    /// The matching request with this number only, counted from 1 after `skip`.
    #[serde(default)]
    pub nth: Option<u64>,
    /// Every matching request whose number is a multiple of this.
    #[serde(default)]
    pub every: Option<u64>,
    /// At most so many times.
    #[serde(default)]
    pub times: Option<u64>,
    /// Only from so many milliseconds after the simulator's start. Earlier requests are not counted.
    #[serde(default)]
    pub from_ms: Option<u64>,
    /// Only before so many milliseconds after the simulator's start.
    #[serde(default)]
    pub until_ms: Option<u64>,
    /// What happens.
    pub fault: Fault,
}

/// What goes wrong with a request or its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// The service answers with an error of its own.
    Status {
        /// The HTTP status, such as 429 or 503.
        status: u16,
        /// The `Retry-After` header, verbatim.
        #[serde(default)]
        retry_after: Option<String>,
        /// The request is carried out all the same: a late success.
        #[serde(default)]
        after_work: bool,
    },
    /// The connection breaks; nothing was done.
    ResetBefore,
    /// The connection breaks after the work: it was done, and the client cannot know.
    ResetAfter,
    /// The connection stays silent and then breaks; nothing was done. A time-out, where the client waits less.
    HangBefore {
        /// Milliseconds until it breaks; very many for a service that never answers.
        ms: u64,
    },
    /// The work is done at once, the connection stays silent and then breaks: a time-out after the work.
    HangAfter {
        /// Milliseconds until it breaks; very many for a service that never answers.
        ms: u64,
    },
    /// The connection breaks, and the work is done this much later.
    ResetThenWork {
        /// Milliseconds after the request arrived.
        ms: u64,
    },
    /// The request waits before it is carried out.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// The request is carried out at once, and the answer waits.
    DelayAfter {
        /// Milliseconds.
        ms: u64,
    },
    /// The answer ends early.
    Cut {
        /// How many bytes of the body arrive.
        bytes: usize,
    },
    /// The work is done, and something else is answered: a proxy's HTML page, a redirect.
    Replace {
        /// The HTTP status.
        status: u16,
        /// The `Content-Type` header.
        content_type: String,
        /// The body.
        body: String,
    },
    /// The service, or a proxy, sends the client elsewhere; nothing was done.
    Redirect {
        /// The HTTP status, such as 302 or 308.
        status: u16,
        /// The `Location` header, verbatim.
        location: String,
    },
    /// The work is done, and its answer's body is damaged.
    Garble {
        /// How; drawn from the simulator's seed where it is not given.
        #[serde(default)]
        how: Option<Garble>,
    },
    /// The work is done, and blanks fill the answer's body up to this length.
    Flood {
        /// Bytes.
        bytes: usize,
    },
    /// The work is done, and its answer's body comes byte by byte.
    Drip {
        /// Milliseconds before each byte.
        ms: u64,
    },
    /// A page of a list is not what it should be. Answers that are no pages stay as they are.
    Page {
        /// What is wrong with it.
        how: Page,
    },
    /// A read shows the state of some time ago: devices and methods, users and factors of Okta. Nothing older than
    /// this rule is remembered. A write, and a request for an access token, has nothing old to show: it is done, and
    /// the connection breaks.
    Stale {
        /// Milliseconds.
        ms: u64,
    },
    /// Another operator does something, and the request goes on as if nothing were. What he may not do is left out.
    Interfere {
        /// What the other one does.
        act: Act,
        /// He does it right after the request was carried out, not right before.
        #[serde(default)]
        after: bool,
    },
    /// Every occurrence of a text in the answer's body becomes another text: a hostile link, a wrong type.
    Rewrite {
        /// What is searched for.
        find: String,
        /// What stands there instead.
        put: String,
    },
    /// A header of the answer is set or, without a value, left out; `date` too.
    Header {
        /// The header's name.
        name: String,
        /// Its value.
        #[serde(default)]
        value: Option<String>,
    },
}

impl Fault {
    /// The name it has in a file of faults.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::ResetBefore => "reset-before",
            Self::ResetAfter => "reset-after",
            Self::HangBefore { .. } => "hang-before",
            Self::HangAfter { .. } => "hang-after",
            Self::ResetThenWork { .. } => "reset-then-work",
            Self::Delay { .. } => "delay",
            Self::DelayAfter { .. } => "delay-after",
            Self::Cut { .. } => "cut",
            Self::Replace { .. } => "replace",
            Self::Redirect { .. } => "redirect",
            Self::Garble { .. } => "garble",
            Self::Flood { .. } => "flood",
            Self::Drip { .. } => "drip",
            Self::Page { .. } => "page",
            Self::Stale { .. } => "stale",
            Self::Interfere { .. } => "interfere",
            Self::Rewrite { .. } => "rewrite",
            Self::Header { .. } => "header",
        }
    }

    /// The wait before the request is carried out.
    pub(crate) fn wait_before(&self) -> Duration {
        match self {
            Self::Delay { ms } => Duration::from_millis(*ms),
            _ => Duration::ZERO,
        }
    }

    /// The wait between the work and its end.
    pub(crate) fn wait_after(&self) -> Duration {
        match self {
            Self::DelayAfter { ms } | Self::HangBefore { ms } | Self::HangAfter { ms } => {
                Duration::from_millis(*ms)
            }
            _ => Duration::ZERO,
        }
    }
}

impl Rule {
    /// Every request meets this fault.
    #[must_use]
    pub fn always(fault: Fault) -> Self {
        Self {
            route: None,
            idp: None,
            writes_only: false,
            skip: 0,
            rate: None,
            nth: None,
            every: None,
            times: None,
            from_ms: None,
            until_ms: None,
            fault,
        }
    }

    /// The request number `nth` (from 1) on `route` meets this fault.
    #[must_use]
    pub fn nth(route: &str, nth: u64, fault: Fault) -> Self {
        Self {
            route: Some(route.to_owned()),
            nth: Some(nth),
            ..Self::always(fault)
        }
    }

    fn matches(&self, idp: Idp, route: Route, age: Duration) -> bool {
        let age = age.as_millis();
        self.from_ms.is_none_or(|from| age >= u128::from(from))
            && self.until_ms.is_none_or(|until| age < u128::from(until))
            && self.idp.is_none_or(|wanted| wanted == idp)
            && (route.write || !self.writes_only)
            && self.route.as_deref().is_none_or(|name| names(name, route))
    }
}

fn names(pattern: &str, route: Route) -> bool {
    match pattern.strip_suffix('*') {
        Some(family) => route.name.starts_with(family),
        None => route.name == pattern,
    }
}

impl From<Vec<Rule>> for Faults {
    fn from(rules: Vec<Rule>) -> Self {
        Self { rules }
    }
}
