//! Tokens made of nothing.

use data_encoding::BASE32_NOPAD;
use oath_core::Algorithm;

/// A token with its seed.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) user: String,
    pub(crate) serial: String,
    pub(crate) seed: Vec<u8>,
    pub(crate) algorithm: Algorithm,
    pub(crate) period: u32,
}

impl Token {
    /// The token number `n` of a kind.
    pub(crate) fn new(n: u64, algorithm: Algorithm, period: u32) -> Self {
        let bytes = match algorithm {
            Algorithm::Sha1 => 20,
            _ => 32,
        };
        Self {
            user: format!("user{n:03}@example.com"),
            serial: format!("{}", 70_200_000 + n),
            seed: seed(n, bytes),
            algorithm,
            period,
        }
    }

    /// SHA-1, 30 s.
    pub(crate) fn plain(n: u64) -> Self {
        Self::new(n, Algorithm::Sha1, 30)
    }

    pub(crate) fn base32(&self) -> String {
        BASE32_NOPAD.encode(&self.seed)
    }

    /// Its line of a file.
    pub(crate) fn line(&self) -> String {
        let (user, serial, seed, period) = (&self.user, &self.serial, self.base32(), self.period);
        format!("{user},{serial},{seed},{period},Token2,C302-i\r\n")
    }
}

/// Tokens of all four kinds, in turn.
pub(crate) fn mixed(count: u64) -> Vec<Token> {
    let kind = |n: u64| match n % 4 {
        0 => (Algorithm::Sha1, 30),
        1 => (Algorithm::Sha256, 30),
        2 => (Algorithm::Sha1, 60),
        _ => (Algorithm::Sha256, 60),
    };
    let token = |n| {
        let (algorithm, period) = kind(n);
        Token::new(n, algorithm, period)
    };
    (0..count).map(token).collect()
}

/// Tokens of one kind.
pub(crate) fn plain(count: u64) -> Vec<Token> {
    (0..count).map(Token::plain).collect()
}

pub(crate) const HEADER: &str = "upn,serial number,secret key,timeinterval,manufacturer,model\r\n";

/// The file of these tokens.
pub(crate) fn csv(tokens: &[Token]) -> String {
    let lines: Vec<String> = tokens.iter().map(Token::line).collect();
    format!("{HEADER}{}", lines.concat())
}

/// Bytes that look like chance and are always the same.
pub(crate) fn seed(n: u64, bytes: usize) -> Vec<u8> {
    let mut state = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let next = std::iter::repeat_with(move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) as u8
    });
    next.take(bytes).collect()
}
