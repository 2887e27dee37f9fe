//! Owners that only a repository knows.

use super::processing::connected;
use super::registration::{eventually_named, register};
use super::site::Site;
use super::{component, entity, eventually, names};
use callboard_hub::App;
use callboard_hub::catalog::{Deferred, Mutation};
use callboard_testkit::TestHub;
use jiff::SignedDuration;
use serde_json::{Value, json};

const API: &str = "/api/v3/repos/lantern/till/contents";
const PAGES: &str = "/lantern/till/blob/main";

/// Longer than what is read stays as it is.
const INTERVAL: SignedDuration = SignedDuration::from_secs(200);

/// A hub to which the site is a GitHub.
async fn hub(site: &Site) -> TestHub {
    let (host, api) = (site.host(), site.url("/api/v3"));
    let github = json!([{"host": host, "apiBaseUrl": api}]);
    site.builder()
        .config(json!({"integrations": {"github": github}}))
        .start()
        .await
}

async fn owner(hub: &TestHub, name: &str) -> Value {
    entity(hub, "component", name).await.json()["spec"]["owner"].clone()
}

#[tokio::test]
async fn an_entity_without_an_owner_has_the_one_of_its_repository() {
    let site = Site::start().await;
    let ownerless = component("till").replace("  owner: crew\n", "");
    let both = [ownerless, component("desk")].concat();
    site.put(&format!("{API}/all/catalog-info.yaml"), &both);
    site.put(
        &format!("{API}/.github/CODEOWNERS"),
        "*  @lantern/ushers\n/docs @bob\n",
    );
    let hub = hub(&site).await;

    let target = site.url(&format!("{PAGES}/all/catalog-info.yaml"));
    register(&hub.service(), &target).await;
    eventually_named(&hub, &["desk", "till"]).await;

    assert_eq!(owner(&hub, "till").await, "ushers");
    assert_eq!(owner(&hub, "desk").await, "crew");

    site.put(&format!("{API}/.github/CODEOWNERS"), "/all/ @ann");
    hub.clock().advance(INTERVAL);
    eventually("the new owner is known", || async {
        owner(&hub, "till").await == "User:ann"
    })
    .await;
}

#[tokio::test]
async fn what_has_not_changed_is_not_read_as_a_whole_again() {
    let site = Site::start().await;
    let file = format!("{API}/catalog-info.yaml");
    let owners = format!("{API}/CODEOWNERS");
    site.put(&file, &component("till").replace("  owner: crew\n", ""));
    site.put(&owners, "* @lantern/ushers");
    let hub = hub(&site).await;
    let target = site.url(&format!("{PAGES}/catalog-info.yaml"));
    register(&hub.service(), &target).await;
    eventually_named(&hub, &["till"]).await;

    hub.clock().advance(INTERVAL);

    eventually("both are asked again", || async {
        site.asked(&owners).len() >= 2
    })
    .await;
    assert_eq!(
        (site.asked(&file), site.asked(&owners)),
        (vec![200, 304], vec![200, 304])
    );
}

/// A component of a provider that stands in a file of the repository.
fn brought(site: &Site, name: &str, spec: &Value) -> Deferred {
    let here = format!(
        "url:{}",
        site.url(&format!("{PAGES}/{name}/catalog-info.yaml"))
    );
    let annotations = json!({
        "backstage.io/managed-by-location": here,
        "backstage.io/managed-by-origin-location": here,
    });
    Deferred {
        entity: json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Component",
            "metadata": {"name": name, "annotations": annotations},
            "spec": spec,
        }),
        location_key: None,
    }
}

#[tokio::test]
async fn what_a_provider_brings_without_an_owner_has_the_one_of_its_repository() {
    let site = Site::start().await;
    let owners = format!("{API}/CODEOWNERS");
    site.put(&owners, "* @lantern/ushers\n/desk/ @ann\n");
    let hub = hub(&site).await;
    let app: &App = hub.app();
    let connection = connected(app).await;
    let ownerless = json!({"type": "service", "lifecycle": "production"});
    let owned = json!({"type": "service", "lifecycle": "production", "owner": "crew"});
    let entities = vec![
        brought(&site, "till", &ownerless),
        brought(&site, "desk", &ownerless),
        brought(&site, "bar", &owned),
    ];

    site.hold();
    connection.apply(Mutation::Full(entities)).await.unwrap();

    assert_eq!(names(&hub).await, ["bar"], "nothing is read for it");
    site.release();
    eventually_named(&hub, &["bar", "desk", "till"]).await;
    assert_eq!(owner(&hub, "bar").await, "crew");
    assert_eq!(owner(&hub, "till").await, "ushers");
    assert_eq!(owner(&hub, "desk").await, "User:ann");

    site.put(&owners, "* @lantern/crew");
    hub.clock().advance(INTERVAL);
    eventually("the new owner is known", || async {
        owner(&hub, "till").await == "crew"
    })
    .await;
}

#[tokio::test]
async fn what_a_provider_brings_is_refused_as_long_as_nobody_knows_its_owner() {
    let site = Site::start().await;
    let hub = hub(&site).await;
    let app: &App = hub.app();
    let connection = connected(app).await;
    let ownerless = json!({"type": "service", "lifecycle": "production"});

    let entities = vec![brought(&site, "till", &ownerless)];
    connection.apply(Mutation::Full(entities)).await.unwrap();

    let failed = || async {
        let path = "/api/catalog/entities/unprocessed/failed";
        hub.service().get(path).await.json()["entities"].clone()
    };
    eventually("the failure is listed", || async {
        failed().await != json!([])
    })
    .await;
    let message = failed().await[0]["errors"][0]["message"].to_string();
    assert!(
        message.contains("must have required property 'owner'"),
        "{message}"
    );

    site.put(&format!("{API}/docs/CODEOWNERS"), "* @lantern/ushers");
    hub.clock().advance(INTERVAL);
    eventually_named(&hub, &["till"]).await;
}
