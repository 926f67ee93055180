//! Every case file, with what must come of it. One file for each way to be right or wrong.

use std::fs;
use std::path::{Path, PathBuf};

use seedfile::{ReadOptions, Refusal, SeedFile, Source, read};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases")
}

fn bytes(file: &str) -> Vec<u8> {
    fs::read(folder().join(file)).unwrap()
}

fn case(file: &str) -> SeedFile {
    read(&bytes(file), &ReadOptions::default()).unwrap()
}

fn refusal(file: &str) -> Refusal {
    read(&bytes(file), &ReadOptions::default()).unwrap_err()
}

fn manifest() -> String {
    fs::read_to_string(folder().join("MANIFEST.tsv")).unwrap()
}

/// A line of the manifest as the crate would write it.
fn line(name: &str, outcome: &Result<SeedFile, Refusal>) -> String {
    let file = match outcome {
        Ok(file) => file,
        Err(refusal) => return format!("{name}\t{}\t\t\t\t\t\t\t", refusal.code()),
    };
    let problems: Vec<_> = file
        .problems
        .iter()
        .map(|p| format!("{}:{}:{}", p.row, p.field, p.code()))
        .collect();
    let warned = file
        .tokens
        .iter()
        .flat_map(|token| token.warnings.iter().map(|w| (token.row, w.code())));
    let warnings: Vec<_> = warned.map(|(row, code)| format!("{row}:{code}")).collect();
    let (accepted, rejected) = (file.tokens.len(), file.rejected());
    format!(
        "{name}\tread\t{}\t{}\t{}\t{accepted}\t{rejected}\t{}\t{}",
        file.format,
        file.encoding,
        file.records,
        problems.join("; "),
        warnings.join("; ")
    )
}

#[test]
fn every_case_comes_out_as_the_manifest_says() {
    let mut listed = 0;
    for expected in manifest().lines().skip(1) {
        let name = expected.split('\t').next().unwrap();
        let outcome = read(&bytes(name), &ReadOptions::default());
        assert_eq!(line(name, &outcome), expected);
        listed += 1;
    }
    let files = fs::read_dir(folder()).unwrap().count() - 1;
    assert_eq!(listed, files, "every case file is listed");
}

/// Everything in a file that could be a secret: long words with digits.
fn secrets(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| word.len() >= 16 && word.contains(|c: char| c.is_ascii_digit()))
        .collect()
}

#[test]
fn nothing_shows_a_seed() {
    let mut seen = 0;
    for line in manifest().lines().skip(1) {
        let name = line.split('\t').next().unwrap();
        let raw = bytes(name);
        let text = String::from_utf8_lossy(&raw).replace('\0', "");
        let shown = match read(&raw, &ReadOptions::default()) {
            Ok(file) => {
                let problems: String = file
                    .problems
                    .iter()
                    .map(|problem| format!("{problem} {problem:?}"))
                    .collect();
                let json = serde_json::to_string(&file.inspection()).unwrap();
                format!("{file:?}{problems}{json}{:?}", file.inspection())
            }
            Err(refusal) => {
                let json = serde_json::to_string(&refusal.inspection()).unwrap();
                format!("{refusal} {refusal:?}{json}{:?}", refusal.inspection())
            }
        };
        for secret in secrets(&text) {
            assert!(!shown.contains(secret), "{name} shows {secret}");
            seen += 1;
        }
    }
    assert!(seen > 100, "the search finds secrets: {seen}");
}

#[test]
fn rows_are_physical_lines() {
    let rows = |file: &str| {
        case(file)
            .tokens
            .iter()
            .map(|token| token.row)
            .collect::<Vec<_>>()
    };
    assert_eq!(rows("v03-cr-only.csv"), [2, 3, 4]);
    assert_eq!(rows("v04-mixed-eol.csv"), [2, 3, 4]);
    assert_eq!(rows("v07-utf16be-bom.csv"), [2, 3, 4]);
    assert_eq!(rows("v09-blank-line-inside.csv"), [2, 4]);
    assert_eq!(rows("v10-rows-of-commas.csv"), [2, 4]);
    assert_eq!(rows("v22-quoted-newline.csv"), [2, 4]);
    assert_eq!(rows("v25-sep-line.csv"), [3, 4]);
    assert_eq!(rows("j01-graph-basic.json"), [1, 2]);
}

#[test]
fn refusals_say_where() {
    assert_eq!(
        refusal("x09-latin1.csv"),
        Refusal::NotUtf8 { line: 2, byte: 63 }
    );
    assert_eq!(refusal("x10-nul-bytes.csv"), Refusal::NulByte { line: 3 });
    assert_eq!(
        refusal("x12-unclosed-quote.csv"),
        Refusal::UnclosedQuote { line: 3 }
    );
    assert_eq!(
        refusal("x19-unclosed-quote-last-column.csv"),
        Refusal::UnclosedQuote { line: 3 }
    );
    assert_eq!(
        refusal("x04-missing-secret-col.csv"),
        Refusal::MissingColumn {
            column: "secret key"
        }
    );
    assert_eq!(
        refusal("x07-dup-header-alias.csv"),
        Refusal::DuplicateColumn {
            column: "time interval"
        }
    );
    assert!(matches!(
        refusal("j27-trailing-comma.json"),
        Refusal::JsonSyntax { line: 12, .. }
    ));
}

#[test]
fn values_come_through_unharmed() {
    let file = case("v21-quoted-comma-model.csv");
    assert_eq!(
        (
            file.tokens[0].manufacturer.as_str(),
            file.tokens[0].model.as_str()
        ),
        ("Token2, Sarl", "C202 \"mini\"")
    );
    assert_eq!(
        case("v27-leading-zero-serial.csv").tokens[0]
            .serial
            .as_str(),
        "0012345678"
    );
    assert_eq!(
        case("j32-unicode-escape.json").tokens[0].manufacturer,
        "Zo\u{eb} \u{1f600}"
    );
    let assigned = case("j03-graph-assignto.json").tokens.remove(0);
    assert_eq!(
        assigned.user.as_deref(),
        Some("0cadbf92-0000-0000-0000-000000000000")
    );
    assert_eq!(case("v19-empty-upn.csv").tokens[0].user, None);
    let microsoft = case("v43-noncanonical-tail.csv").tokens.remove(0);
    assert_eq!(
        microsoft.seed.expose(),
        b"\xd6\xb7\xce\xfb\xe0\x08\x86\x42\xeb\x5b\xe7\x7d\xf0\x04\x43\x21"
    );
}

#[test]
fn one_seed_in_four_spellings() {
    let plain = case("v01-basic-lf.csv").tokens.remove(0);
    for file in [
        "v33-lower-secret.csv",
        "v34-spaced-secret.csv",
        "v06-utf16le-bom.csv",
        "v24-tab.tsv",
    ] {
        assert_eq!(case(file).tokens[0].seed, plain.seed, "{file}");
    }
}

#[test]
fn algorithms_say_where_they_come_from() {
    use seedfile::oath_core::Algorithm::{Sha1, Sha256, Sha512};
    let found = |file: &str, options: &ReadOptions| {
        let file = read(&bytes(file), options).unwrap();
        (file.tokens[0].algorithm, file.tokens[0].sources.algorithm)
    };
    let default = ReadOptions::default();
    assert_eq!(found("v01-basic-lf.csv", &default), (Sha1, Source::Length));
    assert_eq!(
        found("v37-sha256-52char.csv", &default),
        (Sha256, Source::Length)
    );
    assert_eq!(
        found("v39-sha256-64char.csv", &default),
        (Sha256, Source::Length)
    );
    assert_eq!(
        found("v13-header-graph-names.csv", &default),
        (Sha1, Source::Column)
    );
    assert_eq!(
        found("j04-graph-sha256.json", &default),
        (Sha256, Source::Column)
    );
    let asked = ReadOptions::default().algorithm(Sha512);
    assert_eq!(found("v01-basic-lf.csv", &asked), (Sha512, Source::Option));
    assert_eq!(
        found("v13-header-graph-names.csv", &asked),
        (Sha1, Source::Column)
    );
}

#[test]
fn the_inspection_is_the_documented_document() {
    let text = "upn,serial number,secret key,timeinterval,manufacturer,model\n\
        ann@example.com,60234567,DGS7ECSAGFSLU2BAXDLQKAWXRE======,30,Token2,C202\n\
        ann@example.com,60234568,,30,Token2,C202\n";
    let file = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    let expected = r#"{"schema":"oathkit.inspection/1","format":"token2-csv","encoding":"utf-8","records":2,"accepted":1,"rejected":1,"repeated":0,"unread_columns":[],
"tokens":[{"row":2,"serial":"60234567","user":"ann@example.com","algorithm":"sha1","algorithm_source":"length","digits":6,"digits_source":"format",
"type":"totp","type_source":"format","period":30,"counter":null,"period_source":"column","encoding_source":"format",
"serial_source":"column","manufacturer":"Token2","model":"C202","drift":null,"seed_bits":128,"warnings":[{"code":"algorithm-length","message":"the algorithm was taken from the key's length, and 26 characters are unusual","help":"check it, and say which algorithm the tokens have"}]}],
"problems":[{"row":3,"field":"secret key","code":"secret-missing","message":"there is no secret key","help":"take the key from the vendor's file"}]}"#;
    let json = serde_json::to_string(&file.inspection()).unwrap();
    assert_eq!(json, expected.replace('\n', ""));

    let refused = serde_json::to_string(&Refusal::NoRecords.inspection()).unwrap();
    let expected = r#"{"schema":"oathkit.inspection/1","refused":{"code":"no-records","message":"the file holds no tokens"}}"#;
    assert_eq!(refused, expected);
}
