//! This machine's own identity.

use std::path::Path;
use std::sync::Arc;

use entra_graph::{ManagedIdentity, SourceError, TokenSource};
use idp_http::{Clock, Transport};
use secrecy::SecretString;

use crate::exit::{Exit, Failed};
use crate::settings::Machine;
use crate::system;

/// The longest key file of Azure Arc.
const MAX_KEY: u64 = 4096;

/// App Service says so with a header, Azure Arc with an endpoint alone; other machines have the
/// metadata service.
pub(crate) fn source(
    machine: Machine,
    transport: &Arc<dyn Transport>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn TokenSource>, Failed> {
    let (transport, clock) = (Arc::clone(transport), Arc::clone(clock));
    let made = match (machine.endpoint, machine.header) {
        (Some(endpoint), Some(header)) => {
            ManagedIdentity::app_service(transport, clock, &endpoint, header)
        }
        (Some(endpoint), None) => {
            ManagedIdentity::azure_arc(transport, clock, &endpoint, Arc::new(read_key))
        }
        (None, _) => match machine.metadata_host {
            Some(host) => ManagedIdentity::imds_at(transport, clock, &host),
            None => Ok(ManagedIdentity::imds(transport, clock)),
        },
    };
    let identity = made.map_err(|error| Failed::new(Exit::Access, error.to_string()))?;
    let identity = match machine.is_guess {
        true => identity.probing(),
        false => identity,
    };
    Ok(Arc::new(match machine.client_id {
        Some(client_id) => identity.with_client_id(client_id),
        None => identity,
    }))
}

/// The key that Azure Arc's agent wrote: from its own directory only, whatever the answer names.
fn read_key(name: &str) -> Result<SecretString, SourceError> {
    let refused = |why: &str| {
        let next = "let this program's user read the keys of Azure Arc's agent (group himds)";
        SourceError::new(format!("Azure Arc's key {name:?} {why}"), next)
    };
    let path = Path::new(name);
    let directory = match system::variable("ProgramData") {
        Some(data) => Path::new(&data).join("AzureConnectedMachineAgent\\Tokens"),
        None => Path::new("/var/opt/azcmagent/tokens").to_path_buf(),
    };
    let is_key = path.extension().is_some_and(|kind| kind == "key");
    if path.parent() != Some(&directory) || !is_key {
        return Err(refused("is not where its agent keeps them"));
    }
    let length = std::fs::metadata(path).map(|metadata| metadata.len());
    if length.is_ok_and(|length| length > MAX_KEY) {
        return Err(refused("is too long"));
    }
    let text = std::fs::read_to_string(path);
    text.map(SecretString::from)
        .map_err(|error| refused(&format!("cannot be read: {error}")))
}
