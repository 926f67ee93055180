//! The rules at work.

use std::time::Duration;

use super::{Fault, Faults, Rule};
use crate::rng::Rng;
use crate::service::Route;
use crate::sign_in::Idp;

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

    /// How far back any rule looks: so long must the services remember.
    pub(crate) fn memory(&self) -> Duration {
        let ages = self.0.iter().filter_map(|armed| match armed.rule.fault {
            Fault::Stale { ms } => Some(ms),
            _ => None,
        });
        Duration::from_millis(ages.max().unwrap_or_default())
    }

    /// What befalls the next request. Every rule counts the requests it matches, also where an earlier one fires.
    ///
    /// `age` is the time since the simulator's start.
    pub(crate) fn next(&mut self, idp: Idp, route: Route, age: Duration) -> Option<Fault> {
        let mut hit: Option<&mut Armed> = None;
        for armed in &mut self.0 {
            if armed.rule.matches(idp, route, age) && armed.is_due() && hit.is_none() {
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
            .filter(|_| script.next(Idp::Entra, route, Duration::ZERO).is_some())
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
        let mut next = || script.next(Idp::Entra, LIST, Duration::ZERO);
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
