//! The document by itself: that it is OpenAPI 3.1, and whole.

use super::contract::{Contract, METHODS};
use super::{builder, document_of};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What may stand beside each other in an operation.
const OPERATION: [&str; 8] = [
    "operationId",
    "tags",
    "summary",
    "description",
    "security",
    "parameters",
    "requestBody",
    "responses",
];

/// The members of an object, of nothing when it is absent.
fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn keys(value: &Value) -> BTreeSet<&str> {
    members(value).map(|(key, _)| key.as_str()).collect()
}

/// Visits every object in a value.
fn objects<'a>(value: &'a Value, visit: &mut impl FnMut(&'a Map<String, Value>)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| objects(item, visit)),
        Value::Object(map) => {
            visit(map);
            map.values().for_each(|value| objects(value, visit));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The documents of all plugins that have one.
async fn contracts() -> Vec<Contract> {
    let hub = builder().start().await;
    let mut contracts = Vec::new();
    for plugin in ["permission", "catalog", "search"] {
        contracts.push(Contract::new(document_of(&hub, plugin).await));
    }
    contracts
}

#[tokio::test]
async fn the_document_has_the_members_of_openapi() {
    for contract in contracts().await {
        let document = contract.document();

        assert_eq!(document["openapi"], "3.1.1");
        let top = [
            "components",
            "info",
            "openapi",
            "paths",
            "security",
            "servers",
            "tags",
        ];
        assert_eq!(keys(document), BTreeSet::from(top));
        assert_eq!(
            keys(&document["info"]),
            BTreeSet::from(["description", "title", "version"])
        );
        for (path, item) in members(&document["paths"]) {
            assert!(path.starts_with('/'), "{path}");
            for key in keys(item) {
                assert!(
                    METHODS.contains(&key) || key == "parameters",
                    "{path}: {key}"
                );
            }
        }
        for (name, parameter) in members(&document["components"]["parameters"]) {
            assert!(parameter["schema"].is_object(), "{name}");
        }
    }
}

/// What is allowed in objects of each kind, which is less than OpenAPI allows.
fn allowed(kind: &str) -> BTreeSet<&'static str> {
    let allowed: &[&str] = match kind {
        "response" => &["content", "description", "headers"],
        "parameter" => &["description", "in", "name", "required", "schema"],
        "header" => &["description", "schema"],
        "body" => &["content", "required"],
        "media type" => &["schema"],
        "schema" => &[
            "$ref",
            "additionalProperties",
            "const",
            "dependentRequired",
            "description",
            "enum",
            "examples",
            "format",
            "items",
            "maxItems",
            "maxLength",
            "maximum",
            "minItems",
            "minLength",
            "minimum",
            "oneOf",
            "pattern",
            "properties",
            "required",
            "title",
            "type",
            "uniqueItems",
        ],
        other => panic!("{other}"),
    };
    allowed.iter().copied().collect()
}

/// Fails for a member that does not belong into an object of its kind.
fn check_members(kind: &str, value: &Value, at: &str) {
    if value["$ref"].is_string() && kind != "schema" {
        assert_eq!(keys(value), BTreeSet::from(["$ref"]), "{at}");
        return;
    }
    let strange: Vec<_> = keys(value).difference(&allowed(kind)).copied().collect();
    assert!(value.is_object() && strange.is_empty(), "{at}: {strange:?}");
    for (name, member) in members(value) {
        let at = format!("{at}/{name}");
        match name.as_str() {
            "schema" | "items" => check_members("schema", member, &at),
            "properties" => check_each("schema", member, &at),
            "headers" => check_each("header", member, &at),
            "content" => check_each("media type", member, &at),
            "oneOf" => {
                let forms = member.as_array().unwrap().iter();
                forms.for_each(|form| check_members("schema", form, &at));
            }
            _ => {}
        }
    }
}

fn check_each(kind: &str, values: &Value, at: &str) {
    for (name, value) in members(values) {
        check_members(kind, value, &format!("{at}/{name}"));
    }
}

#[tokio::test]
async fn nothing_stands_where_it_does_not_belong() {
    for contract in contracts().await {
        let components = &contract.document()["components"];

        for operation in contract.operations() {
            let id = operation.id();
            check_each("response", &operation.value["responses"], id);
            if let Some(body) = operation.value.get("requestBody") {
                check_members("body", body, id);
            }
            for parameter in operation.parameters(&contract) {
                check_members("parameter", &parameter, id);
            }
        }
        check_each("response", &components["responses"], "responses");
        check_each("parameter", &components["parameters"], "parameters");
        check_each("schema", &components["schemas"], "schemas");
    }
}

#[tokio::test]
async fn every_operation_says_what_it_does_and_what_it_asks_for() {
    for contract in contracts().await {
        let document = contract.document();
        let tags = document["tags"].as_array().unwrap();
        let tags: BTreeSet<_> = tags
            .iter()
            .map(|tag| tag["name"].as_str().unwrap())
            .collect();
        let (mut ids, mut used) = (BTreeSet::new(), BTreeSet::new());

        for operation in contract.operations() {
            let (id, value) = (operation.id(), operation.value);
            assert!(ids.insert(id), "{id} comes twice");
            for key in keys(value) {
                assert!(OPERATION.contains(&key), "{id}: {key}");
            }
            for text in ["summary", "description"] {
                assert!(
                    value[text].as_str().is_some_and(|text| !text.is_empty()),
                    "{id}: {text}"
                );
            }
            let description = value["description"].as_str().unwrap();
            let paragraph = description
                .split("\n\n")
                .find(|text| text.starts_with("Permission: "));
            let permission =
                paragraph.unwrap_or_else(|| panic!("{id} does not name its permission"));
            assert!(
                ["`policy.entity.", "`catalog.", "none"]
                    .iter()
                    .any(|word| permission.contains(word)),
                "{id}"
            );
            let [tag] = &value["tags"].as_array().unwrap()[..] else {
                panic!("{id} has one tag")
            };
            used.insert(tag.as_str().unwrap());
            let responses = keys(&value["responses"]);
            assert!(
                responses.iter().any(|status| status.starts_with('2')),
                "{id}"
            );
            for (status, response) in members(&value["responses"]) {
                assert!(status.parse::<u16>().is_ok(), "{id}: {status}");
                assert!(
                    contract.resolve(response)["description"].is_string(),
                    "{id}: {status}"
                );
            }
            if operation.method == "get" {
                assert!(value.get("requestBody").is_none(), "{id}");
            }
        }
        assert_eq!(used, tags);
    }
}

#[tokio::test]
async fn paths_declare_their_parameters() {
    for contract in contracts().await {
        for operation in contract.operations() {
            let (mut in_path, mut all) = (BTreeSet::new(), BTreeSet::new());
            for parameter in operation.parameters(&contract) {
                let text = |key: &str| parameter[key].as_str().unwrap().to_owned();
                let (name, place) = (text("name"), text("in"));
                assert!(
                    all.insert((name.clone(), place.clone())),
                    "{name} comes twice"
                );
                if place == "path" {
                    assert_eq!(parameter["required"], true, "{name}");
                    in_path.insert(name);
                } else {
                    assert_eq!(place, "query", "{name}");
                }
            }
            let segments = operation.path.split('/');
            let named: BTreeSet<_> = segments
                .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
                .map(str::to_owned)
                .collect();
            assert_eq!(in_path, named, "{}", operation.path);
        }
    }
}

#[tokio::test]
async fn references_lead_somewhere_and_components_are_used() {
    for contract in contracts().await {
        let mut used = BTreeSet::new();

        objects(contract.document(), &mut |object| {
            if let Some(name) = object.get("$ref").and_then(Value::as_str) {
                let pointer = name.strip_prefix('#').unwrap();
                assert!(contract.document().pointer(pointer).is_some(), "{name}");
                used.insert(pointer.to_owned());
            }
        });

        let sections = ["parameters", "responses", "schemas"];
        let declared: BTreeSet<_> = sections
            .iter()
            .flat_map(|section| {
                let names = keys(&contract.document()["components"][section]).into_iter();
                names.map(move |name| format!("/components/{section}/{name}"))
            })
            .collect();
        assert_eq!(used, declared);
    }
}

#[tokio::test]
async fn schemas_are_schemas_and_their_examples_fit() {
    for contract in contracts().await {
        let mut schemas: BTreeMap<String, &Value> = BTreeMap::new();
        for (name, schema) in members(&contract.document()["components"]["schemas"]) {
            schemas.insert(name.clone(), schema);
        }
        let mut inline = Vec::new();
        objects(contract.document(), &mut |object| {
            inline.extend(object.get("schema"));
        });
        for (at, schema) in inline.into_iter().enumerate() {
            schemas.insert(format!("inline {at}"), schema);
        }
        assert!(schemas.len() > 8, "{}", schemas.len());

        for (name, schema) in schemas {
            let fault = jsonschema::draft202012::meta::validate(schema).err();
            assert!(fault.is_none(), "{name}: {fault:?}");
            let mut examples = Vec::new();
            objects(schema, &mut |object| {
                let listed = object.get("examples").and_then(Value::as_array);
                let schema = Value::Object(object.clone());
                examples.extend(
                    listed
                        .into_iter()
                        .flatten()
                        .map(|one| (schema.clone(), one)),
                );
            });
            for (schema, example) in examples {
                contract.check(&schema, example, &name);
            }
        }
    }
}
