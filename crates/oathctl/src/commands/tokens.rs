//! `oathctl tokens`: look at an inventory, and change what is in it, by plans through the engine.

use std::collections::BTreeSet;

use idp_http::printable;
use provisioner::{Goal, InventoryFilter, InventoryToken, Roster, Token, Twin, UserId, Whose};
use seedfile::Serial;
use serde::Serialize;

use crate::args::{
    Activate, Assign, Common, Duplicates, Filter, List, ListFormat, Output, Place, Proof, Replace,
    Show, Take, Tokens, TokensCommand,
};
use crate::connect::{self, Connection};
use crate::exit::{Exit, Failed};
use crate::session::{Asking, Session};
use crate::tables::Showing;
use crate::{files, progress, tables};

pub(crate) async fn run(common: &Common, args: &Tokens) -> Result<Exit, Failed> {
    match &args.command {
        TokensCommand::List(args) => list(common, args).await,
        TokensCommand::Show(args) => show(common, args).await,
        TokensCommand::Assign(args) => assign(common, args).await,
        TokensCommand::Activate(args) => activate(common, args).await,
        TokensCommand::Deactivate(args) => take(common, args, Goal::Deactivated).await,
        TokensCommand::Unassign(args) => take(common, args, Goal::Unassigned).await,
        TokensCommand::Delete(args) => take(common, args, Goal::Deleted).await,
        TokensCommand::Duplicates(args) => duplicates(common, args).await,
        TokensCommand::Replace(args) => replace(common, args).await,
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
    let mut filter = filter(&connection, &args.filter).await?;
    filter.serials = args.serial.clone().map(|serial| BTreeSet::from([serial]));
    let tokens = inventory(&connection, &filter).await?;
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
    let found = one(&connection, &args.serial).await?;
    let mut tokens = vec![found];
    if let Some(holder) = tokens.first().and_then(|token| token.holder.clone()) {
        let of_holder = InventoryFilter {
            holder: Some(holder.id),
            ..InventoryFilter::default()
        };
        let others = inventory(&connection, &of_holder).await?;
        let is_other = |token: &InventoryToken| tokens.iter().all(|one| one.id != token.id);
        let others: Vec<_> = others.into_iter().filter(is_other).collect();
        tokens.extend(others);
    }
    print(common, args.place, None, &tokens)?;
    Ok(Exit::Done)
}

async fn assign(common: &Common, args: &Assign) -> Result<Exit, Failed> {
    let mut session = open(common, args.place).await?;
    let mut token = chosen(&session.connection, &args.serial).await?;
    token.user = Some(args.user.clone());
    session.take_roster(Roster::without_seeds(vec![token]));
    carry_out(common, session, Goal::Assigned, Asking::new(args.yes, &[])).await
}

async fn activate(common: &Common, args: &Activate) -> Result<Exit, Failed> {
    let mut session = open(common, args.place).await?;
    let found = one(&session.connection, &args.serial).await?;
    let user = match (&args.user, &found.holder) {
        (Some(user), _) => user.clone(),
        (None, Some(holder)) => holder.id.0.clone(),
        (None, None) => {
            let message = format!("nobody holds the token {}", args.serial);
            return Err(Failed::usage(message).next("name the user: --user USER"));
        }
    };
    let roster = proved(&session, &found, &args.proof, &user)?;
    session.take_roster(roster);
    let asking = asking(args.yes, &args.proof);
    carry_out(common, session, Goal::Activated, asking).await
}

/// A roster of one token, with what proves it.
fn proved(
    session: &Session,
    found: &InventoryToken,
    proof: &Proof,
    user: &str,
) -> Result<Roster, Failed> {
    let seeds = proof.seeds.as_ref();
    let seeds = seeds.map(|seeds| files::read_roster(seeds, &proof.reading));
    let proof = provisioner::Proof {
        seeds: seeds.transpose()?,
        code: proof.code.clone(),
        drift: proof.drift,
    };
    let now = session.connection.provider.unix();
    let roster = proof.roster(found, user, now);
    roster.map_err(|problem| unusable(&problem))
}

async fn take(common: &Common, args: &Take, goal: Goal) -> Result<Exit, Failed> {
    let mut session = open(common, args.place).await?;
    let chosen = chosen_of(&session.connection, args).await?;
    if chosen.is_empty() {
        return Err(Failed::usage(
            "no token is chosen by that; nothing was sent",
        ));
    }
    session.take_roster(rows_of(&chosen)?);
    let list = args.list.as_deref().map(|list| (list, "the list"));
    let asking = Asking::new(args.yes, list.as_slice());
    carry_out(common, session, goal, asking).await
}

/// The tokens of the inventory that the options name, in their order, without one of them twice.
async fn chosen_of(connection: &Connection, args: &Take) -> Result<Vec<InventoryToken>, Failed> {
    let mut filter = filter(connection, &args.filter).await?;
    let named = match &args.list {
        Some(list) => Some(files::read_serials(list)?),
        None => (!args.serials.is_empty()).then(|| args.serials.clone()),
    };
    filter.serials = named.map(BTreeSet::from_iter);
    let chosen = inventory(connection, &filter).await?;
    let message = match filter.missing(&chosen).as_slice() {
        [] => return Ok(chosen),
        [one] => format!("no such token: {one}"),
        [one, more @ ..] => format!("no such tokens: {one} and {} more", more.len()),
    };
    Err(Failed::usage(message).next("check the serial numbers; nothing was sent"))
}

fn rows_of<'t>(chosen: impl IntoIterator<Item = &'t InventoryToken>) -> Result<Roster, Failed> {
    Roster::of_inventory(chosen).map_err(|problem| unusable(&problem))
}

/// Tokens of both stores, of which the uploaded ones can go where the others work.
async fn duplicates(common: &Common, args: &Duplicates) -> Result<Exit, Failed> {
    if !args.delete_uploaded {
        let connection = connect(common, args.place).await?;
        let twins = uploaded_twice(&connection, args).await?;
        let uploaded: Vec<_> = twins.into_iter().map(|twin| twin.uploaded).collect();
        print(common, args.place, None, &uploaded)?;
        return Ok(Exit::Done);
    }
    let mut session = open(common, args.place).await?;
    let twins = uploaded_twice(&session.connection, args).await?;
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

async fn uploaded_twice(connection: &Connection, args: &Duplicates) -> Result<Vec<Twin>, Failed> {
    let holder = holder_if_named(connection, args.holder.as_deref()).await?;
    let whose = match holder {
        Some(holder) => Whose::User(holder),
        None if args.everybody => Whose::Everybody,
        None => Whose::Holders,
    };
    let reading = progress::reading("reading what everybody holds");
    let (provider, pace) = (&connection.provider, &connection.pace);
    let twice = provider.uploaded_twice(pace, &whose).await;
    reading.finish_and_clear();
    twice.map_err(Failed::unread)
}

/// First the new token, then the old one: whoever lost a token is not locked out by what goes wrong.
async fn replace(common: &Common, args: &Replace) -> Result<Exit, Failed> {
    if args.old == args.new {
        return Err(Failed::usage("the old token and the new one are the same"));
    }
    let mut session = open(common, args.place).await?;
    let holder = holder(&session.connection, &args.user).await?;
    let [old, new] = [&args.old, &args.new].map(|serial| one(&session.connection, serial));
    let (old, new) = (old.await?, new.await?);
    if old.holder.as_ref().is_some_and(|has| has.id != holder) {
        let message = format!("{} does not hold the token {}", args.user, args.old);
        return Err(Failed::usage(message).next("name the user who holds it; nothing was sent"));
    }
    let goal = match args.delete {
        true => Goal::Deleted,
        false => Goal::Unassigned,
    };
    let roster = proved(&session, &new, &args.proof, &args.user)?;
    session.take_roster(roster);
    let first = session.read(session.engine().plan(Goal::Activated)).await?;
    let given = session.take_roster(rows_of([&old])?);
    let second = session.read(session.engine().plan(goal)).await?;
    files::say(tables::plan(&first, Showing::ToConfirm));
    files::say(tables::plan(&second, Showing::ToConfirm));
    session
        .confirm(&[&first, &second], asking(args.yes, &args.proof))
        .await?;

    let taken = session.take_roster(given);
    let (run, (report, stopped)) = session.apply(&first).await?;
    if stopped.is_some() || !report.is_complete() {
        files::say(format_args!(
            "The token {} stays with {}.",
            args.old, args.user
        ));
        return session.finish(common, &run, (report, stopped)).await;
    }
    Session::print(common, &report)?;
    session.take_roster(taken);
    let (run, ended) = session.apply(&second).await?;
    session.finish(common, &run, ended).await
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
    session.say_estimate(&plan);
    session.carry_out(common, &plan, asking).await
}

pub(super) async fn connect(common: &Common, place: Place) -> Result<Connection, Failed> {
    let nothing = Roster::without_seeds(Vec::new());
    connect::connect(common, place.idp, place.pacing, &nothing).await
}

async fn open(common: &Common, place: Place) -> Result<Session, Failed> {
    let nothing = Roster::without_seeds(Vec::new());
    Session::open(common, place.idp, place.pacing, nothing).await
}

/// Reads the tokens that fit, while a spinner says so.
async fn inventory(
    connection: &Connection,
    filter: &InventoryFilter,
) -> Result<Vec<InventoryToken>, Failed> {
    let reading = progress::reading("reading the inventory");
    let mut tokens = Vec::new();
    let mut take = |token| tokens.push(token);
    let read = connection
        .provider
        .inventory(&connection.pace, filter, &mut take)
        .await;
    reading.finish_and_clear();
    read.map_err(Failed::unread)?;
    Ok(tokens)
}

/// The one token with a serial number.
async fn one(connection: &Connection, serial: &Serial) -> Result<InventoryToken, Failed> {
    let filter = InventoryFilter {
        serials: Some(BTreeSet::from([serial.clone()])),
        ..InventoryFilter::default()
    };
    let found = inventory(connection, &filter).await?;
    let missing = || {
        Failed::usage(format!("no such token: {serial}"))
            .next("check the serial number; a token that was uploaded as CSV is found by --holder")
    };
    found.into_iter().next().ok_or_else(missing)
}

async fn chosen(connection: &Connection, serial: &Serial) -> Result<Token, Failed> {
    let found = one(connection, serial).await?;
    Token::of_inventory(1, &found).map_err(|problem| unusable(&problem))
}

async fn filter(connection: &Connection, args: &Filter) -> Result<InventoryFilter, Failed> {
    Ok(InventoryFilter {
        serials: None,
        state: args.state.map(Into::into),
        manufacturer: args.manufacturer.clone(),
        model: args.model.clone(),
        holder: holder_if_named(connection, args.holder.as_deref()).await?,
    })
}

async fn holder_if_named(
    connection: &Connection,
    name: Option<&str>,
) -> Result<Option<UserId>, Failed> {
    match name {
        Some(name) => holder(connection, name).await.map(Some),
        None => Ok(None),
    }
}

/// The user whom a name means.
async fn holder(connection: &Connection, name: &str) -> Result<UserId, Failed> {
    let names = [name.to_owned()];
    let found = connection.provider.users(&connection.pace, &names).await;
    let mut found = found.map_err(Failed::unread)?;
    let person = found.remove(name);
    let person = person.ok_or_else(|| Failed::usage(format!("there is no user {name}")))?;
    person.id().cloned().map_err(unusable)
}

fn unusable(problem: &provisioner::Problem) -> Failed {
    Failed::usage(problem.message.clone()).next(problem.next.clone())
}
