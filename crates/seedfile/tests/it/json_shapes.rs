//! The shapes in which JSON holds tokens, and those in which it does not.

use seedfile::oath_core::{Algorithm, Period};
use seedfile::{
    Format, Kind, ReadOptions, Refusal, SecretEncoding, SeedFile, Source, Warning, read,
};

const A: &str = "DGS7ECSAGFSLU2BAXDLQKAWXRF3RUO4L";
const B: &str = "DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52";

fn token(serial: &str, key: &str, extra: &str) -> String {
    format!(
        r#"{{"serialNumber":"{serial}","secretKey":"{key}","manufacturer":"a","model":"b"{extra}}}"#
    )
}

fn file(text: &str) -> SeedFile {
    let file = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(file.tokens.len() + file.rejected(), file.records);
    file
}

fn refused(text: &str) -> Refusal {
    read(text.as_bytes(), &ReadOptions::default()).unwrap_err()
}

fn codes(file: &SeedFile) -> Vec<String> {
    let problems = file.problems.iter();
    problems
        .map(|problem| format!("{}:{}:{}", problem.row, problem.field, problem.code()))
        .collect()
}

#[test]
fn the_body_for_one_token_is_read() {
    let body = token(
        "1",
        A,
        r#","timeIntervalInSeconds":30,"hashFunction":"hmacsha1""#,
    );
    let file = file(&format!(" {body}\n"));
    assert_eq!((file.format, file.records), (Format::GraphJson, 1));
    assert_eq!(file.tokens[0].row, 1);
    let wrong = self::file(r#"{"serialNumber":"1"}"#);
    assert_eq!(
        codes(&wrong),
        [
            "1:secret key:secret-missing",
            "1:time interval:interval-missing"
        ]
    );
}

#[test]
fn an_answer_of_graph_holds_no_keys() {
    let answer = r#"{"@odata.context":"https://graph.microsoft.com/beta/$metadata#x","@odata.count":1,
        "value":[{"id":"0cadbf92-0000-0000-0000-000000000000","displayName":null,"serialNumber":"1",
        "manufacturer":"Token2","model":"C202","secretKey":null,"timeIntervalInSeconds":30,"status":"available",
        "lastUsedDateTime":null,"hashFunction":"hmacsha1","assignedTo":{"id":"x","deep":[[{}]]}}]}"#;
    assert_eq!(codes(&file(answer)), ["1:secret key:secret-missing"]);
}

#[test]
fn a_content_id_that_stands_twice_is_warned_about() {
    let item = |serial, key, id| {
        let rest = format!(r#","timeIntervalInSeconds":30,"@contentId":{id}"#);
        token(serial, key, &rest)
    };
    let items = [
        item("1", A, r#""1""#),
        item("2", B, "1"),
        item("3", "TLQOTTSNNLO63EQYKHJZPK2OCUBW4NPX", "null"),
    ];
    let file = file(&format!("[{}]", items.join(",")));
    let warnings: Vec<_> = file
        .tokens
        .iter()
        .map(|token| token.warnings.as_slice())
        .collect();
    let repeated: &[Warning] = &[Warning::ContentIdRepeated];
    assert_eq!(warnings, [&[], repeated, &[]]);
}

#[test]
fn entraoath_says_how_its_keys_are_written() {
    let items = [
        token("1", A, ""),
        token("2", &"1d".repeat(20), r#","secretFormat":"HEX""#),
        token("3", "12345678901234567890", r#","SecretFormat":"text""#),
        token("4", B, r#","secretFormat":"base32""#),
        token("5", B, r#","secretFormat":"base64""#),
        token("6", B, r#","secretFormat":1"#),
        token("7", &"0123".repeat(8), r#","secretFormat":null"#),
        token("8", "123", r#","secretFormat":"text""#),
    ];
    let file = file(&format!(r#"{{"inventory":[{}]}}"#, items.join(",")));
    assert_eq!(file.format, Format::EntraOathJson);
    assert_eq!(
        codes(&file),
        [
            "5:secret key:encoding-unknown",
            "6:secret key:encoding-unknown",
            "7:secret key:secret-hex",
            "8:secret key:secret-too-short"
        ]
    );
    let key = |at: usize| file.tokens[at].seed.expose();
    assert_eq!(
        (key(1), key(2)),
        (&[0x1d; 20][..], &b"12345678901234567890"[..])
    );
    let first = &file.tokens[0];
    assert_eq!(
        (first.period(), first.sources.factor),
        (Some(Period::THIRTY), Source::Format)
    );
    assert_eq!(file.tokens[1].sources.encoding, Source::Column);
}

#[test]
fn what_an_item_says_of_its_key_goes_before_the_caller() {
    let text = format!(
        r#"{{"inventory":[{}]}}"#,
        token("1", A, r#","secretFormat":"base32""#)
    );
    let options = ReadOptions::default().encoding(SecretEncoding::Hex);
    assert_eq!(read(text.as_bytes(), &options).unwrap().tokens.len(), 1);
}

#[test]
fn entraoath_takes_sha1_and_no_manufacturer_is_made_up() {
    let text = format!(r#"{{"inventory":[{{"serialNumber":"1","secretKey":"{A}{B}"}}]}}"#);
    let token = file(&text).tokens.remove(0);
    assert_eq!(
        (token.algorithm, token.sources.algorithm),
        (Algorithm::Sha1, Source::Format)
    );
    assert_eq!(
        (token.manufacturer.as_str(), token.model.as_str()),
        ("", "")
    );
}

#[test]
fn assignments_name_the_holders() {
    let items = [
        token("A1", A, ""),
        token("2", B, r#","userId":"own@example.com""#),
        token(
            "3",
            "TLQOTTSNNLO63EQYKHJZPK2OCUBW4NPX",
            r#","assignTo":null"#,
        ),
    ];
    let assignments = r#"[{"serialNumber":"a1","userId":"ann@example.com"},{"serialNumber":"2","upn":"Own@example.com"},
        {"serialNumber":"3","userPrincipalName":"cat@example.com"},{"tokenId":"x","userId":"y"},{"serialNumber":"9"},null]"#;
    let text = format!(
        r#"{{"assignments":{assignments},"inventory":[{}]}}"#,
        items.join(",")
    );
    let file = file(&text);
    let users: Vec<_> = file
        .tokens
        .iter()
        .map(|token| token.user.as_deref().unwrap_or_default())
        .collect();
    assert_eq!(
        users,
        ["ann@example.com", "Own@example.com", "cat@example.com"]
    );
    // What names no token of the file, or no user, is told.
    let expected = ["assignment 4", "assignment 5", "assignment 6"];
    assert_eq!(file.unread, expected);
    let other = |text: &str| format!(r#"{{"serialNumber":"{text}","userId":"ann@example.com"}}"#);
    let text = format!(
        r#"{{"inventory":[{}],"assignments":[{},{}]}}"#,
        token("1", A, r#","userId":"own@example.com""#),
        other("22"),
        other("1"),
    );
    let file = self::file(&text);
    assert_eq!(codes(&file), ["1:upn:field-repeated"]);
    assert_eq!(file.unread, ["assignment 1"]);
}

#[test]
fn two_holders_of_one_token_reject_it() {
    let assign = |users: [&str; 2]| {
        let [first, second] = users.map(|user| format!(r#"{{"serialNumber":"1","upn":"{user}"}}"#));
        let item = token("1", A, "");
        file(&format!(
            r#"{{"inventory":[{item}],"assignments":[{first},{second}]}}"#
        ))
    };
    assert_eq!(codes(&assign(["a@b", "c@d"])), ["1:upn:field-repeated"]);
    let same = assign(["a@b", "a@b"]);
    assert_eq!(same.tokens[0].user.as_deref(), Some("a@b"));
}

#[test]
fn a_key_in_bytes_stands_nowhere_else_however_it_is_written() {
    let raw = "12345678901234567890";
    for written in [
        raw,
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "3132333435363738393031323334353637383930",
        "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=",
    ] {
        let item = |serial: &str, model: &str| {
            let fields =
                format!(r#"{{"serialNumber":"{serial}","model":"{model}","manufacturer":"T""#);
            let key = format!(
                r#","secretFormat":"text","secretKey":"{raw}","timeIntervalInSeconds":30}}"#
            );
            file(&format!(r#"{{"inventory":[{fields}{key}]}}"#))
        };
        assert_eq!(codes(&item("1", "C")), [""; 0]);
        assert_eq!(codes(&item("1", written)), ["1:model:holds-secret"]);
        if !written.ends_with('=') {
            let expected = ["1:serial number:holds-secret"];
            assert_eq!(codes(&item(written, "C")), expected);
        }
    }
}

#[test]
fn other_shapes_are_refused() {
    for text in [
        r#"{"assignments":[{"tokenId":"x","userId":"y"}]}"#,
        r#"{"inventory":{}}"#,
        r#"{"inventory":[],"value":[]}"#,
        r#"{"inventory":[],"inventory":[]}"#,
        r#"{"inventory":[],"assignments":3}"#,
        r#"{"name":"x"}"#,
    ] {
        assert_eq!(refused(text).code(), "json-shape", "{text}");
    }
    let names: String = (0..2000).map(|n| format!("\"{n}\":0,")).collect();
    assert_eq!(
        refused(&format!("{{{names}\"x\":0}}")).code(),
        "json-syntax"
    );
}

#[test]
fn an_error_is_placed_in_the_whole_file() {
    let place = |text: &str| match refused(text) {
        Refusal::JsonSyntax { line, column } => (line, column),
        other => panic!("{other:?}"),
    };
    // It has to be read for the error to be found.
    let wrong = r#"{"model": "\ud800"}"#;
    let (line, column) = place(&format!("[{wrong}]"));
    assert_eq!(line, 1);
    let first = token("1", A, "");
    let text = format!("{{\n \"value\": [\n  {first},\n  {wrong}]}}");
    assert_eq!(place(&text), (4, column + 1));
    let lines = wrong.replace(": ", ":\n ");
    let (line, column) = place(&format!("[{lines}]"));
    assert_eq!(line, 2);
    let text = format!("{{\n \"value\": [\n  {first},\n  {lines}]}}");
    assert_eq!(place(&text), (5, column));
}

#[test]
fn the_caller_can_insist_on_one_of_the_two_formats() {
    let text = format!(r#"{{"inventory":[{}]}}"#, token("1", A, ""));
    let graph = ReadOptions::default().format(Format::GraphJson);
    let expected = Refusal::OtherFormat {
        asked: Format::GraphJson,
        found: "entraoath-json",
    };
    assert_eq!(read(text.as_bytes(), &graph).unwrap_err(), expected);
    let entraoath = ReadOptions::default().format(Format::EntraOathJson);
    assert!(read(text.as_bytes(), &entraoath).is_ok());
    assert_eq!(read(b"[]", &entraoath).unwrap_err().code(), "other-format");
}

#[test]
fn backups_of_authenticator_apps_are_named() {
    let backups = [
        (
            r#"{"version":1,"header":{"slots":null},"db":{"entries":[]}}"#,
            "Aegis",
        ),
        (r#"{"services":[],"groups":[],"schemaVersion":4}"#, "2FAS"),
        (r#"{"servicesEncrypted":"x"}"#, "2FAS"),
        (
            r#"{"encrypted":false,"folders":[],"items":[]}"#,
            "Bitwarden",
        ),
        (r#"{"encrypted":true,"data":"x"}"#, "Bitwarden"),
        (r#"{"tokens":[],"tokenOrder":[]}"#, "FreeOTP+"),
        (r#"{"Authenticators":[],"Categories":[]}"#, "Stratum"),
        (
            r#"{"version":1,"kdfParams":{},"encryptedData":"x","encryptionNonce":"x"}"#,
            "Ente",
        ),
        (r#"{"version":1,"entries":[]}"#, "Proton"),
        (
            r#"[{"secret":"x","label":"x","thumbnail":"x","last_used":1,"period":30}]"#,
            "andOTP",
        ),
    ];
    for (text, app) in backups {
        let refusal = refused(text);
        assert_eq!(refusal.code(), "authenticator-export", "{text}");
        assert!(refusal.to_string().contains(app), "{refusal}");
    }
}

#[test]
fn an_error_is_placed_in_its_line() {
    let place = |text: &str| match refused(text) {
        Refusal::JsonSyntax { line, column } => (line, column),
        other => panic!("{other:?}"),
    };
    let item = token("1", A, "");
    // The x is the ninth character of its line, whatever stands before.
    let wrong = r#"  {"a": x}"#;
    for before in [
        "[\n".to_owned(),
        format!("[\n{item},\n"),
        format!("{{\"inventory\": [\n{item},\n\n"),
    ] {
        let lines = before.matches('\n').count();
        assert_eq!(
            place(&format!("{before}{wrong}]")),
            (lines + 1, 9),
            "{before}"
        );
        let broken = wrong.replace(' ', "\n");
        assert_eq!(
            place(&format!("{before}{broken}]")),
            (lines + 4, 1),
            "{before}"
        );
    }
}

#[test]
fn a_counter_may_be_a_number_or_a_text() {
    let options = ReadOptions::default();
    let hotp = |counter: &str| {
        let text = token("1", A, &format!(r#","type":"hotp","counter":{counter}"#));
        read(text.as_bytes(), &options).unwrap()
    };
    for counter in ["7", r#""7""#] {
        let file = hotp(counter);
        assert_eq!(file.tokens[0].kind, Kind::Hotp { counter: 7 });
        assert_eq!(file.tokens[0].sources.factor, Source::Column);
    }
    for counter in ["-7", "1.5", "[]", r#""+7""#] {
        assert_eq!(codes(&hotp(counter)).len(), 1, "{counter}");
    }
}
