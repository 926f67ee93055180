//! `cargo xtask edges`: who may import whom, what may lie at the top, what may not come in.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::workspace::{Dependency, Package, Workspace};

mod files;
#[cfg(test)]
mod tests;

const LIBRARIES: &[&str] = &[
    "oath-core",
    "seedfile",
    "idp-http",
    "entra-graph",
    "okta-factors",
    "provisioner",
    "ledger",
    "idp-sim",
];

/// Each crate and those of ours it may use, in its build and its build script.
const MAY_USE: &[(&str, &[&str])] = &[
    ("oath-core", &[]),
    ("idp-http", &[]),
    ("seedfile", &["oath-core"]),
    ("entra-graph", &["idp-http"]),
    ("okta-factors", &["idp-http"]),
    (
        "provisioner",
        &[
            "oath-core",
            "seedfile",
            "idp-http",
            "entra-graph",
            "okta-factors",
        ],
    ),
    ("ledger", &["provisioner"]),
    ("idp-sim", &["idp-http", "oath-core"]),
    ("oathctl", LIBRARIES),
    ("oathd", LIBRARIES),
    ("oathkit-fuzz", LIBRARIES),
    ("xtask", &[]),
];

/// Allowed only as optional dependencies: who needs one service does not build the other's client.
const ONLY_OPTIONAL: &[(&str, &str)] = &[
    ("provisioner", "entra-graph"),
    ("provisioner", "okta-factors"),
];

/// Dev-dependencies are free, for a crate's tests may use the simulator. Not so here: the two at the bottom are
/// tested on their own, and a simulator tested with the clients would learn their mistakes.
const ALSO_IN_TESTS: &[&str] = &["oath-core", "idp-http", "idp-sim", "xtask"];

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut problems = forbidden_edges(&workspace.packages);
    problems.append(&mut files::problems()?);
    if problems.is_empty() {
        println!(
            "edges: {} crates keep to the table",
            workspace.packages.len()
        );
        return Ok(());
    }
    bail!("{}", Vec::from_iter(problems).join("\n"))
}

/// The edges among our crates that the table does not have.
fn forbidden_edges(packages: &[Package]) -> BTreeSet<String> {
    let of_workspace = packages.iter().map(|package| package.name.as_str());
    let ours: BTreeSet<&str> = of_workspace
        .chain(MAY_USE.iter().map(|(name, _)| *name))
        .collect();
    let mut problems = BTreeSet::new();
    for Package {
        name, dependencies, ..
    } in packages
    {
        if let Some((_, may_use)) = MAY_USE.iter().find(|(of, _)| of == name) {
            let edges = dependencies
                .iter()
                .filter(|edge| ours.contains(edge.name.as_str()));
            problems.extend(edges.filter_map(|edge| objection(name, may_use, edge)));
        } else {
            problems.insert(format!(
                "{name} is not in the table of xtask/src/edges.rs: say there what it may use"
            ));
        }
    }
    problems
}

/// What the table says against this edge, if anything.
fn objection(from: &str, may_use: &[&str], edge: &Dependency) -> Option<String> {
    let to = edge.name.as_str();
    if edge.kind.as_deref() == Some("dev") && !ALSO_IN_TESTS.contains(&from) {
        return None;
    }
    if !may_use.contains(&to) {
        let list = if may_use.is_empty() {
            "nothing of ours".to_owned()
        } else {
            may_use.join(", ")
        };
        return Some(format!(
            "{from} -> {to} is not allowed ({from} may use: {list})"
        ));
    }
    let too_firm = ONLY_OPTIONAL.contains(&(from, to)) && !edge.optional;
    too_firm.then(|| format!("{from} -> {to} is not allowed unless optional"))
}
