//! `oathctl apply`: carry out a kept plan where everything is as it was.

use std::fmt::Write;
use std::path::Path;

use provisioner::{Plan, Roster, RowChange};

use crate::approval::{self, Approvals};
use crate::args::{Apply, Common, Idp};
use crate::exit::{Exit, Failed};
use crate::session::{Asking, Session};
use crate::tables::Showing;
use crate::{files, tables};

/// So many rows of another file are named.
const NAMED: usize = 20;

pub(crate) async fn run(common: &Common, args: &Apply) -> Result<Exit, Failed> {
    let seeds = &args.seeds;
    let mut inputs = vec![(&*args.plan, "the plan")];
    inputs.extend(args.reading.inputs(seeds));
    inputs.extend(args.approval.as_deref().map(|path| (path, "the approval")));
    files::one_from_stdin(&inputs)?;
    let kept = files::read_plan(&args.plan)?;
    let roster = files::read_roster(seeds, &args.reading)?;
    must_be_of(&kept, &roster, seeds, &kept.file_changes(&roster))?;
    let approvals = Approvals::load(common)?;
    let approval = match &args.approval {
        Some(signature) => Some(approvals.verify(&kept, signature)?),
        None => None,
    };
    if approval.is_none() {
        let how = || approval::approving(common, &args.plan, seeds, &args.reading);
        approvals.demand(&kept, "none was given", how)?;
    }
    let idp = Idp::of(&kept.tenant)
        .ok_or_else(|| Failed::usage(format!("the plan is for {}", kept.tenant.idp)))?;
    let session = Session::open(common, idp, args.pacing, roster).await?;
    session.must_be(&kept.tenant, "the plan is for")?;
    let mut plan = session.read(session.engine().recheck(&kept)).await?;
    plan.approval = approval;
    files::say(tables::plan(&plan, Showing::ToConfirm));
    session.say_estimate(&plan);
    let asking = Asking::new(args.yes, &inputs);
    session.carry_out(common, &plan, asking).await
}

/// Refuses another seed file, or the same one with these changes, and says what is different in it.
pub(super) fn must_be_of(
    plan: &Plan,
    roster: &Roster,
    seeds: &Path,
    changes: &[RowChange],
) -> Result<(), Failed> {
    let path = seeds.display();
    let is_same = *roster.file() == plan.file;
    if is_same && changes.is_empty() {
        return Ok(());
    }
    let (what, next) = if is_same {
        (
            "was read with other options when the plan was made",
            "give the options of then, such as --algorithm or --column",
        )
    } else {
        (
            "is not the file that the plan was made from",
            "give the file as it was, or make a new plan of this one",
        )
    };
    let mut message = format!("{path} {what}; nothing was sent");
    for change in changes.iter().take(NAMED) {
        let _ = write!(message, "\n  {change}");
    }
    if changes.len() > NAMED {
        let _ = write!(message, "\n  … and {} more", changes.len() - NAMED);
    }
    if changes.is_empty() {
        message += "\n  its tokens are the same; their order or what surrounds them differs";
    }
    Err(Failed::usage(message).next(next))
}
