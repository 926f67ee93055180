//! What is written reads back; what is read adds up; nothing panics.
#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![allow(clippy::indexing_slicing, reason = "a test stops where it is wrong")]

use proptest::prelude::*;
use seedfile::oath_core::{Algorithm, Digits, Period};
use seedfile::{
    Format, Kind, ReadOptions, Seed, Serial, Source, Sources, TokenRecord, UnwritableReason,
    WriteError, read, write,
};

/// Any token that Graph JSON can express.
fn token() -> impl Strategy<Value = TokenRecord> {
    let seed = prop_oneof![3 => Just(20), 2 => Just(32), 1 => 16..=80_usize]
        .prop_flat_map(|length| proptest::collection::vec(any::<u8>(), length));
    let user = proptest::option::of("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
    let text = "|[A-Za-z0-9é=+@\"',;]([ A-Za-z0-9é😀\"',;\r\n\t]{0,12}[A-Za-z\"',;])?";
    (
        "[A-Za-z][A-Za-z0-9_-]{0,60}|0[0-9]{1,12}",
        user,
        seed,
        any::<bool>(),
        any::<bool>(),
        text,
        text,
    )
        .prop_map(
            |(serial, user, seed, sha1, thirty, manufacturer, model)| TokenRecord {
                row: 0,
                serial: Serial::new(&serial).unwrap(),
                user,
                seed: Seed::new(seed),
                algorithm: if sha1 {
                    Algorithm::Sha1
                } else {
                    Algorithm::Sha256
                },
                sources: Sources::all(Source::Column),
                digits: Digits::SIX,
                kind: Kind::Totp {
                    period: if thirty {
                        Period::THIRTY
                    } else {
                        Period::SIXTY
                    },
                },
                manufacturer,
                model,
                warnings: Vec::new(),
            },
        )
}

/// Tokens with serial numbers and keys of their own.
fn tokens() -> impl Strategy<Value = Vec<TokenRecord>> {
    proptest::collection::vec(token(), 1..12).prop_map(|mut tokens| {
        tokens.sort_by_key(|token| token.serial.folded().into_owned());
        tokens.dedup_by(|a, b| a.serial.folded() == b.serial.folded());
        tokens.sort_by(|a, b| a.seed.expose().cmp(b.seed.expose()));
        tokens.dedup_by(|a, b| a.seed == b.seed);
        tokens
    })
}

fn same(a: &TokenRecord, b: &TokenRecord) -> bool {
    a.serial == b.serial
        && a.user == b.user
        && a.seed == b.seed
        && a.algorithm == b.algorithm
        && a.digits == b.digits
        && a.kind == b.kind
        && a.manufacturer == b.manufacturer
        && a.model == b.model
}

fn assert_round_trip(tokens: &[TokenRecord], format: Format) {
    let mut bytes = Vec::new();
    write(tokens, format, &mut bytes).unwrap();
    if tokens.is_empty() {
        return;
    }
    let file = read(&bytes, &ReadOptions::default()).unwrap();
    assert_eq!(file.problems, []);
    assert_eq!(file.format, format);
    assert!(
        file.tokens.len() == tokens.len()
            && file.tokens.iter().zip(tokens).all(|(a, b)| same(a, b))
    );
}

/// Keeps what the format can express, by the writer's own word.
fn writable(mut tokens: Vec<TokenRecord>, format: Format) -> Vec<TokenRecord> {
    if let Err(WriteError::Unwritable(unwritable)) = write(&tokens, format, &mut std::io::sink()) {
        tokens.retain(|token| unwritable.iter().all(|gone| gone.serial != token.serial));
    }
    tokens
}

/// The length rule gives the right algorithm, and no text looks like swallowed rows.
fn sayable_in_csv(token: &TokenRecord) -> bool {
    (token.seed.bits() > 160) == (token.algorithm == Algorithm::Sha256)
        && ![&token.manufacturer, &token.model]
            .iter()
            .any(|text| text.contains(['\r', '\n']))
}

proptest! {
    #[test]
    fn graph_json_reads_back(tokens in tokens()) {
        assert_round_trip(&tokens, Format::GraphJson);
    }

    #[test]
    fn csv_reads_back(mut tokens in tokens(), token2: bool) {
        let format = if token2 { Format::Token2Csv } else { Format::EntraCsv };
        for token in tokens.iter_mut().step_by(2) {
            token.user = Some(format!("o'brien+{}#EXT#@example.com", token.serial));
        }
        let sayable = tokens.iter().filter(|token| sayable_in_csv(token)).count();
        let tokens = writable(tokens, format);
        prop_assert!(tokens.len() >= sayable);
        assert_round_trip(&tokens, format);
    }

    #[test]
    fn any_bytes_add_up(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        adds_up(&bytes);
    }

    #[test]
    fn any_rows_add_up(rows in proptest::collection::vec("[a@1\",;=\n\r\t .-]{0,12}(,[A-Z2-7a@\" \r\n']{0,34}){0,7}", 0..12)) {
        adds_up(format!("upn,serial number,secret key,timeinterval,manufacturer,model\n{}", rows.join("\n")).as_bytes());
    }

    #[test]
    fn any_json_adds_up(items in proptest::collection::vec("\\{(\"(serialNumber|secretKey|model|x)\":(\"[A-Z2-7]{0,32}\"|null|3|\\[\\])(,|\\}))*|null|1", 0..8)) {
        adds_up(format!("[{}]", items.join(",")).as_bytes());
    }

    #[test]
    fn damage_to_a_good_file_adds_up(at in 0..300_usize, byte: u8, cut in 0..300_usize) {
        let mut bytes = include_bytes!("data/cases/v01-basic-lf.csv").to_vec();
        bytes[at] = byte;
        adds_up(&bytes);
        adds_up(&bytes[cut..]);
        adds_up(&bytes[..cut]);
    }
}

fn adds_up(bytes: &[u8]) {
    if let Ok(file) = read(bytes, &ReadOptions::default()) {
        assert_eq!(file.tokens.len() + file.rejected(), file.records);
        assert!(file.problems.is_sorted_by_key(|problem| problem.row));
        assert!(file.tokens.is_sorted_by(|a, b| a.row < b.row));
        assert!(
            file.tokens
                .iter()
                .all(|token| file.problems.iter().all(|problem| problem.row != token.row))
        );
    }
}

fn one(change: impl FnOnce(&mut TokenRecord)) -> TokenRecord {
    let mut token = read(
        include_bytes!("data/cases/v01-basic-lf.csv"),
        &ReadOptions::default(),
    )
    .unwrap()
    .tokens
    .remove(0);
    change(&mut token);
    token
}

type Change = fn(&mut TokenRecord);

/// Why a token changed in one way cannot be written, if so.
fn reason(format: Format, change: Change) -> Option<UnwritableReason> {
    let mut out = Vec::new();
    match write(&[one(change)], format, &mut out) {
        Err(WriteError::Unwritable(named)) => {
            assert!(out.is_empty() && named[0].serial.as_str() == "2452524131401");
            Some(named[0].reason)
        }
        _ => None,
    }
}

#[test]
fn what_the_csv_cannot_say_is_named() {
    use UnwritableReason as Reason;
    let changes: [(Change, Option<Reason>); 10] = [
        (|_| (), None),
        (|t| t.algorithm = Algorithm::Sha512, Some(Reason::Algorithm)),
        (
            |t| t.algorithm = Algorithm::Sha256,
            Some(Reason::AlgorithmByLength),
        ),
        (|t| t.digits = Digits::EIGHT, Some(Reason::Digits)),
        (
            |t| {
                t.kind = Kind::Totp {
                    period: Period::new(45).unwrap(),
                }
            },
            Some(Reason::Period),
        ),
        (|t| t.seed = Seed::new(Vec::new()), Some(Reason::SeedLength)),
        (|t| t.user = Some("x".into()), Some(Reason::User)),
        (|t| t.model = " x".into(), Some(Reason::Text)),
        (|t| t.model = "x\0".into(), Some(Reason::Text)),
        (|t| t.model = "a\n,,,,,b".into(), Some(Reason::Text)),
    ];
    for (position, (change, expected)) in changes.into_iter().enumerate() {
        assert_eq!(reason(Format::Token2Csv, change), expected, "{position}");
    }
}

#[test]
fn what_graph_json_cannot_say_is_named() {
    assert_eq!(
        reason(Format::GraphJson, |_| ()),
        Some(UnwritableReason::User)
    );
    assert_eq!(reason(Format::GraphJson, |token| token.user = None), None);
    let long = |token: &mut TokenRecord| {
        token.user = None;
        token.seed = Seed::new(vec![0; 81]);
    };
    assert_eq!(
        reason(Format::GraphJson, long),
        Some(UnwritableReason::SeedLength)
    );
    let like_hex = |token: &mut TokenRecord| {
        token.user = None;
        // Every symbol of AAAA… is a hexadecimal digit as well.
        token.seed = Seed::new(vec![0; 25]);
    };
    assert_eq!(
        reason(Format::GraphJson, like_hex),
        Some(UnwritableReason::SeedAmbiguous)
    );
}

#[test]
fn every_unwritable_token_is_named() {
    let rounded = one(|token| token.serial = Serial::new("2.45252E11").unwrap());
    let tokens = [
        one(|_| ()),
        rounded,
        one(|token| token.digits = Digits::SEVEN),
    ];
    let error = write(&tokens, Format::EntraCsv, &mut std::io::sink()).unwrap_err();
    let expected = "2 tokens cannot go into this format; the first: 2.45252E11: \
        a reader would take the serial number for one damaged by a spreadsheet";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn files_look_as_vendors_write_them() {
    let written = |format: Format, token: TokenRecord| {
        let mut out = Vec::new();
        write(&[token], format, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert_eq!(
        written(
            Format::EntraCsv,
            one(|token| token.model = "C202, \"mini\"".into())
        ),
        "upn,serial number,secret key,time interval,manufacturer,model\r\n\
         user1@example.com,2452524131401,DGS7ECSAGFSLU2BAXDLQKAWXRF3RUO4L,30,Token2,\"C202, \"\"mini\"\"\"\r\n"
    );
    assert_eq!(
        written(Format::GraphJson, one(|token| token.user = None)),
        "{\"@context\":\"#$delta\",\"value\":[\n{\"@contentId\":\"1\",\"serialNumber\":\"2452524131401\",\
         \"manufacturer\":\"Token2\",\"model\":\"C202\",\"secretKey\":\"DGS7ECSAGFSLU2BAXDLQKAWXRF3RUO4L\",\
         \"timeIntervalInSeconds\":30,\"hashFunction\":\"hmacsha1\"}\n]}\n"
    );
}
