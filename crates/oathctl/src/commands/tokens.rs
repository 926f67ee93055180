//! `oathctl tokens`: look at an inventory, and change what is in it, by plans through the engine.

use std::collections::BTreeSet;
use std::time::Duration;

use idp_http::printable;
use oath_core::{Code, Key, Totp, Window};
use provisioner::{Goal, InventoryFilter, InventoryToken, Roster, Token, Twin, UserId};
use seedfile::Serial;
use serde::Serialize;

use crate::args::{
    Activate, Assign, Common, Duplicates, Filter, List, ListFormat, Output, Place, Proof, Replace,
    Show, Take, Tokens, TokensCommand,
};
use crate::connect::{self, Connection, Reach};
use crate::exit::{Exit, Failed};
use crate::session::{Asking, Session};
use crate::tables::Showing;
use crate::{files, progress, tables};

/// Where the code of a device is looked for that somebody types beside its seed: ten minutes each way
/// with steps of 30 s. One code in 24,000 is found there by chance.
const NEAR: Window = Window {
    past: 20,
    future: 20,
};

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
    filter.serial.clone_from(&args.serial);
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
        (None, Output::Text) => files::print(&tables::inventory(tokens)),
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
    let now = session.connection.provider.unix();
    session.take_roster(proved(&found, &args.proof, &user, now)?);
    let asking = asking(args.yes, &args.proof);
    carry_out(common, session, Goal::Activated, asking).await
}

/// A roster of one token, with what proves it.
///
/// `now` is the service's time since the Unix epoch.
fn proved(
    found: &InventoryToken,
    proof: &Proof,
    user: &str,
    now: Duration,
) -> Result<Roster, Failed> {
    let mut token = Token::of_inventory(1, found).map_err(|problem| unusable(&problem))?;
    token.user = Some(user.to_owned());
    let serial = token.serial.clone();
    if let Some(seeds) = &proof.seeds {
        let roster = files::read_roster(seeds, &proof.reading)?;
        let mut roster = roster.only(&serial, user).ok_or_else(|| {
            let (file, serial) = (seeds.display(), &serial);
            Failed::usage(format!(
                "{file} has no usable token with the serial number {serial}"
            ))
        })?;
        let measured = proof.code.as_ref().map(|code| drift(&roster, code, now));
        if let Some(steps) = measured.transpose()?.or(proof.drift) {
            roster.set_drift(&serial, steps);
        }
        return Ok(roster);
    }
    let mut roster = Roster::without_seeds(vec![token]);
    if let Some(code) = &proof.code {
        roster.add_code(&serial, Code::clone(code));
    }
    Ok(roster)
}

/// By how many time steps the device is ahead that shows this code of the roster's one token.
fn drift(roster: &Roster, code: &Code, now: Duration) -> Result<i32, Failed> {
    let token = roster.tokens().first();
    let seed = token.and_then(|token| roster.seed(&token.serial));
    let accepted = token.zip(seed).and_then(|(token, seed)| {
        let key = Key::new(token.algorithm, seed.expose());
        let totp = Totp::new(token.digits, token.period);
        totp.verify(&key, now.as_secs(), NEAR, code)
    });
    let steps = accepted.and_then(|accepted| i32::try_from(accepted.drift).ok());
    steps.ok_or_else(|| {
        let message = "this is not a code of the token's seed at this time; nothing was sent";
        Failed::usage(message).next(
            "see that the device has this serial number, and type the code that it shows now; \
             oathctl find says whose code it is, oathctl drift how far a clock is off",
        )
    })
}

async fn take(common: &Common, args: &Take, goal: Goal) -> Result<Exit, Failed> {
    let mut session = open(common, args.place).await?;
    let tokens = chosen_of(&session.connection, args).await?;
    if tokens.is_empty() {
        return Err(Failed::usage(
            "no token is chosen by that; nothing was sent",
        ));
    }
    session.take_roster(Roster::without_seeds(tokens));
    let list = args.list.as_deref().map(|list| (list, "the list"));
    let asking = Asking::new(args.yes, list.as_slice());
    carry_out(common, session, goal, asking).await
}

/// The tokens of the inventory that the options name, in their order, without one of them twice.
async fn chosen_of(connection: &Connection, args: &Take) -> Result<Vec<Token>, Failed> {
    let mut serials = args.serials.clone();
    if let Some(list) = &args.list {
        serials.extend(files::read_serials(list)?);
    }
    let filter = filter(connection, &args.filter).await?;
    let named: BTreeSet<String> = serials.iter().map(|s| s.folded().into_owned()).collect();
    let by_name = !named.is_empty() || args.list.is_some();
    let all = inventory(connection, &filter).await?;
    let is_chosen =
        |token: &&InventoryToken| !by_name || named.contains(token.serial.to_lowercase().as_str());
    let chosen: Vec<_> = all.iter().filter(is_chosen).collect();
    let found: BTreeSet<String> = chosen.iter().map(|t| t.serial.to_lowercase()).collect();
    let missing: Vec<_> = serials
        .iter()
        .filter(|serial| !found.contains(serial.folded().as_ref()))
        .collect();
    if let Some(serial) = missing.first() {
        let message = match missing.len() {
            1 => format!("no such token: {serial}"),
            many => format!("no such tokens: {serial} and {} more", many - 1),
        };
        return Err(Failed::usage(message).next("check the serial numbers; nothing was sent"));
    }
    rows_of(chosen)
}

/// The rows of a plan, of which each serial number has one.
fn rows_of<'t>(chosen: impl IntoIterator<Item = &'t InventoryToken>) -> Result<Vec<Token>, Failed> {
    let mut seen = BTreeSet::new();
    let rows = chosen.into_iter().zip(1..).map(|(found, row)| {
        let token = Token::of_inventory(row, found).map_err(|problem| unusable(&problem))?;
        match seen.insert(token.serial.clone()) {
            true => Ok(token),
            false => {
                let message = format!("the serial number {} is there twice", token.serial);
                let next = "oathctl tokens duplicates shows which; nothing was sent";
                Err(Failed::usage(message).next(next))
            }
        }
    });
    rows.collect()
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
    session.take_roster(Roster::without_seeds(rows_of(uploaded)?));
    let asking = Asking::new(args.yes, &[]);
    let exit = carry_out(common, session, Goal::Deleted, asking).await?;
    Ok(match (exit, needed.is_empty()) {
        (Exit::Done, false) => Exit::Incomplete,
        (exit, _) => exit,
    })
}

async fn uploaded_twice(connection: &Connection, args: &Duplicates) -> Result<Vec<Twin>, Failed> {
    let holder = holder_if_named(connection, args.holder.as_deref()).await?;
    let reading = progress::reading("reading what everybody holds");
    let (provider, pace) = (&connection.provider, &connection.pace);
    let twice = provider.uploaded_twice(pace, holder.as_ref()).await;
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
    let now = session.connection.provider.unix();
    session.take_roster(proved(&new, &args.proof, &args.user, now)?);
    let first = session.read(session.engine().plan(Goal::Activated)).await?;
    let rest = Token::of_inventory(1, &old).map_err(|problem| unusable(&problem))?;
    let rest = Roster::without_seeds(vec![rest]);
    let given = session.take_roster(rest);
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
    connect::connect(common, place.idp, place.pacing, &nothing, Reach::Look).await
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
        serial: Some(serial.clone()),
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
        serial: None,
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
