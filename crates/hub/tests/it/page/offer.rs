//! Which ways to add something the pages offer to whom, for mixtures that the table of
//! [`action`](super::action) does not have.

use super::{Client, between, guest, hub, owners, words};
use serde_json::json;
use std::fmt::Write as _;

/// Each page, the status that it has, and the actions in its head.
async fn offered(client: &Client) -> String {
    let mut table = String::new();
    for path in ["/", "/catalog", "/api-docs", "/create", "/catalog-import"] {
        let answer = client.get(path).await;
        let page = answer.text();
        let actions = match page.split_once("<div class=\"head\">") {
            None => "",
            Some((_, rest)) => {
                let (_, after) = rest.split_once("</p></div>").unwrap();
                match after.trim_start().strip_prefix("<div class=\"acts\">") {
                    Some(actions) => between(actions, "", "</div>"),
                    None => "",
                }
            }
        };
        let actions: Vec<_> = actions
            .split("</a>")
            .map(words)
            .filter(|label| !label.is_empty())
            .collect();
        let line = format!("{path}: {} {}", answer.status.as_u16(), actions.join(", "));
        writeln!(table, "{}", line.trim_end()).unwrap();
    }
    let places = between(
        &client.get("/settings").await.text(),
        "<nav aria-label=\"Main\">",
        "</nav>",
    )
    .to_owned();
    let places: Vec<_> = places
        .split("</a>")
        .map(words)
        .filter(|label| !label.is_empty())
        .collect();
    writeln!(table, "sidebar: {}", places.join(", ")).unwrap();
    table
}

async fn offered_to(csv: &str) -> String {
    let hub = hub(csv).start().await;
    offered(&guest(&hub).await).await
}

const READ: &str =
    "g, user:default/guest, role:default/r\np, role:default/r, catalog-entity, read, allow\n";

#[tokio::test]
async fn whoever_may_create_entities_sees_create_but_registers_with_both_permissions_only() {
    let create = format!("{READ}p, role:default/r, catalog.entity.create, create, allow\n");
    insta::assert_snapshot!(offered_to(&create).await, @r#"
    /: 200
    /catalog: 200 Create
    /api-docs: 200
    /create: 200
    /catalog-import: 403
    sidebar: Home, Catalog, APIs, Self-service Create, My groups CR crew, Settings
    "#);

    let both = format!("{create}p, role:default/r, catalog.location.create, create, allow\n");
    insta::assert_snapshot!(offered_to(&both).await, @r#"
    /: 200 Import a repository
    /catalog: 200 Register existing, Create
    /api-docs: 200 Register
    /create: 200 Import an existing Git repository
    /catalog-import: 200
    sidebar: Home, Catalog, APIs, Self-service Create, My groups CR crew, Settings
    "#);
}

#[tokio::test]
async fn whoever_runs_templates_sees_create() {
    let csv = "g, user:default/guest, role:default/r\np, role:default/r, scaffolder.task.create, create, allow\n";
    insta::assert_snapshot!(offered_to(csv).await, @r#"
    /: 200 Create
    /catalog: 403
    /api-docs: 403
    /create: 200
    /catalog-import: 403
    sidebar: Home, Self-service Create, Settings
    "#);
}

#[tokio::test]
async fn there_is_no_create_without_a_template_to_read() {
    let csv = "
g, user:default/guest, role:default/r
p, role:default/r, catalog.entity.create, create, allow
";
    let hub = owners(csv)
        .config(json!({"catalog": {"locations": []}}))
        .start()
        .await;

    let guest = guest(&hub).await;

    assert!(!guest.get("/catalog").await.text().contains("/create"));
    assert_eq!(guest.get("/create").await.status, 403);
}

#[tokio::test]
async fn a_catalog_that_is_read_only_offers_no_registration() {
    let config = json!({"catalog": {"readonly": true}, "permission": {"enabled": false}});
    let hub = hub("").config(config).start().await;

    let page = guest(&hub).await.get("/catalog").await.text();

    assert!(!page.contains("Register existing") && page.contains(">Create<"));
}
