//! Running other programs: say what is run, and name it when it fails.

use std::fmt::Write as _;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};

/// A cargo command; the words of `line` are its arguments.
pub(crate) fn cargo(line: &str) -> Command {
    let mut command = Command::new("cargo");
    command.args(line.split_whitespace());
    command
}

/// Prints the command and runs it on this terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    println!("$ {line}");
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`"))?;
    ensure!(status.success(), "`{line}` failed with {status}");
    Ok(())
}

/// Runs the command quietly and gives what it wrote to its output.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let line = shown(command);
    let Output { status, stdout, .. } = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    ensure!(status.success(), "`{line}` failed with {status}");
    String::from_utf8(stdout).with_context(|| format!("`{line}` wrote something that is not UTF-8"))
}

/// Whether the command can be run at all; what it says is not shown.
pub(crate) fn is_there(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The command as one would type it.
fn shown(command: &Command) -> String {
    let mut line = String::new();
    for (name, value) in command.get_envs() {
        let value = value.unwrap_or_default().to_string_lossy();
        let _ = write!(line, "{}={value:?} ", name.to_string_lossy());
    }
    line += &command.get_program().to_string_lossy();
    for arg in command.get_args() {
        let _ = write!(line, " {}", arg.to_string_lossy());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{cargo, read, run, shown};

    #[test]
    fn a_command_is_shown_as_typed() {
        assert_eq!(
            shown(cargo("doc --no-deps").env("RUSTDOCFLAGS", "-D warnings")),
            "RUSTDOCFLAGS=\"-D warnings\" cargo doc --no-deps"
        );
    }

    #[test]
    fn a_failure_names_the_command() {
        let error = run(cargo("--no-such-option").stderr(std::process::Stdio::null())).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("`cargo --no-such-option` failed"),
            "{error}"
        );
    }

    #[test]
    fn output_is_read() {
        assert!(read(&mut cargo("--version")).unwrap().starts_with("cargo "));
    }
}
