//! Roles created, updated and deleted, on a state.

use super::super::super::owner::{Visible, tests_of};
use super::*;
use callboard_policy::{
    Action, Condition, ConditionalPolicy, Criteria, Effect, Grant, MappedPermission,
};
use jiff::Timestamp;
use serde_json::json;

const READERS: &str = "role:default/readers";
const ALICE: &str = "user:default/alice";
const BOB: &str = "user:default/bob";
const CAROL: &str = "user:default/carol";

fn writer(user: &str) -> Writer {
    Writer {
        user: user.into(),
        now: Timestamp::UNIX_EPOCH,
        roles: Visible::All,
    }
}

/// Somebody who may change the roles of `user:default/olga` only.
fn olga() -> Writer {
    let leaf = json!({"rule": "IS_OWNER", "resourceType": "policy-entity", "params": {"owners": ["user:default/olga"]}});
    let criteria: Criteria<Condition> = Criteria::from_json(&leaf).unwrap();
    Writer {
        roles: Visible::Owned(tests_of(&criteria).unwrap()),
        ..writer("user:default/olga")
    }
}

fn draft(name: &str, members: &[&str]) -> RoleDraft {
    RoleDraft {
        name: name.to_owned(),
        members: members.iter().map(|member| (*member).to_owned()).collect(),
        ..RoleDraft::default()
    }
}

fn role(name: &str, members: &[&str]) -> NewRole {
    draft(name, members).check().unwrap()
}

fn update(old: &[&str], name: &str, new: &[&str]) -> RoleUpdate {
    RoleUpdate {
        old: role(READERS, old),
        new: role(name, new),
    }
}

/// Readers with Alice and Bob, a policy and a condition, written by `user:default/ann`.
fn readers() -> State {
    let mut state = State::default();
    create_role(
        &mut state,
        &writer("user:default/ann"),
        &role(READERS, &[ALICE, BOB]),
    )
    .unwrap();
    let grant = Grant::new(READERS, "catalog-entity", Action::Read, Effect::Allow);
    state.add_policy(grant, Source::Rest.into());
    let condition = ConditionalPolicy {
        role: READERS.into(),
        plugin_id: "catalog".into(),
        resource_type: "catalog-entity".into(),
        mapping: vec![MappedPermission::from_json(&json!("delete")).unwrap()],
        conditions: json!({}),
    };
    state.add_condition(condition, Source::Rest.into());
    state
}

fn with_source(source: Source) -> State {
    let mut state = readers();
    state.roles.get_mut(READERS).unwrap().source = source;
    state
}

fn members(state: &State, role: &str) -> Vec<SmolStr> {
    members_of(state, role)
}

/// The status and message of a refusal, which has left the state as it was.
fn refusal<T>(
    state: &State,
    change: impl FnOnce(&mut State) -> Result<Changed<T>, Error>,
) -> String {
    let mut tried = state.clone();
    let error = change(&mut tried).err().expect("it is refused");
    assert_eq!(tried, *state);
    format!("{} {error}", error.wire().0.as_u16())
}

#[test]
fn a_new_role_belongs_to_whoever_creates_it() {
    let mut state = State::default();

    let changed = create_role(
        &mut state,
        &writer(ALICE),
        &role(READERS, &["user:default/Bob"]),
    );

    let metadata = &state.roles[READERS];
    assert_eq!(metadata.source, Source::Rest);
    assert_eq!(metadata.owner.as_deref(), Some(ALICE));
    assert_eq!(metadata.author.as_deref(), Some(ALICE));
    assert_eq!(metadata.description.as_deref(), Some(""));
    assert_eq!(members(&state, READERS), [BOB]);
    assert_eq!(
        changed.unwrap().meta,
        json!({
            "roleEntityRef": READERS, "source": "rest", "description": "", "owner": ALICE,
            "author": ALICE, "modifiedBy": ALICE, "members": [BOB],
        })
    );
}

#[test]
fn more_members_leave_owner_and_description_alone() {
    let mut state = readers();
    let metadata = state.roles.get_mut(READERS).unwrap();
    metadata.description = Some("who reads".to_owned());

    create_role(&mut state, &writer(BOB), &role(READERS, &[CAROL])).unwrap();

    let metadata = &state.roles[READERS];
    assert_eq!(members(&state, READERS), [ALICE, BOB, CAROL]);
    assert_eq!(metadata.owner.as_deref(), Some("user:default/ann"));
    assert_eq!(metadata.description.as_deref(), Some("who reads"));
    assert_eq!(metadata.author.as_deref(), Some("user:default/ann"));
    assert_eq!(metadata.modified_by.as_deref(), Some(BOB));
}

#[test]
fn nobody_joins_a_role_that_they_may_not_update() {
    let state = readers();
    let join = |writer: Writer| {
        refusal(&state, |state| {
            create_role(state, &writer, &role(READERS, &[ALICE]))
        })
    };

    // Before members are compared: who may not change a role does not learn who holds it.
    assert_eq!(join(olga()), "403 ");
    assert_eq!(
        join(Writer {
            roles: Visible::Nothing,
            ..writer(BOB)
        }),
        "403 "
    );
}

#[test]
fn members_come_once() {
    let state = readers();
    let create = |members: &[&str]| {
        refusal(&state, |state| {
            create_role(state, &writer(ALICE), &role(READERS, members))
        })
    };

    assert_eq!(create(&[CAROL, ALICE]), "409 ");
    assert_eq!(
        create(&[CAROL, "user:default/Carol", ALICE]),
        "409 Duplicate role members found; user:default/carol, role:default/readers is a duplicate"
    );
}

#[test]
fn roles_of_other_sources_stay_as_they_are() {
    let all = [role(READERS, &[CAROL])];
    for (source, name) in [
        (Source::CsvFile, "CSV-FILE"),
        (Source::Configuration, "CONFIGURATION"),
        (Source::Provider("ldap".into()), "LDAP"),
    ] {
        let state = with_source(source);
        let message = |what: &str| {
            format!(
                "403 Unable to {what} role: source does not match originating role {READERS}, consider making changes to the '{name}'"
            )
        };
        let ann = writer("user:default/ann");

        let created = refusal(&state, |state| create_role(state, &ann, &all[0]));
        let updated = refusal(&state, |state| {
            update_role(state, &ann, update(&[CAROL], READERS, &[ALICE]))
        });
        let deleted = refusal(&state, |state| {
            delete_role(state, &ann, READERS, Some(CAROL))
        });

        assert_eq!(created, message("add"));
        assert_eq!(updated, message("edit"));
        assert_eq!(deleted, message("delete"));
    }
}

#[test]
fn the_first_writer_takes_a_legacy_role() {
    let ann = writer("user:default/ann");
    let (mut created, mut updated, mut left) = (
        with_source(Source::Legacy),
        with_source(Source::Legacy),
        with_source(Source::Legacy),
    );

    create_role(&mut created, &ann, &role(READERS, &[CAROL])).unwrap();
    update_role(&mut updated, &ann, update(&[ALICE], READERS, &[CAROL])).unwrap();
    delete_role(&mut left, &ann, READERS, Some(ALICE)).unwrap();

    for state in [created, updated, left] {
        assert_eq!(state.roles[READERS].source, Source::Rest);
    }
}

#[test]
fn an_update_replaces_what_it_names() {
    let mut state = readers();

    update_role(
        &mut state,
        &writer(BOB),
        update(&[ALICE], READERS, &[CAROL]),
    )
    .unwrap();

    assert_eq!(members(&state, READERS), [BOB, CAROL]);
    assert_eq!(
        state.roles[READERS].owner.as_deref(),
        Some("user:default/ann")
    );
    assert_eq!(state.policies.len(), 1);
}

#[test]
fn a_renamed_role_takes_everything_along() {
    let mut state = readers();
    let new = draft("role:default/visitors", &[CAROL]);
    let new = RoleDraft {
        description: Some("who visits".to_owned()),
        owner: Some(BOB.to_owned()),
        ..new
    };
    let update = RoleUpdate {
        old: role(READERS, &[ALICE]),
        new: new.check().unwrap(),
    };

    update_role(&mut state, &writer(BOB), update).unwrap();

    let visitors = "role:default/visitors";
    assert_eq!(members(&state, visitors), [BOB, CAROL]);
    assert_eq!(state.roles.len(), 1);
    let metadata = &state.roles[visitors];
    assert_eq!(metadata.author.as_deref(), Some("user:default/ann"));
    assert_eq!(metadata.owner.as_deref(), Some(BOB));
    assert_eq!(metadata.description.as_deref(), Some("who visits"));
    assert!(
        state
            .policies
            .keys()
            .all(|policy| policy.subject == visitors)
    );
    assert!(
        state
            .conditions
            .values()
            .all(|condition| condition.policy.role == visitors)
    );
}

#[test]
fn updates_are_refused_in_order() {
    let mut state = readers();
    create_role(
        &mut state,
        &writer(BOB),
        &role("role:default/taken", &[CAROL]),
    )
    .unwrap();
    let by = |writer: Writer, update: RoleUpdate| {
        refusal(&state, |state| update_role(state, &writer, update))
    };
    let claims = |source: &str| {
        let new = RoleDraft {
            source: Some(source.to_owned()),
            ..draft(READERS, &[ALICE])
        };
        RoleUpdate {
            old: role(READERS, &[ALICE]),
            new: new.check().unwrap(),
        }
    };
    let missing = RoleUpdate {
        old: role("role:default/missing", &[ALICE]),
        new: role(READERS, &[ALICE]),
    };

    assert_eq!(
        by(writer(BOB), missing),
        "404 Unable to find metadata for role:default/missing"
    );
    assert_eq!(by(olga(), update(&[ALICE], READERS, &[CAROL])), "403 ");
    assert_eq!(by(writer(BOB), update(&[ALICE], READERS, &[BOB])), "409 ");
    assert_eq!(
        by(writer(BOB), update(&[ALICE], READERS, &[CAROL, CAROL])),
        "409 Duplicate role members found; user:default/carol, role:default/readers is a duplicate"
    );
    assert_eq!(
        by(writer(BOB), update(&[ALICE, CAROL], READERS, &[CAROL])),
        "404 Member reference: user:default/carol was not found for role role:default/readers"
    );
    assert_eq!(
        by(writer(BOB), update(&[ALICE, ALICE], READERS, &[CAROL])),
        "409 Duplicate role members found; user:default/alice, role:default/readers is a duplicate"
    );
    assert_eq!(
        by(
            writer(BOB),
            update(&[ALICE], "role:default/taken", &[ALICE])
        ),
        "409 "
    );
    assert_eq!(
        by(writer(BOB), claims("csv-file")),
        "400 The RoleMetadata.source field is 'read-only'."
    );
}

#[test]
fn the_last_member_takes_the_role_along() {
    let mut state = readers();
    let ann = writer("user:default/ann");

    delete_role(&mut state, &ann, READERS, Some("user:default/Alice")).unwrap();
    assert_eq!(members(&state, READERS), [BOB]);
    assert_eq!(state.policies.len(), 1);

    let changed = delete_role(&mut state, &ann, READERS, Some(BOB)).unwrap();
    assert_eq!(changed.meta["members"], json!([BOB]));
    assert!(state.roles.is_empty() && state.memberships.is_empty());
    assert!(state.policies.is_empty() && state.conditions.is_empty());
}

#[test]
fn a_role_is_deleted_whole() {
    let mut state = readers();

    let changed = delete_role(&mut state, &writer(ALICE), READERS, None).unwrap();

    assert_eq!(
        changed.meta,
        json!({"roleEntityRef": READERS, "source": "rest", "modifiedBy": ALICE, "members": [ALICE, BOB]})
    );
    assert!(state.roles.is_empty() && state.memberships.is_empty());
    assert!(state.policies.is_empty() && state.conditions.is_empty());
}

#[test]
fn deletions_are_refused_in_order() {
    let state = readers();
    let by = |writer: Writer, role: &str, member: Option<&str>| {
        refusal(&state, |state| delete_role(state, &writer, role, member))
    };

    assert_eq!(by(writer(ALICE), "role:default/missing", None), "403 ");
    assert_eq!(by(olga(), READERS, None), "403 ");
    assert_eq!(
        by(writer(ALICE), READERS, Some("User:default/Carol")),
        "404 role member 'user:default/carol' was not found"
    );
}

#[test]
fn drafts_are_refused_with_the_first_fault() {
    let cause = |draft: RoleDraft| draft.check().unwrap_err().to_string();
    let owned = |owner: &str| RoleDraft {
        owner: Some(owner.to_owned()),
        ..draft(READERS, &[ALICE])
    };

    assert_eq!(cause(draft("", &[])), "'name' field must not be empty");
    assert!(cause(draft("user:default/a", &[])).starts_with("Unsupported kind user."));
    assert_eq!(
        cause(draft(READERS, &[])),
        "'memberReferences' field must not be empty"
    );
    assert!(cause(draft(READERS, &[ALICE, "bob"])).contains("missing or empty kind"));
    assert_eq!(
        cause(draft(READERS, &["role:default/other"])),
        "Unsupported kind role. List supported values [\"user\", \"group\"]"
    );
    assert!(cause(owned("role:default/other")).starts_with("Unsupported kind role."));
    assert!(owned("").check().is_ok());
}
