//! What the start-up synchronisation does to a state.

use super::*;
use callboard_config::Config;
use callboard_policy::{Action, ConditionsFileLimits, Effect, Grant};
use serde_json::{Value, json};
use std::path::PathBuf;

fn config(rbac: &Value) -> RbacConfig {
    let config = json!({"permission": {"enabled": true, "rbac": rbac}});
    RbacConfig::from_config(&Config::from_value(config)).unwrap()
}

fn content<T>(name: &str, held: T) -> Option<Content<T>> {
    Some(Content {
        name: name.into(),
        path: PathBuf::from(name),
        sha256: "0".into(),
        held,
    })
}

fn conditions(text: &str) -> Conditions {
    Conditions {
        text: text.to_owned(),
        parsed: ConditionsFile::parse(text, &ConditionsFileLimits::default()),
    }
}

fn sources(csv: &str, yaml: &str) -> Sources {
    Sources {
        policies: Ok(content("a.csv", PolicyFile::parse("a.csv", csv))),
        conditions: Ok(content("a.yaml", conditions(yaml))),
    }
}

fn nothing() -> Sources {
    Sources {
        policies: Ok(None),
        conditions: Ok(None),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

const ROLE: &str = "role:default/a";

fn role(source: Source) -> State {
    let mut state = State::default();
    state.roles.insert(
        ROLE.into(),
        RoleMetadata::new(source.clone(), "somebody", at(0)),
    );
    state.add_membership(Membership::new("user:default/tom", ROLE), source.into());
    state
}

const CSV: &str =
    "g, user:default/tom, role:default/a\np, role:default/a, catalog-entity, read, allow\n";

const YAML: &str = "
result: CONDITIONAL
roleEntityRef: role:default/a
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions: {rule: IS_ENTITY_KIND, resourceType: catalog-entity, params: {kinds: [API, Group]}}
";

#[test]
fn doing_it_twice_changes_nothing() {
    let config = config(&json!({
        "admin": {"users": [{"name": "user:default/ann"}]},
        "defaultPermissions": {"defaultRole": "role:default/all", "basicPermissions": [{"permission": "x"}]},
    }));
    let mut state = State::default();
    bring_in_line(&mut state, &config, &sources(CSV, YAML), at(1)).unwrap();
    let before = state.clone();

    let findings = bring_in_line(&mut state, &config, &sources(CSV, YAML), at(2)).unwrap();

    assert_eq!(state, before);
    assert_eq!(findings, []);
}

#[test]
fn rows_and_conditions_know_their_lines() {
    let mut state = State::default();
    bring_in_line(&mut state, &config(&json!({})), &sources(CSV, YAML), at(1)).unwrap();

    bring_in_line(
        &mut state,
        &config(&json!({})),
        &sources(&format!("#\n{CSV}"), &format!("#\n{YAML}")),
        at(2),
    )
    .unwrap();

    let grant = Grant::new(ROLE, "catalog-entity", Action::Read, Effect::Allow);
    assert_eq!(state.policies[&grant].origin.to_string(), "a.csv:3");
    assert_eq!(state.conditions[&1].origin.to_string(), "a.yaml:3");
    assert_eq!(state.roles[ROLE].modified_at, Some(at(1)));
}

#[test]
fn the_file_takes_a_legacy_role_over() {
    let mut state = role(Source::Legacy);

    bring_in_line(&mut state, &config(&json!({})), &sources(CSV, ""), at(5)).unwrap();

    let metadata = &state.roles[ROLE];
    assert_eq!(
        (&metadata.source, metadata.modified_by.as_deref()),
        (&Source::CsvFile, Some(FILE_AUTHOR))
    );
    assert_eq!(
        (metadata.author.as_deref(), metadata.created_at),
        (Some("somebody"), Some(at(0)))
    );
}

#[test]
fn the_file_leaves_roles_of_others_alone() {
    let mut state = role(Source::Rest);
    let before = state.clone();

    let csv =
        "g, user:default/eve, role:default/a\np, role:default/a, catalog-entity, read, allow\n";
    let findings =
        bring_in_line(&mut state, &config(&json!({})), &sources(csv, YAML), at(5)).unwrap();

    assert_eq!(state.members()[ROLE], before.members()[ROLE]);
    assert_eq!(state.roles[ROLE], before.roles[ROLE]);
    assert!(state.conditions.is_empty());
    let lines: Vec<_> = findings.iter().map(|finding| finding.line).collect();
    assert_eq!(lines, [Some(1), Some(2), Some(2)], "{findings:?}");
}

#[test]
fn a_role_without_members_goes_with_its_conditions() {
    let mut state = State::default();
    bring_in_line(&mut state, &config(&json!({})), &sources(CSV, YAML), at(1)).unwrap();

    bring_in_line(&mut state, &config(&json!({})), &sources("", YAML), at(2)).unwrap();

    assert!(!state.roles.contains_key(ROLE));
    assert!(state.conditions.is_empty() && state.memberships.is_empty());
}

#[test]
fn files_that_are_no_longer_configured_leave_nothing() {
    let mut state = State::default();
    bring_in_line(&mut state, &config(&json!({})), &nothing(), at(0)).unwrap();
    let before = state.clone();
    bring_in_line(&mut state, &config(&json!({})), &sources(CSV, YAML), at(1)).unwrap();

    bring_in_line(&mut state, &config(&json!({})), &nothing(), at(2)).unwrap();

    assert_eq!(
        (state.roles, state.memberships),
        (before.roles, before.memberships)
    );
    assert_eq!(
        (state.policies, state.conditions),
        (before.policies, before.conditions)
    );
}

#[test]
fn a_condition_with_its_lists_in_another_order_is_the_same() {
    let mut state = State::default();
    bring_in_line(&mut state, &config(&json!({})), &sources(CSV, YAML), at(1)).unwrap();
    let before = state.conditions.clone();

    let other = YAML.replace("API, Group", "Group, API");
    bring_in_line(
        &mut state,
        &config(&json!({})),
        &sources(CSV, &other),
        at(2),
    )
    .unwrap();

    assert_eq!(state.conditions, before);
}

#[test]
fn conditions_that_overlap_are_refused_as_a_whole() {
    let mut state = State::default();
    let two = format!("{YAML}---{}", YAML.replace("API", "User"));

    let findings =
        bring_in_line(&mut state, &config(&json!({})), &sources(CSV, &two), at(1)).unwrap();

    assert!(state.conditions.is_empty());
    assert_eq!(findings.len(), 1);
    assert!(
        findings[0]
            .message
            .starts_with("Cannot create condition: permission mapping overlaps"),
        "{findings:?}"
    );
}

#[test]
fn a_default_role_is_replaced_by_another() {
    let named = |name: &str| {
        config(
            &json!({"defaultPermissions": {"defaultRole": name, "basicPermissions": [{"permission": "x"}]}}),
        )
    };
    let mut state = State::default();
    bring_in_line(&mut state, &named("role:default/one"), &nothing(), at(1)).unwrap();

    bring_in_line(&mut state, &named("role:default/two"), &nothing(), at(2)).unwrap();

    assert!(!state.roles.contains_key("role:default/one"));
    assert!(
        state
            .policies
            .keys()
            .all(|policy| policy.subject != "role:default/one")
    );
    assert!(state.roles["role:default/two"].is_default);
}

#[test]
fn a_default_role_of_another_source_stops_the_start() {
    let config = config(
        &json!({"defaultPermissions": {"defaultRole": ROLE, "basicPermissions": [{"permission": "x"}]}}),
    );

    let error = bring_in_line(&mut role(Source::Rest), &config, &nothing(), at(1)).unwrap_err();

    assert!(
        error
            .to_string()
            .ends_with("consider making changes to the 'REST'"),
        "{error}"
    );
}

#[test]
fn administrators_that_are_no_longer_configured_go() {
    let admins = |names: &[&str]| {
        let users: Vec<_> = names.iter().map(|name| json!({"name": name})).collect();
        config(&json!({"admin": {"users": users}}))
    };
    let mut state = State::default();
    bring_in_line(
        &mut state,
        &admins(&["user:default/Ann", "user:default/eve"]),
        &nothing(),
        at(1),
    )
    .unwrap();

    bring_in_line(
        &mut state,
        &admins(&["user:default/eve"]),
        &nothing(),
        at(2),
    )
    .unwrap();

    assert_eq!(
        state.members()["role:default/rbac_admin"],
        ["user:default/eve"]
    );
    assert_eq!(state.policies.len(), 5);
    assert_eq!(
        state.roles["role:default/rbac_admin"].modified_at,
        Some(at(2))
    );
}

#[test]
fn policies_without_a_member_are_kept_with_the_file_and_go_with_it() {
    let config = config(&json!({}));
    let mut state = State::default();
    bring_in_line(&mut state, &config, &sources(CSV, YAML), at(1)).unwrap();
    let grant = Grant::new(ROLE, "catalog-entity", Action::Read, Effect::Allow);

    let orphan = "p, role:default/a, catalog-entity, read, allow\n";
    bring_in_line(&mut state, &config, &sources(orphan, ""), at(2)).unwrap();
    assert!(!state.roles.contains_key(ROLE) && state.policies.contains_key(&grant));

    let other = "g, user:default/tom, role:default/b\n";
    bring_in_line(&mut state, &config, &sources(other, ""), at(3)).unwrap();
    assert!(!state.policies.contains_key(&grant));
}

#[test]
fn rows_that_are_stored_are_not_checked_again() {
    let config = config(&json!({}));
    let mut state = State::default();
    bring_in_line(&mut state, &config, &sources(CSV, ""), at(1)).unwrap();
    let before = state.policies.clone();

    let twice = format!("{CSV}p, role:default/a, catalog-entity, read, allow\n");
    let findings = bring_in_line(&mut state, &config, &sources(&twice, ""), at(2)).unwrap();

    assert_eq!(state.policies, before);
    assert_eq!(findings, []);
}

#[test]
fn a_row_that_was_never_taken_over_may_leave_the_file() {
    let config = config(&json!({}));
    let faulty = format!("{CSV}p, role:default/a, catalog-entity, look, allow\n");
    let mut state = State::default();
    bring_in_line(&mut state, &config, &sources(&faulty, ""), at(1)).unwrap();
    let before = state.clone();

    let findings = bring_in_line(&mut state, &config, &sources(CSV, ""), at(2)).unwrap();

    assert_eq!((state, findings), (before, vec![]));
}

#[test]
fn a_file_that_lost_every_row_is_taken_at_its_word_with_a_warning() {
    let config = config(&json!({}));
    let mut state = State::default();
    bring_in_line(&mut state, &config, &sources(CSV, ""), at(1)).unwrap();

    let emptied = sources("# nothing\n", "");
    let findings = bring_in_line(&mut state, &config, &emptied, at(2)).unwrap();
    let again = bring_in_line(&mut state, &config, &emptied, at(3)).unwrap();

    assert!(!state.roles.contains_key(ROLE));
    assert_eq!(
        findings[0].message,
        "the file holds no row any more; all 2 that came from it are removed"
    );
    assert_eq!(again, []);
}

#[test]
fn a_file_that_cannot_be_read_leaves_what_came_from_it() {
    let mut state = State::default();
    bring_in_line(&mut state, &config(&json!({})), &sources(CSV, YAML), at(1)).unwrap();
    let before = state.clone();
    let missing = json!({"permission": {"enabled": true, "rbac": {
        "policies-csv-file": "/no/such.csv", "conditionalPoliciesFile": "/no/such.yaml",
    }}});
    let whole = Config::from_value(missing);
    let rbac = RbacConfig::from_config(&whole).unwrap();

    let applied = apply_files(&mut state, &Sources::read(&whole, &rbac), at(2));

    assert_eq!(state, before);
    for outcome in [&applied.policies, &applied.conditions] {
        assert_eq!(outcome.refused, Some(Refused::Missing));
        assert_eq!(outcome.findings.len(), 1);
    }
}

#[test]
fn the_file_gives_no_conditions_to_the_default_role() {
    let config = config(
        &json!({"defaultPermissions": {"defaultRole": ROLE, "basicPermissions": [{"permission": "x"}]}}),
    );
    let mut state = State::default();

    let findings = bring_in_line(&mut state, &config, &sources("", YAML), at(1)).unwrap();

    assert!(state.conditions.is_empty());
    assert!(
        findings[0]
            .message
            .starts_with("skip to add condition for role 'role:default/a'."),
        "{findings:?}"
    );
}

#[test]
fn the_configuration_takes_a_legacy_role_of_administrators_over() {
    const ADMIN: &str = "role:default/rbac_admin";
    let config = config(&json!({"admin": {"users": [{"name": "user:default/ann"}]}}));
    let mut state = State::default();
    let legacy = RoleMetadata::new(Source::Legacy, "somebody", at(0));
    state.roles.insert(ADMIN.into(), legacy);
    let retired = Grant::new(ADMIN, "policy-entity", Action::Create, Effect::Allow);
    state.add_policy(retired.clone(), Source::Legacy.into());

    bring_in_line(&mut state, &config, &nothing(), at(1)).unwrap();

    assert_eq!(state.roles[ADMIN].source, Source::Configuration);
    assert!(!state.policies.contains_key(&retired));
    assert_eq!(state.policies.len(), 5);
}

#[test]
fn administrators_cannot_be_added_to_a_role_of_rest() {
    let config = config(&json!({"admin": {"users": [{"name": "user:default/ann"}]}}));
    let mut state = State::default();
    let theirs = RoleMetadata::new(Source::Rest, "somebody", at(0));
    state.roles.insert("role:default/rbac_admin".into(), theirs);

    let error = bring_in_line(&mut state, &config, &nothing(), at(1)).unwrap_err();

    assert_eq!(
        error.to_string(),
        "The RoleMetadata.source field is 'read-only'."
    );
}

/// The role becomes the file's, and the file of conditions does not have its condition: until the
/// next look takes the old rows away as well, the role's allow is no longer narrowed.
#[test]
fn the_first_row_about_an_old_role_takes_its_condition_away() {
    let config = config(&json!({}));
    let mut state = role(Source::Legacy);
    let allow = Grant::new(ROLE, "catalog-entity", Action::Read, Effect::Allow);
    state.add_policy(allow.clone(), Source::Legacy.into());
    let condition = conditions(YAML).parsed.unwrap().policies.remove(0).policy;
    state.add_condition(condition, Source::Legacy.into());
    let csv = "p, role:default/a, catalog-entity, delete, deny\n";

    bring_in_line(&mut state, &config, &sources(csv, ""), at(1)).unwrap();

    assert_eq!(state.roles[ROLE].source, Source::CsvFile);
    assert!(state.conditions.is_empty());
    assert!(state.policies.contains_key(&allow));

    bring_in_line(&mut state, &config, &sources(csv, ""), at(2)).unwrap();

    assert!(!state.policies.contains_key(&allow) && state.memberships.is_empty());
}
