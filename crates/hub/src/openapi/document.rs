//! Puts a document together.

use callboard_yaml::YamlError;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The version of OpenAPI that the parts are written for.
const VERSION: &str = "3.1.1";

/// Why parts make no document: a fault of the hub.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum DocumentError {
    /// A part is not YAML.
    #[error("a part of an OpenAPI document cannot be read")]
    Part(#[from] YamlError),
    /// Two parts say something different of the same.
    #[error("two parts of an OpenAPI document have `{0}`")]
    Twice(String),
}

/// The document of a plugin at `url`.
///
/// # Errors
///
/// [`DocumentError`] when a part cannot be read, or two of them contradict each other.
pub(super) fn of(url: &str, parts: &[&str]) -> Result<Value, DocumentError> {
    let mut document = json!({
        "openapi": VERSION,
        "info": {"version": env!("CARGO_PKG_VERSION")},
        "servers": [{"url": url}],
    });
    for part in parts {
        merge(&mut document, callboard_yaml::parse(part)?.to_json(), "")?;
    }
    let paths = document["paths"].as_object_mut();
    for item in paths.into_iter().flat_map(Map::values_mut) {
        for method in ["get", "post", "put", "delete"] {
            if let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) {
                surround(method, operation);
            }
        }
    }
    leave_out_unused(&mut document);
    Ok(document)
}

/// Takes out the components that nothing refers to: not every plugin needs all of what they have in
/// common.
fn leave_out_unused(document: &mut Value) {
    loop {
        let mut used = BTreeSet::new();
        references(document, &mut used);
        let mut is_whole = true;
        for section in ["parameters", "responses", "schemas"] {
            let components = document.pointer_mut(&format!("/components/{section}"));
            if let Some(components) = components.and_then(Value::as_object_mut) {
                let before = components.len();
                components
                    .retain(|name, _| used.contains(&format!("#/components/{section}/{name}")));
                is_whole &= components.len() == before;
            }
        }
        // What went may have been the only one that referred to another.
        if is_whole {
            return;
        }
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(
                members
                    .get("$ref")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            );
            members
                .values()
                .for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Adds `part` to `whole`: objects member by member, lists one after the other.
fn merge(whole: &mut Value, part: Value, at: &str) -> Result<(), DocumentError> {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            for (key, value) in part {
                let at = format!("{at}/{key}");
                match whole.get_mut(&key) {
                    Some(known) => merge(known, value, &at)?,
                    None => drop(whole.insert(key, value)),
                }
            }
            Ok(())
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.extend(part);
            Ok(())
        }
        _ => Err(DocumentError::Twice(at.to_owned())),
    }
}

/// Adds what stands around every handler may answer: the entity tag, the credential barrier, the
/// limit of bodies, the gate that waits for the start, and whoever catches faults. An operation that
/// never gives one of these says `null` for its status.
fn surround(method: &str, operation: &mut Map<String, Value>) {
    let is_open = operation.get("security").is_some();
    let has_body = operation.contains_key("requestBody");
    let around = [
        ("304", "NotModified", method == "get"),
        ("401", "Unauthenticated", !is_open),
        ("403", "Refused", !is_open),
        ("413", "TooLarge", has_body),
        ("500", "Fault", true),
        ("503", "Unavailable", true),
    ];
    let responses = operation.get_mut("responses");
    if let Some(responses) = responses.and_then(Value::as_object_mut) {
        for (status, name, _) in around
            .into_iter()
            .filter(|(_, _, is_possible)| *is_possible)
        {
            responses
                .entry(status)
                .or_insert_with(|| json!({"$ref": format!("#/components/responses/{name}")}));
        }
        responses.retain(|_, response| !response.is_null());
        responses.sort_keys();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_put_side_by_side() {
        let parts = [
            "{info: {title: A}, tags: [{name: a}], paths: {/a: {get: {responses: {'200': {}}}}}}",
            "{tags: [{name: b}], paths: {/a: {put: {security: [], requestBody: {}, responses: {}}}}}",
        ];

        let document = of("http://hub/api/a", &parts).unwrap();

        assert_eq!(document["info"]["title"], "A");
        assert_eq!(document["servers"], json!([{"url": "http://hub/api/a"}]));
        assert_eq!(document["tags"], json!([{"name": "a"}, {"name": "b"}]));
        let statuses = |method: &str| {
            let responses = document["paths"]["/a"][method]["responses"].as_object();
            responses.unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(statuses("get"), ["200", "304", "401", "403", "500", "503"]);
        assert_eq!(statuses("put"), ["413", "500", "503"]);
    }

    #[test]
    fn what_an_operation_never_answers_and_what_nothing_refers_to_is_left_out() {
        let part = "{paths: {/a: {post: {requestBody: {}, responses: {'200': {$ref: '#/components/responses/A'}, '413': null}}}},
            components: {responses: {A: {x: {$ref: '#/components/schemas/B'}}, Unused: {$ref: '#/components/schemas/C'}},
                         schemas: {B: {}, C: {}}}}";

        let document = of("http://hub", &[part]).unwrap();

        let responses = document["paths"]["/a"]["post"]["responses"].as_object();
        let statuses: Vec<_> = responses.unwrap().keys().collect();
        assert_eq!(statuses, ["200", "401", "403", "500", "503"]);
        assert_eq!(
            document["components"],
            json!({"responses": {"A": {"x": {"$ref": "#/components/schemas/B"}}}, "schemas": {"B": {}}})
        );
    }

    #[test]
    fn parts_that_contradict_each_other_are_refused() {
        let parts = ["{paths: {/a: {get: {summary: A}}}}"; 2];

        let error = of("http://hub", &parts).unwrap_err();

        assert_eq!(
            error,
            DocumentError::Twice("/paths//a/get/summary".to_owned())
        );
        assert!(matches!(
            of("http://hub", &["{"]),
            Err(DocumentError::Part(_))
        ));
    }
}
