//! The pages of an entity, before any browser draws them.

mod action;
mod definition;
mod graph;

use crate::pages::guest;
use callboard_testkit::{Client, TestHub, TestHubBuilder};
use std::fmt::Write as _;

/// Everybody's own things may be read, refreshed and removed.
pub(super) const OWN_ONLY: &str = "
result: CONDITIONAL
roleEntityRef: role:default/owners
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read, update, delete]
conditions:
  rule: IS_ENTITY_OWNER
  resourceType: catalog-entity
  params: {claims: [$ownerRefs]}
";

/// A hub in which the guest reads everything, and what `more` says.
pub(super) fn reader(catalog: &str, more: &str) -> TestHubBuilder {
    let csv = format!(
        "g, user:default/guest, role:default/readers
p, role:default/readers, catalog-entity, read, allow
{more}"
    );
    TestHub::builder().catalog(catalog).policy_csv(&csv)
}

/// A theatre with a crew of `size`, of whom every other one is theirs.
fn crew(size: usize) -> String {
    let mut catalog = "
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: crew, description: 'Those **backstage**, see [the plan](https://plan.test.example/).'}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: guest}
spec: {memberOf: [crew]}
"
    .to_owned();
    for number in 0..size {
        writeln!(
            catalog,
            "---\napiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {{name: hand-{number:04}}}\nspec: {{memberOf: [crew]}}"
        )
        .unwrap();
    }
    catalog
}

async fn page(client: &Client, path: &str) -> String {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text()
}

#[tokio::test]
async fn a_long_list_is_read_page_by_page() {
    let hub = reader(&crew(120), "").start().await;
    let guest = guest(&hub).await;

    let overview = page(&guest, "/catalog/default/group/crew").await;
    let second = page(
        &guest,
        "/catalog/default/group/crew/related?relation=hasMember&kind=user&page=2",
    )
    .await;
    let last = page(
        &guest,
        "/catalog/default/group/crew/related?relation=hasMember&page=3",
    )
    .await;

    assert!(
        overview.contains("Members (users)</h2><span class=\"n\">121</span>"),
        "{overview}"
    );
    assert!(overview.contains(">Show all 121</a>"));
    assert!(!overview.contains("hand-0100"));
    assert!(second.contains("51–100 of 121") && second.contains("rel=\"next\""));
    assert!(last.contains("101–121 of 121") && last.contains("hand-0119"));
    assert!(!last.contains("rel=\"next\""));
}

#[tokio::test]
async fn a_description_is_markdown_that_can_do_nothing() {
    let hub = reader(&crew(0), "").start().await;

    let page = page(&guest(&hub).await, "/catalog/default/group/crew").await;

    assert!(page.contains(
        "<p>Those <strong>backstage</strong>, see <a href=\"https://plan.test.example/\" rel=\"noreferrer\">the plan</a>.</p>"
    ), "{page}");
}

#[tokio::test]
async fn every_page_speaks_german_too() {
    let hub = reader(&crew(3), "").start().await;
    let guest = guest(&hub).await.header("accept-language", "de");

    let overview = page(&guest, "/catalog/default/group/crew").await;
    let person = page(&guest, "/catalog/default/user/guest").await;
    let history = page(&guest, "/catalog/default/user/guest/history").await;
    let inspect = page(&guest, "/catalog/default/user/guest/inspect").await;

    assert!(overview.contains(">Überblick</a>") && overview.contains("Mitglieder (Personen)"));
    assert!(overview.contains("Weitere Aktionen"));
    assert!(person.contains("Hierarchie") && person.contains(">Mitglied in</text>"));
    assert!(history.contains("Woher es kommt") && inspect.contains("Herunterladen"));
}

#[tokio::test]
async fn a_history_says_when_and_from_where_it_was_read() {
    let hub = reader(&crew(1), "").start().await;

    let page = page(&guest(&hub).await, "/catalog/default/user/guest/history").await;

    assert!(page.contains("Nothing is wrong with it."), "{page}");
    assert!(page.contains("Read from <code>file:") && page.contains("</svg>Read</span>"));
}

#[tokio::test]
async fn what_is_stuck_below_a_location_says_why() {
    let catalog = format!(
        "{}---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {{name: broken}}\nspec: {{type: service}}\n",
        crew(0)
    );
    let hub = reader(&catalog, "").start().await;
    let guest = guest(&hub).await;
    let found = guest.get("/catalog?filters[kind]=location").await.text();
    let (_, rest) = found
        .split_once("href=\"/catalog/default/location/")
        .unwrap();
    let name = rest.split('"').next().unwrap();

    let page = page(&guest, &format!("/catalog/default/location/{name}")).await;

    assert!(
        page.contains(">Stuck</h2><span class=\"n\">1</span>"),
        "{page}"
    );
    assert!(
        page.contains("component:default/broken") && page.contains("must have required property")
    );
    assert!(page.contains("Read from here</h2><span class=\"n\">2</span>"));
}

#[tokio::test]
async fn a_text_is_taken_home_as_a_file() {
    let hub = reader(&crew(0), "").start().await;
    let guest = guest(&hub).await;

    let file = guest
        .get("/catalog/default/group/crew/inspect?format=yaml&download=true")
        .await;

    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"group-crew.yaml\""
    );
    assert_eq!(file.header("content-type"), "text/plain; charset=utf-8");
    assert!(
        file.text()
            .starts_with("apiVersion: backstage.io/v1alpha1\nkind: Group\n")
    );
}
