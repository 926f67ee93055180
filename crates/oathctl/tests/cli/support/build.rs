//! Other builds of the program.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the program with a feature that no release has. It shares what is built already, and its
/// binary lies apart from the one under test.
pub(crate) fn built_with(feature: &str) -> PathBuf {
    let apart = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let target = apart.join(feature);
    let built = Command::new(env!("CARGO"))
        .args(["build", "--package", "oathctl", "--features", feature])
        .args(["--locked", "--offline", "--quiet"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_BUILD_BUILD_DIR", apart.parent().unwrap())
        .env("CARGO_TARGET_DIR", &target)
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    target
        .join("debug")
        .join(format!("oathctl{}", std::env::consts::EXE_SUFFIX))
}
