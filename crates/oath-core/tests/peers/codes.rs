//! Random cases against Python's `hmac` and `hashlib`, in both directions: each makes codes, and
//! each finds those of the other.
//!
//! A sample for the everyday suite; `OATHKIT_CAMPAIGN=full` tries 100,000 cases. The cases are the
//! same each time; `OATHKIT_SEED=N` makes others.

use std::env;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};
use std::thread;

use oath_core::{Accepted, Algorithm, Code, Digits, Key, Period, Totp, Window};

const SCRIPT: &str = include_str!("codes.py");

struct Case {
    algorithm: Algorithm,
    secret: Vec<u8>,
    totp: Totp,
    unix: u64,
    window: u64,
    /// By so many steps the device that shows the code is ahead.
    drift: i64,
}

impl Case {
    fn random(random: &mut Random) -> Self {
        let digits = Digits::new(6 + random.below(3) as u8).unwrap();
        let period = match random.below(4) {
            0 => Period::THIRTY,
            1 => Period::SIXTY,
            2 => Period::new(1 + random.below(600) as u32).unwrap(),
            _ => Period::new((random.sized() >> 32).max(1) as u32).unwrap(),
        };
        Self {
            algorithm: [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512]
                [random.below(3) as usize],
            secret: (0..1 + random.below(200))
                .map(|_| random.next() as u8)
                .collect(),
            totp: Totp::new(digits, period),
            unix: random.time(),
            window: random.below(4),
            drift: random.below(9).cast_signed() - 4,
        }
    }

    fn key(&self) -> Key {
        Key::new(self.algorithm, &self.secret)
    }

    /// The code that the device shows, at an end of the steps that of the last one.
    fn shown(&self) -> Code {
        let now = self.totp.step(self.unix);
        let step = now.saturating_add_signed(self.drift);
        self.totp.at_step(&self.key(), step)
    }

    fn find(&self, code: &Code) -> Option<Accepted> {
        let window = Window::symmetric(self.window);
        self.totp.verify(&self.key(), self.unix, window, code)
    }

    fn line(&self) -> String {
        let secret = self.secret.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let (algorithm, unix, window) = (self.algorithm, self.unix, self.window);
        let (digits, period) = (self.totp.digits(), self.totp.period());
        let shown = self.shown();
        let code = shown.as_str();
        format!("{algorithm}\t{secret}\t{digits}\t{period}\t{unix}\t{window}\t{code}")
    }

    /// Compares with what the peer says.
    fn check(&self, answer: &str) {
        let line = self.line();
        let (own, found) = answer.split_once('\t').unwrap();
        let code = self.totp.generate(&self.key(), self.unix);
        assert_eq!(code.as_str(), own, "the code of {line}");

        let accepted = self.find(&self.shown());
        let drift = accepted.map_or("-".to_owned(), |accepted| accepted.drift.to_string());
        assert_eq!(drift, found, "the drift of {line}");

        let accepted = self.find(&Code::parse(own).unwrap()).unwrap();
        let expected = (self.totp.step(self.unix), 0);
        assert_eq!(
            (accepted.step, accepted.drift),
            expected,
            "the peer's code of {line}"
        );
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Numbers of every length equally often.
    fn sized(&mut self) -> u64 {
        let shift = self.below(64);
        self.next() >> shift
    }

    /// Half of them in our days, the others anywhere, at both ends more often.
    fn time(&mut self) -> u64 {
        match self.below(8) {
            0..4 => 1_000_000_000 + self.below(4_000_000_000),
            4 => self.below(1000),
            5 => u64::MAX - self.below(1000),
            _ => self.sized(),
        }
    }
}

#[test]
fn python_agrees() {
    let full = env::var("OATHKIT_CAMPAIGN").is_ok_and(|size| size == "full");
    let number = |name| {
        env::var(name)
            .ok()
            .map(|text: String| text.parse().unwrap())
    };
    let (seed, count) = (
        number("OATHKIT_SEED").unwrap_or(1),
        if full { 100_000 } else { 2_000 },
    );
    let mut random = Random(seed);
    let cases: Vec<Case> = (0..count).map(|_| Case::random(&mut random)).collect();
    let answers = match ask_python(&cases) {
        Ok(answers) => answers,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !full => {
            println!("not compared: this machine has no python3");
            return;
        }
        Err(error) => panic!("python3 cannot be started ({error}): install Python 3.7 or newer"),
    };
    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!(answers.len(), cases.len(), "an answer for each case");
    for (case, answer) in cases.iter().zip(&answers) {
        case.check(answer);
    }
    let found = answers
        .iter()
        .filter(|answer| !answer.ends_with('-'))
        .count();
    println!(
        "seed {seed}: {count} codes agree; {found} were found in their window by both, the others by neither"
    );
    assert!(
        found > count / 4 && found < count * 3 / 4,
        "{found} of {count}"
    );
}

/// One process for all cases.
fn ask_python(cases: &[Case]) -> io::Result<String> {
    let mut python = Command::new("python3")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdin = python.stdin.take().unwrap();
    let lines: String = cases.iter().map(|case| case.line() + "\n").collect();
    // Both pipes are shorter than what goes through them.
    let writer = thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = python.wait_with_output()?;
    assert!(
        output.status.success(),
        "the script failed: {}",
        output.status
    );
    writer.join().unwrap()?;
    Ok(String::from_utf8(output.stdout).unwrap())
}
