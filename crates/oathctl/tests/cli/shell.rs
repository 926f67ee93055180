//! What a shell and its reader know of the commands.

use crate::support::Home;

#[test]
fn every_shell_completes_the_commands() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.oathctl(&["completions", shell]).ends(0).stdout;
        for word in ["provision", "duplicates", "app-registration", "--state-dir"] {
            // fish names options without their dashes.
            assert!(
                script.contains(word.trim_start_matches('-')),
                "{shell}: {word}"
            );
        }
    }
}

#[test]
fn each_command_has_its_page() {
    let home = Home::new();
    let directory = home.path("man");
    home.oathctl(&["man", directory.to_str().unwrap()]).ends(0);
    for page in ["oathctl.1", "oathctl-tokens-replace.1", "oathctl-doctor.1"] {
        let text = std::fs::read_to_string(directory.join(page)).unwrap();
        assert!(text.contains(".SH SYNOPSIS"), "{page}");
    }
    let file = home.file("occupied", "");
    home.oathctl(&["man", &file]).ends(2).says(&["occupied"]);
}

#[test]
fn settings_are_shown_with_their_origin_and_no_secret() {
    let home = Home::new()
        .with("OATHKIT_CONFIG", "config.toml")
        .with("AZURE_CLIENT_SECRET", "5ecret-in-a-variable")
        .with("OKTA_CLIENT_ORGURL", "acme.okta.com")
        .with("HTTPS_PROXY", "http://me:5ecret-of-a-proxy@proxy:8080");
    home.file(
        "config.toml",
        "[profiles.default.okta]\norg_url = \"other.okta.com\"\nfactor_profile = \"Token2\"\n\
         [profiles.big.okta]\norg_url = \"big.okta.com\"\n",
    );
    let find = |args: &[&str], name: &str| {
        let document = home.json(0, &[&["config", "show"], args].concat());
        assert_eq!(document["schema"], "oathkit.config/1");
        let settings = document["settings"].as_array().unwrap().clone();
        let found = settings.into_iter().find(|one| one["name"] == name);
        found.unwrap_or_else(|| panic!("{name}: {document}"))
    };
    // What counts, as everywhere: the environment before the profile `default`, a named one before it.
    assert_eq!(find(&[], "okta.org_url")["value"], "acme.okta.com");
    assert_eq!(find(&[], "okta.org_url")["origin"], "OKTA_CLIENT_ORGURL");
    let big = find(&["--profile", "big"], "okta.org_url");
    assert_eq!(big["value"], "big.okta.com");
    assert!(
        big["origin"]
            .as_str()
            .unwrap()
            .starts_with("profile big of ")
    );
    assert_eq!(find(&[], "AZURE_CLIENT_SECRET")["value"], "(set)");
    assert_eq!(find(&[], "HTTPS_PROXY")["value"], "http://(set)@proxy:8080");
    let ran = home.oathctl(&["config", "show", "--origin"]).ends(0);
    assert!(ran.stdout.contains("profile default of ") && !ran.stdout.contains("5ecret"));
}
