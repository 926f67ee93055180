//! Which token shows this code?

use oath_core::{Accepted, Code, Key, Period, Totp, Window, false_match_probability};

use crate::record::TokenRecord;

/// What somebody reads from a token.
///
/// `Debug` does not show the digits.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'c> {
    /// The code that the token shows at the time `unix`.
    pub code: &'c Code,
    /// The code that it showed right before, if that was read, too.
    pub before: Option<&'c Code>,
    /// When `code` was read, in Unix seconds.
    pub unix: u64,
}

/// The tokens that show some codes.
#[derive(Debug)]
pub struct Found<'t> {
    /// The tokens that match, those with the smallest drift first.
    pub matches: Vec<Match<'t>>,
    /// How many tokens were tried: those whose codes have this length.
    pub searched: usize,
    /// How many of these match by chance on average, apart from the one that is looked for: the sum
    /// of their [`false_match_probability`].
    pub expected_by_chance: f64,
}

/// A token that shows the codes.
#[derive(Clone, Copy, Debug)]
pub struct Match<'t> {
    /// The token.
    pub token: &'t TokenRecord,
    /// How its codes follow the time.
    pub totp: Totp,
    /// Where in the window it shows [`Shown::code`].
    pub accepted: Accepted,
}

/// Finds the tokens that show what was read: each of them is tried in the `window` for its period.
///
/// A single code says little among many tokens: ten thousand of them, three time steps and six
/// digits give 0.03 wrong matches on average, 21 steps 0.2. Two codes in sequence settle it.
///
/// ```
/// use seedfile::{ReadOptions, Shown, find, oath_core::{Code, Window}};
///
/// let file = b"upn,serial number,secret key,timeinterval,manufacturer,model
/// ann@example.com,60234567,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,C202
/// bob@example.com,60234568,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C202
/// ";
/// let file = seedfile::read(file, &ReadOptions::default())?;
/// let code = Code::parse("005924")?;
/// let shown = Shown { code: &code, before: None, unix: 1_234_567_890 };
///
/// let found = find(&file.tokens, shown, |period| Window::lasting(60, period));
/// assert_eq!(found.matches.len(), 1);
/// assert_eq!(found.matches[0].token.serial.as_str(), "60234567");
/// assert_eq!(found.matches[0].accepted.drift, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn find<'t>(
    tokens: &'t [TokenRecord],
    shown: Shown<'_>,
    window: impl Fn(Period) -> Window,
) -> Found<'t> {
    let codes = if shown.before.is_some() { 2 } else { 1 };
    let mut found = Found {
        matches: Vec::new(),
        searched: 0,
        expected_by_chance: 0.0,
    };
    for token in tokens {
        // What a token that counts events shows next is no matter of time.
        let Some(period) = token.period() else {
            continue;
        };
        let totp = Totp::new(token.digits, period);
        if totp.digits() != shown.code.digits() {
            continue;
        }
        let window = window(totp.period());
        found.searched += 1;
        found.expected_by_chance += false_match_probability(totp.digits(), codes, window.size());
        if let Some(accepted) = accepted(token, totp, shown, window) {
            found.matches.push(Match {
                token,
                totp,
                accepted,
            });
        }
    }
    let matches = &mut found.matches;
    matches.sort_by_key(|found| found.accepted.drift.unsigned_abs());
    found
}

fn accepted(token: &TokenRecord, totp: Totp, shown: Shown<'_>, window: Window) -> Option<Accepted> {
    let key = Key::new(token.algorithm, token.seed.expose());
    match shown.before {
        Some(before) => totp.resynchronize(&key, shown.unix, window, before, shown.code),
        None => totp.verify(&key, shown.unix, window, shown.code),
    }
}
