//! JSON Web Keys (RFC 7517, RFC 7518 section 6).

use aws_lc_rs::rsa::{self, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::EcdsaKeyPair;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::{CURVES, InvalidKey, PrivateKey};

/// A key, or a set of keys.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    crv: String,
    x: Number,
    y: Number,
    n: Number,
    e: Number,
    d: Number,
    p: Number,
    q: Number,
    dp: Number,
    dq: Number,
    qi: Number,
    keys: Vec<Jwk>,
}

/// A number in Base64url, wiped when it is dropped.
#[derive(Default)]
struct Number(Zeroizing<String>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

impl Number {
    fn bytes(&self) -> Result<Zeroizing<Vec<u8>>, InvalidKey> {
        if self.0.is_empty() {
            return Err(InvalidKey::NotJwk);
        }
        // Some write the padding that Base64url leaves out.
        let text = self.0.trim_end_matches('=');
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes());
        bytes.map(Zeroizing::new).map_err(|_| InvalidKey::NotJwk)
    }
}

pub(super) fn read(text: &str) -> Result<PrivateKey, InvalidKey> {
    let jwk: Jwk = serde_json::from_str(text).map_err(|_| InvalidKey::NotJwk)?;
    match jwk.keys.as_slice() {
        [] => key(&jwk),
        [one] => key(one),
        _ => Err(InvalidKey::ManyKeys),
    }
}

fn key(jwk: &Jwk) -> Result<PrivateKey, InvalidKey> {
    let key = match jwk.kty.as_str() {
        "" => return Err(InvalidKey::NotJwk),
        "RSA" | "EC" if jwk.d.0.is_empty() => return Err(InvalidKey::NoKey),
        "RSA" => rsa_key(jwk)?,
        "EC" => curve_key(jwk)?,
        _ => return Err(InvalidKey::UnknownKind),
    };
    Ok(match &jwk.kid {
        Some(id) => key.named(id.clone()),
        None => key,
    })
}

fn rsa_key(jwk: &Jwk) -> Result<PrivateKey, InvalidKey> {
    let components = KeyPairComponents {
        public_key: PublicKeyComponents {
            n: jwk.n.bytes()?,
            e: jwk.e.bytes()?,
        },
        d: jwk.d.bytes()?,
        p: jwk.p.bytes()?,
        q: jwk.q.bytes()?,
        dP: jwk.dp.bytes()?,
        dQ: jwk.dq.bytes()?,
        qInv: jwk.qi.bytes()?,
    };
    if components.public_key.n.len() < super::SHORTEST_RSA {
        return Err(InvalidKey::Short);
    }
    let pair = rsa::KeyPair::from_components(&components).map_err(|_| InvalidKey::Damaged)?;
    PrivateKey::of_rsa(pair)
}

fn curve_key(jwk: &Jwk) -> Result<PrivateKey, InvalidKey> {
    let curve = CURVES.iter().find(|(name, _)| *name == jwk.crv);
    let (_, (curve, make)) = curve.ok_or(InvalidKey::UnknownKind)?;
    // An uncompressed point (SEC 1).
    let mut point = vec![4];
    point.extend_from_slice(&jwk.x.bytes()?);
    point.extend_from_slice(&jwk.y.bytes()?);
    let pair = EcdsaKeyPair::from_private_key_and_public_key(curve, &jwk.d.bytes()?, &point);
    let pair = pair.map_err(|_| InvalidKey::Damaged)?;
    Ok(PrivateKey::of(make(pair)))
}
