//! What the doctor found, how an application is registered, and what factor profiles ask for.

use std::fmt::Write;

use entra_graph::Registration;
use provisioner::Finding;
use provisioner::entra::{Part, Standing};
use provisioner::okta::SurveyedProfile;

use super::{add, count, table};
use crate::settings::Shown;

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

/// The settings that have a value.
pub(crate) fn settings(settings: &[Shown], with_origin: bool) -> String {
    if settings.is_empty() {
        return "Nothing is set: no variable and no profile.\n".to_owned();
    }
    let header = ["setting", "value", "origin"];
    let columns = if with_origin { 3 } else { 2 };
    let header: Vec<String> = header
        .iter()
        .take(columns)
        .map(ToString::to_string)
        .collect();
    let mut rows = table(header, &[0]);
    for Shown {
        name,
        value,
        origin,
    } in settings
    {
        add(&mut rows, [name, value, origin].into_iter().take(columns));
    }
    format!("{}\n", rows.trim_fmt())
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
pub(crate) fn registration(registration: &Registration) -> String {
    let next = "\n# Then, with these variables set: oathctl doctor --idp entra\n";
    registration.script() + next
}

/// Factor profiles, and which tokens are like them.
pub(crate) fn profiles(profiles: &[SurveyedProfile]) -> String {
    if profiles.is_empty() {
        return "There is no factor profile. Okta's administrators create them: Custom OTP under Authenticators.\n"
            .to_owned();
    }
    let header = [
        "profile",
        "id",
        "status",
        "algorithm",
        "digits",
        "period",
        "drift",
        "encoding",
        "Token2 tokens that fit",
    ];
    let mut rows = table(header.map(str::to_owned).to_vec(), &[1, 2, 3, 4, 5, 6, 7]);
    for profile in profiles {
        add(&mut rows, profile_cells(profile));
    }
    let fitting = profiles.iter().filter(|one| one.misfit.is_none()).count();
    let all = count(profiles.len(), "factor profile");
    format!(
        "{}\n{all}; Token2's tokens fit {fitting}.\n",
        rows.trim_fmt()
    )
}

fn profile_cells(profile: &SurveyedProfile) -> [String; 9] {
    let none = profile.misfit.as_ref().map(|why| format!("none: {why}"));
    let drift = usize::try_from(profile.drift).unwrap_or(usize::MAX);
    let (steps, seconds) = (count(drift, "step"), profile.drift_seconds);
    [
        profile.name.clone(),
        profile.id.clone(),
        profile.status.clone(),
        profile.algorithm.clone(),
        profile.digits.to_string(),
        format!("{} s", profile.period),
        format!("{steps}, {seconds} s"),
        profile.encoding.clone(),
        none.unwrap_or_else(|| profile.fits.join(", ")),
    ]
}
