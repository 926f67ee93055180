//! Entra's tenant is one tenant, by whatever name it is given.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::sync::Arc;

use entra_graph::{ClientSecret, GraphClient, GraphOptions, TenantId};
use idp_http::BaseUrl;
use idp_sim::SimConfig;
use provisioner::entra::{Entra, EntraOptions};
use provisioner::{Failure, IdentityProvider, Pace};
use support::{World, mixed_file};

const DOMAIN: &str = "sim.example";

fn world(switches: &[(&str, &str)]) -> World {
    let mut config = SimConfig::with_people(1);
    for (name, value) in switches {
        config.entra.set(name, value).unwrap();
    }
    World::with(config, mixed_file(1))
}

async fn connect(world: &World, name: &str) -> Result<String, Failure> {
    let access = world.sim.entra();
    let tenant = TenantId::parse(name).unwrap();
    let secret = access.client_secret.into();
    let credential = ClientSecret::new(tenant.clone(), access.client_id, secret);
    let options = GraphOptions::new(
        BaseUrl::parse(&access.login_url).unwrap(),
        BaseUrl::parse(&access.graph_url).unwrap(),
        Arc::new(|| "a-request".to_owned()),
    );
    let (transport, clock) = (Arc::clone(&world.transport), Arc::clone(&world.clock));
    let client = GraphClient::new(transport, Arc::clone(&clock), credential, options);
    let pace = Pace::within(clock, world.limits);
    let entra = Entra::connect(client, &pace, &tenant, EntraOptions::default()).await?;
    Ok(entra.tenant().id.clone())
}

/// What was asked: the token endpoint, and the organization.
fn asked(world: &World) -> (u64, u64) {
    let calls = world.sim.calls();
    (calls.on("token"), calls.on("organization.get"))
}

#[tokio::test(start_paused = true)]
async fn an_id_is_taken_as_it_is_in_small_letters() {
    let world = world(&[]);
    let id = world.sim.entra().tenant_id;
    assert_eq!(connect(&world, &id.to_uppercase()).await.unwrap(), id);
    assert_eq!(asked(&world), (0, 0), "nothing is asked");
}

#[tokio::test(start_paused = true)]
async fn a_domain_is_looked_up_in_the_token() {
    let world = world(&[]);
    let id = world.sim.entra().tenant_id;
    assert_eq!(connect(&world, DOMAIN).await.unwrap(), id);
    assert_eq!(asked(&world), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn else_in_the_organization_where_it_is_shown() {
    let opaque = ("access_token_form", "opaque");
    let shown = world(&[opaque, ("granted_roles", "Organization.Read.All")]);
    let id = shown.sim.entra().tenant_id;
    assert_eq!(connect(&shown, DOMAIN).await.unwrap(), id);
    assert_eq!(asked(&shown), (1, 1));
    let hidden = world(&[opaque]);
    assert_eq!(connect(&hidden, DOMAIN).await.unwrap(), DOMAIN);
    assert_eq!(asked(&hidden), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_refused_sign_in_is_said_at_once() {
    let world = world(&[("secret_expired", "true")]);
    let failure = connect(&world, DOMAIN).await.unwrap_err();
    assert!(failure.problem.message.contains("AADSTS7000222"));
    assert_eq!(asked(&world).0, 1);
}
