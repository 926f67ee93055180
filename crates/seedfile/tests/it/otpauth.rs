//! Lists of otpauth links: one fixture for each way to be right or wrong.

use seedfile::oath_core::{Algorithm, Digits, Period};
use seedfile::{Format, Kind, ReadOptions, SeedFile, Source, TokenRecord, read};

const KEY: &str = "DGS7ECSAGFSLU2BAXDLQKAWXRF3RUO4L";

fn file(text: &str) -> SeedFile {
    let file = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(file.format, Format::Otpauth);
    assert_eq!(file.tokens.len() + file.rejected(), file.records);
    file
}

fn token(link: &str) -> TokenRecord {
    let mut file = file(&link.replace("KEY", KEY));
    assert_eq!(file.problems, [], "{link}");
    file.tokens.remove(0)
}

/// What is wrong with one link.
fn codes(link: &str) -> Vec<String> {
    let file = file(&link.replace("KEY", KEY));
    let problems = file.problems.iter();
    problems
        .map(|problem| format!("{}:{}", problem.field, problem.code()))
        .collect()
}

fn warnings(token: &TokenRecord) -> Vec<&'static str> {
    token.warnings.iter().map(seedfile::Warning::code).collect()
}

#[test]
fn a_link_that_says_everything() {
    let token = token(
        "otpauth://totp/Contoso:ann%40example.com?secret=KEY&issuer=Contoso&algorithm=SHA512&digits=8&period=60\
         &serial=245-1&manufacturer=Token2%20Sarl&model=C202&image=https%3A%2F%2Fx",
    );
    assert_eq!(token.serial.as_str(), "245-1");
    assert_eq!(token.user.as_deref(), Some("ann@example.com"));
    assert_eq!(
        (token.algorithm, token.digits),
        (Algorithm::Sha512, Digits::EIGHT)
    );
    let period = Period::SIXTY;
    assert_eq!(token.kind, Kind::Totp { period });
    assert_eq!(
        (token.manufacturer.as_str(), token.model.as_str()),
        ("Token2 Sarl", "C202")
    );
    assert_eq!(token.sources.serial, Source::Column);
    assert_eq!(token.sources.token_type, Source::Column);
    assert_eq!(warnings(&token), [""; 0]);
}

#[test]
fn what_a_link_leaves_out_is_the_forms_default() {
    let token = token("OTPAUTH://TOTP/ann?secret=KEY");
    assert_eq!(
        (token.algorithm, token.digits),
        (Algorithm::Sha1, Digits::SIX)
    );
    let period = Period::THIRTY;
    assert_eq!(token.kind, Kind::Totp { period });
    assert_eq!(token.sources.algorithm, Source::Format);
    assert_eq!(token.sources.factor, Source::Format);
    assert_eq!(
        (token.manufacturer.as_str(), token.model.as_str()),
        ("", "")
    );
    let hotp = self::token("otpauth://hotp/ann?secret=KEY&counter=7");
    assert_eq!(hotp.kind, Kind::Hotp { counter: 7 });
}

#[test]
fn the_issuer_is_no_manufacturer() {
    let token = token("otpauth://totp/Label:ann?secret=KEY&issuer=Parameter");
    assert_eq!((token.manufacturer.as_str(), token.user), ("", None));
}

#[test]
fn a_label_stands_for_a_missing_serial_number() {
    let serial = |label: &str| {
        let token = token(&format!("otpauth://totp/{label}?secret=KEY"));
        assert_eq!(token.sources.serial, Source::Label);
        assert_eq!(warnings(&token), ["serial-from-label"]);
        (token.serial.to_string(), token.user)
    };
    let user = |name: &str| Some(name.to_owned());
    assert_eq!(serial("ann"), ("ann".into(), None));
    assert_eq!(
        serial("Contoso:ann@example.com"),
        ("ann_example.com".into(), user("ann@example.com"))
    );
    assert_eq!(serial("Contoso%3A%20zo%C3%AB"), ("zo_".into(), None));
    assert_eq!(serial("Contoso: a b"), ("a_b".into(), None));
    assert_eq!(serial(&"9".repeat(70)), ("9".repeat(64), None));
    assert_eq!(
        serial("o%27brien%2Btag@example.com").1,
        user("o'brien+tag@example.com")
    );
}

#[test]
fn an_account_that_is_the_serial_number_is_no_user() {
    let guid = "0cadbf92-0000-0000-0000-000000000000";
    let token = token(&format!("otpauth://totp/{guid}?secret=KEY&serial={guid}"));
    assert_eq!((token.serial.as_str(), token.user), (guid, None));
}

#[test]
fn an_account_that_names_no_user_is_told() {
    let link =
        |label: &str| format!("otpauth://totp/{label}?secret=KEY&serial=1&manufacturer=T&model=M");
    for (label, warned) in [
        ("Token2:ann", &["holder-not-read"][..]),
        ("Token2:", &[]),
        ("1", &[]),
    ] {
        let token = token(&link(label));
        assert_eq!(
            (&token.user, &*warnings(&token)),
            (&None, warned),
            "{label}"
        );
    }
}

/// Links with one fault each, and what is said of it.
const FAULTS: [(&str, &str); 27] = [
    ("otpauth://totp/a?secret=", "secret key:secret-missing"),
    ("otpauth://totp/a?secret", "secret key:secret-missing"),
    ("otpauth://totp/a", "secret key:secret-missing"),
    (
        "otpauth://totp/a?secret=0189",
        "secret key:secret-characters",
    ),
    (
        "otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ",
        "secret key:secret-too-short",
    ),
    (
        "otpauth://totp/a?secret=KEY&secret=KEY",
        "secret key:field-repeated",
    ),
    (
        "otpauth://totp/a?secret=KEY&SECRET=KEY",
        "secret key:field-repeated",
    ),
    (
        "otpauth://totp/a?secret=KEY&digits=6&digits=8",
        "digits:field-repeated",
    ),
    (
        "otpauth://totp/a?secret=KEY&issuer=a&issuer=b",
        "row:field-repeated",
    ),
    ("otpauth://hotp/a?secret=KEY", "counter:counter-missing"),
    (
        "otpauth://hotp/a?secret=KEY&counter=-1",
        "counter:counter-invalid",
    ),
    (
        "otpauth://totp/a?secret=KEY&period=0",
        "time interval:interval-range",
    ),
    (
        "otpauth://totp/a?secret=KEY&period=30s",
        "time interval:interval-not-integer",
    ),
    (
        "otpauth://totp/a?secret=KEY&digits=12",
        "digits:digits-unsupported",
    ),
    (
        "otpauth://totp/a?secret=KEY&algorithm=MD5",
        "hash function:algorithm-unknown",
    ),
    ("otpauth://steam/a?secret=KEY", "type:type-unsupported"),
    ("otpauth://totp/?secret=KEY", "serial number:serial-missing"),
    ("otpauth://totp?secret=KEY", "serial number:serial-missing"),
    (
        "otpauth://totp/a?secret=KEY&serial=",
        "serial number:serial-missing",
    ),
    (
        "otpauth://totp/a?secret=KEY&serial=2.45252E%2B11",
        "serial number:serial-scientific",
    ),
    ("otpauth:///a?secret=KEY", "row:link-broken"),
    ("otpauth://totp/a%4?secret=KEY", "row:link-broken"),
    ("otpauth://totp/a%zz?secret=KEY", "row:link-broken"),
    ("otpauth://totp/a%FF?secret=KEY", "row:link-broken"),
    ("otpauth://totp/a?secret=KEY&x=%", "row:link-broken"),
    ("otpauth://totp/a#EXT#?secret=KEY", "row:link-broken"),
    (
        "otpauth://totp/a?secret=KEY&amp;algorithm=SHA256",
        "row:link-broken",
    ),
];

#[test]
fn each_fault_is_named() {
    for (link, fault) in FAULTS {
        assert_eq!(codes(link), [fault], "{link}");
    }
}

#[test]
fn lines_that_are_no_links_are_counted() {
    let text = format!(
        "# made by hand\r\n\r\notpauth://totp/a?secret={KEY}\r\n60234567\rhttps://example.com\n"
    );
    let file = file(&text);
    assert_eq!((file.records, file.tokens[0].row), (3, 3));
    let problems: Vec<_> = file.problems.iter().map(ToString::to_string).collect();
    let expected = [
        "row 4, row: this is not an otpauth link",
        "row 5, row: this is not an otpauth link",
    ];
    assert_eq!(problems, expected);
}

#[test]
fn secrets_may_be_padded_grouped_and_escaped() {
    let plain = token("otpauth://totp/a?secret=KEY");
    for secret in [
        "dgs7ecsagfslu2baxdlqkawxrf3ruo4l",
        "DGS7%45CSAGFSLU2BAXDLQKAWXRF3RUO4L",
        "DGS7 ECSA GFSL U2BA XDLQ KAWX RF3R UO4L",
    ] {
        let token = token(&format!("otpauth://totp/a?secret={secret}"));
        assert_eq!(token.seed, plain.seed, "{secret}");
    }
    let padded = token("otpauth://totp/a?secret=DGS7ECSAGFSLU2BAXDLQKAWXRE%3D=====");
    assert_eq!(padded.seed.bits(), 128);
}

#[test]
fn short_keys_can_be_allowed() {
    let options = ReadOptions::default().allow_short_seeds(true);
    let file = read(b"otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ", &options).unwrap();
    assert_eq!(
        warnings(&file.tokens[0]),
        ["secret-short", "serial-from-label"]
    );
}

#[test]
fn an_app_export_is_refused_by_name() {
    let refusal = read(
        b"otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8",
        &ReadOptions::default(),
    )
    .unwrap_err();
    assert_eq!(refusal.code(), "otpauth-migration");
    assert!(refusal.to_string().contains("Google Authenticator"));
}
