//! Certificates of applications.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXUPPER};
use serde_json::{Value, json};

use super::bad;
use crate::entra::errors::Refusal;
use crate::entra::login::Registered;
use crate::rng::Rng;
use crate::timestamp;

/// A certificate that an application signs in with.
pub(super) struct Key {
    id: String,
    der: Vec<u8>,
    name: Option<String>,
    pub(super) certificate: Registered,
}

impl Key {
    /// Reads the whole list, which takes the place of those from `before`.
    pub(super) fn read_all(
        list: Option<&Value>,
        before: &[Self],
        rng: &mut Rng,
    ) -> Result<Vec<Self>, Refusal> {
        let Some(list) = list else {
            return Ok(Vec::new());
        };
        let list = list.as_array().ok_or_else(invalid)?;
        list.iter()
            .map(|key| Self::read(key, before, rng))
            .collect()
    }

    /// A key that was there before may leave out its certificate.
    fn read(key: &Value, before: &[Self], rng: &mut Rng) -> Result<Self, Refusal> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        if text("type") != Some("AsymmetricX509Cert") || text("usage") != Some("Verify") {
            return Err(invalid());
        }
        let known = before.iter().find(|one| text("keyId") == Some(&one.id));
        let der = match (text("key"), known) {
            (Some(key), _) => BASE64.decode(key.as_bytes()).map_err(|_| invalid())?,
            (None, Some(known)) => known.der.clone(),
            (None, None) => return Err(invalid()),
        };
        let id = known.map(|known| known.id.clone());
        Ok(Self {
            id: id.unwrap_or_else(|| rng.uuid()),
            certificate: Registered::of(&der).ok_or_else(invalid)?,
            name: text("displayName").map(str::to_owned),
            der,
        })
    }

    pub(super) fn json(&self, with_certificate: bool) -> Value {
        let time = |at: i64| timestamp::iso(u64::try_from(at).unwrap_or_default());
        let (from, until) = self.certificate.valid;
        let sha1 = BASE64URL_NOPAD.decode(self.certificate.sha1.as_bytes());
        json!({
            "keyId": self.id, "type": "AsymmetricX509Cert", "usage": "Verify", "displayName": self.name,
            "customKeyIdentifier": HEXUPPER.encode(&sha1.unwrap_or_default()),
            "startDateTime": time(from), "endDateTime": time(until),
            "key": with_certificate.then(|| BASE64.encode(&self.der)),
        })
    }
}

fn invalid() -> Refusal {
    bad("Key credential is not valid.")
}
