//! What Entra's sign-in error numbers mean for the person who set the application up.
//!
//! Microsoft says that numbers and texts change, so the last resort is the OAuth error word.

const SECRET: &str = "set AZURE_CLIENT_SECRET to the Value (not the Secret ID) of a current client secret of the application";
const CERTIFICATE: &str = "the application's certificate is not known: upload it to the app registration, or use AZURE_CLIENT_SECRET";
const CLIENT: &str =
    "check AZURE_CLIENT_ID and AZURE_TENANT_ID: the tenant has no such application";
const TENANT: &str = "check AZURE_TENANT_ID (the directory's GUID or one of its domains), and that the sign-in address is the tenant's cloud";
const SCOPE: &str = "check the Graph address: the token is asked for that host, and the sign-in service of this cloud does not know it";

/// What to do about a refused sign-in; `code` is the number behind `AADSTS`.
pub(crate) fn next_step(code: Option<u64>, error: &str) -> &'static str {
    match code {
        Some(7_000_222) => {
            "the client secret has expired: make a new one and set AZURE_CLIENT_SECRET to its Value"
        }
        Some(7_000_215 | 70_002) => SECRET,
        Some(7_000_216 | 7_000_218) => {
            "no credential arrived: set AZURE_CLIENT_SECRET to the Value of a client secret"
        }
        Some(700_027) => CERTIFICATE,
        Some(700_024) => "this machine's clock is wrong: set it, then sign in again",
        Some(700_016) => CLIENT,
        Some(90_002 | 900_023) => TENANT,
        Some(70_011 | 1_002_012 | 500_011) => SCOPE,
        Some(7_000_229) => {
            "the tenant has no service principal for AZURE_CLIENT_ID: grant admin consent to the application once"
        }
        Some(7_000_112) => {
            "the application is disabled: enable AZURE_CLIENT_ID under Enterprise applications"
        }
        Some(53_003) => {
            "Conditional Access blocks this application: let a policy for workload identities allow it from here"
        }
        _ => by_word(error),
    }
}

fn by_word(error: &str) -> &'static str {
    match error {
        "invalid_client" => SECRET,
        "unauthorized_client" => CLIENT,
        "invalid_tenant" => TENANT,
        "invalid_scope" | "invalid_resource" => SCOPE,
        _ => "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
    }
}
