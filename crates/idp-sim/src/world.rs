//! All that one lock protects: the services, the fault script, the record of calls.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;
use http::header::{CONTENT_TYPE, DATE, HeaderName, HeaderValue};

use crate::calls::CallLog;
use crate::config::SimConfig;
use crate::entra::Entra;
use crate::faults::{Fault, Faults, Script};
use crate::okta::Okta;
use crate::service::{Route, Service, SimRequest, SimResponse};
use crate::sign_in::{Idp, SignIn, SignInAnswer};
use crate::timestamp;
use crate::truth::Truth;

/// How a request ends.
pub(crate) enum Outcome {
    Answer(SimResponse),
    /// Only so many bytes of the body arrive.
    #[cfg_attr(
        not(feature = "serve"),
        expect(dead_code, reason = "in memory a cut answer is no answer")
    )]
    Cut(SimResponse, usize),
    /// The connection breaks.
    Broken,
}

pub(crate) struct World {
    pub(crate) entra: Entra,
    pub(crate) okta: Okta,
    pub(crate) script: Script,
    pub(crate) log: CallLog,
    entra_offset_s: i64,
    okta_offset_s: i64,
    /// Work that is done later than its connection broke, by when it is due.
    late: BTreeMap<(Duration, u64), (Idp, SimRequest)>,
    late_ones: u64,
}

impl World {
    pub(crate) fn new(config: SimConfig) -> Self {
        Self {
            entra_offset_s: config.entra.clock_offset_s,
            okta_offset_s: config.okta.clock_offset_s,
            script: Script::new(Faults::default(), config.seed),
            log: CallLog::default(),
            late: BTreeMap::new(),
            late_ones: 0,
            okta: Okta::new(&config.people, config.okta, config.seed),
            entra: Entra::new(&config.people, config.entra, config.seed),
        }
    }

    /// Which operation a request is, and what befalls it.
    pub(crate) fn meet(&mut self, idp: Idp, request: &SimRequest) -> (Route, Option<Fault>) {
        let route = self.service(idp).route(request);
        (route, self.script.next(idp, route))
    }

    /// Does the work, answers, and counts the call.
    pub(crate) fn carry_out(
        &mut self,
        idp: Idp,
        route: Route,
        request: SimRequest,
        fault: Option<&Fault>,
        unix: Duration,
    ) -> Outcome {
        self.catch_up(unix);
        let now = self.service_time(idp, unix);
        let mut outcome = self.meet_fate(idp, request, fault, now);
        if let Outcome::Answer(response) | Outcome::Cut(response, _) = &mut outcome {
            date(response, now);
        }
        if let (Outcome::Answer(response), Some(Fault::Header { name, value })) =
            (&mut outcome, fault)
        {
            set_header(response, name, value.as_deref());
        }
        let end = match &outcome {
            Outcome::Answer(response) => response.status().as_str().to_owned(),
            Outcome::Cut(..) | Outcome::Broken => "reset".to_owned(),
        };
        self.log.count(idp, route, end);
        outcome
    }

    fn meet_fate(
        &mut self,
        idp: Idp,
        request: SimRequest,
        fault: Option<&Fault>,
        now: Duration,
    ) -> Outcome {
        let work = |world: &mut Self| world.service(idp).handle(&request, now);
        match fault {
            Some(Fault::ResetBefore) => Outcome::Broken,
            Some(Fault::ResetThenWork { ms }) => {
                self.postpone(idp, request, now, *ms);
                Outcome::Broken
            }
            Some(Fault::ResetAfter) => {
                work(self);
                Outcome::Broken
            }
            Some(Fault::Status {
                status,
                retry_after,
                after_work,
            }) => {
                if *after_work {
                    work(self);
                }
                Outcome::Answer(
                    self.service(idp)
                        .error(*status, retry_after.as_deref(), now),
                )
            }
            Some(Fault::Cut { bytes }) => Outcome::Cut(work(self), *bytes),
            Some(Fault::Replace {
                status,
                content_type,
                body,
            }) => {
                work(self);
                Outcome::Answer(replacement(*status, content_type, body))
            }
            Some(Fault::Rewrite { find, put }) => Outcome::Answer(rewrite(work(self), find, put)),
            Some(Fault::Delay { .. } | Fault::DelayAfter { .. } | Fault::Header { .. }) | None => {
                Outcome::Answer(work(self))
            }
        }
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
        let now = self.service_time(attempt.idp, unix);
        let now = attempt.at.map_or(now, Duration::from_secs);
        let (user, serial, code) = (&attempt.user, attempt.serial.as_deref(), &attempt.code);
        match attempt.idp {
            Idp::Entra => self.entra.sign_in(user, serial, code, now),
            Idp::Okta => self.okta.sign_in(user, serial, code, now),
        }
    }

    fn service(&mut self, idp: Idp) -> &mut dyn Service {
        match idp {
            Idp::Entra => &mut self.entra,
            Idp::Okta => &mut self.okta,
        }
    }

    fn service_time(&self, idp: Idp, unix: Duration) -> Duration {
        let offset = match idp {
            Idp::Entra => self.entra_offset_s,
            Idp::Okta => self.okta_offset_s,
        };
        let shift = Duration::from_secs(offset.unsigned_abs());
        match offset {
            0.. => unix.saturating_add(shift),
            _ => unix.saturating_sub(shift),
        }
    }

    fn postpone(&mut self, idp: Idp, request: SimRequest, now: Duration, ms: u64) {
        self.late_ones += 1;
        let due = now.saturating_add(Duration::from_millis(ms));
        self.late.insert((due, self.late_ones), (idp, request));
    }

    /// Does the postponed work that is due.
    fn catch_up(&mut self, unix: Duration) {
        while let Some((&key, &(idp, _))) = self.late.first_key_value() {
            let (due, _) = key;
            if due > self.service_time(idp, unix) {
                break;
            }
            if let Some((idp, request)) = self.late.remove(&key) {
                self.service(idp).handle(&request, due);
            }
        }
    }
}

fn date(response: &mut SimResponse, now: Duration) {
    let date = timestamp::http_date(now);
    set_header(response, DATE.as_str(), date.as_deref());
}

fn set_header(response: &mut SimResponse, name: &str, value: Option<&str>) {
    let Ok(name) = HeaderName::try_from(name) else {
        return;
    };
    match value.map(HeaderValue::try_from) {
        Some(Ok(value)) => {
            response.headers_mut().insert(name, value);
        }
        Some(Err(_)) => {}
        None => {
            response.headers_mut().remove(name);
        }
    }
}

fn replacement(status: u16, content_type: &str, body: &str) -> SimResponse {
    let mut response = SimResponse::new(body.as_bytes().to_vec());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    set_header(&mut response, CONTENT_TYPE.as_str(), Some(content_type));
    response
}

fn rewrite(response: SimResponse, find: &str, put: &str) -> SimResponse {
    response.map(|body| {
        String::from_utf8_lossy(&body)
            .replace(find, put)
            .into_bytes()
    })
}
