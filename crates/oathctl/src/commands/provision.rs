//! `oathctl provision`: plan, show, confirm, carry out, report.

use crate::approval::{self, Approvals};
use crate::args::{Common, Provision};
use crate::exit::{Exit, Failed};
use crate::session::{Asking, Session};
use crate::tables::Showing;
use crate::{files, tables};

pub(crate) async fn run(common: &Common, args: &Provision) -> Result<Exit, Failed> {
    let approvals = Approvals::load(common)?;
    let roster = files::read_roster(&args.file, &args.reading)?;
    let session = Session::open(common, args.to, args.pacing, roster).await?;
    let plan = session
        .read(session.engine().plan(args.until.into()))
        .await?;
    files::say(tables::plan(&plan, Showing::ToConfirm));
    session.say_estimate(&plan);
    approvals.demand(&plan, "provision has none", || {
        approval::whole_way(common, args)
    })?;
    let asking = Asking::new(args.yes, &args.reading.inputs(&args.file));
    session.carry_out(common, &plan, asking).await
}
