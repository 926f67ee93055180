//! Tokens from the Azure CLI.

use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use entra_graph::{AccessToken, SourceError, TokenSource};
use idp_http::Clock;
use serde::Deserialize;
use tokio::process::Command;
use zeroize::Zeroizing;

/// It may have to ask its own service.
const PATIENCE: Duration = Duration::from_secs(60);
const PROGRAM: &str = if cfg!(windows) { "az.cmd" } else { "az" };

pub(crate) struct AzureCli {
    tenant: String,
    /// Nobody asked for it by name.
    by_default: bool,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "accessToken")]
    access_token: String,
    /// Unix time; older versions know local time only.
    expires_on: Option<u64>,
}

impl AzureCli {
    pub(crate) fn new(tenant: String, by_default: bool, clock: Arc<dyn Clock>) -> Self {
        Self {
            tenant,
            by_default,
            clock,
        }
    }

    /// What it says is not passed on: it may hold what nobody should see.
    async fn run(&self, resource: &str) -> Result<Output, SourceError> {
        let mut command = Command::new(PROGRAM);
        command
            .args(["account", "get-access-token", "--output", "json"])
            .args(["--resource", resource, "--tenant", &self.tenant])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let ended = tokio::select! {
            ended = command.output() => ended,
            () = self.clock.sleep(PATIENCE) => return Err(self.refusal("az did not answer")),
        };
        ended.map_err(|error| self.refusal(&format!("az could not be started: {error}")))
    }

    fn refusal(&self, what: &str) -> SourceError {
        if self.by_default {
            let message =
                format!("AZURE_CLIENT_SECRET is not set, nor any other credential, and {what}");
            let next = "set it, AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE, or use a profile of the configuration file, or try --sandbox";
            return SourceError::new(message, next);
        }
        let next = format!("see what az login --tenant {} says", self.tenant);
        SourceError::new(what, next)
    }
}

#[async_trait]
impl TokenSource for AzureCli {
    async fn token(&self, resource: &str) -> Result<AccessToken, SourceError> {
        let output = self.run(resource).await?;
        let stdout = Zeroizing::new(output.stdout);
        if !output.status.success() {
            return Err(self.refusal(&format!("az gave no token ({})", output.status)));
        }
        let answer: Answer = serde_json::from_slice(&stdout)
            .map_err(|_| self.refusal("az gave something other than a token"))?;
        let lifetime = match answer.expires_on {
            Some(end) => Duration::from_secs(end).saturating_sub(self.clock.unix()),
            // It gives none that ends within five minutes.
            None => Duration::from_secs(300),
        };
        Ok(AccessToken {
            token: answer.access_token.into(),
            lifetime,
        })
    }
}
