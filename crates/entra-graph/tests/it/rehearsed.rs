//! The client against the simulator, which was written from the documentation alone.

use entra_graph::{
    Activate, AssignAndActivateBySerial, Batch, CountDevices, CreateDevice, CreateDevices,
    Deactivate, DeleteDevice, Device, DeviceChanges, DeviceCodeAnswer, DeviceProperty, DeviceQuery,
    DeviceStatus, GetDevice, GetMethod, GetUser, GraphEndpoint, HashFunction, ListDevices,
    ListMethods, ListUsers, ObjectId, Page, Unassign, UpdateDevice, UserKey,
};
use idp_http::Retry;
use idp_sim::{Act, EntraSwitches, Fault, Rule};

use crate::tenant::{Tenant, client, code, tenant, tenant_with, token, user_sign_in};

fn set(name: &'static str, value: &'static str) -> Tenant {
    tenant_with(|switches: &mut EntraSwitches| switches.set(name, value)).unwrap()
}

/// A tenant whose client is Ann's.
async fn signed_in() -> Tenant {
    let Tenant { sim, .. } = tenant().unwrap();
    let sign_in = user_sign_in(&sim).unwrap();
    let mut code = sign_in.begin().await.unwrap();
    let user_code = code.user_code.clone();
    sim.interfere(&Act::ConfirmDeviceCode { user_code })
        .unwrap();
    let DeviceCodeAnswer::Done(person) = sign_in.poll(&mut code).await.unwrap() else {
        panic!("not signed in");
    };
    let client = client(&sim, person).unwrap();
    Tenant { sim, client }
}

impl Tenant {
    async fn get<E: GraphEndpoint>(&self, endpoint: E) -> E::Output {
        self.client.send(&endpoint).await.unwrap().value
    }

    async fn create(&self, serial: &str) -> ObjectId {
        self.get(CreateDevice(token(serial))).await.id
    }

    /// Creates a device and gives it, activated, to a user.
    async fn give(&self, serial: &str, user: &UserKey) -> ObjectId {
        let id = self.create(serial).await;
        self.get(AssignAndActivateBySerial {
            user: user.clone(),
            serial: serial.to_owned(),
            code: code(self.client.unix()),
            display_name: None,
        })
        .await;
        id
    }

    fn status(&self, serial: &str) -> Option<String> {
        let devices = self.sim.state().entra.devices;
        let device = devices.into_iter().find(|device| device.serial == serial);
        device.map(|device| device.status)
    }
}

fn ann() -> UserKey {
    UserKey::upn("ann@example.com").unwrap()
}

fn serials(page: &Page<Device>) -> Vec<&str> {
    page.items
        .iter()
        .map(|device| device.serial.as_str())
        .collect()
}

#[tokio::test]
async fn a_device_is_changed_whether_the_answer_shows_it_or_not() {
    for status in ["204", "200"] {
        let tenant = set("update_status", status);
        let device = tenant.create("S1").await;
        let changes = DeviceChanges {
            model: Some("C301".into()),
            period_seconds: Some(60),
            hash: Some(HashFunction::HmacSha256),
            ..DeviceChanges::default()
        };
        let update = UpdateDevice {
            device: device.clone(),
            changes,
        };
        let shown = tenant.get(update).await;
        assert_eq!(shown.is_some(), status == "200");
        let found = tenant.get(GetDevice(device)).await;
        assert!(shown.is_none_or(|shown| shown == found));
        assert_eq!(found.model.as_deref(), Some("C301"));
        assert_eq!(
            (found.period_seconds, found.hash),
            (Some(60), Some(HashFunction::HmacSha256))
        );
        assert_eq!(found.manufacturer.as_deref(), Some("Token2"));
    }
}

#[tokio::test]
async fn the_inventory_is_listed_by_what_devices_are() {
    let tenant = tenant().unwrap();
    tenant.give("S1", &ann()).await;
    for serial in ["S2", "S3"] {
        tenant.create(serial).await;
    }
    let list = async |query: DeviceQuery| tenant.get(ListDevices::matching(&query)).await;
    let mut activated = DeviceQuery::default();
    activated.filter.status = Some(DeviceStatus::Activated);
    activated.filter.manufacturer = Some("Token2".into());
    assert_eq!(serials(&list(activated.clone()).await), ["S1"]);
    assert_eq!(tenant.get(CountDevices(activated.filter)).await, 1);
    assert_eq!(tenant.get(CountDevices::default()).await, 3);
    let free = DeviceQuery {
        assigned: Some(false),
        select: Some(vec![DeviceProperty::Model]),
        page_size: Some(2),
        ..DeviceQuery::default()
    };
    let first = list(free).await;
    assert_eq!(serials(&first), ["S2"], "of the first two");
    assert_eq!(first.items[0].model.as_deref(), Some("C202"));
    assert_eq!(first.items[0].manufacturer, None, "not asked for");
    let second = tenant.get(ListDevices::next(first.next.unwrap())).await;
    assert_eq!((serials(&second), &second.next), (vec!["S3"], &None));
}

#[tokio::test]
async fn a_token_goes_the_whole_way_and_back() {
    for user in [
        ann(),
        UserKey::me(),
        UserKey::upn("$zoe@example.com").unwrap(),
    ] {
        let tenant = signed_in().await;
        let method = tenant.give("S1", &user).await;
        assert_eq!(tenant.status("S1").as_deref(), Some("activated"));
        let deactivate = Deactivate {
            user: user.clone(),
            method: method.clone(),
        };
        tenant.get(deactivate).await;
        assert_eq!(tenant.status("S1").as_deref(), Some("assigned"));
        let wrong = Activate {
            user: user.clone(),
            method: method.clone(),
            code: "000000".into(),
            display_name: None,
        };
        let error = tenant.client.send(&wrong).await.unwrap_err();
        assert_eq!(error.retry(), Retry::Never);
        assert_eq!(tenant.status("S1").as_deref(), Some("failedActivation"));
        tenant
            .get(Unassign {
                user,
                method: method.clone(),
            })
            .await;
        tenant.get(DeleteDevice(method.clone())).await;
        assert_eq!(tenant.status("S1"), None);
        let gone = tenant.client.send(&DeleteDevice(method)).await.unwrap_err();
        assert!(gone.to_string().contains("404"), "{gone}");
    }
}

#[tokio::test]
async fn a_method_shows_its_device_at_the_latest_when_it_is_asked_to() {
    let tenant = set("inline_device", "expand_only");
    let method = tenant.give("S1", &ann()).await;
    let bare = tenant.get(ListMethods::of(&ann())).await.items;
    assert_eq!((bare.len(), bare[0].device.as_ref()), (1, None));
    let whole = tenant.get(ListMethods::with_devices_of(&ann())).await.items;
    assert_eq!(whole[0].device.as_ref().unwrap().serial, "S1");
    let one = tenant
        .get(GetMethod {
            user: ann(),
            method,
            with_device: true,
        })
        .await;
    assert_eq!(one, whole[0]);
}

#[tokio::test]
async fn people_are_found_by_prefix_and_by_words() {
    let tenant = set("user_page_size", "1");
    let names = |page: &Page<entra_graph::User>| {
        let names = page
            .items
            .iter()
            .filter_map(|user| user.display_name.clone());
        names.collect::<Vec<String>>()
    };
    let prefix = tenant.get(ListUsers::starting_with("Ann O'", 9)).await;
    assert_eq!(names(&prefix), ["Ann O'Hara"]);
    let first = tenant.get(ListUsers::search("ann", 1)).await;
    let second = tenant
        .get(ListUsers::next(first.next.clone().unwrap()))
        .await;
    assert_eq!(
        [names(&first), names(&second)].concat(),
        ["Ann O'Hara", "Zoë Ann Li"]
    );
    let odd = tenant.get(ListUsers::search(r#"q"\"#, 9)).await;
    assert!(odd.items.is_empty());
}

#[tokio::test]
async fn a_batch_is_answered_in_its_own_order_and_throttled_in_parts() {
    let tenant = set("read_rate", "3/30");
    let users = [
        "ann@example.com",
        "nobody@example.com",
        "$zoe@example.com",
        "bob@example.com",
    ];
    let users = users.map(|upn| GetUser(UserKey::upn(upn).unwrap()));
    let outcomes = tenant.get(Batch::new(users.to_vec()).unwrap()).await;
    let named = |n: usize| outcomes[n].as_ref().ok()?.user_principal_name.clone();
    assert_eq!(named(0).as_deref(), Some("ann@example.com"));
    assert_eq!(named(2).as_deref(), Some("$zoe@example.com"));
    let [missing, throttled] = [1, 3].map(|n| outcomes[n].as_ref().unwrap_err());
    assert_eq!(missing.retry(), Retry::Never);
    assert!(
        throttled.is_throttled() && throttled.retry().wait().is_some(),
        "{throttled:?}"
    );
    assert_eq!(tenant.sim.calls().on("batch"), 1);
}

#[tokio::test]
async fn many_devices_are_created_in_either_shape() {
    for shape in ["flat", "nested"] {
        let tenant = set("bulk_item_shape", shape);
        let items = tenant
            .get(CreateDevices(vec![token("S1"), token("S1"), token("S2")]))
            .await;
        let ends: Vec<bool> = items.iter().map(|item| item.outcome.is_ok()).collect();
        assert_eq!(ends, [true, false, true], "{shape}");
    }
}

#[tokio::test]
async fn a_list_that_goes_in_circles_elsewhere_or_on_for_ever_ends() {
    let tenant = set("device_page_size", "1");
    for serial in ["S1", "S2", "S3"] {
        tenant.create(serial).await;
    }
    let away = idp_sim::Page::NextAt {
        origin: "https://graph.sim.test@evil.test".to_owned(),
    };
    for (how, pages) in [(idp_sim::Page::NextIsItself, 2), (away, 1)] {
        tenant
            .sim
            .set_faults(vec![Rule::always(Fault::Page { how: how.clone() })].into());
        let (mut list, mut read) = (ListDevices::all(), 1);
        let error = loop {
            match tenant.client.send(&list).await {
                Ok(page) => list = ListDevices::next(page.value.next.unwrap()),
                Err(error) => break error,
            }
            read += 1;
        };
        assert_eq!(
            (read, error.retry()),
            (pages, Retry::Safe { after: None }),
            "{how:?}"
        );
    }
    let flood = Fault::Flood {
        bytes: 9 * 1024 * 1024,
    };
    tenant.sim.set_faults(vec![Rule::always(flood)].into());
    let error = tenant.client.send(&ListDevices::all()).await.unwrap_err();
    assert_eq!(error.to_string(), "list devices: the answer is too long");
}

#[tokio::test(start_paused = true)]
async fn who_signs_in_as_a_person_is_me_and_an_application_is_nobody() {
    let ours = tenant().unwrap();
    let me = GetUser(UserKey::me());
    let refused = ours.client.send(&me).await.unwrap_err();
    assert!(refused.to_string().contains("delegated"), "{refused}");

    let ours = signed_in().await;
    let name = ours.get(me).await.user_principal_name;
    assert_eq!(name.as_deref(), Some("ann@example.com"));
    let mine = ListMethods::of(&UserKey::me());
    assert!(ours.get(mine.clone()).await.items.is_empty());
    ours.give("60234502", &ann()).await;
    assert_eq!(ours.get(mine).await.items.len(), 1);
}
