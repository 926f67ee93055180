//! Lists a large inventory of the simulator page by page: how many calls, and how much memory.
//!
//! `cargo run --release -p entra-graph --example list_devices -- 100000`
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "it measures and prints"
)]

use std::error::Error;
use std::fs;
use std::time::Instant;

use entra_graph::{CreateDevices, ListDevices};

#[expect(dead_code, reason = "it has more than is needed here")]
#[path = "../tests/readme/tenant.rs"]
mod tenant;

use tenant::{Tenant, tenant, token};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let wanted: usize = std::env::args().nth(1).map_or(Ok(100_000), |n| n.parse())?;
    let Tenant { sim, client } = tenant()?;
    let serials: Vec<usize> = (0..wanted).collect();
    for chunk in serials.chunks(1000) {
        let devices = chunk.iter().map(|n| token(&n.to_string())).collect();
        client.send(&CreateDevices(devices)).await?;
    }

    let (before, start) = (resident_kib()?, Instant::now());
    let (mut devices, mut most, mut list) = (0, before, Some(ListDevices::all()));
    while let Some(wanted) = list.take() {
        let page = client.send(&wanted).await?.value;
        devices += page.items.len();
        most = most.max(resident_kib()?);
        list = page.next.map(ListDevices::next);
    }
    let calls = sim.calls().on("devices.list");
    println!("{devices} devices in {calls} calls, {:?}", start.elapsed());
    println!(
        "memory: {before} KiB before, at most {} KiB more",
        most - before
    );
    Ok(())
}

/// The memory that the process has at present (Linux).
fn resident_kib() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("no VmRSS")?.parse()?)
}
