//! Whether the codes of a file are those of its tokens.

use std::collections::BTreeSet;

use seedfile::Serial;

use crate::{Failure, Problem, Verdict};

/// Tokens whose codes may be refused in any run: a slip of the pen, a device that was swapped.
const FEW: usize = 5;
/// The share of tokens, in percent, above which the file is to blame and not the token.
const MANY_PERCENT: usize = 3;

/// Which tokens' codes were taken and which were not.
///
/// A refusal alone proves nothing: somebody else may have sent the same code a moment ago. It counts
/// when the token has been read since, and is not active.
#[derive(Default)]
pub(super) struct Codes {
    taken: usize,
    suspects: BTreeSet<Serial>,
    refused: BTreeSet<Serial>,
}

impl Codes {
    pub(super) fn taken(&mut self, serial: &Serial) {
        self.taken += 1;
        self.suspects.remove(serial);
        self.refused.remove(serial);
    }

    pub(super) fn refused(&mut self, serial: &Serial) {
        if !self.refused.contains(serial) {
            self.suspects.insert(serial.clone());
        }
    }

    /// A token was read.
    pub(super) fn read(&mut self, serial: &Serial, is_as_wanted: bool) {
        if self.suspects.remove(serial) && !is_as_wanted {
            self.refused.insert(serial.clone());
        }
    }

    /// True where tokens should be read before more codes are sent.
    pub(super) fn need_a_look(&self) -> bool {
        !self.suspects.is_empty() && self.are_many(self.suspects.len() + self.refused.len())
    }

    /// What ends the run where the seeds cannot be right.
    pub(super) fn mismatch(&self) -> Option<Failure> {
        let refused = self.refused.len();
        self.are_many(refused).then(|| Failure {
            verdict: Verdict::Refused,
            problem: mismatch(refused, self.taken + refused),
            request_id: None,
        })
    }

    fn are_many(&self, refused: usize) -> bool {
        refused > FEW && refused * 100 > (self.taken + refused) * MANY_PERCENT
    }
}

fn mismatch(refused: usize, all: usize) -> Problem {
    Problem::new(
        "seeds-do-not-match",
        format!(
            "the service refused the codes of {refused} of {all} tokens: the seeds do not match the serials"
        ),
        "compare a code of one device with one of its seed: if they differ, get the right file from the \
         vendor; if they are the same, look whether the policy for hardware tokens is switched on; then resume the run",
    )
}
