//! Pictures of relations.

use super::{OWN_ONLY, page, reader};
use crate::pages::guest;
use axum::http::StatusCode;
use callboard_testkit::TestHub;

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata: {name: audience}
spec: {owner: crew}
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: ticketing}
spec: {owner: crew, domain: audience}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: box-office}
spec: {type: service, lifecycle: production, owner: crew, system: ticketing, providesApis: [seating], dependsOn: ['component:hidden']}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: seating}
spec: {type: openapi, lifecycle: production, owner: crew, system: ticketing, definition: 'openapi: 3.0.0'}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: hidden, title: Under the stage}
spec: {type: service, lifecycle: production, owner: others, dependsOn: ['component:beneath']}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: beneath}
spec: {type: service, lifecycle: production, owner: crew}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: crew}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: guest}
spec: {memberOf: [crew]}
";

/// The names in the nodes of a page, from left to right.
fn nodes(page: &str) -> Vec<&str> {
    let names = page.split("<text x=\"20\" y=\"19\">").skip(1);
    names.map(|rest| rest.split('<').next().unwrap()).collect()
}

#[tokio::test]
async fn one_hop_shows_the_neighbours_and_two_show_theirs() {
    let hub = reader(CATALOG, "").start().await;
    let guest = guest(&hub).await;

    let one = page(&guest, "/catalog/default/component/box-office").await;
    let two = page(&guest, "/catalog/default/component/box-office?depth=2").await;

    assert_eq!(
        nodes(&one),
        [
            "crew",
            "ticketing",
            "box-office",
            "seating",
            "Under the stage"
        ]
    );
    assert!(one.contains(">provides</text>") && one.contains(">owned by</text>"));
    assert!(nodes(&two).contains(&"audience") && nodes(&two).contains(&"beneath"));
}

#[tokio::test]
async fn what_is_hidden_is_neither_node_nor_way() {
    let hub = TestHub::builder()
        .catalog(CATALOG)
        .policy_csv("g, user:default/guest, role:default/owners")
        .conditions(OWN_ONLY)
        .start()
        .await;
    let guest = guest(&hub).await;

    let graph = page(
        &guest,
        "/catalog-graph?rootEntityRefs[]=component:default/box-office&maxDepth=3&selectedRelations[]=dependsOn",
    )
    .await;
    let hidden = guest
        .get("/catalog-graph?rootEntityRefs[]=component:default/hidden")
        .await;
    let missing = guest
        .get("/catalog-graph?rootEntityRefs[]=component:default/nowhere")
        .await;

    assert_eq!(nodes(&graph), ["box-office"]);
    assert!(!graph.contains("Under the stage") && !graph.contains("more dependency"));
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    assert_eq!(hidden.text(), missing.text().replace("nowhere", "hidden"));
}

#[tokio::test]
async fn the_page_of_a_graph_is_filtered_by_its_address() {
    let hub = reader(CATALOG, "").start().await;
    let guest = guest(&hub).await;
    let from = "/catalog-graph?rootEntityRefs[]=component:default/box-office";

    let kinds = page(&guest, &format!("{from}&maxDepth=2&selectedKinds[]=api")).await;
    let relations = page(&guest, &format!("{from}&selectedRelations[]=ownedBy")).await;
    let several = page(
        &guest,
        &format!("{from}&rootEntityRefs[]=domain:default/audience&selectedRelations[]=partOf"),
    )
    .await;
    let empty = page(&guest, "/catalog-graph").await;

    assert_eq!(nodes(&kinds), ["box-office", "seating"]);
    assert_eq!(nodes(&relations), ["crew", "box-office"]);
    assert_eq!(nodes(&several), ["ticketing", "box-office", "audience"]);
    assert!(empty.contains("Nothing chosen"));
}

#[tokio::test]
async fn a_fragment_is_the_picture_alone() {
    let hub = reader(CATALOG, "").start().await;
    let guest = guest(&hub).await.header("hx-request", "true");

    let fragment = page(&guest, "/catalog/default/component/box-office?depth=2").await;

    assert!(
        fragment
            .trim_start()
            .starts_with("<section class=\"card\" id=\"graph\"")
    );
    assert!(!fragment.contains("<html"));
}

#[tokio::test]
async fn a_domain_shows_what_it_holds_and_how_that_works_together() {
    let hub = reader(CATALOG, "").start().await;

    let diagram = page(
        &guest(&hub).await,
        "/catalog/default/domain/audience/system",
    )
    .await;

    assert_eq!(
        nodes(&diagram),
        ["audience", "ticketing", "box-office", "seating"]
    );
    assert!(diagram.contains(">provides</text>"));
}
