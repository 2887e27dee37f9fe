//! The vectors of the specification: relations, validation and conditions.

use std::{path::Path, sync::Arc};

use callboard_catalog::{
    CatalogSnapshot, Criteria, Entity, Query, conditions_filter, conditions_match, relation,
    validate,
};
use serde_json::{Value, json};

/// Every document in the folder of one kind of vectors.
pub(crate) fn documents(kind: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../corpus/vectors")
        .join(kind);
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    assert!(!paths.is_empty(), "no vectors of {kind}");
    paths
        .iter()
        .map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
        .collect()
}

#[test]
fn relations_follow_the_vectors() {
    for document in documents("relations") {
        let entities = document["entities"].as_array().unwrap();
        let relations = relation::by_entity(
            entities
                .iter()
                .flat_map(|entity| relation::edges(entity).unwrap()),
        );
        for vector in document["vectors"].as_array().unwrap() {
            let found = relations
                .get(vector["entityRef"].as_str().unwrap())
                .map(|list| json!(list));

            assert_eq!(
                found.unwrap_or(json!([])),
                vector["relations"],
                "{}",
                vector["id"]
            );
        }
    }
}

#[test]
fn entity_validation_follows_the_vectors() {
    for document in documents("entity-validation") {
        for vector in document["vectors"].as_array().unwrap() {
            let (id, expected) = (&vector["id"], &vector["expect"]);

            match validate(&vector["entity"]) {
                Ok(()) => assert_eq!(expected["valid"], true, "{id}"),
                Err(error) => {
                    let found = serde_json::to_value(&error).unwrap();
                    assert_same_error(&found, &expected["errors"][0], id);
                    let field = expected["field"].as_str().unwrap();
                    assert!(
                        error.field == field || error.field.starts_with(&format!("{field}.")),
                        "{id}: {error:?}"
                    );
                }
            }
        }
    }
}

fn assert_same_error(found: &Value, expected: &Value, id: &Value) {
    let message = |error: &Value| error["message"].as_str().unwrap_or_default().to_owned();
    assert_eq!(found["name"], expected["name"], "{id}");
    assert!(
        message(found).starts_with(&message(expected)) && expected["message"].is_string(),
        "{id}: {found}"
    );
    if expected["cause"].is_object() {
        assert_same_error(&found["cause"], &expected["cause"], id);
    }
}

#[test]
fn conditions_follow_the_vectors() {
    for document in documents("conditions") {
        let entities = document["entities"].as_array().unwrap();
        let catalog = CatalogSnapshot::build(
            entities
                .iter()
                .map(|entity| Entity::parse(entity.to_string()).unwrap()),
        );
        for vector in document["vectors"].as_array().unwrap() {
            let id = &vector["id"];
            let entity_ref = vector["entityRef"].as_str().unwrap();

            let point = Criteria::from_json(&vector["criteria"])
                .map_err(|error| error.to_string())
                .and_then(|criteria| {
                    let decide = |entity| {
                        conditions_match(&criteria, entity).map_err(|error| error.to_string())
                    };
                    catalog
                        .get(entity_ref)
                        .map_or(Ok(false), |entity| decide(entity))
                });
            match &vector["point"] {
                Value::Bool(expected) => assert_eq!(point, Ok(*expected), "{id}: point"),
                _ => assert!(point.is_err(), "{id}: point"),
            }

            let list = Criteria::from_json(&as_listed(&vector["criteria"]))
                .map_err(|error| error.to_string())
                .and_then(|criteria| {
                    conditions_filter(&criteria).map_err(|error| error.to_string())
                });
            match (&vector["list"], list) {
                (Value::Bool(expected), Ok(filter)) => {
                    assert_eq!(
                        catalog.matches(entity_ref, &filter),
                        *expected,
                        "{id}: list"
                    );
                    let page = catalog.query(&Query {
                        permission: Some(Arc::new(filter)),
                        ..Query::default()
                    });
                    assert_eq!(json!(page.total), vector["listCount"], "{id}: count");
                    let is_listed = page
                        .entities
                        .iter()
                        .any(|entity| entity.entity_ref().as_str() == entity_ref);
                    assert_eq!(is_listed, *expected, "{id}: page");
                }
                (expected, list) => assert!(expected.is_object() && list.is_err(), "{id}: list"),
            }
        }
    }
}

/// Leaves of a node with several forms the one that upstream's lists go by.
fn as_listed(criteria: &Value) -> Value {
    let forms = ["rule", "anyOf", "allOf", "not"];
    match (
        criteria,
        forms.into_iter().find(|form| criteria.get(form).is_some()),
    ) {
        (Value::Object(node), Some("rule")) => node
            .iter()
            .filter(|(key, _)| !forms[1..].contains(&key.as_str()))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
        (Value::Object(node), Some("not")) => json!({ "not": as_listed(&node["not"]) }),
        (Value::Object(node), Some(form)) => {
            json!({ form: node[form].as_array().unwrap().iter().map(as_listed).collect::<Vec<_>>() })
        }
        (other, _) => other.clone(),
    }
}
