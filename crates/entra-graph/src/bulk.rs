//! Creating many devices in one call.

use std::time::Duration;

use http::{Method, StatusCode};
use idp_http::{
    BadAnswer, BaseUrl, Effect, Endpoint, Query, Request, Response, ResponseLimit, printable,
};
use serde::{Deserialize, Serialize};

use crate::device::{WireDevice, WireNewDevice};
use crate::endpoint::{GraphEndpoint, conceal, inventory, request};
use crate::error::wait_in_words;
use crate::inventory::permission;
use crate::wire::{self, Items, first_line};
use crate::{Device, NewDevice};

/// Creates devices by one `PATCH` of the collection (an OData delta), and assigns those that name a
/// user.
///
/// Items fail one by one. Microsoft documents neither the shape of a failed item here nor a largest
/// number; 50 in a call is the number that an earlier portal upload allowed. An item that is
/// missing in the answer may have been created all the same: list the inventory before you repeat
/// it.
#[derive(Debug)]
pub struct CreateDevices(pub Vec<NewDevice>);

/// What the answer says about one device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BulkItem {
    /// Which device of the request is meant, from 0: found by `@contentId`, else by serial number,
    /// else by its place. `None` where the answer contradicts itself or names nothing of the
    /// request.
    pub position: Option<usize>,
    /// The serial number: the answer's, else that of the request's device at `position`.
    pub serial: Option<String>,
    /// The device, or why it was refused.
    pub outcome: Result<Device, ItemRefusal>,
}

/// Why one item of a bulk call was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused with {status} {code}: {message}")]
#[non_exhaustive]
pub struct ItemRefusal {
    /// The HTTP status that the item alone would have got; 0 where the answer names none.
    pub status: u16,
    /// The error code; empty where the answer names none.
    pub code: String,
    /// The service's message, one line.
    pub message: String,
}

impl ItemRefusal {
    /// As [`crate::ServiceError::asked_wait`].
    #[must_use]
    pub fn asked_wait(&self) -> Option<Duration> {
        wait_in_words(&self.message)
    }
}

impl Endpoint for CreateDevices {
    type Output = Vec<BulkItem>;
    const NAME: &'static str = "create devices";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let devices = self.0.iter().enumerate();
        let delta = Delta {
            context: "#$delta",
            value: devices
                .map(|(at, device)| device.wire(Some((at + 1).to_string())))
                .collect(),
        };
        let uri = base.uri(&inventory(), &Query::new());
        let mut request = request(Method::PATCH, uri, wire::encode(&delta));
        request.extensions_mut().insert(ResponseLimit::LIST);
        request
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Vec<BulkItem>, BadAnswer> {
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(Vec::new());
        }
        let items = wire::decode::<DeltaAnswer>(response.body())?.value.0;
        let positions = Positions::new(&self.0, &items).find(&items);
        let items = items.into_iter().zip(positions);
        items.map(|(item, at)| self.item(item, at)).collect()
    }
}

impl GraphEndpoint for CreateDevices {
    fn permission(&self) -> &'static str {
        permission(&self.0)
    }

    fn conceal(&self, text: String) -> String {
        let secrets = self.0.iter().map(|device| &device.secret_base32);
        secrets.fold(text, conceal)
    }
}

impl CreateDevices {
    fn item(&self, item: DeltaItem, position: Option<usize>) -> Result<BulkItem, BadAnswer> {
        let asked = position.and_then(|at| self.0.get(at));
        let serial = item.serial().map(printable);
        Ok(BulkItem {
            position,
            serial: serial.or_else(|| asked.map(|device| device.serial.clone())),
            outcome: match item.exception {
                Some(exception) => Err(self.refusal(exception)),
                None => Ok(item.device.read()?),
            },
        })
    }

    fn refusal(&self, exception: Exception) -> ItemRefusal {
        let info = exception.info.unwrap_or_default();
        let status = exception.response_code.and_then(|n| u16::try_from(n).ok());
        let text = |text: Option<String>| first_line(&self.conceal(text.unwrap_or_default()));
        ItemRefusal {
            status: status.unwrap_or(0),
            code: text(info.code),
            message: text(info.message),
        }
    }
}

#[derive(Serialize)]
struct Delta<'a> {
    #[serde(rename = "@context")]
    context: &'static str,
    value: Vec<WireNewDevice<'a>>,
}

#[derive(Deserialize)]
struct DeltaAnswer {
    value: Items<DeltaItem>,
}

/// A flat device, a method around a device, or a failed item.
#[derive(Deserialize)]
struct DeltaItem {
    #[serde(rename = "@contentId")]
    content_id: Option<ContentId>,
    #[serde(
        rename = "@Core.DataModificationException",
        alias = "@Org.OData.Core.V1.DataModificationException"
    )]
    exception: Option<Exception>,
    #[serde(flatten)]
    device: WireDevice,
}

/// Text by the documentation; a number does no harm.
#[derive(Deserialize)]
#[serde(untagged)]
enum ContentId {
    Text(String),
    Number(u64),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exception {
    #[serde(default, deserialize_with = "wire::number")]
    response_code: Option<u32>,
    info: Option<Info>,
}

#[derive(Deserialize, Default)]
struct Info {
    code: Option<String>,
    message: Option<String>,
}

impl DeltaItem {
    /// The position that `@contentId` names: the request counts from 1.
    fn named(&self) -> Option<usize> {
        let number = match self.content_id.as_ref()? {
            ContentId::Text(text) => text.trim().parse().ok()?,
            ContentId::Number(number) => usize::try_from(*number).ok()?,
        };
        usize::checked_sub(number, 1)
    }

    fn serial(&self) -> Option<&str> {
        let device = self.device.device.as_deref().unwrap_or(&self.device);
        device
            .serial_number
            .as_deref()
            .filter(|text| !text.is_empty())
    }
}

/// Finds which device of the request each item of the answer is about; no device is given twice.
struct Positions<'a> {
    asked: &'a [NewDevice],
    free: Vec<bool>,
    /// The answer has as many items as the request, so places can be compared.
    same_length: bool,
}

impl<'a> Positions<'a> {
    fn new(asked: &'a [NewDevice], items: &[DeltaItem]) -> Self {
        Self {
            asked,
            free: vec![true; asked.len()],
            same_length: asked.len() == items.len(),
        }
    }

    fn find(mut self, items: &[DeltaItem]) -> Vec<Option<usize>> {
        let named: Vec<Option<usize>> = items.iter().map(|item| self.named(item)).collect();
        let mut found: Vec<Option<usize>> = Vec::with_capacity(items.len());
        for (item, named) in items.iter().zip(&named) {
            let at = named.filter(|&at| self.agrees(at, item));
            found.push(at.and_then(|at| self.take(at)));
        }
        let unnamed = |at: &Option<usize>, place: usize| {
            at.is_none() && named.get(place).is_some_and(Option::is_none)
        };
        for (place, (at, item)) in found.iter_mut().zip(items).enumerate() {
            if unnamed(at, place) {
                *at = self.by_serial(item).and_then(|at| self.take(at));
            }
        }
        for (place, (at, item)) in found.iter_mut().zip(items).enumerate() {
            if unnamed(at, place) && item.serial().is_none() && self.same_length {
                *at = self.take(place);
            }
        }
        found
    }

    /// The position that `@contentId` names, where the request has it.
    fn named(&self, item: &DeltaItem) -> Option<usize> {
        item.named().filter(|&at| at < self.asked.len())
    }

    /// False where the item's serial number is another device's.
    fn agrees(&self, at: usize, item: &DeltaItem) -> bool {
        let asked = self.asked.get(at).map(|device| device.serial.as_str());
        item.serial().is_none_or(|serial| asked == Some(serial))
    }

    fn by_serial(&self, item: &DeltaItem) -> Option<usize> {
        let serial = item.serial()?;
        let mut asked = self.asked.iter().zip(&self.free);
        asked.position(|(device, free)| *free && device.serial == serial)
    }

    fn take(&mut self, at: usize) -> Option<usize> {
        let free = self.free.get_mut(at)?;
        std::mem::take(free).then_some(at)
    }
}
