//! The permission framework over HTTP.

mod authorize;
mod remote;
mod well_known;

use callboard_testkit::{TestHub, TestHubBuilder};

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: foyer}
spec: {type: website, lifecycle: production, owner: stage}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: tickets}
spec: {type: openapi, lifecycle: production, owner: office, definition: 'openapi: 3.0.0'}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: stage}
spec: {type: team, children: [], members: [ann]}
";

const POLICIES: &str = "
g, group:default/stage, role:default/stagehands
p, role:default/stagehands, catalog.entity.create, create, allow
p, role:default/stagehands, kubernetes.proxy, use, deny
g, user:default/eve, role:default/broken
p, role:default/broken, catalog-entity, read, allow
";

const CONDITIONS: &str = "
result: CONDITIONAL
roleEntityRef: role:default/stagehands
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
permissionMapping: [read, delete]
conditions:
  not:
    rule: IS_ENTITY_OWNR
    resourceType: catalog-entity
    params: {claims: [$ownerRefs]}
";

fn builder() -> TestHubBuilder {
    TestHub::builder()
        .catalog(CATALOG)
        .policy_csv(POLICIES)
        .conditions(CONDITIONS)
}
