//! Numbers that look random and are the same in every run: splitmix64.

/// A generator with one seed.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    /// `stream` separates generators that share a seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = Self(seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95));
        rng.next();
        rng
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// True in `rate` of the cases.
    pub(crate) fn chance(&mut self, rate: f64) -> bool {
        // 32 bits are exact in an f64.
        let drawn = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        f64::from(drawn) < rate * 4_294_967_296.0
    }

    /// A number below `end`, or 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    /// An identifier in the form of a random UUID (RFC 9562, version 4).
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        let high = high & !0xf000 | 0x4000;
        let low = low & !(0b11 << 62) | (0b10 << 62);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }

    /// `bytes` random bytes as base64url.
    pub(crate) fn text(&mut self, bytes: usize) -> String {
        let words = std::iter::repeat_with(|| self.next().to_be_bytes());
        let bytes: Vec<u8> = words.flatten().take(bytes).collect();
        data_encoding::BASE64URL_NOPAD.encode(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (mut one, mut two) = (Rng::new(7, 1), Rng::new(7, 1));
        assert_eq!(one.uuid(), two.uuid());
        assert_ne!(one.uuid(), Rng::new(7, 2).uuid());
    }

    #[test]
    fn an_identifier_has_the_form_of_a_version_4_uuid() {
        let id = Rng::new(1, 1).uuid();
        assert_eq!(id.len(), 36);
        assert_eq!(id.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&id.as_bytes()[19]));
    }

    #[test]
    fn a_rate_of_zero_never_and_of_one_always_happens() {
        let mut rng = Rng::new(1, 1);
        assert!((0..1000).all(|_| !rng.chance(0.0)));
        let hits = (0..1000).filter(|_| rng.chance(0.25)).count();
        assert!((200..300).contains(&hits));
        assert!((0..1000).all(|_| rng.chance(1.0)));
    }
}
