//! `cargo xtask contracts DIR`: the clients send nothing that the services' OpenAPI descriptions in DIR do not have.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::ptr;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::{sh, workspace};
use description::Description;
use known::{GAPS, Gap};

mod batch;
mod description;
mod known;
mod schema;
#[cfg(test)]
mod tests;

/// Each service: its name in the recording, its description, its client.
const SERVICES: &[(&str, &str, &str)] = &[
    (
        "entra",
        "graph-hardware-oath.openapi.yaml",
        "crates/entra-graph/src",
    ),
    (
        "okta",
        "okta-factors.openapi.yaml",
        "crates/okta-factors/src",
    ),
];

/// The example that has every endpoint of the clients sent and writes the requests down.
const RECORDING: &str = "run --quiet --locked --package provisioner --example requests";

/// A request as it was recorded.
#[derive(Debug, Deserialize)]
struct Request {
    service: String,
    /// The endpoint's type; `None` where the client asks by itself.
    endpoint: Option<String>,
    method: String,
    path: String,
    query: Option<String>,
    content_type: Option<String>,
    /// By lower-case name, but for those that go with every request.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            service,
            method,
            path,
            ..
        } = self;
        write!(f, "{service:<5}  {method:<6} {path}")?;
        self.query
            .iter()
            .try_for_each(|query| write!(f, "?{query}"))
    }
}

pub(crate) fn run(dir: &str) -> Result<()> {
    let dir = Path::new(dir)
        .canonicalize()
        .with_context(|| format!("cannot find {dir}"))?;
    workspace::enter()?;
    let described = SERVICES
        .iter()
        .map(|(name, file, _)| Ok((*name, Description::read(&dir.join(file))?)));
    let described: Vec<(&str, Description)> = described.collect::<Result<_>>()?;
    let requests = recording(&sh::read(&mut sh::cargo(RECORDING))?)?;
    let requests = batch::unpacked(requests)?;
    let mut wrong = judge(&described, &requests, GAPS);
    for (name, _, sources) in SERVICES {
        wrong.extend(missing(name, &endpoints(Path::new(sources))?, &requests));
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    report(requests.len());
    Ok(())
}

fn report(requests: usize) {
    println!("\nknown gaps of the descriptions:");
    for gap in GAPS {
        println!("  {gap}: {}\n    {}", gap.problem, gap.why);
    }
    let gaps = GAPS.len();
    println!("\ncontracts: {requests} requests are as described, but for {gaps} known gaps");
}

fn recording(lines: &str) -> Result<Vec<Request>> {
    let requests = lines.lines().map(serde_json::from_str);
    requests
        .collect::<Result<_, _>>()
        .context("cannot read the recording")
}

/// Prints a line for each request. Gives what is wrong and no known gap, and the gaps that are none
/// any more.
fn judge(described: &[(&str, Description)], requests: &[Request], gaps: &[Gap]) -> Vec<String> {
    let (mut wrong, mut used) = (Vec::new(), Vec::new());
    for request in requests {
        let gap = |problem: &str| gaps.iter().find(|gap| gap.covers(request, problem));
        let (known, bad): (Vec<String>, Vec<String>) = problems(described, request)
            .into_iter()
            .partition(|problem| gap(problem).is_some());
        println!("{:<3}  {request}", verdict(&known, &bad));
        used.extend(known.iter().filter_map(|problem| gap(problem)));
        wrong.extend(bad.iter().map(|problem| format!("{request}: {problem}")));
    }
    let is_used = |gap: &Gap| used.iter().any(|used| ptr::eq(*used, gap));
    let unused = gaps.iter().filter(|gap| !is_used(gap));
    wrong.extend(unused.map(|gap| format!("{gap}: known as a gap, but no request needs it")));
    wrong
}

fn problems(described: &[(&str, Description)], request: &Request) -> Vec<String> {
    match described.iter().find(|(name, _)| *name == request.service) {
        Some((_, description)) => description.problems(request),
        None => vec!["no such service".to_owned()],
    }
}

fn verdict(known: &[String], bad: &[String]) -> &'static str {
    match (known, bad) {
        ([], []) => "ok",
        (_, []) => "gap",
        _ => "BAD",
    }
}

/// The endpoints that were written and not recorded.
fn missing(service: &str, written: &BTreeSet<String>, requests: &[Request]) -> Vec<String> {
    if written.is_empty() {
        return vec![format!("{service}: no endpoint found in the sources")];
    }
    let of_service = requests.iter().filter(|request| request.service == service);
    let recorded: BTreeSet<&str> = of_service
        .filter_map(|request| request.endpoint.as_deref())
        .collect();
    let missing = written
        .iter()
        .filter(|name| !recorded.contains(name.as_str()));
    missing
        .map(|name| format!("{service} {name}: not in crates/provisioner/examples/requests"))
        .collect()
}

/// The types with an `impl Endpoint` in a folder and the folders in it.
fn endpoints(folder: &Path) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let read = || format!("cannot read {}", folder.display());
    for entry in std::fs::read_dir(folder).with_context(read)? {
        let path: PathBuf = entry.with_context(read)?.path();
        if path.is_dir() {
            found.append(&mut endpoints(&path)?);
        } else {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            found.extend(text.lines().filter_map(endpoint).map(ToOwned::to_owned));
        }
    }
    Ok(found)
}

/// `Name` out of `impl Endpoint for Name…`.
fn endpoint(line: &str) -> Option<&str> {
    let (before, name) = line
        .trim_start()
        .strip_prefix("impl")?
        .split_once("Endpoint for ")?;
    let name = name
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next();
    name.filter(|_| before.ends_with([' ', ':']))
}
