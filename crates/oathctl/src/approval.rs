//! Approvals by a second person, as the chosen profile wants them.

use std::path::Path;

use provisioner::{Approval, ApprovalError, ApprovalRules, Plan};

use crate::args::{Common, Job, Reading, quoted};
use crate::exit::{Exit, Failed};
use crate::settings::Settings;
use crate::{files, system};

/// Longer than any signature.
const MAX_SIGNATURE_BYTES: usize = 64 * 1024;

/// What the profile says about approvals.
pub(crate) struct Approvals(ApprovalRules);

impl Approvals {
    /// A sandbox needs no approval: nothing of it outlives the program.
    pub(crate) fn load(common: &Common) -> Result<Self, Failed> {
        if common.sandbox {
            return Ok(Self(ApprovalRules::default()));
        }
        Ok(Self(Settings::load(common)?.approval()?))
    }

    /// True where the plan may be carried out as it is.
    pub(crate) fn permit(&self, plan: &Plan) -> bool {
        self.0.permits(plan)
    }

    /// Refuses a plan that has to be approved and is not. `why` says it of this plan, `how` what to do.
    pub(crate) fn demand(
        &self,
        plan: &Plan,
        why: &str,
        how: impl FnOnce() -> String,
    ) -> Result<(), Failed> {
        if self.permit(plan) {
            return Ok(());
        }
        let message = format!("this profile requires an approval by a second person; {why}");
        Err(Failed::new(Exit::Access, message + "; nothing was sent").next(how()))
    }

    /// The approval that a signature is.
    pub(crate) fn verify(&self, plan: &Plan, signature: &Path) -> Result<Approval, Failed> {
        let too_long = || ApprovalError::NotASignature("it is longer than any".to_owned());
        let bytes = files::read_at_most(signature, MAX_SIGNATURE_BYTES)?.ok_or_else(too_long);
        let verified =
            bytes.and_then(|bytes| self.0.verify(plan, &bytes, &system::actor().to_string()));
        verified.map_err(|error| {
            let message = format!("{}: {error}; nothing was sent", signature.display());
            Failed::new(Exit::Access, message)
                .next("approvers stand in the profile of the configuration file, under approval")
        })
    }
}

/// How a plan is signed.
pub(crate) fn signing(plan: &Path) -> String {
    let (namespace, plan) = (ApprovalRules::NAMESPACE, quoted(plan));
    format!("ssh-keygen -Y sign -n {namespace} -f KEY {plan}")
}

/// How a kept plan is carried out.
pub(crate) fn applying(common: &Common, plan: &Path, seeds: &Path, reading: &Reading) -> String {
    let (plan, seeds) = (quoted(plan), quoted(seeds));
    let (reading, settings) = (reading.words(), common.same_settings());
    format!("oathctl apply {plan} --seeds {seeds}{reading}{settings}")
}

/// How a kept plan that has to be approved gets on its way.
pub(crate) fn approving(common: &Common, plan: &Path, seeds: &Path, reading: &Reading) -> String {
    let steps = [
        format!("the approver: oathctl review {}", quoted(plan)),
        format!("the approver: {}", signing(plan)),
        format!(
            "{} --approval {}.sig",
            applying(common, plan, seeds, reading),
            quoted(plan)
        ),
    ];
    steps.join("\n  -> ")
}

/// Everything from a seed file to a run that was approved.
pub(crate) fn whole_way(common: &Common, job: &Job) -> String {
    let (file, to, until) = (quoted(&job.file), job.to.name(), job.until.name());
    let (reading, settings) = (job.reading.words(), common.same_settings());
    let plan =
        format!("oathctl plan {file} --to {to} --until {until} --out PLAN{reading}{settings}");
    let rest = approving(common, Path::new("PLAN"), &job.file, &job.reading);
    format!("{plan}\n  -> {rest}")
}
