//! Against another implementation, python-pskc: its files are read here, and ours there.
//!
//! A few of its files are kept and read in every run. `cargo xtask campaign pskc` makes hundreds of new ones both ways, for
//! which `python3` (or the interpreter named by `OATHKIT_PYTHON`) must have the module: `pip install python-pskc`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use seedfile::Kind;
use seedfile::oath_core::{Algorithm, Digits, Period};
use seedfile::pskc::{NewKey, Protection, PskcKey, write};

use super::manifest::{HEADER, assert_same, read_back};
use super::support::{Bytes, phrase};

const FILES: u64 = 300;
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/pskc_peer.py");

#[test]
fn files_of_python_pskc_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pskc/python-pskc");
    assert_same(&folder, &read_back(&folder));
}

#[test]
fn new_files_of_python_pskc_are_read() {
    let Some(folder) = campaign_folder("made-by-peer") else {
        return;
    };
    for seed in 0..3 {
        peer(&[
            "make",
            folder.to_str().unwrap(),
            &FILES.to_string(),
            &seed.to_string(),
        ]);
        assert_same(&folder, &read_back(&folder));
    }
    println!(
        "read {} files of python-pskc, every key as it was made",
        3 * FILES
    );
}

#[test]
fn our_files_are_read_by_python_pskc() {
    let Some(folder) = campaign_folder("made-by-us") else {
        return;
    };
    let mut manifest = HEADER.to_owned();
    let mut bytes = Bytes(2);
    for number in 0..FILES {
        manifest += &make(&folder, number, &mut bytes);
    }
    fs::write(folder.join("manifest.tsv"), manifest).unwrap();
    assert_same(&folder, &read_back(&folder));
    assert_same(&folder, &peer(&["read", folder.to_str().unwrap()]));
    println!("python-pskc read {FILES} of our files, every key as it was written");
}

/// An empty folder, if this is the campaign.
fn campaign_folder(name: &str) -> Option<PathBuf> {
    setting("OATHKIT_CAMPAIGN").filter(|size| size == "full")?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    Some(folder)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a campaign is asked for from outside"
)]
fn setting(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Runs the script and returns what it prints.
fn peer(args: &[&str]) -> String {
    let python = setting("OATHKIT_PYTHON").unwrap_or_else(|| "python3".to_owned());
    let output = Command::new(&python).arg(SCRIPT).args(args).output();
    let output = output.unwrap_or_else(|error| panic!("this campaign needs {python}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{python} {SCRIPT}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Writes a file and returns its lines of the manifest.
fn make(folder: &Path, number: u64, bytes: &mut Bytes) -> String {
    let mut secrets = [
        vec![0; 20],
        vec![0; 32],
        vec![0; 1 + (number % 64) as usize],
    ];
    secrets.iter_mut().for_each(|secret| bytes.fill(secret));
    let keys: Vec<_> = secrets
        .iter()
        .zip(0..)
        .map(|(secret, at)| token(secret, number + at))
        .collect();
    let mut shared = vec![0; [16, 24, 32][(number % 3) as usize]];
    bytes.fill(&mut shared);
    let (name, key) = match number % 3 {
        0 => ("-".to_owned(), None),
        1 => {
            let key = PskcKey::from_bytes(&shared).unwrap();
            (
                format!("hex:{}", data_encoding::HEXLOWER.encode(&shared)),
                Some(key),
            )
        }
        _ => (
            format!("phrase:päss {number}"),
            Some(phrase(&format!("päss {number}"))),
        ),
    };
    let mut out = Vec::new();
    let mut random = |buffer: &mut [u8]| bytes.fill(buffer);
    let protection = match &key {
        None => Protection::Plain,
        Some(key) => Protection::Encrypted {
            key,
            iterations: 10,
            random: &mut random,
        },
    };
    write(&keys, protection, &mut out).unwrap();
    let file = format!("ours-{number:03}.xml");
    fs::write(folder.join(&file), out).unwrap();
    keys.iter().map(|key| line(&file, &name, key)).collect()
}

fn token(secret: &[u8], number: u64) -> NewKey<'_> {
    let period = Period::new(if number.is_multiple_of(5) { 60 } else { 30 }).unwrap();
    let hotp = Kind::Hotp {
        counter: number * 1_000_003,
    };
    NewKey {
        serial: ["60234567", "0000042", "FT-1.b_2"][(number % 3) as usize],
        manufacturer: ["Token & Co", "<é>", "\"]]>'"][(number / 2 % 3) as usize],
        model: ["", "C202", "トークン"][(number / 3 % 3) as usize],
        user: [None, Some("ann@example.com")][(number % 2) as usize],
        secret,
        algorithm: [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512]
            [(number / 4 % 3) as usize],
        digits: Digits::new(6 + (number % 3) as u8).unwrap(),
        kind: if number.is_multiple_of(4) {
            hotp
        } else {
            Kind::Totp { period }
        },
        drift: None,
    }
}

fn line(file: &str, file_key: &str, key: &NewKey<'_>) -> String {
    let or_dash = |text: &str| if text.is_empty() { "-" } else { text }.to_owned();
    let (kind, counter, interval) = match key.kind {
        Kind::Hotp { counter } => ("hotp", counter.to_string(), String::new()),
        Kind::Totp { period } => ("totp", String::new(), period.seconds().to_string()),
    };
    let suite = match key.algorithm {
        Algorithm::Sha1 => "",
        Algorithm::Sha256 => "HMAC-SHA256",
        Algorithm::Sha512 => "HMAC-SHA512",
    };
    let cells = [
        file.to_owned(),
        file_key.to_owned(),
        or_dash(key.manufacturer),
        or_dash(key.serial),
        or_dash(key.model),
        or_dash(key.user.unwrap_or_default()),
        kind.to_owned(),
        data_encoding::HEXLOWER.encode(key.secret),
        or_dash(suite),
        key.digits.get().to_string(),
        or_dash(&counter),
        or_dash(&interval),
    ];
    cells.join("\t") + "\n"
}
