//! The only place that touches what surrounds the program: time, environment, randomness, signals.
#![expect(
    clippy::disallowed_methods,
    reason = "libraries take these as parameters; here they come from"
)]

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use etcetera::BaseStrategy;
use idp_http::{Clock, TokioClock};
use ledger::Actor;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use uuid::Uuid;

use crate::exit::{Exit, Failed};
use crate::files;

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(TokioClock::system())
}

/// An environment variable; an empty one counts as missing.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// An environment variable that names a file or directory; an empty one counts as missing.
pub(crate) fn path_variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

pub(crate) fn request_ids() -> Arc<dyn Fn() -> String + Send + Sync> {
    Arc::new(|| Uuid::new_v4().to_string())
}

/// A name for a run: names sort by time.
pub(crate) fn run_name() -> String {
    Uuid::now_v7().to_string()
}

/// Who runs this program: the account of the operating system, which a variable does not change.
pub(crate) fn actor() -> Actor {
    let user = whoami::username().ok();
    let user = user
        .or_else(|| variable("USER"))
        .or_else(|| variable("LOGNAME"));
    Actor {
        user: user.unwrap_or_else(|| "unknown".to_owned()),
        host: whoami::hostname().unwrap_or_else(|_| "unknown".to_owned()),
        program: concat!("oathctl ", env!("CARGO_PKG_VERSION")).to_owned(),
    }
}

/// Fills a buffer with bytes that nobody can guess.
pub(crate) fn fill_randomly(buffer: &mut [u8]) -> std::io::Result<()> {
    getrandom::fill(buffer)
        .map_err(|error| std::io::Error::other(format!("no random numbers: {error}")))
}

pub(crate) fn random_seed() -> u64 {
    Uuid::new_v4().as_u64_pair().0
}

pub(crate) fn log_to_stderr() {
    let wanted: Option<Targets> = variable("RUST_LOG").and_then(|filter| filter.parse().ok());
    let said = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && variable("NO_COLOR").is_none())
        // They would be printed there, too.
        .log_internal_errors(false);
    let subscriber = tracing_subscriber::registry().with(wanted.unwrap_or_default());
    subscriber.with(said).init();
}

pub(crate) fn default_state_dir() -> Result<PathBuf, Failed> {
    let dirs = base_directories()?;
    Ok(dirs
        .state_dir()
        .unwrap_or_else(|| dirs.data_dir())
        .join("oathkit"))
}

pub(crate) fn default_config() -> Result<PathBuf, Failed> {
    Ok(base_directories()?
        .config_dir()
        .join("oathkit")
        .join("config.toml"))
}

fn base_directories() -> Result<impl BaseStrategy, Failed> {
    etcetera::choose_base_strategy().map_err(|error| {
        Failed::usage(format!("there is no home directory: {error}"))
            .next("set OATHKIT_STATE_DIR and OATHKIT_CONFIG")
    })
}

/// The first Ctrl-C or SIGTERM ends the run early; the second ends the program.
pub(crate) fn stop_on_signal() -> (CancellationToken, Arc<std::sync::OnceLock<Exit>>) {
    let stop = CancellationToken::new();
    let cause = Arc::new(std::sync::OnceLock::new());
    let (token, seen) = (stop.clone(), Arc::clone(&cause));
    tokio::spawn(async move {
        loop {
            let exit = next_signal().await;
            if seen.set(exit).is_err() {
                std::process::exit(exit as i32);
            }
            files::say("\nFinishing the calls in flight; once more to leave at once.");
            token.cancel();
        }
    });
    (stop, cause)
}

/// Waits for Ctrl-C or SIGTERM and says which exit code belongs to it.
pub(crate) async fn next_signal() -> Exit {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let kind = tokio::signal::unix::SignalKind::terminate();
        if let Ok(mut terminate) = tokio::signal::unix::signal(kind) {
            return tokio::select! {
                _ = interrupt => Exit::Interrupted,
                _ = terminate.recv() => Exit::Terminated,
            };
        }
        let _ = tokio::signal::ctrl_c().await;
        Exit::Interrupted
    }
    #[cfg(not(unix))]
    {
        let _ = interrupt.await;
        Exit::Interrupted
    }
}
