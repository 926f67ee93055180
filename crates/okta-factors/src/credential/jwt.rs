//! JSON Web Tokens in their compact form (RFC 7515, RFC 7519).

use aws_lc_rs::error::Unspecified;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use zeroize::Zeroizing;

use super::PrivateKey;

/// `header.claims.signature`.
pub(super) fn sign(
    header: &impl Serialize,
    claims: &impl Serialize,
    key: &PrivateKey,
) -> Result<Zeroizing<String>, Unspecified> {
    let mut token = Zeroizing::new(format!("{}.{}", encode(header)?, encode(claims)?));
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    token.push_str(&BASE64URL_NOPAD.encode(&signature));
    Ok(token)
}

fn encode(part: &impl Serialize) -> Result<String, Unspecified> {
    let json = serde_json::to_vec(part).map_err(|_| Unspecified)?;
    Ok(BASE64URL_NOPAD.encode(&json))
}
