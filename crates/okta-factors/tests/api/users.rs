//! Users and pages of them.

use idp_http::{Effect, Endpoint, Retry, Segment};
use okta_factors::{Error, GetUser, ListUsers, PageLink, User, UserStatus};

use crate::org::{answer, bad, ok, send, sent};

const ANN: &str = r#"{"id":"00uAnn","status":"ACTIVE","created":"2020-01-01T00:00:00.000Z",
    "type":{"id":"oty1"},"profile":{"login":"Ann@acme.test","email":null,"mobilePhone":null}}"#;
const BOB: &str = r#"{"id":"00uBob","status":"DEPROVISIONED",
    "profile":{"login":"bob","email":"bob@acme.test"},"_links":{}}"#;

fn get(login: &str) -> GetUser {
    GetUser(Segment::new(login).unwrap())
}

async fn page(links: &[(&str, &str)]) -> Result<(Vec<User>, Option<PageLink>), Error> {
    let body = format!("[{ANN},{BOB}]");
    let page = send(&ListUsers::all(), answer(200, links, &body))
        .await?
        .value;
    Ok((page.items, page.next))
}

#[tokio::test]
async fn one_user() {
    let ann = ok(&get("ann@acme.test"), ANN).await;
    assert_eq!((ann.id.as_str(), &*ann.login), ("00uAnn", "Ann@acme.test"));
    assert_eq!((ann.status, ann.email), (UserStatus::Active, None));
    let bob = ok(&get("bob"), BOB).await;
    assert_eq!(bob.email.as_deref(), Some("bob@acme.test"));
    assert_eq!(bob.status, UserStatus::Deprovisioned);
}

#[tokio::test]
async fn every_status_is_known_and_a_new_one_kept() {
    for (word, status) in [
        ("ACTIVE", UserStatus::Active),
        ("DEPROVISIONED", UserStatus::Deprovisioned),
        ("LOCKED_OUT", UserStatus::LockedOut),
        ("PASSWORD_EXPIRED", UserStatus::PasswordExpired),
        ("PROVISIONED", UserStatus::Provisioned),
        ("RECOVERY", UserStatus::Recovery),
        ("STAGED", UserStatus::Staged),
        ("SUSPENDED", UserStatus::Suspended),
        ("ON_HOLIDAY", UserStatus::Other("ON_HOLIDAY".to_owned())),
    ] {
        let user = ok(&get("x"), &ANN.replace("ACTIVE", word)).await;
        assert_eq!(user.status, status);
        assert_eq!(status.to_string(), word);
    }
}

#[tokio::test]
async fn an_incomplete_user_is_an_error() {
    for body in [
        "{}",
        "[]",
        "null",
        "",
        "<html></html>",
        r#"{"id":"00u1","status":"ACTIVE"}"#,
        r#"{"id":"00u1","status":"ACTIVE","profile":{"email":"x"}}"#,
        r#"{"id":"../x","status":"ACTIVE","profile":{"login":"x"}}"#,
        &ANN[..40],
    ] {
        let error = bad(&get("x"), body).await;
        assert_eq!(error.retry(), Retry::Safe { after: None });
    }
    bad(&ListUsers::all(), &format!("[{ANN},{{}}]")).await;
}

#[tokio::test]
async fn pages_follow_link_headers() {
    let own = "<https://acme.okta.com/api/v1/users?limit=200>; rel=\"self\"";
    let next = "<https://acme.okta.com/api/v1/users?after=00uBob%2C1&limit=200>; rel=\"next\"";
    let both = format!("{own}, {next}");
    for links in [vec![("link", own), ("link", next)], vec![("link", &*both)]] {
        let (items, link) = page(&links).await.unwrap();
        assert_eq!(items.len(), 2);
        let request = sent(&ListUsers::next(link.unwrap())).await;
        assert_eq!(
            request.uri(),
            "https://acme.okta.com/api/v1/users?after=00uBob%2C1&limit=200"
        );
    }
    assert_eq!(page(&[("link", own)]).await.unwrap().1, None);
}

#[tokio::test]
async fn a_link_to_elsewhere_is_refused() {
    for link in [
        "<https://evil.test/api/v1/users?after=1>; rel=\"next\"",
        "<https://acme.okta.com.evil.test/api/v1/users>; rel=\"next\"",
        "<http://acme.okta.com/api/v1/users?after=1>; rel=\"next\"",
        "<//acme.okta.com/api/v1/users?after=1>; rel=\"next\"",
        "https://acme.okta.com/api/v1/users?after=1; rel=\"next\"",
    ] {
        let error = page(&[("link", link)]).await.unwrap_err();
        assert!(matches!(error, Error::Answer { .. }), "{link}");
    }
}

#[tokio::test]
async fn a_page_that_names_itself_is_refused() {
    let link = "<https://acme.okta.com/api/v1/users?after=1>; rel=next";
    let next = page(&[("link", link)]).await.unwrap().1.unwrap();
    let again = answer(200, &[("link", link)], "[]");
    assert!(send(&ListUsers::next(next), again).await.is_err());
}

#[test]
fn reading_users_changes_nothing() {
    assert_eq!(GetUser::EFFECT, Effect::Read);
    assert_eq!(ListUsers::EFFECT, Effect::Read);
}
