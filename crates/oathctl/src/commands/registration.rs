//! `oathctl entra app-registration --apply`: registers the application that manages tokens.

use std::fs;
use std::io::{ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use entra_graph::{Certificate, ObjectId, secrecy::ExposeSecret};
use provisioner::Stopped;
use provisioner::entra::{Part, Registrar, RegistrationEvent, Standing, WantedApplication};
use serde::Serialize;
use zeroize::Zeroizing;

use super::entra::registration;
use crate::args::{AppRegistration, Common, Output};
use crate::connect::{self, Administration};
use crate::exit::{Exit, Failed};
use crate::session::{Asking, confirmed};
use crate::{files, new_file, tables};

/// The certificate's common name, which nobody minds.
const COMMON_NAME: &str = "oathkit";

pub(crate) async fn apply(common: &Common, args: &AppRegistration) -> Result<Exit, Failed> {
    let path = place(args)?;
    // What is made in a sandbox is not kept, so nothing of it is there.
    let earlier = match common.sandbox {
        true => None,
        false => read(&path)?,
    };
    let desk = connect::administration(common, args).await?;
    if let Some(earlier) = &earlier {
        must_be_good(earlier, &path, desk.clock.unix())?;
    }
    let registrar = Registrar {
        client: &desk.client,
        pace: &desk.pace,
        events: &show,
    };
    let standing = registrar.look(wanted(args), earlier.as_ref()).await;
    let standing = standing.map_err(Failed::unread)?;
    let (certificate, app_id) = match (&earlier, standing.app_id()) {
        (Some(earlier), Some(app_id)) if standing.is_complete() => {
            files::say("The application is registered already; nothing is missing.");
            (earlier.thumbprint_sha1(), app_id.clone())
        }
        _ => {
            say_what_is_made(common, &desk, args, &standing, earlier.is_some(), &path);
            confirm(args).await?;
            let certificate = match earlier {
                Some(earlier) => earlier,
                None => make(common, args, &path, desk.clock.unix())?,
            };
            let ended = registrar.complete(&standing, &certificate).await;
            let app_id =
                ended.map_err(|failure| Failed::while_writing(Stopped::Provider(failure)))?;
            (certificate.thumbprint_sha1(), app_id)
        }
    };
    finish(
        common,
        &desk,
        &Registered {
            app_id,
            certificate,
            path,
            standing,
        },
    )
}

fn wanted(args: &AppRegistration) -> WantedApplication {
    WantedApplication {
        name: args.name.clone(),
        app_id: args.app_id.clone(),
        permissions: registration(args).permissions().collect(),
    }
}

/// Where certificate and key are, from the root on: the variable is used elsewhere.
fn place(args: &AppRegistration) -> Result<PathBuf, Failed> {
    let path = format!("{}.pem", args.certificate);
    std::path::absolute(&path)
        .map_err(|error| Failed::usage(format!("{path} cannot be a file: {error}")))
}

/// The certificate of an earlier attempt.
fn read(path: &Path) -> Result<Option<Certificate>, Failed> {
    let bytes = match fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let message = format!("{} cannot be read: {error}", path.display());
            return Err(Failed::usage(message));
        }
    };
    let read = Certificate::from_pem(&bytes);
    read.map(Some).map_err(|error| {
        let message = format!("{} cannot be used: {error}", path.display());
        Failed::usage(message)
            .next("choose another place with --certificate: nothing is overwritten")
    })
}

fn must_be_good(certificate: &Certificate, path: &Path, now: Duration) -> Result<(), Failed> {
    if certificate.not_after() > now {
        return Ok(());
    }
    let message = format!("the certificate in {} has ended", path.display());
    Err(Failed::usage(message).next("choose another place with --certificate for a new one"))
}

/// Makes the key and its certificate, and keeps both before anything is sent: whoever is interrupted
/// goes on with them.
fn make(
    common: &Common,
    args: &AppRegistration,
    path: &Path,
    now: Duration,
) -> Result<Certificate, Failed> {
    let pem = Certificate::self_signed(COMMON_NAME, now, args.days);
    let pem = pem.map_err(|error| Failed::internal(error.to_string()).next(error.next_step()))?;
    let pem = pem.expose_secret().as_bytes();
    if !common.sandbox {
        new_file::write(path, pem).map_err(|error| new_file::unwritable(path, &error))?;
        files::say(format_args!(
            "Key and certificate written to {}",
            path.display()
        ));
    }
    Certificate::from_pem(pem).map_err(|error| Failed::internal(error.to_string()))
}

fn say_what_is_made(
    common: &Common,
    desk: &Administration,
    args: &AppRegistration,
    standing: &Standing,
    has_key: bool,
    path: &Path,
) {
    files::say_text(&tables::standing(&desk.tenant, &args.name, standing));
    let path = path.display();
    if common.sandbox {
        files::say("It signs in with a new certificate, which is not kept.");
    } else if has_key {
        files::say(format_args!(
            "It signs in with the certificate in {path}, which is there."
        ));
    } else {
        let days = args.days;
        files::say(format_args!(
            "It signs in with a new certificate for {days} days; its key stays in {path}."
        ));
    }
}

async fn confirm(args: &AppRegistration) -> Result<(), Failed> {
    if args.yes || confirmed(Asking::Terminal).await? {
        return Ok(());
    }
    Err(Failed::usage("not confirmed; nothing was made"))
}

fn show(event: &RegistrationEvent) {
    match event {
        RegistrationEvent::Made(part) => files::say(format_args!("made {part}")),
        RegistrationEvent::Registered(app_id) => {
            files::say(format_args!("the application's client id is {app_id}"));
        }
        RegistrationEvent::Waiting(part, wait) if std::io::stderr().is_terminal() => {
            let seconds = wait.as_secs();
            files::say(format_args!(
                "waiting {seconds} s for the directory: {part}"
            ));
        }
        _ => {}
    }
}

/// An application that may manage tokens by now.
struct Registered {
    app_id: ObjectId,
    /// The thumbprint.
    certificate: String,
    path: PathBuf,
    /// What was there before.
    standing: Standing,
}

#[derive(Serialize)]
struct RegisteredDocument<'a> {
    schema: &'static str,
    tenant_id: &'a str,
    client_id: &'a str,
    /// The SHA-1 thumbprint, as the portal shows it.
    thumbprint: &'a str,
    parts: Vec<PartDocument>,
    environment: Environment<'a>,
}

#[derive(Serialize)]
struct PartDocument {
    part: &'static str,
    permission: Option<&'static str>,
    outcome: &'static str,
}

/// What the application signs in with.
#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Environment<'a> {
    azure_tenant_id: &'a str,
    azure_client_id: &'a str,
    azure_client_certificate_path: &'a Path,
}

fn finish(common: &Common, desk: &Administration, registered: &Registered) -> Result<Exit, Failed> {
    let environment = Environment {
        azure_tenant_id: &desk.tenant,
        azure_client_id: registered.app_id.as_str(),
        azure_client_certificate_path: &registered.path,
    };
    match common.output {
        Output::Text => files::print(&exports(&environment))?,
        Output::Json => files::print_json(&RegisteredDocument {
            schema: "oathkit.registered/1",
            tenant_id: &desk.tenant,
            client_id: registered.app_id.as_str(),
            thumbprint: &registered.certificate,
            parts: registered
                .standing
                .parts()
                .into_iter()
                .map(document)
                .collect(),
            environment,
        })?,
    }
    if common.sandbox {
        files::say("A sandbox ends with the program: neither application nor key is kept.");
        return Ok(Exit::Done);
    }
    if let Some(name) = desk.other_credential {
        files::say(format_args!(
            "{name} is set and goes before a certificate: unset it."
        ));
    }
    files::say("Next, with these variables set: oathctl doctor --idp entra");
    Ok(Exit::Done)
}

/// Lines that a shell reads.
fn exports(environment: &Environment<'_>) -> String {
    let Environment {
        azure_tenant_id: tenant,
        azure_client_id: client,
        azure_client_certificate_path: path,
    } = environment;
    let path = crate::args::quoted(path);
    format!(
        "export AZURE_TENANT_ID={tenant}\nexport AZURE_CLIENT_ID={client}\n\
         export AZURE_CLIENT_CERTIFICATE_PATH={path}\n"
    )
}

fn document((part, was_there): (Part, bool)) -> PartDocument {
    let (part, permission) = match part {
        Part::Application => ("application", None),
        Part::Certificate => ("certificate", None),
        Part::ServicePrincipal => ("service-principal", None),
        Part::Permission(permission) => ("permission", Some(permission.name)),
        _ => ("other", None),
    };
    PartDocument {
        part,
        permission,
        outcome: if was_there { "unchanged" } else { "done" },
    }
}
