//! A hardware OATH token as Graph describes it.

use idp_http::{BadAnswer, printable};
use secrecy::{ExposeSecret, SecretString};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize, Serializer};

use crate::ObjectId;
use crate::wire;

/// A device of the inventory. Its texts are [`printable`].
///
/// Whether somebody has it is said by [`assigned_to`](Self::assigned_to), not by
/// [`status`](Self::status): after a creation with an assignment one documented sample shows
/// `assigned`, another `available`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Device {
    /// The device's id; published samples show the same id for its method.
    pub id: ObjectId,
    /// The serial number; empty where the service names none.
    pub serial: String,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The display name.
    pub display_name: Option<String>,
    /// The time step (RFC 6238's X) in seconds.
    pub period_seconds: Option<u32>,
    /// The hash function.
    pub hash: Option<HashFunction>,
    /// Where it stands; `Other("")` where the service says nothing.
    pub status: DeviceStatus,
    /// Who has it.
    pub assigned_to: Option<Identity>,
    /// When it was last used to sign in, as the service writes it (ISO 8601).
    pub last_used: Option<String>,
}

/// In which of Entra's two stores a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenStore {
    /// Created through Graph: in the inventory, found by its serial number.
    Graph,
    /// Uploaded as CSV in the admin centre: one of its user's methods, not found by its serial number.
    Legacy,
}

impl Device {
    /// In which store the token is, by the answer to [`ListDevices::with_serial`] for its serial
    /// number: nothing in a token itself tells it.
    ///
    /// [`ListDevices::with_serial`]: crate::ListDevices::with_serial
    #[must_use]
    pub fn store(&self, with_its_serial: &[Self]) -> TokenStore {
        if with_its_serial.iter().any(|one| one.id == self.id) {
            TokenStore::Graph
        } else {
            TokenStore::Legacy
        }
    }
}

/// Who has a device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// The user's id.
    pub id: ObjectId,
    /// The user's display name.
    pub display_name: Option<String>,
}

/// The hash function of a token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashFunction {
    /// HMAC-SHA-1.
    HmacSha1,
    /// HMAC-SHA-256.
    HmacSha256,
    /// A value that this version does not know, as the service writes it.
    Other(String),
}

impl HashFunction {
    fn read(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "hmacsha1" => Self::HmacSha1,
            "hmacsha256" => Self::HmacSha256,
            _ => Self::Other(printable(text)),
        }
    }

    /// The value as Graph writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::HmacSha1 => "hmacsha1",
            Self::HmacSha256 => "hmacsha256",
            Self::Other(text) => text,
        }
    }
}

impl Serialize for HashFunction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Where a device stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeviceStatus {
    /// In the inventory, nobody has it.
    Available,
    /// A user has it and cannot sign in with it yet.
    Assigned,
    /// A user can sign in with it.
    Activated,
    /// The last activation was refused.
    FailedActivation,
    /// A value that this version does not know, as the service writes it.
    Other(String),
}

impl DeviceStatus {
    fn read(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "available" => Self::Available,
            "assigned" => Self::Assigned,
            "activated" => Self::Activated,
            "failedactivation" => Self::FailedActivation,
            _ => Self::Other(printable(text)),
        }
    }

    /// The value as Graph writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Available => "available",
            Self::Assigned => "assigned",
            Self::Activated => "activated",
            Self::FailedActivation => "failedActivation",
            Self::Other(text) => text,
        }
    }
}

/// A device to create.
///
/// `Debug` shows neither the seed nor a part of it.
#[derive(Debug)]
pub struct NewDevice {
    /// The serial number; unique in the tenant.
    pub serial: String,
    /// Who made it; required by the service.
    pub manufacturer: String,
    /// The model; required by the service.
    pub model: String,
    /// The seed in Base32 (RFC 4648), upper case, without padding.
    pub secret_base32: SecretString,
    /// The time step (RFC 6238's X) in seconds: 30 or 60.
    pub period_seconds: u32,
    /// The hash function.
    pub hash: HashFunction,
    /// The display name.
    pub display_name: Option<String>,
    /// A user to assign it to in the same call.
    pub assign_to: Option<ObjectId>,
}

impl NewDevice {
    pub(crate) fn wire(&self, content_id: Option<String>) -> WireNewDevice<'_> {
        WireNewDevice {
            content_id,
            serial_number: &self.serial,
            manufacturer: &self.manufacturer,
            model: &self.model,
            secret_key: self.secret_base32.expose_secret(),
            time_interval_in_seconds: self.period_seconds,
            hash_function: self.hash.as_str(),
            display_name: self.display_name.as_deref(),
            assign_to: self.assign_to.as_ref().map(|id| Reference { id }),
        }
    }
}

/// The body of a creation. No `Debug`: it borrows the seed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireNewDevice<'a> {
    #[serde(rename = "@contentId", skip_serializing_if = "Option::is_none")]
    content_id: Option<String>,
    serial_number: &'a str,
    manufacturer: &'a str,
    model: &'a str,
    secret_key: &'a str,
    time_interval_in_seconds: u32,
    hash_function: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assign_to: Option<Reference<'a>>,
}

/// `{"id": "…"}`.
#[derive(Serialize)]
pub(crate) struct Reference<'a> {
    pub(crate) id: &'a ObjectId,
}

/// A device in an answer: flat as the service sends it, or inside a method's `device` as some
/// documented samples show it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireDevice {
    id: Option<String>,
    pub(crate) serial_number: Option<String>,
    manufacturer: Option<String>,
    model: Option<String>,
    display_name: Option<String>,
    #[serde(default, deserialize_with = "wire::number")]
    time_interval_in_seconds: Option<u32>,
    hash_function: Option<String>,
    status: Option<String>,
    assigned_to: Option<WireIdentity>,
    last_used_date_time: Option<String>,
    pub(crate) device: Option<Box<WireDevice>>,
    /// A failed item, which may carry an id all the same.
    #[serde(
        rename = "@Core.DataModificationException",
        alias = "@Org.OData.Core.V1.DataModificationException"
    )]
    refused: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireIdentity {
    id: Option<String>,
    display_name: Option<String>,
}

impl WireDevice {
    /// The device, out of the method around it where there is one.
    pub(crate) fn read(mut self) -> Result<Device, BadAnswer> {
        if self.refused.is_some() {
            return Err(BadAnswer::new("it says that a device was refused"));
        }
        let device = match self.device.take() {
            Some(inner) => *inner,
            None => self,
        };
        Ok(Device {
            id: object_id(device.id.as_deref(), "a device")?,
            serial: wire::text(device.serial_number.as_deref()).unwrap_or_default(),
            manufacturer: wire::text(device.manufacturer.as_deref()),
            model: wire::text(device.model.as_deref()),
            display_name: wire::text(device.display_name.as_deref()),
            period_seconds: device.time_interval_in_seconds,
            hash: device.hash_function.as_deref().map(HashFunction::read),
            status: DeviceStatus::read(device.status.as_deref().unwrap_or_default()),
            assigned_to: device.assigned_to.map_or(Ok(None), WireIdentity::read)?,
            last_used: wire::text(device.last_used_date_time.as_deref()),
        })
    }
}

impl WireIdentity {
    /// An empty object means nobody; a name without an id is no answer.
    fn read(self) -> Result<Option<Identity>, BadAnswer> {
        let blank = |text: &Option<String>| text.as_deref().is_none_or(str::is_empty);
        if blank(&self.id) && blank(&self.display_name) {
            return Ok(None);
        }
        Ok(Some(Identity {
            id: object_id(self.id.as_deref(), "the holder of a device")?,
            display_name: wire::text(self.display_name.as_deref()),
        }))
    }
}

/// An id that an answer must hold. All zeros, as failed items of a bulk answer have it, is none.
pub(crate) fn object_id(text: Option<&str>, of: &str) -> Result<ObjectId, BadAnswer> {
    let text = text.filter(|text| *text != NO_ID);
    let text = text.ok_or_else(|| BadAnswer::new(format!("{of} has no id")))?;
    ObjectId::parse(text).map_err(|_| BadAnswer::new(format!("the id of {of} is no GUID")))
}

const NO_ID: &str = "00000000-0000-0000-0000-000000000000";
