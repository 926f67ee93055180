//! The inventory: creating, changing and deleting a device.

use http::Method;
use idp_http::{BadAnswer, BaseUrl, Body, Effect, Endpoint, Query, Request, Response};
use serde::Serialize;

use crate::device::WireDevice;
use crate::endpoint::{
    GraphEndpoint, INVENTORY, INVENTORY_AND_METHODS, conceal, inventory, inventory_below, request,
};
use crate::{Device, HashFunction, NewDevice, ObjectId, wire};

/// Creates one device, and assigns it where [`NewDevice::assign_to`] names a user.
#[derive(Debug)]
pub struct CreateDevice(pub NewDevice);

impl Endpoint for CreateDevice {
    type Output = Device;
    const NAME: &'static str = "create a device";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let uri = base.uri(&inventory(), &Query::new());
        request(Method::POST, uri, wire::encode(&self.0.wire(None)))
    }

    /// A success without a device leaves the creation in doubt: read the inventory by the serial.
    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Device, BadAnswer> {
        if wire::is_blank(response) {
            return Err(BadAnswer::new("it does not show the new device"));
        }
        wire::decode::<WireDevice>(response.body())?.read()
    }
}

impl GraphEndpoint for CreateDevice {
    fn permission(&self) -> &'static str {
        permission(std::slice::from_ref(&self.0))
    }

    fn conceal(&self, text: String) -> String {
        conceal(text, &self.0.secret_base32)
    }
}

/// What creating these devices needs.
pub(crate) fn permission(devices: &[NewDevice]) -> &'static str {
    if devices.iter().any(|device| device.assign_to.is_some()) {
        INVENTORY_AND_METHODS
    } else {
        INVENTORY
    }
}

/// Changes a device that nobody has. The seed and the serial number cannot be changed.
///
/// The answer may show the device or nothing (204); in the second case read it to see the change.
#[derive(Clone, Debug)]
pub struct UpdateDevice {
    /// The device.
    pub device: ObjectId,
    /// What becomes of it.
    pub changes: DeviceChanges,
}

/// What is changed of a device: every property that is `Some`, and at least one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceChanges {
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The time step (RFC 6238's X) in seconds: 30 or 60.
    #[serde(
        rename = "timeIntervalInSeconds",
        skip_serializing_if = "Option::is_none"
    )]
    pub period_seconds: Option<u32>,
    /// The hash function.
    #[serde(rename = "hashFunction", skip_serializing_if = "Option::is_none")]
    pub hash: Option<HashFunction>,
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

impl Endpoint for UpdateDevice {
    type Output = Option<Device>;
    const NAME: &'static str = "change a device";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let uri = base.uri(&inventory_below(self.device.segment()), &Query::new());
        request(Method::PATCH, uri, wire::encode(&self.changes))
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Option<Device>, BadAnswer> {
        if wire::is_blank(response) {
            return Ok(None);
        }
        let device = wire::decode::<WireDevice>(response.body())?.read()?;
        if device.id != self.device {
            return Err(BadAnswer::new("it shows another device"));
        }
        Ok(Some(device))
    }
}

impl GraphEndpoint for UpdateDevice {
    fn permission(&self) -> &'static str {
        INVENTORY
    }
}

/// Deletes a device that nobody has.
///
/// For some minutes afterwards the service refuses a new device with the same serial number.
#[derive(Clone, Debug)]
pub struct DeleteDevice(pub ObjectId);

impl Endpoint for DeleteDevice {
    type Output = ();
    const NAME: &'static str = "delete a device";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let uri = base.uri(&inventory_below(self.0.segment()), &Query::new());
        request(Method::DELETE, uri, Body::empty())
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<(), BadAnswer> {
        wire::done(response)
    }
}

impl GraphEndpoint for DeleteDevice {
    fn permission(&self) -> &'static str {
        INVENTORY
    }
}
