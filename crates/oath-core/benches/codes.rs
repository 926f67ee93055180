//! Time per code beside totp-rs, which prepares the key anew for every code.
//!
//! Both stand on the same hash crates in the same build, so the peer's states are wiped as well.

#![allow(missing_docs, reason = "criterion's macros make public items")]
#![allow(
    clippy::unwrap_used,
    reason = "a bench may stop at anything unexpected"
)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use oath_core::{Algorithm, Code, Digits, Key, Period, Totp, Window};

const NOW: u64 = 1_234_567_890;
const SKEW: u16 = 10;
const TOTP: Totp = Totp::new(Digits::SIX, Period::THIRTY);

/// The same algorithm in both.
const CASES: [(Algorithm, totp_rs::Algorithm); 2] = [
    (Algorithm::Sha1, totp_rs::Algorithm::SHA1),
    (Algorithm::Sha256, totp_rs::Algorithm::SHA256),
];
const SECRET: [u8; 32] = *b"12345678901234567890123456789012";
/// In no window, as `verify` asserts.
const WRONG: &str = "000000";

fn peer(algorithm: totp_rs::Algorithm) -> totp_rs::Totp {
    totp_rs::Builder::new()
        .with_algorithm(algorithm)
        .with_secret(SECRET.to_vec())
        .with_skew(SKEW)
        .build()
        .unwrap()
}

/// One code of a key seen for the first time.
fn fresh(c: &mut Criterion) {
    let mut group = c.benchmark_group("fresh key");
    for (ours, theirs) in CASES {
        group.bench_function(BenchmarkId::new("oath-core", ours), |b| {
            b.iter(|| TOTP.generate(&Key::new(ours, black_box(&SECRET)), black_box(NOW)));
        });
        group.bench_function(BenchmarkId::new("totp-rs", ours), |b| {
            b.iter(|| peer(black_box(theirs)).generate(black_box(NOW)));
        });
    }
}

/// One more code of a key in use.
fn cached(c: &mut Criterion) {
    let mut group = c.benchmark_group("cached key");
    for (ours, theirs) in CASES {
        let (key, peer) = (Key::new(ours, &SECRET), peer(theirs));
        group.bench_function(BenchmarkId::new("oath-core", ours), |b| {
            b.iter(|| TOTP.generate(black_box(&key), black_box(NOW)));
        });
        group.bench_function(BenchmarkId::new("totp-rs", ours), |b| {
            b.iter(|| black_box(&peer).generate(black_box(NOW)));
        });
    }
}

/// A wrong code, looked for in the whole window of 21 steps.
fn verify(c: &mut Criterion) {
    let mut group = c.benchmark_group("verify");
    let window = Window::symmetric(SKEW.into());
    let code = Code::parse(WRONG).unwrap();
    for (ours, theirs) in CASES {
        let (key, peer) = (Key::new(ours, &SECRET), peer(theirs));
        assert_eq!(TOTP.verify(&key, NOW, window, &code), None);
        assert_eq!(peer.check(WRONG, NOW), None);
        group.bench_function(BenchmarkId::new("oath-core", ours), |b| {
            b.iter(|| TOTP.verify(black_box(&key), black_box(NOW), window, &code));
        });
        group.bench_function(BenchmarkId::new("totp-rs", ours), |b| {
            b.iter(|| black_box(&peer).check(black_box(WRONG), black_box(NOW)));
        });
    }
}

criterion_group!(codes, fresh, cached, verify);
criterion_main!(codes);
