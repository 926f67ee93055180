//! The body `base32` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oathkit_fuzz::base32(data));
