//! What a service app sends, part by part, and when it signs in again.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use futures_util::future::join_all;
use idp_http::{Request, Retry, Segment, WithTransport};
use okta_factors::{GetOrganization, GetUser, ListUsers, PrivateKey, Scopes};
use serde_json::{Value, json};

use crate::keys::{P256, P384, RSA, curve_jwk, rsa_jwk};
use crate::org::{NOW, answer};
use crate::service_app::{
    ACCESS_TOKEN, CLIENT_ID, Jwt, TOKEN_URL, World, app, challenge, client, done, form, key,
    refusal, token, token_of,
};

/// 2026-11-21 20:00:00 UTC, as [`NOW`].
const DATE: &str = "Sat, 21 Nov 2026 20:00:00 GMT";

/// Before an answer told the time, this machine's may be two seconds ahead.
const SIGNED: u64 = NOW - 2;

fn public() -> Value {
    curve_jwk(&P256, "P-256")
}

async fn call(world: &World) {
    world.client.send(&GetOrganization).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_token_request_is_as_documented() {
    let world = World::new([token(), done()]);
    call(&world).await;
    let seen = world.seen();
    let request = &seen[0];
    assert_eq!(
        (
            request.method().as_str(),
            request.uri().to_string().as_str()
        ),
        ("POST", TOKEN_URL)
    );
    let mut names: Vec<&str> = request
        .headers()
        .keys()
        .map(http::HeaderName::as_str)
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "content-type", "dpop"]);
    assert_eq!(request.headers()["accept"], "application/json");
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
    let fields = form(request);
    let plain: Vec<(&str, &str)> = (fields[..3].iter())
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        plain,
        [
            ("grant_type", "client_credentials"),
            ("scope", "okta.users.manage okta.authenticators.read"),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            ),
        ]
    );
    assert_eq!(
        (fields.len(), fields[3].0.as_str()),
        (4, "client_assertion")
    );

    let assertion = Jwt::assertion(request, &public());
    assert_eq!(
        assertion.header,
        json!({"alg": "ES256", "typ": "JWT", "kid": "kid-1"})
    );
    assert_eq!(
        assertion.claims,
        json!({"iss": CLIENT_ID, "sub": CLIENT_ID, "aud": TOKEN_URL,
        "iat": SIGNED, "exp": SIGNED + 300, "jti": "name-0"})
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_request_has_a_proof_already() {
    let world = World::new([token(), done()]);
    call(&world).await;
    let proof = Jwt::proof(&world.seen()[0]);
    let jwk = proof.header["jwk"].as_object().unwrap();
    assert_eq!(
        Vec::from_iter(jwk.keys()),
        ["crv", "kty", "x", "y"],
        "no private part"
    );
    assert_ne!(jwk["x"], public()["x"], "a key of its own");
    assert_eq!(
        (&proof.header["typ"], &proof.header["alg"]),
        (&json!("dpop+jwt"), &json!("ES256"))
    );
    assert_eq!(
        proof.claims,
        json!({"htm": "POST", "htu": TOKEN_URL, "iat": SIGNED, "jti": "name-1"})
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_proves_the_key_of_its_token() {
    let world = World::new([token(), answer(200, &[], "[]"), answer(404, &[], "{}")]);
    world
        .client
        .send(&ListUsers::with_login("ann+x@acme.example"))
        .await
        .unwrap();
    let odd = GetUser(Segment::new("o'b#c@acme.example").unwrap());
    world.client.send(&odd).await.unwrap_err();
    let seen = world.seen();
    let hash = ring::digest::digest(&ring::digest::SHA256, ACCESS_TOKEN.as_bytes());
    for (request, path) in [
        (&seen[1], "/api/v1/users"),
        (&seen[2], "/api/v1/users/o%27b%23c%40acme.example"),
    ] {
        let header = &request.headers()["authorization"];
        assert_eq!(header.to_str().unwrap(), format!("DPoP {ACCESS_TOKEN}"));
        assert!(header.is_sensitive() && request.headers()["dpop"].is_sensitive());
        let mut proof = Jwt::proof(request);
        assert_ne!(proof.take("jti"), json!("name-1"));
        assert_eq!(
            proof.claims,
            json!({"htm": "GET", "iat": SIGNED,
            "htu": format!("https://acme.okta.com{path}"),
            "ath": BASE64URL_NOPAD.encode(hash.as_ref())})
        );
    }
    assert!(
        seen[1].uri().query().is_some(),
        "which the proof leaves out"
    );
    assert_ne!(
        Jwt::proof(&seen[1]).claims["jti"],
        Jwt::proof(&seen[2]).claims["jti"]
    );
}

#[tokio::test]
async fn each_kind_of_key_signs_by_its_own_algorithm() {
    for (jwk, pem, algorithm) in [
        (rsa_jwk(&RSA), RSA.serialize_pem(), "RS256"),
        (public(), P256.serialize_pem(), "ES256"),
        (curve_jwk(&P384, "P-384"), P384.serialize_pem(), "ES384"),
    ] {
        for text in [jwk.to_string(), pem] {
            let app = app(PrivateKey::parse(&text).unwrap()).with_scopes(Scopes::read_only());
            let world = World::of(app, [refusal(401, "invalid_client", &[])]);
            world.client.send(&GetOrganization).await.unwrap_err();
            let request = world.seen().remove(0);
            let assertion = Jwt::assertion(&request, &jwk);
            assert_eq!(assertion.header, json!({"alg": algorithm, "typ": "JWT"}));
            assert_eq!(
                form(&request)[1].1,
                "okta.users.read okta.authenticators.read"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_nonce_is_given_once_and_kept() {
    let world = World::new([challenge("n-1"), token(), done(), token(), done()]);
    call(&world).await;
    let seen = world.seen();
    assert_eq!(seen.len(), 3);
    let (first, second) = (Jwt::proof(&seen[0]).claims, Jwt::proof(&seen[1]).claims);
    assert_eq!(
        (first.get("nonce"), &second["nonce"]),
        (None, &json!("n-1"))
    );
    assert_ne!(first["jti"], second["jti"]);
    let names = [0, 1].map(|i| Jwt::assertion(&seen[i], &public()).claims["jti"].clone());
    assert_ne!(names[0], names[1], "an assertion serves once");
    assert_eq!(
        Jwt::proof(&seen[2]).claims.get("nonce"),
        None,
        "calls have none"
    );
    // An hour later there is a sign-in again, which has it from the beginning.
    tokio::time::advance(Duration::from_secs(3600)).await;
    call(&world).await;
    let seen = world.seen();
    assert_eq!(
        (seen.len(), &Jwt::proof(&seen[0]).claims["nonce"]),
        (2, &json!("n-1"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_asked_for_a_nonce_may_be_repeated_with_it() {
    let asking = |nonce| {
        let told = "DPoP error=\"use_dpop_nonce\", error_description=\"nonce\"";
        answer(
            401,
            &[("www-authenticate", told), ("dpop-nonce", nonce)],
            "{}",
        )
    };
    let world = World::new([
        token(),
        asking("n-1"),
        done(),
        asking("n-2"),
        asking("n-2"),
        token(),
        done(),
    ]);
    let error = world.client.send(&GetOrganization).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Safe { after: None });
    assert!(!error.is_sign_in());
    call(&world).await;
    let seen = world.seen();
    assert_eq!(
        (seen.len(), &Jwt::proof(&seen[2]).claims["nonce"]),
        (3, &json!("n-1"))
    );
    // The same nonce is refused: the token is at fault. It had worked, so a new one is worth a try.
    for _ in 0..2 {
        let error = world.client.send(&GetOrganization).await.unwrap_err();
        assert_eq!(error.retry(), Retry::Safe { after: None });
    }
    call(&world).await;
    assert_eq!(world.seen().len(), 4);
}

#[tokio::test]
async fn a_token_that_is_bound_to_no_key_needs_no_proof() {
    for kind in ["Bearer", "bearer"] {
        let world = World::new([token_of(kind), done()]);
        call(&world).await;
        let seen = world.seen();
        assert!(seen[0].headers().contains_key("dpop"));
        let headers = seen[1].headers();
        assert_eq!(
            headers["authorization"].to_str().unwrap(),
            format!("Bearer {ACCESS_TOKEN}")
        );
        assert!(!headers.contains_key("dpop"));
    }
}

#[tokio::test(start_paused = true)]
async fn everybody_who_waits_shares_one_sign_in() {
    let world = World::new(std::iter::once(token()).chain((0..40).map(|_| done())));
    join_all((0..20).map(|_| call(&world))).await;
    tokio::time::advance(Duration::from_secs(3299)).await;
    join_all((0..20).map(|_| call(&world))).await;
    let sign_ins = world
        .seen()
        .iter()
        .filter(|r| r.uri().path() == "/oauth2/v1/token")
        .count();
    assert_eq!(sign_ins, 1);
    // A refusal is everybody's, too: one wrong key is tried once.
    let world = World::new([refusal(401, "invalid_client", &[])]);
    let ends = join_all((0..20).map(|_| world.client.send(&GetOrganization))).await;
    assert!(
        ends.iter()
            .all(|end| end.as_ref().is_err_and(okta_factors::Error::is_sign_in))
    );
    assert_eq!(world.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_replaced_before_its_end() {
    let world = World::new([token(), done(), token(), done()]);
    call(&world).await;
    tokio::time::advance(Duration::from_secs(3300)).await;
    call(&world).await;
    assert_eq!(world.seen().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ends_in_the_middle_is_replaced_once() {
    let ended = || {
        answer(
            401,
            &[],
            r#"{"errorCode":"E0000011","errorSummary":"Invalid token"}"#,
        )
    };
    let world = World::new([token(), done(), ended(), token(), ended()]);
    call(&world).await;
    let error = world.client.send(&GetOrganization).await.unwrap_err();
    assert_eq!(
        (error.retry(), error.is_sign_in()),
        (Retry::Safe { after: None }, false)
    );
    let error = world.client.send(&GetOrganization).await.unwrap_err();
    assert_eq!((error.retry(), error.is_sign_in()), (Retry::Never, true));
    assert!(
        error.next_step().contains("OKTA_CLIENT_ORGURL"),
        "{}",
        error.next_step()
    );
    assert_eq!(world.seen().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_feature_that_the_org_lacks_says_nothing_of_the_token() {
    let lacks = answer(
        401,
        &[],
        r#"{"errorCode":"E0000015","errorSummary":"feature"}"#,
    );
    let world = World::new([token(), lacks, done()]);
    let error = world.client.send(&GetOrganization).await.unwrap_err();
    assert_eq!((error.retry(), error.is_sign_in()), (Retry::Never, false));
    call(&world).await;
    assert_eq!(world.seen().len(), 3);
}

/// The machine's clock is [`NOW`]; the org's is told by its answers.
#[tokio::test(start_paused = true)]
async fn it_signs_for_the_orgs_time() {
    let tomorrow = "Sun, 22 Nov 2026 20:00:00 GMT";
    let late = refusal(401, "invalid_client", &[("date", tomorrow)]);
    let again = refusal(401, "invalid_client", &[("date", tomorrow)]);
    let world = World::new([late, again]);
    let error = world.client.send(&GetOrganization).await.unwrap_err();
    assert_eq!(
        error.retry(),
        Retry::Safe { after: None },
        "the clock may have been why"
    );
    let error = world.client.send(&GetOrganization).await.unwrap_err();
    assert!(error.is_sign_in(), "the right time did not help");
    let seen = world.seen();
    let (claims, proof) = (
        Jwt::assertion(&seen[1], &public()).claims,
        Jwt::proof(&seen[1]).claims,
    );
    for made in [&claims["iat"], &proof["iat"]] {
        assert!(made.as_u64().unwrap().abs_diff(NOW + 86_400) <= 2, "{made}");
    }
    // Where the clock was right, it was not why.
    let world = World::new([refusal(401, "invalid_client", &[("date", DATE)])]);
    assert!(
        world
            .client
            .send(&GetOrganization)
            .await
            .unwrap_err()
            .is_sign_in()
    );
}

#[tokio::test(start_paused = true)]
async fn the_challenge_tells_the_time_as_well() {
    let date = ("date", "Sun, 22 Nov 2026 20:00:00 GMT");
    let asked = refusal(400, "use_dpop_nonce", &[("dpop-nonce", "n-1"), date]);
    let world = World::new([asked, token(), done()]);
    call(&world).await;
    let claims = Jwt::assertion(&world.seen()[1], &public()).claims;
    assert!(claims["exp"].as_u64().unwrap().abs_diff(NOW + 86_400 + 300) <= 2);
}

#[tokio::test]
async fn nothing_is_signed_for_a_foreign_address() {
    let unused = WithTransport(|_: Request| panic!("nothing may be sent"));
    let request = crate::requests::Elsewhere(http::Method::GET, "https://evil.test/api/v1/users");
    let error = client(unused).send(&request).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Never);
    assert_eq!(key().id(), Some("kid-1"));
}
