use idp_sim::{Person, SimConfig};
use serde_json::{Value, json};

use crate::client::{Client, upn};

async fn client() -> Client {
    let mut config = SimConfig::with_people(40);
    config.people.push(Person {
        name: "Conan O'Brien".into(),
        mail: Some("conan@mail.example".into()),
        enabled: false,
        ..Person::new("c.o'brien+x@example.com")
    });
    Client::with(config).await
}

async fn found(client: &Client, filter: &str) -> Vec<String> {
    client
        .names(
            &format!("/v1.0/users?$filter={filter}"),
            "userPrincipalName",
        )
        .await
}

#[tokio::test(start_paused = true)]
async fn users_are_found_by_filter() {
    let client = client().await;
    assert_eq!(
        found(
            &client,
            "userPrincipalName%20in%20('USER0002@example.com','user0001@example.com','x')"
        )
        .await,
        [upn(1), upn(2)]
    );
    let conan = ["c.o'brien+x@example.com"];
    assert_eq!(
        found(&client, "userPrincipalName+eq+'c.o''brien%2Bx@example.com'").await,
        conan
    );
    assert_eq!(
        found(&client, "mail%20in%20('conan@mail.example')").await,
        conan
    );
    assert_eq!(
        found(&client, "startswith(displayName,'conan%20o''b')").await,
        conan
    );
    assert_eq!(found(&client, "accountEnabled%20eq%20false").await, conan);
    let id = client.user_id(7).await;
    assert_eq!(
        found(&client, &format!("id%20in%20('{id}')")).await,
        [upn(7)]
    );
    // A plus that is not encoded is a space.
    assert!(
        found(
            &client,
            "userPrincipalName%20eq%20'c.o''brien+x@example.com'"
        )
        .await
        .is_empty()
    );
}

#[tokio::test(start_paused = true)]
async fn bad_filters_are_refused() {
    let client = client().await;
    let many: Vec<String> = (1..=16)
        .map(|number| format!("'{}'", upn(number)))
        .collect();
    for filter in [
        format!("userPrincipalName%20in%20({})", many.join(",")),
        "userPrincipalName%20eq%20'o'brien'".to_owned(),
        "jobTitle%20eq%20'x'".to_owned(),
    ] {
        assert_eq!(
            client
                .get(&format!("/v1.0/users?$filter={filter}"))
                .await
                .status,
            400,
            "{filter}"
        );
    }
    let fifteen = many[..15].join(",");
    assert_eq!(
        found(&client, &format!("userPrincipalName%20in%20({fifteen})"))
            .await
            .len(),
        15
    );
}

#[tokio::test(start_paused = true)]
async fn users_come_in_pages() {
    let client = client().await;
    let first = client.get("/v1.0/users?$top=30&$select=id,userType").await;
    assert_eq!(first.body["value"].as_array().unwrap().len(), 30);
    let next = first.body["@odata.nextLink"].as_str().unwrap();
    let second = client.get(next).await;
    assert_eq!(second.body["value"].as_array().unwrap().len(), 11);
    assert_eq!(second.body["@odata.nextLink"], Value::Null);
    assert_eq!(second.body["value"][0]["userType"], "Member");
    assert_eq!(second.body["value"][0].as_object().unwrap().len(), 2);
    assert_eq!(
        client.get("/v1.0/users?$skip=3").await.refused(),
        (400, "Request_UnsupportedQuery".into())
    );
}

#[tokio::test(start_paused = true)]
async fn one_user_is_read_by_id_or_name() {
    let client = client().await;
    let by_name = client.get("/v1.0/users/c.o%27brien+x%40example.com").await;
    assert_eq!(by_name.body["displayName"], "Conan O'Brien");
    // Only a selection has these.
    assert_eq!(by_name.body.get("accountEnabled"), None);
    let id = by_name.body["id"].as_str().unwrap();
    let by_id = client
        .get(&format!("/beta/users/{id}?$select=accountEnabled"))
        .await;
    assert_eq!(by_id.body, json!({"accountEnabled": false}));
    let unknown = client.get("/v1.0/users/nobody").await;
    assert_eq!(unknown.refused(), (404, "Request_ResourceNotFound".into()));
    assert_ne!(
        unknown.body["error"]["innerError"]["request-id"],
        Value::Null
    );
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_tenant() {
    let (one, two) = (client().await, client().await);
    assert_eq!(one.sim.entra(), two.sim.entra());
    assert_eq!(one.user_id(3).await, two.user_id(3).await);
    let other = Client::with(SimConfig {
        seed: 1,
        ..SimConfig::with_people(3)
    })
    .await;
    assert_ne!(other.sim.entra(), one.sim.entra());
}

#[tokio::test(start_paused = true)]
async fn the_organization_is_one() {
    let client =
        Client::new(|switches| switches.granted_roles.push("Organization.Read.All".into())).await;
    let answer = client.get("/v1.0/organization").await;
    assert_eq!(
        answer.body["value"][0]["id"],
        json!(client.sim.entra().tenant_id)
    );
}
