//! `oathctl tokens replace`: two plans, of which the second is begun when the first has come to its end.

use std::slice;

use provisioner::{Plan, Problem, Replacement, Report, Roster, RunId, UserId};
use serde::Serialize;

use super::stock::{Stock, unusable};
use super::{asking, demand, epoch, open, proof};
use crate::args::{Common, Output, Replace};
use crate::exit::{Exit, Failed};
use crate::session::Session;
use crate::tables::Showing;
use crate::{files, system, tables};

/// A plan with the tokens that it is about.
struct Half {
    plan: Plan,
    roster: Roster,
}

pub(super) async fn run(common: &Common, args: &Replace) -> Result<Exit, Failed> {
    let typed = system::clock();
    let mut session = open(common, args.place).await?;
    let stock = Stock::of(common, &session.connection).await?;
    let holder = stock.holder(&args.user).await?;
    let proof = proof(&session, &args.proof, &*typed)?;
    let new = stock.find(&args.new).await?;
    let given = proof.roster(&args.new, new.as_ref(), &args.user, epoch(&session));
    let given = given.map_err(|problem| unusable(&problem))?;
    let replacement = wanted(&session, &stock, args, given, &holder).await?;
    let gap = replacement.gap;
    let first = half(&mut session, replacement.first).await?;
    let second = half(&mut session, replacement.second).await?;
    files::say(tables::plan(&first.plan, Showing::ToConfirm));
    files::say(tables::plan(&second.plan, Showing::ToConfirm));
    if !(first.plan.is_feasible() && second.plan.is_feasible()) {
        files::say("Nothing was sent: one without the other would not help.");
        print(common, None, None)?;
        return Ok(Exit::Incomplete);
    }
    let plans = [&first.plan, &second.plan];
    demand(common, &plans)?;
    if gap && args.proof.seeds.is_none() {
        let message = "the old token would go first, and a code alone cannot be checked before that; nothing was sent";
        return Err(Failed::usage(message).next("name the seed file of the new one: --seeds"));
    }
    if gap {
        nothing_stands_against(&session, &holder).await?;
        let user = &args.user;
        files::say(format_args!(
            "In between, {user} has neither of the two: so many tokens as now are possible."
        ));
    }
    session
        .confirm(&plans, asking(args.yes, &args.proof))
        .await?;
    carry_out(common, session, args, gap, first, second).await
}

async fn wanted(
    session: &Session,
    stock: &Stock<'_>,
    args: &Replace,
    given: Roster,
    holder: &UserId,
) -> Result<Replacement, Failed> {
    let mut old = stock.one(&args.old).await?;
    stock.name_holders(slice::from_mut(&mut old)).await;
    let held = stock.of_holder(holder.clone()).await?.len();
    let capabilities = session.connection.provider.capabilities();
    let replacement = Replacement::new(capabilities, &old, given, holder, held, args.delete);
    replacement.map_err(|problem| unusable(&problem))
}

async fn half(
    session: &mut Session,
    (roster, goal): (Roster, provisioner::Goal),
) -> Result<Half, Failed> {
    let before = session.take_roster(roster);
    let plan = session.read(session.engine().plan(goal)).await?;
    let roster = session.take_roster(before);
    Ok(Half { plan, roster })
}

/// Whether the new token can be given is looked at before the old one is taken.
async fn nothing_stands_against(session: &Session, holder: &UserId) -> Result<(), Failed> {
    let (provider, pace) = (&session.connection.provider, &session.connection.pace);
    let objection = provider.objection(pace, holder).await;
    let objection = objection.map_err(Failed::unread)?;
    objection.map_or(Ok(()), |problem| Err(unusable(&problem)))
}

async fn carry_out(
    common: &Common,
    mut session: Session,
    args: &Replace,
    gap: bool,
    first: Half,
    second: Half,
) -> Result<Exit, Failed> {
    session.take_roster(first.roster);
    // Whatever happens in between, what is still to be given is on record.
    let begun = match gap {
        true => Some(session.begin(&second.plan).await?),
        false => None,
    };
    let (run, (report, stopped)) = session.apply(&first.plan).await?;
    if stopped.is_some() || !report.is_complete() {
        // Whoever may have lost the old token is still to be given the new one.
        let untouched = report.counts.pending + report.counts.failed == 0;
        if let Some(begun) = begun.as_ref().filter(|_| untouched) {
            let engine = session.engine();
            engine.cancel(begun, &second.plan, &other_half()).await?;
        }
        files::say(match gap {
            true if untouched => format!("The token {} was not given.", args.new),
            true => format!(
                "The token {} was not given yet: resume this run first, then the other one (oathctl runs list).",
                args.new
            ),
            false => format!("The token {} stays with {}.", args.old, args.user),
        });
        let print = |report: &Report| print(common, Some(report), None);
        return session.end(common, &run, (report, stopped), print).await;
    }
    session.take_roster(second.roster);
    let ended = apply(&session, begun, &second.plan).await;
    let is_given = ended
        .as_ref()
        .is_ok_and(|(_, (ended, _))| ended.is_complete());
    if gap && !is_given {
        files::say(format_args!(
            "{} has neither of the two now: resume the run (oathctl runs list), or provision {}.",
            args.user, args.new
        ));
    }
    match ended {
        Ok((run, ended)) => {
            let print = |second: &Report| print(common, Some(&report), Some(second));
            session.end(common, &run, ended, print).await
        }
        Err(failed) => {
            print(common, Some(&report), None)?;
            Err(failed)
        }
    }
}

async fn apply(
    session: &Session,
    begun: Option<RunId>,
    plan: &Plan,
) -> Result<(RunId, (Report, Option<provisioner::Stopped>)), Failed> {
    match begun {
        Some(run) => {
            let ended = session.engine().apply_begun(&run, plan).await?;
            Ok((run, ended))
        }
        None => session.apply(plan).await,
    }
}

fn other_half() -> Problem {
    Problem::new(
        "not-begun",
        "the old token was not taken back, so that the new one was not given",
        "replace it again",
    )
}

#[derive(Serialize)]
struct ReplacementDocument<'r> {
    schema: &'static str,
    /// None where it was not begun.
    first: Option<&'r Report>,
    /// None where it was not begun.
    second: Option<&'r Report>,
}

/// What came of the two runs, as one document.
fn print(common: &Common, first: Option<&Report>, second: Option<&Report>) -> Result<(), Failed> {
    match common.output {
        Output::Json => files::print_json(&ReplacementDocument {
            schema: "oathkit.replacement/1",
            first,
            second,
        }),
        Output::Text => [first, second]
            .into_iter()
            .flatten()
            .try_for_each(|report| files::print(&tables::report(report))),
    }
}
