//! Bringing the stored conditional policies in line with the wanted ones.

use serde_json::Value;

use crate::{
    ConditionalPolicy, OverlapError, StoredCondition, Write, check_overlap, overlap::is_beside,
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
}

impl ReconcilePlan {
    /// Whether nothing must be written.
    pub fn is_empty(&self) -> bool {
        self.update.is_empty() && self.create.is_empty() && self.delete.is_empty()
    }
}

/// Finds what must be written so that `stored` becomes `wanted`.
///
/// Policies that are equal but for the order of lists stay as they are. A wanted policy that
/// is missing takes the place of one that is no longer wanted, of the same role, plugin and
/// resource type and with an action in common; what then remains is created or deleted.
///
/// # Errors
///
/// [`OverlapError`] when two policies would share a permission; nothing may then be written.
///
/// # Source
///
/// Mirrors the community RBAC backend for its file of conditional policies and its providers.
pub fn reconcile(
    stored: &[StoredCondition],
    wanted: &[ConditionalPolicy],
) -> Result<ReconcilePlan, OverlapError> {
    let missing = wanted
        .iter()
        .filter(|policy| !stored.iter().any(|other| is_same(policy, &other.policy)));
    let (kept, mut superfluous): (Vec<_>, Vec<_>) = stored
        .iter()
        .partition(|other| wanted.iter().any(|policy| is_same(policy, &other.policy)));

    let mut plan = ReconcilePlan::default();
    for policy in missing {
        match superfluous
            .iter()
            .position(|other| can_replace(policy, &other.policy))
        {
            Some(at) => {
                let id = superfluous.remove(at).id;
                plan.update.push(StoredCondition {
                    id,
                    policy: policy.clone(),
                });
            }
            None => plan.create.push(policy.clone()),
        }
    }
    plan.delete = superfluous.iter().map(|other| other.id).collect();
    check_plan(&plan, &kept)?;
    Ok(plan)
}

/// Checks each policy that is written against those that stay and those written before.
fn check_plan(plan: &ReconcilePlan, kept: &[&StoredCondition]) -> Result<(), OverlapError> {
    for (at, update) in plan.update.iter().enumerate() {
        let others = kept.iter().copied().chain(&plan.update[..at]);
        check_overlap(Write::Update(update.id), &update.policy, others)?;
    }
    // New policies have no id yet; messages about them show 0.
    let mut created: Vec<StoredCondition> = Vec::new();
    for policy in &plan.create {
        let others = kept.iter().copied().chain(&plan.update).chain(&created);
        check_overlap(Write::Create, policy, others)?;
        created.push(StoredCondition {
            id: 0,
            policy: policy.clone(),
        });
    }
    Ok(())
}

/// Whether a policy may take the place and the id of another.
fn can_replace(new: &ConditionalPolicy, old: &ConditionalPolicy) -> bool {
    is_beside(new, old)
        && new.mapping.iter().any(|entry| {
            old.mapping
                .iter()
                .any(|other| entry.action() == other.action())
        })
}

/// Whether two policies are equal but for the order of lists.
fn is_same(one: &ConditionalPolicy, other: &ConditionalPolicy) -> bool {
    let sorted = |policy: &ConditionalPolicy| {
        let mut mapping = policy.mapping.clone();
        mapping.sort();
        mapping
    };
    is_beside(one, other)
        && sorted(one) == sorted(other)
        && canonical(&one.conditions) == canonical(&other.conditions)
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
}
