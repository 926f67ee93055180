//! What is written reads back; what is read adds up; nothing panics.
#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![allow(clippy::indexing_slicing, reason = "a test stops where it is wrong")]

use proptest::prelude::*;
use seedfile::oath_core::{Algorithm, Digits, Period};
use seedfile::{
    AlgorithmSource, Format, ReadOptions, Seed, Serial, TokenRecord, UnwritableReason, WriteError,
    read, write,
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
                algorithm_source: AlgorithmSource::Column,
                digits: Digits::SIX,
                period: if thirty {
                    Period::THIRTY
                } else {
                    Period::SIXTY
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
        // A key whose Base32 form reads as hexadecimal, too, is refused by design.
        tokens.retain(|token| {
            Seed::from_base32(secrecy::ExposeSecret::expose_secret(
                &token.seed.to_base32(),
            ))
            .is_ok()
        });
        tokens
    })
}

use seedfile::secrecy;

fn same(a: &TokenRecord, b: &TokenRecord) -> bool {
    a.serial == b.serial
        && a.user == b.user
        && a.seed == b.seed
        && a.algorithm == b.algorithm
        && a.digits == b.digits
        && a.period == b.period
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

proptest! {
    #[test]
    fn graph_json_reads_back(tokens in tokens()) {
        assert_round_trip(&tokens, Format::GraphJson);
    }

    #[test]
    fn csv_reads_back(tokens in tokens(), token2: bool) {
        let format = if token2 { Format::Token2Csv } else { Format::EntraCsv };
        let by_length = |token: &TokenRecord| (token.seed.bits() > 160) == (token.algorithm == Algorithm::Sha256);
        let expected = tokens.iter().filter(|token| by_length(token)).count();
        let tokens = writable(tokens, format);
        prop_assert!(tokens.len() <= expected);
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

#[test]
fn what_a_format_cannot_say_is_named() {
    let reasons = |format: Format, change: fn(&mut TokenRecord)| {
        let mut out = Vec::new();
        match write(&[one(change)], format, &mut out) {
            Err(WriteError::Unwritable(named)) => {
                assert!(out.is_empty() && named[0].serial.as_str() == "2452524131401");
                Some(named[0].reason)
            }
            _ => None,
        }
    };
    let csv = Format::Token2Csv;
    let graph = Format::GraphJson;
    assert_eq!(reasons(csv, |_| ()), None);
    assert_eq!(reasons(graph, |_| ()), Some(UnwritableReason::User));
    assert_eq!(reasons(graph, |token| token.user = None), None);
    assert_eq!(
        reasons(csv, |token| token.algorithm = Algorithm::Sha512),
        Some(UnwritableReason::Algorithm)
    );
    assert_eq!(
        reasons(csv, |token| token.algorithm = Algorithm::Sha256),
        Some(UnwritableReason::AlgorithmByLength)
    );
    assert_eq!(
        reasons(csv, |token| token.digits = Digits::EIGHT),
        Some(UnwritableReason::Digits)
    );
    assert_eq!(
        reasons(csv, |token| token.period = Period::new(45).unwrap()),
        Some(UnwritableReason::Period)
    );
    assert_eq!(
        reasons(csv, |token| token.seed = Seed::new(vec![0; 81])),
        Some(UnwritableReason::AlgorithmByLength)
    );
    assert_eq!(
        reasons(csv, |token| token.seed = Seed::new(Vec::new())),
        Some(UnwritableReason::SeedLength)
    );
    assert_eq!(
        reasons(csv, |token| token.user = Some("x".into())),
        Some(UnwritableReason::User)
    );
    assert_eq!(
        reasons(csv, |token| token.model = " x".into()),
        Some(UnwritableReason::Text)
    );
    assert_eq!(
        reasons(csv, |token| token.model = "x\0".into()),
        Some(UnwritableReason::Text)
    );
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
