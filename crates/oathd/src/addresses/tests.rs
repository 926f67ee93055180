//! Each address of the server, by the router's own list: who may use it, from where, and what each answer says.

use std::collections::BTreeSet;

use http::{Method, StatusCode};

use super::all;
use crate::door::Role;
use crate::routes::{Address, is_api};
use crate::testing::{Answer, Client, Rehearsal, blesses};

const TABLE: &str = include_str!("roles.txt");
/// The pages that the tests in a browser go to, and the files beside them.
const SWEPT: &str = include_str!("../../tests/pages/sweep/addresses.txt");
/// What every answer says to the browser, and a part of it.
const SAYS: &[(&str, &str)] = &[
    ("content-security-policy", "default-src 'none'"),
    ("content-security-policy", "frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cache-control", ""),
    ("cross-origin-opener-policy", "same-origin"),
];

fn addresses() -> Vec<Address> {
    let routes = all();
    let mut addresses = routes.addresses().to_vec();
    addresses.sort_by_key(|address| (address.path, address.method.to_string()));
    addresses
}

/// The address with something in the place of its parts.
fn path_of(address: &Address) -> String {
    let path = address.path.replace("{idp}", "entra");
    path.replace(['{', '}'], "")
}

fn says_all(answer: &Answer, what: &str) {
    for (name, part) in SAYS {
        let said = answer.headers.get(*name);
        let said = said.unwrap_or_else(|| panic!("{what} has no {name}"));
        assert!(
            said.to_str().unwrap().contains(part),
            "{what}: {name}: {said:?}"
        );
    }
}

#[test]
fn who_may_use_which_address_is_written_down() {
    let lines = addresses().into_iter().map(|address| {
        let role = address.role.map_or("anybody", Role::word);
        format!("{} {} {role}\n", address.method, address.path)
    });
    let table: String = lines.collect();
    if blesses() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/addresses/roles.txt");
        std::fs::write(file, &table).unwrap();
    } else {
        assert_eq!(
            TABLE, table,
            "OATHKIT_BLESS=1 cargo test -p oathd addresses writes it"
        );
    }
}

#[test]
fn the_sweep_knows_every_address_that_is_read() {
    let all = addresses();
    let is_read = |address: &&Address| address.method == Method::GET && !is_api(address.path);
    let read: BTreeSet<&str> = all
        .iter()
        .filter(is_read)
        .map(|address| address.path)
        .collect();
    let swept = SWEPT.lines().filter_map(|line| line.split_once(' '));
    let swept: BTreeSet<&str> = swept.map(|(_, path)| path).collect();
    let left_out: Vec<_> = read.difference(&swept).collect();
    let gone: Vec<_> = swept.difference(&read).collect();
    assert!(left_out.is_empty(), "not in the list: {left_out:?}");
    assert!(gone.is_empty(), "in the list alone: {gone:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_and_nobody_of_a_lesser_role_comes_through() {
    let rehearsal = Rehearsal::new().await;
    let mut callers = vec![(None, Client::nobody(&rehearsal))];
    for role in Role::ALL {
        callers.push((Some(role), Client::with_role(&rehearsal, role).await));
    }
    let before = rehearsal.sim.state();
    for address in addresses() {
        let Some(needs) = address.role else { continue };
        let path = path_of(&address);
        for (role, client) in callers.iter().filter(|(role, _)| *role < Some(needs)) {
            let answer = client.knock(&address.method, &path, "same-origin").await;
            let what = format!("{} {path} as {role:?}", address.method);
            let wanted = match role {
                _ if is_api(&path) => StatusCode::UNAUTHORIZED,
                None if address.method == Method::GET => StatusCode::SEE_OTHER,
                None => StatusCode::UNAUTHORIZED,
                Some(_) => StatusCode::FORBIDDEN,
            };
            assert_eq!(answer.status, wanted, "{what}");
            says_all(&answer, &what);
        }
    }
    let after = rehearsal.sim.state();
    assert_eq!(before.entra.devices.len(), after.entra.devices.len());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_done_for_a_page_of_others() {
    let rehearsal = Rehearsal::new().await;
    let admin = Client::new(&rehearsal).await;
    let mut knocks = 0;
    for address in addresses() {
        let path = path_of(&address);
        if address.method == Method::GET || is_api(&path) {
            continue;
        }
        for from in ["cross-site", "same-site", ""] {
            let answer = admin.knock(&address.method, &path, from).await;
            let what = format!("{} {path} from {from:?}", address.method);
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}");
            says_all(&answer, &what);
            knocks += 1;
        }
    }
    assert!(knocks > 100, "{knocks}");
    let still_in = admin.get("/help").await;
    assert_eq!(still_in.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn what_is_read_says_all_headers_too() {
    let rehearsal = Rehearsal::new().await;
    let admin = Client::new(&rehearsal).await;
    // Events come for as long as something happens.
    let is_short = |address: &Address| !address.path.ends_with("/events");
    let read = addresses()
        .into_iter()
        .filter(|address| address.method == Method::GET);
    for address in read.filter(is_short) {
        let path = path_of(&address);
        let answer = admin.get(&path).await;
        assert!(
            !answer.status.is_server_error(),
            "{path}: {}",
            answer.status
        );
        says_all(&answer, &path);
    }
}
