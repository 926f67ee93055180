//! Faults on order: which requests go wrong, and how.

use serde::{Deserialize, Serialize};

use crate::rng::Rng;
use crate::service::Route;
use crate::sign_in::Idp;

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

    fn matches(&self, idp: Idp, route: Route) -> bool {
        self.idp.is_none_or(|wanted| wanted == idp)
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

/// The rules at work, with what they have seen.
#[derive(Debug)]
pub(crate) struct Script(Vec<Armed>);

#[derive(Debug)]
struct Armed {
    rule: Rule,
    rng: Rng,
    seen: u64,
    fired: u64,
}

impl Script {
    pub(crate) fn new(faults: Faults, seed: u64) -> Self {
        let armed = (1..).zip(faults.rules).map(|(stream, rule)| Armed {
            rule,
            rng: Rng::new(seed, stream),
            seen: 0,
            fired: 0,
        });
        Self(armed.collect())
    }

    /// What befalls the next request. Every rule counts the requests it matches, also where an earlier one fires.
    pub(crate) fn next(&mut self, idp: Idp, route: Route) -> Option<Fault> {
        let mut hit: Option<&mut Armed> = None;
        for armed in &mut self.0 {
            if armed.rule.matches(idp, route) && armed.is_due() && hit.is_none() {
                hit = Some(armed);
            }
        }
        hit.map(|armed| {
            armed.fired += 1;
            armed.rule.fault.clone()
        })
    }
}

impl Armed {
    /// Counts one matching request and says whether the rule wants it.
    fn is_due(&mut self) -> bool {
        self.seen += 1;
        let rule = &self.rule;
        let Some(number @ 1..) = self.seen.checked_sub(rule.skip) else {
            return false;
        };
        rule.times.is_none_or(|times| self.fired < times)
            && rule.nth.is_none_or(|nth| nth == number)
            && rule.every.is_none_or(|every| number.is_multiple_of(every))
            && rule.rate.is_none_or(|rate| self.rng.chance(rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATE: Route = Route::write("devices.create");
    const LIST: Route = Route::read("devices.list");

    fn fires(rule: Rule, route: Route) -> Vec<u64> {
        let mut script = Script::new(vec![rule].into(), 1);
        (1..=12)
            .filter(|_| script.next(Idp::Entra, route).is_some())
            .collect()
    }

    fn on(route: Route, change: impl FnOnce(&mut Rule)) -> Vec<u64> {
        let mut rule = Rule::always(Fault::ResetBefore);
        change(&mut rule);
        fires(rule, route)
    }

    #[test]
    fn a_rule_fires_on_the_requests_it_numbers() {
        assert_eq!(on(LIST, |rule| rule.nth = Some(3)), [3]);
        assert_eq!(on(LIST, |rule| rule.every = Some(5)), [5, 10]);
        assert_eq!(on(LIST, |rule| rule.skip = 10), [11, 12]);
        assert_eq!(on(LIST, |rule| (rule.skip, rule.nth) = (2, Some(1))), [3]);
        assert_eq!(on(LIST, |rule| rule.times = Some(2)), [1, 2]);
    }

    #[test]
    fn a_rule_fires_on_the_requests_it_names() {
        assert!(on(LIST, |rule| rule.writes_only = true).is_empty());
        assert!(on(LIST, |rule| rule.idp = Some(Idp::Okta)).is_empty());
        let other = |rule: &mut Rule| rule.route = Some("devices.list".to_owned());
        assert!(on(CREATE, other).is_empty());
        let family = |rule: &mut Rule| {
            rule.route = Some("devices.*".to_owned());
            rule.nth = Some(1);
        };
        assert_eq!(on(CREATE, family), [1]);
    }

    #[test]
    fn the_first_rule_that_fires_counts_and_all_of_them_count() {
        let rules = vec![
            Rule::nth("devices.list", 2, Fault::ResetBefore),
            Rule::nth("devices.list", 3, Fault::ResetAfter),
        ];
        let mut script = Script::new(rules.into(), 1);
        let mut next = || script.next(Idp::Entra, LIST);
        assert_eq!(next(), None);
        assert_eq!(next(), Some(Fault::ResetBefore));
        assert_eq!(next(), Some(Fault::ResetAfter));
    }

    #[test]
    fn a_rule_is_read_from_json() {
        let text = r#"{"rules":[{"route":"devices.create","nth":2,
            "fault":{"kind":"status","status":503,"after_work":true}}]}"#;
        let faults: Faults = serde_json::from_str(text).unwrap();
        let fault = Fault::Status {
            status: 503,
            retry_after: None,
            after_work: true,
        };
        assert_eq!(faults, vec![Rule::nth("devices.create", 2, fault)].into());
        assert!(serde_json::from_str::<Faults>(r#"{"rules":[{"nht":2}]}"#).is_err());
    }
}
