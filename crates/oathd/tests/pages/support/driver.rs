//! A chromedriver of one's own. It and the browser that it starts end when this is dropped, and also when the tests are killed.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::PAUSE;

/// Killed processes are gone in a moment; a machine may be busy.
const ENDING: Duration = Duration::from_secs(10);

pub(super) struct Driver {
    child: Child,
    pub(super) port: u16,
    /// What is not read must still be open to be written.
    _said: BufReader<ChildStdout>,
}

impl Driver {
    /// Its temporary files and those of its browser go into `home`.
    ///
    /// It ends with the thread that starts it, here a test's, and a browser on a pipe ends with its driver: so even
    /// `kill -9` leaves nothing behind.
    pub(super) fn start(program: &Path, home: &Path) -> Result<Self, String> {
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(program)
            .arg("--port=0")
            .env("TMPDIR", home)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("setpriv starts; it is in the package util-linux");
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut lines = said.by_ref().lines().map_while(Result::ok);
        let Some(port) = lines.find_map(|line| port(&line)) else {
            return Err(format!("chromedriver ended at once: {:?}", child.wait()));
        };
        Ok(Self {
            child,
            port,
            _said: said,
        })
    }

    /// Its process, and the group of its browser's processes.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let group = self.child.id();
        let kill = format!("kill -KILL -{group}");
        let _ = Command::new("sh").args(["-c", &kill]).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
        let deadline = Instant::now() + ENDING;
        while !members(group).is_empty() && Instant::now() < deadline {
            thread::sleep(PAUSE);
        }
    }
}

/// Of "ChromeDriver was started successfully on port 39883."
fn port(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("successfully on port ")?;
    port.trim_end_matches('.').parse().ok()
}

/// The processes of a group, and any that names a folder: what is left of a browser.
pub(crate) fn remains(group: u32, home: &Path) -> Vec<String> {
    let home = home.to_str().unwrap();
    let named = processes().filter(|id| said_by(id, "cmdline").contains(home));
    members(group).into_iter().chain(named).collect()
}

/// Those that live: what has ended and was not waited for holds nothing any more.
fn members(group: u32) -> Vec<String> {
    let is_member = |id: &String| {
        let stat = said_by(id, "stat");
        // The name stands in brackets and may hold anything: state, parent and group come after it.
        let mut fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
        let lives = fields.next().is_some_and(|state| !"ZX".contains(state));
        lives && fields.nth(1) == Some(&group.to_string())
    };
    processes().filter(is_member).collect()
}

fn processes() -> impl Iterator<Item = String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
}

fn said_by(id: &str, file: &str) -> String {
    let bytes = fs::read(format!("/proc/{id}/{file}")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
