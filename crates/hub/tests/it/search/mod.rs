//! Search: the interface, who finds what, and the options of the palette.

mod access;
mod page;
mod palette;
mod query;
mod update;

use callboard_testkit::{Answer, Client, TestHub, TestHubBuilder};
use serde_json::Value;

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: seat-map, description: Interactive seating plans, tags: [maps]}
spec: {type: website, lifecycle: production, owner: crew}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: vault, title: Secret Vault, description: Where seats are kept}
spec: {type: service, lifecycle: experimental, owner: others}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: seating, namespace: stage}
spec: {type: openapi, lifecycle: production, owner: group:default/crew, definition: 'openapi: 3.0.0'}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: crew, description: Those who do it}
spec: {type: team, children: [], profile: {displayName: The Crew}}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: guest}
spec: {memberOf: [crew], profile: {displayName: Gil Uest, email: gil@example.com}}
";

/// `user:default/all` reads everything, `user:default/some` what the crew owns, anybody else
/// nothing.
const POLICY: &str = "
g, user:default/all, role:default/all
p, role:default/all, catalog-entity, read, allow
g, user:default/some, role:default/some
g, user:default/guest, role:default/some
";

const CONDITIONS: &str = "
result: CONDITIONAL
roleEntityRef: role:default/some
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions:
  rule: IS_ENTITY_OWNER
  resourceType: catalog-entity
  params: {claims: [group:default/crew]}
";

fn builder() -> TestHubBuilder {
    TestHub::builder()
        .catalog(CATALOG)
        .policy_csv(POLICY)
        .conditions(CONDITIONS)
}

async fn search(client: &Client, query: &str) -> Answer {
    client.get(&format!("/api/search/query?{query}")).await
}

/// The titles of the results of one page, the best first.
async fn titles(client: &Client, query: &str) -> Vec<String> {
    titles_of(&search(client, query).await.json())
}

fn titles_of(body: &Value) -> Vec<String> {
    let results = body["results"].as_array().unwrap().iter();
    let titles = results.map(|result| result["document"]["title"].as_str().unwrap().to_owned());
    titles
        .filter(|title| !title.starts_with("generated-"))
        .collect()
}
