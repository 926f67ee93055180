//! The body `oath_csv` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oathkit_fuzz::oath_csv(data));
