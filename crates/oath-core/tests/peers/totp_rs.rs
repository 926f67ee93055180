//! The same codes as totp-rs, an independent implementation of everything above HMAC.

use oath_core::{Algorithm, Code, Digits, Key, Period, Totp, Window};
use proptest::prelude::*;

const ALGORITHMS: &[(Algorithm, totp_rs::Algorithm)] = &[
    (Algorithm::Sha1, totp_rs::Algorithm::SHA1),
    (Algorithm::Sha256, totp_rs::Algorithm::SHA256),
    (Algorithm::Sha512, totp_rs::Algorithm::SHA512),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 8 } else { 2_000 }))]

    #[test]
    fn totp_rs_agrees(
        secret in prop::collection::vec(any::<u8>(), 0..200),
        (ours, theirs) in prop::sample::select(ALGORITHMS),
        digits in 6..=8_u8,
        period in 1..=u32::MAX,
        unix in any::<u64>(),
    ) {
        let peer = totp_rs::Builder::new()
            .with_algorithm(theirs)
            .with_secret(secret.clone())
            .with_digits(digits)
            .with_step_duration(period.into())
            .build_noncompliant();
        let expected = peer.generate(unix).to_string();

        let key = Key::new(ours, &secret);
        let totp = Totp::new(Digits::new(digits).unwrap(), Period::new(period).unwrap());
        let code = totp.generate(&key, unix);
        prop_assert_eq!(code.as_str(), &expected);

        let typed = Code::parse(&expected).unwrap();
        prop_assert_eq!(typed.digits(), totp.digits());
        prop_assert!(totp.verify(&key, unix, Window::NONE, &typed).is_some());
    }
}
