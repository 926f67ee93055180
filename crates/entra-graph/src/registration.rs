//! How an application is registered that may manage hardware tokens: commands of the Azure CLI for
//! somebody with the rights of an administrator.

use serde::Serialize;

use crate::Permission;

/// An application to be registered, that signs in with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// What it is called in the admin centre.
    pub name: String,
    /// The path, without ending, of the certificate and its key: `oathkit` makes `oathkit.crt` and
    /// `oathkit.pem`.
    pub certificate: String,
    /// How long the certificate is good.
    pub days: u16,
    /// Whether the certificate is there already, made where its key is to stay: only `oathkit.crt` is
    /// needed then.
    pub has_certificate: bool,
    /// Whether it may show the tenant's name, which nothing needs.
    pub optional: bool,
}

/// One command, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RegistrationStep {
    /// What it does, as a sentence.
    pub purpose: String,
    /// The command, for a POSIX shell. It uses the variable `APP_ID` that the first `az` command sets.
    pub command: String,
}

impl Registration {
    /// The permissions that it asks for.
    pub fn permissions(&self) -> impl Iterator<Item = Permission> {
        let all = self.optional;
        let asked = move |permission: &Permission| all || !permission.optional;
        Permission::ALL.into_iter().filter(asked)
    }

    /// The commands, in order. The key never leaves the machine on which they run.
    #[must_use]
    pub fn steps(&self) -> Vec<RegistrationStep> {
        let name = quoted(&self.name);
        let crt = self.file("crt");
        let roles = self
            .permissions()
            .map(|one| format!("{}=Role", one.role_id));
        let roles: Vec<String> = roles.collect();
        let names: Vec<&str> = self.permissions().map(|one| one.name).collect();
        let mut steps = vec![
            (
                format!(
                    "A key that stays on this machine, and its certificate for {} days.",
                    self.days
                ),
                self.key_and_certificate(),
            ),
            (
                "The application.".to_owned(),
                format!(
                    "APP_ID=$(az ad app create --display-name {name} \\\n  \
                     --sign-in-audience AzureADMyOrg --query appId --output tsv)"
                ),
            ),
            (
                "The certificate that it signs in with.".to_owned(),
                format!(
                    "az ad app credential reset --id \"$APP_ID\" --cert @{crt} --append --output none"
                ),
            ),
            (
                format!("What it may do: {}.", names.join(", ")),
                format!(
                    "az ad app permission add --id \"$APP_ID\" --api {} \\\n  --api-permissions {}",
                    Permission::GRAPH_APP_ID,
                    roles.join(" ")
                ),
            ),
            (
                "The application in this tenant.".to_owned(),
                "az ad sp create --id \"$APP_ID\" --output none".to_owned(),
            ),
            (
                "The consent of an administrator; wait a minute and repeat it if it is refused."
                    .to_owned(),
                "az ad app permission admin-consent --id \"$APP_ID\"".to_owned(),
            ),
            self.what_to_sign_in_with(),
        ];
        if self.has_certificate {
            steps.remove(0);
        }
        steps
            .into_iter()
            .map(|(purpose, command)| RegistrationStep { purpose, command })
            .collect()
    }

    /// The commands as one script, to be read and run by an administrator.
    #[must_use]
    pub fn script(&self) -> String {
        let with = match self.has_certificate {
            true => "the Azure CLI",
            false => "the Azure CLI and OpenSSL",
        };
        let mut text = format!(
            "# For a POSIX shell with {with}, signed in (az login) as an administrator who\n\
             # may grant consent: a Privileged Role Administrator. Read it, then run it.\n\
             # It stops at the first command that fails.\nset -eu\n"
        );
        for RegistrationStep { purpose, command } in self.steps() {
            text.extend(["\n# ", &purpose, "\n", &command, "\n"]);
        }
        text
    }

    fn what_to_sign_in_with(&self) -> (String, String) {
        let tenant = "TENANT_ID=$(az account show --query tenantId --output tsv)\n";
        if self.has_certificate {
            let purpose = "What to fill in beside the certificate.";
            let command = r#"printf 'Tenant: %s\nApplication: %s\n' "$TENANT_ID" "$APP_ID""#;
            return (purpose.to_owned(), [tenant, command].concat());
        }
        let pem = self.file("pem");
        let command = format!(
            "{tenant}\
             printf 'export AZURE_TENANT_ID=%s\\n' \"$TENANT_ID\"\n\
             printf 'export AZURE_CLIENT_ID=%s\\n' \"$APP_ID\"\n\
             printf 'export AZURE_CLIENT_CERTIFICATE_PATH=%s\\n' \"$(realpath {pem})\""
        );
        let purpose = "What to sign in with: put these lines where they are needed.";
        (purpose.to_owned(), command)
    }

    fn key_and_certificate(&self) -> String {
        let (days, key) = (self.days, self.file("key"));
        let (crt, pem) = (self.file("crt"), self.file("pem"));
        format!(
            "test ! -e {pem}\n(umask 077 && openssl req -x509 -newkey rsa:3072 -noenc -sha256 -days {days} \\\n  \
             -subj /CN=oathkit -keyout {key} -out {crt} && cat {key} {crt} > {pem} && rm {key})"
        )
    }

    /// A file beside the certificate.
    fn file(&self, ending: &str) -> String {
        quoted(&format!("{}.{ending}", self.certificate))
    }
}

/// A word of a command line as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(name: &str, optional: bool) -> String {
        let registration = Registration {
            name: name.to_owned(),
            certificate: "it's here/oathkit".to_owned(),
            days: 365,
            has_certificate: false,
            optional,
        };
        let steps = registration.steps().into_iter();
        steps.map(|step| step.command + "\n").collect()
    }

    #[test]
    fn it_asks_for_what_is_needed_and_no_more() {
        let needed = commands("Tokens", false);
        for id in [
            "29c18626-4985-4dcd-85c0-193eef327366=Role",
            "50483e42-d915-4231-9639-7fdb7fd190e5=Role",
            "df021288-bdef-4463-88db-98f22de89214=Role",
        ] {
            assert!(needed.contains(id), "{id}");
        }
        assert_eq!(needed.matches("=Role").count(), 3);
        assert_eq!(commands("Tokens", true).matches("=Role").count(), 4);
    }

    #[test]
    fn a_certificate_that_is_there_is_used_and_no_key_is_made() {
        let registration = Registration {
            name: "Tokens".to_owned(),
            certificate: "oathkit".to_owned(),
            days: 365,
            has_certificate: true,
            optional: false,
        };
        let script = registration.script();
        assert!(script.contains("--cert @oathkit.crt") && script.contains("set -eu"));
        assert!(
            !script.contains("openssl") && !script.contains("oathkit.pem"),
            "{script}"
        );
        let made = Registration {
            has_certificate: false,
            ..registration
        };
        assert!(made.script().contains("openssl req"));
    }

    #[test]
    fn a_shell_takes_every_name_for_one_word() {
        let all = commands("Ann's $(tokens)", false);
        assert!(
            all.contains(r"--display-name 'Ann'\''s $(tokens)'"),
            "{all}"
        );
        assert!(all.contains(r"'it'\''s here/oathkit.pem'"), "{all}");
    }
}
