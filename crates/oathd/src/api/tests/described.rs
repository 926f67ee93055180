//! The description: it says what there is, and what is answered is as it says.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::LazyLock;

use http::Method;
use serde_json::Value;

use crate::api::description::ROLE;
use crate::api::{DESCRIPTION, documents, routes};
use crate::routes::is_api;
use crate::testing::{Client, Rehearsal, Said, blesses};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let operations = crate::api::all().operations;
    serde_json::from_str(&crate::api::description::of(&operations)).unwrap()
});

/// Whether an answer is one that the description knows for this address.
pub(super) fn check(method: &Method, path: &str, said: &Said) {
    let document = &*DOCUMENT;
    let path = path.split('?').next().unwrap();
    let paths = document["paths"].as_object().unwrap();
    let exact = paths.keys().find(|described| *described == path);
    let described = exact.or_else(|| paths.keys().find(|described| fits(described, path)));
    let described = described.unwrap_or_else(|| panic!("{path} is not described"));
    let answers = &paths[described][method.as_str().to_lowercase()]["responses"];
    let status = said.status.as_u16();
    let answer = match (400..600).contains(&status) {
        true => &answers["default"],
        false => &answers[status.to_string()],
    };
    assert!(
        answer.is_object(),
        "{method} {described}: {status} {}",
        said.text
    );
    if said.text.is_empty() {
        return assert!(answer["content"].is_null(), "{method} {described}");
    }
    let kind = said.header("content-type").split(';').next().unwrap();
    let content = &answer["content"][kind];
    assert!(content.is_object(), "{method} {described}: {kind}");
    if kind == "application/json" {
        is_of(&content["schema"], &said.json());
    }
}

fn fits(described: &str, path: &str) -> bool {
    let (mut described, mut path) = (described.split('/'), path.split('/'));
    loop {
        match (described.next(), path.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) if one == other || one.starts_with('{') => {}
            _ => return false,
        }
    }
}

/// Whether a document has nothing in it that the example has not.
fn is_of(schema: &Value, said: &Value) {
    let one_of = schema["oneOf"].as_array().cloned();
    let schemas = one_of.unwrap_or_else(|| vec![schema.clone()]);
    let refers = |name: &str| {
        let to = format!("#/components/schemas/{}", documents::component(name));
        schemas.iter().any(|schema| schema["$ref"] == to.as_str())
    };
    let all = documents::all();
    let name = said["schema"].as_str().unwrap_or(documents::ERROR);
    assert!(refers(name), "{name} is not one of {schema}");
    let document = all.iter().find(|document| document.name == name).unwrap();
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let (said, known) = (keys(said), keys(&document.example));
    assert!(said.is_subset(&known), "{name}: {said:?} {known:?}");
}

type Addresses = BTreeSet<(String, String, String)>;

#[test]
fn each_address_is_described_with_its_role() {
    let routes = routes();
    let there = routes.addresses().iter();
    let there: Addresses = there
        .map(|address| {
            assert!(is_api(address.path));
            let role = serde_json::to_string(&address.role).unwrap();
            (address.method.to_string(), address.path.to_owned(), role)
        })
        .collect();
    let document = &*DOCUMENT;
    let paths = document["paths"].as_object().unwrap().iter();
    let said = paths.flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        operations.map(move |(method, operation)| {
            let role = operation[ROLE].to_string();
            (method.to_uppercase(), path.clone(), role)
        })
    });
    assert_eq!(there, said.collect());
    assert!(there.len() > 30);
}

#[test]
fn names_are_given_once() {
    let document = &*DOCUMENT;
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|item| item.as_object().unwrap().values());
    let ids: Vec<&str> = operations
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    let different: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), different.len(), "{ids:?}");
}

/// Whatever is referred to is there.
#[test]
fn every_reference_leads_somewhere() {
    let document = &*DOCUMENT;
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_description_is_open_and_the_copy_in_the_docs_is_the_same() {
    let rehearsal = Rehearsal::new().await;
    let client = Client::new(&rehearsal).await;
    let said = client.without_token().get(DESCRIPTION).await;
    assert_eq!(
        (said.status.as_u16(), said.header("content-type")),
        (200, "application/json")
    );
    let copy = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/api/openapi.json");
    if blesses() {
        std::fs::write(&copy, &said.text).unwrap();
    }
    let copy = std::fs::read_to_string(copy).unwrap_or_default();
    assert!(
        copy == said.text,
        "docs/api/openapi.json is not what is served: OATHKIT_BLESS=1 cargo test -p oathd description"
    );
}
