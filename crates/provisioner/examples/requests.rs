//! Prints every request that the two clients can make, one JSON object a line: what
//! `cargo xtask contracts` compares with the services' descriptions. Nothing is sent, and what looks
//! like a secret is made up.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::any::type_name;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use entra_graph::{self as graph, GraphClient, GraphEndpoint, GraphOptions, ObjectId, UserKey};
use idp_http::{BaseUrl, Endpoint, Request, Response, Segment, Transport};
use okta_factors::{self as okta, OktaClient};
use serde_json::{Value, json};

const SEED: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const CODE: &str = "058651";
const GUID: &str = "aabbccdd-0011-2233-4455-66778899aabb";
const ODD_NAME: &str = "o'brien+x#EXT#@contoso.com";

type Outcome = Result<(), Box<dyn Error>>;
type Seen = Arc<Mutex<Vec<Value>>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let entra = Entra::new()?;
    entra.inventory().await?;
    entra.methods().await?;
    entra.users().await?;
    let okta = Okta::new()?;
    okta.users().await?;
    okta.profiles().await?;
    okta.factors().await
}

/// Notes every request and answers each with a token; what else asks cannot read that.
fn recorder(service: &'static str, seen: &Seen) -> Arc<dyn Transport> {
    let seen = Arc::clone(seen);
    let token = r#"{"token_type":"Bearer","expires_in":3600,"access_token":"made-up"}"#;
    Arc::new(idp_http::WithTransport(move |request: Request| {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(noted(service, &request));
        Ok(Response::new(token.into()))
    }))
}

fn noted(service: &str, request: &Request) -> Value {
    let (uri, body) = (request.uri(), request.body().as_ref());
    let kind = request.headers().get("content-type");
    json!({
        "service": service,
        "method": request.method().as_str(),
        "path": uri.path(),
        "query": uri.query(),
        "content_type": kind.map(|value| String::from_utf8_lossy(value.as_bytes())),
        "body": (!body.is_empty()).then(|| String::from_utf8_lossy(body)),
    })
}

/// Prints what was noted: the last request is the endpoint's, those before are the client's own.
fn print<E>(seen: &Seen) -> Outcome {
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    let last = seen.last_mut().and_then(Value::as_object_mut);
    let endpoint = json!(type_name::<E>().rsplit("::").next());
    last.ok_or("an endpoint sent nothing")?
        .insert("endpoint".to_owned(), endpoint);
    seen.drain(..).for_each(|request| println!("{request}"));
    Ok(())
}

struct Entra {
    client: GraphClient,
    root: BaseUrl,
    seen: Seen,
}

impl Entra {
    fn new() -> Result<Self, Box<dyn Error>> {
        let (seen, root) = (Seen::default(), BaseUrl::parse(GraphOptions::PUBLIC_GRAPH)?);
        let tenant = graph::TenantId::parse("contoso.onmicrosoft.com")?;
        let credential = graph::ClientSecret::new(tenant, GUID, "made&up".into());
        let authority = BaseUrl::parse(GraphOptions::PUBLIC_AUTHORITY)?;
        let options = GraphOptions::new(authority, root.clone(), Arc::new(|| GUID.to_owned()));
        let clock = Arc::new(idp_http::TokioClock::system());
        let client = GraphClient::new(recorder("entra", &seen), clock, credential, options);
        Ok(Self { client, root, seen })
    }

    async fn show<E: GraphEndpoint>(&self, endpoint: E) -> Outcome {
        let _ = self.client.send(&endpoint).await;
        print::<E>(&self.seen)
    }

    /// A page whose next one is at `path`.
    fn page(path: &str) -> Response {
        let next = format!("{}/{path}", GraphOptions::PUBLIC_GRAPH);
        let page = json!({"value": [], "@odata.nextLink": next});
        Response::new(page.to_string().into_bytes())
    }

    async fn inventory(&self) -> Outcome {
        let devices = "beta/directory/authenticationMethodDevices/hardwareOathDevices";
        let page = Self::page(&format!("{devices}?$skiptoken=x"));
        let page = graph::ListDevices::all().response(&self.root, &page)?;
        let next = page.next.ok_or("no link")?;
        self.show(graph::ListDevices::all()).await?;
        self.show(graph::ListDevices::with_serial("O'B&1")).await?;
        self.show(graph::ListDevices::next(next)).await?;
        self.show(graph::CreateDevice(plain("1"))).await?;
        self.show(graph::CreateDevice(full("2"))).await?;
        self.show(graph::CreateDevices(vec![plain("1"), full("2")]))
            .await
    }

    async fn methods(&self) -> Outcome {
        let (user, device) = (|| UserKey::upn(ODD_NAME), || ObjectId::parse(GUID));
        for display_name in [None, Some("Spare".to_owned())] {
            self.show(graph::Activate {
                user: user()?,
                method: device()?,
                code: CODE.into(),
                display_name: display_name.clone(),
            })
            .await?;
            self.show(graph::AssignAndActivate {
                user: user()?,
                device: device()?,
                code: CODE.into(),
                display_name: display_name.clone(),
            })
            .await?;
            self.show(graph::AssignAndActivateBySerial {
                user: user()?,
                serial: "S/1".to_owned(),
                code: CODE.into(),
                display_name,
            })
            .await?;
        }
        let (user, device) = (device()?.into(), device()?);
        self.show(graph::Assign { user, device }).await
    }

    async fn users(&self) -> Outcome {
        let (id, names) = (ObjectId::parse(GUID)?, [ODD_NAME.to_owned()]);
        let page = Self::page("v1.0/users?$skiptoken=x");
        let page = graph::ListUsers::named(&names).response(&self.root, &page)?;
        let next = page.next.ok_or("no link")?;
        self.show(graph::GetUser(UserKey::upn(ODD_NAME)?)).await?;
        self.show(graph::GetUser(id.clone().into())).await?;
        self.show(graph::ListUsers::named(&names)).await?;
        self.show(graph::ListUsers::with_ids(&[id])).await?;
        self.show(graph::ListUsers::with_mail(&names)).await?;
        self.show(graph::ListUsers::next(next)).await
    }
}

fn plain(serial: &str) -> graph::NewDevice {
    graph::NewDevice {
        serial: serial.to_owned(),
        manufacturer: "Token2".to_owned(),
        model: "C202".to_owned(),
        secret_base32: SEED.into(),
        period_seconds: 30,
        hash: graph::HashFunction::HmacSha1,
        display_name: None,
        assign_to: None,
    }
}

fn full(serial: &str) -> graph::NewDevice {
    graph::NewDevice {
        period_seconds: 60,
        hash: graph::HashFunction::HmacSha256,
        display_name: Some("Spare".to_owned()),
        assign_to: ObjectId::parse(GUID).ok(),
        ..plain(serial)
    }
}

struct Okta {
    client: OktaClient,
    org: BaseUrl,
    seen: Seen,
}

impl Okta {
    fn new() -> Result<Self, Box<dyn Error>> {
        let (seen, org) = (Seen::default(), BaseUrl::parse("https://acme.okta.com")?);
        let token = okta::SswsToken::new("made-up");
        let clock = Arc::new(idp_http::TokioClock::system());
        let client = OktaClient::new(recorder("okta", &seen), clock, token, org.clone());
        Ok(Self { client, org, seen })
    }

    async fn show<E: Endpoint>(&self, endpoint: E) -> Outcome {
        let _ = self.client.send(&endpoint).await;
        print::<E>(&self.seen)
    }

    async fn users(&self) -> Outcome {
        let mut page = Response::new(b"[]".to_vec());
        let link = "<https://acme.okta.com/api/v1/users?after=x&limit=200>; rel=\"next\"";
        page.headers_mut().insert("link", link.parse()?);
        let page = okta::ListUsers::all().response(&self.org, &page)?;
        let next = page.next.ok_or("no link")?;
        self.show(okta::GetUser(Segment::new(ODD_NAME)?)).await?;
        self.show(okta::ListUsers::all()).await?;
        self.show(okta::ListUsers::next(next)).await?;
        self.show(okta::ListUsers::with_login(ODD_NAME)).await?;
        self.show(okta::ListUsers::with_email(ODD_NAME)).await
    }

    async fn profiles(&self) -> Outcome {
        let id = okta::ProfileId::parse("autCustomOtp")?;
        self.show(okta::GetOrganization).await?;
        self.show(okta::ListAuthenticators).await?;
        self.show(okta::GetOtpSettings(id)).await?;
        self.show(okta::ListHotpProfiles).await
    }

    async fn factors(&self) -> Outcome {
        let user = || okta::UserId::parse("00uAnn");
        self.show(okta::EnrollFactor {
            user: user()?,
            profile: okta::ProfileId::parse("autCustomOtp")?,
            shared_secret: SEED.into(),
        })
        .await?;
        let (user, factor) = (user()?, okta::FactorId::parse("chf1")?);
        self.show(okta::VerifyFactor {
            user: user.clone(),
            factor: factor.clone(),
            code: CODE.into(),
        })
        .await?;
        self.show(okta::ListFactors(user.clone())).await?;
        let (of, one) = (user.clone(), factor.clone());
        let get = okta::GetFactor {
            user: of,
            factor: one,
        };
        self.show(get).await?;
        self.show(okta::DeleteFactor { user, factor }).await
    }
}
