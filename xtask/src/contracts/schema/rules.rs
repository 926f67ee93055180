//! The keywords that say what a value must be, one by one.

use std::slice;

use regex::Regex;
use serde_json::Value;

/// Read by the walk over the schemas, or saying nothing about what may be sent.
#[rustfmt::skip]
const ELSEWHERE: &[&str] = &[
    "$ref", "additionalProperties", "allOf", "anyOf", "default", "deprecated", "description",
    "discriminator", "example", "examples", "format", "items", "nullable", "oneOf", "properties",
    "title", "writeOnly",
];

/// The rules of one schema that the value breaks.
pub(super) fn broken(schema: &Value, value: &Value) -> Vec<String> {
    if value.is_null() && schema["nullable"] == true {
        return Vec::new();
    }
    let rules = schema.as_object().into_iter().flatten();
    rules
        .filter_map(|(keyword, rule)| objection(keyword, rule, value))
        .collect()
}

fn objection(keyword: &str, rule: &Value, value: &Value) -> Option<String> {
    let one = slice::from_ref(rule);
    let several = rule.as_array().map_or(one, Vec::as_slice);
    let size = size(keyword, value);
    let fits = match keyword {
        "type" => several.iter().any(|kind| is_a(kind, value)),
        "const" => rule == value,
        "enum" => several.contains(value),
        "pattern" => value.as_str().is_none_or(|text| matches(rule, text)),
        "readOnly" => rule == false,
        "required" => !value.is_object() || several.iter().all(|name| has(value, name)),
        "minimum" | "minLength" | "minItems" | "minProperties" => {
            size.is_none_or(|size| rule.as_f64() <= Some(size))
        }
        "maximum" | "maxLength" | "maxItems" | "maxProperties" => {
            size.is_none_or(|size| rule.as_f64() >= Some(size))
        }
        _ if ELSEWHERE.contains(&keyword) || keyword.starts_with("x-") => true,
        _ => return Some(format!("`{keyword}` is beyond this check")),
    };
    (!fits).then(|| format!("against `{keyword}`: {rule}"))
}

fn is_a(kind: &Value, value: &Value) -> bool {
    let own = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    kind == own || (own == "integer" && kind == "number")
}

fn matches(pattern: &Value, text: &str) -> bool {
    let pattern = pattern
        .as_str()
        .and_then(|pattern| Regex::new(pattern).ok());
    pattern.is_some_and(|pattern| pattern.is_match(text))
}

fn has(object: &Value, name: &Value) -> bool {
    name.as_str().is_some_and(|name| object.get(name).is_some())
}

/// What a keyword `min…` or `max…` measures; `None` for a value of another type.
fn size(keyword: &str, value: &Value) -> Option<f64> {
    let count = match keyword.get(3..)? {
        "Length" => value.as_str()?.chars().count(),
        "Items" => value.as_array()?.len(),
        "Properties" => value.as_object()?.len(),
        _ => return value.as_f64(),
    };
    u32::try_from(count).ok().map(f64::from)
}
