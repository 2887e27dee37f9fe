//! Merge patches: the plain one of RFC 7386, and Kubernetes' strategic one.

use serde_json::{Map, Value};

use crate::shape::{Listing, Shape};

/// Applies a JSON merge patch: null deletes, objects merge, all else replaces.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        target.clone_from(patch);
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            members.shift_remove(name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// Applies a strategic merge patch: keyed lists merge by key, and directives steer the rest.
///
/// Known are `$patch` (`delete`, `replace`, `merge`), `$retainKeys`, `$setElementOrder/…` and
/// `$deleteFromPrimitiveList/…`.
pub(crate) fn merge_strategic(target: &mut Value, patch: &Value, shape: Shape<'_>) {
    match (patch, shape.listing()) {
        (Value::Object(patch), _) => merge_object(target, patch, shape),
        (Value::Array(patch), Listing::Keyed(keys)) => {
            merge_keyed(target, patch, keys.first(), shape.item());
        }
        (Value::Array(patch), Listing::Set) => {
            let items = as_array(target);
            for item in patch {
                if !items.contains(item) {
                    items.push(item.clone());
                }
            }
        }
        _ => target.clone_from(patch),
    }
}

fn merge_object(target: &mut Value, patch: &Map<String, Value>, shape: Shape<'_>) {
    match patch.get("$patch").and_then(Value::as_str) {
        Some("delete") => {
            *target = Value::Object(Map::new());
            return;
        }
        Some("replace") => *target = Value::Object(Map::new()),
        _ => {}
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else {
        return;
    };
    if let Some(kept) = patch.get("$retainKeys").and_then(Value::as_array) {
        members.retain(|name, _| kept.iter().any(|kept| kept == name));
    }
    for (name, value) in patch {
        if let Some(name) = name.strip_prefix("$deleteFromPrimitiveList/") {
            if let (Some(Value::Array(items)), Value::Array(gone)) = (members.get_mut(name), value)
            {
                items.retain(|item| !gone.contains(item));
            }
            continue;
        }
        if name.starts_with('$') {
            continue;
        }
        if value.is_null() {
            members.shift_remove(name);
        } else {
            let member = members.entry(name).or_insert(Value::Null);
            merge_strategic(member, value, shape.field(name));
        }
    }
    // Order comes last: it speaks of the items that are there after the merge.
    for (name, order) in patch {
        if let Some(name) = name.strip_prefix("$setElementOrder/")
            && let (Some(Value::Array(items)), Value::Array(order)) = (members.get_mut(name), order)
        {
            let key = match shape.field(name).listing() {
                Listing::Keyed(keys) => Some(keys.first().to_owned()),
                Listing::Atomic | Listing::Set => None,
            };
            let place = |item: &Value| {
                order.iter().position(|wanted| match &key {
                    Some(key) => wanted.get(key) == item.get(key),
                    None => wanted == item,
                })
            };
            // Items that the order does not name stay behind those it does.
            items.sort_by_key(|item| place(item).unwrap_or(usize::MAX));
        }
    }
}

fn merge_keyed(target: &mut Value, patch: &[Value], key: &str, item_shape: Shape<'_>) {
    let directive = |item: &Value, wanted: &str| item["$patch"] == wanted;
    let items = as_array(target);
    if patch.iter().any(|item| directive(item, "replace")) {
        items.clear();
    }
    for item in patch {
        let at = items
            .iter()
            .position(|found| found.get(key) == item.get(key));
        match at {
            _ if directive(item, "replace")
                && item.as_object().is_some_and(|item| item.len() == 1) => {}
            Some(at) if directive(item, "delete") => {
                items.remove(at);
            }
            None if directive(item, "delete") => {}
            Some(at) => merge_strategic(&mut items[at], item, item_shape),
            None => {
                let mut added = Value::Object(Map::new());
                merge_strategic(&mut added, item, item_shape);
                items.push(added);
            }
        }
    }
}

fn as_array(target: &mut Value) -> &mut Vec<Value> {
    if !target.is_array() {
        *target = Value::Array(Vec::new());
    }
    match target {
        Value::Array(items) => items,
        _ => unreachable!("the line above made it an array"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const POD: Shape<'_> = Shape::BuiltIn {
        kind: "Pod",
        field: "",
    };

    fn strategic(mut target: Value, patch: &Value) -> Value {
        merge_strategic(&mut target, patch, POD);
        target
    }

    #[test]
    fn containers_are_merged_by_name() {
        let target =
            json!({"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]});

        let patched = strategic(
            target,
            &json!({"containers": [{"name": "b", "image": "2"}, {"name": "c"}]}),
        );

        assert_eq!(
            patched,
            json!({"containers": [
                {"name": "a", "image": "1"}, {"name": "b", "image": "2"}, {"name": "c"},
            ]})
        );
    }

    #[test]
    fn directives_delete_replace_and_order() {
        let target = json!({
            "env": [{"name": "A"}, {"name": "B"}],
            "args": ["x"],
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {}},
            "finalizers": ["one", "two"],
        });

        let patched = strategic(
            target,
            &json!({
                "$setElementOrder/env": [{"name": "C"}, {"name": "B"}],
                "env": [{"name": "A", "$patch": "delete"}, {"name": "C"}],
                "args": ["y"],
                "strategy": {"$retainKeys": ["type"], "type": "Recreate"},
                "$deleteFromPrimitiveList/finalizers": ["one"],
            }),
        );

        assert_eq!(
            patched,
            json!({
                "env": [{"name": "C"}, {"name": "B"}],
                "args": ["y"],
                "strategy": {"type": "Recreate"},
                "finalizers": ["two"],
            })
        );
    }
}
