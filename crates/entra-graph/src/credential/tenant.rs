//! A tenant's name.

use std::fmt;
use std::str::FromStr;

use idp_http::Segment;

use crate::id::is_guid;

/// A tenant: its GUID or one of its verified domains.
///
/// `common`, `organizations` and `consumers` are refused: an application signs in to one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TenantId(Segment);

/// Text that names no single tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a tenant: give the directory's GUID or one of its domains (AZURE_TENANT_ID)")]
pub struct InvalidTenantId;

impl TenantId {
    /// Reads a GUID or a domain name.
    ///
    /// # Errors
    /// [`InvalidTenantId`] for anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidTenantId> {
        if !is_guid(text) && !is_domain(text) {
            return Err(InvalidTenantId);
        }
        let segment = Segment::new(text.to_ascii_lowercase()).map_err(|_| InvalidTenantId)?;
        Ok(Self(segment))
    }

    /// True for a GUID, which is the tenant's id; false for one of its domains.
    #[must_use]
    pub fn is_guid(&self) -> bool {
        is_guid(self.0.as_str())
    }

    pub(crate) fn segment(&self) -> Segment {
        self.0.clone()
    }
}

impl FromStr for TenantId {
    type Err = InvalidTenantId;

    fn from_str(text: &str) -> Result<Self, InvalidTenantId> {
        Self::parse(text)
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// At least two labels of letters, digits and inner dashes (RFC 1123 section 2.1).
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let known = label
            .bytes()
            .all(|b| b == b'-' || b.is_ascii_alphanumeric());
        known && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_label)
}
