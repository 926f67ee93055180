//! A world for engine tests: a file of tokens, the simulator in virtual time, a ledger in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    unreachable_pub,
    reason = "test support, of which each test file uses a part"
)]

mod checked;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use entra_graph::{ClientSecret, GraphClient, GraphOptions, TenantId};
use idp_http::{BaseUrl, Clock, TokioClock, Transport};
use idp_sim::{Fault, Faults, Idp, Rule, SignIn, SignInAnswer, Sim, SimConfig};
use oath_core::{Code, Key, Totp};
use okta_factors::{OktaClient, SswsToken};
use provisioner::entra::{Entra, EntraOptions};
use provisioner::okta::Okta;
use provisioner::{
    Calls, Engine, Failure, Goal, IdentityProvider, InventoryFilter, InventoryToken, Limits,
    Outcome, Pace, Plan, Problem, Report, Roster, RunId, State, Stopped, Token,
};
use seedfile::ReadOptions;
use tokio_util::sync::CancellationToken;

pub use self::checked::Checked;

pub const BOTH: [Idp; 2] = [Idp::Entra, Idp::Okta];

pub const START: u64 = 1_800_000_007;

/// A file of `count` tokens for user0001 …, mixing SHA-1 and SHA-256, 30 and 60 seconds.
pub fn mixed_file(count: usize) -> String {
    file((1..=count).map(|n| line(n, &user(n), n % 2 == 0, if n % 3 == 0 { 60 } else { 30 })))
}

pub fn file(lines: impl IntoIterator<Item = String>) -> String {
    let mut text = String::from("upn,serial number,secret key,timeinterval,manufacturer,model\n");
    text.extend(lines);
    text
}

pub fn line(n: usize, user: &str, sha256: bool, period: u32) -> String {
    let secret = BASE32_NOPAD.encode(&seed(n, if sha256 { 32 } else { 20 }));
    let mut line = String::new();
    writeln!(line, "{user},{},{secret},{period},Token2,C202", serial(n)).unwrap();
    line
}

pub fn user(n: usize) -> String {
    format!("user{n:04}@example.com")
}

pub fn serial(n: usize) -> String {
    format!("{}", 60_000_000 + n)
}

/// Synthetic key bytes, different for each token (splitmix64).
pub fn seed(n: usize, length: usize) -> Vec<u8> {
    let byte = |i: usize| {
        let mut mixed = (n as u64 * 64 + i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)).to_be_bytes()[0]
    };
    (0..length).map(byte).collect()
}

/// One simulated tenant, seen by one machine.
pub struct World {
    pub sim: Sim,
    pub clock: Arc<dyn Clock>,
    pub ledger: Checked,
    /// The way to the simulator.
    pub transport: Arc<dyn Transport>,
    pub file: String,
    /// Seconds by which each service's clock is ahead: Entra's and Okta's.
    pub clock_offsets_s: [i64; 2],
    /// How much of the service the runs take.
    pub limits: Limits,
}

/// How a run ended.
pub struct Run {
    pub plan: Plan,
    pub report: Report,
    pub stopped: Option<Stopped>,
}

impl World {
    /// A tenant with `people` users and a file. The runtime's time has to be paused.
    pub fn new(people: usize, file: String) -> Self {
        Self::with(SimConfig::with_people(people), file)
    }

    pub fn with(mut config: SimConfig, file: String) -> Self {
        config.seed = config.seed.max(7);
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(Duration::from_secs(START)));
        let clock_offsets_s = [config.entra.clock_offset_s, config.okta.clock_offset_s];
        let sim = Sim::new(config, Arc::clone(&clock));
        Self {
            clock_offsets_s,
            transport: Arc::new(sim.transport()),
            sim,
            ledger: Checked::default(),
            clock,
            file,
            limits: Limits::default(),
        }
    }

    /// A pace for one sitting.
    pub fn pace(&self) -> Pace {
        Pace::within(Arc::clone(&self.clock), self.limits)
    }

    pub fn roster(&self) -> Roster {
        Roster::read(self.file.as_bytes(), &ReadOptions::default()).unwrap()
    }

    pub fn faults(&self, rules: Vec<Rule>) {
        self.sim.set_faults(Faults { rules });
    }

    pub fn entra(&self) -> Entra {
        let access = self.sim.entra();
        let id = TenantId::parse(&access.tenant_id).unwrap();
        let credential = ClientSecret::new(id, access.client_id, access.client_secret.into());
        let options = GraphOptions::new(
            BaseUrl::parse(&access.login_url).unwrap(),
            BaseUrl::parse(&access.graph_url).unwrap(),
            Arc::new(|| "a-request".to_owned()),
        );
        let client = GraphClient::new(
            Arc::clone(&self.transport),
            Arc::clone(&self.clock),
            credential,
            options,
        );
        Entra::new(client, &access.tenant_id, EntraOptions::default())
    }

    pub async fn okta(&self, profile: Option<&str>) -> Okta {
        self.try_okta(profile).await.unwrap()
    }

    async fn try_okta(&self, profile: Option<&str>) -> Result<Okta, Failure> {
        let access = self.sim.okta();
        let client = OktaClient::new(
            Arc::clone(&self.transport),
            Arc::clone(&self.clock),
            SswsToken::new(access.token),
            BaseUrl::parse(&access.org_url).unwrap(),
        );
        let pace = self.pace();
        Okta::connect(client, &pace, profile).await
    }

    pub async fn provider(&self, idp: Idp) -> Box<dyn IdentityProvider> {
        self.try_provider(idp).await.unwrap()
    }

    pub async fn try_provider(&self, idp: Idp) -> Result<Box<dyn IdentityProvider>, Stopped> {
        Ok(match idp {
            Idp::Entra => Box::new(self.entra()),
            Idp::Okta => Box::new(self.try_okta(None).await.map_err(Stopped::Provider)?),
        })
    }

    /// Plans and carries out, as the command line does.
    pub async fn provision(&self, idp: Idp) -> Run {
        let provider = self.provider(idp).await;
        self.run(&*provider, Goal::Activated, &CancellationToken::new())
            .await
    }

    /// The same where reading may fail, too.
    pub async fn try_provision(&self, idp: Idp) -> Result<Report, Stopped> {
        let provider = self.try_provider(idp).await?;
        let roster = self.roster();
        let pace = self.pace();
        let stop = CancellationToken::new();
        let engine = self.engine(&*provider, &pace, &roster, &stop);
        let plan = engine.plan(Goal::Activated).await?;
        let run = self.ledger.new_run();
        let (report, stopped) = engine.apply(&run, &plan).await.map_err(Stopped::Ledger)?;
        stopped.map_or(Ok(report), Err)
    }

    /// Does the whole job, in as many sittings as it takes, as somebody does who runs the command
    /// again whenever it stops. The second number is of the sittings.
    pub async fn persist(&self, idp: Idp) -> (Report, usize) {
        let mut sittings = 0;
        let mut begun: Option<(RunId, Plan)> = None;
        loop {
            if sittings > 0 {
                self.clock.sleep(Duration::from_secs(600)).await;
            }
            sittings += 1;
            assert!(sittings < 100, "it never ends");
            let provider: Box<dyn IdentityProvider> = match idp {
                Idp::Entra => Box::new(self.entra()),
                Idp::Okta => match self.try_okta(None).await {
                    Ok(okta) => Box::new(okta),
                    Err(_) => continue,
                },
            };
            let roster = self.roster();
            let pace = self.pace();
            let stop = CancellationToken::new();
            let engine = self.engine(&*provider, &pace, &roster, &stop);
            let ended = match &begun {
                Some((run, plan)) => engine.resume(run, plan).await,
                None => {
                    let Ok(plan) = engine.plan(Goal::Activated).await else {
                        continue;
                    };
                    let (run, plan) = begun.insert((self.ledger.new_run(), plan));
                    engine.apply(run, plan).await
                }
            };
            let (report, stopped) = ended.expect("a ledger");
            if stopped.is_none() && report.counts.pending == 0 {
                return (report, sittings);
            }
        }
    }

    pub async fn run(
        &self,
        provider: &dyn IdentityProvider,
        goal: Goal,
        stop: &CancellationToken,
    ) -> Run {
        self.run_of(provider, &self.roster(), goal, stop).await
    }

    /// The same with tokens that are not those of the file.
    pub async fn run_of(
        &self,
        provider: &dyn IdentityProvider,
        roster: &Roster,
        goal: Goal,
        stop: &CancellationToken,
    ) -> Run {
        let pace = self.pace();
        let engine = self.engine(provider, &pace, roster, stop);
        let plan = engine.plan(goal).await.expect("a plan");
        let run = self.ledger.new_run();
        let (report, stopped) = engine.apply(&run, &plan).await.expect("a ledger");
        Run {
            plan,
            report,
            stopped,
        }
    }

    /// Plans only.
    pub async fn plan(&self, idp: Idp, goal: Goal) -> Result<Plan, Stopped> {
        let provider = self.provider(idp).await;
        let roster = self.roster();
        let pace = self.pace();
        let stop = CancellationToken::new();
        self.engine(&*provider, &pace, &roster, &stop)
            .plan(goal)
            .await
    }

    pub async fn resume(&self, idp: Idp, run: &RunId, plan: &Plan) -> (Report, Option<Stopped>) {
        self.resume_of(idp, run, plan, &self.roster()).await
    }

    /// The same with tokens that are not those of the file.
    pub async fn resume_of(
        &self,
        idp: Idp,
        run: &RunId,
        plan: &Plan,
        roster: &Roster,
    ) -> (Report, Option<Stopped>) {
        let provider = self.provider(idp).await;
        let pace = self.pace();
        let stop = CancellationToken::new();
        let engine = self.engine(&*provider, &pace, roster, &stop);
        engine.resume(run, plan).await.expect("a ledger")
    }

    /// Ends a run that stopped, without the file.
    pub async fn cancel(
        &self,
        idp: Idp,
        run: &RunId,
        plan: &Plan,
        why: &Problem,
    ) -> (Report, Option<Stopped>) {
        let (provider, pace) = (self.provider(idp).await, self.pace());
        let (roster, stop) = (Roster::of_plan(plan), CancellationToken::new());
        let engine = self.engine(&*provider, &pace, &roster, &stop);
        engine.cancel(run, plan, why).await.expect("a ledger")
    }

    /// The tokens with these serial numbers, as the inventory has them.
    pub async fn chosen(&self, serials: &[&str]) -> Vec<Token> {
        let (provider, pace) = (self.entra(), self.pace());
        let mut tokens = Vec::new();
        let mut take = |token: InventoryToken| {
            if serials.contains(&&*token.serial) {
                tokens.push(Token::of_inventory(tokens.len() + 1, &token).unwrap());
            }
        };
        let all = InventoryFilter::default();
        let known = BTreeMap::new();
        let listed = provider.inventory(&pace, &known, &all, &mut take).await;
        listed.unwrap();
        tokens
    }

    /// The code that a device of the file shows now.
    pub fn shown(&self, serial: &str) -> Code {
        let roster = self.roster();
        let mut tokens = roster.tokens().iter();
        let token = tokens
            .find(|token| token.serial.as_str() == serial)
            .unwrap();
        let key = Key::new(
            token.algorithm,
            roster.seed(&token.serial).unwrap().expose(),
        );
        Totp::new(token.digits, token.period).generate(&key, self.clock.unix().as_secs())
    }

    fn engine<'a>(
        &'a self,
        provider: &'a dyn IdentityProvider,
        pace: &'a Pace,
        roster: &'a Roster,
        stop: &CancellationToken,
    ) -> Engine<'a> {
        Engine {
            provider,
            ledger: &self.ledger,
            pace,
            roster,
            events: &|_| {},
            stop: stop.clone(),
        }
    }

    /// Serial → (holder, usable, how often it was made and activated), as it really is.
    pub fn truth(&self, idp: Idp) -> BTreeMap<String, Truth> {
        let state = self.sim.state();
        match idp {
            Idp::Entra => state
                .entra
                .devices
                .into_iter()
                .map(|device| {
                    let truth = Truth {
                        holder: device.assigned_to,
                        active: device.status == "activated",
                        made: device.creations,
                        activated: device.activations,
                    };
                    (device.serial, truth)
                })
                .collect(),
            Idp::Okta => state
                .okta
                .factors
                .into_iter()
                .map(|factor| {
                    // Okta knows no serials; the test's users have one token each.
                    let truth = Truth {
                        active: factor.status == "ACTIVE",
                        made: factor.enrollments,
                        activated: factor.enrollments,
                        holder: Some(factor.user.clone()),
                    };
                    (factor.user, truth)
                })
                .collect(),
        }
    }

    /// Compares a report with the truth, row by row, and tries every token at sign-in.
    pub async fn check(&self, idp: Idp, report: &Report) {
        self.check_with(idp, report, 1).await;
    }

    /// The same where a token may have been activated more than once.
    pub async fn check_with(&self, idp: Idp, report: &Report, activations: u64) {
        let truth = self.truth(idp);
        for row in &report.rows {
            let serial = row.serial.as_ref().unwrap().to_string();
            let user = row.user.clone().unwrap();
            let key = if idp == Idp::Entra { &serial } else { &user };
            let really = truth.get(key);
            let usable = really.is_some_and(|token| token.active);
            let reported = row.state == Some(State::Activated);
            assert_eq!(usable, reported, "row {}: {row:?} {really:?}", row.row);
            if matches!(row.outcome, Outcome::Done | Outcome::Unchanged) {
                let really = really.unwrap();
                assert_eq!(really.holder.as_deref(), Some(user.as_str()), "{row:?}");
                assert_eq!(really.made, 1, "made once: {row:?}");
                let activated = 1..=activations;
                assert!(
                    activated.contains(&really.activated),
                    "activated once: {row:?} {really:?}"
                );
            }
        }
        // No token is usable that the report does not name, at whomever's hands.
        let usable = truth.values().filter(|token| token.active).count();
        let reported = report
            .rows
            .iter()
            .filter(|row| row.state == Some(State::Activated));
        assert_eq!(usable, reported.count());
        self.sign_in_everybody(idp).await;
    }

    /// Every token that the truth calls usable signs in with its next code.
    pub async fn sign_in_everybody(&self, idp: Idp) {
        let truth = self.truth(idp);
        let roster = self.roster();
        for token in roster.tokens() {
            let (user, serial) = (token.user.clone().unwrap(), token.serial.to_string());
            let key = if idp == Idp::Entra { &serial } else { &user };
            if !truth.get(key).is_some_and(|token| token.active) {
                continue;
            }
            let now = self.clock.unix().as_secs() + u64::from(token.period.seconds());
            let [entra, okta] = self.clock_offsets_s;
            let at = now.saturating_add_signed(match idp {
                Idp::Entra => entra,
                Idp::Okta => okta,
            });
            let answer = self.sign_in(idp, &roster, token, at);
            let reason = answer.reason;
            assert!(answer.accepted, "{serial}: {reason:?}");
        }
    }

    /// Signs the holder of a token in with the code of a moment, in Unix seconds.
    pub fn sign_in(&self, idp: Idp, roster: &Roster, token: &Token, at: u64) -> SignInAnswer {
        let seed = roster.seed(&token.serial).unwrap().expose();
        let key = Key::new(token.algorithm, seed);
        let code = Totp::new(token.digits, token.period).generate(&key, at);
        self.sim.sign_in(&SignIn {
            idp,
            user: token.user.clone().unwrap(),
            serial: (idp == Idp::Entra).then(|| token.serial.to_string()),
            code: code.as_str().to_owned(),
            at: Some(at),
        })
    }
}

#[derive(Debug)]
pub struct Truth {
    pub holder: Option<String>,
    pub active: bool,
    pub made: u64,
    pub activated: u64,
}

/// 20 % of calls answered 429, 5 % reset before the work, 5 % reset after it.
pub fn storm() -> Vec<Rule> {
    let rate = |rate, fault| Rule {
        rate: Some(rate),
        ..Rule::always(fault)
    };
    vec![
        rate(
            0.2,
            Fault::Status {
                status: 429,
                retry_after: Some("1".to_owned()),
                after_work: false,
            },
        ),
        // The rates of later rules are of what earlier rules left.
        rate(0.05 / 0.8, Fault::ResetBefore),
        rate(0.05 / 0.75, Fault::ResetAfter),
    ]
}

/// Everything that can happen to a call, 30 % of the time: refused, broken before and after the work,
/// late, cut short, answered by somebody else.
pub fn tempest() -> Vec<Rule> {
    let status = |status, after_work| Fault::Status {
        status,
        retry_after: (status == 429).then(|| "1".to_owned()),
        after_work,
    };
    let page = Fault::Replace {
        status: 200,
        content_type: "text/html".to_owned(),
        body: "<html>Sign in to the proxy</html>".to_owned(),
    };
    let shares = [
        (0.10, status(429, false)),
        (0.02, status(429, true)),
        (0.04, status(503, false)),
        (0.02, status(502, true)),
        (0.03, Fault::ResetBefore),
        (0.04, Fault::ResetAfter),
        (0.02, Fault::ResetThenWork { ms: 4000 }),
        (0.02, Fault::Cut { bytes: 20 }),
        (0.01, page),
    ];
    // The rate of each rule is of what the rules before it left.
    let mut left = 1.0;
    let mut rules = Vec::new();
    for (share, fault) in shares {
        rules.push(Rule {
            rate: Some(share / left),
            ..Rule::always(fault)
        });
        left -= share;
    }
    rules
}

/// The service answers requests of a route with this status.
pub fn answered(route: &str, status: u16) -> Rule {
    Rule {
        route: Some(route.to_owned()),
        ..Rule::always(Fault::Status {
            status,
            retry_after: None,
            after_work: false,
        })
    }
}

pub fn counts(report: &Report) -> (usize, usize) {
    (report.counts.done, report.counts.unchanged)
}

pub fn per_token(calls: Calls, tokens: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    let ratio = calls.total as f64 / tokens as f64;
    ratio
}
