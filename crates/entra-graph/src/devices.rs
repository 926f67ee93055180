//! The inventory: listing and creating devices.

use http::Method;
use idp_http::{BadAnswer, BaseUrl, Effect, Endpoint, Query, Request, Response};

use crate::device::WireDevice;
use crate::endpoint::{
    GraphEndpoint, INVENTORY, INVENTORY_AND_METHODS, conceal, inventory, request,
};
use crate::page::Start;
use crate::{Device, NewDevice, Page, PageLink, wire};

/// Lists the devices of the inventory, page by page.
///
/// Only devices that were created through Graph are there; tokens uploaded as CSV in the admin centre
/// are another store.
#[derive(Clone, Debug)]
pub struct ListDevices(Start);

impl ListDevices {
    /// Every device, first page.
    #[must_use]
    pub fn all() -> Self {
        Self(Start::First(Query::new()))
    }

    /// Devices with this serial number: none or one.
    #[must_use]
    pub fn with_serial(serial: &str) -> Self {
        let filter = format!("serialNumber eq {}", wire::literal(serial));
        Self(Start::First(Query::new().with("$filter", &filter)))
    }

    /// The page behind a link.
    #[must_use]
    pub fn next(link: PageLink) -> Self {
        Self(Start::Next(link))
    }
}

impl Endpoint for ListDevices {
    type Output = Page<Device>;
    const NAME: &'static str = "list devices";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        self.0.request(base, &inventory())
    }

    fn response(&self, base: &BaseUrl, response: &Response) -> Result<Page<Device>, BadAnswer> {
        self.0.page(base, response, WireDevice::read)
    }
}

impl GraphEndpoint for ListDevices {
    fn permission(&self) -> &'static str {
        INVENTORY
    }
}

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

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Device, BadAnswer> {
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
