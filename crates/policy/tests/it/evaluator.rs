//! The decision algorithm as it is specified: slow, obvious, and without the engine's code.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::world::{Asked, Conditioned, World};

/// What a user may do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Allow,
    Deny,
    Conditional {
        /// The plugins of the conditions; any of them may be named.
        plugins: BTreeSet<String>,
        resource_type: String,
        /// The members of the `anyOf`, sorted.
        members: Vec<String>,
    },
}

/// Decides for a user.
pub(crate) fn decide(world: &World, user: &str, ownership: &[String], asked: &Asked) -> Answer {
    if world.disabled {
        return Answer::Allow;
    }
    let is_super = |reference: &str| {
        world
            .super_users
            .iter()
            .any(|super_user| super_user == reference)
    };
    if is_super(user) || ownership.iter().any(|owner| is_super(owner)) {
        return Answer::Allow;
    }
    let mut action = asked.action.clone().unwrap_or("use".to_owned());
    let mut resource_type = asked.resource_type.clone();
    let roles = roles_of(world, user, ownership);
    let has_rows = |object: &str, action: &str| {
        world.grants.iter().any(|[subject, permission, on, _]| {
            roles.contains(subject) && permission == object && on == action
        })
    };
    let named = has_rows(&asked.name, &action);
    if asked.name == "policy.entity.create" && !named {
        resource_type = Some("policy-entity".to_owned());
        action = "create".to_owned();
    }
    let Some(resource_type) = resource_type else {
        return enforce(world, user, &roles, &asked.name, &action);
    };
    let object = if named { &asked.name } else { &resource_type };
    if world.basic_first && (named || has_rows(&resource_type, &action)) {
        return enforce(world, user, &roles, object, &action);
    }
    match conditional(
        world,
        user,
        ownership,
        &roles,
        &asked.name,
        &action,
        &resource_type,
    ) {
        Some(answer) => answer,
        None => enforce(world, user, &roles, object, &action),
    }
}

fn enforce(
    world: &World,
    user: &str,
    roles: &BTreeSet<String>,
    object: &str,
    action: &str,
) -> Answer {
    let mut subjects = roles.clone();
    if roles.is_empty() {
        subjects.insert(user.to_owned());
        subjects.extend(groups_of(world, user).unwrap_or_default());
    }
    let effects: Vec<_> = world
        .grants
        .iter()
        .filter(|[subject, permission, on, _]| {
            subjects.contains(subject) && permission == object && on == action
        })
        .map(|[_, _, _, effect]| effect.as_str())
        .collect();
    if effects.contains(&"allow") && !effects.contains(&"deny") {
        Answer::Allow
    } else {
        Answer::Deny
    }
}

/// All roles of a user.
pub(crate) fn roles_of(world: &World, user: &str, ownership: &[String]) -> BTreeSet<String> {
    let mut roles = BTreeSet::new();
    if let Some(groups) = groups_of(world, user) {
        for [member, role] in &world.memberships {
            if member == user || groups.contains(member) {
                roles.insert(role.clone());
            }
        }
        roles.extend(world.default_role.clone());
    }
    if world.use_ownership_refs {
        for [member, role] in &world.memberships {
            if ownership.contains(member) || (ownership.is_empty() && member == user) {
                roles.insert(role.clone());
            }
        }
    }
    roles
}

/// The groups of a user; `None` when there is a cycle in reach.
fn groups_of(world: &World, user: &str) -> Option<BTreeSet<String>> {
    let mut levels: BTreeMap<String, u32> = BTreeMap::new();
    for [member, group] in &world.member_of {
        if member == user {
            levels.insert(group.clone(), 0);
        }
    }
    let mut edges = BTreeSet::new();
    for level in 0.. {
        if world.max_depth.is_some_and(|most| level >= most) {
            break;
        }
        let here: Vec<_> = levels
            .iter()
            .filter(|(_, at)| **at == level)
            .map(|(group, _)| group.clone())
            .collect();
        if here.is_empty() {
            break;
        }
        for [child, parent] in &world.child_of {
            if here.contains(child) {
                edges.insert((child.clone(), parent.clone()));
                levels.entry(parent.clone()).or_insert(level + 1);
            }
        }
    }
    let groups: BTreeSet<String> = levels.into_keys().collect();
    let cyclic = groups.iter().any(|group| {
        let mut above: BTreeSet<_> = edges
            .iter()
            .filter(|(child, _)| child == group)
            .map(|(_, parent)| parent)
            .collect();
        for _ in &groups {
            let more: Vec<_> = edges
                .iter()
                .filter(|(child, _)| above.contains(child))
                .map(|(_, parent)| parent)
                .collect();
            above.extend(more);
        }
        above.contains(group)
    });
    (!cyclic).then_some(groups)
}

fn conditional(
    world: &World,
    user: &str,
    ownership: &[String],
    roles: &BTreeSet<String>,
    name: &str,
    action: &str,
    resource_type: &str,
) -> Option<Answer> {
    let mut plugins = BTreeSet::new();
    let mut members = Vec::new();
    for role in roles {
        let matching: Vec<&Conditioned> = world
            .conditions
            .iter()
            .filter(|condition| condition.role == *role && condition.resource_type == resource_type)
            .filter(|condition| {
                condition
                    .mapping
                    .iter()
                    .any(|(own, on)| on == action && own.as_ref().is_none_or(|own| own == name))
            })
            .collect();
        match matching.as_slice() {
            [] => {}
            [condition] => {
                plugins.insert(condition.plugin_id.clone());
                members.push(replace_aliases(&condition.conditions, user, ownership).to_string());
            }
            _ => return Some(Answer::Deny),
        }
    }
    members.sort();
    (!members.is_empty()).then(|| Answer::Conditional {
        plugins,
        resource_type: resource_type.to_owned(),
        members,
    })
}

/// Replaces aliases in the parameters of every rule.
fn replace_aliases(node: &Value, user: &str, ownership: &[String]) -> Value {
    if let Some(members) = node.get("anyOf") {
        return json!({ "anyOf": replace_in_all(members, user, ownership) });
    }
    if let Some(members) = node.get("allOf") {
        return json!({ "allOf": replace_in_all(members, user, ownership) });
    }
    if let Some(member) = node.get("not") {
        return json!({ "not": replace_aliases(member, user, ownership) });
    }
    let mut leaf = node.clone();
    if let Some(params) = leaf.get_mut("params") {
        for value in params.as_object_mut().unwrap().values_mut() {
            if *value == json!("$currentUser") {
                *value = json!(user);
            }
            if let Some(items) = value.as_array() {
                let replaced = items.iter().flat_map(|item| {
                    if *item == json!("$currentUser") {
                        vec![json!(user)]
                    } else if *item == json!("$ownerRefs") {
                        ownership.iter().map(|owner| json!(owner)).collect()
                    } else {
                        vec![item.clone()]
                    }
                });
                *value = replaced.collect();
            }
        }
    }
    leaf
}

fn replace_in_all(members: &Value, user: &str, ownership: &[String]) -> Value {
    members
        .as_array()
        .unwrap()
        .iter()
        .map(|member| replace_aliases(member, user, ownership))
        .collect()
}
