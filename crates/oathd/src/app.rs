//! What every page works with.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use idp_http::{Clock, Transport};
use ledger::SqliteLedger;
use provisioner::{Engine, Goal, InventoryFilter, Problem, Roster, Stock};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::calls::{CallLog, Logged};
use crate::chain::Chain;
use crate::drafts::{Draft, Drafts, Planned, Source, Wish};
use crate::inventory;
use crate::jobs::{Jobs, Means};
use crate::places::{Idp, Place, Places, Wires};
use crate::reports::Reports;
use crate::sandbox::Sandbox;
use crate::start::{self, Kept};
use crate::system;
use crate::trouble::{OrTold, or_broken};
use crate::upload::Upload;
use crate::vault::Vault;

/// So many copies of the audit are sent at a time.
const EXPORTS: usize = 2;
/// So many searches of the audit go on at a time: each may look at every record. Others wait.
const SEARCHES: usize = 2;

/// The directory where this server keeps what it knows.
#[derive(Clone, Debug)]
pub(crate) struct StateDir(PathBuf);

impl StateDir {
    /// The directory, made for its owner alone where it is missing.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        builder.create(path.join("sealed"))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.0.join("ledger.sqlite")
    }

    pub(crate) fn sealed(&self) -> PathBuf {
        self.0.join("sealed")
    }
}

pub(crate) struct App {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) vault: Arc<Vault>,
    /// To read; each job writes through one of its own.
    pub(crate) ledger: SqliteLedger,
    pub(crate) places: Arc<Places>,
    pub(crate) drafts: Drafts,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) reports: Reports,
    pub(crate) calls: Arc<CallLog>,
    /// The check of the audit.
    pub(crate) chain: Chain,
    /// One permit for each copy of the audit that may be sent at a time.
    pub(crate) exports: Arc<Semaphore>,
    /// One for each search of the audit.
    pub(crate) searches: Semaphore,
    pub(crate) sandbox: Option<Sandbox>,
    pub(crate) about: About,
    pub(crate) ending: CancellationToken,
    /// A directory for now goes with it.
    kept: Kept,
}

/// How this server is reached, and whom it trusts: to be shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    /// The address on this machine.
    pub(crate) here: String,
    pub(crate) proxy: Option<String>,
    pub(crate) tls_cert: Option<PathBuf>,
    pub(crate) ca_bundle: Option<PathBuf>,
}

/// What an app is made from.
pub(crate) struct Config {
    pub(crate) kept: Kept,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) sandbox: Option<Sandbox>,
    pub(crate) about: About,
}

impl App {
    /// Opens what is kept in the state directory. Nothing is asked of any service.
    pub(crate) async fn open(config: Config) -> Result<Arc<Self>, Problem> {
        let (kept, clock) = (config.kept, config.clock);
        let state = kept.state.clone();
        let vault = Arc::new(Vault::open(state.sealed(), &kept.key, start::fill()).or_told()?);
        let actor = system::actor("oathd");
        let path = state.ledger();
        let ledger = SqliteLedger::open(&path, Arc::clone(&clock), actor);
        let ledger = ledger.await.or_told()?;
        let calls = Arc::new(CallLog::default());
        let wires = Wires {
            transport: Arc::new(Logged {
                inner: config.transport,
                log: Arc::clone(&calls),
                clock: Arc::clone(&clock),
            }),
            clock: Arc::clone(&clock),
            request_ids: system::request_ids(),
            fill: system::fill_randomly,
        };
        let places = Arc::new(Places::open(wires, Arc::clone(&vault)).or_told()?);
        for settings in config.sandbox.iter().flat_map(Sandbox::settings) {
            places.put(settings);
        }
        let jobs = Jobs::new(Means {
            state,
            vault: Arc::clone(&vault),
            clock: Arc::clone(&clock),
            places: Arc::clone(&places),
            actor: system::actor,
            new_name: system::new_name,
        });
        Ok(Arc::new(Self {
            clock,
            vault,
            ledger,
            places,
            drafts: Drafts::default(),
            jobs,
            reports: Reports::default(),
            calls,
            chain: Chain::default(),
            exports: Arc::new(Semaphore::new(EXPORTS)),
            searches: Semaphore::new(SEARCHES),
            sandbox: config.sandbox,
            about: config.about,
            ending: CancellationToken::new(),
            kept,
        }))
    }

    /// Where this server keeps what it knows.
    pub(crate) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// The ledger once more, to read what takes long: pages read through the other one meanwhile.
    pub(crate) async fn ledger_apart(&self) -> Result<SqliteLedger, Problem> {
        let (path, clock) = (self.kept.state.ledger(), Arc::clone(&self.clock));
        let ledger = SqliteLedger::open(&path, clock, system::actor("oathd"));
        ledger.await.or_told()
    }

    /// A connected identity provider whose inventory is being read, if it was not yet.
    pub(crate) async fn place(self: &Arc<Self>, idp: Idp) -> Result<Arc<Place>, Problem> {
        let place = self.connected(idp).await?;
        let seen = place.shelf.look();
        if seen.listing.is_none() && seen.failed.is_none() {
            self.read_inventory(&place);
        }
        Ok(place)
    }

    /// Forgets how to sign in there. What goes on there is paused: it goes on with another connection.
    pub(crate) fn disconnect(&self, idp: Idp, by: &str) -> Result<(), Problem> {
        self.jobs.hold_all(idp, by)?;
        self.places.remove(idp).or_told()
    }

    /// Reads an inventory while pages show how far that is.
    pub(crate) fn read_inventory(self: &Arc<Self>, place: &Arc<Place>) {
        // Claimed at once: a page that is answered before the reading begins must say that it is going on.
        if place.shelf.begin() {
            let (app, place) = (Arc::clone(self), Arc::clone(place));
            tokio::spawn(async move { inventory::read(&place, &app.ledger).await });
        }
    }

    /// Reads users and tokens and plans. Nothing is written.
    pub(crate) async fn plan(
        &self,
        place: &Place,
        roster: &Roster,
        goal: Goal,
    ) -> Result<Planned, Problem> {
        let pace = place.pace();
        let engine = Engine {
            provider: &*place.provider,
            ledger: &self.ledger,
            pace: &pace,
            roster,
            events: &|_| (),
            stop: self.ending.child_token(),
        };
        let plan = engine.plan(goal).await.or_told()?;
        let estimate = engine.estimate(&plan);
        Ok(Planned {
            plan,
            estimate,
            number: 0,
            at: self.clock.monotonic(),
        })
    }

    /// Plans a draft in the background.
    pub(crate) fn plan_draft(self: &Arc<Self>, draft: &Arc<Draft>) {
        let Some(wanted) = draft.begin_planning() else {
            return;
        };
        let (app, draft) = (Arc::clone(self), Arc::clone(draft));
        tokio::spawn(async move {
            let Wish { idp, goal } = wanted.wish;
            let planned = or_broken(app.planned(&draft, idp, goal)).await;
            draft.planned(wanted, planned);
        });
    }

    async fn planned(&self, draft: &Draft, idp: Idp, goal: Goal) -> Result<Planned, Problem> {
        let place = self.places.get(idp).await?;
        let roster = self.roster(&place, draft).await?;
        self.plan(&place, &roster, goal).await
    }

    /// The tokens of a draft.
    async fn roster(&self, place: &Place, draft: &Draft) -> Result<Roster, Problem> {
        match &draft.source {
            Source::File(_) => self.with_upload(draft, Upload::roster).await,
            Source::Tokens(chosen) => {
                let pace = place.pace();
                let stock = Stock::of(&*place.provider, &pace, &self.ledger)
                    .await
                    .or_told()?;
                let filter = InventoryFilter {
                    serials: Some(chosen.keys().cloned().collect()),
                    ..InventoryFilter::default()
                };
                let mut found = stock.all_of(&filter).await.or_told()?;
                stock.name_holders(&mut found).await;
                let mut roster = Roster::of_inventory(&found)?;
                for (serial, user) in chosen {
                    if let Some(user) = user {
                        roster.set_user(serial, user.clone());
                    }
                }
                Ok(roster)
            }
        }
    }
}
