//! For those who watch whether this server runs: nothing here needs a session, and nothing is told.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;

use crate::app::App;
use crate::routes::Routes;

/// A ledger that somebody reads for long is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// What is written to see whether there is room, in bytes.
const PROBE: usize = 64 * 1024;

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .open_get("/healthz", async || "ok")
        .open_get("/readyz", ready)
        .open_get("/version", async || Json(VERSION))
}

#[derive(Serialize)]
struct Version {
    name: &'static str,
    version: &'static str,
}

const VERSION: Version = Version {
    name: env!("CARGO_PKG_NAME"),
    version: env!("CARGO_PKG_VERSION"),
};

/// What a part that does not work is called. Why, only this machine's log says.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    ledger: &'static str,
    vault: &'static str,
    disk: &'static str,
}

async fn ready(State(app): State<Arc<App>>) -> Response {
    let (ledger, vault, disk) = (ledger(&app).await, vault(&app), disk(&app).await);
    let ready = ledger.is_ok() && vault.is_ok() && disk.is_ok();
    let status = match ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let word = |part: Result<(), &'static str>| part.err().unwrap_or("ok");
    let readiness = Readiness {
        ready,
        ledger: word(ledger),
        vault: word(vault),
        disk: word(disk),
    };
    (status, Json(readiness)).into_response()
}

async fn ledger(app: &App) -> Result<(), &'static str> {
    tokio::select! {
        head = app.ledger.audit_head() => match head {
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::error!(%error, "the ledger cannot be read");
                Err("cannot be read")
            }
        },
        () = app.clock.sleep(PATIENCE) => Err("is busy"),
    }
}

/// A full disk is seen before a run is held up by it.
async fn disk(app: &App) -> Result<(), &'static str> {
    let directory = app.kept().state.path().to_owned();
    let probe = move || -> io::Result<()> {
        let mut file = tempfile::tempfile_in(directory)?;
        file.write_all(&[0; PROBE])?;
        file.sync_data()
    };
    let probed = tokio::task::spawn_blocking(probe).await;
    probed.map_err(io::Error::other).flatten().map_err(|error| {
        tracing::error!(%error, "the disk of the state directory cannot be written");
        "cannot be written"
    })
}

fn vault(app: &App) -> Result<(), &'static str> {
    app.vault.names("").map(|_| ()).map_err(|error| {
        tracing::error!(%error, "the vault cannot be read");
        "cannot be read"
    })
}
