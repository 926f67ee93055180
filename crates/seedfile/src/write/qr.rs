//! The link of a token as a QR code. The code holds the seed in clear.

use qrcode::render::{svg, unicode::Dense1x2};
use qrcode::{EcLevel, QrCode};
use secrecy::{ExposeSecret, SecretString};

use super::{Unwritable, UnwritableReason, otpauth_link};
use crate::record::TokenRecord;

/// The least width and height of a picture, in pixels.
const SIZE: u32 = 320;

/// What a terminal shows where nothing is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Light text on a dark ground.
    Dark,
    /// Dark text on a light ground.
    Light,
}

/// The QR code of a token's link as an SVG picture, black on white and with its quiet zone.
///
/// What the encoder works with is not wiped.
///
/// # Errors
/// [`Unwritable`] as for [`otpauth_link`], and for a link that is too long for a QR code.
pub fn qr_svg(token: &TokenRecord) -> Result<SecretString, Unwritable> {
    let code = encode(token)?;
    let mut picture = code.render::<svg::Color<'_>>();
    Ok(picture.min_dimensions(SIZE, SIZE).build().into())
}

/// The QR code of a token's link in half blocks, for a terminal with the given background. Its quiet
/// zone is part of the text.
///
/// What the encoder works with is not wiped.
///
/// # Errors
/// [`Unwritable`] as for [`otpauth_link`], and for a link that is too long for a QR code.
pub fn qr_text(token: &TokenRecord, background: Background) -> Result<SecretString, Unwritable> {
    // A full block is drawn in the colour of the text.
    let (dark, light) = match background {
        Background::Dark => (Dense1x2::Light, Dense1x2::Dark),
        Background::Light => (Dense1x2::Dark, Dense1x2::Light),
    };
    let code = encode(token)?;
    let mut text = code.render::<Dense1x2>();
    Ok(text.dark_color(dark).light_color(light).build().into())
}

fn encode(token: &TokenRecord) -> Result<QrCode, Unwritable> {
    let link = otpauth_link(token)?;
    // Level M is what cameras are used to; a link with long names may need the thrift of L.
    [EcLevel::M, EcLevel::L]
        .into_iter()
        .find_map(|level| QrCode::with_error_correction_level(link.expose_secret(), level).ok())
        .ok_or_else(|| Unwritable {
            serial: token.serial.clone(),
            reason: UnwritableReason::QrCode,
        })
}
