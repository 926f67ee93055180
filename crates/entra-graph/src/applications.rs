//! Applications: looking for one, registering one, giving one a certificate.

use data_encoding::{BASE64, HEXUPPER};
use http::Method;
use idp_http::{BadAnswer, BaseUrl, Body, Effect, Endpoint, Query, Request, Response, Segment};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::device::object_id;
use crate::endpoint::{APPLICATIONS, GraphEndpoint, request};
use crate::page::Start;
use crate::wire::{self, Items};
use crate::{Certificate, ObjectId, Page, PageLink, Permission};

/// The properties asked for; `keyCredentials` come only for one application, and when they are named.
const SELECT: &str = "id,appId,displayName,createdDateTime";

/// An application that is registered in the tenant. Its texts are [`printable`](idp_http::printable).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegisteredApplication {
    /// The id of its object in the directory.
    pub id: ObjectId,
    /// The id by which it signs in: the client id.
    pub app_id: ObjectId,
    /// The name.
    pub display_name: Option<String>,
    /// When it was made, as the service writes it.
    pub created: Option<String>,
    /// Its certificates, where they were asked for.
    keys: Vec<Value>,
}

impl RegisteredApplication {
    /// True where this certificate is one of the application's. Only [`GetApplication`] and
    /// [`CreateApplication`] can tell: a list does not bring certificates.
    #[must_use]
    pub fn has(&self, certificate: &Certificate) -> bool {
        let whole = BASE64.encode(certificate.der());
        let sha1 = certificate.thumbprint_sha1();
        let digest = HEXUPPER.decode(sha1.as_bytes()).unwrap_or_default();
        // The identifier is the thumbprint: as hexadecimal digits, or as Base64 of its bytes.
        let short = BASE64.encode(&digest);
        self.keys.iter().any(|key| {
            let text = |name: &str| key.get(name).and_then(Value::as_str);
            match (text("key"), text("customKeyIdentifier")) {
                (Some(key), _) => key == whole,
                (None, Some(id)) => id.eq_ignore_ascii_case(&sha1) || id == short,
                (None, None) => false,
            }
        })
    }
}

/// Looks for applications, page by page. The directory lags behind its writes: a new application may
/// be missing for minutes.
#[derive(Clone, Debug)]
pub struct ListApplications(Start);

impl ListApplications {
    /// Applications with this name, which need not be one of a kind.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::filtered(&format!("displayName eq {}", wire::literal(name)))
    }

    /// The application with this client id.
    #[must_use]
    pub fn with_app_id(app_id: &ObjectId) -> Self {
        Self::filtered(&format!("appId eq {}", wire::literal(app_id.as_str())))
    }

    /// The page behind a link.
    #[must_use]
    pub fn next(link: PageLink) -> Self {
        Self(Start::Next(link))
    }

    fn filtered(filter: &str) -> Self {
        let query = Query::new().with("$select", SELECT).with("$filter", filter);
        Self(Start::first(path(), query))
    }
}

impl Endpoint for ListApplications {
    type Output = Page<RegisteredApplication>;
    const NAME: &'static str = "look for applications";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        self.0.request(base)
    }

    fn response(&self, base: &BaseUrl, response: &Response) -> Result<Self::Output, BadAnswer> {
        self.0.page(base, response, WireApplication::read)
    }
}

impl GraphEndpoint for ListApplications {
    fn permission(&self) -> &'static str {
        APPLICATIONS
    }
}

/// Reads one application with its certificates, by the id of its object.
#[derive(Clone, Debug)]
pub struct GetApplication(pub ObjectId);

impl Endpoint for GetApplication {
    type Output = RegisteredApplication;
    const NAME: &'static str = "read an application";
    const EFFECT: Effect = Effect::Read;

    fn request(&self, base: &BaseUrl) -> Request {
        let select = format!("{SELECT},keyCredentials");
        let query = Query::new().with("$select", &select);
        let uri = base.uri(&below(&self.0), &query);
        request(Method::GET, uri, Body::empty())
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Self::Output, BadAnswer> {
        wire::decode::<WireApplication>(response.body())?.read()
    }
}

impl GraphEndpoint for GetApplication {
    fn permission(&self) -> &'static str {
        APPLICATIONS
    }
}

/// Registers an application of this tenant alone, with the certificate that it signs in with. A name
/// can be taken twice: whoever repeats this gets a second application.
#[derive(Clone, Debug)]
pub struct CreateApplication {
    name: String,
    key: NewKey,
    roles: Vec<&'static str>,
}

impl CreateApplication {
    /// An application with this name that asks for these permissions. Only the certificate leaves, its
    /// key does not.
    #[must_use]
    pub fn new(
        name: &str,
        certificate: &Certificate,
        permissions: impl IntoIterator<Item = Permission>,
    ) -> Self {
        let roles = permissions.into_iter().map(|one| one.role_id);
        Self {
            name: name.to_owned(),
            key: NewKey::of(certificate),
            roles: roles.collect(),
        }
    }
}

impl Endpoint for CreateApplication {
    type Output = RegisteredApplication;
    const NAME: &'static str = "register the application";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let roles = self.roles.iter();
        let roles: Vec<Value> = roles.map(|id| json!({"id": id, "type": "Role"})).collect();
        let body = json!({
            "displayName": self.name,
            "signInAudience": "AzureADMyOrg",
            "keyCredentials": [self.key],
            "requiredResourceAccess":
                [{"resourceAppId": Permission::GRAPH_APP_ID, "resourceAccess": roles}],
        });
        let uri = base.uri(&path(), &Query::new());
        request(Method::POST, uri, wire::encode(&body))
    }

    /// A success without an application leaves the registration in doubt: look for it.
    fn response(&self, _: &BaseUrl, response: &Response) -> Result<Self::Output, BadAnswer> {
        wire::decode::<WireApplication>(response.body())?.read()
    }
}

impl GraphEndpoint for CreateApplication {
    fn permission(&self) -> &'static str {
        APPLICATIONS
    }
}

/// Gives an application one more certificate. The others stay: they are sent along as
/// [`GetApplication`] read them, and one that was added since is lost.
#[derive(Clone, Debug)]
pub struct AddCertificate {
    application: ObjectId,
    keys: Vec<Value>,
    key: NewKey,
}

impl AddCertificate {
    /// One more for `application`, as [`GetApplication`] has just read it.
    #[must_use]
    pub fn new(application: &RegisteredApplication, certificate: &Certificate) -> Self {
        Self {
            application: application.id.clone(),
            keys: application.keys.clone(),
            key: NewKey::of(certificate),
        }
    }
}

impl Endpoint for AddCertificate {
    type Output = ();
    const NAME: &'static str = "give the application its certificate";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let mut keys = self.keys.clone();
        keys.push(json!(self.key));
        let body = json!({"keyCredentials": keys});
        let uri = base.uri(&below(&self.application), &Query::new());
        request(Method::PATCH, uri, wire::encode(&body))
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<(), BadAnswer> {
        wire::done(response)
    }
}

impl GraphEndpoint for AddCertificate {
    fn permission(&self) -> &'static str {
        APPLICATIONS
    }
}

/// A certificate as it is uploaded. It begins and ends when the certificate says.
#[derive(Clone, Debug, Serialize)]
struct NewKey {
    r#type: &'static str,
    usage: &'static str,
    key: String,
}

impl NewKey {
    fn of(certificate: &Certificate) -> Self {
        Self {
            r#type: "AsymmetricX509Cert",
            usage: "Verify",
            key: BASE64.encode(certificate.der()),
        }
    }
}

fn path() -> [Segment; 2] {
    ["v1.0", "applications"].map(Segment::literal)
}

fn below(id: &ObjectId) -> Vec<Segment> {
    [&path()[..], &[id.segment()]].concat()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireApplication {
    id: Option<String>,
    app_id: Option<String>,
    display_name: Option<String>,
    created_date_time: Option<String>,
    key_credentials: Option<Items<Value>>,
}

impl WireApplication {
    fn read(self) -> Result<RegisteredApplication, BadAnswer> {
        Ok(RegisteredApplication {
            id: object_id(self.id.as_deref(), "an application")?,
            app_id: object_id(self.app_id.as_deref(), "an application's client")?,
            display_name: wire::text(self.display_name.as_deref()),
            created: wire::text(self.created_date_time.as_deref()),
            keys: self.key_credentials.map(|keys| keys.0).unwrap_or_default(),
        })
    }
}
