//! Nothing is left of a browser, however its test ends; and without one no test passes.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Browser, Ready, remains};

use super::failure;

/// Waits until no process is left of a browser.
#[track_caller]
fn is_gone(group: u32, home: &Path) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !remains(group, home).is_empty() {
        assert!(Instant::now() < deadline, "{:?}", remains(group, home));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn a_browser_ends_with_its_test() {
    let browser = Browser::start().await;
    let (group, home) = (browser.id(), browser.home().to_owned());
    assert!(remains(group, &home).len() > 3);
    drop(browser);
    is_gone(group, &home);
    assert!(!home.exists(), "{} is left", home.display());
}

#[tokio::test]
async fn a_browser_ends_with_a_test_that_fails() {
    let said = failure(async {
        let browser = Browser::start().await;
        panic!("{} {}", browser.id(), browser.home().display());
    })
    .await;
    let (group, home) = said.split_once(' ').unwrap();
    let home = PathBuf::from(home);
    is_gone(group.parse().unwrap(), &home);
    assert!(!home.exists(), "{} is left", home.display());
}

#[tokio::test]
async fn a_browser_ends_with_tests_that_are_killed() {
    let mut tests = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "rig::ends::waits_to_be_killed", "--ignored"])
        .arg("--nocapture")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(tests.stdout.take().unwrap()).lines();
    let mut said = said.map_while(Result::ok);
    let told = said.find_map(|line| {
        line.split_once("browser: ")
            .map(|(_, told)| told.to_owned())
    });
    let told = told.unwrap();
    let (group, home) = told.split_once(' ').unwrap();
    let (group, home) = (group.parse().unwrap(), PathBuf::from(home));
    assert!(!remains(group, &home).is_empty());
    tests.kill().unwrap();
    tests.wait().unwrap();
    is_gone(group, &home);
    std::fs::remove_dir_all(home).unwrap();
}

#[tokio::test]
#[ignore = "another test starts this one and kills it"]
async fn waits_to_be_killed() {
    let browser = Browser::start().await;
    println!("browser: {} {}", browser.id(), browser.home().display());
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[tokio::test]
async fn two_people_have_nothing_in_common() {
    let one = Browser::start().await;
    let other = one.another().await;
    assert_ne!((one.id(), one.home()), (other.id(), other.home()));
    drop(one);
    other.open("data:text/html,still here").await;
    other.see("still here").await;
}

#[test]
fn without_a_browser_the_tests_fail_and_say_what_to_run() {
    let folder = tempfile::tempdir().unwrap();
    let why = || Ready::in_folder(folder.path()).unwrap_err();
    assert!(why().ends_with("run `cargo xtask browser`"), "{}", why());
    let ready = r#"{ "browser": "/nowhere/chromium", "driver": "/bin/sh", "axe": "/bin/sh" }"#;
    std::fs::write(folder.path().join("ready.json"), ready).unwrap();
    assert!(why().contains("no /nowhere/chromium"), "{}", why());
}
