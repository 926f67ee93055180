//! One writing process a state directory.

use std::io::{BufRead, BufReader};

use ledger::{Busy, StateLock};

use crate::{child, input, this_program};

/// Takes the lock and holds it until it is killed.
#[test]
#[ignore = "the child of the test below"]
fn holder() {
    let _lock = StateLock::acquire(&input(), "process 7").unwrap();
    println!("\nheld");
    loop {
        std::thread::park();
    }
}

#[test]
fn a_lock_is_held_once_and_dies_with_its_process() {
    let directory = tempfile::tempdir().unwrap();
    let mut holder = child(&mut this_program(), "lock::holder", directory.path());
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "held"));

    let busy = StateLock::acquire(directory.path(), "process 8").unwrap_err();
    assert_eq!(
        busy.to_string(),
        "another run is going on in this state directory (process 7)"
    );

    // SIGKILL: nothing is cleaned up by the process itself.
    holder.kill().unwrap();
    holder.wait().unwrap();
    let lock = StateLock::acquire(directory.path(), "process 8").unwrap();
    let busy = StateLock::acquire(directory.path(), "process 9").unwrap_err();
    assert!(matches!(busy, Busy::Taken { owner } if owner == "process 8"));
    drop(lock);
    StateLock::acquire(directory.path(), "process 9").unwrap();
}

#[test]
fn an_owner_that_says_nothing_readable_is_still_an_owner() {
    let directory = tempfile::tempdir().unwrap();
    let lock = StateLock::acquire(directory.path(), "").unwrap();
    let owner = || match StateLock::acquire(directory.path(), "me") {
        Err(Busy::Taken { owner }) => owner,
        other => panic!("{other:?}"),
    };
    assert_eq!(owner(), "another process");
    std::fs::write(directory.path().join("lock"), [0xff; 4096]).unwrap();
    assert!(owner().chars().count() <= 256);
    drop(lock);
}

#[test]
fn a_directory_that_is_missing_is_named_as_such() {
    let directory = tempfile::tempdir().unwrap();
    let busy = StateLock::acquire(&directory.path().join("none"), "me").unwrap_err();
    assert!(matches!(busy, Busy::Io(_)));
    assert!(busy.to_string().contains("use another one"), "{busy}");
}
