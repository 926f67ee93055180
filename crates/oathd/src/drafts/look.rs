//! What is known of a draft's file, without any seed: read once, shown as often as somebody looks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

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
    misfits: Mutex<BTreeMap<Idp, Arc<Vec<Misfit>>>>,
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
        let misfits = self.misfits.lock().unwrap_or_else(PoisonError::into_inner);
        misfits.get(&idp).cloned()
    }

    /// Asks which tokens a place would not take.
    pub(crate) fn compare(&self, idp: Idp, file: &SeedFile, capabilities: &Capabilities) {
        let found = Arc::new(misfits(&file.tokens, capabilities));
        let mut misfits = self.misfits.lock().unwrap_or_else(PoisonError::into_inner);
        misfits.insert(idp, found);
    }
}
