//! A large inventory, page by page.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use entra_graph::{DeviceStatus, GraphClient, ListDevices};
use idp_http::{Request, Response, WithTransport};

use crate::support::{FakeClock, World, raw};

const PAGES: usize = 100;
const ON_A_PAGE: usize = 1000;

/// A service that writes each page when it is asked for, and counts.
fn service(asked: Arc<AtomicUsize>) -> GraphClient {
    let transport = WithTransport(move |request: Request| {
        let uri = request.uri();
        if uri.path().ends_with("/token") {
            let token = br#"{"token_type":"Bearer","expires_in":3599,"access_token":"t"}"#;
            return Ok(Response::new(token.to_vec()));
        }
        asked.fetch_add(1, Ordering::SeqCst);
        let query = uri.query().unwrap_or_default();
        let page = query
            .strip_prefix("$skiptoken=")
            .map_or(0, |n| n.parse().unwrap());
        Ok(raw(200, &[], page_of(page).as_bytes()))
    });
    World::over(Arc::new(transport), Arc::new(FakeClock::default()))
}

fn page_of(page: usize) -> String {
    let device = |n: usize| {
        format!(
            r#"{{"id":"00000000-0000-0000-0001-{n:012}","serialNumber":"S{n}","status":"available"}}"#
        )
    };
    let devices: Vec<String> = (page * ON_A_PAGE..(page + 1) * ON_A_PAGE)
        .map(device)
        .collect();
    let next = match page + 1 {
        PAGES => String::new(),
        next => format!(
            r#","@odata.nextLink":"https://graph.microsoft.com/beta/directory/authenticationMethodDevices/hardwareOathDevices?$skiptoken={next}""#
        ),
    };
    format!(r#"{{"value":[{}]{next}}}"#, devices.join(","))
}

#[tokio::test]
async fn a_hundred_thousand_devices_are_as_many_calls_as_pages() {
    let asked = Arc::new(AtomicUsize::new(0));
    let client = service(Arc::clone(&asked));
    let (mut devices, mut list) = (0, Some(ListDevices::all()));
    while let Some(wanted) = list.take() {
        let page = client.send(&wanted).await.unwrap().value;
        assert!(
            page.items
                .iter()
                .all(|one| one.status == DeviceStatus::Available)
        );
        devices += page.items.len();
        list = page.next.map(ListDevices::next);
    }
    assert_eq!(devices, PAGES * ON_A_PAGE);
    assert_eq!(asked.load(Ordering::SeqCst), PAGES);
}
