//! Owners that only a repository knows.

use super::registration::{eventually_named, register};
use super::site::Site;
use super::{component, entity, eventually};
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
