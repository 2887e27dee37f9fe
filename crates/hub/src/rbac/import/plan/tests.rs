//! What an import makes of rows, without a database.

use super::super::foreign::{self, Foreign, ForeignCondition, ForeignRole, ForeignRule};
use super::super::report::{Count, Kind, Outcome, Report};
use super::plan;
use crate::rbac::config::RbacConfig;
use crate::rbac::state::State;
use crate::rbac::test;
use callboard_config::Config;
use callboard_policy::Source;
use serde_json::{Value, json};

fn config(rbac: &Value) -> RbacConfig {
    let config = json!({"permission": {"enabled": true, "rbac": rbac}});
    RbacConfig::from_config(&Config::from_value(config)).unwrap()
}

fn imported(existing: &State, foreign: Foreign) -> (State, Report) {
    plan(existing, foreign, &config(&json!({})))
}

/// One installation: `p` and `g` rows as in a file, roles and conditions as on the wire.
fn there(rows: &[&str], roles: &Value, conditions: &Value) -> Foreign {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    Foreign {
        rules: (1..).zip(rows).map(|(id, row)| rule(id, row)).collect(),
        roles: list(roles).iter().map(role).collect(),
        conditions: list(conditions).iter().map(condition).collect(),
        plugin_ids: Vec::new(),
    }
}

fn rule(id: usize, row: &str) -> ForeignRule {
    let mut fields = row
        .split(',')
        .map(|field| Some(field.to_owned()).filter(|field| !field.is_empty()));
    ForeignRule {
        place: format!("casbin_rule {id}"),
        kind: fields.next().flatten(),
        values: fields.collect(),
    }
}

fn role(role: &Value) -> ForeignRole {
    let members = role.as_object().unwrap();
    ForeignRole {
        place: "role-metadata".to_owned(),
        role: foreign::text(members, "role"),
        metadata: foreign::metadata(members),
    }
}

fn condition(condition: &Value) -> ForeignCondition {
    ForeignCondition {
        place: "role-condition-policies".to_owned(),
        id: condition["id"].as_i64(),
        body: Ok(condition.clone()),
    }
}

fn rest(role: &str) -> Value {
    json!({
        "role": role, "source": "rest", "author": "user:default/ann",
        "createdAt": "2025-03-25T17:24:17Z", "lastModified": "2025-03-25T17:24:17Z",
    })
}

fn read_of(id: i64, role: &str, kinds: &[&str]) -> Value {
    json!({
        "id": id, "roleEntityRef": role, "result": "CONDITIONAL", "pluginId": "catalog",
        "resourceType": "catalog-entity", "permissionMapping": ["read"],
        "conditions": {"rule": "IS_ENTITY_KIND", "resourceType": "catalog-entity", "params": {"kinds": kinds}},
    })
}

fn rows(state: &State) -> Vec<String> {
    let memberships = state.memberships.keys().map(|row| format!("g,{row}"));
    let policies = state.policies.keys().map(|row| format!("p,{row}"));
    memberships.chain(policies).collect()
}

fn notes(report: &Report, outcome: Outcome) -> Vec<String> {
    let notes = report.notes.iter().filter(|note| note.outcome == outcome);
    notes.map(ToString::to_string).collect()
}

fn everything() -> Foreign {
    let rows = [
        "g,user:default/tom,role:default/a",
        "g,group:default/crew,role:default/b",
        "p,role:default/a,catalog-entity,read,allow",
        "p,role:default/b,catalog.entity.create,create,deny",
    ];
    let roles = json!([rest("role:default/a"), rest("role:default/b")]);
    let conditions = json!([
        read_of(7, "role:default/a", &["API"]),
        read_of(3, "role:default/b", &["Group"]),
    ]);
    Foreign {
        plugin_ids: vec![Some("jenkins".to_owned())],
        ..there(&rows, &roles, &conditions)
    }
}

#[test]
fn everything_is_brought_over_and_a_second_time_nothing() {
    let (state, report) = imported(&State::default(), everything());

    let expected = [
        "g,user:default/tom,role:default/a",
        "g,group:default/crew,role:default/b",
        "p,role:default/a,catalog-entity,read,allow",
        "p,role:default/b,catalog.entity.create,create,deny",
    ];
    assert_eq!(rows(&state), expected);
    assert_eq!(state.conditions.keys().collect::<Vec<_>>(), [&3, &7]);
    assert_eq!(state.sequences.condition, 7);
    assert!(state.plugin_ids.contains("jenkins"));
    assert_eq!(report.notes, []);
    assert!(!report.is_empty());

    let (again, report) = imported(&state, everything());

    assert_eq!(again, state);
    assert!(report.is_empty());
    assert_eq!(report.notes, []);
}

#[test]
fn the_steps_of_the_originals_migrations_are_repeated() {
    let csv = json!({"role": "role:default/file", "source": "csv-file"});
    let foreign = there(
        &[
            "g,user:default/Tom,role:default/old",
            "g,User:default/Ann,role:default/file",
            "p,role:default/old,policy-entity,create,allow",
            "p,role:default/file,policy-entity,create,allow",
            "p,group:default/Crew,catalog-entity,read,allow",
        ],
        &json!([csv]),
        &json!([]),
    );

    let (state, report) = imported(&State::default(), foreign);

    let expected = [
        "g,user:default/tom,role:default/old",
        "g,user:default/ann,role:default/file",
        "p,role:default/old,policy.entity.create,create,allow",
        "p,role:default/file,policy-entity,create,allow",
        "p,group:default/crew,catalog-entity,read,allow",
    ];
    assert_eq!(rows(&state), expected);
    assert_eq!(state.roles["role:default/old"].source, Source::Legacy);
    assert_eq!(state.roles["role:default/file"].source, Source::CsvFile);
    assert_eq!(
        state.memberships[1].origin,
        Source::CsvFile.into(),
        "a row has the source of its role"
    );
    insta::assert_snapshot!(notes(&report, Outcome::Changed).join("\n"), @r"
    role `role:default/old`: it has no metadata there; its source is `legacy`, so anybody may take it over
    membership `user:default/Tom,role:default/old` (casbin_rule 1): stored in lower case, as `user:default/tom`
    membership `User:default/Ann,role:default/file` (casbin_rule 2): stored in lower case, as `user:default/ann`
    policy `role:default/old,policy-entity,create,allow` (casbin_rule 3): its permission is `policy.entity.create` now
    policy `group:default/Crew,catalog-entity,read,allow` (casbin_rule 5): stored in lower case, as `group:default/crew`
    ");
    insta::assert_snapshot!(notes(&report, Outcome::Attention).join("\n"), @"role `role:default/file`: its source is `csv-file`, and the configuration names no `permission.rbac.policies-csv-file`: the next start removes it");
}

#[test]
fn poisoned_rows_are_skipped_one_by_one() {
    let foreign = there(
        &[
            "g,user:default/tom,role:default/a",
            "p,\"role:default/a\",catalog-entity,read,allow",
            "p,role:default/a,catalog-entity,,deny",
            "p,role:default/a,catalog-entity,look,allow",
            "p,role:default/a,catalog-entity,read,allow,extra",
            "g,user:default/tom",
            "g,role:default/a,role:default/b",
            "g2,a,b",
            ",a,b",
            "p,role:default/a,catalog-entity,read,allow",
        ],
        &json!([rest("role:default/a"), {"role": "role:default/ a"}, {"source": "rest"}]),
        &json!([]),
    );

    let (state, report) = imported(&State::default(), foreign);

    assert_eq!(rows(&state).len(), 2);
    insta::assert_snapshot!(notes(&report, Outcome::Skipped).join("\n"), @r#"
    role `role:default/ a` (role-metadata): The name ' a' in the entity reference must be a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total
    role `` (role-metadata): 'entityReference' must not be empty
    policy `"role:default/a",catalog-entity,read,allow` (casbin_rule 2): it has a stray double quote
    policy `role:default/a,catalog-entity,,deny` (casbin_rule 3): value 3 of 4 is missing; it denied, and what it denied may be allowed now
    policy `role:default/a,catalog-entity,look,allow` (casbin_rule 4): 'policy' has invalid value: 'look'. It should be one of: create, read, update, delete, use
    policy `role:default/a,catalog-entity,read,allow,extra` (casbin_rule 5): it has more than 4 values
    membership `user:default/tom` (casbin_rule 6): value 2 of 2 is missing
    membership `role:default/a,role:default/b` (casbin_rule 7): Unsupported kind role. List supported values ["user", "group"]
    policy `a,b` (casbin_rule 8): rows of the type `g2` are not known
    policy `a,b` (casbin_rule 9): rows of the type `` are not known
    "#);
}

#[test]
fn rows_that_stand_there_twice_are_stored_once() {
    let foreign = there(
        &[
            "g,user:default/tom,role:default/a",
            "g,user:default/Tom,role:default/a",
            "p,role:default/a,policy-entity,create,allow",
            "p,role:default/a,policy.entity.create,create,allow",
        ],
        &json!([rest("role:default/a"), rest("role:default/a")]),
        &json!([]),
    );

    let (state, report) = imported(&State::default(), foreign);

    assert_eq!(rows(&state).len(), 2);
    for kind in [Kind::Role, Kind::Membership, Kind::Policy] {
        let expected = Count {
            read: 2,
            added: 1,
            duplicate: 1,
            ..Count::default()
        };
        assert_eq!(report.counts[&kind], expected, "{kind:?}");
    }
}

#[test]
fn what_the_configuration_says_is_left_to_it() {
    let foreign = there(
        &[
            "g,user:default/ann,role:default/rbac_admin",
            "p,role:default/rbac_admin,policy-entity,read,allow",
            "p,role:default/everybody,catalog-entity,read,allow",
        ],
        &json!([
            {"role": "role:default/rbac_admin", "source": "configuration"},
            {"role": "role:default/everybody", "source": "configuration", "isDefault": true},
        ]),
        &json!([read_of(1, "role:default/everybody", &["API"])]),
    );

    let (state, report) = imported(&State::default(), foreign);

    assert_eq!(rows(&state), [""; 0]);
    assert!(state.roles.is_empty() && state.conditions.is_empty());
    insta::assert_snapshot!(notes(&report, Outcome::Configuration).join("\n"), @r"
    role `role:default/rbac_admin`: the configuration of this hub declares it; left out with it: 1 membership and 1 policy
    role `role:default/everybody`: it comes from the configuration there, so declare it in the configuration here; left out with it: 1 policy and 1 condition
    ");
}

#[test]
fn a_role_that_the_configuration_declares_is_not_made_over_rest() {
    let config = config(&json!({"defaultPermissions": {
        "defaultRole": "role:default/a", "basicPermissions": [{"permission": "catalog-entity", "action": "read"}],
    }}));
    let foreign = there(
        &["g,user:default/tom,role:default/a"],
        &json!([rest("role:default/a")]),
        &json!([]),
    );

    let (state, report) = plan(&State::default(), foreign, &config);

    assert_eq!(state, State::default());
    assert_eq!(notes(&report, Outcome::Configuration).len(), 1);
}

#[test]
fn a_role_of_another_source_is_kept_as_it_is() {
    let (mine, _) = imported(&State::default(), everything());
    let foreign = there(
        &[
            "g,user:default/tom,role:default/a",
            "g,user:default/eve,role:default/a",
            "p,role:default/a,catalog-entity,delete,allow",
        ],
        &json!([{"role": "role:default/a", "source": "csv-file"}]),
        &json!([read_of(9, "role:default/a", &["Group"])]),
    );

    let (state, report) = imported(&mine, foreign);

    assert_eq!((&state.roles, rows(&state)), (&mine.roles, rows(&mine)));
    insta::assert_snapshot!(notes(&report, Outcome::Kept).join("\n"), @"role `role:default/a`: its source is `rest` here and `csv-file` there; left out with it: 1 membership, 1 policy and 1 condition");
}

#[test]
fn a_role_of_the_same_name_that_was_made_here_is_kept_as_it_is() {
    let (mine, _) = imported(&State::default(), everything());
    let mut other = rest("role:default/a");
    other["createdAt"] = json!("2026-01-01T00:00:00Z");
    other["lastModified"] = json!("2026-01-01T00:00:00Z");
    let foreign = there(
        &["p,role:default/a,catalog-entity,delete,allow"],
        &json!([other]),
        &json!([]),
    );

    let (state, report) = imported(&mine, foreign);

    assert_eq!(state, mine);
    insta::assert_snapshot!(notes(&report, Outcome::Kept).join("\n"), @"role `role:default/a`: a role of this name was made here independently; left out with it: 1 policy");
}

#[test]
fn what_was_taken_away_here_does_not_come_back() {
    let (mut mine, _) = imported(&State::default(), everything());
    mine.memberships.shift_remove_index(0);
    mine.roles[0].touch("user:default/ann", "2026-01-01T00:00:00Z".parse().unwrap());

    let (state, report) = imported(&mine, everything());

    assert_eq!(state, mine);
    insta::assert_snapshot!(notes(&report, Outcome::Kept).join("\n"), @"role `role:default/a`: it was changed here since it was imported; left out with it: 1 membership");
}

#[test]
fn what_changed_there_is_brought_over_again() {
    let (mine, _) = imported(&State::default(), everything());
    let mut newer = rest("role:default/a");
    newer["description"] = json!("new");
    newer["lastModified"] = json!("2026-01-01T00:00:00Z");
    let mut foreign = everything();
    foreign.roles[0] = role(&newer);
    foreign.rules[0] = rule(1, "g,user:default/eve,role:default/a");

    let (state, report) = imported(&mine, foreign.clone());

    let a = &state.roles["role:default/a"];
    assert_eq!(a.description.as_deref(), Some("new"));
    assert_eq!(state.memberships.len(), 3, "nothing is taken away");
    insta::assert_snapshot!(report.notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"), @r"
    role `role:default/a` (role-metadata): it was changed there since it was imported
    role `role:default/a`: only here, and kept: 1 membership
    ");
    assert_eq!(imported(&state, foreign).0, state);
}

#[test]
fn a_legacy_role_takes_the_source_that_it_has_there_by_now() {
    let row = ["g,user:default/tom,role:default/a"];
    let (mine, _) = imported(
        &State::default(),
        there(
            &row,
            &json!([]),
            &json!([read_of(1, "role:default/a", &["API"])]),
        ),
    );

    let (state, report) = imported(
        &mine,
        there(&row, &json!([rest("role:default/a")]), &json!([])),
    );

    assert_eq!(state.roles["role:default/a"].source, Source::Rest);
    assert_eq!(state.memberships[0].origin, Source::Rest.into());
    assert_eq!(state.conditions[&1].origin, Source::Rest.into());
    assert_eq!(notes(&report, Outcome::Updated).len(), 1);
}

#[test]
fn a_condition_whose_id_is_taken_gets_another_once() {
    let (mine, _) = imported(&State::default(), everything());
    let foreign = || {
        there(
            &["g,user:default/tom,role:default/c"],
            &json!([rest("role:default/c")]),
            &json!([
                read_of(7, "role:default/c", &["System"]),
                {"id": 11, "roleEntityRef": "role:default/c"},
            ]),
        )
    };

    let (state, report) = imported(&mine, foreign());

    assert_eq!(state.conditions[&7], mine.conditions[&7]);
    assert_eq!(state.conditions[&12].policy.role, "role:default/c");
    assert_eq!(state.sequences.condition, 12);
    insta::assert_snapshot!(report.notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"), @r"
    condition `11` (role-condition-policies): 'result' must be specified in the role condition; until it is written again, the other policies of the role decide without it
    condition `role:default/c on catalog-entity` (role-condition-policies): its id is 12, as this hub has another condition 7
    ");
    assert_eq!(imported(&state, foreign()).0, state);
}

#[test]
fn a_condition_that_overlaps_with_one_of_this_hub_is_left_out() {
    let (mine, _) = imported(&State::default(), everything());
    let mut foreign = everything();
    foreign.conditions[0] = condition(&read_of(7, "role:default/a", &["Group"]));

    let (state, report) = imported(&mine, foreign);

    assert_eq!(state, mine);
    insta::assert_snapshot!(notes(&report, Outcome::Kept).join("\n"), @"condition `role:default/a on catalog-entity` (role-condition-policies): this hub has another one. Cannot create condition: permission mapping overlaps with existing condition (id: 7) for resource type 'catalog-entity'. Overlapping entries: action 'read'.");
}

#[test]
fn conditions_that_overlap_there_deny_here_too() {
    let mut foreign = everything();
    foreign.conditions[1] = condition(&read_of(3, "role:default/a", &["API"]));

    let (state, report) = imported(&State::default(), foreign.clone());

    assert_eq!(state.conditions.len(), 2);
    assert_eq!(notes(&report, Outcome::Attention).len(), 2);
    let (again, report) = imported(&state, foreign);
    assert_eq!(again, state);
    assert!(report.is_empty());
}

#[test]
fn conditions_of_roles_that_are_gone_do_not_come_back() {
    let foreign = there(
        &[],
        &json!([]),
        &json!([read_of(4, "role:default/gone", &["API"])]),
    );

    let (state, report) = imported(&State::default(), foreign);

    assert!(state.conditions.is_empty());
    assert_eq!(notes(&report, Outcome::Skipped).len(), 1);
    assert_eq!(state.sequences.condition, 4, "no client meets the id again");
}

#[test]
fn plugin_ids_are_added_unless_the_configuration_has_them() {
    let ids = [
        Some("jenkins"),
        Some("jenkins"),
        Some("catalog"),
        Some(""),
        None,
    ];
    let foreign = Foreign {
        plugin_ids: ids.iter().map(|id| id.map(str::to_owned)).collect(),
        ..Foreign::default()
    };

    let config = config(&json!({"pluginsWithPermission": ["catalog"]}));
    let (state, report) = plan(&State::default(), foreign, &config);

    assert_eq!(state.plugin_ids.iter().collect::<Vec<_>>(), ["jenkins"]);
    let expected = Count {
        read: 5,
        added: 1,
        unchanged: 1,
        duplicate: 1,
        left: 2,
        ..Count::default()
    };
    assert_eq!(report.counts[&Kind::PluginId], expected);
}

#[test]
fn the_counts_of_a_kind_add_up_to_what_was_read() {
    let (mine, _) = imported(&State::default(), everything());
    let mut foreign = everything();
    foreign.rules.push(rule(9, "p,x"));
    foreign
        .rules
        .push(rule(10, "g,user:default/new,role:default/a"));
    foreign
        .rules
        .push(rule(11, "g,user:default/New,role:default/a"));
    foreign.conditions.push(condition(&json!({})));

    let (_, report) = imported(&mine, foreign.clone());

    let read: usize = report.counts.values().map(|count| count.read).sum();
    let kept = foreign.rules.len() + foreign.roles.len() + foreign.conditions.len();
    assert_eq!(read, kept + foreign.plugin_ids.len());
    for (kind, count) in &report.counts {
        let Count {
            read,
            added,
            updated,
            unchanged,
            duplicate,
            left,
        } = count;
        assert_eq!(
            *read,
            added + updated + unchanged + duplicate + left,
            "{kind:?}"
        );
    }
}

/// What another installation would store for a vector.
fn stored_there(state: &State) -> Foreign {
    let rows = rows(state);
    let rules = (1..).zip(&rows).map(|(id, row)| rule(id, row));
    let roles = state.roles.iter().map(|(role, metadata)| ForeignRole {
        place: "role-metadata".to_owned(),
        role: Some(role.to_string()),
        metadata: metadata.clone(),
    });
    let conditions = state.conditions.iter().map(|(id, record)| {
        let mut body = record.policy.to_json();
        body["id"] = json!(id);
        condition(&body)
    });
    Foreign {
        rules: rules.collect(),
        roles: roles.collect(),
        conditions: conditions.collect(),
        plugin_ids: Vec::new(),
    }
}

#[test]
fn nothing_that_decides_is_lost() {
    for (file, vectors) in callboard_testkit::corpus::vectors("rbac-decisions") {
        for vector in vectors["decisions"].as_array().unwrap() {
            let there = test::state_of(vector);
            let what = format!("{file} {}", vector["id"]);

            let (here, report) = imported(&State::default(), stored_there(&there));

            // A subject that is no reference is nobody; the retired form has a test of its own.
            let is_somebody = |row: &&String| !row.starts_with("p,*,");
            let expected = rows(&there);
            let expected = expected
                .iter()
                .filter(is_somebody)
                .map(|row| row.replace(",policy-entity,create,", ",policy.entity.create,create,"));
            assert_eq!(rows(&here), expected.collect::<Vec<_>>(), "{what}");
            // A condition whose role has neither members nor policies has one, too.
            let policies = |state: &State| {
                let conditions = state.conditions.iter();
                let conditions = conditions.map(|(id, record)| (*id, record.policy.clone()));
                conditions
                    .filter(|(_, policy)| here.roles.contains_key(&policy.role))
                    .collect::<Vec<_>>()
            };
            let notes = &report.notes;
            assert_eq!(policies(&here), policies(&there), "{what} {notes:?}");
            for (role, metadata) in &there.roles {
                assert_eq!(here.roles.get(role), Some(metadata), "{what}");
            }
        }
    }
}
