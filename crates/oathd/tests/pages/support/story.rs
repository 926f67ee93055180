//! What a story happens with: the real program, a simulated tenant and organisation on sockets, and somebody at a browser.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use idp_http::TokioClock;
use idp_sim::{Addresses, EntraDevice, Ready, Serving, Sim, SimConfig};
use tempfile::TempDir;

use super::Browser;

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
            browser: Browser::start().await,
            server: None,
            sim,
            serving,
            directory,
        };
        story.start().await;
        story
    }

    /// The same with both services connected, by the pages.
    pub(crate) async fn connected() -> Self {
        let story = Self::begin().await;
        story.connect_entra().await;
        story.connect_okta().await;
        story
    }

    /// Starts the server, or starts it again, and signs in.
    pub(crate) async fn start(&mut self) {
        drop(self.server.take());
        let server = Server::start(self.directory.path(), &[]);
        self.browser.open(&server.address).await;
        self.server = Some(server);
        // The script presses the button by itself.
        self.browser.see("Sign out").await;
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
        let troubles = self.browser.troubles().await;
        assert!(troubles.is_empty(), "{troubles:#?}");
    }
}
