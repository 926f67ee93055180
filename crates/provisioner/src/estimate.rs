//! What a plan costs: calls, and the time they take.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Capabilities, Quota, Step};

/// What carrying out a plan takes if nothing fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// Calls that change something.
    pub calls: u64,
    /// How long they take, in milliseconds, by the limits that the service has announced so far and
    /// the time that its answers took. A limit that it does not announce makes it longer.
    pub time_ms: u64,
}

impl Estimate {
    pub(crate) fn new(calls: &BTreeMap<Quota, u64>, time: Duration) -> Self {
        Self {
            calls: calls.values().sum(),
            time_ms: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// The calls that these steps take, by the quota that they count against.
pub(crate) fn calls<'s>(
    steps: impl Iterator<Item = &'s Step>,
    capabilities: &Capabilities,
) -> BTreeMap<Quota, u64> {
    let mut tokens = vec![0_u64; capabilities.steps.len()];
    for step in steps {
        let rule = capabilities
            .steps
            .iter()
            .position(|rule| rule.step == *step);
        if let Some(count) = rule.and_then(|rule| tokens.get_mut(rule)) {
            *count += 1;
        }
    }
    let mut calls = BTreeMap::new();
    for (rule, tokens) in capabilities.steps.iter().zip(tokens) {
        let size = u64::try_from(rule.tokens.get()).unwrap_or(u64::MAX);
        *calls.entry(rule.quota).or_default() += tokens.div_ceil(size);
    }
    calls
}
