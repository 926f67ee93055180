//! A large inventory: as many calls as it has pages, whoever reads it and for what.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use idp_http::http::Method;
use idp_http::{Response, TokioClock, WithTransport};
use provisioner::{
    IdentityProvider, InventoryFilter, InventoryToken, Lookup, Pace, State, Token, UserId,
};
use support::{World, mixed_file, serial};

const PAGES: usize = 100;
const ON_A_PAGE: usize = 1000;
const LIST: &str = "/beta/directory/authenticationMethodDevices/hardwareOathDevices";

/// What a service was asked for.
#[derive(Default)]
struct Asked {
    sign_ins: AtomicUsize,
    pages: AtomicUsize,
}

/// A tenant whose inventory has many pages, and nothing else. It writes each page when it is asked for.
fn tenant() -> (World, Arc<Asked>) {
    let mut world = World::new(1, mixed_file(40));
    let asked = Arc::new(Asked::default());
    let count = Arc::clone(&asked);
    let host = world.sim.entra().graph_url;
    world.transport = Arc::new(WithTransport(move |request: idp_http::Request| {
        let uri = request.uri();
        if uri.path().ends_with("/token") {
            count.sign_ins.fetch_add(1, Ordering::SeqCst);
            let token = br#"{"token_type":"Bearer","expires_in":3599,"access_token":"t"}"#;
            return Ok(Response::new(token.to_vec()));
        }
        assert_eq!((request.method(), uri.path()), (&Method::GET, LIST));
        count.pages.fetch_add(1, Ordering::SeqCst);
        let page = uri.query().unwrap_or_default();
        let page = page.strip_prefix("$skiptoken=");
        let page = page.map_or(0, |page| page.parse().unwrap());
        Ok(Response::new(written(page, &host).into_bytes()))
    }));
    (world, asked)
}

/// Every second token is in use.
fn written(page: usize, host: &str) -> String {
    let mut body = r#"{"value":["#.to_owned();
    for n in page * ON_A_PAGE..(page + 1) * ON_A_PAGE {
        let comma = if n % ON_A_PAGE == 0 { "" } else { "," };
        let (serial, status, holder) = match n % 2 {
            0 => (serial(n), "available", "null".to_owned()),
            _ => {
                let holder = format!(r#"{{"id":"00000000-0000-4000-8002-{n:012}"}}"#);
                (serial(n), "activated", holder)
            }
        };
        write!(
            body,
            r#"{comma}{{"id":"00000000-0000-4000-8001-{n:012}","serialNumber":"{serial}","status":"{status}","assignedTo":{holder}}}"#
        )
        .unwrap();
    }
    let host = host.trim_end_matches('/');
    match page + 1 {
        PAGES => body.push_str("]}"),
        next => write!(
            body,
            r#"],"@odata.nextLink":"{host}{LIST}?$skiptoken={next}"}}"#
        )
        .unwrap(),
    }
    body
}

fn pace() -> Pace {
    Pace::new(Arc::new(TokioClock::starting_at(Duration::from_secs(
        support::START,
    ))))
}

/// How many tokens a filter lets through, and what that took.
async fn list(filter: InventoryFilter) -> (usize, usize, usize) {
    let (world, asked) = tenant();
    let (mut tokens, known) = (0, BTreeMap::new());
    let mut take = |_: InventoryToken| tokens += 1;
    let entra = world.entra();
    let read = entra.inventory(&pace(), &known, &filter, &mut take).await;
    read.unwrap();
    let pages = asked.pages.load(Ordering::SeqCst);
    (tokens, pages, asked.sign_ins.load(Ordering::SeqCst))
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_tokens_are_listed_with_a_call_a_page() {
    let all = PAGES * ON_A_PAGE;
    assert_eq!(list(InventoryFilter::default()).await, (all, PAGES, 1));
    let free = InventoryFilter {
        state: Some(State::Imported),
        ..InventoryFilter::default()
    };
    assert_eq!(list(free).await, (all / 2, PAGES, 1));
    let serials: BTreeSet<_> = (1..=500).map(|n| serial(n * 7).parse().unwrap()).collect();
    let named = InventoryFilter {
        serials: Some(serials),
        ..InventoryFilter::default()
    };
    assert_eq!(list(named).await, (500, PAGES, 1));
}

#[tokio::test(start_paused = true)]
async fn the_tokens_of_a_file_are_looked_for_with_a_call_a_page() {
    let (world, asked) = tenant();
    let roster = world.roster();
    // Those that nobody holds: whether one that is held is of the other store takes a call of its own.
    let free = |token: &&Token| token.row % 2 == 1;
    let user = UserId("00000000-0000-4000-8002-999999999999".to_owned());
    let lookups = roster.tokens().iter().filter(free).map(|token| Lookup {
        token,
        user: Some(&user),
        known: None,
        rivals: &[],
        touched: false,
        doubtful: false,
    });
    let lookups: Vec<_> = lookups.collect();
    let seen = world.entra().tokens(&pace(), &lookups).await.unwrap();
    assert_eq!(seen.tokens.len(), 20);
    assert_eq!(asked.pages.load(Ordering::SeqCst), PAGES);
}
