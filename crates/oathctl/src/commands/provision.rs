//! `oathctl provision`: plan, show, confirm, carry out, report.

use crate::approval::{self, Approvals};
use crate::args::{Common, Provision};
use crate::exit::{Exit, Failed};
use crate::session::{Asking, Session};
use crate::tables::Showing;
use crate::{files, tables};

pub(crate) async fn run(common: &Common, args: &Provision) -> Result<Exit, Failed> {
    let approvals = Approvals::load(common)?;
    let job = &args.job;
    let session = Session::of(common, job).await?;
    let plan = session
        .read(session.engine().plan(job.until.into()))
        .await?;
    files::say(tables::plan(&plan, Showing::ToConfirm));
    session.say_estimate(&plan);
    approvals.demand(&plan, "provision has none", || {
        approval::whole_way(common, job)
    })?;
    let asking = Asking::new(args.yes, &job.reading.inputs(&job.file));
    session.carry_out(common, &plan, asking).await
}
