//! A machine that gives no threads.

use crate::support::{Home, csv, plain};

/// A stack so large that no thread can be started.
const NO_THREADS: (&str, &str) = ("RUST_MIN_STACK", "1152921504606846976");

fn starved() -> Home {
    Home::new().with(NO_THREADS.0, NO_THREADS.1)
}

#[test]
fn a_long_file_is_read_without_a_second_thread() {
    let home = starved();
    let long = home.file("plan.json", vec![b' '; 9 * 1024 * 1024]);
    let ran = home.oathctl(&["review", &long]).ends(2);
    ran.says(&["make a new plan"]);
}

#[test]
fn only_what_waits_needs_threads() {
    let home = starved();
    let file = home.file("tokens.csv", csv(&plain(1)));
    home.oathctl(&["inspect", &file]).ends(0);
    home.oathctl(&["convert", &file, "--to", "otpauth"]).ends(0);
    let ran = home.oathctl(&["runs", "list"]).ends(1);
    ran.says(&["oathctl: no thread could be started"]);
}
