//! Percent-encoding and query strings, read strictly.

/// Text that was percent-encoded; `None` where the encoding is broken or the bytes are not UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

/// The pairs of a query string or of a form. A `+` is a space, as servers read it.
pub(crate) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let parts = text.split('&').filter(|part| !part.is_empty());
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        Some((
            decode(&name.replace('+', " "))?,
            decode(&value.replace('+', " "))?,
        ))
    };
    parts.map(pair).collect()
}

/// Encodes everything but the unreserved characters (RFC 3986 section 2.3).
pub(crate) fn encode(text: &str) -> String {
    let piece = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(piece).collect()
}

/// The decoded segments of a path.
pub(crate) fn segments(path: &str) -> Option<Vec<String>> {
    path.trim_start_matches('/')
        .split('/')
        .map(decode)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_encoding_is_refused() {
        assert_eq!(decode("a%40b").as_deref(), Some("a@b"));
        assert_eq!(decode("%2"), None);
        assert_eq!(decode("%+1"), None);
        assert_eq!(decode("%ff"), None);
    }

    #[test]
    fn a_plus_in_a_query_is_a_space_and_in_a_path_is_itself() {
        let pairs = pairs("$filter=a+b%2Bc&x").unwrap();
        assert_eq!(
            pairs,
            [
                ("$filter".into(), "a b+c".into()),
                ("x".into(), String::new())
            ]
        );
        assert_eq!(segments("/users/a+b").unwrap(), ["users", "a+b"]);
    }

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        let text = "O'Brien + é #%";
        assert_eq!(decode(&encode(text)).as_deref(), Some(text));
    }
}
