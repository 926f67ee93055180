//! What keeps something from being done, said where it was asked for.

use provisioner::Problem;

use crate::door::Refusal;

/// A problem, and what of the wish it is about.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// `user`, `code`, `seed`, `old`, `new`, or another field; empty where it is about none.
    pub(crate) field: &'static str,
    pub(crate) problem: Problem,
}

impl Fault {
    pub(crate) fn at(field: &'static str, problem: Problem) -> Self {
        Self { field, problem }
    }

    /// At this field, where it is about none yet.
    pub(crate) fn or_at(self, field: &'static str) -> Self {
        match self.field {
            "" => Self { field, ..self },
            _ => self,
        }
    }
}

/// The code of a problem says whether it is about the user, the code or the seed.
impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        let problem = in_own_words(problem);
        let about = [("user-", "user"), ("code-", "code"), ("seed-", "seed")];
        let mut about = about.into_iter();
        let field = about.find(|(prefix, _)| problem.code.starts_with(prefix));
        Self::at(field.map_or("", |(_, field)| field), problem)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        fault.problem
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let problem = Problem::new("refused", refusal.said(), "open the page again");
        Self::at("", problem)
    }
}

/// What the libraries say names the commands and the file of the command line.
pub(super) fn in_own_words(mut problem: Problem) -> Problem {
    problem.next = match problem.code.as_str() {
        "code-missing" => "type the code that the device shows, or paste its seed".to_owned(),
        "code-not-of-seed" => {
            "see that the device has this serial number, and type the code that it shows now; two codes \
             and the seed tell how far its clock is off"
                .to_owned()
        }
        _ => (problem.next).replace("correct the user column", "name another user"),
    };
    problem
}
