//! A form for a token endpoint (RFC 6749 appendix B).

use std::fmt;

use zeroize::Zeroizing;

use crate::Body;

/// A form for a token endpoint (RFC 6749 appendix B): names and values in order.
///
/// The values are wiped when it is dropped, and those that are secret are known as such. `Debug`
/// shows the names only.
#[derive(Default)]
pub struct Form(Vec<Field>);

struct Field {
    name: &'static str,
    value: Zeroizing<String>,
    secret: bool,
}

impl Form {
    /// An empty form.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value that anybody may read.
    #[must_use]
    pub fn with(self, name: &'static str, value: &str) -> Self {
        self.add(name, value, false)
    }

    /// Adds a value that must not come back in a message.
    #[must_use]
    pub fn secret(self, name: &'static str, value: &str) -> Self {
        self.add(name, value, true)
    }

    fn add(mut self, name: &'static str, value: &str, secret: bool) -> Self {
        let value = Zeroizing::new(value.to_owned());
        self.0.push(Field {
            name,
            value,
            secret,
        });
        self
    }

    /// `name=value&…`, escaped, in one buffer that is large enough from the start.
    #[must_use]
    pub fn body(&self) -> Body {
        let longest = |field: &Field| field.name.len() + 3 * field.value.len() + 2;
        let mut bytes: Vec<u8> = Vec::with_capacity(self.0.iter().map(longest).sum());
        for field in &self.0 {
            if !bytes.is_empty() {
                bytes.push(b'&');
            }
            bytes.extend_from_slice(field.name.as_bytes());
            bytes.push(b'=');
            field
                .value
                .bytes()
                .for_each(|byte| escape(byte, &mut bytes));
        }
        Body::from(bytes)
    }

    /// `text` without the secrets of this form.
    #[must_use]
    pub fn conceal(&self, text: &str) -> String {
        let secrets = self.0.iter().filter(|field| field.secret);
        let secrets = secrets.filter(|field| !field.value.is_empty());
        secrets.fold(text.to_owned(), |text, field| {
            text.replace(field.value.as_str(), "[redacted]")
        })
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|field| field.name);
        f.debug_list().entries(names).finish()
    }
}

fn escape(byte: u8, into: &mut Vec<u8>) {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        into.push(byte);
        return;
    }
    let digit = |half: u8| {
        if half < 10 {
            b'0' + half
        } else {
            b'A' + half - 10
        }
    };
    into.extend([b'%', digit(byte >> 4), digit(byte & 15)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_escaped() {
        let body = Form::new().with("a", "x y&z=ä+%").with("b", "-._~").body();
        assert_eq!(body.as_ref(), b"a=x%20y%26z%3D%C3%A4%2B%25&b=-._~");
    }

    #[test]
    fn only_secrets_are_concealed() {
        let form = Form::new()
            .with("a", "one")
            .secret("b", "two")
            .secret("c", "");
        assert_eq!(form.conceal("one two three"), "one [redacted] three");
        assert_eq!(format!("{form:?}"), r#"["a", "b", "c"]"#);
    }
}
