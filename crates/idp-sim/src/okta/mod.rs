//! Placeholder for the Okta half.

use std::time::Duration;

use serde::Serialize;

use crate::service::{Route, Service, SimRequest, SimResponse};
use crate::{Person, SignInAnswer};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct OktaSwitches {}

impl OktaSwitches {
    pub fn set(&mut self, name: &str, _: &str) -> Result<(), String> {
        Err(name.to_owned())
    }
    pub fn list(&self) -> Vec<crate::Switch> {
        Vec::new()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OktaAccess {
    pub org_url: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OktaProfile {}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OktaTruth {}

pub(crate) struct Okta;

impl Okta {
    pub(crate) fn new(_: &[Person], _: OktaSwitches, _: u64) -> Self {
        Self
    }
    pub(crate) fn access(&self) -> OktaAccess {
        OktaAccess {
            org_url: String::new(),
        }
    }
    pub(crate) fn truth(&self) -> OktaTruth {
        OktaTruth {}
    }
    pub(crate) fn sign_in(&self, _: &str, _: Option<&str>, _: &str, _: Duration) -> SignInAnswer {
        SignInAnswer::refused("not here yet")
    }
}

impl Service for Okta {
    fn route(&self, _: &SimRequest) -> Route {
        Route::read("unknown")
    }
    fn handle(&mut self, _: &SimRequest, now: Duration) -> SimResponse {
        self.error(404, None, now)
    }
    fn error(&mut self, status: u16, _: Option<&str>, _: Duration) -> SimResponse {
        let mut response = SimResponse::default();
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
        response
    }
}
