//! Merging of partial objects into whole ones, as Kubernetes' strategic merge does.

use serde_json::{Map, Value};

/// On which side the new items of a list stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ListOrder {
    /// Behind those that were there.
    #[default]
    Append,
    /// Before those that were there.
    Prepend,
}

/// Merges `patch` into `target`.
///
/// Maps are merged by key, and `null` takes a key away. Lists of maps are merged item by item,
/// matched by `mountPath` or `name`; new items stand where `order` says. Anything
/// else is replaced. A map may carry `$patch`: `replace` puts the map in place of what was
/// there, `delete` takes the map or the item away, and `default` (our own) gives only what
/// is absent.
pub fn merge(target: &mut Value, patch: &Value, order: ListOrder) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => merge_map(target, patch, order),
        (Value::Array(target), Value::Array(patch)) if is_keyed(patch) => {
            merge_list(target, patch, order);
        }
        (target, patch) => *target = without_directives(patch),
    }
}

const DIRECTIVE: &str = "$patch";

fn directive(map: &Map<String, Value>) -> Option<&str> {
    map.get(DIRECTIVE).and_then(Value::as_str)
}

fn merge_map(target: &mut Map<String, Value>, patch: &Map<String, Value>, order: ListOrder) {
    match directive(patch) {
        Some("default") => return fill(target, patch),
        Some("replace") => target.clear(),
        _ => {}
    }
    for (key, value) in patch {
        if key.starts_with('$') {
            continue;
        }
        let deleted = value.as_object().and_then(directive) == Some("delete");
        if value.is_null() || deleted {
            target.remove(key);
        } else if let Some(existing) = target.get_mut(key) {
            merge(existing, value, order);
        } else {
            target.insert(key.clone(), without_directives(value));
        }
    }
}

/// Gives `target` what it lacks, and changes nothing that it has.
fn fill(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        if key.starts_with('$') || value.is_null() {
            continue;
        }
        match (target.get_mut(key), value) {
            (Some(Value::Object(existing)), Value::Object(value)) => fill(existing, value),
            (Some(_), _) => {}
            (None, value) => {
                target.insert(key.clone(), without_directives(value));
            }
        }
    }
}

/// Tells whether every item is a map that says which one it is.
fn is_keyed(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(|item| key_of(item).is_some())
}

/// What an item of a list is known by: the first of these that it has.
fn key_of(item: &Value) -> Option<(&'static str, &Value)> {
    ["mountPath", "name"]
        .into_iter()
        .find_map(|key| Some((key, item.get(key)?)))
}

fn merge_list(target: &mut Vec<Value>, patch: &[Value], order: ListOrder) {
    let mut added = Vec::new();
    for item in patch {
        let key = key_of(item);
        let at = target.iter().position(|other| key_of(other) == key);
        let deleted = item.as_object().and_then(directive) == Some("delete");
        match at {
            Some(at) if deleted => {
                target.remove(at);
            }
            Some(at) => merge(&mut target[at], item, order),
            None if deleted => {}
            None => added.push(without_directives(item)),
        }
    }
    match order {
        ListOrder::Append => target.extend(added),
        ListOrder::Prepend => {
            target.splice(0..0, added);
        }
    }
}

/// Copies a patch that meets nothing: directives and keys set to `null` are left out.
fn without_directives(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .filter(|(key, value)| !key.starts_with('$') && !value.is_null())
                .map(|(key, value)| (key.clone(), without_directives(value)))
                .collect(),
        ),
        Value::Array(items) => items.iter().map(without_directives).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(mut target: Value, patch: &Value, expected: &Value) {
        merge(&mut target, patch, ListOrder::Append);

        assert_eq!(&target, expected);
    }

    #[test]
    fn maps_are_merged_and_null_takes_away() {
        check(
            json!({"a": {"b": 1, "c": 2}, "d": 3}),
            &json!({"a": {"b": 9, "c": null}, "e": {"f": null, "g": 4}}),
            &json!({"a": {"b": 9}, "d": 3, "e": {"g": 4}}),
        );
    }

    #[test]
    fn items_of_lists_are_matched_by_name() {
        check(
            json!([{"name": "a", "image": "x", "args": ["1"]}, {"name": "b"}]),
            &json!([{"name": "c"}, {"name": "a", "image": "y", "args": ["2"]}]),
            &json!([{"name": "a", "image": "y", "args": ["2"]}, {"name": "b"}, {"name": "c"}]),
        );
    }

    #[test]
    fn mounts_are_matched_by_path_since_one_volume_has_many() {
        check(
            json!([{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b"}]),
            &json!([{"name": "w", "mountPath": "/b"}]),
            &json!([{"name": "v", "mountPath": "/a"}, {"name": "w", "mountPath": "/b"}]),
        );
    }

    #[test]
    fn new_items_may_stand_in_front() {
        let mut target = json!([{"name": "a"}, {"name": "b", "x": 1}]);

        merge(
            &mut target,
            &json!([{"name": "c"}, {"name": "b", "x": 2}]),
            ListOrder::Prepend,
        );

        assert_eq!(
            target,
            json!([{"name": "c"}, {"name": "a"}, {"name": "b", "x": 2}])
        );
    }

    #[test]
    fn directives_replace_and_delete() {
        check(
            json!({"volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "emptyDir": {}}], "s": {"x": 1}}),
            &json!({"volumes": [
                {"name": "a", "$patch": "delete"},
                {"name": "b", "$patch": "replace", "secret": {"secretName": "s"}},
            ], "s": {"$patch": "delete"}}),
            &json!({"volumes": [{"name": "b", "secret": {"secretName": "s"}}]}),
        );
    }

    #[test]
    fn a_default_gives_only_what_is_absent() {
        let patch =
            json!({"securityContext": {"$patch": "default", "fsGroup": 1001, "runAsUser": 7}});
        check(
            json!({"securityContext": {"fsGroup": 3000}}),
            &patch,
            &json!({"securityContext": {"fsGroup": 3000, "runAsUser": 7}}),
        );
        check(
            json!({}),
            &patch,
            &json!({"securityContext": {"fsGroup": 1001, "runAsUser": 7}}),
        );
    }
}
