//! A container as a seed file: what is meant where a key is silent.

use data_encoding::BASE64;
use seedfile::oath_core::{Algorithm, Digits, Period};
use seedfile::{Format, Kind, ReadOptions, SeedFile, Source, Warning, read};

use super::support::{FIGURE_2, FIGURE_5, FIGURE_10};

fn file(algorithm: &str, data: &str) -> SeedFile {
    of_key(algorithm, b"12345678901234567890", data)
}

fn of_key(algorithm: &str, key: &[u8], data: &str) -> SeedFile {
    let text = container(algorithm, key, data);
    let file = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!((file.format, file.records), (Format::Pskc, 1));
    file
}

fn container(algorithm: &str, key: &[u8], data: &str) -> String {
    let key = BASE64.encode(key);
    format!(
        r#"<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc"><KeyPackage>
<DeviceInfo><SerialNo>60234567</SerialNo></DeviceInfo>
<Key Id="1" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:{algorithm}"><AlgorithmParameters>
<ResponseFormat Length="6" Encoding="DECIMAL"/></AlgorithmParameters><Data>
<Secret><PlainValue>{key}</PlainValue></Secret>{data}</Data></Key>
</KeyPackage></KeyContainer>"#
    )
}

#[test]
fn a_key_that_says_nothing_counts_from_nought_or_each_half_minute() {
    let period = Period::THIRTY;
    for (algorithm, kind) in [
        ("totp", Kind::Totp { period }),
        ("hotp", Kind::Hotp { counter: 0 }),
    ] {
        let file = file(algorithm, "");
        let token = &file.tokens[0];
        assert_eq!(token.kind, kind);
        assert_eq!(
            (token.algorithm, token.digits),
            (Algorithm::Sha1, Digits::SIX)
        );
        let sources = &token.sources;
        assert_eq!(sources.factor, Source::Format);
        assert_eq!(
            (sources.algorithm, sources.digits),
            (Source::Format, Source::Column)
        );
    }
}

#[test]
fn what_a_container_says_of_the_time_is_not_read() {
    let file = file("totp", "<Time><PlainValue>7</PlainValue></Time>");
    assert_eq!(
        (file.tokens.len(), file.unread),
        (1, vec!["Time".to_owned()])
    );
}

#[test]
fn by_how_much_a_clock_is_off_is_read() {
    let said = "<TimeDrift><PlainValue>-7</PlainValue></TimeDrift>";
    let read = file("totp", said);
    assert_eq!(read.tokens[0].drift, Some(-7));
    assert_eq!(read.unread, Vec::<String>::new());
}

#[test]
fn what_a_key_says_counts() {
    let said = |name: &str| format!("<{name}><PlainValue>60</PlainValue></{name}>");
    let period = Period::SIXTY;
    for (algorithm, name, kind) in [
        ("totp", "TimeInterval", Kind::Totp { period }),
        ("hotp", "Counter", Kind::Hotp { counter: 60 }),
    ] {
        let file = file(algorithm, &said(name));
        assert_eq!(file.tokens[0].kind, kind);
        assert_eq!(file.tokens[0].sources.factor, Source::Column);
    }
}

/// A container whose device and key have these users.
fn users(device: &str, key: &str) -> SeedFile {
    let user = |name: &str| format!("<UserId>{name}</UserId>");
    let text = container("totp", b"12345678901234567890", "");
    let text = text.replace("</DeviceInfo>", &(user(device) + "</DeviceInfo>"));
    let text = text.replace("</Key>", &(user(key) + "</Key>"));
    read(text.as_bytes(), &ReadOptions::default()).unwrap()
}

#[test]
fn a_holder_by_an_x500_name_is_told_and_not_read() {
    let ann = Some("ann@example.com");
    for (device, key, user, warned) in [
        ("", "CN=ann,O=Example", None, true),
        (
            "DC=example-bank,DC=net",
            "UID=ann,DC=example-bank,DC=net",
            None,
            true,
        ),
        ("DC=example,DC=com", "ann@example.com", ann, false),
        ("ann@example.com", "UID=ann,DC=example,DC=com", ann, false),
        ("ann@example.com", "Ann@Example.com", ann, false),
    ] {
        let file = users(device, key);
        assert_eq!(file.rejected(), 0, "{:?}", file.problems);
        let token = &file.tokens[0];
        assert_eq!(token.user.as_deref(), user);
        let told = token.warnings.contains(&Warning::HolderNotRead);
        assert_eq!(told, warned, "{key}: {:?}", token.warnings);
    }
    let file = users("ann@example.com", "bob@example.com");
    assert_eq!(file.problems[0].code(), "pskc-users-differ");
}

#[test]
fn the_figures_of_the_rfc_are_read_as_far_as_they_name_tokens() {
    let figures = [FIGURE_2, FIGURE_5, FIGURE_10];
    let read = figures.map(|text| {
        let options = ReadOptions::default().allow_short_seeds(true);
        let file = read(text.as_bytes(), &options).unwrap();
        let codes = file.problems.iter().map(seedfile::Problem::code);
        let mut codes: Vec<_> = codes.collect();
        codes.dedup();
        (file.records, codes)
    });
    let expected = [
        (1, vec!["serial-missing"]),
        (2, vec!["pskc-other-algorithm"]),
        (4, vec!["secret-repeated"]),
    ];
    assert_eq!(read, expected);
}

#[test]
fn a_key_has_so_many_bytes() {
    for (bytes, problems) in [(4096, &[][..]), (4097, &["secret-too-long"][..])] {
        let file = of_key("totp", &vec![7; bytes], "");
        let codes: Vec<_> = file.problems.iter().map(seedfile::Problem::code).collect();
        assert_eq!(codes, problems, "{bytes}");
    }
}
