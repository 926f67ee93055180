//! No seed, no code and no credential anywhere but in the request that needs it, and a build that
//! leaks on purpose to prove that the search finds what it looks for.
//!
//! The simulator speaks HTTP/1.1 over loopback without TLS, so what the log would say of TLS and of
//! HTTP/2 frames is not among what is searched.

mod files;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use data_encoding::{BASE32_NOPAD, BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use oath_core::{Digits, Key, Period, Totp};
use serde_json::json;

use crate::support::{Home, Ran, Sim, Token, built_with, csv, mixed, seed, text, unix, wait_until};

/// Whatever a run leaves to be read, by where it stands. Each byte is the character of its number.
#[derive(Default)]
struct Traces(BTreeMap<String, String>);

impl Traces {
    fn add(&mut self, place: String, bytes: &[u8]) {
        self.0.insert(place, characters(bytes));
    }

    fn keep(&mut self, what: &str, ran: Ran) {
        assert!(!ran.stdout.is_empty(), "{what}: {}", ran.stderr);
        self.add_both(what, &ran);
    }

    fn add_both(&mut self, what: &str, ran: &Ran) {
        assert!(!ran.stderr.contains("panicked"), "{what}: {}", ran.stderr);
        self.add(format!("{what}: stdout"), ran.stdout.as_bytes());
        self.add(format!("{what}: stderr"), ran.stderr.as_bytes());
    }

    fn keep_files(&mut self, what: &str, directory: &Path) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.keep_files(what, &path);
                continue;
            }

            self.add(
                format!("{what}: {}", path.display()),
                &fs::read(&path).unwrap(),
            );
        }
    }

    /// Where some bytes occur.
    fn places_of(&self, needle: &[u8]) -> impl Iterator<Item = String> {
        let needle = characters(needle);
        let places = self
            .0
            .iter()
            .filter(move |(_, text)| text.contains(&needle));
        places.map(|(place, _)| place.clone())
    }
}

fn characters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// One encoding of a seed.
struct Spelling {
    encoding: &'static str,
    bytes: Vec<u8>,
}

/// All spellings of a seed that anybody would write or log.
fn spellings(seed: &[u8]) -> Vec<Spelling> {
    let upper = BASE32_NOPAD.encode(seed);
    let lower = upper.to_lowercase();
    let base64 = BASE64.encode(seed);
    let base64 = base64.trim_end_matches('=').to_owned();
    let escaped = base64.replace('+', "%2B").replace('/', "%2F");
    let decimal: Vec<String> = seed.iter().map(ToString::to_string).collect();
    [
        ("raw", seed.to_vec()),
        ("base32", upper.clone().into()),
        ("base32 in small letters", lower.clone().into()),
        ("base32 in fours", in_fours(&upper).into()),
        ("base32 in fours, small", in_fours(&lower).into()),
        ("hexadecimal", HEXLOWER.encode(seed).into()),
        ("hexadecimal in capitals", HEXUPPER.encode(seed).into()),
        ("base64", base64.into()),
        ("base64 in a form", escaped.into()),
        ("base64url", BASE64URL_NOPAD.encode(seed).into()),
        ("a list of bytes", decimal.join(", ").into()),
    ]
    .into_iter()
    .map(|(encoding, bytes)| Spelling { encoding, bytes })
    .collect()
}

fn in_fours(text: &str) -> String {
    let fours: Vec<&str> = (0..text.len())
        .step_by(4)
        .map(|at| &text[at..text.len().min(at + 4)])
        .collect();
    fours.join(" ")
}

/// The codes of a token two steps around a span of time.
fn codes(token: &Token, begun: u64, ended: u64) -> Vec<String> {
    let totp = Totp::new(Digits::SIX, Period::new(token.period).unwrap());
    let key = Key::new(token.algorithm, &token.seed);
    (totp.step(begun) - 2..=totp.step(ended) + 2)
        .map(|step| totp.at_step(&key, step).as_str().to_owned())
        .collect()
}

/// All numbers of exactly six digits, the fractions of times and durations aside.
fn six_digits(text: &str) -> Vec<&str> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut found = Vec::new();
    let mut before = None;
    for piece in text.split_inclusive(|letter| !is_word(letter)) {
        let word = piece.trim_end_matches(|letter| !is_word(letter));
        let is_number = word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && before != Some('.') {
            found.push(word);
        }
        before = piece.chars().next_back();
    }
    found
}

/// What was found: kind of secret, and where.
type Findings = Vec<(String, String)>;

fn search(
    traces: &Traces,
    tokens: &[Token],
    (begun, ended): (u64, u64),
    more: &[String],
) -> Findings {
    let mut findings = Findings::new();
    for token in tokens {
        for spelling in spellings(&token.seed) {
            // Half of a seed is a leak, too.
            let (first, second) = spelling.bytes.split_at(spelling.bytes.len() / 2);
            for place in [first, second]
                .into_iter()
                .flat_map(|half| traces.places_of(half))
            {
                findings.push((spelling.encoding.to_owned(), place));
            }
        }
    }
    let codes: Vec<String> = tokens.iter().flat_map(|t| codes(t, begun, ended)).collect();
    for (place, text) in &traces.0 {
        for number in six_digits(text) {
            if codes.iter().any(|code| code == number) {
                findings.push(("code".to_owned(), place.clone()));
            }
        }
    }
    for secret in more {
        for place in traces.places_of(secret.as_bytes()) {
            findings.push(("credential".to_owned(), place));
        }
    }
    findings.sort();
    findings.dedup();
    findings
}

/// Everything that can go wrong on the way, so that every message is written once.
fn troubles() -> serde_json::Value {
    let body = "<html>sign in to the proxy</html>";
    let page = json!({"kind": "replace", "status": 200, "content_type": "text/html", "body": body});
    json!([
        {"writes_only": true, "nth": 1, "fault": {"kind": "status", "status": 429, "retry_after": "0"}},
        {"writes_only": true, "nth": 2, "fault": {"kind": "reset-after"}},
        {"writes_only": true, "nth": 3, "fault": page},
        {"writes_only": true, "nth": 4, "fault": {"kind": "cut", "bytes": 20}},
        {"writes_only": true, "nth": 5, "fault": {"kind": "status", "status": 503, "after_work": true}},
        {"writes_only": true, "nth": 6, "fault": {"kind": "status", "status": 400, "after_work": true}},
    ])
}

/// Walks a program through both services, with faults, refusals and a death, and searches what is left.
fn walk(program: &Path) -> Findings {
    let begun = unix();
    let tokens = mixed(12);
    let (living, dying) = tokens.split_at(8);
    let sim = Sim::of(&tokens);
    let home = Home::at(&sim).using(program).with("RUST_LOG", "trace");
    let mut traces = Traces::default();
    for idp in ["entra", "okta"] {
        live(&sim, &home, idp, living, &mut traces);
    }
    prove_by_code(&sim, &home, living, &mut traces);
    die(&sim, &home, dying, &mut traces);
    assert!(traces.0.len() > 40, "{:?}", traces.0.keys());
    let log = &traces.0["entra: stderr"];
    assert!(log.contains("TRACE"), "there is no log");

    let access = [
        &sim.ready["entra"]["client_secret"],
        &sim.ready["okta"]["token"],
    ];
    let mut secrets: Vec<String> = access.map(|secret| text(secret).to_owned()).to_vec();
    secrets.push(damaged_secret());
    search(&traces, &tokens, (begun, unix()), &secrets)
}

fn live(sim: &Sim, home: &Home, idp: &str, tokens: &[Token], traces: &mut Traces) {
    let damaged = damaged_secret();
    let damaged = format!("ann@example.com,70299999,{damaged},30,Token2,C302-i\r\n");
    let file = home.file("tokens.csv", csv(tokens) + &damaged);
    sim.faults(troubles());
    let args = ["provision", &file, "--to", idp, "--yes"];
    traces.keep(idp, home.oathctl(&args).ends(3));
    let run = home.last_run();
    for args in [
        &["inspect", &file, "--for", idp][..],
        &["inspect", &file, "--output", "json"],
        &["runs", "show", &run],
        &["runs", "show", &run, "--output", "json"],
        &["runs", "report", &run],
        &["runs", "report", &run, "--format", "json"],
        &["runs", "report", &run, "--format", "csv"],
        &["runs", "report", &run, "--format", "html"],
        &["audit", "verify"],
        &["audit", "export"],
        &["audit", "export", "--format", "ecs", "--run", &run],
        &["audit", "export", "--format", "cef"],
        &["runs", "resume", &run, "--seeds", &file],
    ] {
        let what = format!("{idp}: {}", args.join(" ").replace(&run, "RUN"));
        traces.keep(&what, home.oathctl(args));
    }
    // The embedded simulator is part of the program.
    let sandbox = [&args[..], &["--sandbox"]].concat();
    traces.keep(&format!("{idp} sandbox"), home.oathctl(&sandbox).ends(3));
    traces.keep_files(idp, &home.path("state"));
}

/// Okta keeps no serials: where the ledger is lost, each factor that is there is proved by a code.
fn prove_by_code(sim: &Sim, home: &Home, tokens: &[Token], traces: &mut Traces) {
    home.forget();
    sim.faults(json!([]));
    let before = sim.calls("factors.verify");
    let file = home.file("again.csv", csv(tokens));
    let args = ["provision", &file, "--to", "okta", "--yes"];
    traces.keep("okta again", home.oathctl(&args).ends(0));
    // Some twice: a code that was used in the run before is refused.
    assert!(sim.calls("factors.verify") - before >= tokens.len() as u64);
    let (serial, user) = (&*tokens[0].serial, &*tokens[0].user);
    for args in [
        &["tokens", "list", "--idp", "okta", "--format", "csv"][..],
        &[
            "tokens", "list", "--idp", "okta", "--check", "--output", "json",
        ],
        &["tokens", "show", serial, "--idp", "okta"],
        &["users", "show", user, "--idp", "okta"],
        &["okta", "profiles"],
        &["okta", "export"],
        &["okta", "export", "--format", "csv"],
        &["okta", "adopt", &file, "--yes", "--output", "json"],
    ] {
        let what = format!("okta: {}", args.join(" "));
        traces.keep(&what, home.oathctl(args).ends(0));
    }
    traces.keep_files("okta again", &home.path("state"));
}

/// A run that is killed leaves what it was about to do.
fn die(sim: &Sim, home: &Home, tokens: &[Token], traces: &mut Traces) {
    home.forget();
    let held = json!({"kind": "delay-after", "ms": 600_000});
    sim.faults(json!([{"route": "methods.activate", "fault": held}]));
    let before = sim.calls("methods.activate");
    let file = home.file("more.csv", csv(tokens));
    let running = home.begin(&["provision", &file, "--to", "entra", "--yes"]);
    let activated = || sim.calls("methods.activate") - before;
    wait_until("four activations", || activated() == tokens.len() as u64);
    traces.keep_files("alive", &home.path("state"));
    running.kill();
    traces.keep_files("dead", &home.path("state"));
    for format in ["jsonl", "ecs", "cef"] {
        let ran = home.oathctl(&["audit", "export", "--format", format]);
        traces.keep(&format!("audit of the dead: {format}"), ran.ends(0));
    }
}

/// A secret with a letter too many; what it says must not be told.
fn damaged_secret() -> String {
    BASE32_NOPAD.encode(&seed(77, 20)) + "1"
}

#[test]
fn no_secret_is_found_anywhere() {
    let program = Path::new(env!("CARGO_BIN_EXE_oathctl"));
    assert_eq!(walk(program), Findings::new());
}

#[test]
fn the_search_finds_what_a_leaking_build_leaks() {
    let findings = walk(&built_with("leak-on-purpose"));
    for wanted in [
        ("base32", "entra: stderr"),
        ("base32", "okta: stderr"),
        ("base64", "okta: stderr"),
        ("hexadecimal", "okta: stderr"),
        ("code", "entra: stderr"),
        ("code", "okta again: stderr"),
    ] {
        let hit = findings
            .iter()
            .any(|(kind, place)| (&**kind, &**place) == wanted);
        let wanted = (wanted, &findings);
        assert!(hit, "{wanted:?}");
    }
}

#[test]
fn the_search_knows_every_spelling() {
    let token = Token::plain(5);
    for spelling in spellings(&token.seed) {
        let mut traces = Traces::default();
        let line = [b"secret=\"", &spelling.bytes[..], b"\" sent"].concat();
        traces.add("log".to_owned(), &line);
        let found = search(&traces, std::slice::from_ref(&token), (0x1000, 0x1000), &[]);
        assert!(
            found.iter().any(|(kind, _)| kind == spelling.encoding),
            "{}",
            spelling.encoding
        );
    }
    let log = "2026-01-01T00:00:00.654321Z code=123456 \\\"234567\\\" id a345678 1.456789 5678901";
    assert_eq!(six_digits(log), ["123456", "234567"]);
}
