//! Processes that end with their test, a simulator on free ports, and tokens made of nothing.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use data_encoding::BASE32_NOPAD;
use oath_core::Algorithm;
use serde_json::{Value, json};
use tempfile::TempDir;

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

    fn command(&self, args: &[&str]) -> Command {
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
        let text = |reader: Option<JoinHandle<String>>| reader.unwrap().join().unwrap();
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

/// `oathctl sim` on free ports; it ends when this is dropped.
pub(crate) struct Sim {
    child: Child,
    pub(crate) ready: Value,
    pub(crate) line: String,
    _home: Home,
}

impl Sim {
    /// Both services, with these logins.
    pub(crate) fn of(tokens: &[Token]) -> Self {
        Self::with(tokens, &[])
    }

    pub(crate) fn with(tokens: &[Token], options: &[&str]) -> Self {
        let logins: Vec<&str> = tokens.iter().map(|token| token.user.as_str()).collect();
        Self::of_people(&logins.join("\n"), options)
    }

    /// With the content of a file of users.
    pub(crate) fn of_people(users: &str, options: &[&str]) -> Self {
        let home = Home::new();
        let users = home.file("users", users);
        let free = "127.0.0.1:0";
        let mut args = vec!["sim", "--entra", free, "--okta", free, "--control", free];
        args.extend(["--users", &users]);
        args.extend(options);
        let mut command = home.command(&args);
        command.stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).expect("the line that says where it listens");
        Self {
            child,
            ready,
            line,
            _home: home,
        }
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.http("GET", path, "")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        self.http("POST", path, &body.to_string())
    }

    fn http(&self, method: &str, path: &str, body: &str) -> Value {
        let address = text(&self.ready["control_url"]).trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).unwrap()
    }

    /// Sets the fault rules; none clears them.
    pub(crate) fn faults(&self, rules: Value) {
        self.post("/faults", &json!({"rules": rules}));
    }

    /// How many requests may have changed something.
    pub(crate) fn writes(&self) -> u64 {
        self.get("/calls")["writes"].as_u64().unwrap()
    }

    /// How many requests there were on a route.
    pub(crate) fn calls(&self, route: &str) -> u64 {
        let calls = self.get("/calls");
        let on_route = calls["calls"].as_array().unwrap().iter();
        on_route
            .filter(|call| call["route"] == route)
            .map(|call| call["count"].as_u64().unwrap())
            .sum()
    }

    /// Entra's devices as they are.
    pub(crate) fn devices(&self) -> Vec<Value> {
        self.get("/state")["entra"]["devices"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// Okta's factors as they are.
    pub(crate) fn factors(&self) -> Vec<Value> {
        self.get("/state")["okta"]["factors"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// Nothing was created anywhere.
    #[track_caller]
    pub(crate) fn is_untouched(&self) {
        assert_eq!(self.writes(), 0);
        assert!(self.devices().is_empty() && self.factors().is_empty());
    }

    /// Every token is there exactly once, at its user, activated exactly once; nothing else is there.
    #[track_caller]
    pub(crate) fn has_all(&self, idp: &str, tokens: &[Token]) {
        match idp {
            "entra" => self.entra_has_all(tokens),
            _ => self.okta_has_all(tokens),
        }
    }

    #[track_caller]
    fn entra_has_all(&self, tokens: &[Token]) {
        let devices = self.devices();
        assert_eq!(devices.len(), tokens.len());
        for token in tokens {
            let device = devices.iter().find(|d| d["serial"] == token.serial);
            let device = device.unwrap_or_else(|| panic!("no device {}", token.serial));
            assert_eq!(device["status"], "activated", "{device}");
            assert_eq!(device["assigned_to"], token.user, "{device}");
            assert_eq!(device["creations"], 1, "{device}");
            assert_eq!(device["activations"], 1, "{device}");
            assert_eq!(device["period"], token.period, "{device}");
            let hash = format!("hmac{}", token.algorithm);
            assert_eq!(device["hash"], hash, "{device}");
        }
    }

    #[track_caller]
    fn okta_has_all(&self, tokens: &[Token]) {
        let factors = self.factors();
        assert_eq!(factors.len(), tokens.len());
        for token in tokens {
            let factor = factors.iter().find(|f| f["user"] == token.user);
            let factor = factor.unwrap_or_else(|| panic!("no factor of {}", token.user));
            assert_eq!(factor["status"], "ACTIVE", "{factor}");
            assert_eq!(factor["enrollments"], 1, "{factor}");
        }
    }

    /// Every device signs its user in with the code that it shows next.
    #[track_caller]
    pub(crate) fn signs_all_in(&self, idp: &str, home: &Home, file: &str, tokens: &[Token]) {
        for token in tokens {
            let at = unix() + u64::from(token.period);
            let args = ["code", "--file", file, "--serial", &token.serial, "--at"];
            let code = home.oathctl(&[&args[..], &[&at.to_string()]].concat());
            let code = code.ends(0).stdout.trim().to_owned();
            let attempt = json!({"idp": idp, "user": token.user, "code": code, "at": at});
            let answer = self.post("/sign-in", &attempt);
            assert_eq!(answer["accepted"], true, "{} {answer}", token.serial);
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A token with its seed.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) user: String,
    pub(crate) serial: String,
    pub(crate) seed: Vec<u8>,
    pub(crate) algorithm: Algorithm,
    pub(crate) period: u32,
}

impl Token {
    /// The token number `n` of a kind.
    pub(crate) fn new(n: u64, algorithm: Algorithm, period: u32) -> Self {
        let bytes = match algorithm {
            Algorithm::Sha1 => 20,
            _ => 32,
        };
        Self {
            user: format!("user{n:03}@example.com"),
            serial: format!("{}", 70_200_000 + n),
            seed: seed(n, bytes),
            algorithm,
            period,
        }
    }

    /// SHA-1, 30 s.
    pub(crate) fn plain(n: u64) -> Self {
        Self::new(n, Algorithm::Sha1, 30)
    }

    pub(crate) fn base32(&self) -> String {
        BASE32_NOPAD.encode(&self.seed)
    }

    /// Its line of a file.
    pub(crate) fn line(&self) -> String {
        let (user, serial, seed, period) = (&self.user, &self.serial, self.base32(), self.period);
        format!("{user},{serial},{seed},{period},Token2,C302-i\r\n")
    }
}

/// Tokens of all four kinds, in turn.
pub(crate) fn mixed(count: u64) -> Vec<Token> {
    let kind = |n: u64| match n % 4 {
        0 => (Algorithm::Sha1, 30),
        1 => (Algorithm::Sha256, 30),
        2 => (Algorithm::Sha1, 60),
        _ => (Algorithm::Sha256, 60),
    };
    let token = |n| {
        let (algorithm, period) = kind(n);
        Token::new(n, algorithm, period)
    };
    (0..count).map(token).collect()
}

/// Tokens of one kind.
pub(crate) fn plain(count: u64) -> Vec<Token> {
    (0..count).map(Token::plain).collect()
}

pub(crate) const HEADER: &str = "upn,serial number,secret key,timeinterval,manufacturer,model\r\n";

/// The file of these tokens.
pub(crate) fn csv(tokens: &[Token]) -> String {
    let lines: Vec<String> = tokens.iter().map(Token::line).collect();
    format!("{HEADER}{}", lines.concat())
}

/// Bytes that look like chance and are always the same.
pub(crate) fn seed(n: u64, bytes: usize) -> Vec<u8> {
    let mut state = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let next = std::iter::repeat_with(move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) as u8
    });
    next.take(bytes).collect()
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

/// Waits until something is so.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: not in time");
        thread::sleep(Duration::from_millis(5));
    }
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
