//! In whose name a person owns things: their own, and their groups'.

use callboard_catalog::CatalogSnapshot;
use callboard_policy::EntityRef;
use smol_str::SmolStr;
use std::collections::{BTreeSet, VecDeque};

/// Which groups count for ownership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Groups {
    /// Those that the user is a member of.
    Direct,
    /// Those, and their parents, and theirs.
    WithAncestors,
}

/// The ownership references of `user` at sign-in: the user first, then the groups, sorted.
///
/// `None` when the catalog does not know the user. A circle of groups ends where it began.
///
/// # Source
///
/// Mirrors upstream's `getDefaultOwnershipEntityRefs`, and `includeTransitiveGroupOwnership` of
/// Red Hat Developer Hub.
pub fn ownership_of(
    catalog: &CatalogSnapshot,
    user: &EntityRef,
    groups: Groups,
) -> Option<Vec<SmolStr>> {
    let related = |entity_ref: &str, relation_type: &str| -> Option<Vec<EntityRef>> {
        let relations = catalog.get(entity_ref)?.relations();
        let targets = relations
            .into_iter()
            .filter(|relation| relation.relation_type == relation_type);
        Some(
            targets
                .map(|relation| relation.target)
                .filter(|target| target.kind() == "group")
                .collect(),
        )
    };
    let mut waiting = VecDeque::from(related(user.as_str(), "memberOf")?);
    let mut found = BTreeSet::new();
    while let Some(group) = waiting.pop_front() {
        let is_new = found.insert(group.as_smol_str().clone());
        if is_new && groups == Groups::WithAncestors {
            waiting.extend(related(group.as_str(), "childOf").unwrap_or_default());
        }
    }
    Some(
        std::iter::once(user.as_smol_str().clone())
            .chain(found)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use callboard_catalog::Entity;
    use serde_json::{Value, json};

    fn entity(kind: &str, name: &str, relations: &[(&str, &str)]) -> Entity {
        let relations: Vec<Value> = relations
            .iter()
            .map(|(kind, target)| json!({"type": kind, "targetRef": target}))
            .collect();
        let entity = json!({
            "apiVersion": "backstage.io/v1alpha1", "kind": kind,
            "metadata": {"name": name, "namespace": "default"}, "spec": {}, "relations": relations,
        });
        Entity::parse(entity.to_string()).unwrap()
    }

    fn catalog() -> CatalogSnapshot {
        CatalogSnapshot::build([
            entity(
                "User",
                "mara",
                &[
                    ("memberOf", "group:default/wardrobe"),
                    ("memberOf", "group:default/box-office"),
                    ("memberOf", "role:default/odd"),
                    ("ownerOf", "component:default/seat-map"),
                ],
            ),
            entity(
                "Group",
                "wardrobe",
                &[("childOf", "group:default/backstage")],
            ),
            entity(
                "Group",
                "backstage",
                &[("childOf", "group:default/wardrobe")],
            ),
            entity("User", "loner", &[]),
        ])
    }

    fn owned_by(user: &str, groups: Groups) -> Option<Vec<SmolStr>> {
        ownership_of(&catalog(), &EntityRef::parse(user).unwrap(), groups)
    }

    #[test]
    fn the_user_comes_first_then_direct_groups_sorted() {
        assert_eq!(
            owned_by("user:default/mara", Groups::Direct).unwrap(),
            [
                "user:default/mara",
                "group:default/box-office",
                "group:default/wardrobe"
            ]
        );
        assert_eq!(
            owned_by("user:default/loner", Groups::Direct).unwrap(),
            ["user:default/loner"]
        );
    }

    #[test]
    fn ancestors_count_when_configured_even_in_a_circle() {
        assert_eq!(
            owned_by("user:default/mara", Groups::WithAncestors).unwrap(),
            [
                "user:default/mara",
                "group:default/backstage",
                "group:default/box-office",
                "group:default/wardrobe"
            ]
        );
    }

    #[test]
    fn an_unknown_user_has_no_ownership_to_tell() {
        assert_eq!(owned_by("user:default/nobody", Groups::Direct), None);
    }
}
