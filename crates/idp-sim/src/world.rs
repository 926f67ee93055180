//! All that one lock protects: the services, the fault script, the record of calls.

use std::collections::BTreeMap;
use std::time::Duration;

use http::header::DATE;

use crate::act::{Act, Subject};
use crate::calls::CallLog;
use crate::config::SimConfig;
use crate::dates::{Dates, Front};
use crate::entra::Entra;
use crate::fate::set_header;
use crate::faults::{Fault, Faults, Script};
use crate::okta::Okta;
use crate::rng::Rng;
use crate::service::{Route, Service, SimRequest, SimResponse};
use crate::sign_in::{Idp, SignIn, SignInAnswer};
use crate::trace::{Event, Trace, fingerprint, millis};
use crate::truth::Truth;

/// Separates the draws for damaged bodies from others of the same seed.
const STREAM: u64 = 0x6a2b;

/// How a request ends.
pub(crate) enum Outcome {
    Answer(SimResponse),
    /// Each byte of the body takes so long.
    Drip(SimResponse, Duration),
    /// Only so many bytes of the body arrive.
    #[cfg_attr(
        not(feature = "serve"),
        expect(dead_code, reason = "in memory a cut answer is no answer")
    )]
    Cut(SimResponse, usize),
    /// The connection breaks.
    Broken,
}

/// A point in time.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    /// The simulator's time since the Unix epoch.
    pub(crate) unix: Duration,
    /// The time since the simulator's start.
    pub(crate) age: Duration,
}

pub(crate) struct World {
    pub(crate) entra: Entra,
    pub(crate) okta: Okta,
    pub(crate) log: CallLog,
    pub(crate) trace: Trace,
    pub(crate) dates: Dates,
    pub(crate) rng: Rng,
    script: Script,
    seed: u64,
    /// Requests to Okta that are not answered yet.
    okta_in_flight: u64,
    /// Work that is done later than its connection broke, by when it is due.
    late: BTreeMap<(Duration, u64), (Idp, SimRequest)>,
    late_ones: u64,
}

impl World {
    pub(crate) fn new(config: SimConfig) -> Self {
        let (entra, okta, seed) = (&config.entra, &config.okta, config.seed);
        let dates = Dates::new(
            Front {
                offset_s: entra.clock_offset_s,
                header: entra.date_header,
                spread_s: entra.date_spread_s,
            },
            Front {
                offset_s: okta.clock_offset_s,
                header: okta.date_header,
                spread_s: okta.date_spread_s,
            },
            seed,
        );
        Self {
            dates,
            rng: Rng::new(seed, STREAM),
            script: Script::new(Faults::default(), seed),
            seed,
            log: CallLog::default(),
            trace: Trace::default(),
            okta_in_flight: 0,
            late: BTreeMap::new(),
            late_ones: 0,
            okta: Okta::new(&config.people, config.okta, seed),
            entra: Entra::new(&config.people, config.entra, seed),
        }
    }

    pub(crate) fn set_faults(&mut self, faults: Faults) {
        self.script = Script::new(faults, self.seed);
        let memory = self.script.memory();
        self.entra.remember_for(memory);
        self.okta.remember_for(memory);
    }

    /// A request arrives: whether the service has a place for it. One that has none needs no [`World::leave`].
    pub(crate) fn enter(&mut self, idp: Idp) -> bool {
        let full = idp == Idp::Okta && self.okta.is_full(self.okta_in_flight);
        if idp == Idp::Okta && !full {
            self.okta_in_flight += 1;
        }
        !full
    }

    /// A request that had a place was answered, or nobody waits for its answer any more.
    pub(crate) fn leave(&mut self, idp: Idp) {
        if idp == Idp::Okta {
            self.okta_in_flight = self.okta_in_flight.saturating_sub(1);
        }
    }

    /// What befalls a request.
    pub(crate) fn meet(&mut self, idp: Idp, request: &SimRequest, age: Duration) -> Option<Fault> {
        let route = self.service(idp).route(request);
        self.script.next(idp, route, age)
    }

    /// Does the work, answers, and counts the call.
    pub(crate) fn carry_out(
        &mut self,
        idp: Idp,
        request: SimRequest,
        fault: Option<&Fault>,
        moment: Moment,
    ) -> Outcome {
        self.catch_up(moment.unix);
        let route = self.service(idp).route(&request);
        let line = self.trace.is_on().then(|| line(&request));
        let mut outcome = self.meet_fate(idp, request, fault, moment);
        self.finish(idp, fault, moment, &mut outcome);
        self.record(idp, route, line, fault, moment, &outcome);
        outcome
    }

    /// Refuses a request for which the service has no place.
    pub(crate) fn turn_away(&mut self, idp: Idp, request: &SimRequest, moment: Moment) -> Outcome {
        let route = self.service(idp).route(request);
        let line = self.trace.is_on().then(|| line(request));
        let now = self.dates.at(idp, moment.unix);
        let mut outcome = Outcome::Answer(self.okta.crowded(now));
        self.finish(idp, None, moment, &mut outcome);
        self.record(idp, route, line, None, moment, &outcome);
        outcome
    }

    /// Dates the answer, and gives it the header on order.
    fn finish(&mut self, idp: Idp, fault: Option<&Fault>, moment: Moment, outcome: &mut Outcome) {
        if let Outcome::Answer(response) | Outcome::Drip(response, _) | Outcome::Cut(response, _) =
            outcome
        {
            let now = self.dates.at(idp, moment.unix);
            let date = self.dates.header(idp, now);
            set_header(response, DATE.as_str(), date.as_deref());
        }
        if let (Outcome::Answer(response), Some(Fault::Header { name, value })) = (outcome, fault) {
            set_header(response, name, value.as_deref());
        }
    }

    fn record(
        &mut self,
        idp: Idp,
        route: Route,
        line: Option<String>,
        fault: Option<&Fault>,
        moment: Moment,
        outcome: &Outcome,
    ) {
        let (end, answer) = match outcome {
            Outcome::Answer(response) | Outcome::Drip(response, _) => {
                (Some(response.status()), response.body().as_slice())
            }
            Outcome::Cut(..) | Outcome::Broken => (None, [].as_slice()),
        };
        self.trace.add(|| Event {
            at_ms: millis(moment.age),
            idp,
            route: route.name.to_owned(),
            request: line.unwrap_or_default(),
            fault: fault.map(|fault| fault.kind().to_owned()),
            end: end.map_or_else(|| "reset".to_owned(), |end| end.as_str().to_owned()),
            answer: fingerprint(answer),
        });
        self.log.count(idp, route, end);
    }

    /// Another operator does something. The act may leave out what `subject` says.
    pub(crate) fn interfere(
        &mut self,
        act: &Act,
        subject: &Subject,
        moment: Moment,
    ) -> Result<(), String> {
        self.catch_up(moment.unix);
        let idp = act.idp();
        let now = self.dates.at(idp, moment.unix);
        let done = self.service(idp).act(act, subject, now);
        self.trace.add(|| Event {
            at_ms: millis(moment.age),
            idp,
            route: "operator".to_owned(),
            request: act.name().to_owned(),
            fault: None,
            end: done.clone().err().unwrap_or_else(|| "done".to_owned()),
            answer: 0,
        });
        done
    }

    pub(crate) fn truth(&mut self, unix: Duration) -> Truth {
        self.catch_up(unix);
        Truth {
            entra: self.entra.truth(),
            okta: self.okta.truth(),
        }
    }

    pub(crate) fn sign_in(&mut self, attempt: &SignIn, unix: Duration) -> SignInAnswer {
        self.catch_up(unix);
        let now = self.dates.at(attempt.idp, unix);
        let now = attempt.at.map_or(now, Duration::from_secs);
        let (user, serial, code) = (&attempt.user, attempt.serial.as_deref(), &attempt.code);
        match attempt.idp {
            Idp::Entra => self.entra.sign_in(user, serial, code, now),
            Idp::Okta => self.okta.sign_in(user, serial, code, now),
        }
    }

    pub(crate) fn service(&mut self, idp: Idp) -> &mut dyn Service {
        match idp {
            Idp::Entra => &mut self.entra,
            Idp::Okta => &mut self.okta,
        }
    }

    pub(crate) fn postpone(&mut self, idp: Idp, request: SimRequest, now: Duration, ms: u64) {
        self.late_ones += 1;
        let due = now.saturating_add(Duration::from_millis(ms));
        self.late.insert((due, self.late_ones), (idp, request));
    }

    /// Does the postponed work that is due.
    fn catch_up(&mut self, unix: Duration) {
        while let Some((&key, &(idp, _))) = self.late.first_key_value() {
            let (due, _) = key;
            if due > self.dates.at(idp, unix) {
                break;
            }
            if let Some((idp, request)) = self.late.remove(&key) {
                self.service(idp).handle(&request, due);
            }
        }
    }
}

/// The method and the address, without the host.
fn line(request: &SimRequest) -> String {
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    format!("{} {path}", request.method())
}
