//! The body `otpauth` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oathkit_fuzz::otpauth(data));
