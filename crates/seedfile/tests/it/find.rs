//! Finding a token by what it shows.

use std::{collections::HashMap, fmt::Write};

use oath_core::{Algorithm, Code, Digits, Key, Period, Totp, Window, false_match_probability};
use seedfile::{ReadOptions, Seed, SeedFile, Shown, TokenRecord, find, secrecy::ExposeSecret};

const NOW: u64 = 1_800_000_000;

/// Tokens in turn of SHA-1 and SHA-256, in pairs of 30 and 60 seconds.
fn file(tokens: usize) -> SeedFile {
    let mut text = String::from("upn,serial number,secret key,timeinterval,manufacturer,model\n");
    for n in 0..tokens {
        let length = if n % 2 == 0 { 20 } else { 32 };
        let mut seed = vec![0x5a; length];
        seed[..8].copy_from_slice(&n.to_be_bytes());
        let seed = Seed::new(seed).to_base32();
        let (secret, period) = (seed.expose_secret(), 30 + n % 4 / 2 * 30);
        writeln!(
            text,
            "user{n}@example.com,{},{secret},{period},Token2,C202",
            70_000_000 + n
        )
        .unwrap();
    }
    let file = seedfile::read(text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(file.tokens.len(), tokens);
    file
}

/// The code that a token shows `drift` steps away from now.
fn code(token: &TokenRecord, drift: i64) -> Code {
    let totp = Totp::new(token.digits, token.period().unwrap());
    let key = Key::new(token.algorithm, token.seed.expose());
    let step = totp.step(NOW).checked_add_signed(drift).unwrap();
    totp.at_step(&key, step)
}

fn steps(steps: u64) -> impl Fn(Period) -> Window {
    move |_| Window::symmetric(steps)
}

#[test]
fn each_token_is_found_by_the_code_it_shows() {
    let file = file(200);
    for (n, token) in file.tokens.iter().enumerate() {
        let drift = [-1, 0, 1][n % 3];
        let code = code(token, drift);
        let shown = Shown {
            code: &code,
            before: None,
            unix: NOW,
        };
        let found = find(&file.tokens, shown, steps(1));
        let serials: Vec<_> = found
            .matches
            .iter()
            .map(|found| &found.token.serial)
            .collect();
        assert_eq!(serials, [&token.serial]);
        let (accepted, totp) = (
            found.matches[0].accepted,
            Totp::new(token.digits, token.period().unwrap()),
        );
        assert_eq!(accepted.drift, drift);
        assert_eq!(
            accepted.step,
            totp.step(NOW).checked_add_signed(drift).unwrap()
        );
        assert_eq!(found.searched, 200);
    }
}

#[test]
fn outside_of_the_window_nothing_is_found() {
    let file = file(8);
    let shown_by = |token: &TokenRecord, drift| {
        let code = code(token, drift);
        let shown = Shown {
            code: &code,
            before: None,
            unix: NOW,
        };
        // Two minutes are four steps of one token and two of another.
        let found = find(&file.tokens, shown, |period| Window::lasting(120, period));
        found.matches.len()
    };
    for token in &file.tokens {
        let reach = 120 / i64::from(token.period().unwrap().seconds());
        assert_eq!(shown_by(token, reach), 1);
        assert_eq!(shown_by(token, -reach), 1);
        assert_eq!(shown_by(token, reach + 1), 0);
        assert_eq!(shown_by(token, -reach - 1), 0);
    }
}

/// Two tokens that show the same code within ten steps of now, the nearer one first, with the drifts
/// at which they do.
fn namesakes(tokens: &[TokenRecord]) -> [(&TokenRecord, i64); 2] {
    let mut seen = HashMap::new();
    for drift in (0..=10_i64).flat_map(|distance| [-distance, distance]) {
        for token in tokens {
            let shown = code(token, drift).as_str().to_owned();
            match seen.insert(shown, (token, drift)) {
                Some((nearer, before))
                    if nearer.serial != token.serial && before.abs() < drift.abs() =>
                {
                    return [(nearer, before), (token, drift)];
                }
                _ => {}
            }
        }
    }
    panic!("so many tokens have namesakes")
}

#[test]
fn two_codes_tell_what_one_cannot() {
    let file = file(300);
    let [(nearer, drift), (wanted, of_wanted)] = namesakes(&file.tokens);
    let (before, code) = (code(wanted, of_wanted - 1), code(wanted, of_wanted));
    let one = Shown {
        code: &code,
        before: None,
        unix: NOW,
    };
    let found = find(&file.tokens, one, steps(10));
    assert!(
        found
            .matches
            .iter()
            .any(|found| found.token.serial == wanted.serial)
    );
    assert_eq!(
        found.matches[0].token.serial, nearer.serial,
        "the nearest comes first"
    );
    assert_eq!(found.matches[0].accepted.drift, drift);
    assert!(found.expected_by_chance > 0.006);

    let two = Shown {
        before: Some(&before),
        ..one
    };
    let found = find(&file.tokens, two, steps(10));
    assert_eq!(found.matches.len(), 1);
    assert_eq!(found.matches[0].token.serial, wanted.serial);
    assert_eq!(found.matches[0].accepted.drift, of_wanted);
    assert!(found.expected_by_chance < 1e-8);

    let reversed = Shown {
        code: &before,
        before: Some(&code),
        ..two
    };
    assert!(find(&file.tokens, reversed, steps(10)).matches.is_empty());
}

#[test]
fn what_is_expected_by_chance_is_the_sum_over_the_tokens_searched() {
    let mut file = file(4);
    file.tokens[1].digits = Digits::EIGHT;
    let six = Code::parse("123456").unwrap();
    let shown = Shown {
        code: &six,
        before: None,
        unix: NOW,
    };
    let found = find(&file.tokens, shown, |period| Window::lasting(60, period));
    assert_eq!(found.searched, 3);
    // Rows 1, 3 and 4: 30, 60 and 60 seconds.
    let chance = |steps| false_match_probability(Digits::SIX, 1, steps);
    let expected = chance(5) + 2.0 * chance(3);
    assert!((found.expected_by_chance - expected).abs() < 1e-15);

    let seven = Code::parse("1234567").unwrap();
    let found = find(
        &file.tokens,
        Shown {
            code: &seven,
            ..shown
        },
        steps(1),
    );
    assert_eq!((found.searched, found.matches.len()), (0, 0));
    assert!(found.expected_by_chance.abs() < f64::EPSILON);
}

#[test]
fn a_code_of_eight_digits_finds_a_token_of_eight() {
    let mut file = file(6);
    file.tokens[4].digits = Digits::EIGHT;
    let code = code(&file.tokens[4], 0);
    assert_eq!(
        (code.digits(), file.tokens[4].algorithm),
        (Digits::EIGHT, Algorithm::Sha1)
    );
    let shown = Shown {
        code: &code,
        before: None,
        unix: NOW,
    };
    let found = find(&file.tokens, shown, steps(0));
    assert_eq!(found.matches.len(), 1);
    assert_eq!(found.matches[0].token.row, file.tokens[4].row);
    assert_eq!(found.searched, 1);
}

#[test]
fn debug_shows_no_code() {
    let file = file(1);
    let code = code(&file.tokens[0], 0);
    let found = find(
        &file.tokens,
        Shown {
            code: &code,
            before: Some(&code),
            unix: NOW,
        },
        steps(1),
    );
    assert!(!format!("{found:?}").contains(code.as_str()));
    let shown = Shown {
        code: &code,
        before: None,
        unix: NOW,
    };
    assert!(!format!("{shown:?}").contains(code.as_str()));
    assert!(find(&[], shown, steps(1)).matches.is_empty());
}
