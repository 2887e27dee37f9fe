//! What holds for every policy.

use std::collections::BTreeSet;

use callboard_policy::{
    Action, ConditionsFile, ConditionsFileLimits, Decision, Effect, EntityRef, Grant, Membership,
    PolicyFile, PolicySnapshot, Principal, Reason, ReasonKind, Row, StoredPolicy, WrittenRow, sync,
};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};
use smol_str::SmolStr;

use crate::{
    evaluator::{self, Answer},
    world::{Asked, Conditioned, World},
};

/// Small pools, so that things meet.
const USERS: [&str; 4] = [
    "user:default/tom",
    "user:default/ann",
    "user:default/eve",
    "user:default/unknown",
];
const GROUPS: [&str; 5] = [
    "group:default/a",
    "group:default/b",
    "group:default/c",
    "group:default/d",
    "group:default/only-named",
];
const ROLES: [&str; 4] = [
    "role:default/a",
    "role:default/b",
    "role:default/A",
    "role:default/base",
];
const NAMES: [&str; 4] = [
    "catalog.entity.read",
    "catalog.entity.delete",
    "policy.entity.create",
    "kubernetes.proxy",
];
const TYPES: [&str; 2] = ["catalog-entity", "policy-entity"];
const ACTIONS: [&str; 5] = ["create", "read", "update", "delete", "use"];

fn member() -> impl Strategy<Value = &'static str> {
    prop_oneof![select(&USERS[..]), select(&GROUPS[..])]
}

/// Mostly roles, at times a user or group.
fn subject() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => select(&ROLES[..]), 1 => member()]
}

/// A permission's name or a resource type; a type may be a name too.
fn object() -> impl Strategy<Value = &'static str> {
    prop_oneof![select(&NAMES[..]), select(&TYPES[..])]
}

fn pairs(
    left: impl Strategy<Value = &'static str>,
    right: impl Strategy<Value = &'static str>,
    most: usize,
) -> impl Strategy<Value = Vec<[String; 2]>> {
    prop::collection::vec(
        (left, right).prop_map(|(left, right)| [left.to_owned(), right.to_owned()]),
        0..most,
    )
}

fn criteria() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        Just(json!("$currentUser")),
        Just(json!("$ownerRefs")),
        Just(json!(["x", "$ownerRefs", "$currentUser"])),
        Just(json!({"nested": "$currentUser"})),
        Just(json!(["$other", 1])),
    ];
    let leaf = prop_oneof![
        value.prop_map(|value| json!({"rule": "R", "resourceType": "t", "params": {"p": value}})),
        Just(json!({"rule": "S", "resourceType": "t"})),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3)
                .prop_map(|members| json!({ "anyOf": members })),
            prop::collection::vec(inner.clone(), 1..3)
                .prop_map(|members| json!({ "allOf": members })),
            inner.prop_map(|member| json!({ "not": member })),
        ]
    })
}

fn condition() -> impl Strategy<Value = Conditioned> {
    let entry = (prop::option::of(select(&NAMES[..])), select(&ACTIONS[..]));
    let mapping = prop::collection::vec(entry, 1..3);
    (
        select(&ROLES[..]),
        select(&TYPES[..]),
        mapping,
        criteria(),
        select(&["catalog", "permission"][..]),
    )
        .prop_map(
            |(role, resource_type, mapping, conditions, plugin_id)| Conditioned {
                role: role.to_owned(),
                plugin_id: plugin_id.to_owned(),
                resource_type: resource_type.to_owned(),
                mapping: mapping
                    .into_iter()
                    .map(|(name, action)| (name.map(str::to_owned), action.to_owned()))
                    .collect(),
                conditions,
            },
        )
}

pub(crate) fn grant() -> impl Strategy<Value = [String; 4]> {
    let grant = (
        subject(),
        object(),
        select(&ACTIONS[..]),
        prop_oneof![2 => Just("allow"), 1 => Just("deny")],
    );
    grant.prop_map(|(subject, object, action, effect)| {
        [subject, object, action, effect].map(str::to_owned)
    })
}

fn grants() -> impl Strategy<Value = Vec<[String; 4]>> {
    prop::collection::vec(grant(), 0..14)
}

pub(crate) fn world() -> impl Strategy<Value = World> {
    let settings = (
        prop::bool::weighted(0.02),
        prop_oneof![4 => Just(Vec::new()), 1 => prop::collection::vec(member().prop_map(str::to_owned), 1..3)],
        prop::option::weighted(0.4, 0..3_u32),
        any::<bool>(),
        prop::bool::weighted(0.4),
        prop::option::weighted(0.3, Just("role:default/base".to_owned())),
    );
    let policy = (
        pairs(member(), select(&ROLES[..]), 6),
        grants(),
        prop_oneof![Just(Vec::new()), prop::collection::vec(condition(), 0..4)],
        pairs(select(&USERS[..3]), select(&GROUPS[..]), 5),
        pairs(select(&GROUPS[..]), select(&GROUPS[..]), 5),
    );
    (settings, policy).prop_map(|(settings, policy)| {
        let (disabled, super_users, max_depth, basic_first, use_ownership_refs, default_role) =
            settings;
        let (memberships, grants, conditions, member_of, child_of) = policy;
        World {
            disabled,
            super_users,
            max_depth,
            basic_first,
            use_ownership_refs,
            default_role,
            memberships,
            grants,
            conditions,
            member_of,
            child_of,
        }
    })
}

pub(crate) fn asked() -> impl Strategy<Value = Asked> {
    let name =
        prop_oneof![8 => select(&NAMES[..]), 1 => select(&TYPES[..]), 1 => Just("never.heard.of")];
    let resource_type = prop::option::weighted(
        0.7,
        prop_oneof![8 => select(&TYPES[..]), 1 => Just("unheard")],
    );
    (name, prop::option::of(select(&ACTIONS[..4])), resource_type).prop_map(
        |(name, action, resource_type)| Asked {
            name: name.to_owned(),
            action: action.map(str::to_owned),
            resource_type: resource_type.map(str::to_owned),
        },
    )
}

/// A user with what his token says.
pub(crate) fn token() -> impl Strategy<Value = (String, Vec<String>)> {
    let owners = prop::collection::vec(member().prop_map(str::to_owned), 0..3);
    (select(&USERS[..]).prop_map(str::to_owned), owners)
}

/// The engine's decision in the terms of the slow evaluator.
pub(crate) fn fast(
    snapshot: &PolicySnapshot,
    user: &str,
    owners: &[String],
    asked: &Asked,
) -> (Answer, Reason) {
    let ownership: Vec<SmolStr> = owners.iter().map(SmolStr::new).collect();
    let decision = snapshot.decide(
        Principal::User {
            entity_ref: user,
            ownership: &ownership,
        },
        &asked.permission(),
    );
    let answer = match &decision {
        Decision::Allow(_) => Answer::Allow,
        Decision::Deny(_) => Answer::Deny,
        Decision::Conditional(conditional) => {
            let criteria = conditional.criteria_for(user, &ownership).to_json();
            let mut members: Vec<_> = criteria["anyOf"]
                .as_array()
                .unwrap()
                .iter()
                .map(Value::to_string)
                .collect();
            members.sort();
            Answer::Conditional {
                plugins: BTreeSet::from([conditional.plugin_id.to_string()]),
                resource_type: conditional.resource_type.to_string(),
                members,
            }
        }
    };
    (answer, decision.reason())
}

/// Whether two answers agree, of several plugins any being right.
fn agree(fast: &Answer, slow: &Answer) -> bool {
    match (fast, slow) {
        (
            Answer::Conditional {
                plugins: one,
                resource_type,
                members,
            },
            Answer::Conditional {
                plugins: all,
                resource_type: other_type,
                members: other_members,
            },
        ) => one.is_subset(all) && resource_type == other_type && members == other_members,
        _ => fast == slow,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_decides_as_the_slow_evaluator(
        world in world(),
        requests in prop::collection::vec((token(), asked()), 1..16),
    ) {
        let worked_out = world.model().compile(1);
        let asking = world.model().compile_within(1, 0);
        for ((user, owners), asked) in &requests {
            let slow = evaluator::decide(&world, user, owners, asked);
            for snapshot in [&worked_out, &asking] {
                let (answer, reason) = fast(snapshot, user, owners, asked);
                prop_assert!(agree(&answer, &slow), "{asked:?} of {user} {owners:?}: {answer:?}, not {slow:?}");
                check_reason(&world, snapshot, user, owners, asked, reason)?;
            }
            let ownership: Vec<SmolStr> = owners.iter().map(SmolStr::new).collect();
            let roles: Vec<String> = worked_out.roles_of(user, &ownership).map(str::to_owned).collect();
            let slow_roles = evaluator::roles_of(&world, user, owners);
            prop_assert_eq!(roles.len(), slow_roles.len());
            prop_assert_eq!(roles.into_iter().collect::<BTreeSet<_>>(), slow_roles);
        }
    }

    #[test]
    fn compiling_half_of_the_policy_gives_what_compiling_all_does(
        before in world(),
        after in world(),
        requests in prop::collection::vec((token(), asked()), 1..8),
    ) {
        let regrouped = World {
            memberships: after.memberships.clone(),
            member_of: after.member_of.clone(),
            child_of: after.child_of.clone(),
            ..before.clone()
        };
        let regranted = World { grants: after.grants.clone(), conditions: after.conditions.clone(), ..regrouped.clone() };

        let first = before.model().compile(1);
        let second = first.with_groups(&regrouped.model(), 2);
        let third = second.with_grants(&regranted.model(), 3);

        prop_assert_eq!(third.revision(), 3);
        for ((user, owners), asked) in &requests {
            for (snapshot, world) in [(&second, &regrouped), (&third, &regranted)] {
                let (answer, _) = fast(snapshot, user, owners, asked);
                prop_assert!(agree(&answer, &evaluator::decide(world, user, owners, asked)));
            }
        }
    }

    #[test]
    fn rows_survive_being_written_and_read(
        grants in prop::collection::vec(("[ -~]{1,12}", "[ -~äß]{1,12}", select(&Action::ALL[..]), any::<bool>()), 0..8),
        members in prop::collection::vec(("[ -@\\[-~]{1,12}", "[ -~]{1,12}"), 0..8),
    ) {
        let grants = grants.into_iter().map(|(subject, permission, action, allow)| {
            Row::Grant(Grant::new(subject, permission, action, if allow { Effect::Allow } else { Effect::Deny }))
        });
        let members = members.into_iter().map(|(member, role)| Row::Membership(Membership::new(member, role)));
        let rows: Vec<_> = grants.chain(members).collect();
        let text: String = rows.iter().map(|row| format!("{row}\n")).collect();

        let file = PolicyFile::parse("rbac.csv", &text);

        prop_assert_eq!(&file.diagnostics, &[]);
        prop_assert_eq!(file.rows.iter().filter_map(WrittenRow::row).collect::<Vec<_>>(), rows);
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in any::<String>(), rows in "([pg#\",]|[ -~]|\\PC|\r|\n){0,80}") {
        for text in [&text, &rows] {
            let file = PolicyFile::parse("rbac.csv", text);
            for place in file.rows.iter().map(|row| &row.span).chain(file.diagnostics.iter().map(|fault| &fault.span)) {
                prop_assert!(text.get(place.clone()).is_some());
            }
            let plan = sync(&file, &StoredPolicy::default());
            prop_assert!(plan.add.len() + plan.diagnostics.len() >= file.rows.len());
            let _ = EntityRef::parse(text);
            if let Err(error) = ConditionsFile::parse(text, &ConditionsFileLimits::default()) {
                prop_assert!(!error.faults.is_empty());
                prop_assert!(error.faults.iter().all(|fault| text.get(fault.span.clone()).is_some()));
            }
        }
    }
}

/// A reason that names a policy names one that says so, in a role that the user holds.
fn check_reason(
    world: &World,
    snapshot: &PolicySnapshot,
    user: &str,
    owners: &[String],
    asked: &Asked,
    reason: Reason,
) -> Result<(), TestCaseError> {
    let explanation = snapshot.explain(reason);
    let effect = match reason.kind() {
        ReasonKind::GrantAllow => "allow",
        ReasonKind::GrantDeny => "deny",
        _ => return Ok(()),
    };
    let line = explanation.origin.and_then(|origin| origin.line).unwrap();
    let [subject, permission, action, says] = &world.grants[line as usize - 1];
    prop_assert_eq!(explanation.subject, Some(subject.as_str()));
    prop_assert_eq!(explanation.object, Some(permission.as_str()));
    prop_assert_eq!(
        explanation.action.map(Action::as_str),
        Some(action.as_str())
    );
    prop_assert_eq!(says, effect);
    let roles = evaluator::roles_of(world, user, owners);
    prop_assert!(roles.contains(subject) || (roles.is_empty() && !subject.starts_with("role:")));
    let is_about = *permission == asked.name
        || Some(permission) == asked.resource_type.as_ref()
        || (asked.name == "policy.entity.create" && permission == "policy-entity");
    prop_assert!(is_about);
    Ok(())
}
