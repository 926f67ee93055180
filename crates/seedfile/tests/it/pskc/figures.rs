//! The examples of RFC 6030.

use seedfile::TokenType;
use seedfile::pskc::PskcProblem;

use super::support::{
    FIGURE_2, FIGURE_5, FIGURE_6, FIGURE_7, FIGURE_10, SECRET, all, one, phrase, shared, text,
};

#[test]
fn figure_2_is_a_key_without_a_device() {
    let package = one(FIGURE_2, None);
    assert_eq!(package.line, 4);
    assert_eq!(
        (package.beginning.as_str(), package.end.as_str()),
        ("<KeyPackage", "KeyPackage>")
    );
    assert_eq!(package.serial, Ok(None));
    let key = package.key.unwrap();
    assert_eq!(key.secret, Ok(b"1234".to_vec()));
    assert_eq!(
        (key.digits, key.counter, key.suite),
        (Ok(None), Ok(None), Ok(None))
    );
}

#[test]
fn figure_5_has_a_pin_beside_its_key() {
    let packages = all(FIGURE_5, None).unwrap();
    assert_eq!(packages.iter().map(|p| p.line).collect::<Vec<_>>(), [4, 31]);
    assert_eq!(packages[0].manufacturer, text("Manufacturer"));
    assert_eq!(packages[0].serial, text("987654321"));
    let key = packages[0].key.as_ref().unwrap();
    assert_eq!(key.kind, TokenType::Hotp);
    assert_eq!(key.secret.as_deref(), Ok(SECRET));
    assert_eq!((&key.digits, &key.counter), (&text("8"), &text("0")));
    assert_eq!(packages[1].key, Err(PskcProblem::OtherAlgorithm));
}

#[test]
fn figure_6_opens_with_its_pre_shared_key() {
    let key = one(FIGURE_6, Some(&shared())).key.unwrap();
    assert_eq!(key.secret.as_deref(), Ok(SECRET));
    assert_eq!(key.counter, text("0"));
}

#[test]
fn figure_7_opens_with_its_passphrase() {
    let package = one(FIGURE_7, Some(&phrase("qwerty")));
    assert_eq!(package.manufacturer, text("TokenVendorAcme"));
    assert_eq!(package.line, 36);
    let key = package.key.unwrap();
    assert_eq!(key.secret.as_deref(), Ok(SECRET));
    assert_eq!(key.digits, text("8"));
}

#[test]
fn figure_10_has_four_keys_and_one_serial_number_twice() {
    let packages = all(FIGURE_10, None).unwrap();
    let serials: Vec<_> = packages.iter().map(|p| p.serial.clone()).collect();
    assert_eq!(
        serials,
        ["654321", "123456", "9999999", "9999999"].map(text)
    );
    for package in &packages {
        assert_eq!(package.user, text("UID=jsmith,DC=example,DC=net"));
        assert_eq!(package.key.as_ref().unwrap().secret.as_deref(), Ok(SECRET));
    }
}

#[test]
fn a_key_for_a_plain_file_does_no_harm() {
    assert_eq!(all(FIGURE_5, Some(&phrase("qwerty"))), all(FIGURE_5, None));
}
