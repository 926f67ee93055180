//! What a search expression may hold: one literal, whatever the value.

use idp_http::{BaseUrl, Endpoint};
use okta_factors::ListUsers;
use proptest::prelude::*;

/// The decoded search expression of a request that has exactly one.
fn expression(list: &ListUsers) -> String {
    let request = list.request(&BaseUrl::parse("https://acme.test").unwrap());
    let query = request.uri().query().unwrap();
    let searches: Vec<&str> = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("search="))
        .collect();
    assert_eq!(searches.len(), 1, "{query}");
    assert!(!query.contains('+'), "a space to Okta: {query}");
    let decoded = percent_encoding::percent_decode_str(searches[0]);
    decoded.decode_utf8().unwrap().into_owned()
}

fn literal(expression: &str, property: &str) -> String {
    let literal = expression.strip_prefix(property).unwrap();
    serde_json::from_str(literal.strip_prefix(" eq ").unwrap()).unwrap()
}

#[test]
fn a_value_cannot_leave_its_literal() {
    let hostile = "a\" or profile.login sw \"b";
    assert_eq!(
        expression(&ListUsers::with_login(hostile)),
        r#"profile.login eq "a\" or profile.login sw \"b""#
    );
    assert_eq!(
        expression(&ListUsers::with_email("a\\")),
        r#"profile.email eq "a\\""#
    );
}

proptest! {
    #[test]
    fn every_value_is_one_json_string(value in any::<String>()) {
        let login = expression(&ListUsers::with_login(&value));
        prop_assert_eq!(literal(&login, "profile.login"), value.clone());
        let email = expression(&ListUsers::with_email(&value));
        prop_assert_eq!(literal(&email, "profile.email"), value);
    }

    #[test]
    fn the_beginning_of_a_name_is_one_json_string_each_time(value in any::<String>()) {
        let expression = expression(&ListUsers::beginning(&value));
        let literal = serde_json::Value::from(value);
        let properties = ["profile.login", "profile.email", "profile.firstName", "profile.lastName"];
        let expected = properties.map(|property| format!("{property} sw {literal}"));
        prop_assert_eq!(expression, expected.join(" or "));
    }

    #[test]
    fn the_dangerous_characters_too(value in "[\"\\\\+&#%=() a]{0,12}") {
        let login = expression(&ListUsers::with_login(&value));
        prop_assert_eq!(literal(&login, "profile.login"), value);
    }
}
