//! From the command line to a server that listens, and to its end.

mod claim;
mod redirect;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use idp_http::{Clock, ReqwestOptions, ReqwestTransport, Transport};
use tempfile::TempDir;

use crate::app::{About, App, Config, StateDir};
use crate::args::{Args, Serve, StatePlace};
use crate::door::{self, Accounts, Door, Limits, Mode, Role, Served, Setup};
use crate::sandbox::Sandbox;
use crate::serve::{self, Server, Tls};
use crate::vault::{self, Fill, MasterKey, Vault};
use crate::{addresses, system};
pub(crate) use claim::Claim;

/// How long the calls in flight may take when the server ends.
const GRACE: Duration = Duration::from_secs(30);

/// Where state is kept, and with which key.
pub(crate) struct Kept {
    pub(crate) state: StateDir,
    pub(crate) key: MasterKey,
    /// Where the key lies; nowhere where it ends with this program.
    pub(crate) key_file: Option<PathBuf>,
    /// Removed at the end.
    _for_now: Option<TempDir>,
}

pub(crate) fn run(args: &Args) -> Result<(), String> {
    let kept = open(&args.place)?;
    let _claim = Claim::take(kept.state.path())?;
    let runtime = tokio::runtime::Runtime::new();
    let runtime = runtime.map_err(|error| format!("no thread could be started: {error}"))?;
    let served = runtime.block_on(serve(args, kept));
    runtime.shutdown_background();
    served
}

async fn serve(args: &Args, kept: Kept) -> Result<(), String> {
    let clock = system::clock();
    let has_admin = has_admin(&kept)?;
    let options = &args.serve;
    let mode = door::policy(
        options.listen,
        options.tls_cert.is_some(),
        options.proxy.as_deref(),
        has_admin,
    )?;
    let tls = match (&options.tls_cert, &options.tls_key) {
        (Some(chain), Some(key)) => Some(Tls::read(chain, key)?),
        _ => None,
    };
    let names = tls.as_ref().map(|tls| names(tls, &options.names));
    let listener = serve::bind(options.listen).await?;
    let bound = listener.local_addr().map_err(|error| error.to_string())?;
    let served = Served::new(
        bound,
        tls.is_some(),
        &names.unwrap_or_default(),
        options.proxy.as_deref(),
    )?;
    let (here, public) = (served.here(), served.public());
    let app = App::open(config(kept, args, &clock, &here).await?);
    let app = app.await.map_err(|problem| problem.to_string())?;
    let door = open_door(&app, served)?;
    let router = addresses::router(&app, &door);
    announce(mode, &door, app.kept(), &public, options)?;
    let server = Server {
        listener,
        tls: tls.map(|tls| tls.acceptor),
        clock,
        ending: app.ending.clone(),
    };
    let jobs = Arc::clone(&app.jobs);
    tokio::spawn(async move { jobs.take_up().await });
    let ending = app.ending.clone();
    tokio::spawn(async move {
        system::asked_to_end().await;
        ending.cancel();
    });
    server.run(router).await;
    door.close();
    tokio::select! {
        () = app.jobs.end() => {}
        // Whatever is still on its way is in doubt, as after a crash, and looked at after the next start.
        () = app.clock.sleep(GRACE) => {}
    }
    Ok(())
}

/// The names under which others reach this server: those that were given, or those of the certificate.
fn names(tls: &Tls, given: &[String]) -> Vec<String> {
    for name in given.iter().filter(|name| !tls.is_for(name)) {
        tracing::warn!("the certificate is not for {name}: browsers will refuse it there");
    }
    match given {
        [] => tls.names(),
        given => given.to_vec(),
    }
}

fn open_door(app: &App, served: Served) -> Result<Arc<Door>, String> {
    let door = Door::open(Setup {
        clock: Arc::clone(&app.clock),
        fill: fill(),
        vault: Arc::clone(&app.vault),
        served,
        desk: system::account(),
        limits: Limits::default(),
    });
    door.map_err(|error| error.to_string())
}

/// Says where to go, and goes there where somebody sits at this machine.
fn announce(
    mode: Mode,
    door: &Door,
    kept: &Kept,
    public: &str,
    options: &Serve,
) -> Result<(), String> {
    let directory = kept.state.path();
    redirect::remove(directory).map_err(|error| unreadable(directory, &error))?;
    if mode == Mode::Network {
        return system::print(&format!("{public}\n"));
    }
    let address = door.one_time_address();
    let address = address.map_err(|error| format!("no address could be made: {error}"))?;
    system::print(&format!("{}\n", address.as_str()))?;
    if !options.no_browser {
        let file = redirect::write(directory, &address);
        let file = file.map_err(|error| unreadable(directory, &error))?;
        system::open_browser(&file);
        door.keep(file);
    }
    Ok(())
}

async fn config(
    kept: Kept,
    args: &Args,
    clock: &Arc<dyn Clock>,
    here: &str,
) -> Result<Config, String> {
    let options = &args.serve;
    let sandbox = match args.place.sandbox {
        false => None,
        true => {
            let sandbox = Sandbox::start(clock, system::random_seed()).await;
            Some(sandbox.map_err(|error| format!("the simulator did not start: {error}"))?)
        }
    };
    Ok(Config {
        kept,
        clock: Arc::clone(clock),
        transport: transport(options)?,
        sandbox,
        about: About {
            here: here.to_owned(),
            proxy: options.proxy.clone(),
            tls_cert: options.tls_cert.clone(),
            ca_bundle: options.ca_bundle.clone(),
        },
    })
}

fn transport(options: &Serve) -> Result<Arc<dyn Transport>, String> {
    let mut wanted = ReqwestOptions::default();
    if let Some(path) = &options.ca_bundle {
        let read = fs::read(path);
        wanted.ca_bundle = Some(read.map_err(|error| unreadable(path, &error))?);
    }
    let transport = ReqwestTransport::new(&wanted).map_err(|error| error.to_string())?;
    Ok(Arc::new(transport))
}

/// Opens the state directory and reads its key; both are made where they are missing. A sandbox never
/// works on what is real: it keeps nothing, or is apart in the directory that its command line names.
pub(crate) fn open(place: &StatePlace) -> Result<Kept, String> {
    let nowhere = || "there is no home directory: name --state-dir and --key-file".to_owned();
    let (named, key) = (place.state_dir.clone(), place.key_file.clone());
    if !place.sandbox {
        let directory = named.or_else(system::state_dir).ok_or_else(nowhere)?;
        let key = key.or_else(system::key_file).ok_or_else(nowhere)?;
        return open_at(&directory, key);
    }
    let Some(directory) = named else {
        return for_now();
    };
    let key = key.unwrap_or_else(|| directory.join("sandbox.key"));
    open_at(&directory.join("sandbox"), key)
}

/// What ends with this program.
fn for_now() -> Result<Kept, String> {
    let directory =
        tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))?;
    let state = StateDir::open(directory.path().join("state"));
    Ok(Kept {
        state: state.map_err(|error| unreadable(directory.path(), &error))?,
        key: MasterKey::new(&fill()).map_err(|error| error.to_string())?,
        key_file: None,
        _for_now: Some(directory),
    })
}

fn open_at(directory: &Path, path: PathBuf) -> Result<Kept, String> {
    let state = StateDir::open(directory.to_owned());
    let state = state.map_err(|error| unreadable(directory, &error))?;
    if matches!(path.try_exists(), Ok(false)) && vault::has_documents(&state.sealed()) {
        return Err(lost_key(&path, &state.sealed()));
    }
    make_room_for(&path)?;
    let key = MasterKey::read_or_create(&path, &fill()).map_err(|error| error.to_string())?;
    Ok(Kept {
        state,
        key,
        key_file: Some(path),
        _for_now: None,
    })
}

fn lost_key(key: &Path, sealed: &Path) -> String {
    format!(
        "the key file {} is missing, and what lies in {} was sealed with it: put it back from its copy. Where it is \
         lost, move that directory away and set up connections and accounts anew; the ledger stays",
        key.display(),
        sealed.display()
    )
}

/// A vault of its own to look into.
pub(crate) fn accounts(kept: &Kept) -> Result<Accounts, String> {
    let vault = Vault::open(kept.state.sealed(), &kept.key, fill());
    let vault = vault.map_err(|error| error.to_string())?;
    Accounts::open(Arc::new(vault), fill()).map_err(|error| error.to_string())
}

fn has_admin(kept: &Kept) -> Result<bool, String> {
    let accounts = accounts(kept)?.list();
    Ok(accounts.iter().any(|account| account.role == Role::Admin))
}

fn make_room_for(path: &Path) -> Result<(), String> {
    let Some(directory) = path.parent() else {
        return Ok(());
    };
    let made = fs::create_dir_all(directory);
    made.map_err(|error| unreadable(directory, &error))
}

pub(crate) fn fill() -> Fill {
    Arc::new(system::fill_randomly)
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be used: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[test]
    fn no_new_key_is_made_where_something_lies_sealed() {
        let directory = tempfile::tempdir().unwrap();
        let place = StatePlace {
            sandbox: false,
            state_dir: Some(directory.path().join("state")),
            key_file: Some(directory.path().join("key")),
        };
        let kept = open(&place).unwrap();
        let vault = Vault::open(kept.state.sealed(), &kept.key, fill()).unwrap();
        let moved = directory.path().join("moved");
        // Nothing is sealed yet: another key is as good.
        fs::remove_file(directory.path().join("key")).unwrap();
        let kept = open(&place).unwrap();
        vault.save("settings", &"kept").unwrap();
        fs::rename(directory.path().join("key"), &moved).unwrap();
        let refused = open(&place).err().unwrap();
        assert!(
            refused.contains("put it back from its copy")
                && refused.contains("move that directory away"),
            "{refused}"
        );
        assert!(!directory.path().join("key").exists());
        fs::rename(kept.state.sealed(), directory.path().join("away")).unwrap();
        assert!(open(&place).is_ok());
    }

    #[test]
    fn a_sandbox_keeps_its_things_apart_from_real_ones() {
        let directory = tempfile::tempdir().unwrap();
        let mut place = StatePlace {
            sandbox: false,
            state_dir: Some(directory.path().join("state")),
            key_file: Some(directory.path().join("key")),
        };
        let vault = |kept: &Kept| Vault::open(kept.state.sealed(), &kept.key, fill()).unwrap();
        let real = open(&place).unwrap();
        vault(&real).save("settings", &"real").unwrap();
        place.sandbox = true;
        for key_file in [None, place.key_file.clone()] {
            place.key_file = key_file;
            let sandbox = open(&place).unwrap();
            assert_ne!(sandbox.state.ledger(), real.state.ledger());
            let settings = vault(&sandbox).load::<String>("settings").unwrap();
            assert_eq!(settings, None);
            // Both may run.
            let _claims = [&real, &sandbox].map(|kept| Claim::take(kept.state.path()).unwrap());
        }
        let settings = vault(&real).load::<String>("settings").unwrap();
        assert_eq!(settings.as_deref(), Some("real"));
    }

    #[test]
    fn a_sandbox_keeps_nothing_where_the_command_line_names_no_directory() {
        let args = Args::command();
        let mut all = args.get_arguments();
        assert!(
            all.all(|arg| arg.get_env().is_none()),
            "nor the environment"
        );
        let kept = open(&Args::parse_from(["oathd", "--sandbox"]).place).unwrap();
        assert_eq!(kept.key_file, None);
        let directory = kept.state.path().to_owned();
        assert!(directory.exists());
        drop(kept);
        assert!(!directory.exists());
    }
}
