//! What the doctor found, and how an application is registered.

use std::fmt::Write;

use entra_graph::RegistrationStep;
use provisioner::Finding;
use provisioner::entra::{Part, Standing};

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

/// What there is of an application, and what is missing.
pub(crate) fn standing(tenant: &str, name: &str, standing: &Standing) -> String {
    let mut text = format!("In the tenant {tenant}, by whoever has signed in:\n");
    for (part, is_there) in standing.parts() {
        let word = if is_there { "there" } else { "make" };
        let detail = match (part, standing.app_id()) {
            (Part::Application, Some(app_id)) => format!(" ({app_id})"),
            (Part::Application, None) => format!(" {name:?}, for this tenant alone"),
            (Part::Permission(permission), _) => format!(": may {}", permission.allows),
            _ => String::new(),
        };
        let _ = writeln!(text, "  {word:<6}{part}{detail}");
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
