//! Runs that are paused, let go on, or cancelled.

use http::HeaderMap;
use provisioner::{Problem, RunId};

use super::{address, kept, seen};
use crate::api::Api;
use crate::api::answer::{Done, Reply};
use crate::api::body::{Empty, File};
use crate::api::call::Call;
use crate::api::description::Operation;
use crate::api::drafts::Read;
use crate::api::parameters::{Path, Query};
use crate::desk::Deed;
use crate::door::Role;

pub(super) fn api() -> Api {
    Api::new()
        .on(
            steered(
                "/api/v1/runs/{run}/pause",
                "Pause a run: the calls in flight are finished first.",
            ),
            pause,
        )
        .on(
            steered(
                "/api/v1/runs/{run}/resume",
                "Let a run go on that was paused or that stopped.",
            ),
            resume,
        )
        .on(
            steered(
                "/api/v1/runs/{run}/seeds",
                "Let a run go on whose seed file is not kept here, with that file.",
            )
            .reads_file(),
            resume_with,
        )
        .on(
            steered(
                "/api/v1/runs/{run}/cancel",
                "End a run as it is. Rows for which something was sent are looked at once more.",
            ),
            cancel,
        )
}

/// Operators may do this with every run, the help desk with what it began itself.
fn steered(path: &'static str, summary: &'static str) -> Operation {
    Operation::post(path, Role::HelpDesk, summary).gives(202, "oathkit.progress/1")
}

async fn pause(call: Call, Path(run): Path<String>, _: Empty) -> Done {
    steer(&call, RunId(run), Deed::Pause).await
}

async fn resume(call: Call, Path(run): Path<String>, _: Empty) -> Done {
    steer(&call, RunId(run), Deed::Resume(None)).await
}

async fn cancel(call: Call, Path(run): Path<String>, _: Empty) -> Done {
    steer(&call, RunId(run), Deed::Cancel).await
}

async fn resume_with(
    call: Call,
    headers: HeaderMap,
    Path(run): Path<String>,
    Query(read): Query<Read>,
    File(file): File,
) -> Done {
    let about = read.about(&headers);
    steer(
        &call,
        RunId(run),
        Deed::Resume(Some(Box::new((about, file)))),
    )
    .await
}

async fn steer(call: &Call, run: RunId, deed: Deed) -> Done {
    let known = kept(call, &run).await?;
    let job = call.app.jobs.find(&run);
    if job.is_none() && known.report.counts.pending == 0 {
        return Err(over(&run).into());
    }
    call.may_steer(job.as_deref())?;
    let idp = &known.report.idp;
    call.app.steer(&run, idp, call.by(), deed).await?;
    Reply::accepted(address(&run.0), &seen(call, run).await?)
}

fn over(run: &RunId) -> Problem {
    Problem::new(
        "run-ended",
        format!("the run {run} has come to its end"),
        "read its report",
    )
}
