//! The body `pskc` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oathkit_fuzz::pskc(data));
