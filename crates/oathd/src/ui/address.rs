//! Addresses within this server: segments and parameters, escaped.

use std::fmt;

use data_encoding::HEXUPPER;

/// An address of this server: what is shown is in it, so that it can be kept and sent to others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    path: String,
    parameters: Vec<(String, String)>,
}

impl Address {
    /// The address of these segments; of none it is the home page.
    pub(crate) fn of<'s>(segments: impl IntoIterator<Item = &'s str>) -> Self {
        let path = segments.into_iter().fold(String::new(), |path, segment| {
            format!("{path}/{}", escaped(segment))
        });
        Self {
            path: if path.is_empty() { "/".into() } else { path },
            parameters: Vec::new(),
        }
    }

    /// With this parameter, instead of one of the same name. An empty value takes it away.
    pub(crate) fn with(self, name: &str, value: impl Into<String>) -> Self {
        let mut address = self.without(name);
        let value = value.into();
        if !value.is_empty() {
            address.parameters.push((name.to_owned(), value));
        }
        address
    }

    /// Without this parameter.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(there, _)| there != name);
        self
    }

    /// The value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        let (_, value) = parameters.find(|(there, _)| there == name)?;
        Some(value)
    }

    /// The parameters, in their order.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let parameters = self.parameters.iter();
        parameters.map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        let parameters = self.parameters.iter();
        parameters.enumerate().try_for_each(|(at, (name, value))| {
            let sign = if at == 0 { '?' } else { '&' };
            write!(f, "{sign}{}={}", escaped(name), escaped(value))
        })
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

/// Everything but what RFC 3986 calls unreserved is escaped. A segment of dots alone would be taken for
/// a way up, and is escaped too.
fn escaped(text: &str) -> String {
    let dots = matches!(text, "." | "..");
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_~".contains(&byte);
        if plain || (byte == b'.' && !dots) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            escaped.push_str(&HEXUPPER.encode(&[byte]));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_and_values_are_escaped() {
        let address = Address::of(["tokens", "a/b ?é"]).with("holder", "a&b=c#d");
        assert_eq!(
            address.to_string(),
            "/tokens/a%2Fb%20%3F%C3%A9?holder=a%26b%3Dc%23d"
        );
        assert_eq!(Address::of([]).to_string(), "/");
        assert_eq!(Address::of(["//evil"]).to_string(), "/%2F%2Fevil");
    }

    #[test]
    fn a_parameter_is_there_once_and_goes_when_it_is_empty() {
        let address = Address::of(["inventory"]).with("sort", "serial");
        let turned = address.with("state", "assigned").with("sort", "-serial");
        assert_eq!(turned.get("sort"), Some("-serial"));
        let without = turned.with("sort", "");
        assert_eq!(without.to_string(), "/inventory?state=assigned");
    }
}
