//! The body of Microsoft Graph's bulk create request. It names users by object id only.

use std::io::{self, Write};

use oath_core::{Algorithm, Period};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::UnwritableReason;
use super::shape::{Keys, Place, Shape, never};
use crate::record::TokenRecord;
use crate::serial::Serial;
use crate::user::is_object_id;

pub(super) const SHAPE: Shape = Shape {
    algorithms: &[Algorithm::Sha1, Algorithm::Sha256],
    other_algorithm: UnwritableReason::Algorithm,
    length_rule: false,
    digits: false,
    periods: Some(&[Period::THIRTY, Period::SIXTY]),
    events: false,
    keys: Keys::Azure,
    user: by_id,
    devices: true,
    drift: false,
    breaks: never,
    write,
};

fn by_id(user: &str, _: &Serial) -> Place {
    if is_object_id(user) {
        Place::Kept
    } else {
        Place::LeftOut
    }
}

#[derive(Serialize)]
struct Device<'t> {
    #[serde(rename = "@contentId")]
    content_id: String,
    #[serde(rename = "serialNumber")]
    serial_number: &'t str,
    manufacturer: &'t str,
    model: &'t str,
    #[serde(rename = "secretKey")]
    secret_key: &'t str,
    #[serde(rename = "timeIntervalInSeconds")]
    time_interval_in_seconds: u32,
    #[serde(rename = "hashFunction")]
    hash_function: &'static str,
    #[serde(rename = "assignTo", skip_serializing_if = "Option::is_none")]
    assign_to: Option<User<'t>>,
}

#[derive(Serialize)]
struct User<'t> {
    id: &'t str,
}

fn write(tokens: &[TokenRecord], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"@context\":\"#$delta\",\"value\":[")?;
    for (position, token) in tokens.iter().enumerate() {
        out.write_all(if position == 0 { b"\n" } else { b",\n" })?;
        device(position + 1, token, out)?;
    }
    out.write_all(b"\n]}\n")
}

fn device(position: usize, token: &TokenRecord, out: &mut dyn Write) -> io::Result<()> {
    let seed = token.seed.to_base32();
    let id = token.user.as_deref().filter(|user| is_object_id(user));
    let device = Device {
        content_id: position.to_string(),
        serial_number: token.serial.as_str(),
        manufacturer: &token.manufacturer,
        model: &token.model,
        secret_key: seed.expose_secret(),
        time_interval_in_seconds: token.period().map_or(0, Period::seconds),
        hash_function: if token.algorithm == Algorithm::Sha256 {
            "hmacsha256"
        } else {
            "hmacsha1"
        },
        assign_to: id.map(|id| User { id }),
    };
    serde_json::to_writer(out, &device).map_err(io::Error::from)
}
