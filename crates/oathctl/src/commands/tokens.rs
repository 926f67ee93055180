//! `oathctl tokens`: look at an inventory, and change what is in it, by plans through the engine.

mod replace;
mod stock;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use idp_http::{Clock, printable};
use provisioner::{Goal, InventoryFilter, InventoryToken, Plan, Roster, Twin, TypedCode, Whose};
use serde::Serialize;

pub(super) use self::stock::Stock;
use self::stock::unusable;
use super::code;
use crate::approval::Approvals;
use crate::args::{
    Activate, Assign, Common, Duplicates, List, ListFormat, Output, Place, Proof, Show, Take,
    Tokens, TokensCommand,
};
use crate::connect::{self, Connection, Reach};
use crate::exit::{Exit, Failed};
use crate::session::{Asking, Session};
use crate::tables::Showing;
use crate::{files, progress, system, tables};

pub(crate) async fn run(common: &Common, args: &Tokens) -> Result<Exit, Failed> {
    match &args.command {
        TokensCommand::List(args) => list(common, args).await,
        TokensCommand::Show(args) => show(common, args).await,
        TokensCommand::Assign(args) => assign(common, args).await,
        TokensCommand::Activate(args) => activate(common, args).await,
        TokensCommand::Deactivate(args) => take(common, args, Some(Goal::Deactivated)).await,
        TokensCommand::Unassign(args) => take(common, args, None).await,
        TokensCommand::Delete(args) => take(common, args, Some(Goal::Deleted)).await,
        TokensCommand::Duplicates(args) => duplicates(common, args).await,
        TokensCommand::Replace(args) => replace::run(common, args).await,
    }
}

#[derive(Serialize)]
struct ListDocument<'a> {
    schema: &'static str,
    idp: &'static str,
    tokens: &'a [InventoryToken],
}

async fn list(common: &Common, args: &List) -> Result<Exit, Failed> {
    let connection = connect(common, args.place).await?;
    let stock = Stock::of(common, &connection).await?;
    let mut filter = stock.filter(&args.filter).await?;
    filter.serials = args.serial.clone().map(|serial| BTreeSet::from([serial]));
    filter.check = args.check;
    let tokens = stock.read(&filter).await?;
    print(common, args.place, args.format, &tokens)?;
    Ok(Exit::Done)
}

fn print(
    common: &Common,
    place: Place,
    format: Option<ListFormat>,
    tokens: &[InventoryToken],
) -> Result<(), Failed> {
    match (format, common.output) {
        (Some(ListFormat::Csv), _) => files::print(&InventoryToken::to_csv(tokens)),
        (Some(ListFormat::Json), _) | (None, Output::Json) => files::print_json(&ListDocument {
            schema: "oathkit.tokens/1",
            idp: place.idp.name(),
            tokens,
        }),
        (None, Output::Text) => tables::inventory(tokens).try_for_each(|page| files::print(&page)),
    }
}

async fn show(common: &Common, args: &Show) -> Result<Exit, Failed> {
    let connection = connect(common, args.place).await?;
    let stock = Stock::of(common, &connection).await?;
    let found = stock.one(&args.serial).await?;
    let mut tokens = vec![found];
    if let Some(holder) = tokens.first().and_then(|token| token.holder.clone()) {
        let others = stock.of_holder(holder.id).await?;
        let is_other = |token: &InventoryToken| tokens.iter().all(|one| one.id != token.id);
        let others: Vec<_> = others.into_iter().filter(is_other).collect();
        tokens.extend(others);
    }
    print(common, args.place, None, &tokens)?;
    Ok(Exit::Done)
}

async fn assign(common: &Common, args: &Assign) -> Result<Exit, Failed> {
    let pairs = match (&args.serial, &args.user, &args.list) {
        (Some(serial), Some(user), _) => vec![(serial.clone(), user.clone())],
        (_, _, Some(list)) => files::read_pairs(list)?,
        _ => Vec::new(),
    };
    let mut users = BTreeMap::new();
    for (serial, user) in pairs {
        if users.insert(serial.clone(), user).is_some() {
            return Err(Failed::usage(format!("the list names {serial} twice")));
        }
    }
    if users.is_empty() {
        return Err(Failed::usage("the list names no token; nothing was sent"));
    }
    let mut session = open(common, args.place).await?;
    let stock = Stock::of(common, &session.connection).await?;
    let filter = InventoryFilter {
        serials: Some(users.keys().cloned().collect()),
        ..InventoryFilter::default()
    };
    let mut roster = rows_of(&stock.all_of(&filter).await?)?;
    for (serial, user) in users {
        roster.set_user(&serial, user);
    }
    session.take_roster(roster);
    let list = args.list.as_deref().map(|list| (list, "the list"));
    let asking = Asking::new(args.yes, list.as_slice());
    carry_out(common, session, Goal::Assigned, asking).await
}

async fn activate(common: &Common, args: &Activate) -> Result<Exit, Failed> {
    let typed = system::clock();
    let mut session = open(common, args.place).await?;
    let stock = Stock::of(common, &session.connection).await?;
    let found = stock.one(&args.serial).await?;
    let user = match (&args.user, &found.holder) {
        (Some(user), _) => user.clone(),
        (None, Some(holder)) => holder.id.0.clone(),
        (None, None) => {
            let message = format!("nobody holds the token {}", args.serial);
            return Err(Failed::usage(message).next("name the user: --user USER"));
        }
    };
    let proof = proof(&session, &args.proof, &*typed)?;
    let roster = proof.roster(&args.serial, Some(&found), &user, epoch(&session));
    let roster = roster.map_err(|problem| unusable(&problem))?;
    session.take_roster(roster);
    let asking = asking(args.yes, &args.proof);
    carry_out(common, session, Goal::Activated, asking).await
}

/// What proves a token. The code was typed when the clock `typed` was started.
fn proof(session: &Session, args: &Proof, typed: &dyn Clock) -> Result<provisioner::Proof, Failed> {
    let seeds = args.seeds.as_ref();
    let seeds = seeds.map(|seeds| files::read_roster(seeds, &args.reading));
    let clock = &session.connection.clock;
    let at = clock.monotonic().saturating_sub(typed.monotonic());
    let code = args.code.as_deref().map(code::typed).transpose()?;
    Ok(provisioner::Proof {
        seeds: seeds.transpose()?,
        code: code.map(|code| TypedCode { code, at }),
        drift: args.drift,
    })
}

/// The service's time since the Unix epoch when the session's clock was started.
fn epoch(session: &Session) -> Duration {
    let connection = &session.connection;
    let now = connection.provider.unix();
    now.saturating_sub(connection.clock.monotonic())
}

/// Takes tokens back: with no goal as far as the identity provider keeps what nobody holds.
async fn take(common: &Common, args: &Take, goal: Option<Goal>) -> Result<Exit, Failed> {
    let mut session = open(common, args.place).await?;
    let stock = Stock::of(common, &session.connection).await?;
    let chosen = stock.chosen(args).await?;
    if chosen.is_empty() {
        return Err(Failed::usage(
            "no token is chosen by that; nothing was sent",
        ));
    }
    session.take_roster(rows_of(&chosen)?);
    let goal = goal.unwrap_or_else(|| session.connection.provider.capabilities().taken_back());
    let list = args.list.as_deref().map(|list| (list, "the list"));
    let asking = Asking::new(args.yes, list.as_slice());
    carry_out(common, session, goal, asking).await
}

fn rows_of<'t>(chosen: impl IntoIterator<Item = &'t InventoryToken>) -> Result<Roster, Failed> {
    Roster::of_inventory(chosen).map_err(|problem| unusable(&problem))
}

/// Tokens of both stores, of which the uploaded ones can go where the others work.
async fn duplicates(common: &Common, args: &Duplicates) -> Result<Exit, Failed> {
    if !args.delete_uploaded {
        let connection = connect(common, args.place).await?;
        let twins = uploaded_twice(common, &connection, args).await?;
        let uploaded: Vec<_> = twins.into_iter().map(|twin| twin.uploaded).collect();
        print(common, args.place, None, &uploaded)?;
        return Ok(Exit::Done);
    }
    let mut session = open(common, args.place).await?;
    let twins = uploaded_twice(common, &session.connection, args).await?;
    let (replaced, needed): (Vec<Twin>, Vec<Twin>) = twins.into_iter().partition(Twin::is_replaced);
    for twin in &needed {
        files::say(format_args!(
            "The uploaded token {} stays: its holder cannot sign in with the imported one yet.",
            printable(&twin.uploaded.serial)
        ));
    }
    let uploaded = replaced.iter().map(|twin| &twin.uploaded);
    session.take_roster(rows_of(uploaded)?);
    let asking = Asking::new(args.yes, &[]);
    let exit = carry_out(common, session, Goal::Deleted, asking).await?;
    Ok(match (exit, needed.is_empty()) {
        (Exit::Done, false) => Exit::Incomplete,
        (exit, _) => exit,
    })
}

async fn uploaded_twice(
    common: &Common,
    connection: &Connection,
    args: &Duplicates,
) -> Result<Vec<Twin>, Failed> {
    let stock = Stock::of(common, connection).await?;
    let whose = match &args.holder {
        Some(name) => Whose::User(stock.holder(name).await?),
        None if args.everybody => Whose::Everybody,
        None => Whose::Holders,
    };
    let reading = progress::reading("reading what everybody holds");
    let (provider, pace) = (&connection.provider, &connection.pace);
    let twice = provider.uploaded_twice(pace, &whose).await;
    reading.finish_and_clear();
    twice.map_err(Failed::unread)
}

/// Refuses plans where the profile wants somebody to approve each.
pub(super) fn demand(common: &Common, plans: &[&Plan]) -> Result<(), Failed> {
    let approvals = Approvals::load(common)?;
    let how = || {
        "a plan of a seed file can be approved; for this use a profile that requires none"
            .to_owned()
    };
    let mut plans = plans.iter().filter(|plan| !plan.is_empty());
    plans.try_for_each(|plan| approvals.demand(plan, "tokens has none", how))
}

/// Nobody is asked where standard input holds the seed file.
fn asking(yes: bool, proof: &Proof) -> Asking {
    let seeds = proof.seeds.as_deref();
    let inputs = seeds
        .map(|seeds| proof.reading.inputs(seeds))
        .unwrap_or_default();
    Asking::new(yes, &inputs)
}

async fn carry_out(
    common: &Common,
    session: Session,
    goal: Goal,
    asking: Asking,
) -> Result<Exit, Failed> {
    let plan = session.read(session.engine().plan(goal)).await?;
    files::say(tables::plan(&plan, Showing::ToConfirm));
    demand(common, &[&plan])?;
    session.say_estimate(&plan);
    session.carry_out(common, &plan, asking).await
}

pub(super) async fn connect(common: &Common, place: Place) -> Result<Connection, Failed> {
    let nothing = Roster::without_seeds(Vec::new());
    connect::connect(common, place.idp, place.pacing, &nothing, Reach::Look).await
}

async fn open(common: &Common, place: Place) -> Result<Session, Failed> {
    let nothing = Roster::without_seeds(Vec::new());
    Session::open(common, place.idp, place.pacing, nothing).await
}
