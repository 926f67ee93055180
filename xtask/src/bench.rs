//! `cargo xtask bench`: every benchmark of the workspace.

mod inspect;

use anyhow::Result;

use crate::sh;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, args: &[&str]) -> Result<()> {
    match args {
        ["inspect"] => inspect::run(workspace),
        [] => criterion(workspace, args).and_then(|()| inspect::run(workspace)),
        args => criterion(workspace, args),
    }
}

fn criterion(workspace: &Workspace, args: &[&str]) -> Result<()> {
    // By name: a bare `cargo bench` also starts the unit tests, which do not know criterion's options.
    let targets = workspace
        .packages
        .iter()
        .flat_map(|package| &package.targets);
    let benches: Vec<&str> = targets
        .filter(|target| target.is("bench"))
        .flat_map(|target| ["--bench", &target.name])
        .collect();
    if benches.is_empty() {
        println!("bench: no crate has a benchmark");
        return Ok(());
    }
    sh::run(
        sh::cargo("bench --workspace --locked")
            .args(benches)
            .args(args),
    )?;
    println!(
        "\nbench: criterion's reports are in {}",
        workspace.target_directory.join("criterion").display()
    );
    Ok(())
}
