//! `find`: whose token is this?

use std::collections::HashMap;

use oath_core::{Digits, Key, Period, Totp};
use serde_json::{Value, json};

use crate::support::{Home, Token, csv, mixed, plain, text};

const AT: u64 = 1_800_000_015;

/// The code that a token shows when its clock is so many steps ahead.
fn shown(token: &Token, drift: i64) -> String {
    let totp = Totp::new(Digits::SIX, Period::new(token.period).unwrap());
    let step = totp.step(AT).checked_add_signed(drift).unwrap();
    let key = Key::new(token.algorithm, &token.seed);
    totp.at_step(&key, step).as_str().to_owned()
}

/// A drawer of unlabelled tokens, and the file they came with.
struct Drawer {
    home: Home,
    tokens: Vec<Token>,
    file: String,
}

impl Drawer {
    fn new(tokens: Vec<Token>) -> Self {
        let home = Home::new();
        let file = home.file("tokens.csv", csv(&tokens));
        Self { home, tokens, file }
    }

    fn args<'a>(&'a self, words: &[&'a str]) -> Vec<&'a str> {
        let begin = ["find", &self.file];
        [&begin, words, &["--at", "1800000015"]].concat()
    }

    fn json(&self, exit: i32, words: &[&str]) -> Value {
        self.home.json(exit, &self.args(words))
    }
}

#[test]
fn a_token_is_found_by_its_code() {
    let drawer = Drawer::new(mixed(40));
    for (n, (token, row)) in drawer.tokens.iter().zip(2..).take(8).enumerate() {
        let drift = [-1, 0, 1][n % 3];
        let document = drawer.json(0, &[&shown(token, drift)]);
        let found = &document["matches"][0];
        let totp = Totp::new(Digits::SIX, Period::new(token.period).unwrap());
        let step = totp.step(AT).checked_add_signed(drift).unwrap();
        let seconds = totp.clock_offset(AT, step).unwrap();
        let expected = json!({
            "row": row, "serial": token.serial, "user": token.user, "manufacturer": "Token2",
            "model": "C302-i", "step": step, "drift": drift,
            "drift_seconds": {"min": seconds.start(), "max": seconds.end()},
        });
        assert_eq!(found, &expected);
    }
    let document = drawer.json(0, &[&shown(&drawer.tokens[0], 0)]);
    // Twenty tokens with five steps in a minute each way, twenty with three.
    let chance = document["expected_by_chance"].as_f64().unwrap();
    assert!((chance / 160e-6 - 1.0).abs() < 1e-4, "{chance}");
    assert_eq!(document["schema"], "oathkit.find/1");
    assert_eq!(
        (&document["searched"], &document["rejected"]),
        (&json!(40), &json!(0))
    );
    assert_eq!(
        (&document["at"], &document["error"]),
        (&json!(AT), &Value::Null)
    );
    assert_eq!(document["matches"].as_array().unwrap().len(), 1);
    assert_eq!(document.as_object().unwrap().len(), 7);
}

#[test]
fn people_are_told_whose_it_is_and_how_sure_that_is() {
    let drawer = Drawer::new(mixed(40));
    let token = &drawer.tokens[5];
    let code = shown(token, -1);
    let ran = drawer.home.oathctl(&drawer.args(&[&code])).ends(0);
    for word in [&token.serial, &token.user, "Token2 C302-i", "s behind"] {
        assert!(ran.stdout.contains(word), "{word}: {}", ran.stdout);
    }
    let count = "Matching: 1 of 40 tokens. Expected by chance: less than 0.001.";
    assert!(ran.stdout.contains(count), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
    assert!(!ran.stdout.contains(&code));

    // So far away, chance has a say: one match is not proof enough.
    let wide = drawer.args(&[&code, "--window", "150"]);
    let ran = drawer.home.oathctl(&wide).ends(0);
    let ran = ran.says(&["to be sure, ask for the code after this one"]);
    assert!(
        ran.stdout.contains("Expected by chance: 0.012."),
        "{}",
        ran.stdout
    );
}

#[test]
fn the_window_for_one_code_is_a_minute_and_for_two_an_hour() {
    let drawer = Drawer::new(mixed(4));
    for token in &drawer.tokens {
        let steps = |seconds| seconds / i64::from(token.period);
        for far in [steps(60), -steps(60)] {
            let next = far + far.signum();
            drawer.json(0, &[&shown(token, far)]);
            drawer.json(3, &[&shown(token, next)]);
            drawer.json(0, &[&shown(token, next), "--window", "3"]);
        }
        let (far, at) = (steps(3600), |drift| shown(token, drift));
        assert_eq!(
            drawer.json(0, &[&at(far - 1), &at(far)])["matches"][0]["drift"],
            far
        );
        drawer.json(0, &[&at(-far - 1), &at(-far)]);
        drawer.json(3, &[&at(far), &at(far + 1)]);
        drawer.json(0, &[&at(far), &at(far + 1), "--window", "2h"]);
    }
}

/// Two tokens that show the same code within ten steps, and the drift of the first one.
fn namesakes(tokens: &[Token]) -> [(&Token, i64); 2] {
    let mut seen: HashMap<String, (&Token, i64)> = HashMap::new();
    for drift in -9..=9 {
        for token in tokens {
            match seen.insert(shown(token, drift), (token, drift)) {
                Some(other) if other.0.serial != token.serial => return [other, (token, drift)],
                _ => {}
            }
        }
    }
    panic!("so many tokens have namesakes");
}

#[test]
fn the_next_code_tells_apart_what_one_cannot() {
    let drawer = Drawer::new(plain(300));
    let [one, other] = namesakes(&drawer.tokens);
    let code = shown(one.0, one.1);
    let document = drawer.json(3, &[&code, "--window", "9"]);
    assert_eq!(document["error"]["code"], "several");
    assert_eq!(document["matches"].as_array().unwrap().len(), 2);
    drawer
        .home
        .oathctl(&drawer.args(&[&code, "--window", "9"]))
        .ends(3)
        .says(&["ask for the code after this one and give both"]);

    for (token, drift) in [one, other] {
        let next = shown(token, drift + 1);
        let document = drawer.json(0, &[&code, &next]);
        assert_eq!(document["matches"][0]["serial"], token.serial);
        assert_eq!(document["matches"][0]["drift"], drift + 1);
        assert!(document["expected_by_chance"].as_f64().unwrap() < 1e-6);
        let ran = drawer.home.oathctl(&drawer.args(&[&code, &next])).ends(0);
        assert_eq!(ran.stderr, "");
    }
}

#[test]
fn codes_that_nobody_shows_are_explained() {
    let drawer = Drawer::new(mixed(12));
    let at = |drift| shown(&drawer.tokens[3], drift);
    let cases: [(&[&str], &str, &str); 5] = [
        (&[&at(40)], "not-found", "give both"),
        (&[&at(0), &at(2)], "not-found", "follow each other"),
        (&[&at(1), &at(0)], "reversed", "in the order"),
        (&[&at(0), &at(0)], "repeated", "wait until"),
        (&["1234567"], "wrong-length", "all digits"),
    ];
    for (codes, code, next) in cases {
        let document = drawer.json(3, codes);
        assert_eq!(document["error"]["code"], code, "{document}");
        assert_eq!(document["matches"], json!([]));
        assert!(
            text(&document["error"]["next"]).contains(next),
            "{document}"
        );
        let ran = drawer.home.oathctl(&drawer.args(codes)).ends(3);
        let ran = ran.says(&["  -> ", next]);
        assert!(ran.stdout.contains(text(&document["error"]["message"])));
    }
    let ran = drawer.home.oathctl(&drawer.args(&["16258x"])).ends(2);
    assert!(!ran.stderr.contains("16258x"), "{}", ran.stderr);
}

#[test]
fn rows_that_cannot_be_used_are_not_passed_over_in_silence() {
    let home = Home::new();
    let tokens = mixed(3);
    let bad = "ann@example.com,60234567,short,30,Token2,C202\r\n";
    let code = shown(&tokens[1], 0);
    let args = ["find", "-", &code, "--at", "1800000015"];
    let ran = home.feed(&args, &(csv(&tokens) + bad)).ends(0);
    ran.says(&["not searched: 1", "oathctl inspect"]);
    let json = [&args[..], &["--output", "json"]].concat();
    let document = home.feed(&json, &(csv(&tokens) + bad)).ends(0).json();
    assert_eq!(
        (&document["searched"], &document["rejected"]),
        (&json!(3), &json!(1))
    );
    home.feed(&args, "name,age\nann,3\n").ends(2);
    let document = home.feed(&json, &(csv(&[]) + bad)).ends(3).json();
    assert_eq!(document["error"]["code"], "no-tokens");
}

#[test]
fn tokens_that_count_events_do_not_follow_the_time() {
    let home = Home::new();
    let token = Token::plain(1);
    let hex = data_encoding::HEXLOWER.encode(&token.seed);
    let hotp = format!("70200009,{},hotp,6,0\n", hex.replace('0', "1"));
    let code = shown(&token, 0);
    let args = ["find", "-", &code, "--at", "1800000015"];
    let ran = home.feed(&args, &hotp).ends(3);
    assert!(
        ran.stdout
            .contains("no token of this file follows the time"),
        "{}",
        ran.stdout
    );
    ran.says(&["look for the serial number on the token", "not searched: 1"]);
    let totp = format!("{},{hex},totp,6,30\n", token.serial);
    let ran = home.feed(&args, &(totp + &hotp)).ends(0);
    ran.says(&["tokens that count events (HOTP) and were not searched: 1"]);
}

#[test]
fn a_table_is_searched_by_its_columns() {
    let drawer = Drawer::new(plain(2));
    let home = &drawer.home;
    let lines: Vec<String> = drawer
        .tokens
        .iter()
        .map(|t| format!("{};{}\n", t.base32(), t.serial))
        .collect();
    let file = home.file("list.txt", lines.concat());
    let code = shown(&drawer.tokens[1], 0);
    let reading = [
        "--column",
        "secret=1",
        "--column",
        "serial=2",
        "--delimiter",
        ";",
        "--period",
        "30",
    ];
    let args = [&["find", &file, &code, "--at", "1800000015"], &reading[..]].concat();
    assert_eq!(
        home.json(0, &args)["matches"][0]["serial"],
        drawer.tokens[1].serial
    );
    home.oathctl(&args[..5]).ends(2);
}
