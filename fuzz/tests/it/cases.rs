//! Real files, cut and damaged.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use oathkit_fuzz::BODIES;
use proptest::prelude::*;
use seedfile::{ReadOptions, read};

/// Everything that reads of a file have been tested with.
static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let folders = [
        "seedfile/tests/data/cases",
        "seedfile/tests/data/pskc/python-pskc",
        "seedfile/tests/data/pskc/rfc6030",
        "provisioner/tests/data/approval",
    ];
    let mut paths: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(crates.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let files = paths.into_iter().map(|path| fs::read(path).unwrap());
    // The long ones are about limits, which are tested where they are.
    let files: Vec<_> = files.filter(|data| data.len() < 10_000).collect();
    assert!(files.len() > 80, "{} files", files.len());
    files
});

fn file() -> impl Strategy<Value = Vec<u8>> {
    any::<prop::sample::Index>().prop_map(|index| index.get(&FILES).clone())
}

#[test]
fn each_whole() {
    for data in &*FILES {
        for (_, body) in BODIES {
            body(data);
        }
    }
}

/// A download that broke off, at every byte.
#[test]
fn each_cut_anywhere() {
    let whole = FILES.iter().filter(|data| data.len() < 500);
    for data in whole {
        for end in 0..data.len() {
            if let Ok(file) = read(&data[..end], &ReadOptions::default()) {
                assert_eq!(file.tokens.len() + file.rejected(), file.records);
            }
        }
    }
}

proptest! {
    #![proptest_config(crate::everyday())]

    #[test]
    fn damaged(mut data in file(), damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        for (at, byte) in damage {
            if !data.is_empty() {
                let at = at.index(data.len());
                data[at] = byte;
            }
        }
        oathkit_fuzz::seed_file(&data);
        oathkit_fuzz::oath_csv(&data);
        oathkit_fuzz::pskc(&data);
        oathkit_fuzz::plan(&data);
    }

    #[test]
    fn joined(first in file(), second in file(), cut: prop::sample::Index) {
        let cut = cut.index(first.len() + 1);
        let data = [&first[..cut], &second, &first[cut..]].concat();
        oathkit_fuzz::seed_file(&data);
    }
}
