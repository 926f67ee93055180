//! Power that fails: whatever was written after the last commit that was acknowledged may be on the
//! disk in any part, or not at all, or as garbage.
//!
//! Every image of such a disk has to open to a beginning of the history that holds each acknowledged
//! intent, with a whole audit. `OATHKIT_CAMPAIGN=full` makes about a hundred times as many images.

use std::fs;
use std::path::Path;

use provisioner::Ledger;

use crate::{import, open, plan, run, serial};

const ACKNOWLEDGED: usize = 6;
const LATER: usize = 4;

/// What was on the disk for certain, and what was written to it since.
struct Disk {
    ledger: Vec<u8>,
    anchor: Vec<u8>,
    /// The log when the last commit was acknowledged.
    safe: Vec<u8>,
    /// The log when the power failed.
    last: Vec<u8>,
    /// An index of the log that belongs to none of the images.
    index: Vec<u8>,
}

impl Disk {
    /// Where both logs begin to differ.
    fn edge(&self) -> usize {
        let same = self.safe.iter().zip(&self.last);
        same.take_while(|(safe, last)| safe == last).count()
    }

    /// Where the commits end that were under way: a log begun anew has old bytes behind them.
    fn end(&self) -> usize {
        let differs = |at: &usize| self.safe.get(*at) != self.last.get(*at);
        (0..self.last.len())
            .rev()
            .find(differs)
            .map_or(0, |at| at + 1)
    }

    /// The log up to some byte, with what stood there before after it.
    fn cut(&self, at: usize) -> Vec<u8> {
        let mut log = self.last[..at].to_vec();
        log.extend(self.safe.get(at..).unwrap_or_default());
        log
    }

    /// The log with some bytes of a sector as they were before, or as something else.
    fn sector(&self, from: usize, size: usize, content: Content) -> Vec<u8> {
        let mut log = self.last.clone();
        let to = log.len().min(from + size);
        for (at, byte) in log.iter_mut().enumerate().take(to).skip(from) {
            *byte = match content {
                Content::Before => self.safe.get(at).copied().unwrap_or(0),
                Content::Zeros => 0,
                Content::Noise => noise(at),
            };
        }
        log
    }
}

#[derive(Clone, Copy, Debug)]
enum Content {
    Before,
    Zeros,
    Noise,
}

/// The same bytes every time, and no pattern in them.
fn noise(at: usize) -> u8 {
    let mixed = (at as u64)
        .wrapping_add(1)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed.to_le_bytes()[7]
}

/// A ledger under work. With `anew`, the log was moved into the file before the last commits, so that
/// these overwrite it from its beginning.
async fn disk(anew: bool) -> Disk {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| fs::read(directory.path().join(name)).unwrap();
    let ledger = open(directory.path()).await;
    ledger.begin(&run("a"), &plan(20)).await.unwrap();
    for n in 0..ACKNOWLEDGED {
        ledger.intend(&run("a"), vec![import(n)]).await.unwrap();
    }
    if anew {
        let url = format!("sqlite://{}/ledger.sqlite", directory.path().display());
        let mut other = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url)
            .await
            .unwrap();
        let moved: (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(FULL)")
            .fetch_one(&mut other)
            .await
            .unwrap();
        assert_eq!((moved.0, moved.1), (0, moved.2));
    }
    let (file, anchor) = (at("ledger.sqlite"), at("audit-head.json"));
    let safe = at("ledger.sqlite-wal");
    for n in ACKNOWLEDGED..ACKNOWLEDGED + LATER {
        ledger.intend(&run("a"), vec![import(n)]).await.unwrap();
    }
    let (last, index) = (at("ledger.sqlite-wal"), at("ledger.sqlite-shm"));
    assert_eq!(at("ledger.sqlite"), file, "the file changed under the log");
    Disk {
        ledger: file,
        anchor,
        safe,
        last,
        index,
    }
}

/// Opens an image and says how many intents it has.
async fn intents(disk: &Disk, log: &[u8], index: bool, directory: &Path) -> usize {
    fs::write(directory.join("ledger.sqlite"), &disk.ledger).unwrap();
    fs::write(directory.join("audit-head.json"), &disk.anchor).unwrap();
    fs::write(directory.join("ledger.sqlite-wal"), log).unwrap();
    let shm = directory.join("ledger.sqlite-shm");
    match index {
        true => fs::write(shm, &disk.index).unwrap(),
        false => drop(fs::remove_file(shm)),
    }
    let ledger = open(directory).await;
    let history = ledger.history(&run("a")).await.unwrap();
    let found = ledger.verify(None).await.unwrap();
    assert!(found.is_whole(), "{found:#?}");
    assert_eq!(found.records, 1 + history.len() as u64);
    assert_eq!(ledger.plan(&run("a")).await.unwrap(), Some(plan(20)));
    for n in 0..history.len() {
        assert!(history[&serial(n)].doubtful, "{n} of {}", history.len());
    }
    drop(ledger);
    history.len()
}

/// The images of a disk, each with a name.
fn images(disk: &Disk, full: bool) -> Vec<(String, Vec<u8>)> {
    let (edge, end) = (disk.edge(), disk.end());
    let mut images = Vec::new();
    let mut cut = |at: usize| images.push((format!("cut at {at}"), disk.cut(at)));
    let stride = if full { 7 } else { 1013 };
    (edge..=end).filter(|at| at % 512 == 0).for_each(&mut cut);
    (edge..=end).step_by(stride).for_each(&mut cut);
    for size in [512, 4096] {
        let first = edge / size * size;
        for from in (first..end).step_by(if full || size == 4096 { size } else { 3 * size }) {
            for content in [Content::Before, Content::Zeros, Content::Noise] {
                // What was there before the edge was synchronised.
                let (begin, size) = (from.max(edge), from + size - from.max(edge));
                let name = format!("{size} bytes at {begin}: {content:?}");
                images.push((name, disk.sector(begin, size, content)));
            }
        }
    }
    images
}

async fn every_image_is_a_beginning(anew: bool) {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long the test goes on is up to its caller"
    )]
    let full = std::env::var("OATHKIT_CAMPAIGN").is_ok_and(|value| value == "full");
    let disk = disk(anew).await;
    assert!(disk.edge() < disk.end());
    let images = images(&disk, full);
    let mut lengths = std::collections::BTreeMap::new();
    for (n, (name, log)) in images.iter().enumerate() {
        let directory = tempfile::tempdir().unwrap();
        let length = intents(&disk, log, n % 2 == 0, directory.path()).await;
        assert!(
            (ACKNOWLEDGED..=ACKNOWLEDGED + LATER).contains(&length),
            "{name}: {length} intents"
        );
        *lengths.entry(length).or_insert(0) += 1;
    }
    println!(
        "{} images, by the intents they hold: {lengths:?}",
        images.len()
    );
    // The images cover the whole way: nothing of the later commits, some, and all.
    assert_eq!(lengths.len(), LATER + 1, "{lengths:?}");
    assert!(images.len() > 100, "{}", images.len());
}

#[tokio::test]
async fn a_log_that_grows_loses_nothing_acknowledged() {
    every_image_is_a_beginning(false).await;
}

#[tokio::test]
async fn a_log_begun_anew_loses_nothing_acknowledged() {
    every_image_is_a_beginning(true).await;
}

#[tokio::test]
async fn a_lost_log_of_acknowledged_commits_is_told_from_a_whole_one() {
    let disk = disk(false).await;
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("ledger.sqlite"), &disk.ledger).unwrap();
    fs::write(directory.path().join("audit-head.json"), &disk.anchor).unwrap();
    let ledger = open(directory.path()).await;
    let found = ledger.verify(None).await.unwrap();
    assert!(!found.is_whole());
    ledger.begin(&run("b"), &plan(2)).await.unwrap_err();
}
