//! The formats by name.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::read::detect::Family;

/// A file format that is read; most are written, too.
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
    /// The JSON of the PowerShell module EntraOATH: `{"inventory": […], "assignments": […]}`. It is
    /// not written.
    EntraOathJson,
    /// Links of the Key URI form, one a line.
    Otpauth,
    /// The headerless OATH CSV of privacyIDEA, LinOTP, NetIQ and FreeIPA: serial number, hexadecimal
    /// key, type, digits, time step or counter, hash function.
    OathCsv,
    /// The text for Duo and PingID: serial number, hexadecimal key and, for tokens that count
    /// events, a counter. `pingid` is the same format by another name.
    Duo,
    /// The headerless CSV of multiOTP with semicolons.
    MultiotpCsv,
    /// PSKC (RFC 6030).
    Pskc,
    /// Any table whose columns the caller names, see
    /// [`ReadOptions::column`](crate::ReadOptions::column). It is not written.
    Csv,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 10] = [
        Self::Token2Csv,
        Self::EntraCsv,
        Self::GraphJson,
        Self::EntraOathJson,
        Self::Otpauth,
        Self::OathCsv,
        Self::Duo,
        Self::MultiotpCsv,
        Self::Pskc,
        Self::Csv,
    ];

    /// The name used on command lines and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token2Csv => "token2-csv",
            Self::EntraCsv => "entra-csv",
            Self::GraphJson => "graph-json",
            Self::EntraOathJson => "entraoath-json",
            Self::Otpauth => "otpauth",
            Self::OathCsv => "oath-csv",
            Self::Duo => "duo",
            Self::MultiotpCsv => "multiotp-csv",
            Self::Pskc => "pskc",
            Self::Csv => "csv",
        }
    }

    /// What a row of such a file is called: `"line"`, `"item"` in JSON or `"package"` in PSKC, as in
    /// [`Problem::row`](crate::Problem::row).
    #[must_use]
    pub const fn row_word(self) -> &'static str {
        match self.family() {
            Family::Json => "item",
            Family::Pskc => "package",
            _ => "line",
        }
    }

    /// The kind of text that it is.
    pub(crate) const fn family(self) -> Family {
        match self {
            Self::Token2Csv | Self::EntraCsv | Self::Csv => Family::Table,
            Self::GraphJson | Self::EntraOathJson => Family::Json,
            Self::Otpauth => Family::Links,
            Self::OathCsv => Family::OathCsv,
            Self::Duo => Family::Duo,
            Self::MultiotpCsv => Family::MultiotpCsv,
            Self::Pskc => Family::Pskc,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No format has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a known format: use token2-csv, entra-csv, graph-json, entraoath-json, otpauth, oath-csv, duo (or pingid), \
     multiotp-csv, pskc or csv"
)]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        if name.eq_ignore_ascii_case("pingid") {
            return Ok(Self::Duo);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name_and_named_to_who_asks_for_another() {
        let message = UnknownFormat.to_string();
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
            assert!(message.contains(format.name()), "{format}");
        }
        assert_eq!("PingID".parse(), Ok(Format::Duo));
        assert_eq!("xlsx".parse::<Format>(), Err(UnknownFormat));
    }
}
