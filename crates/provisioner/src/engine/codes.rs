//! Whether the codes of a file are those of its tokens.

use std::collections::BTreeSet;

use seedfile::Serial;

use crate::{Failure, Problem, Verdict};

/// Tokens whose codes may be refused in any run: a slip of the pen, a device that was swapped.
const FEW: usize = 5;
/// The share of tokens, in percent, above which the file is to blame and not the token.
const MANY_PERCENT: usize = 3;

/// Which tokens' codes were taken and which were not.
#[derive(Default)]
pub(super) struct Codes {
    taken: usize,
    refused: BTreeSet<Serial>,
}

impl Codes {
    pub(super) fn taken(&mut self, serial: &Serial) {
        self.taken += 1;
        self.refused.remove(serial);
    }

    /// Notes a refusal, and returns what ends the run where there are too many of them.
    pub(super) fn refused(&mut self, serial: &Serial) -> Option<Failure> {
        self.refused.insert(serial.clone());
        let (refused, all) = (self.refused.len(), self.taken + self.refused.len());
        let many = refused > FEW && refused * 100 > all * MANY_PERCENT;
        many.then(|| mismatch(refused, all))
    }
}

fn mismatch(refused: usize, all: usize) -> Failure {
    Failure {
        verdict: Verdict::Stop,
        problem: Problem::new(
            "seeds-do-not-match",
            format!(
                "the service refused the codes of {refused} of {all} tokens: the seeds do not match the serials"
            ),
            "compare a code of one device with oathctl code: if they differ, get the right file from the vendor; \
             if they are the same, look whether the policy for hardware tokens is switched on; then resume the run",
        ),
        request_id: None,
    }
}
