//! Entities and policies from which tests make their hubs.

/// Alice, who is of the crew.
pub(crate) const ALICE: &str = "
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: alice}
spec: {memberOf: [crew]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: crew}
spec: {type: team, children: []}
";

/// Lets the guest read the catalog.
pub(crate) const READER: &str = "
g, user:default/guest, role:default/readers
p, role:default/readers, catalog-entity, read, allow
";

/// Lets whoever holds `role:default/owners` read what they own.
pub(crate) const OWNERS: &str = "
result: CONDITIONAL
roleEntityRef: role:default/owners
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions:
  rule: IS_ENTITY_OWNER
  resourceType: catalog-entity
  params: {claims: [$ownerRefs]}
";

/// A catalog file with these entities.
pub(crate) fn catalog(entities: &[String]) -> String {
    entities.join("---\n")
}

/// A user of these groups, called as one reads.
pub(crate) fn user(name: &str, groups: &[&str], display_name: &str) -> String {
    let groups = groups.join(", ");
    let spec = format!("memberOf: [{groups}], profile: {{displayName: {display_name}}}");
    entity("User", name, &spec)
}

/// A group below no other.
pub(crate) fn group(name: &str) -> String {
    entity("Group", name, "type: team, children: []")
}

/// A group below another.
pub(crate) fn group_below(name: &str, parent: &str) -> String {
    let spec = format!("type: team, children: [], parent: {parent}");
    entity("Group", name, &spec)
}

/// A component in production.
pub(crate) fn component(name: &str, owner: &str) -> String {
    let spec = format!("type: service, lifecycle: production, owner: {owner}");
    entity("Component", name, &spec)
}

/// An entity with the label that conditions of tests look for.
pub(crate) fn hidden(entity: &str) -> String {
    entity.replace("metadata: {", "metadata: {labels: {hidden: always}, ")
}

fn entity(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n"
    )
}
