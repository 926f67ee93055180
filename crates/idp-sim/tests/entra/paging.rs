use std::collections::BTreeSet;

use idp_sim::{Act, Fault, Page, Rule};

use crate::client::{Client, DEVICES, text};

const NEXT: &str = "@odata.nextLink";

/// Five devices, two on a page.
async fn with_devices() -> Client {
    let client = Client::new(|switches| switches.device_page_size = 2).await;
    for serial in ["S1", "S2", "S3", "S4", "S5"] {
        client.create(serial).await;
    }
    client
}

fn on_page(number: u64, how: Page) -> Rule {
    Rule::nth("devices.list", number, Fault::Page { how })
}

/// The addresses and serials that a client sees that follows all links, but at most 12 pages.
async fn follow(client: &Client, rules: Vec<Rule>) -> (Vec<String>, Vec<String>) {
    client.sim.set_faults(rules.into());
    let (mut urls, mut serials) = (vec![DEVICES.to_owned()], Vec::new());
    while let Some(url) = urls.last().filter(|_| urls.len() <= 12) {
        let body = client.get(url).await.body;
        let items = body["value"].as_array().unwrap();
        serials.extend(items.iter().map(|item| text(item, "serialNumber")));
        match body.get(NEXT) {
            Some(_) => urls.push(text(&body, NEXT)),
            None => break,
        }
    }
    (urls, serials)
}

fn distinct(urls: &[String]) -> usize {
    urls.iter().collect::<BTreeSet<_>>().len()
}

#[tokio::test(start_paused = true)]
async fn links_lead_round_in_circles() {
    let client = with_devices().await;
    let always = |how| vec![Rule::always(Fault::Page { how })];
    let (urls, _) = follow(&client, always(Page::NextIsItself)).await;
    assert_eq!((urls.len(), distinct(&urls)), (13, 2));
    let back = Rule {
        every: Some(2),
        ..Rule::always(Fault::Page {
            how: Page::NextIsFirst,
        })
    };
    let (urls, serials) = follow(&client, vec![back]).await;
    assert_eq!((urls.len(), distinct(&urls[1..])), (13, 2));
    assert_eq!(serials[..6], ["S1", "S2", "S3", "S4", "S1", "S2"]);
}

#[tokio::test(start_paused = true)]
async fn empty_pages_end_or_never_do() {
    let client = with_devices().await;
    let empty = |times| Rule {
        skip: 1,
        times,
        ..Rule::always(Fault::Page { how: Page::Empty })
    };
    let (urls, serials) = follow(&client, vec![empty(Some(5))]).await;
    assert_eq!((urls.len(), distinct(&urls)), (8, 8));
    assert_eq!(serials, ["S1", "S2", "S3", "S4", "S5"]);
    let (urls, serials) = follow(&client, vec![empty(None)]).await;
    assert_eq!((urls.len(), distinct(&urls)), (13, 13));
    assert_eq!(serials, ["S1", "S2"]);
}

#[tokio::test(start_paused = true)]
async fn items_come_twice_or_not_at_all() {
    let client = with_devices().await;
    let (urls, serials) = follow(&client, vec![on_page(2, Page::Again)]).await;
    assert_eq!(distinct(&urls), urls.len());
    assert_eq!(serials, ["S1", "S2", "S3", "S4", "S3", "S4", "S5"]);
    assert_eq!(
        follow(&client, vec![on_page(2, Page::Gap)]).await.1,
        ["S1", "S2", "S4", "S5"]
    );
    assert_eq!(
        follow(&client, vec![on_page(2, Page::NoNext)]).await.1,
        ["S1", "S2", "S3", "S4"]
    );
}

#[tokio::test(start_paused = true)]
async fn lists_grow_and_shrink_between_pages() {
    let client = with_devices().await;
    let at_second = |act| {
        vec![Rule::nth(
            "devices.list",
            2,
            Fault::Interfere { act, after: false },
        )]
    };
    let create = Act::CreateDevice {
        serial: Some("S6".into()),
        secret: None,
        user: None,
    };
    let (_, serials) = follow(&client, at_second(create)).await;
    assert_eq!(serials, ["S1", "S2", "S3", "S4", "S5", "S6"]);
    let delete = |serial: &str| Act::DeleteDevice {
        serial: Some(serial.into()),
    };
    assert_eq!(
        follow(&client, at_second(delete("S3"))).await.1,
        ["S1", "S2", "S4", "S5", "S6"]
    );
    assert_eq!(
        follow(&client, at_second(delete("S1"))).await.1,
        ["S1", "S2", "S4", "S5", "S6"]
    );
}

#[tokio::test(start_paused = true)]
async fn links_lead_elsewhere() {
    let client = with_devices().await;
    for origin in [
        "https://evil.test",
        "https://graph.sim.test:8443",
        "http://graph.sim.test",
        "https://graph.sim.test@evil.test",
        "//evil.test",
        "https://gr\u{430}ph.sim.test",
    ] {
        let origin = origin.to_owned();
        client.sim.set_faults(
            vec![on_page(
                1,
                Page::NextAt {
                    origin: origin.clone(),
                },
            )]
            .into(),
        );
        let link = text(&client.get(DEVICES).await.body, NEXT);
        assert_eq!(link, origin + DEVICES);
    }
    // What is no list stays as it is.
    let always = Rule::always(Fault::Page { how: Page::Empty });
    client.sim.set_faults(vec![always].into());
    assert!(
        client
            .get("/v1.0/users/user0001@example.com")
            .await
            .body
            .get(NEXT)
            .is_none()
    );
}
