//! What providers hand over, on a state.

use super::*;
use callboard_policy::{Action, Effect};

const CREW: &str = "role:default/crew";
const TOM: &str = "user:default/tom";
const BOB: &str = "user:default/bob";

fn ldap() -> Provided {
    Provided {
        source: Source::Provider("ldap".into()),
        configured: vec!["role:default/rbac_admin".into()],
        now: Timestamp::UNIX_EPOCH,
    }
}

fn row(member: &str, role: &str) -> (String, String) {
    (member.to_owned(), role.to_owned())
}

fn policy(role: &str, effect: &str) -> [String; 4] {
    [role, "catalog-entity", "read", effect].map(str::to_owned)
}

fn condition(role: &str, action: &str) -> Value {
    json!({
        "result": "CONDITIONAL", "roleEntityRef": role, "pluginId": "catalog", "resourceType": "catalog-entity",
        "permissionMapping": [action],
        "conditions": {"rule": "IS_ENTITY_OWNER", "resourceType": "catalog-entity", "params": {"claims": ["$currentUser"]}},
    })
}

fn apply_conditions(state: &mut State, wanted: &[Value]) -> Result<Applied, Error> {
    conditions(state, &ldap(), &ConditionLimits::default(), wanted)
}

/// The crew with Tom and Bob, who may read; and a role of REST.
fn crew() -> State {
    let mut state = State::default();
    roles(&mut state, &ldap(), &[row(TOM, CREW), row(BOB, CREW)]);
    policies(&mut state, &ldap(), &[policy(CREW, "allow")]);
    apply_conditions(&mut state, &[condition(CREW, "delete")]).unwrap();
    let metadata = RoleMetadata::new(Source::Rest, "user:default/ann", Timestamp::UNIX_EPOCH);
    state.roles.insert("role:default/rest".into(), metadata);
    state.add_membership(
        Membership::new(TOM, "role:default/rest"),
        Source::Rest.into(),
    );
    state
}

fn members(state: &State, role: &str) -> Vec<SmolStr> {
    let rows = state.memberships.keys().filter(|row| row.role == role);
    rows.map(|row| row.member.clone()).collect()
}

#[test]
fn a_new_role_belongs_to_its_provider() {
    let mut state = State::default();

    let applied = roles(
        &mut state,
        &ldap(),
        &[row("User:Default/Tom", CREW), row(TOM, CREW)],
    );

    let metadata = &state.roles[CREW];
    assert_eq!(metadata.source, Source::Provider("ldap".into()));
    assert_eq!(
        (metadata.author.as_deref(), metadata.modified_by.as_deref()),
        (None, Some("ldap"))
    );
    assert_eq!(members(&state, CREW), [TOM]);
    assert!(applied.warnings.is_empty());
}

#[test]
fn what_is_handed_over_again_changes_nothing() {
    let state = crew();
    let mut again = state.clone();
    let later = Provided {
        now: "2026-11-21T18:00:00Z".parse().unwrap(),
        ..ldap()
    };

    roles(&mut again, &later, &[row(TOM, CREW), row(BOB, CREW)]);
    policies(&mut again, &later, &[policy(CREW, "allow")]);
    apply_conditions(&mut again, &[condition(CREW, "delete")]).unwrap();

    assert_eq!(again, state);
}

#[test]
fn what_is_no_longer_handed_over_goes() {
    let mut state = crew();

    roles(&mut state, &ldap(), &[row(BOB, CREW)]);
    policies(&mut state, &ldap(), &[policy(CREW, "deny")]);
    apply_conditions(&mut state, &[]).unwrap();

    assert_eq!(members(&state, CREW), [BOB]);
    let denied = Grant::new(CREW, "catalog-entity", Action::Read, Effect::Deny);
    assert_eq!(state.policies.keys().collect::<Vec<_>>(), [&denied]);
    assert!(state.conditions.is_empty());
    assert_eq!(members(&state, "role:default/rest"), [TOM]);
}

#[test]
fn a_role_without_members_goes_with_everything() {
    let mut state = crew();

    roles(&mut state, &ldap(), &[]);

    assert_eq!(Vec::from_iter(state.roles.keys()), ["role:default/rest"]);
    assert!(state.policies.is_empty() && state.conditions.is_empty());
    assert_eq!(state.memberships.len(), 1);
}

#[test]
fn a_condition_that_changes_keeps_its_id() {
    let mut state = crew();
    let ids: Vec<_> = state.conditions.keys().copied().collect();
    let mut wider = condition(CREW, "delete");
    wider["permissionMapping"] = json!(["delete", "update"]);

    apply_conditions(&mut state, &[wider]).unwrap();

    assert_eq!(Vec::from_iter(state.conditions.keys().copied()), ids);
    assert_eq!(state.conditions[&ids[0]].policy.mapping.len(), 2);
}

#[test]
fn roles_of_others_and_faulty_rows_are_left_out() {
    let mut state = crew();
    let before = state.clone();
    let rows = [
        row(TOM, CREW),
        row(BOB, CREW),
        row(BOB, "role:default/rest"),
        row(BOB, "role:default/rbac_admin"),
        row("bob", CREW),
        row(CREW, "role:default/other"),
        row(BOB, "group:default/stage"),
    ];

    let applied = roles(&mut state, &ldap(), &rows);

    assert_eq!(state, before);
    assert_eq!(
        applied.warnings,
        [
            "Unable to validate role user:default/bob,role:default/rest. Cause: source does not match originating role role:default/rest, consider making changes to the 'REST'",
            "Unable to validate role user:default/bob,role:default/rbac_admin. Cause: source does not match originating role role:default/rbac_admin, consider making changes to the 'CONFIGURATION'",
            "Failed to validate group policy bob,role:default/crew. Cause: Entity reference \"bob\" had missing or empty kind (e.g. did not start with \"component:\" or similar)",
            "Group policy is invalid: role:default/crew,role:default/other. rbac-backend plugin doesn't support role inheritance.",
            "Group policy is invalid: user:default/bob,group:default/stage. User membership information could be provided only with help of Catalog API.",
        ]
    );
}

#[test]
fn policies_of_others_and_faulty_ones_are_left_out() {
    let mut state = crew();
    let before = state.clone();
    let rows = [
        policy(CREW, "allow"),
        policy("role:default/rest", "allow"),
        policy(CREW, "maybe"),
    ];

    let applied = policies(&mut state, &ldap(), &rows);

    assert_eq!(state, before);
    let refused: Vec<_> = applied
        .refused
        .iter()
        .map(|(row, error)| format!("{row} {error}"))
        .collect();
    assert_eq!(
        refused,
        [
            r#"["role:default/rest","catalog-entity","read","allow"] source does not match originating role role:default/rest, consider making changes to the 'REST'"#,
            r#"["role:default/crew","catalog-entity","read","maybe"] 'effect' has invalid value: 'maybe'. It should be: 'allow' or 'deny'"#,
        ]
    );
}

#[test]
fn one_faulty_condition_refuses_all() {
    let state = crew();
    let refused = |faulty: Value| {
        let mut tried = state.clone();
        let error = apply_conditions(&mut tried, &[condition(CREW, "update"), faulty]).unwrap_err();
        assert_eq!(tried, state);
        format!("{} {error}", error.wire().0.as_u16())
    };

    assert_eq!(
        refused(json!({})),
        "400 'roleEntityRef' must be specified in the role condition"
    );
    assert!(
        refused(condition("user:default/tom", "read")).starts_with("400 Unsupported kind user.")
    );
    assert_eq!(
        refused(condition("role:default/missing", "read")),
        "404 Corresponding role role:default/missing was not found"
    );
    assert!(
        refused(condition("role:default/rest", "read"))
            .ends_with("consider making changes to the 'REST'")
    );
    assert!(refused(condition(CREW, "update")).starts_with("409 Cannot create condition"));
}
