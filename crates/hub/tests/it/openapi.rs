//! The OpenAPI documents of plugins, and that the plugins do what they say.

mod callboard;
mod catalog;
mod contract;
mod document;
mod explanation;
mod request;
mod served;

use callboard_testkit::{TestHub, TestHubBuilder};
use serde_json::{Value, json};

/// The token of a program that may ask the catalog only.
const CATALOG_TOKEN: &str = "a-token-for-the-catalog";

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: lights}
spec: {type: service, lifecycle: production, owner: stage}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: stage}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: tom}
spec: {memberOf: [stage]}
";

/// Ann administers everything, Bob creates roles and has those that he owns; the others have what
/// makes decisions of many kinds.
const POLICIES: &str = "\
g, group:default/stage, role:default/stagehands
p, role:default/stagehands, catalog-entity, update, allow
p, role:default/stagehands, catalog-entity, delete, deny
g, user:default/bob, role:default/delegates
p, role:default/delegates, policy.entity.create, create, allow
p, role:default/delegates, catalog-entity, delete, allow
g, user:default/eve, role:default/broken
g, user:default/kim, role:default/owners
p, role:default/owners, catalog-entity, read, allow
p, role:default/owners, catalog-entity, delete, allow
g, user:default/kim, role:default/keepers
p, role:default/keepers, catalog-entity, delete, deny
";

const CONDITIONS: &str = "
result: CONDITIONAL
roleEntityRef: role:default/delegates
pluginId: permission
resourceType: policy-entity
permissionMapping: [read, update, delete]
conditions:
  rule: IS_OWNER
  resourceType: policy-entity
  params: {owners: [$currentUser]}
---
result: CONDITIONAL
roleEntityRef: role:default/stagehands
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [{name: catalog.entity.read, action: read}]
conditions:
  anyOf:
    - {rule: IS_ENTITY_OWNER, resourceType: catalog-entity, params: {claims: [$ownerRefs]}}
    - not: {rule: HAS_LABEL, resourceType: catalog-entity, params: {label: hidden}}
---
result: CONDITIONAL
roleEntityRef: role:default/owners
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions:
  rule: IS_ENTITY_OWNER
  resourceType: catalog-entity
  params: {claims: [$ownerRefs]}
---
result: CONDITIONAL
roleEntityRef: role:default/broken
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions:
  rule: IS_NOT_THERE
  resourceType: catalog-entity
";

fn builder() -> TestHubBuilder {
    let external = |token: &str, subject: &str| json!({"type": "static", "options": {"token": token, "subject": subject}});
    let mut restricted = external(CATALOG_TOKEN, "reader");
    restricted["accessRestrictions"] = json!([{"plugin": "catalog"}]);
    let everything = external(callboard_testkit::STATIC_TOKEN, "testkit");
    TestHub::builder()
        .catalog(CATALOG)
        .policy_csv(POLICIES)
        .conditions(CONDITIONS)
        .config(json!({
            "backend": {"auth": {"externalAccess": [everything, restricted]}},
            "permission": {"rbac": {
                "admin": {"users": [{"name": "user:default/ann"}], "superUsers": [{"name": "user:default/root"}]},
                "defaultPermissions": {
                    "defaultRole": "role:default/everybody",
                    "basicPermissions": [{"permission": "kubernetes.proxy"}],
                },
            }},
        }))
}

/// The document of permissions.
async fn document(hub: &TestHub) -> Value {
    document_of(hub, "permission").await
}

/// The document of a plugin, as anybody with credentials reads it.
async fn document_of(hub: &TestHub, plugin: &str) -> Value {
    let eve = hub.user("user:default/eve").await;
    let answer = eve.get(&format!("/api/{plugin}/openapi.json")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}
