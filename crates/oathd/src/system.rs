//! The only place that touches what surrounds the program: time, environment, randomness, signals,
//! other programs.
#![expect(
    clippy::disallowed_methods,
    reason = "everything else takes these as parameters; here they come from"
)]

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use etcetera::BaseStrategy;
use idp_http::{Clock, TokioClock};
use ledger::Actor;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use uuid::Uuid;

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(TokioClock::system())
}

/// Fills a buffer with bytes that nobody can guess.
pub(crate) fn fill_randomly(buffer: &mut [u8]) -> io::Result<()> {
    getrandom::fill(buffer).map_err(|error| io::Error::other(format!("no random numbers: {error}")))
}

pub(crate) fn request_ids() -> Arc<dyn Fn() -> String + Send + Sync> {
    Arc::new(|| Uuid::new_v4().to_string())
}

/// A name for a run or a draft: names sort by time.
pub(crate) fn new_name() -> String {
    Uuid::now_v7().to_string()
}

pub(crate) fn random_seed() -> u64 {
    Uuid::new_v4().as_u64_pair().0
}

/// The account of the operating system that runs this program.
pub(crate) fn account() -> String {
    let user = whoami::username().ok();
    user.or_else(|| std::env::var("USER").ok())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// Who acts, as the audit names them.
pub(crate) fn actor(user: &str) -> Actor {
    Actor {
        user: user.to_owned(),
        host: whoami::hostname().unwrap_or_else(|_| "unknown".to_owned()),
        program: concat!("oathd ", env!("CARGO_PKG_VERSION")).to_owned(),
    }
}

/// Writes to standard output.
pub(crate) fn print(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| format!("standard output: {error}"))
}

/// Writes a line to standard error. Where nobody reads there, the work goes on all the same.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// The crates whose warnings are said unless `RUST_LOG` says otherwise: our own.
const OURS: [&str; 9] = [
    "oathd",
    "provisioner",
    "ledger",
    "seedfile",
    "oath_core",
    "idp_http",
    "entra_graph",
    "okta_factors",
    "idp_sim",
];

fn logged() -> Targets {
    OURS.into_iter().map(|name| (name, Level::WARN)).collect()
}

pub(crate) fn log_to_stderr() {
    let wanted = std::env::var("RUST_LOG").ok();
    let wanted = wanted.filter(|filter| !filter.is_empty());
    let wanted: Option<Targets> = wanted.and_then(|filter| filter.parse().ok());
    let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let said = fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(colour)
        .log_internal_errors(false);
    let subscriber = tracing_subscriber::registry().with(wanted.unwrap_or_else(logged));
    subscriber.with(said).init();
}

/// What a defect says may hold what the program works on.
pub(crate) fn tell_defects_by_their_place() {
    std::panic::set_hook(Box::new(|defect| {
        let place = defect.location().map(ToString::to_string);
        let place = place.unwrap_or_else(|| "an unknown place".to_owned());
        say(&format!("oathd: a defect at {place}; please report it"));
    }));
}

/// The directory that the environment names, or else the usual one.
pub(crate) fn state_dir() -> Option<PathBuf> {
    path_variable("OATHKIT_STATE_DIR").or_else(|| {
        let dirs = etcetera::choose_base_strategy().ok()?;
        let state = dirs.state_dir().unwrap_or_else(|| dirs.data_dir());
        Some(state.join("oathkit"))
    })
}

/// The same for the key. The usual one lies apart from what it seals.
pub(crate) fn key_file() -> Option<PathBuf> {
    path_variable("OATHD_KEY_FILE").or_else(|| {
        let dirs = etcetera::choose_base_strategy().ok()?;
        Some(dirs.config_dir().join("oathkit").join("oathd.key"))
    })
}

fn path_variable(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name);
    value.filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Opens a page on disk in the browser of whoever started this program. Where there is none, the printed
/// address is the way.
pub(crate) fn open_browser(page: &Path) {
    let (program, first): (&str, &[&str]) = if cfg!(target_os = "windows") {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else if cfg!(target_os = "macos") {
        ("open", &[])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(first).arg(page);
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null());
    drop(silent.stderr(Stdio::null()).spawn());
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn asked_to_end() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let kind = tokio::signal::unix::SignalKind::terminate();
        if let Ok(mut terminate) = tokio::signal::unix::signal(kind) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        let _ = tokio::signal::ctrl_c().await;
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}

#[cfg(test)]
mod tests {
    use tracing::{enabled, subscriber};

    use super::*;

    #[test]
    fn what_our_own_crates_warn_of_is_printed_and_nothing_else() {
        let printed = tracing_subscriber::registry().with(logged());
        subscriber::with_default(printed, || {
            assert!(enabled!(target: "oathd::jobs", Level::WARN));
            assert!(enabled!(target: "idp_http::reqwest", Level::WARN));
            assert!(!enabled!(target: "oathd::jobs", Level::INFO));
            assert!(!enabled!(target: "hyper::proto", Level::ERROR));
        });
    }
}
