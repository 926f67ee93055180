//! How a file that is sent is read.

use http::HeaderMap;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::description::Operation;
use crate::places::Hidden;
use crate::upload::{About, Reading};

// Secrets stay out of addresses, which are logged.
const PASSPHRASE: &str = "Oathkit-Passphrase";
const KEY: &str = "Oathkit-File-Key";

/// What a file is called, and how it is read where it does not say it itself.
#[derive(Deserialize, IntoParams)]
#[serde(default)]
#[derive(Default)]
pub(in crate::api) struct Read {
    /// What the file is called.
    name: String,
    /// The format by its name, where it is not to be found out.
    format: String,
    /// `sha1`, `sha256` or `sha512`, where the file does not say it.
    algorithm: String,
    /// 6 or 8, where the file does not say it.
    digits: Option<u8>,
    /// 30 or 60, where the file does not say it.
    period: Option<u32>,
    /// Keys under 128 bits are taken, too.
    short_keys: bool,
}

impl Read {
    pub(in crate::api) fn about(self, headers: &HeaderMap) -> About {
        let secret = |name: &str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.map(Hidden::new).unwrap_or_default()
        };
        About {
            name: self.name,
            reading: Reading {
                format: self.format,
                algorithm: self.algorithm,
                digits: self.digits,
                period: self.period,
                short_keys: self.short_keys,
                passphrase: secret(PASSPHRASE),
                key: secret(KEY),
            },
            users: None,
            rows: None,
        }
    }
}

impl Operation {
    /// Takes a seed file, and what is said of it.
    pub(in crate::api) fn reads_file(self) -> Self {
        self.query::<Read>()
            .header(PASSPHRASE, "What opens an encrypted file.")
            .header(KEY, "The same as a key, hexadecimal or Base64.")
            .takes_file()
    }
}
