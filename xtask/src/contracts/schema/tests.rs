use serde_json::Value;

use super::problems;

/// `Base` and its branch `One`.
const ROOT: &str = "
Base:
  properties: {kind: {type: string}, profile: {type: object}}
  discriminator: {propertyName: kind, mapping: {one: '#/One'}}
One:
  allOf:
  - {$ref: '#/Base'}
  - properties: {profile: {properties: {secret: {type: string}}}}
";

#[track_caller]
fn says(schema: &str, value: &str, expected: &[&str]) {
    let read = |yaml| serde_saphyr::from_str::<Value>(yaml).unwrap();
    let found = problems(&read(ROOT), &read(schema), &read(value), "b");
    assert_eq!(found, expected, "{schema} {value}");
}

#[track_caller]
fn fits(schema: &str, value: &str) {
    says(schema, value, &[]);
}

#[test]
fn types() {
    fits("{type: [string, 'null']}", "null");
    fits("{type: string, nullable: true, enum: [a]}", "null");
    fits("{type: number}", "1");
    says("{type: string}", "1", &["b: against `type`: \"string\""]);
    says(
        "{type: integer}",
        "1.5",
        &["b: against `type`: \"integer\""],
    );
    says(
        "{type: [string]}",
        "null",
        &["b: against `type`: [\"string\"]"],
    );
}

#[test]
fn values_and_sizes() {
    fits("{pattern: '^[0-9]{6}$', format: x, x-more: 1}", "'012345'");
    fits("{minLength: 2, minItems: 9, maximum: 1}", "äö");
    says(
        "{const: '#$delta'}",
        "delta",
        &["b: against `const`: \"#$delta\""],
    );
    says("{enum: [30, 60]}", "45", &["b: against `enum`: [30,60]"]);
    says(
        "{pattern: '^[0-9]$'}",
        "'12'",
        &["b: against `pattern`: \"^[0-9]$\""],
    );
    says("{pattern: '('}", "'12'", &["b: against `pattern`: \"(\""]);
    says("{minLength: 2}", "ä", &["b: against `minLength`: 2"]);
    says("{minItems: 1}", "[]", &["b: against `minItems`: 1"]);
    says(
        "{minProperties: 1}",
        "{}",
        &["b: against `minProperties`: 1"],
    );
    says("{maximum: 200}", "201", &["b: against `maximum`: 200"]);
}

#[test]
fn what_is_not_understood_is_a_problem() {
    says("null", "1", &["b: no schema says what may be sent"]);
    says("{not: {}}", "1", &["b: `not` is beyond this check"]);
    says(
        "{minLengths: 1}",
        "1",
        &["b: `minLengths` is beyond this check"],
    );
}

#[test]
fn items_and_properties() {
    fits("{type: object}", "{any: 1}");
    fits(
        "{properties: {a: {}}, additionalProperties: true}",
        "{b: 1}",
    );
    says(
        "{items: {type: string}}",
        "[a, 1]",
        &["b[1]: against `type`: \"string\""],
    );
    says(
        "{required: [a]}",
        "{b: 1}",
        &["b: against `required`: [\"a\"]"],
    );
    says(
        "{properties: {a: {}}}",
        "{b: 1}",
        &["b.b: no such property"],
    );
    says(
        "{additionalProperties: false}",
        "{a: 1}",
        &["b.a: no such property"],
    );
    says(
        "{properties: {a: {readOnly: true}}}",
        "{a: 1}",
        &["b.a: against `readOnly`: true"],
    );
    let other = "{additionalProperties: {type: string}}";
    says(other, "{a: 1}", &["b.a: against `type`: \"string\""]);
}

#[test]
fn all_of_them_together_list_the_properties() {
    let both = "{allOf: [{properties: {a: {}}}, {properties: {b: {}}}]}";
    fits(both, "{a: 1, b: 2}");
    says(both, "{a: 1, c: 2}", &["b.c: no such property"]);
}

#[test]
fn alternatives() {
    let one = "{properties: {a: {}}, oneOf: [{properties: {b: {}}}, {type: string}]}";
    fits(one, "{a: 1, b: 2}");
    fits("{anyOf: [{type: integer}, {minimum: 0}]}", "1");
    says(
        "{anyOf: [{type: string}]}",
        "1",
        &["b: no alternative of `anyOf` fits"],
    );
    says("{oneOf: []}", "1", &[]);
    let several = "{oneOf: [{minimum: 0}, {minimum: 1}]}";
    says(several, "1", &["b: several alternatives of `oneOf` fit"]);
    let nested = "{oneOf: [{oneOf: [{type: string}, {type: boolean}]}, {type: integer}]}";
    fits(nested, "true");
    says(nested, "[]", &["b: no alternative of `oneOf` fits"]);
}

#[test]
fn references_and_branches() {
    fits("{$ref: '#/Base'}", "{kind: one, profile: {secret: s}}");
    let lost = "b: a reference or a discriminator leads nowhere";
    says("{$ref: '#/None'}", "1", &[lost]);
    says("{$ref: '#/Base'}", "{kind: two}", &[lost]);
    says("{$ref: '#/Base'}", "{profile: {}}", &[lost]);
    let wrong = "{kind: one, profile: {seed: s}}";
    says(
        "{$ref: '#/Base'}",
        wrong,
        &["b.profile.seed: no such property"],
    );
}
