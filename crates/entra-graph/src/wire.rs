//! JSON as Graph writes it: requests into wiped buffers, answers into capped and tolerant shapes.

use std::fmt;
use std::io;
use std::marker::PhantomData;

use http::StatusCode;
use idp_http::{BadAnswer, Body, Response, printable};
use serde::de::{self, DeserializeOwned, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

/// How many items one answer may hold.
const MAX_ITEMS: usize = 10_000;

/// Writes a request body.
///
/// The length is measured first, so the one buffer never grows and leaves no copy of a seed behind;
/// [`Body`] wipes it when it is dropped.
pub(crate) fn encode(value: &impl Serialize) -> Body {
    Body::from(write(value))
}

fn write(value: &impl Serialize) -> Vec<u8> {
    let mut length = Length(0);
    let mut bytes = Vec::new();
    // Plain structures with text keys: serialising them cannot fail.
    if serde_json::to_writer(&mut length, value).is_ok() {
        bytes.reserve_exact(length.0);
        let _ = serde_json::to_writer(&mut bytes, value);
    }
    bytes
}

struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads an answer. The error names a place, never the content.
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, BadAnswer> {
    serde_json::from_slice(body).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Eof => "the JSON is cut off",
            serde_json::error::Category::Data => "the JSON has another shape",
            _ => "not JSON",
        };
        let (line, column) = (error.line(), error.column());
        BadAnswer::new(format!("{what} (line {line}, column {column})"))
    })
}

/// True for an answer without content.
pub(crate) fn is_blank(response: &Response) -> bool {
    response.status() == StatusCode::NO_CONTENT || response.body().trim_ascii().is_empty()
}

/// Reads the success of an operation that brings nothing: no content, or an object that tells of no
/// error. A page of a proxy or a sign-in wall is no success.
pub(crate) fn done(response: &Response) -> Result<(), BadAnswer> {
    #[derive(Deserialize)]
    struct Told {
        error: Option<IgnoredAny>,
    }
    if is_blank(response) {
        return Ok(());
    }
    match decode::<Told>(response.body())?.error {
        Some(_) => Err(BadAnswer::new("a success that tells of an error")),
        None => Ok(()),
    }
}

/// A collection: `value` and the link to the next page.
#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub(crate) struct Collection<T> {
    pub(crate) value: Items<T>,
    #[serde(rename = "@odata.nextLink", default)]
    pub(crate) next: Option<String>,
}

/// A list that stops reading at [`MAX_ITEMS`]: eight megabytes of `{}` would fill a gigabyte.
pub(crate) struct Items<T>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_seq(ItemsVisitor(PhantomData))
            .map(Self)
    }
}

struct ItemsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ItemsVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX_ITEMS} items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            if items.len() == MAX_ITEMS {
                return Err(de::Error::invalid_length(MAX_ITEMS + 1, &self));
            }
            items.push(item);
        }
        Ok(items)
    }
}

/// Reads a whole number, also one written as text; for use with `deserialize_with`.
///
/// What is no number of 32 bits counts as absent.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    deserializer.deserialize_any(NumberVisitor)
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Option<u32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a number as text")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Option<u32>, E> {
        Ok(None)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Option<u32>, E> {
        Ok(u32::try_from(value).ok())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Option<u32>, E> {
        Ok(u32::try_from(value).ok())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Option<u32>, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Option<u32>, E> {
        Ok(value.trim().parse().ok())
    }
}

/// The first line of a message from outside, [`printable`].
pub(crate) fn first_line(text: &str) -> String {
    printable(text.trim().lines().next().unwrap_or_default().trim())
}

/// [`printable`] text of a property, where there is one.
pub(crate) fn text(text: Option<&str>) -> Option<String> {
    text.map(printable)
}

/// A text literal of an OData expression, quotes doubled.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// `property in ('a','b')`.
pub(crate) fn one_of<'a>(property: &str, values: impl Iterator<Item = &'a str>) -> String {
    let values: Vec<String> = values.map(literal).collect();
    format!("{property} in ({})", values.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Deserialize)]
    struct Period {
        #[serde(default, deserialize_with = "number")]
        value: Option<u32>,
    }

    #[test]
    fn numbers_are_read_in_every_spelling() {
        let read = |json: &str| decode::<Period>(json.as_bytes()).map(|p| p.value);
        for json in [r#"{"value":30}"#, r#"{"value":"30"}"#, r#"{"value":30.0}"#] {
            assert_eq!(read(json), Ok(Some(30)), "{json}");
        }
        for json in [
            "{}",
            r#"{"value":null}"#,
            r#"{"value":-1}"#,
            r#"{"value":"PT30S"}"#,
            r#"{"value":4294967296}"#,
        ] {
            assert_eq!(read(json), Ok(None), "{json}");
        }
        assert!(read(r#"{"value":[30]}"#).is_err());
    }

    #[test]
    fn a_long_list_is_refused_before_it_fills_the_memory() {
        let list = |n: usize| format!(r#"{{"value":[{}]}}"#, vec!["1"; n].join(","));
        assert!(decode::<Collection<u32>>(list(MAX_ITEMS).as_bytes()).is_ok());
        assert!(decode::<Collection<u32>>(list(MAX_ITEMS + 1).as_bytes()).is_err());
    }

    #[test]
    fn an_error_never_quotes_the_answer() {
        let error = decode::<Period>(br#"{"value":{"JBSWY3DP":1}}"#).err();
        assert!(!format!("{error:?}").contains("JBSWY3DP"));
    }

    #[test]
    fn a_body_is_written_into_one_buffer_of_the_right_size() {
        for text in ["", "\u{1}\"ä", &"\u{1}ä".repeat(999)] {
            let value = serde_json::json!({"a": text});
            let bytes = write(&value);
            assert_eq!(bytes, value.to_string().into_bytes());
            // A buffer that had grown would have room to spare: growing doubles it.
            assert_eq!(bytes.capacity(), bytes.len());
            assert_eq!(encode(&value).as_ref(), bytes);
        }
        let escaped = write(&serde_json::json!({"a": "\u{1}\"ä"}));
        assert_eq!(escaped, r#"{"a":"\u0001\"ä"}"#.as_bytes());
    }

    proptest! {
        /// A reader of OData literals: quotes come in pairs until the closing one.
        #[test]
        fn any_text_is_one_literal(text in "\\PC{0,40}") {
            let written = literal(&text);
            let inner = &written[1..written.len() - 1];
            prop_assert!(!inner.replace("''", "").contains('\''));
            prop_assert_eq!(inner.replace("''", "'"), text);
        }
    }
}
