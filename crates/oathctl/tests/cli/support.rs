//! Processes that end with their test, and what they leave.

mod build;
mod sim;
mod tokens;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) use self::build::built_with;
pub(crate) use self::sim::Sim;
pub(crate) use self::tokens::{HEADER, Token, csv, mixed, plain, seed};

/// Longer than anything takes on a busy machine; only a process that hangs meets it.
const PATIENCE: Duration = Duration::from_secs(150);

pub(crate) const EXAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/examples/token2-batch.csv"
);

/// A directory of one's own, with the settings of one user of the program.
pub(crate) struct Home {
    dir: TempDir,
    program: PathBuf,
    env: Vec<(String, String)>,
}

impl Home {
    /// Without any settings.
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            program: env!("CARGO_BIN_EXE_oathctl").into(),
            env: Vec::new(),
        }
    }

    /// With the settings for a simulator.
    pub(crate) fn at(sim: &Sim) -> Self {
        let home = Self::new();
        let (entra, okta) = (&sim.ready["entra"], &sim.ready["okta"]);
        home.with("AZURE_TENANT_ID", text(&entra["tenant_id"]))
            .with("AZURE_CLIENT_ID", text(&entra["client_id"]))
            .with("AZURE_CLIENT_SECRET", text(&entra["client_secret"]))
            .with("AZURE_AUTHORITY_HOST", text(&entra["login_url"]))
            .with("OATHKIT_GRAPH_URL", text(&entra["graph_url"]))
            .with("OKTA_CLIENT_ORGURL", text(&okta["org_url"]))
            .with("OKTA_CLIENT_TOKEN", text(&okta["token"]))
    }

    /// Sets an environment variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs another build of the program.
    pub(crate) fn using(mut self, program: &Path) -> Self {
        program.clone_into(&mut self.program);
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file and says where it is.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Forgets every run.
    pub(crate) fn forget(&self) {
        fs::remove_dir_all(self.path("state")).unwrap();
    }

    /// Runs the program with nobody left to read its standard error; says how it ended.
    pub(crate) fn unheard(&self, args: &[&str]) -> Ran {
        let mut child = self.command(args).spawn().unwrap();
        drop(child.stderr.take());
        Running::new(child).end()
    }

    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .env("HOME", self.dir.path())
            .env("OATHKIT_STATE_DIR", self.path("state"))
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(self.dir.path())
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn oathctl(&self, args: &[&str]) -> Ran {
        self.begin(args).end()
    }

    /// Runs the program with a text on standard input.
    pub(crate) fn feed(&self, args: &[&str], input: &str) -> Ran {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Who reads nothing closes early.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        Running::new(child).end()
    }

    /// Starts the program.
    pub(crate) fn begin(&self, args: &[&str]) -> Running {
        Running::new(self.command(args).spawn().unwrap())
    }

    /// Starts the program with its standard output going elsewhere.
    pub(crate) fn begin_into(&self, args: &[&str], stdout: fs::File) -> Running {
        Running::new(self.command(args).stdout(stdout).spawn().unwrap())
    }

    /// Runs a command for its JSON document; it must end with `exit`.
    pub(crate) fn json(&self, exit: i32, args: &[&str]) -> Value {
        let mut args = args.to_vec();
        args.extend(["--output", "json"]);
        self.oathctl(&args).ends(exit).json()
    }

    /// The name of the newest run.
    pub(crate) fn last_run(&self) -> String {
        let runs = self.json(0, &["runs", "list"]);
        text(&runs["runs"][0]["run"]).to_owned()
    }
}

/// A process under way; it is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
}

impl Running {
    fn new(mut child: Child) -> Self {
        let stdout = child.stdout.take().map(drain);
        let stderr = child.stderr.take().map(drain);
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// Waits for the end.
    pub(crate) fn end(mut self) -> Ran {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "the program hangs");
            thread::sleep(Duration::from_millis(5));
        };
        let text = |reader: Option<JoinHandle<String>>| {
            let reader = reader.map(|reader| reader.join().unwrap());
            reader.unwrap_or_default()
        };
        Ran {
            code: status.code(),
            stdout: text(self.stdout.take()),
            stderr: text(self.stderr.take()),
        }
    }

    /// `kill -9`
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &line]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8(bytes).unwrap()
    })
}

/// A process that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn ends(self, exit: i32) -> Self {
        assert_eq!(
            self.code,
            Some(exit),
            "\n-- stdout\n{}\n-- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Standard error holds all of these.
    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(
                self.stderr.contains(word),
                "no {word:?} in:\n{}",
                self.stderr
            );
        }
        self
    }

    /// Standard output: one JSON document on one line.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{}", self.stdout);
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// Asserts that every row of a report ended as `outcome`, in the state `activated`.
#[track_caller]
pub(crate) fn all_rows(report: &Value, outcome: &str, tokens: &[Token]) {
    assert_eq!(report["counts"]["rows"], tokens.len(), "{report}");
    assert_eq!(report["counts"][outcome], tokens.len(), "{report}");
    let rows = report["rows"].as_array().unwrap();
    for ((row, token), line) in rows.iter().zip(tokens).zip(2..) {
        assert_eq!(row["row"], line, "{row}");
        assert_eq!(row["serial"], token.serial, "{row}");
        assert_eq!(row["user"], token.user, "{row}");
        assert_eq!(row["outcome"], outcome, "{row}");
        assert_eq!(row["state"], "activated", "{row}");
        assert!(row["error"].is_null(), "{row}");
    }
}

/// Whether this is a campaign, at full length.
pub(crate) fn is_full() -> bool {
    std::env::var("OATHKIT_CAMPAIGN").is_ok_and(|size| size == "full")
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: not in time");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Asserts that only its owner reads a file.
#[track_caller]
pub(crate) fn is_private(path: &Path) {
    let metadata = fs::metadata(path).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{path:?}");
    }
    assert!(metadata.is_file());
}

pub(crate) fn unix() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// The values of one field of every row.
pub(crate) fn each<'v>(list: &'v Value, field: &str) -> Vec<&'v Value> {
    let list = list.as_array().unwrap().iter();
    list.map(|entry| &entry[field]).collect()
}
