//! Bytes without any sense.

use oathkit_fuzz::BODIES;
use proptest::prelude::*;

proptest! {
    #![proptest_config(crate::everyday())]

    #[test]
    fn any_bytes(data in proptest::collection::vec(any::<u8>(), 0..300)) {
        for (_, body) in BODIES {
            body(&data);
        }
    }

    #[test]
    fn any_text(data in "[ -~\r\n\té\u{200b}]{0,200}") {
        for (_, body) in BODIES {
            body(data.as_bytes());
        }
    }

    #[test]
    fn any_secret_key(text in "[a-zA-Z2-7]{0,140}={0,8}|([A-Z2-7]{4}[ -]?){0,40}|[0-9a-fA-F]{0,80}") {
        oathkit_fuzz::base32(text.as_bytes());
    }

    #[test]
    fn any_utf16(text in "[ -~\r\né]{0,120}", big: bool) {
        let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        let marked = format!("\u{feff}{text}");
        let data: Vec<u8> = marked.encode_utf16().flat_map(bytes).collect();
        oathkit_fuzz::seed_file(&data);
    }
}
