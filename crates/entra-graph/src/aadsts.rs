//! What Entra's sign-in error numbers mean for the person who set the application up.
//!
//! Microsoft says that numbers and texts change, so the last resort is the OAuth error word.

use crate::CredentialKind;

const SECRET: &str = "set AZURE_CLIENT_SECRET to the Value (not the Secret ID) of a current client secret of the application";
const CERTIFICATE: &str = "the application does not know this certificate: upload it (without its key) to the app registration, or set AZURE_CLIENT_CERTIFICATE_PATH to the one that was uploaded";
const FEDERATION: &str = "compare issuer, subject and audience of the token in AZURE_FEDERATED_TOKEN_FILE with the federated credential of the app registration";
const CLIENT: &str =
    "check AZURE_CLIENT_ID and AZURE_TENANT_ID: the tenant has no such application";
const TENANT: &str = "check AZURE_TENANT_ID (the directory's GUID or one of its domains), and that the sign-in address is the tenant's cloud";
const SCOPE: &str = "check the Graph address: the token is asked for that host, and the sign-in service of this cloud does not know it";
const PUBLIC: &str = "allow public client flows in the app registration (Authentication), which device code and browser sign-in need";
const AGAIN: &str = "sign in again: this sign-in has ended";
const CONSENT: &str = "let an administrator grant consent to the application's permissions";
const MFA: &str = "sign in again with the second factor that the tenant asks for";
pub(crate) const DECLINED: &str =
    "the sign-in was declined: begin again and accept it, or ask who declined it";
const PERSON: &str = "sign in as a person of this tenant who may use the application";

/// What to do about a refused sign-in; `code` is the number behind `AADSTS`.
pub(crate) fn next_step(code: Option<u64>, error: &str, kind: CredentialKind) -> &'static str {
    code.and_then(|code| by_number(code, kind))
        .unwrap_or_else(|| by_word(error, kind))
}

fn by_number(code: u64, kind: CredentialKind) -> Option<&'static str> {
    Some(match code {
        7_000_222 => {
            "the client secret has expired: make a new one and set AZURE_CLIENT_SECRET to its Value"
        }
        7_000_215 => SECRET,
        1_000_502 => {
            "the certificate has expired: make a new one, upload it to the app registration, and set AZURE_CLIENT_CERTIFICATE_PATH"
        }
        70_002 | 7_000_218 => proof(kind),
        7_000_216 => {
            "no credential arrived: set AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE"
        }
        700_024 => match kind {
            CredentialKind::Assertion => {
                "the token in AZURE_FEDERATED_TOKEN_FILE is out of date: see that its file is renewed"
            }
            _ => "this machine's clock is wrong: set it, then sign in again",
        },
        700_027 | 50_012 => proof(kind),
        70_021 | 700_211..=700_213 | 700_222 => FEDERATION,
        700_016 => CLIENT,
        90_002 | 900_023 => TENANT,
        70_011 | 1_002_012 | 500_011 => SCOPE,
        7_000_229 => {
            "the tenant has no service principal for AZURE_CLIENT_ID: grant admin consent to the application once"
        }
        7_000_112 => {
            "the application is disabled: enable AZURE_CLIENT_ID under Enterprise applications"
        }
        53_003 if kind == CredentialKind::Delegated => {
            "Conditional Access blocks this sign-in: sign in from a place and device that the tenant allows"
        }
        53_003 => {
            "Conditional Access blocks this application: let a policy for workload identities allow it from here"
        }
        65_001 => CONSENT,
        50_076 | 50_079 => MFA,
        50_020 | 50_034 | 50_105 => PERSON,
        65_004 => DECLINED,
        50_011 => {
            "add http://localhost as a redirect address of a mobile and desktop application to the app registration"
        }
        70_000 | 70_008 | 50_173 | 70_043 | 70_044 | 700_082 | 700_084 | 54_005 | 501_481 => AGAIN,
        _ => return None,
    })
}

fn by_word(error: &str, kind: CredentialKind) -> &'static str {
    match error {
        "invalid_client" => proof(kind),
        "unauthorized_client" => CLIENT,
        "invalid_tenant" => TENANT,
        "invalid_scope" | "invalid_resource" => SCOPE,
        "invalid_grant" | "expired_token" | "bad_verification_code" => AGAIN,
        "interaction_required" => MFA,
        "consent_required" => CONSENT,
        "authorization_declined" | "access_denied" => DECLINED,
        _ => match kind {
            CredentialKind::Secret => {
                "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
            }
            _ => "check AZURE_TENANT_ID, AZURE_CLIENT_ID and how this program signs in",
        },
    }
}

/// What is to be mended where the proof of the application was refused.
fn proof(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Secret | CredentialKind::Source => SECRET,
        CredentialKind::Certificate => CERTIFICATE,
        CredentialKind::Assertion => FEDERATION,
        CredentialKind::Delegated => PUBLIC,
    }
}
