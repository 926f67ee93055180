//! `oathctl plan` and `oathctl review`: what would be done, kept to be approved and applied later.

use std::path::Path;

use provisioner::{Decision, Made, Plan};

use crate::approval::{self, Approvals};
use crate::args::{Common, Output, Plan as Args, Review};
use crate::exit::{Exit, Failed};
use crate::session::Session;
use crate::tables::Showing;
use crate::{files, system, tables};

pub(crate) async fn run(common: &Common, args: &Args) -> Result<Exit, Failed> {
    let approvals = Approvals::load(common)?;
    let job = &args.job;
    let session = Session::to_look(common, job).await?;
    let mut plan = session
        .read(session.engine().plan(job.until.into()))
        .await?;
    let actor = system::actor();
    plan.made = Some(Made {
        by: actor.to_string(),
        at: session.connection.clock.unix().as_secs(),
        with: actor.program,
    });
    let to_stdout = args.out.as_deref() == Some(Path::new("-"));
    if let Some(out) = args.out.as_deref().filter(|_| !to_stdout) {
        files::write_private(out, plan.document().as_bytes())?;
    }
    if common.output == Output::Json || to_stdout {
        files::print(&plan.document())?;
    } else {
        files::print(&tables::plan(&plan, Showing::Whole))?;
    }
    session.say_estimate(&plan);
    if let Some(out) = &args.out {
        let next = if common.sandbox {
            "no other command: its sandbox ends with this one".to_owned()
        } else if approvals.permit(&plan) {
            approval::applying(common, out, &job.file, &job.reading)
        } else {
            approval::approving(common, out, &job.file, &job.reading)
        };
        files::say(format_args!("To carry it out:\n  -> {next}"));
    }
    Ok(exit(&plan))
}

pub(crate) fn review(common: &Common, args: &Review) -> Result<Exit, Failed> {
    let plan = files::read_plan(&args.plan)?;
    match common.output {
        Output::Json => files::print(&plan.document())?,
        Output::Text => files::print(&tables::plan(&plan, Showing::Whole))?,
    }
    files::say(format_args!(
        "To approve it: {}",
        approval::signing(&args.plan)
    ));
    Ok(exit(&plan))
}

/// Whether every row of the file can come to what is wanted.
fn exit(plan: &Plan) -> Exit {
    let refused = |decision: &Decision| {
        matches!(
            decision,
            Decision::Conflict { .. } | Decision::Rejected { .. }
        )
    };
    let all = plan.unreadable.is_empty() && !plan.rows.iter().any(|row| refused(&row.decision));
    if all { Exit::Done } else { Exit::Incomplete }
}
