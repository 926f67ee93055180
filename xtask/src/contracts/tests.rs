use std::collections::BTreeMap;

use super::batch::unpacked;
use super::description::{Description, fit};
use super::known::Gap;
use super::{Request, endpoint, judge, missing, recording};

const YAML: &str = r"
openapi: 3.0.3
servers:
- url: https://{host}/beta/
paths:
  /tokens:
    get:
      parameters:
      - $ref: '#/components/parameters/top'
      - {name: kind, in: query, required: true, schema: {enum: [totp]}}
      - {name: Content-Type, in: header, schema: {type: string}}
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Token'}
  /tokens/{id}:
    parameters:
    - {name: id, in: path, required: true, schema: {type: string, maxLength: 4}}
    delete: {}
  /tokens/special:
    get:
      parameters:
      - {name: ConsistencyLevel, in: header, schema: {enum: [eventual]}}
  /$batch:
    post:
      requestBody:
        required: true
        content:
          application/json: {schema: {type: object}}
components:
  parameters:
    top: {name: $top, in: query, schema: {type: integer, maximum: 200}}
  schemas:
    Token:
      type: object
      required: [serial]
      properties:
        serial: {type: string, minLength: 1}
";

fn description() -> Description {
    Description::parse(YAML).unwrap()
}

/// A request out of `METHOD path?query body`.
fn request(line: &str) -> Request {
    let mut words = line.splitn(3, ' ').map(ToOwned::to_owned);
    let (method, address) = (words.next().unwrap(), words.next().unwrap());
    let (path, query) = address.split_once('?').unwrap_or((&address, ""));
    Request {
        service: "tokens".to_owned(),
        endpoint: None,
        method,
        path: path.to_owned(),
        query: Some(query.to_owned()).filter(|query| !query.is_empty()),
        content_type: Some("application/json".to_owned()),
        headers: BTreeMap::new(),
        body: words.next(),
    }
}

/// The same with a header.
fn with_header(line: &str, name: &str, value: &str) -> Request {
    let mut request = request(line);
    request.headers.insert(name.to_owned(), value.to_owned());
    request
}

#[track_caller]
fn says(line: &str, expected: &[&str]) {
    assert_eq!(description().problems(&request(line)), expected, "{line}");
}

#[test]
fn a_path_fits_its_template_segment_by_segment() {
    let values = |template, path| {
        fit(template, path).map(|found| {
            found
                .into_iter()
                .map(|(_, value)| value.into_owned())
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(
        values("/a/{x}/b", "/a/o%27b%2Fc/b"),
        Some(vec!["o'b/c".to_owned()])
    );
    assert_eq!(values("/a", "/a"), Some(vec![]));
    for path in ["/a/1", "/a/1/b/2", "/a//b", "/a/1/c", "a/1/b", "/A/1/b"] {
        assert_eq!(values("/a/{x}/b", path), None, "{path}");
    }
}

#[test]
fn a_described_request_passes() {
    says("GET /beta/tokens?kind=totp", &[]);
    says("GET /beta/tokens?%24top=20&kind=totp", &[]);
    says("DELETE /beta/tokens/12", &[]);
    says("DELETE /beta/tokens%28%2712%27%29", &[]);
    says("GET /beta/tokens/special", &[]);
    says(r#"POST /beta/tokens {"serial":"1"}"#, &[]);
}

#[test]
fn paths_and_methods_that_are_not_described() {
    says("GET /beta/token", &["no such path"]);
    says("PUT /beta/tokens", &["no such method of /tokens"]);
    says("DELETE /beta/token%28%2712%27%29", &["no such path"]);
    // The fixed path, although the template has this method.
    says(
        "DELETE /beta/tokens/special",
        &["no such method of /tokens/special"],
    );
    says(
        "DELETE /v1.0/tokens/12",
        &["described below another path than /v1.0"],
    );
}

#[test]
fn parameters_that_are_not_described() {
    says(
        "GET /beta/tokens?kind=totp&$skip=1",
        &["query $skip: no such parameter"],
    );
    says("GET /beta/tokens", &["query kind: missing"]);
    says(
        "GET /beta/tokens?kind=hotp",
        &["query kind: against `enum`: [\"totp\"]"],
    );
    says(
        "GET /beta/tokens?kind=totp&$top=201",
        &["query $top: against `maximum`: 200"],
    );
    says(
        "GET /beta/tokens?kind=totp&$top=all",
        &["query $top: against `type`: \"integer\""],
    );
    says(
        "DELETE /beta/tokens/12345",
        &["path id: against `maxLength`: 4"],
    );
}

#[test]
fn bodies_that_are_not_described() {
    says("POST /beta/tokens", &["no body"]);
    says("POST /beta/tokens serial=1", &["the body is not JSON"]);
    says(
        "DELETE /beta/tokens/12 {}",
        &["a body where none is described"],
    );
    says(
        r#"POST /beta/tokens {"serialNo":"1"}"#,
        &[
            "body: against `required`: [\"serial\"]",
            "body.serialNo: no such property",
        ],
    );
    let form = Request {
        content_type: Some("text/plain".to_owned()),
        ..request("POST /beta/tokens {}")
    };
    assert_eq!(
        description().problems(&form),
        ["a body of another type: text/plain"]
    );
}

#[test]
fn headers_that_are_not_described() {
    let says = |name, value| {
        let request = with_header("GET /beta/tokens/special", name, value);
        description().problems(&request)
    };
    assert_eq!(says("consistencylevel", "eventual"), [""; 0]);
    let wrong = ["header consistencylevel: against `enum`: [\"eventual\"]"];
    assert_eq!(says("consistencylevel", "strong"), wrong);
    let unknown = ["header prefer: no such parameter"];
    assert_eq!(says("prefer", "return=minimal"), unknown);
}

#[test]
fn a_content_type_with_parameters_is_described_or_wrong() {
    let brief = |path| Request {
        content_type: Some("application/json; brief=all".to_owned()),
        ..request(&format!("GET {path}"))
    };
    let found = description().problems(&brief("/beta/tokens?kind=totp"));
    assert_eq!(found, [""; 0]);
    let found = description().problems(&brief("/beta/tokens/special"));
    assert_eq!(found, ["header content-type: no such parameter"]);
}

#[test]
fn the_requests_of_a_batch_are_judged_one_by_one() {
    let parts = |body: &str| unpacked(vec![request(&format!("POST /beta/$batch {body}"))]);
    let all = parts(
        r#"{"requests": [
            {"id": "1", "method": "DELETE", "url": "/tokens/12"},
            {"id": "2", "method": "PUT", "url": "/tokens/12", "headers": {"accept": "application/json"}},
            {"id": "3", "method": "GET", "url": "/token?a=b"},
            {"id": "4", "method": "GET", "url": "/tokens?kind=totp&$skip=1"},
            {"id": "5", "method": "POST", "url": "/tokens", "headers": {"Content-Type": "application/json"}, "body": {"seed": "1"}},
            {"id": "6", "method": "GET", "url": "/tokens/special", "headers": {"ConsistencyLevel": "strong"}}]}"#,
    )
    .unwrap();
    let found: Vec<Vec<String>> = all.iter().map(|one| description().problems(one)).collect();
    let expected: [&[&str]; 7] = [
        &[],
        &[],
        &["no such method of /tokens/{id}"],
        &["no such path"],
        &["query $skip: no such parameter"],
        &[
            "body: against `required`: [\"serial\"]",
            "body.seed: no such property",
        ],
        &["header consistencylevel: against `enum`: [\"eventual\"]"],
    ];
    assert_eq!(found, expected);
    for bad in [
        "{}",
        "[",
        r#"{"requests": [{"url": "/tokens"}]}"#,
        r#"{"requests": [{"method": "GET"}]}"#,
    ] {
        assert!(parts(bad).is_err(), "{bad}");
    }
}

#[test]
fn what_is_no_description_is_refused() {
    assert!(Description::parse("openapi: 3.1.0").is_err());
    assert!(Description::parse("paths: [").is_err());
    assert!(recording("{}").is_err());
}

#[test]
fn a_gap_covers_one_problem_and_must_be_used() {
    let gap = |method, problem| Gap {
        service: "tokens",
        method,
        path: "/{tenant}/token",
        problem,
        why: "",
    };
    let judge = |gaps: &[Gap]| {
        judge(
            &[("tokens", description())],
            &[request("POST /t/token")],
            gaps,
        )
    };
    assert_eq!(judge(&[gap("POST", "no such path")]), [""; 0]);
    assert_eq!(judge(&[]), ["tokens  POST   /t/token: no such path"]);
    for other in [gap("GET", "no such path"), gap("POST", "no body")] {
        assert_eq!(
            judge(&[other]).len(),
            2,
            "the problem stays, and the gap is not used"
        );
    }
}

#[test]
fn an_endpoint_that_was_not_recorded_is_missed() {
    assert_eq!(endpoint("impl Endpoint for Assign {"), Some("Assign"));
    assert_eq!(
        endpoint("    impl<T> idp_http::Endpoint for Page<T> {"),
        Some("Page")
    );
    for line in [
        "/// impl Endpoint for Own {",
        "impl GraphEndpoint for Assign {",
        "impl Assign {",
    ] {
        assert_eq!(endpoint(line), None, "{line}");
    }
    let recorded = Request {
        endpoint: Some("Assign".to_owned()),
        ..request("GET /")
    };
    let written = ["Activate", "Assign"].map(ToOwned::to_owned).into();
    let expected = ["tokens Activate: not in crates/provisioner/examples/requests"];
    assert_eq!(missing("tokens", &written, &[recorded]), expected);
    assert_eq!(missing("tokens", &[].into(), &[]).len(), 1);
}
