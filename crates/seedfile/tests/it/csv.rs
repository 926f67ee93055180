//! CSV that is almost right, rows that contradict each other, and limits.

use std::num::NonZeroUsize;

use seedfile::{Format, ProblemKind, ReadOptions, SeedFile, read};

const HEADER: &str = "upn,serial number,secret key,timeinterval,manufacturer,model\n";
const A: &str = "DGS7ECSAGFSLU2BAXDLQKAWXRF3RUO4L";
const B: &str = "DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52";
const C: &str = "TLQOTTSNNLO63EQYKHJZPK2OCUBW4NPX";

fn file(rows: &str) -> SeedFile {
    let file = read(
        format!("{HEADER}{rows}").as_bytes(),
        &ReadOptions::default(),
    )
    .unwrap();
    assert_eq!(file.tokens.len() + file.rejected(), file.records);
    file
}

fn problems(file: &SeedFile) -> Vec<String> {
    file.problems.iter().map(ToString::to_string).collect()
}

fn codes(file: &SeedFile) -> Vec<(usize, &str)> {
    file.problems
        .iter()
        .map(|problem| (problem.row, problem.code()))
        .collect()
}

#[test]
fn rows_that_contradict_each_other_name_each_other() {
    let rows = format!(
        "a@b,1,{A},30,T,C\nc@d,1,{A},30,T,C\ne@f,2,{B},30,T,C\ng@h,3,{B},30,T,C\ni@j,4,{C},30,T,C\n"
    );
    let file = file(&rows);
    let same_serial = "has the same serial number but is not the same";
    let same_key = "has the same secret key under another serial number";
    let expected = [
        format!("row 2, serial number: row 3 {same_serial}"),
        format!("row 3, serial number: row 2 {same_serial}"),
        format!("row 4, secret key: row 5 {same_key}"),
        format!("row 5, secret key: row 4 {same_key}"),
    ];
    assert_eq!(problems(&file), expected);
    assert_eq!(file.tokens[0].row, 6);
}

#[test]
fn rows_of_one_key_without_a_serial_number_name_each_other() {
    let file = file(&format!("a@b,1 2,{A},30,T,C\nc@d,1 2,{A},30,T,C\n"));
    let repeated = |problem: &&seedfile::Problem| problem.code() == "secret-repeated";
    let named = file.problems.iter().filter(repeated);
    let named: Vec<_> = named.map(|problem| (problem.row, problem.kind)).collect();
    let other = |other| ProblemKind::SecretRepeated { other };
    assert_eq!(named, [(2, other(3)), (3, other(2))]);
}

#[test]
fn a_row_with_an_unusable_user_is_no_repeat_of_one_without() {
    let file = file(&format!(
        ",1,{A},30,T,C\nno user,1,{A},30,T,C\n,1,{A},30,T,C\n,2,{B},30,T,C\n"
    ));
    let repeated = "serial-repeated";
    assert_eq!(
        codes(&file),
        [
            (2, repeated),
            (3, "user-syntax"),
            (3, repeated),
            (4, repeated)
        ]
    );
    assert_eq!(file.tokens.len(), 1);
}

#[test]
fn a_rejected_row_still_contradicts() {
    let file = file(&format!("a@b,1,{A},30,T,C\nc@d,1,{B},45,T,C\n"));
    assert_eq!(
        codes(&file),
        [
            (2, "serial-repeated"),
            (3, "interval-unsupported"),
            (3, "serial-repeated")
        ]
    );
    assert_eq!(file.rejected(), 2);
}

#[test]
fn what_repeats_a_contradicted_row_is_contradicted_itself() {
    let file = file(&format!(
        ",1,{A},30,T,C\n,1,{A},30,T,C\n,2,{A},30,T,C\n,3,{B},30,T,C\n"
    ));
    let repeated = "secret-repeated";
    assert_eq!(codes(&file), [(2, repeated), (3, repeated), (4, repeated)]);
    assert_eq!(
        (file.records, file.tokens.len(), file.repeated()),
        (4, 1, 0)
    );
}

#[test]
fn a_user_does_not_hold_the_key() {
    let spaced = format!("{} {}", &B[..16], &B[16..]).to_lowercase();
    let file = file(&format!(
        "{A}@x.y,1,{A},30,T,C\n{B}@x.y,2,{spaced},30,T,C\n{B}@x.y,3,{C},30,T,C\n"
    ));
    assert_eq!(codes(&file), [(2, "holds-secret"), (3, "holds-secret")]);
}

#[test]
fn repeats_are_one_record() {
    let row = format!("a@b,1,{A},30,T,C\n");
    let file = file(&row.repeat(3));
    assert_eq!(
        (file.records, file.tokens.len(), file.rejected()),
        (1, 1, 0)
    );
    assert_eq!(file.repeated(), 2);
    let warned: Vec<_> = file.tokens[0]
        .warnings
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        warned,
        [
            "row 3 says the same again and was left out",
            "row 4 says the same again and was left out"
        ]
    );
}

#[test]
fn a_survey_warns_of_accepted_rows_only() {
    let odd = "DGGFSLU2BAXDLQKAWXRF3RUO4L";
    let rows = ["1", "2", "2"].map(|serial| format!("a@b,{serial},{odd},30,T,C\n"));
    let text = format!("{HEADER}{}", rows.concat());
    let survey = seedfile::survey(text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!((survey.accepted, survey.rejected()), (0, 3));
    assert_eq!(survey.warnings, []);
}

#[test]
fn equal_rows_that_are_wrong_are_wrong_each() {
    let file = file(&format!("a@b,1,{A},45,T,C\n").repeat(2));
    assert_eq!(
        codes(&file),
        [(2, "interval-unsupported"), (3, "interval-unsupported")]
    );
}

#[test]
fn many_repeats_take_no_quadratic_time() {
    use std::fmt::Write;
    let mut rows = String::new();
    let many = if cfg!(miri) { 100 } else { 50_000 };
    for row in 0..many {
        writeln!(rows, "u{row}@b,1,{A},30,T,C").unwrap();
    }
    writeln!(rows, "u@b,2,{A},30,T,C").unwrap();
    assert_eq!(file(&rows).rejected(), many + 1);
}

#[test]
fn swallowed_rows_do_not_pass_as_a_model() {
    let file = file(&format!(
        "a@b,1,{A},30,T,\"C\nc@d,2,{B},30,T,C\"\ne@f,3,{C},30,T,C\n"
    ));
    assert_eq!(codes(&file), [(2, "swallowed-rows")]);
    assert!(!format!("{file:?}").contains(B));
    assert_eq!(file.tokens[0].row, 4);
}

#[test]
fn a_row_in_one_cell_says_so() {
    let whole = format!("a@b,1,{A},30,T,\"\"C \"\"");
    let file = file(&format!(
        "\"{whole}\"\n\"{whole},x\"\na@b,2,{B},30,T,C\n\"x,y\"\n"
    ));
    let wrapped = "row-wrapped";
    assert_eq!(
        codes(&file),
        [(2, wrapped), (3, wrapped), (5, "cell-count")]
    );
    assert!(file.problems[0].help().contains("outer quotation marks"));
    let text = format!("\"{}\"\n\"{whole}\"\n", HEADER.trim_end());
    let refused = read(text.as_bytes(), &ReadOptions::default()).unwrap_err();
    assert_eq!(refused, seedfile::Refusal::HeaderWrapped);
}

#[test]
fn a_comma_too_many_hides_no_contradiction() {
    let one = format!("a@b,1,{A},30,T,C\n");
    let surplus = file(&format!("{one}c@d,1,{B},30,T,C, ,\n"));
    let expected = [
        (2, "serial-repeated"),
        (3, "cell-count"),
        (3, "serial-repeated"),
    ];
    assert_eq!(codes(&surplus), expected);
    let again = file(&format!("{one}a@b,1,{A},30,T,C,\n"));
    assert_eq!(again.tokens.len(), 0, "{:?}", again.problems);
    let other = file(&format!("{one}c@d,1,{B},30,T,C,x\n"));
    assert_eq!(codes(&other), [(3, "cell-count")]);
}

#[test]
fn a_key_in_other_spellings_is_seen_as_well() {
    let raw = "12345678901234567890";
    let key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    for spelt in [
        key,
        raw,
        "3132333435363738393031323334353637383930",
        "31323334-35363738 39303132-33343536 37383930",
        "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=",
    ] {
        for model in [format!("no {spelt}"), spelt.to_owned()] {
            let file = file(&format!("a@b,1,{key},30,T,{model}\n"));
            assert_eq!(codes(&file), [(2, "holds-secret")], "{model}");
        }
    }
    // Without its padding Base64 is the shortest of them.
    let models = ["MTIzNDU2Nzg5MDEyMzQ1Njc4OTA", &raw[1..]];
    let [unpadded, other] = models.map(|model| file(&format!("a@b,1,{key},30,T,{model}\n")));
    assert_eq!(codes(&unpadded), [(2, "holds-secret")]);
    assert_eq!(codes(&other), []);
}

#[test]
fn a_short_key_is_not_shown_either() {
    let key = &A[..16];
    let text = format!(
        "{HEADER}a@b,1,{key},30,T,{key}\na@b,2,{},30,T,{}\n",
        &B[..16],
        &B[..15]
    );
    let options = ReadOptions::default().allow_short_seeds(true);
    let file = read(text.as_bytes(), &options).unwrap();
    assert_eq!(codes(&file), [(2, "holds-secret")]);
}

#[test]
fn a_key_in_a_field_that_is_shown_rejects_the_row() {
    let (lower, half) = (A.to_ascii_lowercase(), &A[..20]);
    let grouped = format!("{} {}", &A[..16], &A[16..]);
    let file = file(&format!(
        "a@b,1,{A},30,{A},C\na@b,2,{A},30,T,no {grouped}\na@b,{lower},{A},30,T,C\na@b,4,{B},30,T,{A}\na@b,5,{C},30,T,{half}\n"
    ));
    let problems: Vec<_> = file
        .problems
        .iter()
        .filter(|p| p.code() == "holds-secret")
        .collect();
    let places: Vec<_> = problems.iter().map(|p| (p.row, p.field)).collect();
    assert_eq!(
        places,
        [(2, "manufacturer"), (3, "model"), (4, "serial number")]
    );
    assert_eq!(file.tokens.len(), 2);
}

#[test]
fn cells_are_counted() {
    let file = file(&format!("a@b,1,{A},30,T\na@b,1,{A},30,T,C,\n"));
    assert_eq!(codes(&file), [(2, "cell-count"), (3, "cell-count")]);
    assert!(problems(&file)[0].contains("has 5 cells, not 6"));
}

#[test]
fn placeholders_and_missing_names() {
    let file = file(&format!("UPN,1,{A},30,,\n  ,2,{B},60, T ,C\n"));
    assert_eq!(file.tokens[0].user, None);
    let warned: Vec<_> = file.tokens[0]
        .warnings
        .iter()
        .map(seedfile::Warning::code)
        .collect();
    assert_eq!(warned, ["manufacturer-missing", "model-missing"]);
    assert_eq!(
        (
            file.tokens[1].user.as_deref(),
            file.tokens[1].manufacturer.as_str()
        ),
        (None, "T")
    );
    assert_eq!(file.tokens[1].period().unwrap().seconds(), 60);
}

#[test]
fn the_algorithm_column_counts() {
    let text = format!(
        "serialNumber,secretKey,timeIntervalInSeconds,Hash\n1,{A},30,HmacSHA256\n2,{B},30,md5\n3,{C},30,\n"
    );
    let file = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(file.tokens[0].algorithm.name(), "sha256");
    assert_eq!(codes(&file), [(3, "algorithm-unsupported")]);
    assert_eq!(file.format, Format::EntraCsv);
}

#[test]
fn short_seeds_are_accepted_on_demand_only() {
    let text = format!("{HEADER}a@b,1,JBSWY3DPEHPK3PXP,30,T,C\n");
    let strict = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(codes(&strict), [(2, "secret-too-short")]);
    let lax = read(
        text.as_bytes(),
        &ReadOptions::default().allow_short_seeds(true),
    )
    .unwrap();
    assert_eq!(lax.tokens[0].warnings[0].code(), "secret-short");
}

/// Not under Miri, where a million rows take hours.
#[cfg(not(miri))]
#[test]
fn limits_hold() {
    use seedfile::{MAX_BYTES, MAX_COLUMNS, MAX_RECORDS, Refusal};
    let refused = |text: &[u8]| read(text, &ReadOptions::default()).unwrap_err();
    assert_eq!(refused(&vec![b' '; MAX_BYTES + 1]), Refusal::TooLarge);
    assert_eq!(refused(&vec![b' '; MAX_BYTES]), Refusal::Empty);
    let many = format!("{HEADER}{}", "x\n".repeat(MAX_RECORDS + 1));
    assert_eq!(refused(many.as_bytes()), Refusal::TooManyRows);
    let most = many.strip_suffix("x\n").unwrap();
    for threads in [1, 2].map(|n| NonZeroUsize::new(n).unwrap()) {
        let options = ReadOptions::default().threads(threads);
        let survey = seedfile::survey(most.as_bytes(), &options).unwrap();
        assert_eq!(
            (survey.records, survey.rejected()),
            (MAX_RECORDS, MAX_RECORDS)
        );
    }
    assert_eq!(refused(HEADER.as_bytes()), Refusal::NoRecords);
    assert_eq!(refused(b"\xEF\xBB\xBF \r\n"), Refusal::Empty);
    let with_cells = |cells: usize| format!("{HEADER}{}", ",".repeat(cells - 1));
    for cells in [MAX_COLUMNS + 1, 1_000_000] {
        let wide = refused(with_cells(cells).as_bytes());
        assert_eq!(wide, Refusal::TooManyColumns { line: 2 });
    }
    let widest = refused(with_cells(MAX_COLUMNS).as_bytes());
    assert_eq!(widest, Refusal::NoRecords, "a row of commas says nothing");
}

#[test]
fn fields_are_read_up_to_their_longest() {
    let of = |user: &str, serial: &str| {
        let file = file(&format!("{user},{serial},{A},30,T,C\n"));
        let problems = file.problems.iter().map(seedfile::Problem::code);
        problems.collect::<Vec<_>>()
    };
    let long = "1".repeat(65_536);
    assert_eq!(of("a@b", &long), ["serial-too-long"]);
    assert_eq!(of("a@b", &(long + "1")), ["field-too-long"]);
    for letter in ["x", "\u{e9}"] {
        let name = |letters: usize| format!("{}@b.c", letter.repeat(letters));
        assert_eq!(of(&name(316), "1"), [""; 0], "{letter}");
        assert_eq!(of(&name(317), "1"), ["user-too-long"], "{letter}");
    }
}

#[test]
fn many_unknown_columns_do_no_harm() {
    let text = format!(
        "{}{}\na@b,1,{A},30,T,C{}\n",
        HEADER.trim_end(),
        ",x".repeat(20_000),
        ",".repeat(20_000)
    );
    assert_eq!(
        read(text.as_bytes(), &ReadOptions::default())
            .unwrap()
            .tokens
            .len(),
        1
    );
}

#[test]
fn the_table_that_entraoath_exports_is_read_once_it_has_keys() {
    let names = "\"Id\",\"SerialNumber\",\"DisplayName\",\"Manufacturer\",\"Model\",\"HashFunction\",\"TimeInterval\",\"Status\",\"AssignedToUpn\"";
    let row =
        "\"x\",\"1\",\"\",\"Token2\",\"C202\",\"hmacsha1\",\"30\",\"assigned\",\"ann@example.com\"";
    let without = read(
        format!("{names}\n{row}\n").as_bytes(),
        &ReadOptions::default(),
    );
    assert_eq!(without.unwrap_err().code(), "missing-column");
    let text = format!("{names},\"SecretKey\"\n{row},\"{A}\"\n");
    let file = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(file.tokens[0].user.as_deref(), Some("ann@example.com"));
}
