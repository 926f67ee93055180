//! What is known of a draft's file, without any seed: read once, shown as often as somebody looks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use provisioner::{Capabilities, Misfit, Problem, misfits};
use seedfile::{Finding, Pairing, SeedFile, Survey, findings};

use crate::places::Idp;
use crate::upload::Upload;
use crate::vault::Vault;

#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) survey: Survey,
    /// What is wrong, each thing once.
    pub(crate) findings: Vec<Finding>,
    /// Who gets what by the list of users, where there is one, or why it cannot be used.
    pub(crate) pairing: Option<Result<Pairing, Problem>>,
    /// The tokens that a place would not take, where that was asked.
    misfits: Mutex<BTreeMap<Idp, Compared>>,
}

#[derive(Debug)]
struct Compared {
    misfits: Arc<Vec<Misfit>>,
    /// By what the place itself says. Otherwise it may take less.
    is_exact: bool,
}

impl Look {
    pub(crate) fn at(upload: &Upload, vault: &Vault) -> Result<Self, Problem> {
        let survey = upload.survey(vault)?;
        let pairing = match &upload.about.users {
            None => None,
            Some(_) => match upload.about.pairing(&upload.file(vault)?) {
                Ok(pairing) => pairing.map(Ok),
                Err(problem) => Some(Err(problem)),
            },
        };
        Ok(Self {
            findings: findings(&survey.problems, &survey.warnings),
            survey,
            pairing,
            misfits: Mutex::default(),
        })
    }

    /// Tokens of the file that have a user: by the file itself, or by the list.
    pub(crate) fn held(&self) -> usize {
        let by_file: usize = self.survey.groups.iter().map(|group| group.held).sum();
        let by_list = self
            .pairing
            .as_ref()
            .and_then(|pairing| pairing.as_ref().ok());
        by_file + by_list.map_or(0, |pairing| pairing.pairs.len())
    }

    /// The tokens that a place would not take, if that was asked already.
    pub(crate) fn misfits(&self, idp: Idp) -> Option<Arc<Vec<Misfit>>> {
        let misfits = self.compared();
        misfits.get(&idp).map(|found| Arc::clone(&found.misfits))
    }

    /// Whether it is known from the place itself which tokens it would not take.
    pub(crate) fn knows(&self, idp: Idp) -> bool {
        let misfits = self.compared();
        misfits.get(&idp).is_some_and(|found| found.is_exact)
    }

    /// The rows of tokens that none of these places would take, as far as that was asked.
    pub(crate) fn unfit(&self, idps: &[Idp]) -> BTreeSet<usize> {
        let rows = |idp: &Idp| -> BTreeSet<usize> {
            let misfits = self.misfits(*idp).unwrap_or_default();
            misfits.iter().map(|misfit| misfit.row).collect()
        };
        let all = idps.iter().map(rows);
        all.reduce(|all, rows| &all & &rows).unwrap_or_default()
    }

    /// How many tokens one of these places would take.
    pub(crate) fn usable(&self, idps: &[Idp]) -> usize {
        let unfit = self.unfit(idps).len();
        self.survey.accepted.saturating_sub(unfit)
    }

    /// Asks which tokens a place would not take: by what it says itself, or else by what is known of it.
    pub(crate) fn compare(&self, idp: Idp, file: &SeedFile, said: Option<&Capabilities>) {
        let known = idp.capabilities();
        let found = Arc::new(misfits(&file.tokens, said.unwrap_or(&known)));
        let compared = Compared {
            misfits: found,
            is_exact: said.is_some(),
        };
        self.compared().insert(idp, compared);
    }

    fn compared(&self) -> MutexGuard<'_, BTreeMap<Idp, Compared>> {
        self.misfits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
