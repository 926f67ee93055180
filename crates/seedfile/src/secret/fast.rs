//! The common case of Base32: whole groups of eight symbols, nothing odd about them.

/// A symbol that only Base32 has.
const NOT_HEX: u8 = 0x40;
/// Not a symbol.
const NONE: u8 = 0x80;

const SYMBOLS: [u8; 256] = symbols();

const fn symbols() -> [u8; 256] {
    let mut table = [NONE; 256];
    let mut byte = 0_u8;
    loop {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => NONE,
        };
        let flag = if value == NONE || byte.is_ascii_hexdigit() {
            0
        } else {
            NOT_HEX
        };
        #[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
        {
            table[byte as usize] = value | flag;
        }
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}

/// Decodes what is certainly Base32, upper or lower case and without padding. `false` if there is
/// anything to look at more closely; `bytes` is then of no use.
pub(super) fn base32(text: &[u8], bytes: &mut Vec<u8>) -> bool {
    let (groups, rest) = text.as_chunks::<8>();
    let mut seen = 0;
    bytes.resize(groups.len() * 5, 0);
    let (fives, _) = bytes.as_chunks_mut::<5>();
    for (five, group) in fives.iter_mut().zip(groups) {
        let [_, _, _, decoded @ ..] = pack(group, &mut seen).to_be_bytes();
        *five = decoded;
    }
    tail(rest, &mut seen, bytes) && seen & NONE == 0 && seen & NOT_HEX != 0
}

fn pack(symbols: &[u8], seen: &mut u8) -> u64 {
    symbols.iter().fold(0, |bits, &byte| {
        let symbol = SYMBOLS.get(usize::from(byte)).copied().unwrap_or(NONE);
        *seen |= symbol;
        bits << 5 | u64::from(symbol & 0x1F)
    })
}

/// The last symbols, fewer than eight. Their spare bits must be zero.
fn tail(rest: &[u8], seen: &mut u8, bytes: &mut Vec<u8>) -> bool {
    let whole = match rest.len() {
        0 => return true,
        2 => 1,
        4 => 2,
        5 => 3,
        7 => 4,
        _ => return false,
    };
    let spare = rest.len() * 5 - whole * 8;
    let bits = pack(rest, seen);
    if bits & ((1 << spare) - 1) != 0 {
        return false;
    }
    let all = (bits >> spare).to_be_bytes();
    bytes.extend_from_slice(all.get(8 - whole..).unwrap_or_default());
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Certainty, Oddities, base32 as slow};
    use super::*;

    proptest! {
        #[test]
        fn the_quick_way_and_the_careful_one_agree(text in "[A-Za-f2-7]{0,70}|[A-F2-7=1é-]{0,40}") {
            let mut quick = Vec::new();
            let mut careful = Vec::new();
            let certain = base32(text.as_bytes(), &mut quick);
            let read = slow(&text, Certainty::Format, &mut careful);
            if certain {
                prop_assert_eq!(read, Ok(Oddities::default()));
                prop_assert_eq!(quick, careful);
            } else if read == Ok(Oddities::default()) {
                // Short keys that could be hexadecimal, and padded ones, take the careful way.
                prop_assert!(text.contains('=') || text.bytes().all(|b| b.is_ascii_hexdigit()));
            }
        }
    }
}
