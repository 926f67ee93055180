//! The names by which a file says who holds a token.

/// User principal names are shorter (RFC 5321 allows 320 for an address).
pub(crate) const MAX_CHARS: usize = 320;

/// Whether a text can name a user: a name with one `@` and no character that would break a line or a
/// page, or the object id of a directory. Before the `@` stands what a login of Okta may have, too.
pub(crate) fn is_name(text: &str) -> bool {
    is_object_id(text) || is_principal_name(text)
}

fn is_principal_name(text: &str) -> bool {
    if text
        .bytes()
        .fold(true, |plain, byte| plain & is_plain(byte))
    {
        let mut ats = memchr::memchr_iter(b'@', text.as_bytes());
        return matches!((ats.next(), ats.next()), (Some(at), None) if at > 0 && at + 1 < text.len());
    }
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_in_login = |c: char| matches!(c, '/' | '\\' | '"' | '?');
    !local.is_empty()
        && !domain.is_empty()
        && !domain.contains('@')
        && !domain.contains(is_forbidden)
        && !local.contains(|c| is_forbidden(c) && !is_in_login(c))
}

/// What nearly all names are made of. Says quickly what the tests below say, too.
fn is_plain(byte: u8) -> bool {
    PLAIN.get(usize::from(byte)).copied().unwrap_or(false)
}

const PLAIN: [bool; 256] = plain();

const fn plain() -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        #[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
        {
            table[byte as usize] = !matches!(byte, b'/' | b'\\' | b'"' | b'<' | b'>' | b'?');
        }
        byte += 1;
    }
    table
}

fn is_forbidden(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '/' | '\\' | '"' | '<' | '>' | '?')
        || is_invisible(character)
}

/// Marks that are not seen but make two names differ.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

/// A GUID in its usual form, `8-4-4-4-12` hexadecimal digits.
pub(crate) fn is_object_id(text: &str) -> bool {
    if text.len() != 36 {
        return false;
    }
    // With this length there is no sixth.
    let mut groups = text.split('-');
    [8, 4, 4, 4, 12].iter().all(|&length| {
        groups.next().is_some_and(|group| {
            group.len() == length && group.bytes().all(|b| b.is_ascii_hexdigit())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_object_ids() {
        for good in [
            "ann@example.com",
            "jane_fabrikam.com#EXT#@contoso.onmicrosoft.com",
            "user+tag@example.com",
            "o'brien@example.com",
            "zoë@example.com",
            "a/b@example.com",
            "a?b\"c\\d@example.com",
            "0cadbf92-0000-0000-0000-000000000000",
        ] {
            assert!(is_name(good), "{good}");
        }
        for bad in [
            "user2",
            "../../directory",
            "x' or startswith(userPrincipalName,'a",
            "a@b@c",
            "@example.com",
            "ann@",
            "a b@example.com",
            "a@example.com?x",
            "a@example.com/x",
            "<a@example.com>",
            "a\u{200b}@example.com",
            "a\u{ad}@example.com",
            "a\u{61c}@example.com",
            "a\u{2066}@example.com",
            "a\u{2069}@example.com",
            "0cadbf92-0000-0000-0000-00000000000",
            "0cadbf92-0000-0000-0000-00000000000g",
            "0cadbf9-00000-0000-0000-000000000000",
            "0cadbf92-0000-0000-0000-0000-0000000",
            "",
        ] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
