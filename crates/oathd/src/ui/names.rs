//! What settings are called: libraries say it as the environment does, pages as their forms do.

/// Longer names before those that they begin with.
const NAMES: [(&str, &str); 14] = [
    ("AZURE_TENANT_ID", "the tenant"),
    ("AZURE_CLIENT_ID", "the application"),
    ("AZURE_CLIENT_SECRET", "the client secret"),
    ("AZURE_CLIENT_CERTIFICATE_PATH", "the certificate"),
    (
        "AZURE_CLIENT_CERTIFICATE_PASSWORD",
        "the certificate's password",
    ),
    ("AZURE_AUTHORITY_HOST", "the sign-in service"),
    ("OATHKIT_GRAPH_URL", "the address of Graph"),
    ("OATHKIT_OKTA_PROFILE", "the factor profile"),
    ("OKTA_CLIENT_ORGURL", "the organisation"),
    ("OKTA_CLIENT_TOKEN", "the API token"),
    ("OKTA_CLIENT_CLIENTID", "the client id of the service app"),
    ("OKTA_CLIENT_PRIVATEKEYID", "the name of its key"),
    (
        "OKTA_CLIENT_PRIVATEKEY",
        "the private key of the service app",
    ),
    ("OKTA_CLIENT_SCOPES", "its scopes"),
];

pub(super) fn in_forms(text: &str) -> String {
    let renamed = |text: String, (variable, name): &(&str, &str)| text.replace(variable, name);
    NAMES.iter().fold(text.to_owned(), renamed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_the_names_of_their_fields() {
        assert_eq!(in_forms("set AZURE_CLIENT_SECRET"), "set the client secret");
        let keys = "OKTA_CLIENT_PRIVATEKEYID of OKTA_CLIENT_PRIVATEKEY";
        let named = "the name of its key of the private key of the service app";
        assert_eq!(in_forms(keys), named);
        assert_eq!(in_forms("no name"), "no name");
    }
}
