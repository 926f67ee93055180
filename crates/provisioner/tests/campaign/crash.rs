//! A process that dies at any point, on any disk, and is followed by another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use idp_sim::{Idp, SimConfig};
use provisioner::{Engine, Goal, Pace, Report, Stopped};
use tokio_util::sync::CancellationToken;

use crate::dice::Dice;
use crate::disk::{Disk, Image};
use crate::fuse::Fuse;
use crate::in_virtual_time;
use crate::size::{Size, chosen_case};
use crate::support::{Checked, World, counts, mixed_file, tempest};
use crate::watch::Watch;
use crate::wire::{Fate, Wire};

const TOKENS: usize = 8;
/// Longer than anything stays on its way.
const ALL_ARRIVED: Duration = Duration::from_secs(60);

/// What the next process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Recovery {
    /// It resumes the run, where one was begun.
    Resume,
    /// It begins anew with the same ledger.
    Again,
    /// It begins anew without the ledger.
    Lost,
}

/// As likely as they are in life.
const RECOVERIES: [Recovery; 4] = [
    Recovery::Resume,
    Recovery::Resume,
    Recovery::Again,
    Recovery::Lost,
];

/// One crash, or two.
#[derive(Clone, Copy, Debug)]
struct Case {
    idp: Idp,
    /// Where the first process dies.
    point: u64,
    /// What the disk keeps, and what becomes of requests on their way.
    disk: u64,
    recovery: Recovery,
    /// Where the second process dies.
    then: Option<u64>,
    /// All the while three calls in ten go wrong.
    tempest: bool,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (idp, how) = (self.idp, self.recovery);
        f.write_str(if self.tempest { "Tempest:" } else { "" })?;
        write!(f, "{idp:?}:{}:{}:{how:?}", self.point, self.disk)?;
        self.then.map_or(Ok(()), |then| write!(f, ":{then}"))
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not like Entra:57:12:Resume or Okta:57:12:Lost:33");
        let calm = text.strip_prefix("Tempest:");
        let parts: Vec<&str> = calm.unwrap_or(text).split(':').collect();
        let number = |at: usize| parts.get(at).and_then(|part| part.parse().ok());
        let idps = [("Entra", Idp::Entra), ("Okta", Idp::Okta)];
        let recoveries = [
            ("Resume", Recovery::Resume),
            ("Again", Recovery::Again),
            ("Lost", Recovery::Lost),
        ];
        let idp = idps.iter().find(|(name, _)| parts.first() == Some(name));
        let recovery = recoveries
            .iter()
            .find(|(name, _)| parts.get(3) == Some(name));
        Ok(Self {
            idp: idp.ok_or_else(wrong)?.1,
            point: number(1).ok_or_else(wrong)?,
            disk: number(2).ok_or_else(wrong)?,
            recovery: recovery.ok_or_else(wrong)?.1,
            then: number(4),
            tempest: calm.is_some(),
        })
    }
}

/// A machine at a service: processes come and go, the disk and the service stay.
struct Machine {
    idp: Idp,
    world: World,
    image: Image,
}

/// How a process ended.
enum End {
    Died(Image),
    /// It gave up, as a run does when reads fail for too long.
    Stopped(Image, Stopped),
    Finished(Box<Report>),
}

impl Machine {
    fn new(idp: Idp) -> Self {
        let world = World::new(TOKENS, mixed_file(TOKENS));
        let image = Image::default();
        Self { idp, world, image }
    }

    fn of(case: Case) -> Self {
        if !case.tempest {
            return Self::new(case.idp);
        }
        let mut config = SimConfig::with_people(TOKENS);
        config.seed = 1000 + case.disk;
        let world = World::with(config, mixed_file(TOKENS));
        world.faults(tempest());
        Self {
            world,
            ..Self::new(case.idp)
        }
    }

    /// Runs a process until it is done or dies.
    async fn process(&mut self, how: Recovery, fuse: &Arc<Fuse>, dice: &mut Dice) -> End {
        if how == Recovery::Lost {
            self.image = Image::default();
        }
        let clock = Arc::clone(&self.world.clock);
        let disk = Disk::mount(&self.image, Arc::clone(&clock), Arc::clone(fuse)).await;
        self.world.transport = Arc::new(Wire {
            service: self.world.sim.transport(),
            clock,
            fuse: Arc::clone(fuse),
            fate: Fate::of(dice),
            watch: self.watch(how, &disk).await,
        });
        tokio::select! {
            biased;
            () = fuse.blown() => End::Died(disk.survives(dice)),
            ended = self.work(how, &disk) => match ended {
                Ok(report) => End::Finished(Box::new(report)),
                Err(stopped) => End::Stopped(disk.survives(dice), stopped),
            },
        }
    }

    async fn watch(&self, how: Recovery, disk: &Arc<Disk>) -> Watch {
        let in_doubt = match self.image.run() {
            Some((run, _)) if how == Recovery::Resume => disk.in_doubt(&run).await,
            _ => BTreeSet::new(),
        };
        let roster = self.world.roster();
        let serials = roster.tokens().iter().map(|token| token.serial.clone());
        Watch::new(Arc::clone(disk), serials.collect(), in_doubt)
    }

    async fn work(&self, how: Recovery, disk: &Arc<Disk>) -> Result<Report, Stopped> {
        let provider = self.world.try_provider(self.idp).await?;
        let pace = Pace::new(Arc::clone(&self.world.clock));
        let (ledger, roster) = (Checked::around(Arc::clone(disk)), self.world.roster());
        let engine = Engine {
            provider: &*provider,
            ledger: &ledger,
            pace: &pace,
            roster: &roster,
            events: &|_| {},
            stop: CancellationToken::new(),
        };
        let ended = match self.image.run() {
            Some((run, plan)) if how == Recovery::Resume => engine.resume(&run, &plan).await,
            _ => {
                let plan = engine.plan(Goal::Activated).await?;
                engine.apply(&self.image.new_run(), &plan).await
            }
        };
        let (report, stopped) = ended.unwrap();
        stopped.map_or(Ok(report), Err)
    }

    /// Every token is there once, usable, with its holder, and reported so.
    async fn judge(&self, case: Case, how: Recovery, report: &Report) {
        self.world.clock.sleep(ALL_ARRIVED).await;
        let (done, unchanged) = counts(report);
        assert_eq!(done + unchanged, TOKENS, "{report:?}");
        // A run that is resumed knows what it did, and nobody else did anything.
        assert!(how != Recovery::Resume || unchanged == 0, "{report:?}");
        // A new run does not know of an activation that a service at its worst carries out late: each
        // of the processes may have made one.
        let activations = match how {
            Recovery::Again | Recovery::Lost if case.tempest => 3,
            _ => 1,
        };
        self.world.check_with(self.idp, report, activations).await;
    }
}

/// How many points a process passes that nothing disturbs.
fn points(idp: Idp) -> u64 {
    in_virtual_time(async {
        let (mut machine, fuse) = (Machine::new(idp), Fuse::at(None));
        let mut dice = Dice::new(0);
        let end = machine.process(Recovery::Resume, &fuse, &mut dice).await;
        assert!(matches!(end, End::Finished(_)), "it did not finish");
        fuse.passed()
    })
}

/// Processes that give up, after which a case counts as lost.
const TOO_MANY: usize = 20;

/// Runs a case and says how many processes died.
async fn crash(case: Case) -> u64 {
    let mut machine = Machine::of(case);
    let mut dice = Dice::new(case.disk);
    let mut deaths = 0;
    let mut how = Recovery::Resume;
    let ends = [Some(case.point), case.then].into_iter();
    for last in ends.chain([None].into_iter().cycle().take(TOO_MANY)) {
        let fuse = Fuse::at(last);
        match machine.process(how, &fuse, &mut dice).await {
            End::Died(image) => {
                machine.image = image;
                deaths += 1;
            }
            End::Stopped(image, _) if case.tempest => machine.image = image,
            End::Stopped(_, stopped) => panic!("it stopped in calm weather: {stopped}"),
            End::Finished(report) => {
                machine.judge(case, how, &report).await;
                return deaths;
            }
        }
        how = case.recovery;
    }
    panic!("it never came to an end");
}

/// What a campaign came to.
#[derive(Default)]
struct Tally {
    cases: u64,
    crashes: u64,
    failed: Vec<Case>,
}

impl Tally {
    /// Runs a case; returns how many processes died.
    fn run(&mut self, case: Case) -> u64 {
        self.cases += 1;
        let ended = catch_unwind(AssertUnwindSafe(|| in_virtual_time(crash(case))));
        let Ok(deaths) = ended else {
            self.failed.push(case);
            println!("failed; to run it again:\n  {}", again(case));
            assert!(self.failed.len() < 10, "enough failures");
            return 0;
        };
        self.crashes += deaths;
        deaths
    }

    fn end(self, what: &str) {
        let Self {
            cases,
            crashes,
            failed,
        } = self;
        println!(
            "{what}: {cases} cases, {crashes} crashes, {} failures",
            failed.len()
        );
        let failed: Vec<String> = failed.into_iter().map(again).collect();
        assert!(failed.is_empty(), "{}", failed.join("\n"));
    }
}

fn again(case: Case) -> String {
    format!(
        "OATHKIT_CASE={case} cargo test --package provisioner --test campaign crash::one_case -- --nocapture"
    )
}

/// Each point, on several disks, with each kind of recovery.
fn at_every_point(idp: Idp) {
    let points = points(idp);
    let size = Size::chosen();
    let disks = [
        (Recovery::Resume, size.pick(2, 150)),
        (Recovery::Again, size.pick(1, 20)),
        (Recovery::Lost, size.pick(1, 20)),
    ];
    let mut tally = Tally::default();
    for point in 1..=points {
        for (recovery, disk) in disks
            .iter()
            .flat_map(|(how, n)| (0..*n).map(move |disk| (*how, disk)))
        {
            let case = Case {
                idp,
                point,
                disk: point * 1000 + disk,
                recovery,
                then: None,
                tempest: false,
            };
            assert!(
                tally.run(case) == 1 || !tally.failed.is_empty(),
                "{case}: it did not die"
            );
        }
    }
    let disks = BTreeMap::from(disks);
    tally.end(&format!(
        "{idp:?}: {points} points, disk outcomes {disks:?}"
    ));
}

/// A sample of two crashes, the second anywhere in the recovery from the first.
fn twice(idp: Idp) {
    let points = points(idp);
    let wanted = Size::chosen().pick(60, 2500);
    let mut tally = Tally::default();
    let mut doubles = 0;
    for disk in 0.. {
        if doubles == wanted {
            break;
        }
        let mut dice = Dice::new(disk);
        let case = Case {
            idp,
            point: 1 + dice.below(points),
            disk,
            recovery: dice.pick(&RECOVERIES),
            then: Some(1 + dice.below(points)),
            tempest: false,
        };
        // The recovery may be over before.
        doubles += u64::from(tally.run(case) == 2);
    }
    tally.end(&format!("{idp:?}: {doubles} double crashes"));
}

/// A sample of two crashes where the service is at its worst.
fn in_a_tempest(idp: Idp) {
    let points = points(idp);
    let mut tally = Tally::default();
    for disk in 0..Size::chosen().pick(40, 2500) {
        let mut dice = Dice::new(disk);
        tally.run(Case {
            idp,
            point: 1 + dice.below(2 * points),
            disk,
            recovery: dice.pick(&RECOVERIES),
            then: Some(1 + dice.below(2 * points)),
            tempest: true,
        });
    }
    tally.end(&format!("{idp:?} in a tempest"));
}

#[test]
fn entra_at_every_point() {
    at_every_point(Idp::Entra);
}

#[test]
fn okta_at_every_point() {
    at_every_point(Idp::Okta);
}

#[test]
fn entra_twice() {
    twice(Idp::Entra);
}

#[test]
fn okta_twice() {
    twice(Idp::Okta);
}

#[test]
fn entra_in_a_tempest() {
    in_a_tempest(Idp::Entra);
}

#[test]
fn okta_in_a_tempest() {
    in_a_tempest(Idp::Okta);
}

/// Runs the case that `OATHKIT_CASE` names.
#[test]
fn one_case() {
    let case = chosen_case().unwrap_or_else(|| "Entra:1:0:Resume".to_owned());
    let mut tally = Tally::default();
    tally.run(case.parse().unwrap());
    tally.end(&case);
}
