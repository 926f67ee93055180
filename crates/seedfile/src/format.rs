//! The formats by name.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A file format that can be read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// CSV as Token2 delivers it: the column is spelt `timeinterval`.
    Token2Csv,
    /// CSV as Microsoft documents it: the column is spelt `time interval`. Other spellings of the
    /// column count here, too.
    EntraCsv,
    /// The body of Microsoft Graph's bulk create request.
    GraphJson,
    /// Any table whose columns the caller names, see
    /// [`ReadOptions::column`](crate::ReadOptions::column). It is not written.
    Csv,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Token2Csv, Self::EntraCsv, Self::GraphJson, Self::Csv];

    /// The name used on command lines and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token2Csv => "token2-csv",
            Self::EntraCsv => "entra-csv",
            Self::GraphJson => "graph-json",
            Self::Csv => "csv",
        }
    }

    pub(crate) const fn is_table(self) -> bool {
        matches!(self, Self::Token2Csv | Self::EntraCsv | Self::Csv)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No format has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a known format: use token2-csv, entra-csv, graph-json or csv")]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL
            .into_iter()
            .find(|format| format.name().eq_ignore_ascii_case(name))
            .ok_or(UnknownFormat)
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
