//! A container as a seed file: what is meant where a key is silent.

use data_encoding::BASE64;
use seedfile::oath_core::{Algorithm, Digits, Period};
use seedfile::{Format, Kind, ReadOptions, SeedFile, Source, read};

fn file(algorithm: &str, data: &str) -> SeedFile {
    of_key(algorithm, b"12345678901234567890", data)
}

fn of_key(algorithm: &str, key: &[u8], data: &str) -> SeedFile {
    let key = BASE64.encode(key);
    let text = format!(
        r#"<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc"><KeyPackage>
<DeviceInfo><SerialNo>60234567</SerialNo></DeviceInfo>
<Key Id="1" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:{algorithm}"><AlgorithmParameters>
<ResponseFormat Length="6" Encoding="DECIMAL"/></AlgorithmParameters><Data>
<Secret><PlainValue>{key}</PlainValue></Secret>{data}</Data></Key>
</KeyPackage></KeyContainer>"#
    );
    let file = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!((file.format, file.records), (Format::Pskc, 1));
    file
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

#[test]
fn a_key_has_so_many_bytes() {
    for (bytes, problems) in [(4096, &[][..]), (4097, &["secret-too-long"][..])] {
        let file = of_key("totp", &vec![7; bytes], "");
        let codes: Vec<_> = file.problems.iter().map(|problem| problem.code()).collect();
        assert_eq!(codes, problems, "{bytes}");
    }
}
