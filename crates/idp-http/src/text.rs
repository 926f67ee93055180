//! Text from a service, made fit for a terminal, a log and a report.

/// The longest text that is taken over from an answer, in characters.
const LONGEST: usize = 500;

/// Text that a service sent, without what could act on the place where people read it.
///
/// Control characters (C0, DEL, C1: terminal escapes, line breaks), the other line separators and
/// the characters that turn the direction of writing become U+FFFD. A text of more than 500
/// characters is cut and ends with `…`.
///
/// Whatever is changed stays different from the original: compared with a name that was asked for,
/// it does not match.
///
/// ```
/// use idp_http::printable;
/// assert_eq!(printable("Zoë \u{1b}[2Jowner"), "Zoë \u{fffd}[2Jowner");
/// ```
#[must_use]
pub fn printable(text: &str) -> String {
    let mut rest = text.chars();
    let mut clean: String = rest.by_ref().take(LONGEST).map(plain).collect();
    if rest.next().is_some() {
        clean.pop();
        clean.push('…');
    }
    clean
}

fn plain(c: char) -> char {
    let acts = c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if acts { char::REPLACEMENT_CHARACTER } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_acts_is_replaced() {
        for (text, clean) in [
            ("", ""),
            ("Zoë O'Brien 東京 🔑", "Zoë O'Brien 東京 🔑"),
            ("\u{1b}[31mred", "\u{fffd}[31mred"),
            ("\u{9b}31mred", "\u{fffd}31mred"),
            (
                "a\nb\r\nc\td\0e\u{7f}",
                "a\u{fffd}b\u{fffd}\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}",
            ),
            ("a\u{2028}b\u{2029}c\u{85}", "a\u{fffd}b\u{fffd}c\u{fffd}"),
            ("\u{202e}gpj.exe\u{202c}", "\u{fffd}gpj.exe\u{fffd}"),
            ("\u{2066}x\u{2069}", "\u{fffd}x\u{fffd}"),
        ] {
            assert_eq!(printable(text), clean, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let longest = "ä".repeat(LONGEST);
        assert_eq!(printable(&longest), longest);
        let cut = printable(&"ä".repeat(LONGEST + 1));
        assert_eq!(cut.chars().count(), LONGEST);
        assert!(cut.ends_with("ä…"));
    }

    proptest! {
        #[test]
        fn what_is_printable_stays_as_it_is(text in "\\PC{0,60}") {
            let once = printable(&text);
            prop_assert!(!once.chars().any(char::is_control));
            prop_assert_eq!(printable(&once), once);
        }
    }
}
