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
