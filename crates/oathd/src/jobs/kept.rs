//! What lies sealed on disk while a job has not come to its end.

use provisioner::RunId;
use serde::{Deserialize, Serialize};

use crate::places::Idp;
use crate::upload::About;

/// What somebody wants of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Wish {
    /// It goes on, also after a restart.
    Going,
    /// It waits until somebody lets it go on.
    Paused,
    /// It is to end: no more calls are made for it.
    Cancelled,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) runs: Vec<RunId>,
    pub(super) idp: Idp,
    pub(super) by: String,
    pub(super) wish: Wish,
    /// Who wants it so; nobody where what was typed is lost since the server ended.
    #[serde(default)]
    pub(super) wished_by: Option<String>,
    pub(super) even_so: bool,
    /// How the file is read, where the seeds come from one.
    pub(super) file: Option<About>,
}

impl Kept {
    /// The beginning of the names of all such documents.
    pub(super) const PREFIX: &'static str = "job-";

    pub(super) fn name(&self) -> String {
        format!("{}{}", Self::PREFIX, self.id())
    }

    /// Where the bytes of the file are.
    pub(super) fn file_name(&self) -> String {
        format!("file-{}", self.id())
    }

    fn id(&self) -> &str {
        self.runs.first().map_or("none", |run| run.0.as_str())
    }
}
