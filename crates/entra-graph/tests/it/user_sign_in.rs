//! A person signs in: device code, and a browser.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use entra_graph::{DeviceCodeAnswer, Error, UserSignIn};
use idp_http::{BaseUrl, Retry};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::credentials::application;
use crate::support::{FakeClock, Recorded, Seen, answer, options, recorded};

const SCOPE: &str = "https://graph.microsoft.com/Policy.ReadWrite.AuthenticationMethod \
    https://graph.microsoft.com/UserAuthenticationMethod.ReadWrite.All \
    https://graph.microsoft.com/User.Read.All offline_access";

fn sign_in(answers: impl IntoIterator<Item = Recorded>) -> (UserSignIn, Arc<Mutex<Vec<Seen>>>) {
    let (transport, seen) = recorded(answers);
    let clock = Arc::new(FakeClock::default());
    (
        UserSignIn::new(transport, clock, application(), options()),
        seen,
    )
}

fn code() -> Recorded {
    let body = json!({"device_code": "DEVICE-CODE", "user_code": "ABCD1234", "interval": 5,
        "verification_uri": "https://microsoft.com/devicelogin", "expires_in": 900,
        "message": "To sign in, open it and enter ABCD1234."});
    answer(200, body)
}

fn granted() -> Recorded {
    let body = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "A",
        "refresh_token": "REFRESH"});
    answer(200, body)
}

fn refused(error: &str) -> Recorded {
    answer(
        400,
        json!({"error": error, "error_description": "DEVICE-CODE no"}),
    )
}

#[tokio::test]
async fn a_device_code_is_polled_until_the_person_is_done() {
    let (sign_in, seen) = sign_in([
        code(),
        refused("authorization_pending"),
        refused("slow_down"),
        granted(),
    ]);
    let mut code = sign_in.begin().await.unwrap();
    assert_eq!(code.user_code, "ABCD1234");
    assert_eq!(code.verification_uri, "https://microsoft.com/devicelogin");
    assert_eq!(code.message, "To sign in, open it and enter ABCD1234.");
    assert_eq!(code.expires_in, Duration::from_secs(900));
    assert_eq!(code.interval, Duration::from_secs(5));
    assert!(!format!("{code:?}").contains("CODE"));
    let pending = sign_in.poll(&mut code).await.unwrap();
    assert!(matches!(pending, DeviceCodeAnswer::Pending));
    let slower = sign_in.poll(&mut code).await.unwrap();
    assert!(matches!(slower, DeviceCodeAnswer::SlowDown));
    assert_eq!(code.interval, Duration::from_secs(10));
    let DeviceCodeAnswer::Done(person) = sign_in.poll(&mut code).await.unwrap() else {
        panic!("not done")
    };
    assert_eq!(person.refresh_token().expose_secret(), "REFRESH");
    assert!(!format!("{person:?}").contains("REFRESH"));
    let seen = seen.lock().unwrap();
    let tenant = "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0";
    assert_eq!(seen[0].line, format!("POST {tenant}/devicecode"));
    assert_eq!(seen[0].field("scope").unwrap(), SCOPE);
    assert_eq!(seen[0].field("client_id").unwrap(), "client-1");
    assert_eq!(seen[1].line, format!("POST {tenant}/token"));
    assert_eq!(
        seen[1].body,
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=client-1\
         &device_code=DEVICE-CODE"
    );
}

#[tokio::test]
async fn the_end_of_a_device_code_is_told_apart() {
    for (error, end) in [
        ("authorization_declined", "Declined"),
        ("access_denied", "Declined"),
        ("expired_token", "Expired"),
        ("code_expired", "Expired"),
    ] {
        let (sign_in, _) = sign_in([code(), refused(error)]);
        let mut code = sign_in.begin().await.unwrap();
        let answer = sign_in.poll(&mut code).await.unwrap();
        assert_eq!(format!("{answer:?}"), end);
    }
    let (sign_in, _) = sign_in([code(), refused("bad_verification_code")]);
    let mut code = sign_in.begin().await.unwrap();
    let error = sign_in.poll(&mut code).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Never);
    assert!(error.to_string().ends_with(": [redacted] no"), "{error}");
}

#[tokio::test]
async fn an_application_for_no_person_says_what_to_switch_on() {
    let body = json!({"error": "invalid_client", "error_codes": [7_000_218]});
    let (sign_in, _) = sign_in([answer(401, body)]);
    let error = sign_in.begin().await.unwrap_err();
    assert!(error.next_step().contains("public client flows"));
}

#[tokio::test]
async fn an_odd_answer_is_not_shown_to_a_person() {
    for uri in ["javascript:alert(1)", "http://evil.test/", ""] {
        let body = json!({"device_code": "d", "user_code": "u", "verification_uri": uri});
        let (sign_in, _) = sign_in([answer(200, body)]);
        let error = sign_in.begin().await.unwrap_err();
        assert!(matches!(error, Error::Answer { .. }), "{uri}");
    }
    let body = json!({"token_type": "Bearer", "expires_in": 1, "access_token": "A"});
    let (sign_in, _) = sign_in([code(), answer(200, body)]);
    let mut code = sign_in.begin().await.unwrap();
    let error = sign_in.poll(&mut code).await.unwrap_err();
    assert!(error.to_string().contains("no refresh token"), "{error}");
}

fn redirect() -> BaseUrl {
    BaseUrl::parse("http://localhost:1234").unwrap()
}

fn random() -> [u8; 64] {
    std::array::from_fn(|index| u8::try_from(index).unwrap())
}

fn of_address(address: &http::Uri, name: &str) -> String {
    let query = Seen {
        line: String::new(),
        headers: http::HeaderMap::new(),
        body: address.query().unwrap().to_owned(),
        limit: 0,
    };
    query.field(name).unwrap()
}

#[tokio::test]
async fn a_browser_brings_a_code_that_only_this_program_can_redeem() {
    let (sign_in, seen) = sign_in([granted()]);
    let authorization = sign_in.authorize(&redirect(), &random());
    let address = &authorization.address;
    let path = "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/authorize?";
    assert!(address.to_string().starts_with(path), "{address}");
    let of = |name: &str| of_address(address, name);
    assert_eq!(of("client_id"), "client-1");
    assert_eq!(of("response_type"), "code");
    assert_eq!(of("response_mode"), "query");
    assert_eq!(of("redirect_uri"), "http://localhost:1234");
    assert_eq!(of("scope"), SCOPE);
    assert_eq!(of("code_challenge_method"), "S256");
    let query = format!("code=a%2Bb&state={}&session_state=s", of("state"));
    let person = sign_in.finish(&authorization, &query).await.unwrap();
    assert_eq!(person.refresh_token().expose_secret(), "REFRESH");
    let seen = seen.lock().unwrap();
    let verifier = seen[0].field("code_verifier").unwrap();
    let challenge = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
    assert_eq!(
        of("code_challenge"),
        BASE64URL_NOPAD.encode(challenge.as_ref())
    );
    assert_eq!(verifier.len(), 43);
    assert!(!address.to_string().contains(&verifier));
    assert!(!format!("{authorization:?}").contains(&verifier));
    assert_eq!(seen[0].field("grant_type").unwrap(), "authorization_code");
    assert_eq!(seen[0].field("code").unwrap(), "a+b");
    assert_eq!(
        seen[0].field("redirect_uri").unwrap(),
        "http://localhost:1234"
    );
}

#[tokio::test]
async fn an_answer_for_another_sign_in_is_not_redeemed() {
    let (sign_in, seen) = sign_in([]);
    let authorization = sign_in.authorize(&redirect(), &random());
    let state = of_address(&authorization.address, "state");
    for (query, says) in [
        ("code=a&state=other".to_owned(), "belongs to no sign-in"),
        ("code=a".to_owned(), "belongs to no sign-in"),
        (String::new(), "belongs to no sign-in"),
        (format!("state={state}"), "neither code nor error"),
        (
            format!("error=access_denied&error_description=AADSTS65004%3A+No%0Amore&state={state}"),
            "the browser brought no code (access_denied) AADSTS65004: No",
        ),
    ] {
        let error = sign_in.finish(&authorization, &query).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error.retry(), Retry::Never);
    }
    assert!(seen.lock().unwrap().is_empty());
}
