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
