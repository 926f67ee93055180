//! A headless Chromium with a profile of its own.

use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::driver::Driver;
use super::{PATIENCE, Ready};

/// Tests that have a browser at the same time: one is busy for a second before it shows anything.
static SEATS: Semaphore = Semaphore::const_new(3);

/// On a busy machine a browser may fail to start, which says nothing about a page.
const STARTS: u32 = 3;

/// Root, as in a container, has no sandbox; and only pages of this machine are opened. The browser asks nobody for news.
const OPTIONS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en-US",
    "--remote-debugging-pipe",
];

pub(crate) struct Browser {
    pub(super) client: Client,
    pub(super) heard: Mutex<Vec<Value>>,
    pub(super) is_script_off: AtomicBool,
    /// How long is waited for what a page is to show or offer.
    pub(crate) patience: Duration,
    driver: Driver,
    home: TempDir,
    seat: Arc<Seat>,
}

/// A place among the tests that have a browser.
struct Seat(#[expect(dead_code, reason = "held")] SemaphorePermit<'static>);

thread_local! {
    /// A test runs on a thread of its own.
    static SEATED: Cell<bool> = const { Cell::new(false) };
}

impl Seat {
    /// Two tests that each waited for a second one would wait for ever.
    async fn take() -> Self {
        assert!(
            !SEATED.replace(true),
            "a test takes one seat: drop the first browser, or open another() beside it"
        );
        Self(SEATS.acquire().await.unwrap())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        SEATED.set(false);
    }
}

impl Browser {
    /// Nobody is signed in and nothing is open. It ends when it is dropped.
    pub(crate) async fn start() -> Self {
        Self::at(Arc::new(Seat::take().await)).await
    }

    /// A second person's, with other cookies, beside this one.
    pub(crate) async fn another(&self) -> Self {
        Self::at(Arc::clone(&self.seat)).await
    }

    async fn at(seat: Arc<Seat>) -> Self {
        for _ in 1..STARTS {
            match Self::begin(Arc::clone(&seat)).await {
                Ok(browser) => return browser,
                Err(why) => eprintln!("Chromium is started once more: {why}"),
            }
        }
        let begun = Self::begin(seat).await;
        begun.unwrap_or_else(|why| panic!("Chromium does not start: {why}"))
    }

    async fn begin(seat: Arc<Seat>) -> Result<Self, String> {
        let ready = Ready::get();
        let home = tempfile::tempdir().unwrap();
        let driver = Driver::start(&ready.driver, home.path())?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&ready.browser, home.path()))
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .map_err(|error| error.to_string())?;
        let browser = Self {
            client,
            heard: Mutex::default(),
            is_script_off: AtomicBool::new(false),
            patience: PATIENCE,
            driver,
            home,
            seat,
        };
        browser.width(1280).await;
        browser.watch_for_xss().await;
        browser.save_files().await;
        Ok(browser)
    }

    async fn save_files(&self) {
        let into = self.home().join("downloads");
        let saving = json!({ "behavior": "allow", "downloadPath": into });
        self.cdp("Browser.setDownloadBehavior", saving).await;
    }

    /// Goes to an address as if it were typed.
    pub(crate) async fn open(&self, url: &str) {
        let opened = self.client.goto(url).await;
        opened.unwrap_or_else(|error| panic!("{url} does not open: {error}"));
    }

    /// Loads the page again.
    pub(crate) async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    /// Where the browser is.
    pub(crate) async fn url(&self) -> String {
        self.client.current_url().await.unwrap().into()
    }

    /// The path in it.
    pub(crate) async fn path(&self) -> String {
        let path = self.value_of("location.pathname").await;
        path.as_str().unwrap().to_owned()
    }

    /// Switches the pages' JavaScript off, as a person may. What a test asks of a page still works.
    pub(crate) async fn script_off(&self) {
        self.is_script_off.store(true, Ordering::Relaxed);
        self.allow_script(false).await;
    }

    pub(super) async fn allow_script(&self, allow: bool) {
        let off = json!({ "value": !allow });
        self.cdp("Emulation.setScriptExecutionDisabled", off).await;
    }

    /// Lets a script run that the pages' Content-Security-Policy forbids, so that escaping is tried without its help.
    pub(crate) async fn ignore_csp(&self) {
        self.bypass_csp(true).await;
    }

    /// Heeds it again.
    pub(crate) async fn heed_csp(&self) {
        self.bypass_csp(false).await;
    }

    async fn bypass_csp(&self, bypass: bool) {
        let enabled = json!({ "enabled": bypass });
        self.cdp("Page.setBypassCSP", enabled).await;
    }

    /// The value of an expression on the page. It is not subject to the page's Content-Security-Policy.
    pub(crate) async fn value_of(&self, expression: &str) -> Value {
        self.execute(&format!("return {expression};"), vec![]).await
    }

    pub(super) async fn execute(&self, script: &str, args: Vec<Value>) -> Value {
        let result = self.client.execute(script, args).await;
        result.unwrap_or_else(|error| panic!("a script of the test fails: {error}"))
    }

    /// A command of the Chrome DevTools Protocol.
    pub(crate) async fn cdp(&self, command: &str, params: Value) -> Value {
        let body = json!({ "cmd": command, "params": params });
        self.extra("goog/cdp/execute", body).await
    }

    /// A command beyond the standard.
    pub(super) async fn extra(&self, path: &'static str, body: Value) -> Value {
        let result = self.client.issue_cmd(Extra { path, body }).await;
        result.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The group of its processes.
    pub(crate) fn id(&self) -> u32 {
        self.driver.id()
    }

    /// Where it keeps everything.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }
}

fn capabilities(program: &Path, home: &Path) -> Capabilities {
    let mut options: Vec<String> = OPTIONS.iter().map(|&option| option.to_owned()).collect();
    options.push(format!("--user-data-dir={}/profile", home.display()));
    let capabilities = json!({
        "browserName": "chrome",
        "goog:chromeOptions": {
            "binary": program,
            "args": options,
        },
        "goog:loggingPrefs": { "browser": "ALL" },
        "timeouts": { "pageLoad": 60_000, "script": 60_000 },
    });
    capabilities.as_object().unwrap().clone()
}

#[derive(Debug)]
struct Extra {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extra {
    fn endpoint(&self, base: &url::Url, id: Option<&str>) -> Result<url::Url, url::ParseError> {
        let id = id.unwrap_or_default();
        base.join(&format!("session/{id}/{}", self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
