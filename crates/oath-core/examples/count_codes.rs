//! Repeats one operation for a tool that counts instructions, see `cargo xtask counts`.
//!
//! Without arguments it lists the operations and how often to repeat each; `count_codes NAME N`
//! repeats one of them.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measuring program stops at anything unexpected"
)]

use std::hint::black_box;

use oath_core::{Algorithm, Code, Digits, Key, Period, Totp, Window};

type Operation = (&'static str, u32, fn(u32));

const OPERATIONS: &[Operation] = &[
    ("fresh-key-sha1", 1000, |n| fresh(Algorithm::Sha1, n)),
    ("fresh-key-sha256", 1000, |n| fresh(Algorithm::Sha256, n)),
    ("fresh-key-sha512", 1000, |n| fresh(Algorithm::Sha512, n)),
    ("kept-key-sha1", 1000, |n| kept(Algorithm::Sha1, n)),
    ("kept-key-sha256", 1000, |n| kept(Algorithm::Sha256, n)),
    ("kept-key-sha512", 1000, |n| kept(Algorithm::Sha512, n)),
    ("window-21-sha1", 100, window),
    ("totp-rs-fresh-key-sha1", 1000, peer_fresh),
    ("totp-rs-kept-key-sha1", 1000, peer_kept),
    ("totp-rs-window-21-sha1", 100, peer_window),
];

const NOW: u64 = 1_234_567_890;
const SECRET: [u8; 20] = *b"12345678901234567890";
const TOTP: Totp = Totp::new(Digits::SIX, Period::THIRTY);
/// In no window, as `window` asserts.
const WRONG: &str = "000000";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, count)) = args.first().zip(args.get(1)) else {
        for (name, count, _) in OPERATIONS {
            println!("{name}\t{count}");
        }
        return;
    };
    let (.., repeat) = OPERATIONS.iter().find(|(of, ..)| of == name).unwrap();
    repeat(count.parse().unwrap());
}

fn fresh(algorithm: Algorithm, count: u32) {
    for _ in 0..count {
        let key = Key::new(algorithm, black_box(&SECRET));
        black_box(TOTP.generate(&key, black_box(NOW)));
    }
}

fn kept(algorithm: Algorithm, count: u32) {
    let key = Key::new(algorithm, &SECRET);
    for _ in 0..count {
        black_box(TOTP.generate(black_box(&key), black_box(NOW)));
    }
}

fn window(count: u32) {
    let (key, code) = (
        Key::new(Algorithm::Sha1, &SECRET),
        Code::parse(WRONG).unwrap(),
    );
    for _ in 0..count {
        let found = TOTP.verify(
            black_box(&key),
            black_box(NOW),
            Window::symmetric(10),
            &code,
        );
        assert_eq!(found, None);
    }
}

fn peer() -> totp_rs::Totp {
    totp_rs::Builder::new()
        .with_algorithm(totp_rs::Algorithm::SHA1)
        .with_secret(black_box(&SECRET).to_vec())
        .with_skew(10)
        .build()
        .unwrap()
}

fn peer_fresh(count: u32) {
    for _ in 0..count {
        black_box(peer().generate(black_box(NOW)));
    }
}

fn peer_kept(count: u32) {
    let peer = peer();
    for _ in 0..count {
        black_box(black_box(&peer).generate(black_box(NOW)));
    }
}

fn peer_window(count: u32) {
    let peer = peer();
    for _ in 0..count {
        assert_eq!(
            black_box(&peer).check(black_box(WRONG), black_box(NOW)),
            None
        );
    }
}
