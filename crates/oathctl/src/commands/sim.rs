//! `oathctl sim`: Entra ID and Okta on this machine.

use std::path::Path;
use std::time::Duration;

use idp_sim::{Addresses, Faults, Person, Sim, SimConfig};

use crate::args;
use crate::exit::{Exit, Failed};
use crate::{files, system};

pub(crate) async fn run(args: &args::Sim) -> Result<Exit, Failed> {
    let mut config = SimConfig {
        people: people(&args.users)?,
        seed: args.seed,
        latency: Duration::from_millis(args.latency_ms),
        ..SimConfig::default()
    };
    for switch in &args.set {
        let (name, value) = switch
            .split_once('=')
            .ok_or_else(|| Failed::usage(format!("--set {switch}: not SWITCH=VALUE")))?;
        config.set(name, value).map_err(Failed::usage)?;
    }
    let sim = Sim::new(config, system::clock());
    if let Some(path) = &args.faults {
        sim.set_faults(faults(path)?);
    }
    let addresses = Addresses {
        entra: args.entra,
        okta: args.okta,
        control: args.control,
    };
    let serving = idp_sim::serve(&sim, addresses)
        .await
        .map_err(|error| Failed::usage(format!("cannot listen: {error}")))?;
    files::print_json(serving.ready())?;
    let exit = system::next_signal().await;
    serving.shutdown().await;
    Ok(exit)
}

/// `100`, or a file with one login a line, or with a JSON list of people.
fn people(text: &str) -> Result<Vec<Person>, Failed> {
    if let Ok(count) = text.parse() {
        return Ok(SimConfig::with_people(count).people);
    }
    let bytes = files::read(Path::new(text))?;
    let content =
        std::str::from_utf8(&bytes).map_err(|_| Failed::usage(format!("{text} is not UTF-8")))?;
    if content.trim_start().starts_with('[') {
        return serde_json::from_str(content)
            .map_err(|error| Failed::usage(format!("{text}: {error}")));
    }
    let lines = content.lines().map(str::trim);
    Ok(lines
        .filter(|line| !line.is_empty())
        .map(Person::new)
        .collect())
}

fn faults(path: &Path) -> Result<Faults, Failed> {
    let bytes = files::read(path)?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Failed::usage(format!("{}: {error}", path.display())))
}
