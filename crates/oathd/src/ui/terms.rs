//! What settings are called on pages. The libraries' advice names them as the command line does.

/// A name that begins with another one goes before it.
const TERMS: [(&str, &str); 14] = [
    ("AZURE_AUTHORITY_HOST", "the address of the sign-in service"),
    (
        "AZURE_CLIENT_CERTIFICATE_PASSWORD",
        "the certificate's password",
    ),
    ("AZURE_CLIENT_CERTIFICATE_PATH", "the certificate"),
    ("AZURE_CLIENT_ID", "the application"),
    ("AZURE_CLIENT_SECRET", "the client secret"),
    ("AZURE_TENANT_ID", "the tenant"),
    ("OATHKIT_GRAPH_URL", "the address of Graph"),
    ("OATHKIT_OKTA_PROFILE", "the factor profile"),
    ("OKTA_CLIENT_CLIENTID", "the client id of the service app"),
    ("OKTA_CLIENT_ORGURL", "the organisation's address"),
    ("OKTA_CLIENT_PRIVATEKEYID", "the id of the private key"),
    ("OKTA_CLIENT_PRIVATEKEY", "the private key"),
    ("OKTA_CLIENT_SCOPES", "the scopes"),
    ("OKTA_CLIENT_TOKEN", "the API token"),
];

/// The text in the words of the pages.
pub(crate) fn in_words(text: &str) -> String {
    let mut text = text.to_owned();
    for (name, word) in TERMS {
        if text.contains(name) {
            text = text.replace(name, word);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn settings_are_called_as_on_the_pages() {
        let advice =
            "check OKTA_CLIENT_PRIVATEKEY, and OKTA_CLIENT_PRIVATEKEYID if there are several";
        let words = "check the private key, and the id of the private key if there are several";
        assert_eq!(in_words(advice), words);
        assert_eq!(in_words("send it again"), "send it again");
    }
}
