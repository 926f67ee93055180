//! Signed JSON Web Tokens, judged (RFC 7515), and the keys that they are judged by (RFC 7517).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

/// A token that was taken apart, and not judged yet.
pub(super) struct Jws<'a> {
    pub(super) header: Value,
    pub(super) claims: Value,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let part = |part: &str| {
            let json = BASE64URL_NOPAD.decode(part.as_bytes()).ok()?;
            serde_json::from_slice(&json).ok().filter(Value::is_object)
        };
        Some(Self {
            header: part(header)?,
            claims: part(claims)?,
            signed,
            signature: BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?,
        })
    }

    /// Text of the header.
    pub(super) fn head(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// Text of the claims.
    pub(super) fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// A time of the claims.
    pub(super) fn time(&self, name: &str) -> Option<u64> {
        self.claims.get(name).and_then(Value::as_u64)
    }

    /// Whether the signature is that of `key`, by the algorithm that the header names.
    pub(super) fn is_signed_by(&self, key: &Value) -> bool {
        let (message, signature) = (self.signed.as_bytes(), self.signature.as_slice());
        let algorithm = self.head("alg").unwrap_or_default();
        let rsa = |algorithm| {
            let (n, e) = (number(key, "n")?, number(key, "e")?);
            let key = RsaPublicKeyComponents { n, e };
            key.verify(algorithm, message, signature).ok()
        };
        let curve = |algorithm| {
            let point = [vec![4], number(key, "x")?, number(key, "y")?].concat();
            let key = UnparsedPublicKey::new(algorithm, point);
            key.verify(message, signature).ok()
        };
        let verified = match (text(key, "kty"), text(key, "crv"), algorithm) {
            ("RSA", _, "RS256") => rsa(&RSA_PKCS1_2048_8192_SHA256),
            ("RSA", _, "RS384") => rsa(&RSA_PKCS1_2048_8192_SHA384),
            ("RSA", _, "RS512") => rsa(&RSA_PKCS1_2048_8192_SHA512),
            ("EC", "P-256", "ES256") => curve(&ECDSA_P256_SHA256_FIXED),
            ("EC", "P-384", "ES384") => curve(&ECDSA_P384_SHA384_FIXED),
            ("EC", "P-521", "ES512") => curve(&ECDSA_P521_SHA512_FIXED),
            _ => None,
        };
        verified.is_some()
    }
}

/// The thumbprint of a public key (RFC 7638).
pub(super) fn thumbprint(key: &Value) -> Option<String> {
    let (kty, has) = (text(key, "kty"), |name| number(key, name).is_some());
    // Members in the order of their names, as serde_json writes them.
    let members = match kty {
        "RSA" if has("n") && has("e") => json!({"e": key["e"], "kty": kty, "n": key["n"]}),
        "EC" if has("x") && has("y") => {
            json!({"crv": key["crv"], "kty": kty, "x": key["x"], "y": key["y"]})
        }
        _ => return None,
    };
    Some(hash(&members.to_string()))
}

/// SHA-256 in Base64url.
pub(super) fn hash(text: &str) -> String {
    BASE64URL_NOPAD.encode(digest(&SHA256, text.as_bytes()).as_ref())
}

pub(super) fn text<'a>(key: &'a Value, name: &str) -> &'a str {
    key.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn number(key: &Value, name: &str) -> Option<Vec<u8>> {
    let bytes = BASE64URL_NOPAD.decode(text(key, name).as_bytes()).ok()?;
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7638, section 3.1.
    #[test]
    fn a_thumbprint_is_that_of_the_rfc() {
        let key = json!({"kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"});
        let expected = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
        assert_eq!(thumbprint(&key).as_deref(), Some(expected));
        assert_eq!(thumbprint(&json!({"kty": "oct", "k": "AQAB"})), None);
    }

    /// RFC 7515, appendix A.3.
    #[test]
    fn a_signature_is_that_of_the_rfc() {
        let text = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let key = json!({"kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
        let jws = Jws::read(text).unwrap();
        assert!(jws.is_signed_by(&key));
        assert_eq!(jws.claim("iss"), Some("joe"));
        let forged = text.replace("eyJpc3MiOiJqb2Ui", "eyJpc3MiOiJqb2Vi");
        assert!(Jws::read(&forged).is_none_or(|jws| !jws.is_signed_by(&key)));
    }
}
