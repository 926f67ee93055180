//! `drift`: two codes in sequence tell how far a token's clock is off.

use oath_core::{Algorithm, Digits, Key, Period, Totp};
use serde_json::{Value, json};

use crate::support::{Home, Ran, Token, csv, mixed, text};

/// In the middle of a step of 30 seconds and at a third of one of 60.
const AT: u64 = 1_800_000_015;

fn totp(token: &Token) -> Totp {
    Totp::new(Digits::SIX, Period::new(token.period).unwrap())
}

/// The code that a token shows when its clock is so many steps ahead.
fn shown(token: &Token, drift: i64) -> String {
    let (totp, key) = (totp(token), Key::new(token.algorithm, &token.seed));
    let step = totp.step(AT).checked_add_signed(drift).unwrap();
    totp.at_step(&key, step).as_str().to_owned()
}

/// Two codes in sequence, the second one so many steps ahead.
fn pair(token: &Token, drift: i64) -> [String; 2] {
    [shown(token, drift - 1), shown(token, drift)]
}

struct Device {
    home: Home,
    token: Token,
}

impl Device {
    fn new(algorithm: Algorithm, period: u32) -> Self {
        let (home, token) = (Home::new(), Token::new(7, algorithm, period));
        Self { home, token }
    }

    /// Runs `drift` with the secret on standard input.
    fn drift(&self, codes: [String; 2], more: &[&str]) -> Ran {
        let [first, second] = &codes;
        let algorithm = self.token.algorithm.to_string();
        let (period, at) = (self.token.period.to_string(), AT.to_string());
        let args = ["drift", first, second, "--secret-stdin", "--at", &at];
        let kind = ["--algorithm", &algorithm, "--period", &period];
        let args = [&args[..], &kind, more].concat();
        let ran = self.home.feed(&args, &self.token.base32());
        let both = ran.stdout.clone() + &ran.stderr;
        assert!(
            !both.contains(first.as_str()) && !both.contains(second.as_str()),
            "{both}"
        );
        ran
    }

    fn json(&self, exit: i32, codes: [String; 2], more: &[&str]) -> Value {
        let more = [more, &["--output", "json"]].concat();
        self.drift(codes, &more).ends(exit).json()
    }

    fn pair(&self, drift: i64) -> [String; 2] {
        pair(&self.token, drift)
    }
}

#[test]
fn a_document_says_how_far_the_clock_is_off() {
    let device = Device::new(Algorithm::Sha1, 30);
    let document = device.json(0, device.pair(2), &[]);
    let chance = document["false_match_probability"].as_f64().unwrap();
    assert!((chance / 5.761e-9 - 1.0).abs() < 1e-6, "{chance}");
    let expected = json!({
        "schema": "oathkit.drift/1", "found": true, "step": 60_000_002, "drift": 2,
        "drift_seconds": {"min": 45, "max": 74}, "at": AT, "period": 30,
        "window": {"past": 2880, "future": 2880}, "false_match_probability": chance, "error": null,
    });
    assert_eq!(document, expected);

    let device = Device::new(Algorithm::Sha256, 60);
    let document = device.json(0, device.pair(-1440), &[]);
    assert_eq!(document["drift"], -1440);
    assert_eq!(
        document["drift_seconds"],
        json!({"min": -86_415, "max": -86_356})
    );
    assert_eq!(document["window"], json!({"past": 1440, "future": 1440}));
}

#[test]
fn people_are_told_in_words() {
    let device = Device::new(Algorithm::Sha1, 30);
    let cases = [
        (
            2,
            "drift 2, at step 60000002\nThe token's clock is 45 to 74 s ahead:",
        ),
        (
            0,
            "drift 0, at step 60000000\nThe token's clock is between 15 s behind and 14 s ahead:",
        ),
        (
            -120,
            "drift -120, at step 59999880\nThe token's clock is 3,586 to 3,615 s behind:",
        ),
    ];
    for (drift, words) in cases {
        let ran = device.drift(device.pair(drift), &[]).ends(0);
        assert!(ran.stdout.starts_with(words), "{}", ran.stdout);
        assert!(ran.stdout.contains("to within a step of 30 s"));
        let chance = "once in 174,000,000 tries (probability 5.8e-9)";
        assert!(ran.stdout.contains(chance), "{}", ran.stdout);
        assert_eq!(ran.stderr, "");
    }
}

#[test]
fn the_window_is_as_wide_as_asked_for() {
    let device = Device::new(Algorithm::Sha1, 60);
    // A day each way is 1,440 steps.
    for (drift, window, exit) in [
        (1440, "1d", 0),
        (1441, "1d", 3),
        (-1441, "1d", 3),
        (1441, "1441", 0),
        (-20, "20", 0),
        (-21, "20", 3),
        (2, "61s", 0),
        (2, "1m", 3),
        (0, "0", 0),
    ] {
        let document = device.json(exit, device.pair(drift), &["--window", window]);
        assert_eq!(document["found"], exit == 0, "{drift} {window}");
    }
    device
        .drift(device.pair(0), &["--window", "soon"])
        .ends(2)
        .says(&["a number of time steps, or a time such as 90s, 12h or 30d"]);
}

#[test]
fn nobody_looks_further_than_a_year() {
    let device = Device::new(Algorithm::Sha1, 60);
    let [code, _] = device.pair(0);
    let file = device
        .home
        .file("tokens.csv", csv(std::slice::from_ref(&device.token)));
    for far in ["367d", "9000 weeks", "527041", "18446744073709551615"] {
        let ran = device.drift(device.pair(0), &["--window", far]).ends(2);
        ran.says(&["more than 366 days", "look less far"]);
        let find = ["find", &file, &code, "--window", far];
        device
            .home
            .oathctl(&find)
            .ends(2)
            .says(&["more than 366 days"]);
    }
    for near in ["366d", "527040"] {
        device.json(0, device.pair(0), &["--window", near]);
    }
    let verify = ["verify", &code, "--secret-stdin", "--at", "59"];
    for side in ["--past", "--future"] {
        let args = [&verify[..], &[side, "18446744073709551615"]].concat();
        let ran = device.home.feed(&args, &device.token.base32()).ends(2);
        ran.says(&["more than 366 days"]);
    }
}

#[test]
fn codes_that_are_not_found_are_explained() {
    let device = Device::new(Algorithm::Sha1, 30);
    let [first, second] = device.pair(3);
    let cases = [
        (
            [second.clone(), first.clone()],
            "reversed",
            "in the order in which",
        ),
        ([first.clone(), first.clone()], "repeated", "wait until"),
        (
            [first.clone(), shown(&device.token, 4)],
            "not-found",
            "oathctl find",
        ),
        (
            [first.clone(), format!("{second}00")],
            "wrong-length",
            "--digits",
        ),
    ];
    for (codes, code, next) in cases {
        let document = device.json(3, codes.clone(), &[]);
        assert_eq!(document["error"]["code"], code, "{document}");
        assert!(
            text(&document["error"]["next"]).contains(next),
            "{document}"
        );
        for field in ["step", "drift", "drift_seconds"] {
            assert!(document[field].is_null(), "{document}");
        }
        let ran = device.drift(codes, &[]).ends(3).says(&["  -> ", next]);
        assert_eq!(ran.stdout.trim_end(), text(&document["error"]["message"]));
    }
    // A mistyped code is wrong usage, and is not repeated to the log.
    let ran = device.drift([first, "16258x".to_owned()], &[]).ends(2);
    ran.says(&["the digits 0 to 9 only"]);
}

#[test]
fn the_token_of_a_file_is_measured_with_its_parameters() {
    let home = Home::new();
    let tokens = mixed(4);
    let file = home.file("tokens.csv", csv(&tokens));
    for (token, drift) in tokens.iter().zip([-700, -1, 0, 5]) {
        let ([first, second], at) = (pair(token, drift), AT.to_string());
        let args = ["drift", &first, &second, "--file", &file, "--at", &at];
        let document = home.json(0, &[&args[..], &["--serial", &token.serial]].concat());
        assert_eq!(document["drift"], drift, "{}", token.serial);
        assert_eq!(document["period"], token.period);
    }
    // The codes of one token are not those of another.
    let ([first, second], at) = (pair(&tokens[0], 0), AT.to_string());
    let args = ["drift", &first, &second, "--file", &file, "--at", &at];
    let other = [&args[..], &["--serial", &tokens[2].serial]].concat();
    home.oathctl(&other).ends(3).says(&["check the serial"]);
    home.oathctl(&[&args[..], &["--serial", "0"]].concat())
        .ends(2)
        .says(&["has no usable token 0"]);
    home.oathctl(&["drift", &first, "--file", &file, "--serial", "0"])
        .ends(2);
}
