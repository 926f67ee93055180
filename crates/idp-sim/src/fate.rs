//! What faults do to requests and answers.

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use http::{Method, StatusCode};
use std::time::Duration;

use crate::faults::Fault;
use crate::garble::garble;
use crate::paging::distort;
use crate::service::{SimRequest, SimResponse};
use crate::sign_in::Idp;
use crate::world::{Moment, Outcome, World};

impl World {
    /// Does the work as far as the fault lets it, and answers.
    pub(crate) fn meet_fate(
        &mut self,
        idp: Idp,
        request: SimRequest,
        fault: Option<&Fault>,
        moment: Moment,
    ) -> Outcome {
        let now = self.dates.at(idp, moment.unix);
        match fault {
            Some(Fault::ResetBefore | Fault::HangBefore { .. }) => Outcome::Broken,
            Some(Fault::ResetThenWork { ms }) => {
                self.postpone(idp, request, now, *ms);
                Outcome::Broken
            }
            Some(Fault::ResetAfter | Fault::HangAfter { .. }) => {
                self.work_unseen(idp, &request, now)
            }
            Some(Fault::Stale { .. }) if request.method() != Method::GET => {
                self.work_unseen(idp, &request, now)
            }
            Some(Fault::Cut { bytes }) => Outcome::Cut(self.work(idp, &request, now), *bytes),
            Some(Fault::Drip { ms }) => {
                Outcome::Drip(self.work(idp, &request, now), Duration::from_millis(*ms))
            }
            other => Outcome::Answer(self.answer(idp, &request, other, moment, now)),
        }
    }

    fn work(&mut self, idp: Idp, request: &SimRequest, now: Duration) -> SimResponse {
        self.service(idp).handle(request, now)
    }

    fn work_unseen(&mut self, idp: Idp, request: &SimRequest, now: Duration) -> Outcome {
        self.work(idp, request, now);
        Outcome::Broken
    }

    /// The answer of a request that gets a whole one.
    fn answer(
        &mut self,
        idp: Idp,
        request: &SimRequest,
        fault: Option<&Fault>,
        moment: Moment,
        now: Duration,
    ) -> SimResponse {
        match fault {
            Some(Fault::Status {
                status,
                retry_after,
                after_work,
            }) => {
                if *after_work {
                    self.work(idp, request, now);
                }
                self.service(idp)
                    .error(*status, retry_after.as_deref(), now)
            }
            Some(Fault::Redirect { status, location }) => {
                let mut response = replacement(*status, "text/html", "");
                set_header(&mut response, LOCATION.as_str(), Some(location));
                response
            }
            Some(Fault::Stale { ms }) => {
                self.service(idp).look_back(Duration::from_millis(*ms));
                let response = self.work(idp, request, now);
                self.service(idp).look_back(Duration::ZERO);
                response
            }
            Some(Fault::Interfere { act, after }) => {
                let subject = self.service(idp).subject(request);
                if *after {
                    let response = self.work(idp, request, now);
                    let _ = self.interfere(act, &subject, moment);
                    return response;
                }
                let _ = self.interfere(act, &subject, moment);
                self.work(idp, request, now)
            }
            other => {
                let response = self.work(idp, request, now);
                self.altered(idp, request, response, other)
            }
        }
    }

    /// The answer to work that was done, as the fault leaves it.
    fn altered(
        &mut self,
        idp: Idp,
        request: &SimRequest,
        response: SimResponse,
        fault: Option<&Fault>,
    ) -> SimResponse {
        match fault {
            Some(Fault::Replace {
                status,
                content_type,
                body,
            }) => replacement(*status, content_type, body),
            Some(Fault::Rewrite { find, put }) => rewrite(response, find, put),
            Some(Fault::Garble { how }) => garble(*how, response, &mut self.rng),
            Some(Fault::Flood { bytes }) => response.map(|mut body| {
                body.resize(body.len().max(*bytes), b' ');
                body
            }),
            Some(Fault::Page { how }) => distort(idp, how, request, response),
            _ => response,
        }
    }
}

pub(crate) fn set_header(response: &mut SimResponse, name: &str, value: Option<&str>) {
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
