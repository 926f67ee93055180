//! What the client of Entra asks.

use std::error::Error;
use std::sync::Arc;

use entra_graph::{self as graph, GraphClient, GraphEndpoint, GraphOptions, ObjectId, UserKey};
use idp_http::{BaseUrl, Endpoint, Response};
use serde_json::json;

use crate::{CODE, GUID, ODD_NAME, Outcome, SEED, Seen, print, recorder};

pub(crate) async fn requests() -> Outcome {
    let entra = Entra::new()?;
    entra.inventory().await?;
    entra.methods().await?;
    entra.users().await?;
    entra.tenant().await?;
    entra.applications().await?;
    entra.batches().await
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
        let query = graph::DeviceQuery {
            filter: filter(),
            assigned: Some(true),
            select: Some(vec![graph::DeviceProperty::Model]),
            page_size: Some(200),
        };
        self.show(graph::ListDevices::all()).await?;
        self.show(graph::ListDevices::matching(&query)).await?;
        self.show(graph::ListDevices::with_serial("O'B&1")).await?;
        self.show(graph::ListDevices::next(next)).await?;
        self.show(graph::CreateDevice(plain("1"))).await?;
        self.show(graph::CreateDevice(full("2"))).await?;
        self.show(graph::CreateDevices(vec![plain("1"), full("2")]))
            .await?;
        self.show(graph::CountDevices::default()).await?;
        self.show(graph::CountDevices(filter())).await?;
        self.show(graph::GetDevice(ObjectId::parse(GUID)?)).await?;
        self.show(graph::UpdateDevice {
            device: ObjectId::parse(GUID)?,
            changes: graph::DeviceChanges {
                manufacturer: Some("Token2".to_owned()),
                model: Some("C202".to_owned()),
                period_seconds: Some(60),
                hash: Some(graph::HashFunction::HmacSha256),
                display_name: Some("Spare".to_owned()),
            },
        })
        .await?;
        self.show(graph::DeleteDevice(ObjectId::parse(GUID)?)).await
    }

    /// Of somebody, by name and by id, and of whoever is signed in.
    async fn methods(&self) -> Outcome {
        let dollar = UserKey::upn("$ann@contoso.com")?;
        self.show(graph::ListMethods::of(&dollar)).await?;
        for user in [
            UserKey::upn(ODD_NAME)?,
            ObjectId::parse(GUID)?.into(),
            UserKey::me(),
        ] {
            self.methods_of(&user).await?;
            self.activations_of(&user).await?;
        }
        Ok(())
    }

    async fn methods_of(&self, user: &UserKey) -> Outcome {
        let method = ObjectId::parse(GUID)?;
        self.show(graph::ListMethods::of(user)).await?;
        self.show(graph::ListMethods::with_devices_of(user)).await?;
        for with_device in [false, true] {
            let (user, method) = (user.clone(), method.clone());
            let get = graph::GetMethod {
                user,
                method,
                with_device,
            };
            self.show(get).await?;
        }
        self.show(graph::Assign {
            user: user.clone(),
            device: method.clone(),
        })
        .await?;
        self.show(graph::Deactivate {
            user: user.clone(),
            method: method.clone(),
        })
        .await?;
        self.show(graph::Unassign {
            user: user.clone(),
            method,
        })
        .await
    }

    async fn activations_of(&self, user: &UserKey) -> Outcome {
        let device = ObjectId::parse(GUID)?;
        for display_name in [None, Some("Spare".to_owned())] {
            self.show(graph::Activate {
                user: user.clone(),
                method: device.clone(),
                code: CODE.into(),
                display_name: display_name.clone(),
            })
            .await?;
            self.show(graph::AssignAndActivate {
                user: user.clone(),
                device: device.clone(),
                code: CODE.into(),
                display_name: display_name.clone(),
            })
            .await?;
            self.show(graph::AssignAndActivateBySerial {
                user: user.clone(),
                serial: "S/1".to_owned(),
                code: CODE.into(),
                display_name,
            })
            .await?;
        }
        Ok(())
    }

    async fn users(&self) -> Outcome {
        let (id, names) = (ObjectId::parse(GUID)?, [ODD_NAME.to_owned()]);
        let page = Self::page("v1.0/users?$skiptoken=x");
        let page = graph::ListUsers::named(&names).response(&self.root, &page)?;
        let next = page.next.ok_or("no link")?;
        self.show(graph::GetUser(UserKey::upn(ODD_NAME)?)).await?;
        self.show(graph::GetUser(id.clone().into())).await?;
        self.show(graph::GetUser(UserKey::upn("$ann@contoso.com")?))
            .await?;
        self.show(graph::GetUser(UserKey::me())).await?;
        self.show(graph::ListUsers::all()).await?;
        self.show(graph::ListUsers::starting_with("O'B", 25))
            .await?;
        self.show(graph::ListUsers::search("O'B", 25)).await?;
        self.show(graph::ListUsers::named(&names)).await?;
        self.show(graph::ListUsers::with_ids(&[id])).await?;
        self.show(graph::ListUsers::with_mail(&names)).await?;
        self.show(graph::ListUsers::next(next)).await
    }

    async fn tenant(&self) -> Outcome {
        let group = graph::PolicyTarget::group;
        self.show(graph::GetPolicy).await?;
        self.show(graph::UpdatePolicy {
            state: Some(graph::PolicyState::Enabled),
            include: Some(vec![group(graph::PolicyTarget::ALL_USERS)]),
            exclude: Some(vec![group(GUID)]),
        })
        .await?;
        self.show(graph::GetOrganization).await
    }

    async fn applications(&self) -> Outcome {
        let (id, certificate) = (ObjectId::parse(GUID)?, certificate()?);
        let next = |path: &str| Self::page(&format!("v1.0/{path}?$skiptoken=x"));
        let named = graph::ListApplications::named("O'B");
        let page = named.response(&self.root, &next("applications"))?;
        self.show(named).await?;
        self.show(graph::ListApplications::with_app_id(&id)).await?;
        self.show(graph::ListApplications::next(page.next.ok_or("no link")?))
            .await?;
        self.show(graph::GetApplication(id.clone())).await?;
        self.show(graph::CreateApplication::new(
            "O'B",
            &certificate,
            graph::Permission::ALL,
        ))
        .await?;
        let body = json!({"id": GUID, "appId": GUID, "keyCredentials": [{"keyId": GUID}]});
        let read = graph::GetApplication(id.clone());
        let read = read.response(&self.root, &Response::new(body.to_string().into_bytes()))?;
        self.show(graph::AddCertificate::new(&read, &certificate))
            .await?;
        self.principals(id).await
    }

    async fn principals(&self, id: ObjectId) -> Outcome {
        let next = |path: &str| Self::page(&format!("v1.0/{path}?$skiptoken=x"));
        let list = graph::ListServicePrincipals::of(&id);
        let page = list.response(&self.root, &next("servicePrincipals"))?;
        self.show(list).await?;
        let more = graph::ListServicePrincipals::next(page.next.ok_or("no link")?);
        self.show(more).await?;
        self.show(graph::CreateServicePrincipal { app_id: id.clone() })
            .await?;
        let list = graph::ListGrantedRoles::of(&id);
        let path = format!("servicePrincipals/{id}/appRoleAssignments");
        let page = list.response(&self.root, &next(&path))?;
        self.show(list).await?;
        self.show(graph::ListGrantedRoles::next(page.next.ok_or("no link")?))
            .await?;
        self.show(graph::GrantRole {
            principal: id.clone(),
            resource: id.clone(),
            role: id,
        })
        .await
    }

    async fn batches(&self) -> Outcome {
        let id = ObjectId::parse(GUID)?;
        let devices = vec![graph::GetDevice(id.clone()), graph::GetDevice(id)];
        let methods = vec![graph::ListMethods::with_devices_of(&UserKey::upn(
            ODD_NAME,
        )?)];
        let searches = vec![graph::ListUsers::search("ann", 5)];
        self.show(graph::Batch::new(devices)?).await?;
        self.show(graph::Batch::new(methods)?).await?;
        self.show(graph::Batch::new(searches)?).await
    }
}

fn certificate() -> Result<graph::Certificate, Box<dyn Error>> {
    let now = std::time::Duration::from_secs(1_800_000_000);
    let pem = graph::Certificate::self_signed("oathkit", now, 1)?;
    Ok(graph::Certificate::from_pem(
        graph::secrecy::ExposeSecret::expose_secret(&pem).as_bytes(),
    )?)
}

fn filter() -> graph::DeviceFilter {
    graph::DeviceFilter {
        serial: Some("O'B&1".to_owned()),
        status: Some(graph::DeviceStatus::Assigned),
        manufacturer: Some("Token2".to_owned()),
        model: Some("C202".to_owned()),
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
