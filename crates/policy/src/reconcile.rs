//! Bringing the stored conditional policies in line with the wanted ones.

use std::collections::HashMap;

use serde_json::Value;

use crate::{
    ConditionalPolicy, MappedPermission, OverlapError, StoredCondition, Write, check_overlap,
};

/// What must be written, in this order, so that the stored policies are the wanted ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReconcilePlan {
    /// Policies that change in place and keep their id.
    pub update: Vec<StoredCondition>,
    /// Policies that are new.
    pub create: Vec<ConditionalPolicy>,
    /// The ids of policies that go.
    pub delete: Vec<i64>,
    /// The id of each wanted policy, in their order; `None` for those that are new.
    pub ids: Vec<Option<i64>>,
}

impl ReconcilePlan {
    /// Whether nothing must be written.
    pub fn is_empty(&self) -> bool {
        self.update.is_empty() && self.create.is_empty() && self.delete.is_empty()
    }
}

/// Two policies would share a permission, so nothing may be written.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{overlap}")]
pub struct ReconcileError {
    /// What they share; the message is that of the wire.
    pub overlap: OverlapError,
    /// What would have been written.
    pub plan: Box<ReconcilePlan>,
}

/// Finds what must be written so that `stored` becomes `wanted`.
///
/// Policies that are equal but for the order of lists stay as they are. A wanted policy that
/// is missing takes the place of one that is no longer wanted, of the same role, plugin and
/// resource type and with an action in common; what then remains is created or deleted.
///
/// # Errors
///
/// [`ReconcileError`] when two policies would share a permission; nothing may then be written.
///
/// # Source
///
/// Mirrors the community RBAC backend for its file of conditional policies and its providers.
pub fn reconcile(
    stored: &[StoredCondition],
    wanted: &[ConditionalPolicy],
) -> Result<ReconcilePlan, ReconcileError> {
    // Only neighbours can be equal, replace each other or overlap, and nobody has many of them.
    let mut around: HashMap<Neighbourhood<'_>, Neighbours<'_>> = HashMap::new();
    for condition in stored {
        let neighbours = around.entry(neighbourhood(&condition.policy)).or_default();
        let form = Form::of(&condition.policy);
        neighbours.superfluous.push((condition, form));
    }
    let mut plan = ReconcilePlan::default();
    for policy in wanted {
        let neighbours = around.entry(neighbourhood(policy)).or_default();
        plan.ids.push(neighbours.keep(&Form::of(policy)));
    }
    let mut written = Vec::new();
    for (policy, id) in wanted.iter().zip(&mut plan.ids) {
        if id.is_some() {
            continue;
        }
        let neighbours = around.entry(neighbourhood(policy)).or_default();
        *id = neighbours.replace(policy);
        match *id {
            Some(id) => plan.update.push(StoredCondition {
                id,
                policy: policy.clone(),
            }),
            None => plan.create.push(policy.clone()),
        }
        written.push((*id, policy));
    }
    let superfluous = stored.iter().filter(|condition| {
        let neighbours = around.get(&neighbourhood(&condition.policy));
        neighbours.is_some_and(|neighbours| neighbours.has_superfluous(condition.id))
    });
    plan.delete = superfluous.map(|condition| condition.id).collect();

    // Changes come before what is new, as they are written.
    written.sort_by_key(|(id, _)| id.is_none());
    for (id, policy) in written {
        let neighbours = around.entry(neighbourhood(policy)).or_default();
        if let Err(overlap) = neighbours.write(id, policy) {
            let plan = Box::new(plan);
            return Err(ReconcileError { overlap, plan });
        }
    }
    Ok(plan)
}

/// Role, plugin and resource type: what policies share that can be in each other's way.
type Neighbourhood<'a> = (&'a str, &'a str, &'a str);

fn neighbourhood(policy: &ConditionalPolicy) -> Neighbourhood<'_> {
    (&policy.role, &policy.plugin_id, &policy.resource_type)
}

/// The policies of one neighbourhood while a plan is made.
#[derive(Default)]
struct Neighbours<'a> {
    /// Stored ones that are not wanted, as far as is known, in their order.
    superfluous: Vec<(&'a StoredCondition, Form)>,
    /// The forms of those that stay as they are.
    kept: Vec<(i64, Form)>,
    /// Those that stay, and those that have been written.
    present: Vec<StoredCondition>,
}

impl Neighbours<'_> {
    /// Keeps whatever is stored of a wanted form, and gives the id of the first.
    fn keep(&mut self, form: &Form) -> Option<i64> {
        for (condition, form) in self.superfluous.extract_if(.., |(_, own)| own == form) {
            self.present.push(condition.clone());
            self.kept.push((condition.id, form));
        }
        let mut kept = self.kept.iter();
        kept.find(|(_, own)| own == form).map(|(id, _)| *id)
    }

    /// Takes the id of a superfluous policy whose place `policy` may take.
    fn replace(&mut self, policy: &ConditionalPolicy) -> Option<i64> {
        let mut superfluous = self.superfluous.iter();
        let at = superfluous.position(|(other, _)| can_replace(policy, &other.policy))?;
        Some(self.superfluous.remove(at).0.id)
    }

    fn has_superfluous(&self, id: i64) -> bool {
        self.superfluous.iter().any(|(other, _)| other.id == id)
    }

    /// Checks a policy against those that are there by then, and adds it to them.
    fn write(&mut self, id: Option<i64>, policy: &ConditionalPolicy) -> Result<(), OverlapError> {
        check_overlap(
            id.map_or(Write::Create, Write::Update),
            policy,
            &self.present,
        )?;
        self.present.push(StoredCondition {
            // A new policy has no id yet; messages about it show 0.
            id: id.unwrap_or_default(),
            policy: policy.clone(),
        });
        Ok(())
    }
}

/// Whether a policy may take the place and the id of its neighbour.
fn can_replace(new: &ConditionalPolicy, old: &ConditionalPolicy) -> bool {
    let mut actions = new.mapping.iter().map(MappedPermission::action);
    actions.any(|action| old.mapping.iter().any(|other| other.action() == action))
}

/// A policy but for its neighbourhood, the same for two that differ in the order of lists only.
#[derive(PartialEq)]
struct Form {
    mapping: Vec<MappedPermission>,
    conditions: String,
}

impl Form {
    fn of(policy: &ConditionalPolicy) -> Self {
        let mut mapping = policy.mapping.clone();
        mapping.sort();
        Self {
            mapping,
            conditions: canonical(&policy.conditions),
        }
    }
}

/// Writes a value so that the order of keys and of lists does not show.
fn canonical(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(canonical).collect();
            items.sort();
            format!("[{}]", items.join(","))
        }
        Value::Object(entries) => {
            let mut entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Action, MappedPermission};

    fn policy(role: &str, actions: &[Action], conditions: &Value) -> ConditionalPolicy {
        ConditionalPolicy {
            role: role.into(),
            plugin_id: "catalog".into(),
            resource_type: "catalog-entity".into(),
            mapping: actions
                .iter()
                .map(|action| MappedPermission::Action(*action))
                .collect(),
            conditions: conditions.clone(),
        }
    }

    fn kinds(kinds: &[&str]) -> Value {
        json!({"rule": "IS_ENTITY_KIND", "resourceType": "catalog-entity", "params": {"kinds": kinds}})
    }

    #[test]
    fn the_order_of_lists_changes_nothing() {
        let stored = [StoredCondition {
            id: 4,
            policy: policy(
                "a",
                &[Action::Read, Action::Delete],
                &kinds(&["api", "group"]),
            ),
        }];
        let wanted = [policy(
            "a",
            &[Action::Delete, Action::Read],
            &kinds(&["group", "api"]),
        )];

        assert!(reconcile(&stored, &wanted).unwrap().is_empty());
    }

    #[test]
    fn a_changed_policy_keeps_its_id_and_the_rest_is_created_or_deleted() {
        let stored = [
            StoredCondition {
                id: 1,
                policy: policy("a", &[Action::Read], &kinds(&["api"])),
            },
            StoredCondition {
                id: 2,
                policy: policy("a", &[Action::Update], &kinds(&["api"])),
            },
        ];
        let changed = policy("a", &[Action::Read], &kinds(&["group"]));
        let new = policy("b", &[Action::Update], &kinds(&["group"]));

        let plan = reconcile(&stored, &[changed.clone(), new.clone()]).unwrap();

        let expected = ReconcilePlan {
            update: vec![StoredCondition {
                id: 1,
                policy: changed,
            }],
            create: vec![new],
            delete: vec![2],
            ids: vec![Some(1), None],
        };
        assert_eq!(plan, expected);
    }

    #[test]
    fn wanted_policies_that_overlap_are_refused() {
        let one = policy("a", &[Action::Read], &kinds(&["api"]));
        let other = policy("a", &[Action::Read], &kinds(&["group"]));

        assert!(reconcile(&[], &[one.clone(), other.clone()]).is_err());
        let stored = [StoredCondition {
            id: 1,
            policy: one.clone(),
        }];
        assert!(reconcile(&stored, &[one, other]).is_err());
    }

    #[test]
    fn a_refused_plan_says_what_would_have_been_written() {
        let one = policy("a", &[Action::Read], &kinds(&["api"]));
        let other = policy("a", &[Action::Read], &kinds(&["group"]));
        let elsewhere = policy("b", &[Action::Read], &kinds(&["api"]));
        let stored = [StoredCondition {
            id: 7,
            policy: elsewhere,
        }];

        let refused = reconcile(&stored, &[one, other]).unwrap_err();

        assert_eq!(
            (refused.plan.create.len(), refused.plan.delete.as_slice()),
            (2, &[7][..])
        );
        assert!(
            refused.to_string().starts_with("Cannot create condition: "),
            "{refused}"
        );
    }
}
