//! What the doctor found, and how an application is registered.

use std::fmt::Write;

use entra_graph::RegistrationStep;
use provisioner::Finding;

/// The findings, each with what to do.
pub(crate) fn examination(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let (health, check) = (finding.health.name(), finding.check);
        let _ = writeln!(text, "{health:<8} {check:<11} {}", finding.message);
        if let Some(next) = &finding.next {
            let _ = writeln!(text, "{:<20} -> {next}", "");
        }
    }
    text
}

/// A script for a shell.
pub(crate) fn registration(steps: &[RegistrationStep]) -> String {
    let mut text = String::from(
        "# For a POSIX shell with the Azure CLI and OpenSSL, signed in (az login) as an administrator who\n\
         # may grant consent: a Privileged Role Administrator. Read it, then run it.\n\
         # It stops at the first command that fails.\nset -eu\n",
    );
    for step in steps {
        let _ = write!(text, "\n# {}\n{}\n", step.purpose, step.command);
    }
    text.push_str("\n# Then, with these variables set: oathctl doctor --idp entra\n");
    text
}
