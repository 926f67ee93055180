//! Seed files of any kind, and of one kind each.

use seedfile::oath_core::{Algorithm, Digits, Period};
use seedfile::{
    Field, Format, Place, PskcKey, ReadOptions, SecretEncoding, SeedFile, TokenType, read, survey,
};

use crate::{accounts, hidden, round_trip};

/// Any file, read without a hint, and as each of the formats.
pub fn seed_file(data: &[u8]) {
    for options in ways() {
        whole(data, &options);
    }
    for format in Format::ALL {
        judged(data, &ReadOptions::default().format(format));
    }
}

/// Lists of links.
pub fn otpauth(data: &[u8]) {
    const HEADS: [&str; 3] = [
        "otpauth://",
        "otpauth://totp/Token2:ann%40example.com?issuer=Token2&secret=",
        "otpauth://hotp/x?secret=DGS7ECSAGFSLU2BAXDLQKAWXRF3RUO4L&",
    ];
    with_one_of(&HEADS, data, "\n");
}

/// Lists without a header, which are known by their shape or by name.
pub fn oath_csv(data: &[u8]) {
    for format in [Format::OathCsv, Format::Duo, Format::MultiotpCsv] {
        whole(data, &ReadOptions::default().format(format));
    }
}

/// The inside of a PSKC container, in clear and with a key.
pub fn pskc(data: &[u8]) {
    const HEAD: &[u8] = b"<?xml version=\"1.0\"?><KeyContainer Version=\"1.0\" \
        xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\"><KeyPackage>";
    let inside = [HEAD, data, b"</KeyPackage></KeyContainer>"].concat();
    let key = PskcKey::from_file(b"12345678901234567890123456789012").unwrap();
    for file in [data, &inside] {
        whole(file, &ReadOptions::default());
        whole(file, &ReadOptions::default().pskc_key(key.clone()));
    }
}

/// A way of reading, and every property of what was read.
fn whole(data: &[u8], options: &ReadOptions) {
    if let Some(file) = judged(data, options) {
        accounts::survey_agrees(data, &file, options);
        accounts::named_format_reads_the_same(data, &file, options);
        round_trip::reads_back_from_every_format(file);
    }
}

/// Nothing said, everything said of the tokens, and everything said of a table.
fn ways() -> [ReadOptions; 3] {
    let said = ReadOptions::default()
        .allow_short_seeds(true)
        .algorithm(Algorithm::Sha256)
        .digits(Digits::EIGHT)
        .period(Period::SIXTY)
        .token_type(TokenType::Hotp);
    let placed = ReadOptions::default()
        .column(Field::Serial, Place::Numbered(2))
        .column(Field::Secret, Place::Numbered(3))
        .encoding(SecretEncoding::Hex)
        .period(Period::THIRTY)
        .delimiter(b',');
    [ReadOptions::default(), said, placed]
}

/// Rows under a header, so that nothing is spent on finding one.
pub fn csv(data: &[u8]) {
    const HEADERS: [&str; 3] = [
        "upn,serial number,secret key,timeinterval,manufacturer,model\n",
        "upn,serial number,secret key,time interval,manufacturer,model,hash function\r\n",
        "secret key;serial number;timeinterval\n",
    ];
    with_one_of(&HEADERS, data, "");
}

/// The items of Graph's bulk request.
pub fn json(data: &[u8]) {
    const HEADS: [&str; 2] = [
        "{\"@context\":\"#$delta\",\"value\":[",
        "{\"value\":[{\"timeIntervalInSeconds\":30,\"hashFunction\":\"hmacsha1\",",
    ];
    with_one_of(&HEADS, data, "]}");
}

/// The first byte chooses what stands before the rest.
fn with_one_of(heads: &[&str], data: &[u8], tail: &str) {
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    let head = heads.iter().cycle().nth(usize::from(*choice));
    let head = head.copied().unwrap_or_default();
    seed_file(&[head.as_bytes(), rest, tail.as_bytes()].concat());
}

/// Reads, and checks what is said of the file.
fn judged(data: &[u8], options: &ReadOptions) -> Option<SeedFile> {
    match read(data, options) {
        Ok(file) => {
            accounts::add_up(data, &file);
            hidden::file_shows_no_secret(data, &file);
            Some(file)
        }
        Err(refusal) => {
            assert_eq!(survey(data, options).err().as_ref(), Some(&refusal));
            hidden::refusal_shows_no_secret(data, &refusal);
            None
        }
    }
}
