//! Lists without a header: one fixture for each way to be right or wrong.

use seedfile::oath_core::{Algorithm, Digits, Period};
use seedfile::{
    Format, Kind, ProblemKind, ReadOptions, SecretEncoding, SeedFile, Source, TokenType, Warning,
    read,
};

const A: &str = "19a5f20a403164ba6820b8d70502d789771a3b8b";
const B: &str = "1d361fd9820916a515a3a084465916ed552483ba";
const THIRTY: Kind = Kind::Totp {
    period: Period::THIRTY,
};

/// Reads a list in which A and B stand for keys.
fn read_as(text: &str, options: &ReadOptions) -> SeedFile {
    let text = text.replace('A', A).replace('B', B);
    let file = read(text.as_bytes(), options).unwrap();
    assert_eq!(file.tokens.len() + file.rejected(), file.records);
    file
}

fn found(text: &str) -> SeedFile {
    read_as(text, &ReadOptions::default())
}

#[test]
fn one_word_that_names_a_column_is_no_header() {
    let file = named(Format::Duo, "Model,no key\n2,B");
    assert_eq!((file.tokens.len(), file.rejected()), (1, 1));
    let duo = ReadOptions::default().format(Format::Duo);
    let refused = read(b"Model,serial number\nC202,2", &duo).unwrap_err();
    assert_eq!(refused.code(), "other-format");
}

fn named(format: Format, text: &str) -> SeedFile {
    let file = read_as(text, &ReadOptions::default().format(format));
    assert_eq!(file.format, format);
    file
}

fn codes(file: &SeedFile) -> Vec<String> {
    let problems = file.problems.iter();
    problems
        .map(|problem| format!("{}:{}:{}", problem.row, problem.field, problem.code()))
        .collect()
}

fn warned(file: &SeedFile) -> Vec<(usize, &str)> {
    let warnings = |token: &seedfile::TokenRecord| {
        let codes = token.warnings.iter().map(Warning::code);
        codes.map(|code| (token.row, code)).collect::<Vec<_>>()
    };
    file.tokens.iter().flat_map(warnings).collect()
}

#[test]
fn oath_csv_says_type_digits_factor_and_hash() {
    let file = found("# ours\n1, A, totp, 8, 60, sha256\n\n2 ,B,HOTP,6,17,,\n");
    assert_eq!((file.format, codes(&file).len()), (Format::OathCsv, 0));
    let (first, second) = (&file.tokens[0], &file.tokens[1]);
    let period = Period::SIXTY;
    assert_eq!((first.row, first.kind), (2, Kind::Totp { period }));
    assert_eq!(
        (first.algorithm, first.digits),
        (Algorithm::Sha256, Digits::EIGHT)
    );
    assert_eq!((second.row, second.kind), (4, Kind::Hotp { counter: 17 }));
    assert_eq!(second.algorithm, Algorithm::Sha1);
    assert_eq!(second.sources.algorithm, Source::Length);
    assert_eq!(warned(&file), [(4, "algorithm-length"); 0]);
}

#[test]
fn oath_csv_takes_the_hash_from_the_length_of_the_key() {
    let of = |bytes: usize| found(&format!("1,{},totp", "7c".repeat(bytes))).tokens[0].algorithm;
    assert_eq!(of(20), Algorithm::Sha1);
    assert_eq!(of(32), Algorithm::Sha256);
    assert_eq!(of(48), Algorithm::Sha1);
    assert_eq!(of(64), Algorithm::Sha512);
}

#[test]
fn oath_csv_without_a_type_counts_events_unless_told() {
    let file = found("1,A");
    assert_eq!(file.tokens[0].kind, Kind::Hotp { counter: 0 });
    assert_eq!(warned(&file), [(1, "type-assumed")]);
    let told = ReadOptions::default().token_type(TokenType::Totp);
    let file = read_as("1,A\n2,B,,6,60", &told);
    assert_eq!(file.format, Format::OathCsv);
    assert_eq!(file.tokens[0].kind, THIRTY);
    assert_eq!(
        file.tokens[1].kind,
        Kind::Totp {
            period: Period::SIXTY
        }
    );
    assert_eq!(file.tokens[0].sources.token_type, Source::Option);
    assert_eq!(warned(&file), []);
}

#[test]
fn oath_csv_with_users() {
    let file = found(
        "# version: 2\nann@example.com, ldap, realm, 1, A, totp, 6, 30\nbob,ldap,realm,2,B,totp\n1,x\n",
    );
    assert_eq!(file.tokens[0].user.as_deref(), Some("ann@example.com"));
    assert_eq!(
        (
            file.tokens[1].serial.as_str(),
            file.tokens[1].user.as_deref()
        ),
        ("2", None)
    );
    assert_eq!(codes(&file), ["4:row:cell-count"]);
}

#[test]
fn each_fault_in_oath_csv_is_named() {
    let faults = [
        ("2", "row:cell-count"),
        ("2,B,totp,6,30,sha1,x", "row:cell-count"),
        (",B,totp", "serial number:serial-missing"),
        ("2.5E+11,B,totp", "serial number:serial-scientific"),
        ("2,,totp,6", "secret key:secret-missing"),
        ("2,1d361fd9,totp", "secret key:secret-too-short"),
        ("2,xB,totp", "secret key:secret-characters"),
        ("2,0B,totp", "secret key:secret-length"),
        ("2,otpauth://totp/a,totp", "secret key:secret-uri"),
        ("2,B,ocra", "type:type-unsupported"),
        ("2,B,totp,5", "digits:digits-unsupported"),
        ("2,B,totp,six", "digits:digits-unsupported"),
        ("2,B,totp,6,30s", "time interval:interval-not-integer"),
        ("2,B,totp,6,0", "time interval:interval-range"),
        ("2,B,hotp,6,-1", "counter:counter-invalid"),
        ("2,B,totp,6,30,md5", "hash function:algorithm-unknown"),
        ("\"2\",B,totp", "serial number:serial-characters"),
    ];
    for (line, fault) in faults {
        let file = found(&format!("1,A,totp\n{line}\n"));
        assert_eq!(codes(&file), [format!("2:{fault}")], "{line}");
    }
}

#[test]
fn the_caller_can_say_how_the_keys_are_written() {
    let options = ReadOptions::default()
        .format(Format::OathCsv)
        .encoding(SecretEncoding::Base32);
    let file = read(b"1,DGS7ECSAGFSLU2BAXDLQKAWXRF3RUO4L,totp", &options).unwrap();
    assert_eq!(file.tokens[0].seed.expose()[..2], [0x19, 0xa5]);
    assert_eq!(file.tokens[0].sources.encoding, Source::Option);
}

#[test]
fn duo_counts_time_if_named() {
    let file = named(Format::Duo, "1,A\n2,B");
    assert_eq!(
        (file.tokens[0].kind, file.tokens[0].algorithm),
        (THIRTY, Algorithm::Sha1)
    );
    assert_eq!(warned(&file), []);
    let file = named(Format::Duo, "1 A\n2\t B");
    assert_eq!((file.tokens[1].kind, warned(&file)), (THIRTY, vec![]));
}

#[test]
fn duo_by_its_look_is_a_guess() {
    let file = found("60234567 A\n60234568 B\n");
    assert_eq!(file.format, Format::Duo);
    assert_eq!(file.tokens[0].kind, THIRTY);
    assert_eq!(warned(&file), [(1, "type-assumed"), (2, "type-assumed")]);
}

#[test]
fn a_line_without_a_serial_number_is_no_list() {
    let text = format!("60?34567 {A}\n");
    assert!(read(text.as_bytes(), &ReadOptions::default()).is_err());
    for (text, code) in [
        ("<?xml version=\"1.0\"?><tokens/>", "xml"),
        ("<?xml version=\"1.0\"?><token serial=\"1\"/>", "xml"),
        (
            "<?xml version=\"1.0\"?><tokens><token serial=\"1\"/></tokens>",
            "safenet",
        ),
    ] {
        let refused = read(text.as_bytes(), &ReadOptions::default()).unwrap_err();
        assert_eq!(refused.code(), code, "{text}");
    }
}

#[test]
fn a_counter_for_duo_counts_events() {
    let file = named(Format::Duo, "1,A,5\n2,B,\n");
    assert_eq!(file.tokens[0].kind, Kind::Hotp { counter: 5 });
    assert_eq!(file.tokens[1].kind, THIRTY);
}

/// Rows that are taken out of a list read as they did in it.
#[test]
fn each_line_of_a_duo_list_says_what_separates_its_cells() {
    let file = named(Format::Duo, "1,A\n2 B\n");
    assert_eq!((file.tokens.len(), codes(&file)), (2, vec![]));
    let damaged = "1,A\n2<?xml version=x?>\n<K V=\"1,B\" x=\"y\">\n";
    let rest = damaged.strip_prefix("1,A\n").unwrap();
    let [all, rest] = [damaged, rest].map(|text| codes(&named(Format::Duo, text)));
    let of_row = |codes: &[String]| -> Vec<String> {
        let after = |code: &String| code.split_once(':').map(|(_, code)| code.to_owned());
        codes.iter().filter_map(after).collect()
    };
    assert_eq!(of_row(&rest), of_row(&all));
}

#[test]
fn each_fault_in_a_duo_list_is_named() {
    let faults = [
        ("2", "row:cell-count"),
        ("2,B,0,x", "row:cell-count"),
        ("2,B,x", "counter:counter-invalid"),
        ("2,B,+5", "counter:counter-invalid"),
        ("2,B,-5", "counter:counter-invalid"),
        ("a b,B", "serial number:serial-characters"),
        ("2,0B", "secret key:secret-length"),
    ];
    for (line, fault) in faults {
        let file = named(Format::Duo, &format!("1,A\n{line}\n"));
        assert_eq!(codes(&file), [format!("2:{fault}")], "{line}");
    }
}

#[test]
fn multiotp_names_the_manufacturer() {
    let file = found("1;Token2;TOTP;A;6;30\n2;Feitian;hotp;B;8;17\n");
    assert_eq!((file.format, warned(&file)), (Format::MultiotpCsv, vec![]));
    assert_eq!(
        (file.tokens[0].manufacturer.as_str(), file.tokens[0].kind),
        ("Token2", THIRTY)
    );
    assert_eq!(
        (file.tokens[1].digits, file.tokens[1].kind),
        (Digits::EIGHT, Kind::Hotp { counter: 17 })
    );
}

#[test]
fn multiotp_without_a_type_is_a_guess() {
    let file = named(Format::MultiotpCsv, "1;Token2;;A;6;30\n");
    assert_eq!(
        (file.tokens[0].kind, warned(&file)),
        (THIRTY, vec![(1, "type-assumed")])
    );
}

#[test]
fn each_fault_in_a_multiotp_list_is_named() {
    let faults = [
        ("2;F;totp", "row:cell-count"),
        ("2;F;totp;B;6;30;x", "row:cell-count"),
        ("2;F;mOTP;B;6;30", "type:type-unsupported"),
        ("2;F;hotp;B;6", "counter:counter-missing"),
        ("2;F;totp;B;9;30", "digits:digits-unsupported"),
        ("2;F;totp;B;+6;30", "digits:digits-unsupported"),
        ("2;F;totp;B;6;x", "time interval:interval-not-integer"),
        ("2;\u{7};totp;B;6;30", "manufacturer:control-characters"),
        ("2;F;totp;;6;30", "secret key:secret-missing"),
    ];
    for (line, fault) in faults {
        let file = found(&format!("1;T;TOTP;A;6;30\n{line}\n"));
        assert_eq!(codes(&file), [format!("2:{fault}")], "{line}");
    }
}

#[test]
fn a_line_of_separators_is_blank() {
    for (text, format) in [
        ("1,A\n, ,\n2,B\n", Format::OathCsv),
        ("1;T;TOTP;A;6;30\n;;\n", Format::MultiotpCsv),
    ] {
        let file = found(text);
        assert_eq!((file.format, &*file.skipped), (format, &[(2, 1)][..]));
        assert_eq!(file.rejected(), 0);
    }
}

#[test]
fn a_row_says_how_many_cells_it_should_have() {
    for (line, expected, found) in [("2;F;totp", 4, 3), ("2;F;totp;B;6;30;x", 6, 7)] {
        let file = self::found(&format!("1;T;TOTP;A;6;30\n{line}\n"));
        let kind = ProblemKind::CellCount { expected, found };
        assert_eq!(file.problems[0].kind, kind);
    }
}

#[test]
fn a_holder_that_is_no_user_is_told() {
    let file = found("# version: 2\nbob,ldap,realm,1,A,totp,6,30\n,,,2,B,totp,6,30\n");
    let told = vec![(2, "holder-not-read")];
    let user = file.tokens[0].user.as_deref();
    assert_eq!((warned(&file), user), (told, None));
}

#[test]
fn lists_and_tables_are_not_mixed_up() {
    let code = |text: &str, options: &ReadOptions| {
        let text = text.replace('A', A);
        read(text.as_bytes(), options).unwrap_err().code()
    };
    let default = ReadOptions::default();
    assert_eq!(code("a@b,1,A,30,T,C", &default), "no-header");
    assert_eq!(code("1,A,30", &default), "no-header");
    let duo = ReadOptions::default().format(Format::Duo);
    assert_eq!(code("serial number,secret key\n1,A", &duo), "other-format");
    let entra = ReadOptions::default().format(Format::EntraCsv);
    assert_eq!(code("1,A", &entra), "no-header");
}

#[test]
fn a_line_of_any_blanks_says_nothing() {
    for blank in ["", " \t", "\u{a0}", "\u{85}", "\u{3000} "] {
        for list in ["1,A", "otpauth://totp/x?secret=A"] {
            let file = read_as(
                &format!("{blank}\n{list}\n{blank}\n"),
                &ReadOptions::default(),
            );
            assert_eq!((file.records, file.skipped.len()), (1, 1), "{blank:?}");
        }
    }
}
