//! The crate in a program that has neither `std` nor an allocator, so that a use of either fails to
//! build.

// Miri starts no programs.
#![cfg(all(target_os = "linux", not(miri)))]

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn runs_without_std_and_without_an_allocator() -> io::Result<()> {
    let package = lay_out_package()?;
    let build = cargo_build(&package)?;
    assert!(
        build.status.success(),
        "tests/bare/program.rs does not build without std and an allocator.\n\
         It is built offline with the workspace's own versions; if a package is missing, run `cargo fetch` first.\n{}",
        String::from_utf8_lossy(&build.stderr),
    );
    let program = package.join("target/release/bare");
    let status = Command::new(&program).status()?;
    assert_eq!(
        status.code(),
        Some(0),
        "1: a wrong code, 2: a key survives its drop, none: it aborted"
    );
    Ok(())
}

/// A package of its own, outside of the source tree and of the workspace.
fn lay_out_package() -> io::Result<PathBuf> {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bare");
    fs::create_dir_all(&package)?;
    fs::write(package.join("Cargo.toml"), manifest())?;
    // Outside of the workspace, as a published crate, there is no lock file and cargo makes one.
    let lock = Path::new(CRATE).join("../../Cargo.lock");
    if lock.exists() {
        fs::copy(lock, package.join("Cargo.lock"))?;
    }
    Ok(package)
}

fn manifest() -> String {
    format!(
        r#"
[package]
name = "bare"
version = "0.0.0"
edition = "2024"

[[bin]]
name = "bare"
path = '{CRATE}/tests/bare/program.rs'
test = false

[dependencies]
oath-core = {{ path = '{CRATE}' }}

[profile.release]
panic = "abort"
overflow-checks = true

[workspace]
"#
    )
}

/// The flags of the outer build (coverage, sanitizers) may need `std` themselves, so they stay
/// outside.
fn cargo_build(package: &Path) -> io::Result<Output> {
    Command::new(env!("CARGO"))
        .args(["build", "--release", "--offline", "--target-dir", "target"])
        .current_dir(package)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .output()
}
