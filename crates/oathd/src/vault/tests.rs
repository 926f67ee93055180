use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use data_encoding::{BASE32, BASE64, HEXLOWER};

use super::{Fill, MasterKey, Vault, VaultError, place};

const CANARY: &[u8] = b"canary of a seed: 12345678901234567890";

/// Different bytes at each call.
fn fill() -> Fill {
    let next = AtomicU8::new(1);
    Arc::new(move |buffer: &mut [u8]| {
        buffer.fill(next.fetch_add(1, Ordering::Relaxed));
        Ok(())
    })
}

fn key(byte: u8) -> MasterKey {
    MasterKey::new(
        &(Arc::new(move |b: &mut [u8]| {
            b.fill(byte);
            Ok(())
        }) as Fill),
    )
    .unwrap()
}

fn vault(dir: &Path) -> Vault {
    Vault::open(dir.to_owned(), &key(7), fill()).unwrap()
}

#[test]
fn what_is_sealed_opens_under_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(dir.path());
    for content in [b"".as_slice(), b"x", CANARY, &[0; 100_000]] {
        let sealed = vault.seal("a", content).unwrap();
        assert_eq!(vault.unseal("a", &sealed).unwrap().as_slice(), content);
    }
    assert_ne!(
        vault.seal("a", b"x").unwrap(),
        vault.seal("a", b"x").unwrap()
    );
}

#[test]
fn no_byte_can_be_changed_and_none_can_be_missing() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(dir.path());
    let sealed = vault.seal("a", CANARY).unwrap();
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[at] ^= 1 << bit;
            assert!(
                vault.unseal("a", &changed).is_err(),
                "bit {bit} of byte {at}"
            );
        }
        assert!(vault.unseal("a", &sealed[..at]).is_err(), "{at} bytes");
    }
    let longer = [sealed.as_slice(), b"x"].concat();
    assert!(vault.unseal("a", &longer).is_err());
}

#[test]
fn a_document_in_the_place_of_another_does_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(dir.path());
    vault.save_bytes("accounts", CANARY).unwrap();
    fs::rename(
        dir.path().join("accounts.sealed"),
        dir.path().join("okta.sealed"),
    )
    .unwrap();
    let error = vault.load_bytes("okta").unwrap_err();
    assert!(matches!(error, VaultError::Damaged { .. }), "{error}");
    assert!(vault.load_bytes("accounts").unwrap().is_none());
}

#[test]
fn another_key_and_another_version_are_told_apart_from_damage() {
    let dir = tempfile::tempdir().unwrap();
    let mut sealed = vault(dir.path()).seal("a", CANARY).unwrap();
    let other = Vault::open(dir.path().to_owned(), &key(8), fill()).unwrap();
    let error = other.unseal("a", &sealed).unwrap_err();
    assert!(matches!(error, VaultError::WrongKey { .. }), "{error}");
    assert!(error.to_string().contains("key file that belongs to it"));
    sealed[8] = 2;
    let error = vault(dir.path()).unseal("a", &sealed).unwrap_err();
    assert!(
        matches!(error, VaultError::OtherVersion { version: 2, .. }),
        "{error}"
    );
}

#[test]
fn documents_are_kept_listed_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(dir.path());
    assert_eq!(vault.load::<Vec<String>>("draft-2").unwrap(), None);
    vault.save("draft-2", &vec!["two"]).unwrap();
    vault.save("draft-1", &vec!["one"]).unwrap();
    vault.save("accounts", &1).unwrap();
    vault.save("draft-2", &vec!["again"]).unwrap();
    assert_eq!(vault.names("draft-").unwrap(), ["draft-1", "draft-2"]);
    let read: Option<Vec<String>> = vault.load("draft-2").unwrap();
    assert_eq!(read.unwrap(), ["again"]);
    assert!(matches!(
        vault.load::<u8>("draft-2"),
        Err(VaultError::Damaged { .. })
    ));
    vault.remove("draft-1").unwrap();
    vault.remove("draft-1").unwrap();
    assert_eq!(vault.names("").unwrap(), ["accounts", "draft-2"]);
}

#[test]
fn a_name_is_no_path() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(dir.path());
    for name in [
        "", ".", "..", "../a", "a/b", "a\\b", "/a", "a..b", ".a", "-a", "A", "a b", "ä", "a\0",
    ] {
        assert!(
            matches!(vault.save(name, &1), Err(VaultError::Name { .. })),
            "{name:?}"
        );
        assert!(vault.load::<u8>(name).is_err(), "{name:?}");
        assert!(vault.remove(name).is_err(), "{name:?}");
    }
    assert!(vault.save(&"a".repeat(101), &1).is_err());
}

#[test]
fn a_crash_before_the_new_name_leaves_the_old_document() {
    let dir = tempfile::tempdir().unwrap();
    let before = vault(dir.path());
    before.save("a", &"old").unwrap();
    let part = place::unfinished(dir.path(), &before.seal("a", b"\"new\"").unwrap()).unwrap();
    part.keep().unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    let after = vault(dir.path());
    assert_eq!(after.load::<String>("a").unwrap().unwrap(), "old");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn nothing_lies_in_clear() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(dir.path());
    vault.save_bytes("raw", CANARY).unwrap();
    vault
        .save("json", &String::from_utf8_lossy(CANARY))
        .unwrap();
    let clear = [
        CANARY.to_vec(),
        BASE32.encode(CANARY)[..40].into(),
        HEXLOWER.encode(CANARY).into(),
        BASE64.encode(CANARY)[..40].into(),
    ];
    let holds = |file: &[u8]| {
        clear
            .iter()
            .any(|c| memchr::memmem::find(file, c).is_some())
    };
    assert!(
        holds(&[b"..", CANARY].concat()),
        "the search finds something"
    );
    for entry in fs::read_dir(dir.path()).unwrap() {
        assert!(!holds(&fs::read(entry.unwrap().path()).unwrap()));
    }
    assert!(!holds(format!("{vault:?} {:?}", key(b'c')).as_bytes()));
}

#[test]
fn a_key_is_made_once_and_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new").join("key");
    let fill = fill();
    let made = MasterKey::read_or_create(&path, &fill).unwrap();
    let read = MasterKey::read_or_create(&path, &fill).unwrap();
    assert_eq!(made.bytes(), read.bytes());
    assert_ne!(made.bytes(), MasterKey::new(&fill).unwrap().bytes());
    fs::write(&path, [1; 31]).unwrap();
    let error = MasterKey::read_or_create(&path, &fill).unwrap_err();
    assert!(
        matches!(error, VaultError::NotAKey { length: 31, .. }),
        "{error}"
    );
}

#[test]
fn no_key_without_random_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let none: Fill = Arc::new(|_: &mut [u8]| Err(io::Error::other("none")));
    let path = dir.path().join("key");
    assert!(MasterKey::read_or_create(&path, &none).is_err());
    assert!(!path.exists());
    let vault = Vault::open(dir.path().to_owned(), &key(7), none).unwrap();
    assert!(vault.save("a", &1).is_err());
}

#[cfg(unix)]
#[test]
fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let (home, path) = (dir.path().join("vault"), dir.path().join("key"));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    vault(&home).save("a", &1).unwrap();
    MasterKey::read_or_create(&path, &fill()).unwrap();
    assert_eq!(mode(&home), 0o700);
    assert_eq!(mode(&home.join("a.sealed")), 0o600);
    assert_eq!(mode(&path), 0o600);
    for open in [0o640, 0o604, 0o660, 0o644] {
        fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
        let error = MasterKey::read_or_create(&path, &fill())
            .unwrap_err()
            .to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }
}
