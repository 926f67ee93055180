//! The vectors of the RFCs, and 240 more made with oathtool 2.6.7. See `tests/data`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at anything unexpected"
)]

use oath_core::{Algorithm, Code, Digits, Hotp, Key, Period, Totp, Window};

/// RFC 4226 appendix D and RFC 6238 appendix B.
#[test]
fn rfc() {
    let rows = rows(include_str!("data/rfc.tsv"));
    assert_eq!(rows.len(), 10 + 18);
    for row in rows {
        let [rfc, secret, algorithm, digits, moving_factor, otp] = row[..] else {
            panic!("six columns: {row:?}");
        };
        let key = Key::new(algorithm.parse().unwrap(), secret.as_bytes());
        let (digits, moving_factor) = (parse_digits(digits), moving_factor.parse().unwrap());
        match rfc {
            "4226-D" => check_hotp(&key, digits, moving_factor, otp),
            "6238-B" => check_totp(&key, digits, Period::THIRTY, moving_factor, otp),
            other => panic!("no such RFC: {other}"),
        }
    }
}

/// Secrets of 10 to 129 bytes, all algorithms and digits, periods of 1, 15, 30 and 60 s, times up
/// to 20,000,000,000.
#[test]
fn oathtool() {
    let rows = rows(include_str!("data/totp_oathtool.tsv"));
    assert_eq!(rows.len(), 240);
    for row in rows {
        let [_, secret, algorithm, digits, period, unix, otp, _] = row[..] else {
            panic!("eight columns: {row:?}");
        };
        let key = Key::new(algorithm.parse().unwrap(), &from_hex(secret));
        let period = Period::new(period.parse().unwrap()).unwrap();
        let unix = unix.parse().unwrap();
        check_totp(&key, parse_digits(digits), period, unix, otp);
    }
}

/// HMAC keys of no bytes, of one block and of one byte more; codes from Python's `hmac` module.
#[test]
fn key_lengths() {
    let cases = [
        (Algorithm::Sha1, 0, "99566304"),
        (Algorithm::Sha256, 0, "80430451"),
        (Algorithm::Sha512, 0, "40983831"),
        (Algorithm::Sha1, 64, "03227873"),
        (Algorithm::Sha256, 64, "10414684"),
        (Algorithm::Sha512, 128, "85414419"),
        (Algorithm::Sha1, 65, "27703580"),
        (Algorithm::Sha256, 65, "27496701"),
        (Algorithm::Sha512, 129, "48201240"),
    ];
    for (algorithm, length, otp) in cases {
        let key = Key::new(algorithm, &vec![b'k'; length]);
        check_hotp(&key, Digits::EIGHT, u64::MAX, otp);
    }
}

fn check_hotp(key: &Key, digits: Digits, counter: u64, otp: &str) {
    let hotp = Hotp::new(digits);
    let code = hotp.generate(key, counter);
    assert_eq!(code.as_str(), otp, "{key:?}, counter {counter}");
    assert_eq!(hotp.verify(key, counter, 0, &code), Some(counter));
}

fn check_totp(key: &Key, digits: Digits, period: Period, unix: u64, otp: &str) {
    let totp = Totp::new(digits, period);
    assert_eq!(totp.generate(key, unix).as_str(), otp, "{key:?}, {unix}");
    let typed = Code::parse(otp).unwrap();
    let accepted = totp.verify(key, unix, Window::NONE, &typed).unwrap();
    assert_eq!(
        (accepted.step, accepted.drift),
        (unix / u64::from(period.seconds()), 0)
    );
}

fn rows(table: &str) -> Vec<Vec<&str>> {
    let lines = table.lines().skip(1);
    lines.map(|line| line.split('\t').collect()).collect()
}

fn parse_digits(text: &str) -> Digits {
    Digits::new(text.parse().unwrap()).unwrap()
}

fn from_hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
