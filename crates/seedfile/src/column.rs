//! The fields of a record and the names that files give them.

/// A field of a token record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    User,
    Serial,
    Secret,
    Interval,
    Manufacturer,
    Model,
    Algorithm,
}

impl Column {
    pub(crate) const ALL: [Self; 7] = [
        Self::User,
        Self::Serial,
        Self::Secret,
        Self::Interval,
        Self::Manufacturer,
        Self::Model,
        Self::Algorithm,
    ];

    /// Whether a record says too little to be a token without it.
    pub(crate) const fn is_required(self) -> bool {
        matches!(self, Self::Serial | Self::Secret | Self::Interval)
    }

    /// The name in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::User => "upn",
            Self::Serial => "serial number",
            Self::Secret => "secret key",
            Self::Interval => "time interval",
            Self::Manufacturer => "manufacturer",
            Self::Model => "model",
            Self::Algorithm => "hash function",
        }
    }

    /// Finds a column by a header cell or a JSON key: case, blanks and underscores do not matter.
    pub(crate) fn find(header: &str) -> Option<Self> {
        NAMES
            .into_iter()
            .find(|(name, _)| is_folded(header, name))
            .map(|(_, column)| column)
    }
}

const NAMES: [(&str, Column); 10] = [
    ("upn", Column::User),
    ("serialnumber", Column::Serial),
    ("secretkey", Column::Secret),
    ("timeinterval", Column::Interval),
    ("timeintervalinseconds", Column::Interval),
    ("manufacturer", Column::Manufacturer),
    ("model", Column::Model),
    ("hashfunction", Column::Algorithm),
    ("algorithm", Column::Algorithm),
    ("hash", Column::Algorithm),
];

/// Without allocation: this runs for every row.
fn is_folded(header: &str, name: &str) -> bool {
    let kept = header
        .chars()
        .filter(|character| !character.is_whitespace() && *character != '_');
    kept.map(|character| character.to_ascii_lowercase())
        .eq(name.chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_matter() {
        for name in [
            "timeinterval",
            "time interval",
            " Time_Interval ",
            "timeIntervalInSeconds",
        ] {
            assert_eq!(Column::find(name), Some(Column::Interval), "{name}");
        }
        assert_eq!(Column::find("SERIAL NUMBER"), Some(Column::Serial));
        assert_eq!(Column::find("serial"), None);
    }
}
