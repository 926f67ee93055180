//! `oathctl code` and `oathctl verify`

use std::path::Path;

use oath_core::{Algorithm, Code, Digits, Key, Period, Totp, Window};
use seedfile::{SecretEncoding, Seed, Serial, TokenRecord};
use serde::Serialize;

use crate::args::{self, Common, Output, Reach, Reading, SeedSource, Silence};
use crate::exit::{Exit, Failed};
use crate::{files, system};

/// So far a search may look each way.
const MAX_DAYS: u64 = 366;

#[derive(Serialize)]
struct CodeDocument<'a> {
    schema: &'static str,
    code: &'a str,
    step: u64,
    remaining: u32,
}

#[derive(Serialize)]
struct VerifyDocument {
    schema: &'static str,
    accepted: bool,
    step: Option<u64>,
    drift: Option<i64>,
}

pub(crate) fn generate(common: &Common, args: &args::Code) -> Result<Exit, Failed> {
    let (key, totp, at) = token(&args.seed)?;
    let code = totp.generate(&key, at);
    match common.output {
        Output::Text => files::print(&format!("{}\n", code.as_str()))?,
        Output::Json => files::print_json(&CodeDocument {
            schema: "oathkit.code/1",
            code: code.as_str(),
            step: totp.step(at),
            remaining: totp.remaining(at),
        })?,
    }
    Ok(Exit::Done)
}

pub(crate) fn verify(common: &Common, args: &args::Verify) -> Result<Exit, Failed> {
    let (key, totp, at) = token(&args.seed)?;
    let code = typed(&args.code)?;
    must_be_near(Reach::Steps(args.past.max(args.future)), totp.period())?;
    let window = Window {
        past: args.past,
        future: args.future,
    };
    let accepted = totp.verify(&key, at, window, &code);
    match (common.output, accepted) {
        (Output::Json, _) => files::print_json(&VerifyDocument {
            schema: "oathkit.verification/1",
            accepted: accepted.is_some(),
            step: accepted.map(|a| a.step),
            drift: accepted.map(|a| a.drift),
        })?,
        (Output::Text, Some(a)) => {
            files::print(&format!("accepted at step {}, drift {}\n", a.step, a.drift))?;
        }
        (Output::Text, None) => files::print("not accepted\n")?,
    }
    Ok(if accepted.is_some() {
        Exit::Done
    } else {
        Exit::Incomplete
    })
}

/// Refuses to look so far that codes of any token are found there, if the search ever ends.
pub(super) fn must_be_near(reach: Reach, period: Period) -> Result<(), Failed> {
    if reach.days(period) <= MAX_DAYS || reach.is_next_to_now() {
        return Ok(());
    }
    let message = format!(
        "to look more than {MAX_DAYS} days each way takes too long and finds codes by chance"
    );
    Err(Failed::usage(message).next("look less far: no clock is that wrong"))
}

/// A code as somebody typed it.
pub(super) fn typed(text: &str) -> Result<Code, Failed> {
    Code::parse(text).map_err(|error| Failed::usage(error.to_string()))
}

/// The key and the parameters that the options name.
pub(super) fn token(source: &SeedSource) -> Result<(Key, Totp, u64), Failed> {
    let (key, totp) = match (&source.file, &source.serial) {
        (Some(path), Some(serial)) => from_file(path, serial, &source.reading)?,
        _ => from_stdin(&source.reading.silence)?,
    };
    let at = source
        .at
        .unwrap_or_else(|| system::clock().unix().as_secs());
    Ok((key, totp, at))
}

/// The options were asked while the file was read, wherever it was silent.
fn from_file(path: &Path, serial: &Serial, reading: &Reading) -> Result<(Key, Totp), Failed> {
    let file = files::read_seeds(path, reading)?;
    let is_wanted = |token: &TokenRecord| token.serial == *serial;
    let token = file.tokens.into_iter().find(is_wanted).ok_or_else(|| {
        Failed::usage(format!("{} has no usable token {serial}", path.display()))
            .next("oathctl inspect lists what it has")
    })?;
    let period = token.period().ok_or_else(|| {
        Failed::usage(format!(
            "{serial} counts events (HOTP): its codes do not follow the time"
        ))
    })?;
    let key = Key::new(token.algorithm, token.seed.expose());
    Ok((key, Totp::new(token.digits, period)))
}

/// The options say all there is to say; what they leave open is as usual.
fn from_stdin(said: &Silence) -> Result<(Key, Totp), Failed> {
    let seed = secret(said.encoding)?;
    let key = Key::new(said.algorithm.unwrap_or(Algorithm::Sha1), seed.expose());
    let digits = said.digits.unwrap_or(Digits::SIX);
    let period = said.period.unwrap_or(Period::THIRTY);
    Ok((key, Totp::new(digits, period)))
}

fn secret(encoding: Option<SecretEncoding>) -> Result<Seed, Failed> {
    let bytes = files::read(Path::new("-"))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Failed::usage("the secret is not text"))?;
    let decoded = match encoding {
        Some(encoding) => Seed::decode(text.trim(), encoding),
        None => Seed::from_base32(text.trim()),
    };
    let decoded = decoded.map_err(|error| {
        Failed::usage(format!("the secret on standard input: {error}")).next(error.help())
    })?;
    for warning in &decoded.warnings {
        files::say(format_args!("the secret on standard input: {warning}"));
    }
    Ok(decoded.seed)
}
