//! A ledger on a disk that knows what is durable and what is only buffered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use idp_http::Clock;
use provisioner::{
    Attempt, Effort, Intent, Known, Ledger, LedgerError, MemoryLedger, Plan, Resolution,
    RowHistory, RowResult, RunId, Tenant,
};
use seedfile::Serial;

use crate::dice::Dice;
use crate::fuse::Fuse;

/// How long a sync takes. Other calls go on meanwhile.
const SYNC: Duration = Duration::from_millis(4);

#[derive(Clone)]
enum Entry {
    Begin(Box<Plan>),
    Intend(Vec<Intent>),
    Resolve(Vec<Resolution>),
    Settle(Vec<(Serial, RowResult)>),
    Pause(Effort),
}

/// What a process finds on a disk when it starts.
#[derive(Clone, Default)]
pub(crate) struct Image(Vec<(RunId, Entry)>);

impl Image {
    /// The newest run.
    pub(crate) fn run(&self) -> Option<(RunId, Plan)> {
        self.0.iter().rev().find_map(|(run, entry)| match entry {
            Entry::Begin(plan) => Some((run.clone(), Plan::clone(plan))),
            _ => None,
        })
    }

    /// A name that no run has.
    pub(crate) fn new_run(&self) -> RunId {
        RunId(format!("run-{}", self.0.len()))
    }
}

/// The disk of one process: it keeps entries in their order, and syncs them in that order.
pub(crate) struct Disk {
    clock: Arc<dyn Clock>,
    fuse: Arc<Fuse>,
    /// Everything that was written, as the process reads it.
    cache: MemoryLedger,
    log: Mutex<Log>,
}

struct Log {
    entries: Vec<(RunId, Entry)>,
    durable: usize,
    /// Entries that were there when the process started.
    found: usize,
}

impl Disk {
    pub(crate) async fn mount(image: &Image, clock: Arc<dyn Clock>, fuse: Arc<Fuse>) -> Arc<Self> {
        let disk = Self {
            clock,
            fuse,
            cache: MemoryLedger::new(),
            log: Mutex::new(Log {
                entries: image.0.clone(),
                durable: image.0.len(),
                found: image.0.len(),
            }),
        };
        for (run, entry) in &image.0 {
            disk.apply(run, entry.clone()).await.unwrap();
        }
        Arc::new(disk)
    }

    /// What is there after a crash: all that was synced, and as much of the rest as it happens.
    pub(crate) fn survives(&self, dice: &mut Dice) -> Image {
        let log = self.log.lock().unwrap();
        let buffered = log.entries.len() - log.durable;
        let kept = dice.place(buffered + 1);
        Image(log.entries[..log.durable + kept].to_vec())
    }

    /// Tokens whose last call in this run has no clear end.
    pub(crate) async fn in_doubt(&self, run: &RunId) -> BTreeSet<Serial> {
        let history = self.cache.history(run).await.unwrap().into_iter();
        let doubtful = history.filter(|(_, past)| past.doubtful && past.result.is_none());
        doubtful.map(|(serial, _)| serial).collect()
    }

    /// Intents of this process that are durable and whose calls have no end yet.
    pub(crate) fn durable_intents(&self) -> BTreeMap<Serial, Intent> {
        let log = self.log.lock().unwrap();
        let mut open = BTreeMap::new();
        for (at, (_, entry)) in log.entries.iter().enumerate().skip(log.found) {
            match entry {
                Entry::Intend(intents) if at < log.durable => {
                    open.extend(intents.iter().map(|i| (i.serial.clone(), i.clone())));
                }
                Entry::Resolve(ends) => ends.iter().for_each(|end| drop(open.remove(&end.serial))),
                _ => {}
            }
        }
        open
    }

    fn sync(&self) {
        let mut log = self.log.lock().unwrap();
        log.durable = log.entries.len();
    }

    fn append(&self, run: &RunId, entry: Entry) {
        let mut log = self.log.lock().unwrap();
        log.entries.push((run.clone(), entry));
    }

    async fn apply(&self, run: &RunId, entry: Entry) -> Result<(), LedgerError> {
        match entry {
            Entry::Begin(plan) => self.cache.begin(run, &plan).await,
            Entry::Intend(intents) => self.cache.intend(run, intents).await,
            Entry::Resolve(ends) => self.cache.resolve(run, ends).await,
            Entry::Settle(rows) => self.cache.settle(run, rows).await,
            Entry::Pause(effort) => self.cache.pause(run, effort).await.map(drop),
        }
    }

    async fn write(&self, run: &RunId, entry: Entry) -> Result<(), LedgerError> {
        self.fuse.pass().await;
        self.apply(run, entry.clone()).await?;
        self.append(run, entry);
        self.fuse.pass().await;
        Ok(())
    }

    /// Returns when the entry and all before it are durable.
    async fn commit(&self, run: &RunId, entry: Entry) -> Result<(), LedgerError> {
        self.write(run, entry).await?;
        self.clock.sleep(SYNC).await;
        self.fuse.alive().await;
        self.sync();
        self.fuse.pass().await;
        Ok(())
    }

    /// Returns at once. A sync may come at any time: here it comes where the process then dies.
    async fn buffer(&self, run: &RunId, entry: Entry) -> Result<(), LedgerError> {
        self.write(run, entry).await?;
        if self.fuse.blows_next() {
            self.sync();
        }
        self.fuse.pass().await;
        Ok(())
    }

    /// No code is sent twice, as far as the disk knows. An intent whose call was not sent after all
    /// has used none.
    fn check_codes(&self, run: &RunId, intents: &[Intent]) {
        let log = self.log.lock().unwrap();
        let mut sent: BTreeMap<&Serial, Vec<u64>> = BTreeMap::new();
        for (_, entry) in log.entries.iter().filter(|(of, _)| of == run) {
            match entry {
                Entry::Intend(earlier) => {
                    for (serial, step) in earlier.iter().filter_map(code_of) {
                        sent.entry(serial).or_default().push(step);
                    }
                }
                Entry::Resolve(ends) => {
                    for end in ends.iter().filter(|end| is_unsent(end)) {
                        sent.get_mut(&end.serial).and_then(Vec::pop);
                    }
                }
                _ => {}
            }
        }
        for (serial, step) in intents.iter().filter_map(code_of) {
            let last = sent.get(serial).and_then(|steps| steps.iter().max());
            assert!(
                last.is_none_or(|last| *last < step),
                "a code is sent once: {serial} {step}"
            );
        }
    }
}

fn code_of(intent: &Intent) -> Option<(&Serial, u64)> {
    Some((&intent.serial, intent.time_step?))
}

fn is_unsent(end: &Resolution) -> bool {
    end.attempt == Attempt::NotDone && end.problem.as_deref() == Some("not-sent")
}

#[async_trait]
impl Ledger for Disk {
    async fn begin(&self, run: &RunId, plan: &Plan) -> Result<(), LedgerError> {
        self.commit(run, Entry::Begin(Box::new(plan.clone()))).await
    }

    async fn intend(&self, run: &RunId, intents: Vec<Intent>) -> Result<(), LedgerError> {
        self.check_codes(run, &intents);
        self.commit(run, Entry::Intend(intents)).await
    }

    async fn resolve(&self, run: &RunId, ends: Vec<Resolution>) -> Result<(), LedgerError> {
        self.buffer(run, Entry::Resolve(ends)).await
    }

    async fn settle(&self, run: &RunId, rows: Vec<(Serial, RowResult)>) -> Result<(), LedgerError> {
        self.buffer(run, Entry::Settle(rows)).await
    }

    async fn pause(&self, run: &RunId, effort: Effort) -> Result<Effort, LedgerError> {
        self.commit(run, Entry::Pause(effort)).await?;
        self.cache.pause(run, Effort::default()).await
    }

    async fn history(&self, run: &RunId) -> Result<BTreeMap<Serial, RowHistory>, LedgerError> {
        self.cache.history(run).await
    }

    async fn known(&self, tenant: &Tenant) -> Result<BTreeMap<Serial, Known>, LedgerError> {
        self.cache.known(tenant).await
    }
}
