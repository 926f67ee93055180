//! Rows taken out of a file are the same rows with the same problems.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use seedfile::{Format, ReadOptions, Refusal, SeedFile, extract, read};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases")
}

fn good(bytes: &[u8]) -> Result<SeedFile, Refusal> {
    read(bytes, &ReadOptions::default())
}

/// Every case file that can be read.
fn cases() -> Vec<(String, Vec<u8>, SeedFile)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(&path).unwrap();
        if let Ok(file) = good(&bytes)
            && !name.starts_with("MANIFEST")
        {
            all.push((name, bytes, file));
        }
    }
    all
}

fn taken(bytes: &[u8], rows: &BTreeSet<usize>) -> Vec<u8> {
    let taken = extract(bytes, &ReadOptions::default(), rows).unwrap();
    assert_eq!(taken.rows(), rows.len());
    taken.expose().to_vec()
}

fn problems(file: &SeedFile) -> Vec<(&'static str, &'static str)> {
    let all = file.problems.iter();
    all.map(|problem| (problem.field, problem.code())).collect()
}

fn rejected(file: &SeedFile) -> BTreeSet<usize> {
    file.problems.iter().map(|problem| problem.row).collect()
}

/// A format with a header or an envelope keeps it; nothing is left of the others.
fn is_without_rows(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::NoRecords | Refusal::Empty)
}

#[test]
fn rejected_rows_keep_their_problems() {
    let mut rows = 0;
    for (name, bytes, file) in cases() {
        let wanted = rejected(&file);
        let again = good(&taken(&bytes, &wanted));
        if wanted.is_empty() {
            assert!(is_without_rows(&again.unwrap_err()), "{name}");
            continue;
        }
        let again = again.unwrap();
        assert_eq!(problems(&again), problems(&file), "{name}");
        assert_eq!(
            (again.records, again.tokens.len()),
            (wanted.len(), 0),
            "{name}"
        );
        assert_eq!(again.format, file.format, "{name}");
        rows += wanted.len();
    }
    assert!(rows > 30, "{rows}");
}

#[test]
fn accepted_rows_are_the_same_tokens() {
    for (name, bytes, file) in cases() {
        for token in &file.tokens {
            let again = good(&taken(&bytes, &BTreeSet::from([token.row]))).unwrap();
            assert_eq!((again.records, again.tokens.len()), (1, 1), "{name}");
            let back = &again.tokens[0];
            assert_eq!(back.serial.as_str(), token.serial.as_str(), "{name}");
            assert!(back.seed == token.seed && back.kind == token.kind, "{name}");
            let names = |t: &seedfile::TokenRecord| {
                (t.user.clone(), t.manufacturer.clone(), t.model.clone())
            };
            assert_eq!(names(back), names(token), "{name}");
        }
    }
}

#[test]
fn what_stands_around_the_rows_stays() {
    let file = "\u{feff}sep=;\r\nserial number;secret key;timeinterval\r\n\
        1;short;30\r\n\r\n2;DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52;30\r\n3;\"sho\nrt\";30\r\n;;\r\n";
    let wanted = BTreeSet::from([3, 6]);
    let text = String::from_utf8(taken(file.as_bytes(), &wanted)).unwrap();
    assert_eq!(
        text,
        "\u{feff}sep=;\r\nserial number;secret key;timeinterval\r\n1;short;30\r\n3;\"sho\nrt\";30\r\n;;\r\n"
    );
}

#[test]
fn items_of_json_stay_apart() {
    let file = r#"{"value": [ {"serialNumber": "1"}, {"serialNumber": "2"} , 3 ] , "x": 1}"#;
    let take = |rows: &[usize]| {
        let rows = rows.iter().copied().collect();
        String::from_utf8(taken(file.as_bytes(), &rows)).unwrap()
    };
    assert_eq!(
        take(&[1, 3]),
        "{\"value\": [ {\"serialNumber\": \"1\"},\n3 ] , \"x\": 1}"
    );
    assert_eq!(
        take(&[2]),
        r#"{"value": [ {"serialNumber": "2"} ] , "x": 1}"#
    );
}

/// A list without a header is told by its first row, which must be one that can be used.
#[test]
fn rejected_rows_of_a_list_need_its_name() {
    let hex = "19a5f20a403164ba6820b8d70502d789771a3b8b";
    let link = |serial, key| format!("otpauth://totp/T:{serial}?period=30&secret={key}\n");
    for (format, list) in [
        (
            Format::Otpauth,
            link("1", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") + "odd\n" + &link("2", "odd"),
        ),
        (
            Format::OathCsv,
            format!("1,{hex},totp\n2,odd,totp\n3,{hex}0,totp\n"),
        ),
        (Format::Duo, format!("1 {hex}\n2 odd\n3 {hex}0\n")),
        (
            Format::MultiotpCsv,
            format!("1;T;TOTP;{hex};6;30\n2;T;TOTP;odd;6;30\n3;T;TOTP;;6;30\n"),
        ),
    ] {
        let file = good(list.as_bytes()).unwrap();
        assert_eq!((file.format, file.rejected()), (format, 2));
        let mend = taken(list.as_bytes(), &rejected(&file));
        assert_eq!(good(&mend).unwrap_err(), Refusal::NoHeader, "{format}");
        let again = read(&mend, &ReadOptions::default().format(format)).unwrap();
        assert_eq!(problems(&again), problems(&file), "{format}");
    }
}

#[test]
fn sixteen_bits_become_eight() {
    let bytes = fs::read(folder().join("v06-utf16le-bom.csv")).unwrap();
    let text = taken(&bytes, &BTreeSet::from([3]));
    assert!(text.starts_with(b"\xEF\xBB\xBFupn,"));
    assert_eq!(good(&text).unwrap().tokens.len(), 1);
}

#[test]
fn a_row_that_is_not_there_is_not_counted() {
    let bytes = fs::read(folder().join("v01-basic-lf.csv")).unwrap();
    let options = ReadOptions::default();
    let taken = extract(&bytes, &options, &BTreeSet::from([1, 2, 99])).unwrap();
    assert_eq!(taken.rows(), 1);
    assert_eq!(format!("{taken:?}"), "Extract { rows: 1, .. }");
}

static CASES: LazyLock<Vec<(String, Vec<u8>, SeedFile)>> = LazyLock::new(cases);

proptest! {
    #[test]
    fn any_rows_of_any_case_are_rows_again(at in 0..1000_usize, mask: u64) {
        let (name, bytes, file) = &CASES[at % CASES.len()];
        let rows = file.tokens.iter().map(|token| token.row).chain(rejected(file));
        let wanted: BTreeSet<usize> = rows.filter(|row| mask >> (row % 64) & 1 == 1).collect();
        match good(&taken(bytes, &wanted)) {
            Ok(again) => prop_assert_eq!(again.records, wanted.len(), "{}", name),
            Err(refusal) => {
                prop_assert!(is_without_rows(&refusal) && wanted.is_empty(), "{}", name);
            }
        }
    }
}
