//! JSON that is almost right, and JSON made to hurt.

use seedfile::{Format, ReadOptions, Refusal, read};

const KEY: &str = "DGS7ECSAGFSLU2BAXDLQKAWXRF3RUO4L";

fn token(extra: &str) -> String {
    format!(r#"{{"serialNumber":"1","secretKey":"{KEY}","manufacturer":"a","model":"b"{extra}}}"#)
}

fn codes(text: &str) -> Vec<String> {
    let file = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(file.tokens.len() + file.rejected(), file.records);
    file.problems
        .iter()
        .map(|problem| format!("{}:{}:{}", problem.row, problem.field, problem.code()))
        .collect()
}

fn refused(text: &str) -> &'static str {
    read(text.as_bytes(), &ReadOptions::default())
        .unwrap_err()
        .code()
}

#[test]
fn the_interval_may_be_text_or_a_whole_number() {
    let none: [&str; 0] = [];
    for right in ["30", "60", "\"30\"", "\" 60 \""] {
        assert_eq!(
            codes(&format!(
                "[{}]",
                token(&format!(",\"timeIntervalInSeconds\":{right}"))
            )),
            none,
            "{right}"
        );
    }
    let wrong = [
        ("30.0", "interval-not-integer"),
        ("3e1", "interval-not-integer"),
        ("-1", "interval-unsupported"),
        ("99999999999999999999", "interval-not-integer"),
        ("\"\"", "interval-missing"),
        ("null", "interval-missing"),
        ("true", "not-text"),
        ("[30]", "not-text"),
        ("{}", "not-text"),
    ];
    for (value, code) in wrong {
        let found = codes(&format!(
            "[{}]",
            token(&format!(",\"timeIntervalInSeconds\":{value}"))
        ));
        assert_eq!(found, [format!("1:time interval:{code}")], "{value}");
    }
}

#[test]
fn a_name_given_twice_rejects_the_row() {
    let twice = token(r#","timeIntervalInSeconds":30,"SERIALNUMBER":null"#);
    assert_eq!(
        codes(&format!("[{twice}]")),
        ["1:serial number:field-repeated"]
    );
    let users = token(r#","timeIntervalInSeconds":30,"assignTo":{"id":"a@b","id":"c@d"}"#);
    assert_eq!(codes(&format!("[{users}]")), ["1:upn:field-repeated"]);
    assert_eq!(refused(r#"{"value":[],"value":[]}"#), "json-shape");
}

#[test]
fn items_of_other_types_are_counted() {
    let good = token(r#","timeIntervalInSeconds":30,"assignTo":null"#);
    let file = format!(r##"{{"@context":"#$delta","value":[null,{good},[1,[2]],"x",3]}}"##);
    assert_eq!(
        codes(&file),
        [
            "1:row:not-an-object",
            "3:row:not-an-object",
            "4:row:not-an-object",
            "5:row:not-an-object"
        ]
    );
}

#[test]
fn other_shapes_are_refused() {
    assert_eq!(refused("{}"), "json-shape");
    assert_eq!(refused(r#"{"value":null}"#), "json-shape");
    assert_eq!(refused(r#"{"inventory":[]}"#), "no-records");
    assert_eq!(refused(r#"{"value":[]}"#), "no-records");
    assert_eq!(refused("[]"), "no-records");
    assert_eq!(refused("[] []"), "json-syntax");
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(refused(&deep), "json-syntax");
    assert_eq!(refused(&format!("[{{\"a\":{deep}}}]")), "json-syntax");
    assert_eq!(refused(&format!("{{\"a\":{deep}}}")), "json-shape");
    assert_eq!(refused(&"{\"a\":".repeat(100_000)), "json-syntax");
}

#[test]
fn a_secret_with_escapes_is_read() {
    let escaped = token(r#","timeIntervalInSeconds":30"#).replace("DGS7", r"\u0044GS7");
    let file = read(format!("[{escaped}]").as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(file.tokens[0].seed.bits(), 160);
}

#[test]
fn the_caller_can_insist_on_a_format() {
    let csv = ReadOptions::default().format(Format::EntraCsv);
    let refusal = read(b"[]", &csv).unwrap_err();
    assert_eq!(
        refusal,
        Refusal::OtherFormat {
            asked: Format::EntraCsv,
            found: "JSON"
        }
    );
    let json = ReadOptions::default().format(Format::GraphJson);
    assert_eq!(read(b"upn", &json).unwrap_err().code(), "other-format");
}
