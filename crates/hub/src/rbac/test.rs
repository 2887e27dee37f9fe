//! The decision vectors, through storage and through `POST /authorize`.

use super::load;
use super::owner::{Visible, tests_of};
use super::state::{RoleMetadata, State};
use super::store;
use crate::clock::{Clock, SystemClock};
use crate::http::body::JsonBody;
use crate::principal::{Principal, ServicePrincipal, UserPrincipal};
use crate::{App, Hub, Parts, permission};
use callboard_catalog::{Entity, conditions_match};
use callboard_config::Config;
use callboard_policy::{
    AccessRestrictions, Action, Condition, ConditionalPolicy, Criteria, Effect, EntityRef, Grant,
    GroupGraph, MappedPermission, Membership, Origin, Permission, Settings, Source,
};
use callboard_store::{Store, StoreConfig};
use serde_json::{Value, json};
use smol_str::SmolStr;
use std::sync::Arc;

fn texts(value: &Value) -> Vec<SmolStr> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| item.as_str().unwrap().into())
        .collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The rows of a vector, owned by REST so that start-up leaves them alone.
pub(super) fn state_of(vector: &Value) -> State {
    let mut state = State::default();
    let origin = |line| Origin {
        source: Source::Rest,
        file: Some("a.csv".into()),
        line: Some(line),
    };
    for row in list(&vector["memberships"]) {
        let row = texts(row);
        state.add_membership(
            Membership::new(row[0].clone(), row[1].clone()),
            Source::Rest.into(),
        );
    }
    for row in list(&vector["policies"]) {
        let row = texts(row);
        let (action, effect) = (row[2].parse().unwrap(), Effect::from_name(&row[3]).unwrap());
        state.add_policy(
            Grant::new(row[0].clone(), row[1].clone(), action, effect),
            origin(7),
        );
    }
    for body in list(&vector["conditions"]) {
        let text = |key: &str| SmolStr::new(body[key].as_str().unwrap());
        let mapping = list(&body["permissionMapping"])
            .map(|entry| MappedPermission::from_json(entry).unwrap());
        let policy = ConditionalPolicy {
            role: text("roleEntityRef"),
            plugin_id: text("pluginId"),
            resource_type: text("resourceType"),
            mapping: mapping.collect(),
            conditions: body["conditions"].clone(),
        };
        state.add_condition(policy, origin(9));
    }
    let roles: Vec<_> = state
        .memberships
        .keys()
        .map(|row| row.role.clone())
        .collect();
    for role in roles {
        state.roles.insert(
            role,
            RoleMetadata::new(
                Source::Rest,
                "user:default/ann",
                "2026-11-21T18:00:00Z".parse().unwrap(),
            ),
        );
    }
    state
}

fn groups_of(vector: &Value) -> GroupGraph {
    let mut graph = GroupGraph::new();
    let group = |text: &Value, namespace: &str| {
        EntityRef::parse_with(text.as_str().unwrap(), Some("group"), namespace).unwrap()
    };
    for user in list(&vector["catalog"]["users"]) {
        let this = EntityRef::parse(user["ref"].as_str().unwrap()).unwrap();
        for target in list(&user["memberOf"]) {
            graph.add_member(this.clone(), group(target, this.namespace()));
        }
    }
    for entity in list(&vector["catalog"]["groups"]) {
        let this = EntityRef::parse(entity["ref"].as_str().unwrap()).unwrap();
        if entity["parent"].is_string() {
            graph.add_parent(this.clone(), group(&entity["parent"], this.namespace()));
        }
        for child in list(&entity["children"]) {
            graph.add_parent(group(child, this.namespace()), this.clone());
        }
        for member in list(&entity["members"]) {
            let member =
                EntityRef::parse_with(member.as_str().unwrap(), Some("user"), this.namespace())
                    .unwrap();
            graph.add_member(member, this.clone());
        }
    }
    graph
}

/// The configuration of a vector, as people write it.
fn config_of(vector: &Value) -> Value {
    let config = &vector["config"];
    let names = |key: &str| {
        list(&config[key])
            .map(|name| json!({"name": name}))
            .collect::<Vec<_>>()
    };
    let mut rbac =
        json!({"admin": {"users": names("adminUsers"), "superUsers": names("superUsers")}});
    for key in [
        "maxDepth",
        "policyDecisionPrecedence",
        "useOwnershipEntityRefs",
    ] {
        if !config[key].is_null() {
            rbac[key] = config[key].clone();
        }
    }
    if !config["defaultRole"].is_null() {
        rbac["defaultPermissions"] = json!({"defaultRole": config["defaultRole"], "basicPermissions": config["defaultPermissions"]});
    }
    json!({
        "app": {"baseUrl": "http://localhost:7007"},
        "backend": {"baseUrl": "http://localhost:7007"},
        "callboard": {"audit": {"decisions": "none"}, "metrics": {"port": false}},
        "permission": {"enabled": config["permissionEnabled"].as_bool().unwrap_or(true), "rbac": rbac},
    })
}

fn principal_of(vector: &Value) -> Principal {
    let principal = &vector["principal"];
    match principal["type"].as_str().unwrap() {
        "none" => Principal::None,
        "service" => {
            let restrictions =
                principal
                    .get("accessRestrictions")
                    .map(|restrictions| AccessRestrictions {
                        permission_names: restrictions.get("permissionNames").map(texts),
                        actions: restrictions
                            .get("permissionAttributes")
                            .and_then(|attributes| attributes.get("action"))
                            .map(|actions| {
                                texts(actions)
                                    .iter()
                                    .map(|action| action.parse::<Action>().unwrap())
                                    .collect()
                            }),
                    });
            Principal::Service(Arc::new(ServicePrincipal {
                subject: "external:test".into(),
                restrictions,
            }))
        }
        _ => Principal::User(Arc::new(UserPrincipal {
            entity_ref: principal["userEntityRef"].as_str().unwrap().into(),
            ownership: texts(&principal["ownershipEntityRefs"]),
            on_behalf_by: Some("catalog".into()),
            restrictions: None,
            access_token: None,
        })),
    }
}

fn permission_of(vector: &Value) -> Permission {
    let permission = &vector["request"]["permission"];
    let name = permission["name"].as_str().unwrap();
    let action = permission["attributes"]["action"]
        .as_str()
        .map(|action| action.parse().unwrap());
    match permission["resourceType"].as_str() {
        Some(resource_type) => Permission::resource(name, action, resource_type),
        None => Permission::basic(name, action),
    }
}

async fn hub_of(vector: &Value) -> Hub {
    let store = Store::open(&StoreConfig::SqliteMemory).await.unwrap();
    store
        .migrate(store::all_migrations().to_vec())
        .await
        .unwrap();
    let mut tx = store.begin().await.unwrap();
    store::save(&mut tx, &State::default(), &state_of(vector))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let parts = Parts {
        config: Config::from_value(config_of(vector)),
        store,
        clock: Arc::new(SystemClock),
        mode: crate::app::Mode::Development,
        providers: Vec::new(),
    };
    let hub = Hub::build(parts).await.unwrap();
    hub.app()
        .rbac()
        .publish_groups(hub.app(), groups_of(vector));
    hub
}

/// What the hub decides: over the wire for people, by the service itself for the others.
async fn answer(app: &App, vector: &Value) -> Value {
    let principal = principal_of(vector);
    if principal.user().is_none() {
        let permissions = app.permission();
        let decision =
            permissions.decide(&permissions.in_force(), &principal, &permission_of(vector));
        return json!({"id": "q", "result": decision.result()});
    }
    let mut item = vector["request"].clone();
    item["id"] = json!("q");
    let body = JsonBody(json!({"items": [item]}));
    let state = axum::extract::State(app.clone());
    let response = permission::api::authorize(state, principal, body)
        .await
        .unwrap();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    serde_json::from_slice::<Value>(&body).unwrap()["items"][0].clone()
}

/// The order across roles is free.
fn sorted(mut decision: Value) -> Value {
    if let Some(members) = decision["conditions"]["anyOf"].as_array_mut() {
        members.sort_by_key(Value::to_string);
    }
    decision
}

/// Whether a resource of a vector meets criteria; nothing for types that their plugin judges elsewhere.
fn holds(resource_type: &str, criteria: &Criteria<Condition>, resource: &Value) -> Option<bool> {
    if resource.is_null() {
        return Some(false);
    }
    match resource_type {
        "catalog-entity" => {
            let entity = Entity::parse(resource.to_string()).unwrap();
            Some(conditions_match(criteria, &entity).unwrap())
        }
        "policy-entity" => {
            let metadata = RoleMetadata {
                owner: resource["owner"].as_str().map(str::to_owned),
                is_default: resource["isDefault"].as_bool().unwrap_or(false),
                ..RoleMetadata::new(Source::Rest, "user:default/ann", SystemClock.now())
            };
            Some(Visible::Owned(tests_of(criteria).unwrap()).includes(&metadata))
        }
        "scaffolder-action" => None,
        other => panic!("no vector is about `{other}`"),
    }
}

#[tokio::test]
async fn decision_vectors_hold_through_storage_and_wire() {
    for (file, vectors) in callboard_testkit::corpus::vectors("rbac-decisions") {
        for vector in list(&vectors["decisions"]) {
            let hub = hub_of(vector).await;

            let answer = answer(hub.app(), vector).await;

            let what = format!("{file} {} {}", vector["id"], vector["title"]);
            let mut expected = vector["expect"].clone();
            expected["id"] = json!("q");
            assert_eq!(sorted(answer.clone()), sorted(expected), "{what}");
            for check in list(&vector["resourceChecks"]) {
                let criteria = Criteria::from_json(&answer["conditions"]).unwrap();
                let resource = &check["resource"];
                let Some(holds) = holds(
                    answer["resourceType"].as_str().unwrap(),
                    &criteria,
                    resource,
                ) else {
                    continue;
                };
                let result = if holds { "ALLOW" } else { "DENY" };
                assert_eq!(result, check["result"], "{what} {resource}");
            }
        }
    }
}

#[tokio::test]
async fn vectors_lose_nothing_in_storage() {
    for (file, vectors) in callboard_testkit::corpus::vectors("rbac-decisions") {
        for vector in list(&vectors["decisions"]) {
            let state = state_of(vector);
            let store = Store::open(&StoreConfig::SqliteMemory).await.unwrap();
            store
                .migrate(store::all_migrations().to_vec())
                .await
                .unwrap();

            let mut tx = store.begin().await.unwrap();
            store::save(&mut tx, &State::default(), &state)
                .await
                .unwrap();
            let loaded = store::load(&mut tx).await.unwrap();
            tx.commit().await.unwrap();

            assert_eq!(loaded, state, "{file} {}", vector["id"]);
            let settings = Settings::default();
            let models =
                [&state, &loaded].map(|state| load::model(&settings, state, groups_of(vector)));
            assert_eq!(models[0].grants, models[1].grants);
            assert_eq!(models[0].conditions, models[1].conditions);
        }
    }
}

#[tokio::test]
async fn a_change_is_written_as_a_difference() {
    let vector = json!({
        "memberships": [["user:default/tom", "role:default/a"], ["user:default/ann", "role:default/b"]],
        "policies": [["role:default/a", "catalog-entity", "read", "allow"]],
        "conditions": [{
            "roleEntityRef": "role:default/a", "pluginId": "catalog", "resourceType": "catalog-entity",
            "permissionMapping": [{"name": "catalog.entity.delete", "action": "delete"}],
            "conditions": {"rule": "IS_ENTITY_KIND", "resourceType": "catalog-entity", "params": {"kinds": ["API"]}},
        }],
    });
    let old = state_of(&vector);
    let store = Store::open(&StoreConfig::SqliteMemory).await.unwrap();
    store
        .migrate(store::all_migrations().to_vec())
        .await
        .unwrap();
    let mut tx = store.begin().await.unwrap();
    store::save(&mut tx, &State::default(), &old).await.unwrap();

    let mut new = old.clone();
    new.memberships
        .shift_remove(&Membership::new("user:default/ann", "role:default/b"));
    new.remove_role("role:default/b");
    new.add_membership(
        Membership::new("user:default/eve", "role:default/a"),
        Source::CsvFile.into(),
    );
    new.policies[0].origin = Source::CsvFile.into();
    new.roles[0].touch(
        "user:default/eve",
        SystemClock.now().round(jiff::Unit::Millisecond).unwrap(),
    );
    new.conditions.get_mut(&1).unwrap().policy.conditions =
        json!({"rule": "X", "resourceType": "t"});
    store::save(&mut tx, &old, &new).await.unwrap();

    assert_eq!(store::load(&mut tx).await.unwrap(), new);
}
