//! Conditions added, replaced and removed, on a state.

use super::super::test::{anywhere, creator, owner, refused, role, state};
use super::*;
use callboard_policy::{Action, MappedPermission};
use insta::assert_snapshot;
use serde_json::json;

fn policy(name: &str, actions: &[Action]) -> ConditionalPolicy {
    ConditionalPolicy {
        role: role(name),
        plugin_id: "catalog".into(),
        resource_type: "catalog-entity".into(),
        mapping: actions
            .iter()
            .copied()
            .map(MappedPermission::Action)
            .collect(),
        conditions: json!({"rule": "R", "resourceType": "catalog-entity"}),
    }
}

fn with(policies: &[ConditionalPolicy]) -> State {
    let mut state = state();
    for policy in policies {
        state.add_condition(policy.clone(), Source::Rest.into());
    }
    state
}

const READ: &[Action] = &[Action::Read];
const DELETE: &[Action] = &[Action::Delete];

#[test]
fn a_condition_is_added_replaced_and_removed_under_one_id() {
    let mut state = state();

    let id = add_condition(&mut state, &owner(), policy("ann", READ)).unwrap();
    assert_eq!(state.conditions[&id].policy, policy("ann", READ));

    update_condition(&mut state, &owner(), id, Ok(policy("ann", DELETE))).unwrap();
    assert_eq!(state.conditions[&id].policy, policy("ann", DELETE));

    let removed = delete_condition(&mut state, &owner(), id).unwrap();
    assert_eq!(removed, policy("ann", DELETE));
    assert!(state.conditions.is_empty());
}

#[test]
fn an_id_is_never_given_twice() {
    let mut state = state();
    let first = add_condition(&mut state, &anywhere(), policy("ann", READ)).unwrap();
    delete_condition(&mut state, &anywhere(), first).unwrap();

    let second = add_condition(&mut state, &anywhere(), policy("ann", READ)).unwrap();

    assert!(second > first);
}

#[test]
fn a_condition_may_move_to_another_role() {
    let mut state = with(&[policy("ann", READ)]);

    update_condition(&mut state, &anywhere(), 1, Ok(policy("bob", READ))).unwrap();

    assert_eq!(state.conditions[&1].policy.role, "role:default/bob");
}

#[test]
fn additions_are_refused_in_order() {
    let state = with(&[policy("ann", READ), policy("bob", READ)]);
    let refused = |writer: Writer, name: &str| {
        refused(&state, |state| {
            add_condition(state, &writer, policy(name, READ))
        })
    };

    let seen = [
        refused(owner(), "nobody"),
        refused(owner(), "bob"),
        refused(creator(), "bob"),
        refused(creator(), "everyone"),
        refused(owner(), "everyone"),
        refused(anywhere(), "file"),
        refused(anywhere(), "admin"),
        refused(creator(), "ann"),
        refused(anywhere(), "bob"),
    ];

    assert_snapshot!(seen.join("\n"), @r#"
    404 Corresponding role role:default/nobody was not found
    403
    403
    403
    403
    403 Unable to add condition: source does not match originating role role:default/file, consider making changes to the 'CSV-FILE'
    403 Unable to add condition: source does not match originating role role:default/admin, consider making changes to the 'CONFIGURATION'
    409 Cannot create condition: permission mapping overlaps with existing condition (id: 1) for resource type 'catalog-entity'. Overlapping entries: action 'read'.
    409 Cannot create condition: permission mapping overlaps with existing condition (id: 2) for resource type 'catalog-entity'. Overlapping entries: action 'read'.
    "#);
}

#[test]
fn replacements_are_refused_in_order() {
    let state = with(&[
        policy("ann", READ),
        policy("ann", DELETE),
        policy("bob", READ),
        policy("file", READ),
    ]);
    let refused = |writer: Writer, id, policy| {
        refused(&state, |state| update_condition(state, &writer, id, policy))
    };
    let unreadable = || read_condition(&json!({}), &ConditionLimits::default());

    let seen = [
        refused(owner(), 99, unreadable()),
        refused(owner(), 3, unreadable()),
        refused(anywhere(), 4, unreadable()),
        refused(anywhere(), 4, Ok(policy("ann", READ))),
        refused(owner(), 1, Ok(policy("nobody", READ))),
        refused(owner(), 1, Ok(policy("bob", READ))),
        refused(owner(), 1, Ok(policy("everyone", READ))),
        refused(anywhere(), 1, Ok(policy("file", READ))),
        refused(owner(), 1, Ok(policy("ann", DELETE))),
        refused(anywhere(), 1, Ok(policy("bob", READ))),
    ];

    assert_snapshot!(seen.join("\n"), @r#"
    404 Condition with id 99 was not found
    403
    400 'roleEntityRef' must be specified in the role condition
    403 Unable to edit condition: source does not match originating role role:default/file, consider making changes to the 'CSV-FILE'
    404 Corresponding role role:default/nobody was not found
    403
    403
    403 Unable to edit condition: source does not match originating role role:default/file, consider making changes to the 'CSV-FILE'
    409 Cannot update condition 1: permission mapping overlaps with existing condition (id: 2) for resource type 'catalog-entity'. Overlapping entries: action 'delete'.
    409 Cannot update condition 1: permission mapping overlaps with existing condition (id: 3) for resource type 'catalog-entity'. Overlapping entries: action 'read'.
    "#);
}

#[test]
fn removals_are_refused_in_order() {
    let state = with(&[
        policy("bob", READ),
        policy("file", READ),
        policy("everyone", READ),
    ]);
    let refused =
        |writer: Writer, id| refused(&state, |state| delete_condition(state, &writer, id));

    let seen = [
        refused(owner(), 99),
        refused(owner(), 1),
        refused(anywhere(), 2),
        refused(owner(), 3),
    ];

    assert_snapshot!(seen.join("\n"), @r#"
    404 Condition with id 99 was not found
    403
    403 Unable to delete condition: source does not match originating role role:default/file, consider making changes to the 'CSV-FILE'
    403
    "#);
}

#[test]
fn a_condition_whose_role_is_gone_is_nobodys() {
    let mut state = with(&[policy("ann", READ)]);
    state.roles.shift_remove("role:default/ann");

    assert_eq!(
        refused(&state, |state| delete_condition(state, &anywhere(), 1)),
        "403"
    );
}

#[test]
fn the_default_role_gets_conditions_here_and_nowhere_else() {
    let mut state = state();

    let id = add_condition(&mut state, &anywhere(), policy("everyone", READ)).unwrap();

    update_condition(&mut state, &anywhere(), id, Ok(policy("everyone", DELETE))).unwrap();
    delete_condition(&mut state, &anywhere(), id).unwrap();
}
