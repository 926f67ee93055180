//! By how much the clock of a token is off, where the file says.

use seedfile::{Format, ProblemKind, ReadOptions, SeedFile, WriteOptions};

const KEYS: [&str; 2] = [
    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK",
];

/// Tokens with these cells in a column of their own.
fn table(header: &str, cells: &[&str]) -> SeedFile {
    let mut text =
        format!("upn,serial number,secret key,timeinterval,manufacturer,model,{header}\n");
    for ((cell, key), n) in cells.iter().zip(KEYS).zip(1..) {
        text += &format!("ann@example.com,{n},{key},30,Token2,C202,{cell}\n");
    }
    seedfile::read(text.as_bytes(), &ReadOptions::default()).unwrap()
}

fn drift(cell: &str) -> Result<Option<i32>, ProblemKind> {
    let mut file = table("drift", &[cell]);
    match file.problems.pop() {
        Some(problem) => Err(problem.kind),
        None => Ok(file.tokens[0].drift),
    }
}

#[test]
fn it_is_a_number_of_time_steps() {
    for (cell, steps) in [
        ("", None),
        ("0", Some(0)),
        ("7", Some(7)),
        (" +7 ", Some(7)),
        ("-2880", Some(-2880)),
        ("86400", Some(86_400)),
        ("-86400", Some(-86_400)),
    ] {
        assert_eq!(drift(cell), Ok(steps), "{cell:?}");
    }
    for cell in [
        "86401",
        "-86401",
        "1.5",
        "30s",
        "+-1",
        "--1",
        "-",
        "99999999999999999999",
    ] {
        assert_eq!(drift(cell), Err(ProblemKind::DriftInvalid), "{cell:?}");
    }
}

#[test]
fn its_column_has_two_names() {
    for header in ["drift", "Time Drift", "time_drift"] {
        assert_eq!(table(header, &["3"]).tokens[0].drift, Some(3), "{header}");
    }
    let other = table("offset", &["3"]);
    assert_eq!(
        (other.tokens[0].drift, other.unread),
        (None, vec!["offset".to_owned()])
    );
}

#[test]
fn in_json_it_is_a_number_or_a_text() {
    let read = |value: &str| {
        let text = format!(
            r#"[{{"serialNumber":"1","secretKey":"{}","timeIntervalInSeconds":30,"drift":{value}}}]"#,
            KEYS[0]
        );
        let file = seedfile::read(text.as_bytes(), &ReadOptions::default()).unwrap();
        file.tokens.first().map(|token| token.drift)
    };
    assert_eq!(read("-4"), Some(Some(-4)));
    assert_eq!(read("\"-4\""), Some(Some(-4)));
    assert_eq!(read("null"), Some(None));
    assert_eq!(read("0.5"), None);
}

#[test]
fn it_counts_time_and_not_events() {
    let text = format!(
        "serial number,secret key,time interval,type,counter,drift\n1,{},,hotp,5,9\n",
        KEYS[0]
    );
    let options = ReadOptions::default();
    let file = seedfile::read(text.as_bytes(), &options).unwrap();
    let hotp = file.tokens.first().map(|token| token.drift);
    assert_eq!(hotp, Some(None), "{:?}", file.problems);
}

#[test]
fn two_rows_that_differ_in_it_contradict_each_other() {
    let twice = |one: &str, two: &str| {
        let row = |cell: &str| format!("ann@example.com,1,{},30,Token2,C202,{cell}\n", KEYS[0]);
        let head = "upn,serial number,secret key,timeinterval,manufacturer,model,drift\n";
        let text = head.to_owned() + &row(one) + &row(two);
        let file = seedfile::read(text.as_bytes(), &ReadOptions::default()).unwrap();
        (file.tokens.len(), file.rejected())
    };
    assert_eq!(twice("3", "3"), (1, 0));
    assert_eq!(twice("3", "4"), (0, 2));
    assert_eq!(twice("3", ""), (0, 2));
}

#[test]
fn it_is_written_where_there_is_a_place_and_counted_elsewhere() {
    let file = table("drift", &["-5", ""]);
    for (format, kept) in [
        (Format::Token2Csv, true),
        (Format::Pskc, true),
        (Format::EntraCsv, false),
        (Format::GraphJson, false),
        (Format::Otpauth, false),
        (Format::OathCsv, false),
    ] {
        let mut out = Vec::new();
        let written = seedfile::write(&file.tokens, format, WriteOptions::default(), &mut out);
        assert_eq!(
            written.unwrap().left_out.drifts,
            usize::from(!kept),
            "{format}"
        );
        let options = ReadOptions::default().format(format);
        let back = seedfile::read(&out, &options).unwrap();
        let drifts: Vec<_> = back.tokens.iter().map(|token| token.drift).collect();
        assert_eq!(drifts, [Some(-5).filter(|_| kept), None], "{format}");
    }
}

#[test]
fn nobody_meets_a_column_that_says_nothing() {
    let file = table("drift", &["", ""]);
    let mut out = Vec::new();
    let options = WriteOptions::default();
    seedfile::write(&file.tokens, Format::Token2Csv, options, &mut out).unwrap();
    assert!(out.starts_with(b"upn,serial number,secret key,timeinterval,manufacturer,model\r\n"));
}
