//! Structural schemas of custom resources: pruning, defaults, checks.

use serde_json::{Map, Value, json};

use crate::error::{ApiError, Cause};

/// The schema of one version of a custom resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Schema {
    root: Value,
}

impl Schema {
    pub(crate) fn new(root: &Value) -> Self {
        // Without a schema everything is kept.
        let root = if root.is_object() {
            root.clone()
        } else {
            json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
        };
        Self { root }
    }

    pub(crate) const fn root(&self) -> &Value {
        &self.root
    }

    /// Takes away what the schema does not know, and gives the paths of that.
    pub(crate) fn prune(&self, object: &mut Value) -> Vec<String> {
        let mut unknown = Vec::new();
        prune(object, &self.root, "", &mut unknown);
        unknown
    }

    /// Sets what misses and has a default.
    pub(crate) fn complete(&self, object: &mut Value) {
        complete(object, &self.root);
    }

    /// Why the object is refused; rules about changes see the one `before`.
    pub(crate) fn check(&self, before: Option<&Value>, object: &Value) -> Vec<Cause> {
        let mut causes = Vec::new();
        check(object, &self.root, "", &mut causes);
        if causes.is_empty() {
            crate::rule::check(object, before, &self.root, "", &mut causes);
        }
        causes
    }
}

/// What a server says of unknown fields when it is asked to be strict.
pub(crate) fn strict_error(unknown: &[String]) -> ApiError {
    let list: Vec<String> = unknown
        .iter()
        .map(|path| format!("unknown field \"{path}\""))
        .collect();
    ApiError::bad_request(format!("strict decoding error: {}", list.join(", ")))
}

/// Members that every object has, whatever its schema says.
const COMMON: [&str; 3] = ["apiVersion", "kind", "metadata"];

fn keeps_unknown(schema: &Value) -> bool {
    schema["x-kubernetes-preserve-unknown-fields"] == true
}

/// `spec.replicas` for the member `replicas` of `spec`.
pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// The schema of a member, by name or of all additional ones.
pub(crate) fn member<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    schema["properties"]
        .get(name)
        .or_else(|| schema.get("additionalProperties"))
        .filter(|schema| schema.is_object())
}

fn prune(value: &mut Value, schema: &Value, path: &str, unknown: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let keeps = keeps_unknown(schema) || schema["additionalProperties"] == true;
            members.retain(|name, value| {
                if path.is_empty() && COMMON.contains(&name.as_str()) {
                    return true;
                }
                let path = join(path, name);
                match member(schema, name) {
                    Some(schema) => prune(value, schema, &path, unknown),
                    None if keeps => {}
                    None => {
                        unknown.push(path);
                        return false;
                    }
                }
                true
            });
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for (at, item) in items.iter_mut().enumerate() {
                    prune(item, schema, &format!("{path}[{at}]"), unknown);
                }
            }
        }
        _ => {}
    }
}

fn complete(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(members) => {
            let properties = schema["properties"].as_object();
            for (name, schema) in properties.into_iter().flatten() {
                let default = schema.get("default");
                match (members.get(name), default) {
                    (None, Some(default)) => {
                        members.insert(name.clone(), default.clone());
                    }
                    (Some(Value::Null), Some(default)) if schema["nullable"] != true => {
                        members.insert(name.clone(), default.clone());
                    }
                    _ => {}
                }
            }
            for (name, value) in members {
                if let Some(schema) = member(schema, name) {
                    complete(value, schema);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                items.iter_mut().for_each(|item| complete(item, schema));
            }
        }
        _ => {}
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn has_type(value: &Value, schema: &Value) -> bool {
    if schema["x-kubernetes-int-or-string"] == true {
        return matches!(type_of(value), "integer" | "string");
    }
    let found = type_of(value);
    match schema["type"].as_str() {
        None => true,
        Some("number") => matches!(found, "integer" | "number"),
        Some(wanted) => wanted == found,
    }
}

fn check(value: &Value, schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    if !has_type(value, schema) {
        let wanted = schema["type"].as_str().unwrap_or("integer or string");
        let found = json!(type_of(value));
        causes.push(Cause::invalid(
            path,
            &found,
            &format!("{path} in body must be of type {wanted}: {found}"),
        ));
        return;
    }
    check_value(value, schema, path, causes);
    match value {
        Value::Object(members) => check_members(members, schema, path, causes),
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for (at, item) in items.iter().enumerate() {
                    check(item, schema, &format!("{path}[{at}]"), causes);
                }
            }
        }
        _ => {}
    }
}

fn check_members(
    members: &Map<String, Value>,
    schema: &Value,
    path: &str,
    causes: &mut Vec<Cause>,
) {
    let required = schema["required"].as_array().into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        if !members.contains_key(name) {
            causes.push(Cause::required(join(path, name), ""));
        }
    }
    for (name, value) in members {
        if path.is_empty() && COMMON.contains(&name.as_str()) {
            continue;
        }
        if let Some(schema) = member(schema, name) {
            check(value, schema, &join(path, name), causes);
        }
    }
}

/// The limits that concern one value alone.
fn check_value(value: &Value, schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    let mut refuse = |why: String| causes.push(Cause::invalid(path, value, &why));
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        let list: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        causes.push(Cause {
            reason: "FieldValueNotSupported",
            field: path.to_owned(),
            message: format!(
                "Unsupported value: {value}: supported values: {}",
                list.join(", ")
            ),
        });
        return;
    }
    let length = match value {
        Value::String(text) => Some((text.chars().count(), "minLength", "maxLength", "chars long")),
        Value::Array(items) => Some((items.len(), "minItems", "maxItems", "items")),
        Value::Object(members) => Some((
            members.len(),
            "minProperties",
            "maxProperties",
            "properties",
        )),
        _ => None,
    };
    if let Some((length, least, most, unit)) = length {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        if let Some(least) = schema[least].as_u64().filter(|&least| length < least) {
            refuse(format!("{path} in body should be at least {least} {unit}"));
        }
        if let Some(most) = schema[most].as_u64().filter(|&most| length > most) {
            refuse(format!("{path} in body should be at most {most} {unit}"));
        }
    }
    if let Some(number) = value.as_f64() {
        if let Some(least) = schema["minimum"].as_f64().filter(|&least| number < least) {
            refuse(format!(
                "{path} in body should be greater than or equal to {least}"
            ));
        }
        if let Some(most) = schema["maximum"].as_f64().filter(|&most| number > most) {
            refuse(format!(
                "{path} in body should be less than or equal to {most}"
            ));
        }
    }
    if let (Some(text), Some(pattern)) = (value.as_str(), schema["pattern"].as_str())
        && !regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
    {
        refuse(format!("{path} in body should match '{pattern}'"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        Schema::new(&json!({
            "type": "object",
            "required": ["spec"],
            "properties": {"spec": {
                "type": "object",
                "required": ["size"],
                "properties": {
                    "size": {"type": "integer", "minimum": 1},
                    "colour": {"type": "string", "enum": ["red", "green"], "default": "red"},
                    "host": {"type": "string", "pattern": "^[a-z.]+$", "maxLength": 8},
                    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            }},
        }))
    }

    fn messages(object: &Value) -> Vec<String> {
        let causes = schema().check(None, object);
        let text = |cause: &Cause| format!("{}: {}", cause.field, cause.message);
        causes.iter().map(text).collect()
    }

    #[test]
    fn unknown_fields_go_unless_they_are_to_be_kept() {
        let mut object = json!({
            "metadata": {"name": "x"},
            "spec": {"size": 1, "extra": 1, "free": {"any": {"thing": 1}}, "labels": {"a": "b"}},
        });

        let unknown = schema().prune(&mut object);

        assert_eq!(unknown, ["spec.extra"]);
        assert_eq!(
            object["spec"],
            json!({"size": 1, "free": {"any": {"thing": 1}}, "labels": {"a": "b"}})
        );
    }

    #[test]
    fn defaults_are_set_where_the_parent_is() {
        let mut object = json!({"spec": {"size": 1}});

        schema().complete(&mut object);

        assert_eq!(object["spec"]["colour"], "red");
    }

    #[test]
    fn each_wrong_field_is_named() {
        insta::assert_debug_snapshot!(messages(&json!({})), @r#"
        [
            "spec: Required value",
        ]
        "#);
        insta::assert_debug_snapshot!(messages(&json!({"spec": {
            "colour": "blue", "host": "A", "labels": {"a": 1}, "size": "1",
        }})), @r#"
        [
            "spec.colour: Unsupported value: \"blue\": supported values: \"red\", \"green\"",
            "spec.host: Invalid value: \"A\": spec.host in body should match '^[a-z.]+$'",
            "spec.labels.a: Invalid value: \"integer\": spec.labels.a in body must be of type string: \"integer\"",
            "spec.size: Invalid value: \"string\": spec.size in body must be of type integer: \"string\"",
        ]
        "#);
    }
}
