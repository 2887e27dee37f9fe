//! Policies added, replaced and removed, on a state.

use super::super::test::{anywhere, creator, owner, refused, role, state};
use super::*;
use insta::assert_snapshot;

/// A policy of a role: `ann catalog-entity read allow`.
fn written(text: &str) -> Written {
    let [subject, permission, action, effect] =
        text.splitn(4, ' ').collect::<Vec<_>>().try_into().unwrap();
    let subject: String = if subject.contains(':') {
        subject.to_owned()
    } else {
        role(subject)
    };
    Grant::parse(&subject, permission, action, effect)
}

fn list(texts: &[&str]) -> Vec<Written> {
    texts.iter().map(|text| written(text)).collect()
}

fn with(texts: &[&str]) -> State {
    let mut state = state();
    for policy in list(texts) {
        state.add_policy(policy.unwrap(), Source::Rest.into());
    }
    state
}

fn stored(state: &State) -> Vec<String> {
    state.policies.keys().map(Grant::to_string).collect()
}

const READ: &str = "ann catalog-entity read allow";
const DENY: &str = "ann catalog-entity read deny";
const DELETE: &str = "ann catalog-entity delete allow";

#[test]
fn policies_are_added_in_order() {
    let mut state = with(&[READ]);

    let added = add_policies(&mut state, &anywhere(), list(&[DENY, DELETE])).unwrap();

    assert_eq!(added.len(), 2);
    assert_eq!(
        stored(&state),
        [
            "role:default/ann,catalog-entity,read,allow",
            "role:default/ann,catalog-entity,read,deny",
            "role:default/ann,catalog-entity,delete,allow",
        ]
    );
    assert!(
        state
            .policies
            .values()
            .all(|record| record.origin.source == Source::Rest)
    );
    assert_eq!(
        state.roles,
        super::super::test::state().roles,
        "metadata stay as they were"
    );
}

#[test]
fn the_checks_of_an_addition_come_in_order() {
    let state = with(&[READ]);
    let refused =
        |texts: &[&str]| refused(&state, |state| add_policies(state, &owner(), list(texts)));

    let seen = [
        // Each row is checked whole before the next one.
        refused(&["ann  read allow", "nobody a read allow"]),
        refused(&["nobody a read allow", "ann  read allow"]),
        refused(&["ann a b allow"]),
        refused(&["user:default/tom a read allow"]),
        refused(&["bob a read allow"]),
        refused(&["file a read allow"]),
        refused(&["everyone a read allow"]),
        refused(&[READ, READ]),
        refused(&[DELETE, DELETE]),
        refused(&[DELETE, READ]),
    ];

    assert_snapshot!(seen.join("\n"), @r#"
    400 Invalid policy definition. Cause: 'permission' field must not be empty
    404 Corresponding role role:default/nobody was not found
    400 Invalid policy definition. Cause: 'policy' has invalid value: 'b'. It should be one of: create, read, update, delete, use
    403
    403
    403
    403 Unable to add policy role:default/everyone,a,read,allow: source does not match originating role role:default/everyone, consider making changes to the 'CONFIGURATION'
    409 Policy '[role:default/ann, catalog-entity, read, allow]' has been already stored
    409 Duplicate polices found; role:default/ann, catalog-entity, delete, allow is a duplicate
    409 Policy '[role:default/ann, catalog-entity, read, allow]' has been already stored
    "#);
}

#[test]
fn who_may_only_create_adds_to_roles_of_their_own() {
    let refused = |text: &str| {
        refused(&state(), |state| {
            add_policies(state, &creator(), list(&[text]))
        })
    };

    assert!(add_policies(&mut state(), &creator(), list(&[READ])).is_ok());
    assert_eq!(refused("bob a read allow"), "403");
    assert_eq!(refused("old a read allow"), "403");
    assert_eq!(refused("everyone a read allow"), "403");
}

#[test]
fn anybody_may_change_what_old_versions_left() {
    let mut state = state();

    add_policies(&mut state, &anywhere(), list(&["old a read allow"])).unwrap();
    delete_policies(&mut state, &anywhere(), list(&["old a read allow"])).unwrap();

    assert_eq!(stored(&state), [""; 0]);
}

#[test]
fn an_update_puts_the_new_policies_last() {
    let mut state = with(&[READ, DELETE]);

    let updated = update_policies(&mut state, &anywhere(), list(&[READ]), list(&[DENY])).unwrap();

    assert_eq!(updated, Some(vec![written(DENY).unwrap()]));
    assert_eq!(
        stored(&state),
        [
            "role:default/ann,catalog-entity,delete,allow",
            "role:default/ann,catalog-entity,read,deny",
        ]
    );
}

#[test]
fn the_same_policies_in_another_order_change_nothing() {
    let before = with(&[READ, DELETE]);
    let mut state = before.clone();

    let updated = update_policies(
        &mut state,
        &anywhere(),
        list(&[READ, DELETE]),
        list(&[DELETE, READ]),
    );

    assert_eq!(updated.unwrap(), None);
    assert_eq!(state, before);
}

#[test]
fn the_checks_of_an_update_come_in_order() {
    let state = with(&[READ, DELETE, "bob a read allow", "file a read allow"]);
    let refused = |old: &[&str], new: &[&str]| {
        refused(&state, |state| {
            update_policies(state, &owner(), list(old), list(new))
        })
    };

    let seen = [
        refused(&["ann a b allow"], &["ann a c allow"]),
        refused(&["bob a read allow"], &["bob a b allow"]),
        refused(&["file a read allow"], &["file a read deny"]),
        refused(&[DENY], &["ann a read allow"]),
        refused(&[READ, READ], &[DENY]),
        refused(&[READ, DELETE], &[DENY]),
        refused(&[READ], &["ann a b allow"]),
        refused(&[READ, DELETE], &[READ, DENY]),
        refused(&[READ], &[DENY, DENY]),
    ];

    assert_snapshot!(seen.join("\n"), @r#"
    400 Invalid old policy definition. Cause: 'policy' has invalid value: 'b'. It should be one of: create, read, update, delete, use
    403
    403
    404 Policy '[role:default/ann, catalog-entity, read, deny]' not found
    409 Duplicate polices found; role:default/ann, catalog-entity, read, allow is a duplicate
    400 'oldPolicy' object has more permission policies compared to 'newPolicy' object
    400 Invalid new policy definition. Cause: 'policy' has invalid value: 'b'. It should be one of: create, read, update, delete, use
    409 Policy '[role:default/ann, catalog-entity, read, allow]' has been already stored
    409 Duplicate polices found; role:default/ann, catalog-entity, read, deny is a duplicate
    "#);
}

#[test]
fn policies_of_foreign_roles_are_neither_edited_nor_deleted() {
    let state = with(&["file a read allow"]);
    let row = || list(&["file a read allow"]);

    let seen = [
        refused(&state, |state| {
            update_policies(state, &anywhere(), row(), row())
        }),
        refused(&state, |state| delete_policies(state, &anywhere(), row())),
        refused(&state, |state| {
            delete_policies_of(state, &anywhere(), "role:default/file")
        }),
    ];

    assert_snapshot!(seen.join("\n"), @r#"
    403 Unable to edit policy role:default/file,a,read,allow: source does not match originating role role:default/file, consider making changes to the 'CSV-FILE'
    403 Unable to delete policy role:default/file,a,read,allow: source does not match originating role role:default/file, consider making changes to the 'CSV-FILE'
    403 Unable to delete policy role:default/file,a,read,allow: source does not match originating role role:default/file, consider making changes to the 'CSV-FILE'
    "#);
}

#[test]
fn all_policies_of_a_role_are_deleted_at_once() {
    let mut state = with(&[READ, "bob a read allow", DELETE]);

    let removed = delete_policies_of(&mut state, &owner(), "role:default/ann").unwrap();

    assert_eq!(removed.len(), 2);
    assert_eq!(stored(&state), ["role:default/bob,a,read,allow"]);
    let refused =
        |subject: &str| refused(&state, |state| delete_policies_of(state, &owner(), subject));
    assert_eq!(refused("role:default/ann"), "404");
    assert_eq!(refused("role:default/bob"), "403");
    assert_eq!(refused("user:default/ann"), "403");
    assert_eq!(
        refused("role:default/nobody"),
        "404 Corresponding role role:default/nobody was not found"
    );
}
