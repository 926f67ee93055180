//! What was asked of the services.

use std::collections::BTreeMap;
use std::fmt;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::service::Route;
use crate::sign_in::Idp;

/// How often each operation was called, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// One entry for each operation and end.
    pub calls: Vec<Call>,
    /// All requests, those for access tokens included.
    pub total: u64,
    /// Those that may have changed something.
    pub writes: u64,
}

/// Requests of one kind that ended alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The service.
    pub idp: Idp,
    /// The operation.
    pub route: String,
    /// The HTTP status, or `reset` where the connection broke.
    pub status: String,
    /// Whether the operation may change something.
    pub write: bool,
    /// How many there were.
    pub count: u64,
}

impl Calls {
    /// The requests on `route`, whatever their end.
    #[must_use]
    pub fn on(&self, route: &str) -> u64 {
        let matching = self.calls.iter().filter(|call| call.route == route);
        matching.map(|call| call.count).sum()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Status(u16),
    Reset,
}

impl From<Option<StatusCode>> for End {
    fn from(status: Option<StatusCode>) -> Self {
        status.map_or(Self::Reset, |status| Self::Status(status.as_u16()))
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::Reset => f.write_str("reset"),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct CallLog(BTreeMap<(Idp, &'static str, bool, End), u64>);

impl CallLog {
    /// `end` is nothing where the connection broke.
    pub(crate) fn count(&mut self, idp: Idp, route: Route, end: Option<StatusCode>) {
        let key = (idp, route.name, route.write, end.into());
        *self.0.entry(key).or_default() += 1;
    }

    pub(crate) fn report(&self) -> Calls {
        let calls = self
            .0
            .iter()
            .map(|((idp, route, write, status), count)| Call {
                idp: *idp,
                route: (*route).to_owned(),
                status: status.to_string(),
                write: *write,
                count: *count,
            });
        let writes = self.0.iter().filter(|((_, _, write, _), _)| *write);
        Calls {
            calls: calls.collect(),
            total: self.0.values().sum(),
            writes: writes.map(|(_, count)| count).sum(),
        }
    }
}
