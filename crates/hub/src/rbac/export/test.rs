//! What is exported decides like what was stored.

use super::{Export, ExportSource, export};
use crate::clock::{Clock, SystemClock};
use crate::rbac::config::RbacConfig;
use crate::rbac::load;
use crate::rbac::source::{Conditions, Content, Sources};
use crate::rbac::state::{RoleMetadata, State};
use crate::rbac::sync;
use callboard_config::Config;
use callboard_policy::{
    Action, ConditionalPolicy, ConditionsFile, ConditionsFileLimits, Decision, Effect, Grant,
    GroupGraph, MappedPermission, Membership, Permission, PolicyFile, PolicySnapshot, Principal,
    Settings, Source,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;

const ROLES: &[&str] = &["role:default/a", "role:default/B", "role:x/c.d"];
const USERS: &[&str] = &["user:default/ann", "user:default/tom", "user:default/eve"];
const OBJECTS: &[&str] = &[
    "catalog-entity",
    "catalog.entity.read",
    "policy-entity",
    " a, b ",
    "#c",
];

fn metadata(source: Source) -> RoleMetadata {
    RoleMetadata::new(source, "user:default/ann", SystemClock.now())
}

fn leaf(kind: &str) -> Value {
    json!({"rule": "IS_ENTITY_KIND", "resourceType": "catalog-entity", "params": {"kinds": [kind, "$currentUser"]}})
}

fn condition(role: &str, action: Action, conditions: Value) -> ConditionalPolicy {
    ConditionalPolicy {
        role: role.into(),
        plugin_id: "catalog".into(),
        resource_type: "catalog-entity".into(),
        mapping: vec![MappedPermission::Action(action)],
        conditions,
    }
}

/// The state of a hub that starts with nothing but the exported files.
fn imported(exported: &Export) -> State {
    let config = Config::from_value(json!({"permission": {"enabled": true}}));
    let config = RbacConfig::from_config(&config).unwrap();
    let parsed = ConditionsFile::parse(&exported.conditions, &ConditionsFileLimits::default());
    let sources = Sources {
        policies: Ok(Some(Content {
            name: "a.csv".into(),
            path: PathBuf::new(),
            sha256: "".into(),
            held: PolicyFile::parse("a.csv", &exported.policies),
        })),
        conditions: Ok(Some(Content {
            name: "b.yaml".into(),
            path: PathBuf::new(),
            sha256: "".into(),
            held: Conditions {
                text: exported.conditions.clone(),
                parsed,
            },
        })),
    };
    let mut state = State::default();
    let findings = sync::bring_in_line(&mut state, &config, &sources, SystemClock.now()).unwrap();
    let odd = findings
        .iter()
        .filter(|finding| !finding.message.contains("retired"));
    assert_eq!(odd.count(), 0, "{findings:?}");
    state
}

fn compiled(state: &State) -> PolicySnapshot {
    load::model(&Settings::default(), state, GroupGraph::new()).compile(1)
}

/// Everything that can be asked, with the answers.
fn answers(snapshot: &PolicySnapshot) -> Vec<String> {
    let mut answers = Vec::new();
    for user in USERS {
        let principal = Principal::User {
            entity_ref: user,
            ownership: &[],
        };
        for object in OBJECTS {
            for action in [Action::Read, Action::Create] {
                let permissions = [
                    Permission::basic(*object, Some(action)),
                    Permission::resource(*object, Some(action), "catalog-entity"),
                    Permission::resource("policy.entity.other", Some(action), "policy-entity"),
                ];
                for permission in permissions {
                    answers.push(match snapshot.decide(principal, &permission) {
                        Decision::Allow(_) => "allow".to_owned(),
                        Decision::Deny(_) => "deny".to_owned(),
                        Decision::Conditional(conditional) => {
                            format!("{:?}", conditional.criteria_for(user, &[]))
                        }
                    });
                }
            }
        }
    }
    answers
}

fn states() -> impl Strategy<Value = State> {
    let role = || prop::sample::select(ROLES);
    let action = || prop::sample::select(&[Action::Read, Action::Create][..]);
    let source = || prop::sample::select(vec![Source::Rest, Source::CsvFile, Source::Legacy]);
    let effect = prop::sample::select(&[Effect::Allow, Effect::Deny][..]);
    let members = prop::collection::vec((prop::sample::select(USERS), role()), 0..6);
    let subject = prop_oneof![3 => role(), 1 => prop::sample::select(USERS)];
    let grants = prop::collection::vec(
        (subject, prop::sample::select(OBJECTS), action(), effect),
        0..10,
    );
    let conditions = prop::collection::btree_map(
        (role(), any::<bool>()),
        prop_oneof![
            Just(leaf("API")),
            Just(json!({"not": {"anyOf": [leaf("yes"), leaf("a\nb")]}}))
        ],
        0..3,
    );
    (members, grants, conditions, source()).prop_map(|(members, grants, conditions, source)| {
        let mut state = State::default();
        for (member, role) in members {
            state.add_membership(Membership::new(member, role), source.clone().into());
            state.roles.insert(role.into(), metadata(source.clone()));
        }
        for (subject, object, action, effect) in grants {
            state.add_policy(
                Grant::new(subject, object, action, effect),
                source.clone().into(),
            );
        }
        for ((role, is_read), tree) in conditions {
            let action = if is_read {
                Action::Read
            } else {
                Action::Create
            };
            state.add_condition(condition(role, action, tree), source.clone().into());
        }
        state
    })
}

proptest! {
    #[test]
    fn files_decide_like_what_was_stored(state in states()) {
        let exported = export(&state, ExportSource::All);

        let again = imported(&exported);

        prop_assert_eq!(answers(&compiled(&again)), answers(&compiled(&state)), "{:?}", exported);
        prop_assert_eq!(export(&again, ExportSource::All).conditions, exported.conditions);
    }
}

fn state() -> State {
    let mut state = State::default();
    let rest = || Source::Rest.into();
    let role = "role:default/stage";
    let stage = RoleMetadata {
        description: Some("Lights,\nsound".to_owned()),
        owner: Some("user:default/ann".to_owned()),
        ..metadata(Source::Rest)
    };
    state.roles.insert(role.into(), stage);
    state
        .roles
        .insert("role:default/files".into(), metadata(Source::CsvFile));
    state.roles.insert(
        "role:default/rbac_admin".into(),
        metadata(Source::Configuration),
    );
    for (member, role) in [
        ("user:default/tom", role),
        ("group:default/crew", role),
        ("user:default/tom", "role:default/files"),
        ("user:default/tom", "role:default/rbac_admin"),
    ] {
        state.add_membership(Membership::new(member, role), rest());
    }
    for (subject, object, effect) in [
        (role, "catalog-entity", Effect::Deny),
        (role, "catalog-entity", Effect::Allow),
        (role, "with, comma", Effect::Allow),
        (role, "with\nline", Effect::Allow),
        (role, "with \"quotes\"", Effect::Allow),
        ("user:default/eve", "catalog-entity", Effect::Allow),
    ] {
        state.add_policy(Grant::new(subject, object, Action::Read, effect), rest());
    }
    let odd = [
        "role:default/stage",
        "role:default/nobody",
        "role:default/rbac_admin",
    ];
    for role in odd {
        state.add_condition(condition(role, Action::Update, leaf("API")), rest());
    }
    state.plugin_ids.insert("kiosk".to_owned());
    state
}

#[test]
fn rows_are_grouped_by_role_and_what_files_cannot_hold_is_told() {
    let exported = export(&state(), ExportSource::All);

    insta::assert_snapshot!(exported.policies, @r#"
    # role:default/files
    # source csv-file
    g, user:default/tom, role:default/files

    # role:default/stage: Lights, sound
    # source rest, owner user:default/ann
    g, group:default/crew, role:default/stage
    g, user:default/tom, role:default/stage
    p, role:default/stage, catalog-entity, read, deny
    p, role:default/stage, "with, comma", read, allow

    # user:default/eve
    p, user:default/eve, catalog-entity, read, allow
    "#);
    insta::assert_snapshot!(exported.conditions, @r#"
    ---
    result: CONDITIONAL
    roleEntityRef: role:default/stage
    pluginId: catalog
    resourceType: catalog-entity
    permissionMapping:
      - update
    conditions:
      rule: IS_ENTITY_KIND
      resourceType: catalog-entity
      params:
        kinds:
          - API
          - $currentUser
    "#);
    let left_out: Vec<_> = exported.left_out.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(left_out.join("\n"), @r#"
    role:default/rbac_admin: the configuration makes this role
    condition 3 of role:default/rbac_admin: a file gives no conditions to a role that the configuration makes
    p, role:default/stage, catalog-entity, read, allow: a file holds one effect, and the deny that is there too wins
    p, role:default/stage, with line, read, allow: a policy file cannot hold it: Failed to validate policy from file export. Cause: 'policy' field must not be empty
    p, role:default/stage, "with ""quotes""", read, allow: a policy file cannot hold it: Failed to validate policy from file export. Cause: 'permission' contains double quotes (") which are not supported by the RBAC policy persistence format.
    condition 2 of role:default/nobody: the role has no member, and a file gives conditions only to one that has
    plugin id kiosk: files do not carry it; name it in `permission.rbac.pluginsWithPermission`
    "#);
}

#[test]
fn one_source_may_be_asked_for() {
    let rest = export(&state(), ExportSource::Rest);
    let files = export(&state(), ExportSource::CsvFile);

    assert!(rest.policies.contains("role:default/stage"));
    assert!(!rest.policies.contains("role:default/files"));
    assert_eq!(
        files.policies,
        "# role:default/files\n# source csv-file\ng, user:default/tom, role:default/files\n"
    );
    assert_eq!(files.condition_count, 0);
}
