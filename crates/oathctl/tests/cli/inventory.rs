//! A large inventory, and one that cannot be read to its end.
#![allow(clippy::print_stdout, reason = "its figures are to be read")]

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use serde_json::json;
use wait4::Wait4;

use crate::support::{Home, Sim, csv, plain, wait_until};

const PAGES: usize = 100;
const ON_A_PAGE: usize = 1000;
const MIB: usize = 1024 * 1024;
/// The most that the program may take, of which half are the tokens.
const BOUND: usize = 150 * MIB;

/// A tenant of 100,000 tokens, each in use, on a socket. It writes each page when it is asked for.
struct Tenant {
    url: String,
    pages: AtomicUsize,
    sign_ins: AtomicUsize,
}

impl Tenant {
    fn new() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tenant = Arc::new(Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            pages: AtomicUsize::new(0),
            sign_ins: AtomicUsize::new(0),
        });
        let serving = Arc::clone(&tenant);
        // It ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let tenant = Arc::clone(&serving);
                thread::spawn(move || while tenant.answer(&stream).is_some() {});
            }
        });
        tenant
    }

    fn home(&self) -> Home {
        Home::new()
            .with("AZURE_TENANT_ID", "8f2b3d5c-1111-4222-8333-444455556666")
            .with("AZURE_CLIENT_ID", "8f2b3d5c-1111-4222-8333-777788889999")
            .with("AZURE_CLIENT_SECRET", "no secret at all")
            .with("AZURE_AUTHORITY_HOST", &self.url)
            .with("OATHKIT_GRAPH_URL", &self.url)
    }

    /// Answers one request; nothing where there is no more.
    fn answer(&self, stream: &TcpStream) -> Option<()> {
        let target = target(stream)?;
        let body = if target.ends_with("/token") {
            self.sign_ins.fetch_add(1, Ordering::SeqCst);
            r#"{"token_type":"Bearer","expires_in":3599,"access_token":"t"}"#.to_owned()
        } else {
            assert!(target.contains("/hardwareOathDevices"), "{target}");
            self.pages.fetch_add(1, Ordering::SeqCst);
            let page = target.split_once("$skiptoken=");
            self.page(page.map_or(0, |(_, page)| page.parse().unwrap()))
        };
        let length = body.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        let mut stream = stream;
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(body.as_bytes()).ok()
    }

    fn page(&self, page: usize) -> String {
        let mut body = r#"{"value":["#.to_owned();
        for n in page * ON_A_PAGE..(page + 1) * ON_A_PAGE {
            let comma = if n % ON_A_PAGE == 0 { "" } else { "," };
            write!(
                body,
                r#"{comma}{{"id":"00000000-0000-4000-8001-{n:012}","displayName":"C202 token {n}","serialNumber":"60{n:08}","manufacturer":"Token2","model":"C202","secretKey":null,"timeIntervalInSeconds":30,"status":"activated","lastUsedDateTime":"2026-11-21T19:00:00Z","hashFunction":"hmacsha1","assignedTo":{{"id":"00000000-0000-4000-8002-{n:012}","displayName":"Somebody of number {n}"}}}}"#
            )
            .unwrap();
        }
        body.push(']');
        if page + 1 < PAGES {
            let (url, next) = (&self.url, page + 1);
            write!(body, r#","@odata.nextLink":"{url}/beta/directory/authenticationMethodDevices/hardwareOathDevices?$skiptoken={next}""#).unwrap();
        }
        body.push('}');
        body
    }
}

/// Reads a request, and says what it asks for.
fn target(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).ok()?;
    let target = first.split(' ').nth(1)?.to_owned();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(target)
}

/// How often a text stands in a file.
fn count(path: &std::path::Path, text: &str) -> usize {
    let content = std::fs::read_to_string(path).unwrap();
    content.matches(text).count()
}

#[test]
fn a_hundred_thousand_tokens_are_listed_page_by_page_in_bounded_memory() {
    for (form, options, each) in [
        ("json", &["--output", "json"][..], "\"serial\":\"60"),
        ("text", &[], "C202"),
        ("csv", &["--format", "csv"], "\n60"),
    ] {
        let tenant = Tenant::new();
        let home = tenant.home();
        let (begun, list) = (Instant::now(), home.path("list"));
        let args = [&["tokens", "list", "--idp", "entra"], options].concat();
        let mut command = home.command(&args);
        command.stdout(File::create(&list).unwrap());
        let mut child = command.stderr(Stdio::inherit()).spawn().unwrap();
        let ended = child.wait4().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{form}");
        assert_eq!(count(&list, each), PAGES * ON_A_PAGE, "{form}");
        assert_eq!(tenant.pages.load(Ordering::SeqCst), PAGES, "{form}");
        assert_eq!(tenant.sign_ins.load(Ordering::SeqCst), 1, "{form}");
        let peak = usize::try_from(ended.rusage.maxrss).unwrap();
        let seconds = begun.elapsed().as_secs_f32();
        println!("{form}: {seconds:.2} s, {} MiB", peak / MIB);
        assert!(peak < BOUND, "{form} took {} MiB", peak / MIB);
    }
}

#[test]
fn a_list_that_breaks_off_is_no_list() {
    let all = plain(10);
    let sim = Sim::with(&all, &["--set", "entra.device_page_size=2"]);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&all));
    let until = ["--until", "import", "--yes"];
    let args = [&["provision", &file, "--to", "entra"], &until[..]].concat();
    home.json(0, &args);
    let list = ["tokens", "list", "--idp", "entra"];
    for options in [&[][..], &["--output", "json"], &["--format", "csv"]] {
        let args = [&list[..], options].concat();
        sim.faults(json!([]));
        let whole = home.oathctl(&args).ends(0).stdout;
        assert!(all.iter().all(|token| whole.contains(&token.serial)));
        for fault in [
            json!({"kind": "status", "status": 403}),
            json!({"kind": "status", "status": 400}),
            json!({"kind": "status", "status": 404}),
            json!({"kind": "redirect", "status": 302, "location": "https://elsewhere.example"}),
        ] {
            let before = sim.calls("devices.list");
            sim.faults(json!([{"route": "devices.list", "skip": 2, "fault": fault}]));
            let ran = home.oathctl(&args).ends(4).says(&["list devices"]);
            assert_eq!(ran.stdout, "", "{fault} {options:?}");
            assert!(sim.calls("devices.list") >= before + 3, "{fault}");
        }
    }
}

/// A failure that may pass is waited for; until then nothing is printed either.
#[test]
fn a_list_that_breaks_off_for_a_while_is_whole_in_the_end() {
    let all = plain(10);
    let sim = Sim::with(&all, &["--set", "entra.device_page_size=2"]);
    let home = Home::at(&sim);
    let file = home.file("tokens.csv", csv(&all));
    home.json(0, &["provision", &file, "--to", "entra", "--yes"]);
    let before = sim.calls("devices.list");
    let down = json!({"kind": "status", "status": 503});
    sim.faults(json!([{"route": "devices.list", "skip": 2, "fault": down}]));
    let args = ["tokens", "list", "--idp", "entra", "--output", "json"];
    let running = home.begin(&args);
    wait_until("three calls", || sim.calls("devices.list") >= before + 3);
    sim.faults(json!([]));
    let list = running.end().ends(0).json();
    assert_eq!(list["tokens"].as_array().unwrap().len(), all.len());
}
