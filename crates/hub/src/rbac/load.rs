//! From what is stored to the policy that decides.

use super::state::State;
use callboard_catalog::CatalogSnapshot;
use callboard_policy::{EntityRef, GroupGraph, PolicyModel, Settings, Sourced, StoredCondition};

/// The policy as data.
pub(crate) fn model(settings: &Settings, state: &State, groups: GroupGraph) -> PolicyModel {
    let memberships = state
        .memberships
        .iter()
        .map(|(row, record)| Sourced::new(row.clone(), record.origin.clone()));
    let grants = state
        .policies
        .iter()
        .map(|(row, record)| Sourced::new(row.clone(), record.origin.clone()));
    let conditions = state.conditions.iter().map(|(id, record)| {
        Sourced::new(
            StoredCondition {
                id: *id,
                policy: record.policy.clone(),
            },
            record.origin.clone(),
        )
    });
    PolicyModel {
        settings: settings.clone(),
        memberships: memberships.collect(),
        grants: grants.collect(),
        conditions: conditions.collect(),
        groups,
    }
}

/// Who is in which group, and what stands above it, as the catalog relates them.
///
/// Both ends of a relation are read: whichever side declares it, the other one need not exist.
pub(crate) fn groups(catalog: &CatalogSnapshot) -> GroupGraph {
    let mut graph = GroupGraph::new();
    let is = |entity: &EntityRef, kind: &str| entity.kind() == kind;
    for entity in catalog.entities() {
        let this = entity.entity_ref();
        if !is(this, "user") && !is(this, "group") {
            continue;
        }
        for relation in entity.relations() {
            let other = &relation.target;
            match relation.relation_type.as_str() {
                "memberOf" if is(this, "user") && is(other, "group") => {
                    graph.add_member(this.clone(), other.clone());
                }
                "hasMember" if is(this, "group") && is(other, "user") => {
                    graph.add_member(other.clone(), this.clone());
                }
                "childOf" if is(this, "group") && is(other, "group") => {
                    graph.add_parent(this.clone(), other.clone());
                }
                "parentOf" if is(this, "group") && is(other, "group") => {
                    graph.add_parent(other.clone(), this.clone());
                }
                _ => {}
            }
        }
    }
    graph
}
