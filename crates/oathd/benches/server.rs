//! What the server takes, measured on the release build: its start, its memory, its size, a page over a
//! hundred thousand tokens, and how an honest client fares beside five hundred slow ones.
//!
//! `cargo bench -p oathd --bench server`
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench measures real time and ends when something is wrong"
)]

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use idp_http::TokioClock;
use idp_sim::{Act, Addresses, Serving, Sim, SimConfig};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const TOKENS: usize = 100_000;
const CLIENTS: usize = 20;
const PAGES: usize = 50;
const SLOW: usize = 500;

#[tokio::main]
async fn main() {
    // What `cargo test --benches` asks for is no measurement.
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    size();
    start().await;
    let (_sim, serving) = tenant().await;
    let server = Server::start(&[]);
    let client = server.sign_in().await;
    server.connect(&client, &serving).await;
    wait_for_the_inventory(&server, &client).await;
    println!("memory with {TOKENS} tokens: {:.1} MiB", server.memory());
    pages(&server, &client).await;
    slow_clients(&server, &client).await;
}

fn size() {
    let bytes = std::fs::metadata(env!("CARGO_BIN_EXE_oathd"))
        .unwrap()
        .len();
    println!("binary: {:.1} MiB", bytes as f64 / 1024.0 / 1024.0);
}

/// From the start of the program to the first answer, and what it takes when nothing happens.
async fn start() {
    let mut times = Vec::new();
    for _ in 0..10 {
        let begun = Instant::now();
        let server = Server::start(&[]);
        let answer = reqwest::get(format!("{}/healthz", server.origin))
            .await
            .unwrap();
        assert!(answer.status().is_success());
        times.push(begun.elapsed());
    }
    report("start to the first answer", &mut times);
    let server = Server::start(&[]);
    tokio::time::sleep(Duration::from_secs(3)).await;
    println!("memory when idle: {:.1} MiB", server.memory());
    let server = Server::start(&["--sandbox"]);
    tokio::time::sleep(Duration::from_secs(3)).await;
    println!(
        "memory when idle, with the simulator: {:.1} MiB",
        server.memory()
    );
}

/// A simulated tenant with a hundred thousand tokens, most of which somebody holds.
async fn tenant() -> (Sim, Serving) {
    let sim = Sim::new(
        SimConfig::with_people(TOKENS / 4),
        Arc::new(TokioClock::system()),
    );
    for n in 0..TOKENS {
        let user = (n % 5 != 0).then(|| format!("user{:04}@example.com", n / 4 + 1));
        let act = Act::CreateDevice {
            serial: Some((60_000_000 + n).to_string()),
            secret: None,
            user,
        };
        sim.interfere(&act).unwrap();
    }
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let addresses = Addresses {
        entra: free,
        okta: free,
        control: free,
    };
    let serving = idp_sim::serve(&sim, addresses).await.unwrap();
    (sim, serving)
}

async fn wait_for_the_inventory(server: &Server, client: &reqwest::Client) {
    let begun = Instant::now();
    let total = format!("of {} tokens", "100,000");
    loop {
        let page = server.page(client, "/inventory/entra").await;
        if page.contains(&total) || page.contains("100,000 tokens") && !page.contains("so far") {
            println!("inventory read in {:.1} s", begun.elapsed().as_secs_f64());
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(300), "{page}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Twenty clients, each asking for one page after the other.
async fn pages(server: &Server, client: &reqwest::Client) {
    let views = [
        ("first page", "/inventory/entra"),
        ("page in the middle", "/inventory/entra?after=50000"),
        ("by state", "/inventory/entra?state=assigned"),
        (
            "by holder, last first",
            "/inventory/entra?sort=-holder&after=5000",
        ),
        ("a word", "/inventory/entra?q=60012345"),
        ("two words that many have", "/inventory/entra?q=user+6"),
    ];
    let mut all = Vec::new();
    for (what, view) in views {
        let mut times = clients(server, client, view).await;
        report(&format!("inventory, {CLIENTS} clients, {what}"), &mut times);
        all.append(&mut times);
    }
    report(
        &format!("inventory, {CLIENTS} clients, all views"),
        &mut all,
    );
}

async fn clients(server: &Server, client: &reqwest::Client, view: &'static str) -> Vec<Duration> {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let (client, address) = (client.clone(), format!("{}{view}", server.origin));
        tasks.spawn(async move {
            let mut times = Vec::new();
            for _ in 0..PAGES {
                let begun = Instant::now();
                let answer = client.get(&address).send().await.unwrap();
                assert!(answer.status().is_success());
                answer.bytes().await.unwrap();
                times.push(begun.elapsed());
            }
            times
        });
    }
    tasks.join_all().await.concat()
}

/// Clients that send a byte a second, of the head and of a body, and one that does not.
async fn slow_clients(server: &Server, client: &reqwest::Client) {
    let address = server.origin.trim_start_matches("http://").to_owned();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..SLOW {
        let address = address.clone();
        tasks.spawn(async move {
            let mut stream = TcpStream::connect(&address).await.unwrap();
            let head = match n % 2 {
                0 => "GET / HTTP/1.1\r\nHost: ".to_owned(),
                _ => format!("POST /sign-in HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 100000\r\n\r\n"),
            };
            stream.write_all(head.as_bytes()).await.unwrap();
            while stream.write_all(b"a").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut times = Vec::new();
    for _ in 0..50 {
        let begun = Instant::now();
        server.page(client, "/inventory/entra").await;
        times.push(begun.elapsed());
    }
    report(&format!("inventory beside {SLOW} slow clients"), &mut times);
    println!(
        "memory beside {SLOW} slow clients: {:.1} MiB",
        server.memory()
    );
    tasks.shutdown().await;
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1000.0;
    println!(
        "{what}: p50 {:.1} ms, p95 {:.1} ms, most {:.1} ms ({} times)",
        at(50),
        at(95),
        at(100),
        times.len()
    );
}

/// The program, ended when this is dropped.
struct Server {
    child: Child,
    origin: String,
    key: String,
    _directory: TempDir,
}

impl Server {
    fn start(more: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_oathd"))
            .arg("--no-browser")
            .args(more)
            .arg("--state-dir")
            .arg(directory.path().join("state"))
            .arg("--key-file")
            .arg(directory.path().join("key"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let (origin, key) = line.trim().split_once("/start?key=").unwrap();
        Self {
            child,
            origin: origin.to_owned(),
            key: key.to_owned(),
            _directory: directory,
        }
    }

    async fn sign_in(&self) -> reqwest::Client {
        let client = reqwest::Client::builder().build().unwrap();
        let answer = client
            .post(format!("{}/start", self.origin))
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("key={}", self.key));
        // The cookie is carried by hand, so that no feature is needed for it.
        let no_redirect = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let answer = no_redirect.execute(answer.build().unwrap()).await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().parse().unwrap();
        let headers = [(reqwest::header::COOKIE, cookie)].into_iter().collect();
        reqwest::Client::builder()
            .default_headers(headers)
            .build()
            .unwrap()
    }

    async fn page(&self, client: &reqwest::Client, path: &str) -> String {
        let answer = client
            .get(format!("{}{path}", self.origin))
            .send()
            .await
            .unwrap();
        answer.text().await.unwrap()
    }

    /// Connects the simulated tenant as somebody does in the wizard.
    async fn connect(&self, client: &reqwest::Client, serving: &Serving) {
        let page = self.page(client, "/help").await;
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap();
        let csrf = csrf.split('"').next().unwrap();
        let entra = &serving.ready().entra;
        let fields = [
            ("csrf", csrf),
            ("tenant", &entra.tenant_id),
            ("client_id", &entra.client_id),
            ("with", "secret"),
            ("secret", &entra.client_secret),
            ("authority", &entra.login_url),
            ("graph", &entra.graph_url),
            ("max_capacity", "100"),
        ];
        let part = |(name, value): &(&str, &str)| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let sent = client
            .post(format!("{}/setup/entra", self.origin))
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "multipart/form-data; boundary=b")
            .body(fields.iter().map(part).collect::<String>() + "--b--\r\n");
        let answer = sent.send().await.unwrap();
        assert!(
            answer.status().is_success(),
            "{}",
            answer.text().await.unwrap()
        );
    }

    /// Resident memory, in MiB.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
