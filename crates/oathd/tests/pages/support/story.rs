//! What a story happens with: the real program, a simulated tenant and organisation on sockets, and somebody at a browser.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use data_encoding::{BASE32, BASE64, HEXLOWER};
use idp_http::TokioClock;
use idp_sim::{Addresses, EntraDevice, Fault, Ready, Rule, Serving, Sim, SimConfig};
use provisioner::Report;
use tempfile::TempDir;

use super::Browser;

/// Of every account.
const PASSWORD: &str = "correct horse battery staple";

/// The program, ended when this is dropped.
pub(crate) struct Server {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub(crate) origin: String,
    /// What it printed: good once.
    pub(crate) address: String,
}

impl Server {
    /// Starts the program with its state in this directory.
    pub(crate) fn start(directory: &Path, options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_oathd"))
            .arg("--no-browser")
            .arg("--state-dir")
            .arg(directory.join("state"))
            .arg("--key-file")
            .arg(directory.join("key"))
            .args(options)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let address = line.trim().to_owned();
        let origin = address.split("/start").next().unwrap().to_owned();
        Self {
            child,
            origin,
            address,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// As a machine without power does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody at a browser who is signed in, before a server and a simulated world.
pub(crate) struct Story {
    pub(crate) browser: Browser,
    pub(crate) server: Option<Server>,
    pub(crate) sim: Sim,
    serving: Serving,
    directory: TempDir,
}

impl Story {
    /// A server to which nothing is connected yet, and fifty people.
    pub(crate) async fn begin() -> Self {
        Self::with(SimConfig::with_people(50)).await
    }

    pub(crate) async fn with(config: SimConfig) -> Self {
        Self::at(Browser::start().await, config).await
    }

    /// The same at this browser.
    pub(crate) async fn at(browser: Browser, config: SimConfig) -> Self {
        let sim = Sim::new(config, Arc::new(TokioClock::system()));
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let addresses = Addresses {
            entra: free,
            okta: free,
            control: free,
        };
        let serving = idp_sim::serve(&sim, addresses).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let mut story = Self {
            browser,
            server: None,
            sim,
            serving,
            directory,
        };
        story.start().await;
        story
    }

    /// Starts the server, or starts it again, and signs in.
    pub(crate) async fn start(&mut self) {
        drop(self.server.take());
        let server = Server::start(self.directory.path(), &[]);
        self.server = Some(server);
        self.come_in().await;
    }

    pub(crate) fn url(&self, path: &str) -> String {
        self.server.as_ref().unwrap().url(path)
    }

    pub(crate) async fn open(&self, path: &str) {
        self.browser.open(&self.url(path)).await;
    }

    /// The way in to the simulated services.
    pub(crate) fn ready(&self) -> &Ready {
        self.serving.ready()
    }

    /// Every file that the server keeps.
    pub(crate) fn kept(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.directory.path().to_owned()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let kind = if path.is_dir() {
                    &mut folders
                } else {
                    &mut files
                };
                kind.push(path);
            }
        }
        files
    }

    pub(crate) async fn connect_entra(&self) {
        self.open("/setup/entra").await;
        self.fill_in_entra(&self.ready().entra.client_secret).await;
        self.browser.press("Save and check").await;
        self.browser.see("Check again").await;
    }

    /// Fills in the form that is open.
    pub(crate) async fn fill_in_entra(&self, secret: &str) {
        let (entra, browser) = (&self.ready().entra, &self.browser);
        browser.paste("Tenant", &entra.tenant_id).await;
        browser.paste("Application", &entra.client_id).await;
        browser.paste("Client secret", secret).await;
        browser.press("National clouds").await;
        browser
            .paste("Sign-in service (optional)", &entra.login_url)
            .await;
        browser.paste("Graph (optional)", &entra.graph_url).await;
    }

    pub(crate) async fn connect_okta(&self) {
        let (okta, browser) = (&self.serving.ready().okta, &self.browser);
        self.open("/setup/okta").await;
        browser.paste("Organisation", &okta.org_url).await;
        browser.paste("API token", &okta.token).await;
        browser.press("Save and go on").await;
        browser.press("Save and check").await;
        browser.see("Check again").await;
    }

    /// An account that somebody else signs in with; a role by what the page says of it.
    pub(crate) async fn add_account(&self, name: &str, role: &str) {
        let browser = &self.browser;
        self.open("/settings/accounts").await;
        browser.paste("Name", name).await;
        browser.choose("Role", role).await;
        browser.paste("Password", PASSWORD).await;
        browser.paste("Password, once more", PASSWORD).await;
        browser.press("Add the account").await;
        browser.see("Saved.").await;
    }

    /// Somebody comes in at this browser with such an account.
    pub(crate) async fn sign_in(&self, browser: &Browser, name: &str) {
        let server = self.server.as_ref().unwrap();
        browser.open(&server.url("/sign-in")).await;
        browser.paste("Name", name).await;
        browser.paste("Password", PASSWORD).await;
        browser.press("Sign in").await;
        browser.see("Sign out").await;
    }

    /// A file on the disk of whoever sits at the browser.
    pub(crate) fn file(&self, name: &str, content: &str) -> std::path::PathBuf {
        let path = self.browser.home().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The tokens that Entra has.
    pub(crate) fn devices(&self) -> Vec<EntraDevice> {
        self.sim.state().entra.devices
    }

    /// Nothing went wrong on any page: no error, no refused load, no breach of the policy of content.
    pub(crate) async fn is_quiet(&self) {
        self.is_quiet_but_for("status of 0").await;
    }

    /// The same, but for what the browser says of answers that a story is about: `status of 422`.
    pub(crate) async fn is_quiet_but_for(&self, expected: &str) {
        let mut troubles = self.browser.troubles().await;
        troubles.retain(|told| !told.contains(expected));
        assert!(troubles.is_empty(), "{troubles:#?}");
    }
}

/// From a file to a run, as a person goes.
impl Story {
    /// Sends a seed file, which leads to what is in it.
    pub(crate) async fn import(&self, name: &str, content: &str) {
        let file = self.file(name, content);
        self.open("/import").await;
        self.browser.upload("Seed file", &file).await;
        self.browser.press("Read it").await;
        self.browser.see("The file").await;
    }

    /// Says what is wanted of the file, and waits for the plan.
    pub(crate) async fn plan(&self, wanted: &str) {
        self.browser.choose("What is to be done", wanted).await;
        self.browser.press("Make the plan").await;
        self.browser.see("Rows of the plan").await;
    }

    /// Confirms a plan of `changes`, which leads to the run.
    pub(crate) async fn begin_run(&self, changes: &str) {
        self.browser.press(&format!("Carry out {changes}")).await;
        self.browser.see("Rows of the run").await;
    }

    /// Waits until the run has come to its end, and reads its report.
    pub(crate) async fn report(&self) -> Report {
        self.browser.see("Report (JSON)").await;
        serde_json::from_slice(&self.save("Report (JSON)", "report.json").await).unwrap()
    }

    /// Follows a link to a file.
    pub(crate) async fn save(&self, link: &str, name: &str) -> Vec<u8> {
        self.browser.forget(name);
        self.browser.follow(link).await;
        self.browser.saved(name).await
    }

    /// From now on requests on this route meet this: the first one the first fault, and so on.
    pub(crate) fn meets(&self, route: &str, faults: impl IntoIterator<Item = Fault>) {
        let rules = (1..).zip(faults);
        let rules = rules.map(|(number, fault)| Rule::nth(route, number, fault));
        self.sim.set_faults(Vec::from_iter(rules).into());
    }

    /// The server ends as a machine without power does, and starts again at the same address. Nobody is signed in then.
    pub(crate) fn kill_and_start(&mut self) {
        let server = self.server.take().unwrap();
        let listen = server.origin.strip_prefix("http://").unwrap().to_owned();
        server.kill();
        let server = Server::start(self.directory.path(), &["--listen", &listen]);
        self.server = Some(server);
    }

    /// Signs in by the address that the server printed.
    pub(crate) async fn come_in(&self) {
        let server = self.server.as_ref().unwrap();
        self.browser.open(&server.address).await;
        // The script presses the button by itself.
        if self.browser.is_script_off.load(Ordering::Relaxed) {
            self.browser.press("Open Oathkit").await;
        }
        self.browser.see("Sign out").await;
    }

    /// Waits until so many tokens have this state in Entra.
    pub(crate) async fn until(&self, status: &str, tokens: usize) {
        let is_so = async || self.count(status) >= tokens;
        let or_else = format!("there are not {tokens} tokens that are {status}");
        self.browser.wait_until(&or_else, is_so).await;
    }

    /// How many tokens have this state in Entra.
    pub(crate) fn count(&self, status: &str) -> usize {
        let devices = self.devices().into_iter();
        devices.filter(|device| device.status == status).count()
    }

    /// Marks the page that is open.
    pub(crate) async fn stays_on_the_page(&self) {
        self.browser.value_of("window.isStillThere = true").await;
    }

    /// The page was marked, and not loaded again.
    pub(crate) async fn is_still_on_the_page(&self) {
        assert_eq!(self.browser.value_of("window.isStillThere").await, true);
    }

    /// Neither the page that is open nor the server's disk has a seed of this file.
    pub(crate) async fn shows_no_seed_of(&self, file: &str) {
        let shown = self.browser.html().await.to_lowercase();
        let kept = files_in(&self.directory.path().join("state"));
        for seed in seeds_of(file) {
            for form in [
                BASE32.encode(&seed),
                HEXLOWER.encode(&seed),
                BASE64.encode(&seed),
            ] {
                assert!(!shown.contains(&form.to_lowercase()), "{form} is shown");
                let holds = |content: &Vec<u8>| memchr::memmem::find(content, form.as_bytes());
                assert!(kept.iter().find_map(holds).is_none(), "{form} is kept");
            }
        }
    }
}

/// A file of so many tokens: 60300001 for user0001 and so on.
pub(crate) fn seed_file(tokens: u32) -> String {
    let header = "upn,serial number,secret key,timeinterval,manufacturer,model\n";
    (1..=tokens).fold(header.to_owned(), |file, number| {
        let seed = BASE32.encode(&number.to_be_bytes().repeat(5));
        let line = format!("user{number:04}@example.com,6030{number:04},{seed},30,Token2,C301-i");
        file + &line + "\n"
    })
}

/// What would betray a seed of a file.
fn seeds_of(file: &str) -> Vec<Vec<u8>> {
    let secrets = file.lines().filter_map(|line| line.split(',').nth(2));
    let seeds = secrets.filter_map(|secret| BASE32.decode(secret.as_bytes()).ok());
    let seeds: Vec<_> = seeds.filter(|seed| seed.len() > 10).collect();
    assert!(!seeds.is_empty());
    seeds
}

fn files_in(directory: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let content = entries.flat_map(|entry| match entry.file_type().unwrap().is_dir() {
        true => files_in(&entry.path()),
        // What is gone meanwhile holds nothing.
        false => fs::read(entry.path()).into_iter().collect(),
    });
    content.collect()
}
