//! The inventory: listing, counting and reading devices.

use http::{HeaderValue, Method, header};
use idp_http::{BadAnswer, BaseUrl, Body, Effect, Endpoint, Query, Request, Response, Segment};

use crate::device::WireDevice;
use crate::endpoint::{GraphEndpoint, INVENTORY, inventory, inventory_below, request};
use crate::page::{Manner, Start};
use crate::{Device, DeviceStatus, ObjectId, Page, PageLink, wire};

/// The most devices that a page is known to hold: 1000. Larger pages may be refused.
pub const DEVICES_PAGE: usize = 1000;

/// Which devices: all that have every property named here; all devices where none is.
///
/// The service compares, and whether it minds the case of letters is not documented. Only tokens that
/// were created through Graph are found, never those uploaded as CSV.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFilter {
    /// The serial number.
    pub serial: Option<String>,
    /// Where it stands. About who has a device, the holder tells more than the status.
    pub status: Option<DeviceStatus>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// The model.
    pub model: Option<String>,
}

impl DeviceFilter {
    /// The query with the filter, where there is one.
    fn put(&self, query: Query) -> Query {
        let status = self.status.as_ref().map(DeviceStatus::as_str);
        let named = [
            ("serialNumber", self.serial.as_deref()),
            ("status", status),
            ("manufacturer", self.manufacturer.as_deref()),
            ("model", self.model.as_deref()),
        ];
        let named = named
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} eq {}", wire::literal(value?))));
        match named.collect::<Vec<_>>().join(" and ") {
            filter if filter.is_empty() => query,
            filter => query.with("$filter", &filter),
        }
    }
}

/// A property of a device that a list can leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DeviceProperty {
    /// [`Device::manufacturer`].
    Manufacturer,
    /// [`Device::model`].
    Model,
    /// [`Device::display_name`].
    DisplayName,
    /// [`Device::period_seconds`].
    Period,
    /// [`Device::hash`].
    Hash,
    /// [`Device::last_used`].
    LastUsed,
}

impl DeviceProperty {
    fn name(self) -> &'static str {
        match self {
            Self::Manufacturer => "manufacturer",
            Self::Model => "model",
            Self::DisplayName => "displayName",
            Self::Period => "timeIntervalInSeconds",
            Self::Hash => "hashFunction",
            Self::LastUsed => "lastUsedDateTime",
        }
    }
}

/// What a list of devices is to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceQuery {
    /// Which devices.
    pub filter: DeviceFilter,
    /// Only devices that somebody has, or only those that nobody has.
    ///
    /// Judged by [`Device::assigned_to`] when a page is read: how the service would filter by the
    /// holder is not documented. So pages may be empty, and every page is fetched.
    pub assigned: Option<bool>,
    /// Only these properties beside the id, the serial number, the status and the holder, which
    /// always come; every property where it is `None`.
    pub select: Option<Vec<DeviceProperty>>,
    /// Devices on a page, at most [`DEVICES_PAGE`]; the service decides where it is `None`.
    pub page_size: Option<usize>,
}

impl DeviceQuery {
    fn query(&self) -> Query {
        let mut query = self.filter.put(Query::new());
        if let Some(properties) = &self.select {
            let always = ["id", "serialNumber", "status", "assignedTo"];
            let names = always
                .into_iter()
                .chain(properties.iter().map(|p| p.name()));
            query = query.with("$select", &names.collect::<Vec<_>>().join(","));
        }
        match self.page_size {
            Some(size) => query.with("$top", &size.clamp(1, DEVICES_PAGE).to_string()),
            None => query,
        }
    }
}

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
        Self::matching(&DeviceQuery::default())
    }

    /// The devices that a query describes, first page.
    #[must_use]
    pub fn matching(query: &DeviceQuery) -> Self {
        let assigned = query.assigned;
        let start = Start::first(inventory(), query.query());
        Self(start.in_manner(Manner {
            assigned,
            ..Manner::default()
        }))
    }

    /// Devices with this serial number: none or one.
    #[must_use]
    pub fn with_serial(serial: &str) -> Self {
        let mut query = DeviceQuery::default();
        query.filter.serial = Some(serial.to_owned());
        Self::matching(&query)
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
        self.0.request(base)
    }

    fn response(&self, base: &BaseUrl, response: &Response) -> Result<Page<Device>, BadAnswer> {
        let mut page = self.0.page(base, response, WireDevice::read)?;
        if let Some(assigned) = self.0.manner().assigned {
            let keep = |device: &Device| device.assigned_to.is_some() == assigned;
            page.items.retain(keep);
        }
        Ok(page)
    }
}

/// Counts the devices of the inventory. `$count` is in Microsoft's SDK and not in its reference.
#[derive(Clone, Debug, Default)]
pub struct CountDevices(pub DeviceFilter);

impl Endpoint for CountDevices {
    type Output = u64;
    const NAME: &'static str = "count devices";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let path = inventory_below(Segment::literal("$count"));
        let uri = base.uri(&path, &self.0.put(Query::new()));
        let mut request = request(Method::GET, uri, Body::empty());
        let text = HeaderValue::from_static("text/plain");
        request.headers_mut().insert(header::ACCEPT, text);
        request
    }

    /// The answer is bare text, with or without a byte order mark.
    fn response(&self, _: &BaseUrl, response: &Response) -> Result<u64, BadAnswer> {
        let text = str::from_utf8(response.body()).unwrap_or_default();
        let digits = text.trim_start_matches('\u{feff}').trim();
        let only_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        let count = digits.parse().ok().filter(|_| only_digits);
        count.ok_or_else(|| BadAnswer::new("the count of devices is no number"))
    }
}

/// Reads one device, also one that was uploaded as CSV where its id is known.
#[derive(Clone, Debug)]
pub struct GetDevice(pub ObjectId);

impl Endpoint for GetDevice {
    type Output = Device;
    const NAME: &'static str = "read a device";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let uri = base.uri(&inventory_below(self.0.segment()), &Query::new());
        request(Method::GET, uri, Body::empty())
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Device, BadAnswer> {
        wire::decode::<WireDevice>(response.body())?.read()
    }
}

impl GraphEndpoint for ListDevices {
    fn permission(&self) -> &'static str {
        INVENTORY
    }

    /// A page behind a link may be gone.
    fn always_exists(&self) -> bool {
        matches!(self.0, Start::First { .. })
    }
}

impl GraphEndpoint for CountDevices {
    fn permission(&self) -> &'static str {
        INVENTORY
    }

    fn always_exists(&self) -> bool {
        true
    }
}

impl GraphEndpoint for GetDevice {
    fn permission(&self) -> &'static str {
        INVENTORY
    }
}
