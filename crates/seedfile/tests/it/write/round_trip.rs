//! Every fact that a format can say comes back; the others are told.

use proptest::prelude::*;
use seedfile::oath_core::{Algorithm, Digits, Period};
use seedfile::{Format, Kind, Seed, Serial, TokenRecord, unwritable};

use super::{WRITTEN, one, read_back, write};

fn algorithm() -> impl Strategy<Value = Algorithm> {
    prop_oneof![
        3 => Just(Algorithm::Sha1),
        2 => Just(Algorithm::Sha256),
        1 => Just(Algorithm::Sha512),
    ]
}

fn kind() -> impl Strategy<Value = Kind> {
    let totp = |period| Kind::Totp { period };
    prop_oneof![
        4 => Just(totp(Period::THIRTY)),
        2 => Just(totp(Period::SIXTY)),
        1 => (1..=300_u32).prop_map(move |seconds| totp(Period::new(seconds).unwrap())),
        1 => any::<u64>().prop_map(|counter| Kind::Hotp { counter }),
    ]
}

fn user() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}".prop_map(Some),
        "[a-z0-9é'+#&=%.:]{1,12}@[a-z]{1,8}\\.example".prop_map(Some),
    ]
}

fn token() -> impl Strategy<Value = TokenRecord> {
    let seed = prop_oneof![3 => Just(20), 2 => Just(32), 1 => Just(64), 1 => 16..=80_usize]
        .prop_flat_map(|length| proptest::collection::vec(any::<u8>(), length));
    let text = "|[A-Za-z0-9é=+@\"',;%&:][ A-Za-z0-9é😀\"',;\r\n\t]{0,12}[A-Za-z\"',;]?";
    let digits = prop_oneof![3 => Just(6_u8), 1 => 6..=8_u8];
    let serial = "[A-Za-z][A-Za-z0-9_-]{0,60}|0[0-9]{1,12}";
    (
        serial,
        user(),
        seed,
        algorithm(),
        digits,
        kind(),
        text,
        text,
    )
        .prop_map(
            |(serial, user, seed, algorithm, digits, kind, manufacturer, model)| {
                one(|token| {
                    token.serial = Serial::new(&serial).unwrap();
                    token.user = user;
                    token.seed = Seed::new(seed);
                    token.algorithm = algorithm;
                    token.digits = Digits::new(digits).unwrap();
                    token.kind = kind;
                    token.manufacturer = manufacturer.trim().to_owned();
                    token.model = model.trim().to_owned();
                })
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

fn same_codes(a: &TokenRecord, b: &TokenRecord) -> bool {
    a.serial == b.serial
        && a.seed == b.seed
        && a.algorithm == b.algorithm
        && a.digits == b.digits
        && a.kind == b.kind
}

/// How many tokens lost a text on the way. None gains one.
fn lost(sent: &[TokenRecord], back: &[TokenRecord], of: fn(&TokenRecord) -> &str) -> usize {
    let pairs = sent.iter().zip(back);
    pairs
        .filter(|(sent, back)| {
            assert!(of(back).is_empty() || of(back) == of(sent));
            of(back) != of(sent)
        })
        .count()
}

fn holder(token: &TokenRecord) -> &str {
    token.user.as_deref().unwrap_or_default()
}

fn assert_round_trip(mut tokens: Vec<TokenRecord>, format: Format) {
    tokens.retain(|token| unwritable(token, format).is_none());
    if tokens.is_empty() {
        return;
    }
    let (text, written) = write(&tokens, format).unwrap();
    let file = read_back(&text, format);
    assert_eq!(file.problems, []);
    assert_eq!(file.format, format);
    let back = &file.tokens;
    assert_eq!((back.len(), written.tokens), (tokens.len(), tokens.len()));
    assert!(tokens.iter().zip(back).all(|(a, b)| same_codes(a, b)));
    let left_out = written.left_out;
    assert_eq!(lost(&tokens, back, holder), left_out.users);
    assert_eq!(
        lost(&tokens, back, |t| &t.manufacturer),
        left_out.manufacturers
    );
    assert_eq!(lost(&tokens, back, |t| &t.model), left_out.models);
}

proptest! {
    #[test]
    fn what_is_written_reads_back(tokens in tokens(), format in proptest::sample::select(&WRITTEN)) {
        assert_round_trip(tokens, format);
    }
}

/// Most tokens of the strategy can be written: the test above is not about nothing.
#[test]
fn ordinary_tokens_fit_every_format() {
    for format in WRITTEN {
        assert_eq!(unwritable(&one(|_| ()), format), None, "{format}");
        assert_round_trip(vec![one(|_| ())], format);
    }
}
