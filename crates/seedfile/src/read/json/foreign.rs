//! Exports of authenticator apps, by the names that only they have.

use super::document::Names;

/// An app's export, if an object has these names.
pub(super) fn document(has: impl Fn(&str) -> bool) -> Option<&'static str> {
    let kinds: [(&[&str], &'static str); 9] = [
        (&["header", "db"], "an Aegis backup"),
        (&["services", "schemaVersion"], "a 2FAS backup"),
        (&["servicesEncrypted"], "a 2FAS backup"),
        (&["encrypted", "items"], "a Bitwarden export"),
        (&["encrypted", "data"], "a Bitwarden export"),
        (&["tokens", "tokenOrder"], "a FreeOTP+ backup"),
        (&["Authenticators"], "a Stratum backup"),
        (&["kdfParams", "encryptedData"], "an Ente Auth export"),
        (&["version", "entries"], "a Proton Authenticator export"),
    ];
    kinds
        .into_iter()
        .find(|(names, _)| names.iter().all(|name| has(name)))
        .map(|(_, app)| app)
}

/// An app's export, if the first item of an array is one of its entries.
pub(super) fn item(text: &str) -> Option<&'static str> {
    let Names(names) = serde_json::from_str(text).ok()?;
    let has = |name| names.iter().any(|(known, _)| known == name);
    ["secret", "label", "thumbnail", "last_used"]
        .into_iter()
        .all(has)
        .then_some("an andOTP backup")
}
