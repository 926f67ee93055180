//! The body `seed_file` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oathkit_fuzz::seed_file(data));
