//! Conditional policies that would get in each other's way.

use smol_str::SmolStr;

use crate::{ConditionalPolicy, MappedPermission, StoredCondition};

/// What is about to be done with a conditional policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// It is new.
    Create,
    /// It replaces the one with this id.
    Update(i64),
}

/// Checks that a policy shares no permission with another of its role, plugin and type.
///
/// Two entries share one when their actions are the same, unless both name permissions and
/// the names differ. The policy that is replaced is left out.
///
/// # Errors
///
/// [`OverlapError`], whose message goes to the caller as it stands.
///
/// # Source
///
/// Mirrors the conflict check of the community RBAC backend.
pub fn check_overlap<'a>(
    write: Write,
    policy: &ConditionalPolicy,
    stored: impl IntoIterator<Item = &'a StoredCondition>,
) -> Result<(), OverlapError> {
    let overlaps: Vec<_> = stored
        .into_iter()
        .filter(|other| write != Write::Update(other.id) && is_beside(policy, &other.policy))
        .filter_map(|other| {
            let entries = shared_entries(&policy.mapping, &other.policy.mapping);
            (!entries.is_empty()).then(|| (other.id, entries.join("; ")))
        })
        .collect();
    if overlaps.is_empty() {
        return Ok(());
    }
    Err(OverlapError {
        write,
        resource_type: policy.resource_type.clone(),
        overlaps,
    })
}

/// Whether two policies are for the same role, plugin and resource type.
pub(crate) fn is_beside(one: &ConditionalPolicy, other: &ConditionalPolicy) -> bool {
    one.role == other.role
        && one.plugin_id == other.plugin_id
        && one.resource_type == other.resource_type
}

/// Says what two mappings share; nothing when they share nothing.
pub(crate) fn shared_entries(new: &[MappedPermission], stored: &[MappedPermission]) -> Vec<String> {
    let pairs = new
        .iter()
        .flat_map(|new| stored.iter().map(move |stored| (new, stored)));
    pairs
        .filter(|(new, stored)| new.action() == stored.action())
        .filter_map(|(new, stored)| shared(new, stored))
        .collect()
}

/// Describes what two entries of one action share.
fn shared(new: &MappedPermission, stored: &MappedPermission) -> Option<String> {
    let action = new.action();
    match (new.name(), stored.name()) {
        (None, None) => Some(format!("action '{action}'")),
        (Some(new), Some(stored)) => (new == stored).then(|| format!("permission '{new}'")),
        (Some(new), None) => Some(format!(
            "permission '{new}' overlaps with action '{action}' (broad)"
        )),
        (None, Some(stored)) => Some(format!(
            "action '{action}' (broad) overlaps with permission '{stored}'"
        )),
    }
}

/// A conditional policy shares permissions with others; the message is that of the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverlapError {
    write: Write,
    resource_type: SmolStr,
    /// The id of each policy in the way, and what is shared with it.
    overlaps: Vec<(i64, String)>,
}

impl std::error::Error for OverlapError {}

impl std::fmt::Display for OverlapError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.write {
            Write::Create => f.write_str("Cannot create condition: ")?,
            Write::Update(id) => write!(f, "Cannot update condition {id}: ")?,
        }
        f.write_str("permission mapping overlaps with ")?;
        let resource_type = &self.resource_type;
        if let [(id, entries)] = self.overlaps.as_slice() {
            return write!(
                f,
                "existing condition (id: {id}) for resource type '{resource_type}'. Overlapping entries: {entries}."
            );
        }
        write!(
            f,
            "{} existing conditions for resource type '{resource_type}'.",
            self.overlaps.len()
        )?;
        self.overlaps
            .iter()
            .try_for_each(|(id, entries)| write!(f, " Condition {id}: {entries}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Action;

    fn policy(mapping: &[(Option<&str>, Action)]) -> ConditionalPolicy {
        let entry = |(name, action): &(Option<&str>, Action)| match name {
            Some(name) => MappedPermission::Named {
                name: (*name).into(),
                action: *action,
            },
            None => MappedPermission::Action(*action),
        };
        ConditionalPolicy {
            role: "role:default/a".into(),
            plugin_id: "catalog".into(),
            resource_type: "catalog-entity".into(),
            mapping: mapping.iter().map(entry).collect(),
            conditions: serde_json::Value::Null,
        }
    }

    fn stored(id: i64, mapping: &[(Option<&str>, Action)]) -> StoredCondition {
        StoredCondition {
            id,
            policy: policy(mapping),
        }
    }

    #[test]
    fn different_names_of_one_action_do_not_overlap() {
        let others = [
            stored(1, &[(Some("x"), Action::Read)]),
            stored(2, &[(None, Action::Delete)]),
        ];

        assert_eq!(
            check_overlap(
                Write::Create,
                &policy(&[(Some("y"), Action::Read)]),
                &others
            ),
            Ok(())
        );
    }

    #[test]
    fn each_kind_of_overlap_is_named() {
        let message = |new: &[_], old: &[_]| {
            check_overlap(Write::Create, &policy(new), &[stored(7, old)])
                .unwrap_err()
                .to_string()
        };
        let said = |list: &str| {
            format!(
                "Cannot create condition: permission mapping overlaps with existing condition (id: 7) for resource \
                 type 'catalog-entity'. Overlapping entries: {list}."
            )
        };
        let (broad, named) = ((None, Action::Read), (Some("x"), Action::Read));

        assert_eq!(message(&[broad], &[broad]), said("action 'read'"));
        assert_eq!(message(&[named], &[named]), said("permission 'x'"));
        assert_eq!(
            message(&[named], &[broad]),
            said("permission 'x' overlaps with action 'read' (broad)")
        );
        assert_eq!(
            message(&[broad], &[named]),
            said("action 'read' (broad) overlaps with permission 'x'")
        );
    }

    #[test]
    fn several_overlaps_are_listed_and_the_replaced_policy_is_left_out() {
        let read = [(None, Action::Read)];
        let others = [stored(1, &read), stored(2, &read), stored(3, &read)];

        let error = check_overlap(Write::Update(2), &policy(&read), &others).unwrap_err();

        assert_eq!(
            error.to_string(),
            "Cannot update condition 2: permission mapping overlaps with 2 existing conditions for resource type \
             'catalog-entity'. Condition 1: action 'read'. Condition 3: action 'read'."
        );
    }
}
