//! Every vector of `corpus/vectors/rbac-decisions`.

use std::{collections::BTreeMap, fs, path::Path};

use callboard_policy::{
    AccessRestrictions, ConditionLimits, Criteria, Decision, PolicyFile, Principal, Row, RowKind,
    Source, StoredPolicy,
    configured::{self, ConfiguredRole},
    reference::{self, Usage},
    sync, validate,
};
use serde_json::{Value, json};
use smol_str::SmolStr;

use crate::{
    evaluator::{self, Answer},
    rules::holds,
    world::{Asked, Conditioned, World},
};

/// The vectors of one kind, from every file of the folder.
fn vectors(kind: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/vectors/rbac-decisions");
    let mut vectors = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let file: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            vectors.extend(file[kind].as_array().into_iter().flatten().cloned());
        }
    }
    assert!(!vectors.is_empty(), "no {kind} vectors");
    vectors
}

/// Runs every vector of a kind and reports all that fail.
fn run(kind: &str, check: impl Fn(&Value) -> Result<(), String>) {
    let failures: Vec<_> = vectors(kind)
        .iter()
        .filter_map(|vector| {
            check(vector)
                .err()
                .map(|why| format!("{} {}: {why}", vector["id"], vector["title"]))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn equal<T: PartialEq + std::fmt::Debug>(
    what: &str,
    actual: &T,
    expected: &T,
) -> Result<(), String> {
    if actual == expected {
        Ok(())
    } else {
        Err(format!("{what} is {actual:?}, not {expected:?}"))
    }
}

pub(crate) fn strings(list: &Value) -> Vec<String> {
    list.as_array()
        .into_iter()
        .flatten()
        .map(|item| item.as_str().unwrap().to_owned())
        .collect()
}

fn rows<const N: usize>(list: &Value) -> Vec<[String; N]> {
    list.as_array()
        .into_iter()
        .flatten()
        .map(|row| strings(row).try_into().unwrap())
        .collect()
}

pub(crate) fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[test]
fn entity_refs_vectors() {
    run("entityRefs", |vector| {
        let usage = match vector["as"].as_str() {
            Some("role") => Usage::Role,
            Some("owner") => Usage::Owner,
            Some(other) => return Err(format!("unknown usage {other}")),
            None => Usage::Any,
        };

        let checked = reference::check(vector["ref"].as_str().unwrap(), usage);

        equal(
            "error",
            &checked.err().map(|error| error.to_string()),
            &text(&vector["error"]),
        )
    });
}

#[test]
fn condition_validation_vectors() {
    run("conditionValidation", |vector| {
        let checked = validate(&vector["input"], &ConditionLimits::default());

        equal(
            "error",
            &checked.err().map(|error| error.to_string()),
            &text(&vector["error"]),
        )
    });
}

#[test]
fn csv_vectors() {
    run("csv", |vector| {
        let mut stored = stored_policy(vector);
        let mut warnings = 0;

        for text in ["csv", "reloadCsv"]
            .into_iter()
            .filter_map(|key| vector[key].as_str())
        {
            let plan = sync(&PolicyFile::parse("rbac.csv", text), &stored);
            warnings += plan.diagnostics.len();
            for row in &plan.remove {
                stored.rows.remove(row);
            }
            stored.rows.extend(
                plan.add
                    .into_iter()
                    .map(|added| (added.row, added.origin.source)),
            );
            for role in plan.create_roles.into_iter().chain(plan.adopt_roles) {
                stored.roles.insert(role, Source::CsvFile);
            }
            for role in &plan.drop_roles {
                stored.roles.remove(role);
            }
        }

        let expect = &vector["expect"];
        let sorted = |mut rows: Vec<String>| {
            rows.sort();
            rows
        };
        let written = |kind| {
            let rows = stored.rows.keys().filter_map(|row| match (row, kind) {
                (Row::Grant(row), RowKind::Grant) => Some(row.to_string()),
                (Row::Membership(row), RowKind::Membership) => Some(row.to_string()),
                (Row::Grant(_) | Row::Membership(_), _) => None,
            });
            sorted(rows.collect())
        };
        let expected = |key: &str| {
            sorted(
                expect[key]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| strings(row).join(","))
                    .collect(),
            )
        };
        equal("p", &written(RowKind::Grant), &expected("p"))?;
        equal("g", &written(RowKind::Membership), &expected("g"))?;
        let roles: BTreeMap<_, _> = stored
            .roles
            .iter()
            .map(|(role, source)| (role.as_str(), source.as_str()))
            .collect();
        equal("roles", &json!(roles), &expect["roles"])?;
        equal("warnings", &json!(warnings), &expect["warnings"])
    });
}

/// What is stored before the file is read. Rows came from where their role came from.
fn stored_policy(vector: &Value) -> StoredPolicy {
    let roles: BTreeMap<SmolStr, Source> = vector["roleSources"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(role, source)| (role.into(), source.as_str().unwrap().into()))
        .collect();
    let world = World {
        memberships: rows(&vector["memberships"]),
        grants: rows(&vector["policies"]),
        ..World::default()
    };
    let model = world.model();
    let grants = model.grants.into_iter().map(|grant| Row::Grant(grant.row));
    let memberships = model
        .memberships
        .into_iter()
        .map(|membership| Row::Membership(membership.row));
    let source_of = |row: &Row| roles.get(row.role()).cloned().unwrap_or(Source::Rest);
    let rows = grants
        .chain(memberships)
        .map(|row| (row.clone(), source_of(&row)))
        .collect();
    StoredPolicy { rows, roles }
}

#[test]
fn decision_vectors() {
    run("decisions", |vector| {
        let world = world(vector);
        let snapshot = world.model().compile(1);
        let asked = asked(&vector["request"]["permission"]);
        let principal = &vector["principal"];
        let user = text(&principal["userEntityRef"]).unwrap_or_default();
        let owners = strings(&principal["ownershipEntityRefs"]);
        let ownership: Vec<SmolStr> = owners.iter().map(SmolStr::new).collect();
        let restrictions = restrictions(&principal["accessRestrictions"]);

        let decision = snapshot.decide(
            match principal["type"].as_str() {
                Some("none") => Principal::None,
                Some("service") => Principal::Service(restrictions.as_ref()),
                _ => Principal::User {
                    entity_ref: &user,
                    ownership: &ownership,
                },
            },
            &asked.permission(),
        );

        equal(
            "decision",
            &sorted(decision_json(&decision, &user, &ownership)),
            &sorted(vector["expect"].clone()),
        )?;
        for check in vector["resourceChecks"].as_array().into_iter().flatten() {
            let result = match &decision {
                Decision::Conditional(conditional) => {
                    let criteria = conditional.criteria_for(&user, &ownership);
                    let resource = &check["resource"];
                    let met =
                        !resource.is_null() && criteria.evaluate(&mut |leaf| holds(leaf, resource));
                    if met { "ALLOW" } else { "DENY" }
                }
                Decision::Allow(_) | Decision::Deny(_) => decision.result(),
            };
            equal(
                &format!("result for {}", check["resource"]),
                &json!(result),
                &check["result"],
            )?;
        }
        if principal["type"] == "user" {
            let slow = evaluator::decide(&world, &user, &owners, &asked);
            let result = match slow {
                Answer::Allow => "ALLOW",
                Answer::Deny => "DENY",
                Answer::Conditional { .. } => "CONDITIONAL",
            };
            equal(
                "the slow evaluator's result",
                &json!(result),
                &vector["expect"]["result"],
            )?;
        }
        Ok(())
    });
}

fn decision_json(decision: &Decision, user: &str, ownership: &[SmolStr]) -> Value {
    match decision {
        Decision::Allow(_) | Decision::Deny(_) => json!({ "result": decision.result() }),
        Decision::Conditional(conditional) => json!({
            "result": "CONDITIONAL",
            "pluginId": conditional.plugin_id.as_str(),
            "resourceType": conditional.resource_type.as_str(),
            "conditions": conditional.criteria_for(user, ownership).to_json(),
        }),
    }
}

/// Sorts the roles' conditions, whose order is free.
fn sorted(mut decision: Value) -> Value {
    if let Some(members) = decision
        .pointer_mut("/conditions/anyOf")
        .and_then(Value::as_array_mut)
    {
        members.sort_by_key(Value::to_string);
    }
    decision
}

fn world(vector: &Value) -> World {
    let config = &vector["config"];
    let mut world = World {
        disabled: config["permissionEnabled"] == false,
        super_users: configured::super_users(&strings(&config["superUsers"]))
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect(),
        max_depth: config["maxDepth"]
            .as_i64()
            .map(|levels| configured::max_depth(levels).unwrap()),
        basic_first: config["policyDecisionPrecedence"] == "basic",
        use_ownership_refs: config["useOwnershipEntityRefs"] == true,
        default_role: text(&config["defaultRole"]),
        memberships: rows(&vector["memberships"]),
        grants: rows(&vector["policies"]),
        ..World::default()
    };
    if let Some(role) = &world.default_role {
        let permissions: Vec<_> = config["defaultPermissions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| {
                (
                    entry["permission"].as_str().unwrap(),
                    entry["action"].as_str(),
                )
            })
            .collect();
        let role = configured::default_role(Some(role), &permissions).unwrap();
        add_configured(&mut world, &role);
    }
    if config["adminUsers"].is_array() {
        add_configured(
            &mut world,
            &configured::admin_role(&strings(&config["adminUsers"])).unwrap(),
        );
    }
    for condition in vector["conditions"].as_array().into_iter().flatten() {
        let entry = |entry: &Value| match entry.as_str() {
            Some(action) => (None, action.to_owned()),
            None => (text(&entry["name"]), text(&entry["action"]).unwrap()),
        };
        world.conditions.push(Conditioned {
            role: text(&condition["roleEntityRef"]).unwrap(),
            plugin_id: text(&condition["pluginId"]).unwrap(),
            resource_type: text(&condition["resourceType"]).unwrap(),
            mapping: condition["permissionMapping"]
                .as_array()
                .unwrap()
                .iter()
                .map(entry)
                .collect(),
            conditions: condition["conditions"].clone(),
        });
    }
    add_catalog(&mut world, &vector["catalog"]);
    world
}

fn add_configured(world: &mut World, role: &ConfiguredRole) {
    for row in role.rows() {
        match row {
            Row::Membership(row) => world.memberships.push([row.member.into(), row.role.into()]),
            Row::Grant(row) => world.grants.push([
                row.subject.into(),
                row.permission.into(),
                row.action.to_string(),
                row.effect.to_string(),
            ]),
        }
    }
}

/// Adds the relations that entities declare, from whichever side.
fn add_catalog(world: &mut World, catalog: &Value) {
    let full = |short: &str, kind: &str, holder: &str| {
        let namespace = holder.split_once(':').unwrap().1.split_once('/').unwrap().0;
        callboard_policy::EntityRef::parse_with(short, Some(kind), namespace)
            .unwrap()
            .to_string()
    };
    for user in catalog["users"].as_array().into_iter().flatten() {
        let own = user["ref"].as_str().unwrap();
        for group in strings(&user["memberOf"]) {
            world
                .member_of
                .push([own.to_lowercase(), full(&group, "group", own)]);
        }
    }
    for group in catalog["groups"].as_array().into_iter().flatten() {
        let own = group["ref"].as_str().unwrap();
        for member in strings(&group["members"]) {
            world
                .member_of
                .push([full(&member, "user", own), own.to_lowercase()]);
        }
        if let Some(parent) = group["parent"].as_str() {
            world
                .child_of
                .push([own.to_lowercase(), full(parent, "group", own)]);
        }
        for child in strings(&group["children"]) {
            world
                .child_of
                .push([full(&child, "group", own), own.to_lowercase()]);
        }
    }
}

fn asked(permission: &Value) -> Asked {
    Asked {
        name: text(&permission["name"]).unwrap(),
        action: text(&permission["attributes"]["action"]),
        resource_type: text(&permission["resourceType"]),
    }
}

fn restrictions(value: &Value) -> Option<AccessRestrictions> {
    value.as_object()?;
    let list = |list: &Value| list.as_array().map(|_| strings(list));
    Some(AccessRestrictions {
        permission_names: list(&value["permissionNames"])
            .map(|names| names.iter().map(SmolStr::new).collect()),
        actions: list(&value["permissionAttributes"]["action"]).map(|actions| {
            actions
                .iter()
                .map(|action| action.parse().unwrap())
                .collect()
        }),
    })
}

#[test]
fn criteria_of_decision_vectors_keep_their_wire_form() {
    for vector in vectors("decisions") {
        let conditions = &vector["expect"]["conditions"];
        if !conditions.is_null() {
            assert_eq!(
                Criteria::from_json(conditions).unwrap().to_json(),
                *conditions
            );
        }
    }
}
