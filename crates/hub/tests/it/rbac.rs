//! Roles, policies and conditions over HTTP, and where they come from.

mod check;
mod check_example;
mod condition;
mod condition_refusal;
mod condition_write;
mod desk;
mod explain;
mod import;
mod page;
mod plugin;
mod plugin_id_write;
mod policy;
mod policy_refusal;
mod policy_write;
pub(crate) mod provider;
mod refresh;
mod refusal;
mod reload;
mod remote;
mod role;
mod role_refusal;
mod role_write;
mod source;
mod sync;
mod wizard;

use callboard_testkit::{Client, TestHub, TestHubBuilder};
use serde_json::{Value, json};

const POLICIES: &str = "# roles
g, user:default/Tom, role:default/readers
g, group:default/stage, role:default/readers
p, role:default/readers, catalog-entity, read, allow
p, role:default/readers, policy-entity, create, deny
g, user:default/olga, role:default/owners
p, role:default/owners, catalog-entity, delete, allow
";

const CONDITIONS: &str = "
result: CONDITIONAL
roleEntityRef: role:default/readers
pluginId: catalog
resourceType: catalog-entity
permissionMapping:
  - {name: catalog.entity.refresh, action: update}
  - {name: catalog.entity.delete, action: delete}
conditions:
  rule: IS_ENTITY_OWNER
  resourceType: catalog-entity
  params: {claims: [$currentUser]}
---
result: CONDITIONAL
roleEntityRef: role:default/owners
pluginId: permission
resourceType: policy-entity
permissionMapping: [read]
conditions:
  rule: IS_OWNER
  resourceType: policy-entity
  params: {owners: [$currentUser]}
";

fn builder() -> TestHubBuilder {
    TestHub::builder().policy_csv(POLICIES).conditions(CONDITIONS).config(json!({"permission": {"rbac": {
        "admin": {"users": [{"name": "user:default/Ann"}], "superUsers": [{"name": "group:default/board"}]},
        "defaultPermissions": {
            "defaultRole": "role:default/everybody",
            "basicPermissions": [{"permission": "kubernetes.proxy"}],
        },
        "pluginsWithPermission": ["kubernetes", "catalog"],
    }}}))
}

async fn get(client: &Client, path: &str) -> Value {
    let answer = client.get(&format!("/api/permission{path}")).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}
