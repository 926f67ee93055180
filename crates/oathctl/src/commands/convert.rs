//! `oathctl convert`

use std::collections::BTreeMap;
use std::path::Path;

use seedfile::secrecy::{ExposeSecret, SecretString};
use seedfile::{
    Background, Format, LeftOut, SeedFile, Serial, TokenRecord, Unwritable, UnwritableReason,
};
use serde::Serialize;

use crate::args::{Common, Convert, Output, Qr};
use crate::exit::{Exit, Failed};
use crate::writing::{self, Maker};
use crate::{files, new_file, tables};

/// So many tokens of one reason are named.
const NAMED: usize = 12;

/// What became of a file. The file itself holds seeds, this does not.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    from: Format,
    to: Format,
    counts: Counts,
    left_out: Omitted,
    unwritable: Vec<Apart<'a>>,
}

#[derive(Serialize)]
struct Counts {
    written: usize,
    unwritable: usize,
    rejected: usize,
}

/// Tokens that were written without these.
#[derive(Serialize)]
struct Omitted {
    users: usize,
    manufacturers: usize,
    models: usize,
    drifts: usize,
}

/// A token that the format cannot hold.
#[derive(Serialize)]
struct Apart<'a> {
    row: usize,
    serial: &'a str,
    code: &'static str,
    reason: String,
}

/// A token that a format cannot hold, and where it stands.
pub(super) struct Unfit {
    row: usize,
    token: Unwritable,
}

impl Unfit {
    pub(super) fn of(token: &TokenRecord, format: Format) -> Option<Self> {
        let row = token.row;
        seedfile::unwritable(token, format).map(|token| Self { row, token })
    }
}

pub(crate) fn run(common: &Common, args: &Convert) -> Result<Exit, Failed> {
    must_make_sense(common.output, args)?;
    let mut inputs = args.reading.inputs(&args.file);
    inputs.extend(args.protect.input());
    files::one_from_stdin(&inputs)?;
    let maker = Maker::new(args.to, args.protect.protect_with.as_deref())?;
    let mut file = files::read_seeds(&args.file, &args.reading)?;
    if !args.serial.is_empty() {
        choose(&mut file, args)?;
    }
    files::say_text(&tables::faults(&file, &args.file));
    let unfit = set_apart(&mut file.tokens, args.to);
    files::say_text(&reasons(&unfit, file.format, args.to));
    if file.tokens.is_empty() {
        let message = format!("no token can be written as {}", args.to);
        return Err(Failed::usage(message).next("nothing was written"));
    }
    let left = match args.qr {
        Some(qr) => draw(&file.tokens, qr, &args.out).map(|()| LeftOut::default())?,
        None => write(args, &maker, &file.tokens)?,
    };
    files::say_text(&left_out(left, args.to));
    if common.output == Output::Json {
        files::print_json(&document(&file, args.to, left, &unfit))?;
    }
    let fine = unfit.is_empty() && file.rejected() == 0;
    Ok(if fine { Exit::Done } else { Exit::Incomplete })
}

fn document<'a>(
    file: &SeedFile,
    to: Format,
    left_out: LeftOut,
    unfit: &'a [Unfit],
) -> Document<'a> {
    let apart = unfit.iter().map(|unfit| Apart {
        row: unfit.row,
        serial: unfit.token.serial.as_str(),
        code: unfit.token.reason.code(),
        reason: unfit.token.reason.to_string(),
    });
    Document {
        schema: "oathkit.conversion/1",
        from: file.format,
        to,
        counts: Counts {
            written: file.tokens.len(),
            unwritable: unfit.len(),
            rejected: file.rejected(),
        },
        left_out: Omitted {
            users: left_out.users,
            manufacturers: left_out.manufacturers,
            models: left_out.models,
            drifts: left_out.drifts,
        },
        unwritable: apart.collect(),
    }
}

fn must_make_sense(output: Output, args: &Convert) -> Result<(), Failed> {
    let to_stdout = args.out == Path::new("-");
    if to_stdout && output == Output::Json {
        let message = "standard output cannot be the new file and the document";
        return Err(Failed::usage(message).next("name the new file with --out"));
    }
    let wrong = if !args.to.is_written() {
        "this format is only read"
    } else if args.qr.is_some() && args.to != Format::Otpauth {
        "--qr is for --to otpauth"
    } else if args.qr == Some(Qr::Svg) && to_stdout {
        "--qr svg needs --out with a new directory"
    } else if args.chunk.is_some() && to_stdout {
        "--chunk needs --out with a new directory"
    } else if matches!(args.qr, Some(Qr::Terminal | Qr::TerminalLight)) && !to_stdout {
        "--qr terminal goes to the terminal: leave --out away"
    } else {
        return Ok(());
    };
    Err(Failed::usage(wrong).next("oathctl convert --help lists the formats"))
}

/// Keeps the tokens that were asked for.
fn choose(file: &mut SeedFile, args: &Convert) -> Result<(), Failed> {
    let has = |serial: &&Serial| file.tokens.iter().any(|token| token.serial == **serial);
    let missing: Vec<String> = args
        .serial
        .iter()
        .filter(|serial| !has(serial))
        .map(ToString::to_string)
        .collect();
    if !missing.is_empty() {
        let (path, missing) = (args.file.display(), missing.join(", "));
        return Err(
            Failed::usage(format!("{path} has no usable token {missing}"))
                .next("oathctl inspect lists what it has"),
        );
    }
    file.tokens
        .retain(|token| args.serial.contains(&token.serial));
    // What is wrong with the others is of no interest here.
    file.problems.clear();
    Ok(())
}

/// Takes out what the format cannot hold.
fn set_apart(tokens: &mut Vec<TokenRecord>, format: Format) -> Vec<Unfit> {
    let mut apart = Vec::new();
    tokens.retain(|token| {
        let unfit = Unfit::of(token, format);
        let fits = unfit.is_none();
        apart.extend(unfit);
        fits
    });
    apart
}

/// Says why tokens do not go into a format, each reason once.
pub(super) fn reasons(unfit: &[Unfit], from: Format, to: Format) -> String {
    let mut by_reason: BTreeMap<UnwritableReason, Vec<&Unfit>> = BTreeMap::new();
    for unfit in unfit {
        let list = by_reason.entry(unfit.token.reason).or_default();
        list.push(unfit);
    }
    let name = |unfit: &&Unfit| {
        let (serial, word, row) = (&unfit.token.serial, from.row_word(), unfit.row);
        format!("{serial} ({word} {row})")
    };
    let lines = by_reason.into_iter().map(|(reason, unfit)| {
        let count = tables::count(unfit.len(), "token");
        let named: Vec<String> = unfit.iter().take(NAMED).map(name).collect();
        let more = match unfit.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = named.join(", ");
        format!("{count} cannot go into {to}: {reason}\n  --> {named}{more}\n")
    });
    lines.collect()
}

fn left_out(left_out: LeftOut, format: Format) -> String {
    if left_out.is_empty() {
        return String::new();
    }
    let parts = [
        (left_out.users, "holder"),
        (left_out.manufacturers, "manufacturer"),
        (left_out.models, "model"),
        (left_out.drifts, "drift"),
    ];
    let total: usize = parts.iter().map(|(count, _)| count).sum();
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(count, what)| tables::count(count, what))
        .collect();
    let were = if total == 1 { "was" } else { "were" };
    let why = if format == Format::GraphJson {
        "graph-json names users by object id only; write object ids into the file to keep them, or \
         let oathctl provision assign the tokens"
            .to_owned()
    } else {
        format!("{format} has no place for them")
    };
    format!("{} {were} left out: {why}\n", parts.join(", "))
}

fn write(args: &Convert, maker: &Maker, tokens: &[TokenRecord]) -> Result<LeftOut, Failed> {
    maker.say_whether_open();
    let Some(chunk) = args.chunk else {
        return write_to(&args.out, maker, tokens);
    };
    new_file::fill_directory(&args.out, || {
        let mut total = LeftOut::default();
        for (number, tokens) in (1..).zip(tokens.chunks(chunk.get())) {
            let name = format!("{number:04}.{}", ending(args.to));
            let left_out = write_to(&args.out.join(name), maker, tokens)?;
            total.users += left_out.users;
            total.manufacturers += left_out.manufacturers;
            total.models += left_out.models;
            total.drifts += left_out.drifts;
        }
        Ok(total)
    })
}

fn write_to(path: &Path, maker: &Maker, tokens: &[TokenRecord]) -> Result<LeftOut, Failed> {
    let made = maker
        .make(tokens)
        .map_err(|error| writing::unmade(&error))?;
    files::write_private(path, &made.bytes)?;
    Ok(made.left_out)
}

/// How names of files in a format end.
fn ending(format: Format) -> &'static str {
    match format {
        Format::GraphJson => "json",
        Format::Otpauth => "txt",
        Format::Pskc => "xml",
        _ => "csv",
    }
}

fn draw(tokens: &[TokenRecord], qr: Qr, out: &Path) -> Result<(), Failed> {
    let draw = |token: &TokenRecord| match qr {
        Qr::Svg => seedfile::qr_svg(token),
        Qr::Terminal => seedfile::qr_text(token, Background::Dark),
        Qr::TerminalLight => seedfile::qr_text(token, Background::Light),
    };
    // All of them before the first is shown: nothing is left half done.
    let drawn: Result<Vec<SecretString>, Unwritable> = tokens.iter().map(draw).collect();
    let drawn = drawn.map_err(|error| Failed::usage(error.to_string()))?;
    let mut drawn = tokens.iter().zip(&drawn);
    if qr == Qr::Svg {
        return new_file::fill_directory(out, || {
            drawn.try_for_each(|(token, picture)| {
                let name = format!("{}.svg", token.serial);
                files::write_private(&out.join(name), picture.expose_secret().as_bytes())
            })
        });
    }
    drawn.try_for_each(|(token, picture)| {
        let holder = tables::plain(token.user.as_deref().unwrap_or_default());
        let picture = picture.expose_secret();
        files::print(&format!("{} {holder}\n{picture}\n\n", token.serial))
    })
}
