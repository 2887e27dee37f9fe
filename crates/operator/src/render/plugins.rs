//! `dynamic-plugins.yaml`: the default one and the user's, merged.

use super::metadata::adopt;
use super::{Input, Names, Object, Policy, check_form};
use crate::error::InputError;
use crate::external::ExternalKind;
use crate::merge::{ListOrder, merge};
use serde_json::{Map, Value, json};

/// The key of the ConfigMap, and the name of the file.
pub(crate) const FILE: &str = "dynamic-plugins.yaml";

/// Makes the ConfigMap; `None` if neither the default configuration nor the user has one.
pub(crate) fn render(input: &Input<'_>, names: &Names<'_>) -> Result<Option<Object>, InputError> {
    let document = input.sources.document(FILE, &["ConfigMap"])?;
    let users = of_user(input)?;
    if document.is_none() && users.is_none() {
        return Ok(None);
    }
    let mut object = document.as_ref().map_or_else(
        || json!({"apiVersion": "v1", "kind": "ConfigMap"}),
        |document| document.value.clone(),
    );
    let default = object["data"][FILE].as_str().unwrap_or_default().to_owned();
    let default = parse(&default).map_err(|message| {
        let origin = super::origin_of(input);
        InputError::field(format!("{FILE} of {origin}"), message)
    })?;
    let merged = match users {
        None => object["data"][FILE].as_str().unwrap_or_default().to_owned(),
        Some(users) => callboard_yaml::to_string(&merged(default, users)),
    };
    object["data"] = json!({FILE: merged});
    adopt(&mut object, input.instance, names.plugins());
    if let Some(document) = &document {
        check_form(document, &object, false)?;
    }
    Ok(Some(Object {
        value: object,
        policy: Policy::Apply,
    }))
}

/// Reads the user's list; `None` if the custom resource names none.
fn of_user(input: &Input<'_>) -> Result<Option<Map<String, Value>>, InputError> {
    let application = &input.instance.spec.application;
    let Some(name) = application.dynamic_plugins_config_map_name.as_ref() else {
        return Ok(None);
    };
    let key = (ExternalKind::ConfigMap, name.clone());
    let Some(content) = input.observed.externals.get(&key) else {
        return Ok(None);
    };
    let field = "spec.application.dynamicPluginsConfigMapName";
    match content.text(FILE) {
        Some(text) => Ok(Some(parse(text).map_err(|message| {
            InputError::field(field, format!("ConfigMap `{name}`: {message}"))
        })?)),
        None => Err(InputError::field(
            field,
            format!(
                "ConfigMap `{name}`: dynamic plugin configMap expects 'dynamic-plugins.yaml' Data key"
            ),
        )),
    }
}

fn parse(text: &str) -> Result<Map<String, Value>, String> {
    let node = callboard_yaml::parse(text).map_err(|error| match error.position() {
        Some(at) => format!("`{FILE}`, line {}, column {}: {error}", at.line, at.column),
        None => format!("`{FILE}`: {error}"),
    })?;
    match node.into_json() {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        _ => Err(format!(
            "`{FILE}` is a mapping with `includes` and `plugins`"
        )),
    }
}

/// Merges the user's list over the default one, entry by entry.
///
/// # Source
///
/// Mirrors upstream's operator: `pluginConfig` is replaced as a whole, `enabled` beats
/// `disabled`, and an empty `includes` clears those of the default.
fn merged(mut default: Map<String, Value>, users: Map<String, Value>) -> Value {
    let includes = match users.get("includes").and_then(Value::as_array) {
        Some(own) if own.is_empty() => Vec::new(),
        own => {
            let mut all = take_list(&mut default, "includes");
            for include in own.into_iter().flatten() {
                if !all.contains(include) {
                    all.push(include.clone());
                }
            }
            all
        }
    };
    let mut plugins = take_list(&mut default, "plugins");
    for entry in users
        .get("plugins")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        match plugins
            .iter_mut()
            .find(|it| it["package"] == entry["package"])
        {
            Some(existing) => merge_entry(existing, entry),
            None => plugins.push(entry.clone()),
        }
    }
    for (key, value) in users {
        default.insert(key, value);
    }
    default.insert("includes".to_owned(), includes.into());
    default.insert("plugins".to_owned(), plugins.into());
    Value::Object(default)
}

fn merge_entry(existing: &mut Value, entry: &Value) {
    if let (Some(map), Some(config)) = (existing.as_object_mut(), entry.get("pluginConfig")) {
        map.insert("pluginConfig".to_owned(), config.clone());
    }
    let mut rest = entry.clone();
    if let Some(rest) = rest.as_object_mut() {
        rest.remove("pluginConfig");
        // Whichever of the two the user writes decides alone.
        for (own, other) in [("enabled", "disabled"), ("disabled", "enabled")] {
            if rest.contains_key(own) && !rest.contains_key(other) {
                rest.insert(other.to_owned(), Value::Null);
            }
        }
    }
    merge(existing, &rest, ListOrder::Append);
}

fn take_list(map: &mut Map<String, Value>, key: &str) -> Vec<Value> {
    match map.remove(key) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn merged_text(default: &str, users: &str) -> String {
        callboard_yaml::to_string(&merged(parse(default).unwrap(), parse(users).unwrap()))
    }

    #[test]
    fn the_users_entry_changes_the_default_one_field_by_field() {
        let default = "
includes: [dynamic-plugins.default.yaml]
plugins:
  - package: ./a
    disabled: true
    integrity: x
    pluginConfig: {a: {b: 1}}
  - package: ./b
";
        let users = "
includes: [more.yaml]
plugins:
  - package: ./a
    enabled: true
    pluginConfig: {c: 2}
  - package: ./c
";

        insta::assert_snapshot!(merged_text(default, users), @r#"
        includes:
          - dynamic-plugins.default.yaml
          - more.yaml
        plugins:
          - package: "./a"
            enabled: true
            integrity: x
            pluginConfig:
              c: 2
          - package: "./b"
          - package: "./c"
        "#);
    }

    #[test]
    fn an_empty_list_of_includes_clears_them() {
        assert_eq!(
            merged_text("includes: [a]\nplugins: []", "includes: []"),
            "includes: []\nplugins: []\n"
        );
    }
}
