//! The list of what a folder of PSKC files holds, as `tests/peers/pskc_peer.py` writes and reads it.

use std::fs;
use std::path::Path;

use seedfile::TokenType;
use seedfile::pskc::PskcKey;

use super::support::{Package, Text, all, phrase};

pub(crate) const HEADER: &str = "file\tkey\tmanufacturer\tserial\tmodel\tuser\tkind\tsecret\tsuite\tdigits\tcounter\tinterval\n";

/// Reads every file that the manifest of `folder` names and puts down what is in it, as a manifest.
pub(crate) fn read_back(folder: &Path) -> String {
    let manifest = fs::read_to_string(folder.join("manifest.tsv")).unwrap();
    let mut files: Vec<(&str, &str)> = manifest.lines().skip(1).map(names).collect();
    files.dedup();
    let mut found = HEADER.to_owned();
    for (file, key) in files {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let packages = all(&text, file_key(key).as_ref());
        let packages = packages.unwrap_or_else(|refusal| panic!("{file}: {refusal}"));
        for package in packages {
            found += &line(file, key, &package);
        }
    }
    found
}

/// The same as the manifest?
#[track_caller]
pub(crate) fn assert_same(folder: &Path, found: &str) {
    let manifest = fs::read_to_string(folder.join("manifest.tsv")).unwrap();
    for (wanted, found) in manifest.lines().zip(found.lines()) {
        assert_eq!(found, wanted, "{}", folder.display());
    }
    assert_eq!(manifest.lines().count(), found.lines().count());
}

fn names(line: &str) -> (&str, &str) {
    let mut cells = line.split('\t');
    (cells.next().unwrap(), cells.next().unwrap())
}

fn file_key(key: &str) -> Option<PskcKey> {
    match key.split_once(':') {
        Some(("hex", hex)) => Some(PskcKey::from_file(hex.as_bytes()).unwrap()),
        Some(("phrase", text)) => Some(phrase(text)),
        _ => None,
    }
}

fn line(file: &str, file_key: &str, package: &Package) -> String {
    let key = package.key.as_ref().unwrap();
    let cell = |text: &Text| text.clone().unwrap().unwrap_or_else(|| "-".to_owned());
    let kind = match key.kind {
        TokenType::Hotp => "hotp",
        TokenType::Totp => "totp",
    };
    let cells = [
        file.to_owned(),
        file_key.to_owned(),
        cell(&package.manufacturer),
        cell(&package.serial),
        cell(&package.model),
        cell(&package.user),
        kind.to_owned(),
        data_encoding::HEXLOWER.encode(key.secret.as_ref().unwrap()),
        cell(&key.suite),
        cell(&key.digits),
        cell(&key.counter),
        cell(&key.interval),
    ];
    cells.join("\t") + "\n"
}
