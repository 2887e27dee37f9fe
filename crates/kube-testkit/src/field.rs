//! Who owns which field: sets of paths, and their form on the wire, `FieldsV1`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::shape::{Listing, Shape};

/// One step from an object into its parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Field(String),
    /// The item of a keyed list with these keys, as JSON.
    Item(String),
    /// The item of a set with this value, as JSON.
    Value(String),
}

pub(crate) type Path = Vec<Step>;

/// Paths of leaves, and of the items of keyed lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldSet {
    paths: BTreeSet<Path>,
}

/// What of `metadata` nobody owns.
const SYSTEM_METADATA: [&str; 9] = [
    "creationTimestamp",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "name",
    "namespace",
    "resourceVersion",
    "selfLink",
    "uid",
];

impl FieldSet {
    /// All fields that `object` sets.
    pub(crate) fn of(object: &Value, shape: Shape<'_>) -> Self {
        let mut set = Self::default();
        for (name, value) in object.as_object().into_iter().flatten() {
            let shape = shape.field(name);
            let mut path = vec![Step::Field(name.clone())];
            match name.as_str() {
                "apiVersion" | "kind" => {}
                "metadata" => {
                    for (name, value) in value.as_object().into_iter().flatten() {
                        if !SYSTEM_METADATA.contains(&name.as_str()) {
                            path.push(Step::Field(name.clone()));
                            set.collect(value, shape.field(name), &mut path);
                            path.pop();
                        }
                    }
                }
                _ => set.collect(value, shape, &mut path),
            }
        }
        set
    }

    fn collect(&mut self, value: &Value, shape: Shape<'_>, path: &mut Path) {
        match (value, shape.listing()) {
            (Value::Object(members), _) if !members.is_empty() && !shape.is_atomic_map() => {
                for (name, value) in members {
                    path.push(Step::Field(name.clone()));
                    self.collect(value, shape.field(name), path);
                    path.pop();
                }
            }
            (Value::Array(items), Listing::Set) if !items.is_empty() => {
                for item in items {
                    path.push(Step::Value(item.to_string()));
                    self.paths.insert(path.clone());
                    path.pop();
                }
            }
            (Value::Array(items), Listing::Keyed(keys)) if !items.is_empty() => {
                let Some(found) = items
                    .iter()
                    .map(|item| keys.of(item))
                    .collect::<Option<Vec<_>>>()
                else {
                    self.paths.insert(path.clone());
                    return;
                };
                for (item, key) in items.iter().zip(found) {
                    path.push(Step::Item(Value::Object(key).to_string()));
                    self.paths.insert(path.clone());
                    self.collect(item, shape.item(), path);
                    path.pop();
                }
            }
            _ => {
                self.paths.insert(path.clone());
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    pub(crate) fn contains(&self, path: &Path) -> bool {
        self.paths.contains(path)
    }

    /// Whether a path of the set begins with `path`.
    pub(crate) fn reaches(&self, path: &Path) -> bool {
        self.paths
            .range(path.clone()..)
            .next()
            .is_some_and(|found| found.starts_with(path))
    }

    pub(crate) fn paths(&self) -> impl DoubleEndedIterator<Item = &Path> {
        self.paths.iter()
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&Path) -> bool) {
        self.paths.retain(keep);
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        self.paths.extend(other.paths.iter().cloned());
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.paths.retain(|path| !other.paths.contains(path));
    }

    /// The form on the wire.
    pub(crate) fn to_fields_v1(&self) -> Value {
        let mut root = json!({});
        for path in &self.paths {
            let mut node = &mut root;
            for step in path {
                node = &mut node[step.to_key()];
                if node.is_null() {
                    *node = json!({});
                }
            }
            if matches!(path.last(), Some(Step::Item(_))) {
                node["."] = json!({});
            }
        }
        root
    }

    /// Reads the form on the wire; what it does not know it leaves out.
    pub(crate) fn from_fields_v1(fields: &Value) -> Self {
        let mut set = Self::default();
        set.read(fields, &mut Vec::new());
        set
    }

    fn read(&mut self, node: &Value, path: &mut Path) {
        let Some(members) = node.as_object() else {
            return;
        };
        if members.is_empty() && !path.is_empty() {
            self.paths.insert(path.clone());
        }
        for (key, value) in members {
            match Step::from_key(key) {
                // The dot of a map says nothing that its members do not say.
                None if matches!(path.last(), Some(Step::Item(_))) => {
                    self.paths.insert(path.clone());
                }
                None => {}
                Some(step) => {
                    path.push(step);
                    self.read(value, path);
                    path.pop();
                }
            }
        }
    }
}

impl FromIterator<Path> for FieldSet {
    fn from_iter<T: IntoIterator<Item = Path>>(paths: T) -> Self {
        Self {
            paths: paths.into_iter().collect(),
        }
    }
}

impl Step {
    fn to_key(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Item(key) => format!("k:{key}"),
            Self::Value(value) => format!("v:{value}"),
        }
    }

    fn from_key(key: &str) -> Option<Self> {
        let (form, rest) = key.split_once(':')?;
        match form {
            "f" => Some(Self::Field(rest.to_owned())),
            "k" => {
                let key: Map<String, Value> = serde_json::from_str(rest).ok()?;
                let mut key: Vec<_> = key.into_iter().collect();
                key.sort_by(|(one, _), (other, _)| one.cmp(other));
                let key: Map<String, Value> = key.into_iter().collect();
                Some(Self::Item(Value::Object(key).to_string()))
            }
            "v" => Some(Self::Value(rest.to_owned())),
            _ => None,
        }
    }

    /// Where in `items` the item is that this step names.
    fn position(&self, items: &[Value]) -> Option<usize> {
        match self {
            Self::Field(_) => None,
            Self::Item(key) => {
                let key: Map<String, Value> = serde_json::from_str(key).ok()?;
                items.iter().position(|item| {
                    key.iter().all(|(name, wanted)| match item.get(name) {
                        Some(found) => found == wanted,
                        None => name == "protocol" && wanted == "TCP",
                    })
                })
            }
            Self::Value(value) => {
                let value: Value = serde_json::from_str(value).ok()?;
                items.iter().position(|item| *item == value)
            }
        }
    }
}

/// The value at `path`, if the object has one.
pub(crate) fn value_at<'a>(object: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, step| match step {
        Step::Field(name) => value.get(name),
        Step::Item(_) | Step::Value(_) => {
            let items = value.as_array()?;
            items.get(step.position(items)?)
        }
    })
}

/// Takes the value at `path` away, and the maps and lists that are empty after that.
pub(crate) fn remove_at(object: &mut Value, path: &[Step]) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    let is_gone = |rest: &[Step], value: &Value| {
        rest.is_empty()
            || matches!(value, Value::Object(members) if members.is_empty())
            || matches!(value, Value::Array(items) if items.is_empty())
    };
    match (object, first) {
        (Value::Object(members), Step::Field(name)) => {
            if let Some(value) = members.get_mut(name) {
                remove_at(value, rest);
                if is_gone(rest, value) {
                    members.shift_remove(name);
                }
            }
        }
        (Value::Array(items), Step::Item(_) | Step::Value(_)) => {
            if let Some(at) = first.position(items) {
                remove_at(&mut items[at], rest);
                if is_gone(rest, &items[at]) {
                    items.remove(at);
                }
            }
        }
        _ => {}
    }
}

/// A path as messages write it: `.spec.containers[name="web"].image`.
pub(crate) fn text(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Field(name) => {
                text.push('.');
                text.push_str(name);
            }
            Step::Item(key) => {
                let key: Map<String, Value> = serde_json::from_str(key).unwrap_or_default();
                let key: Vec<String> = key
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                text.push_str(&format!("[{}]", key.join(",")));
            }
            Step::Value(value) => text.push_str(&format!("[={value}]")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOYMENT: Shape<'_> = Shape::BuiltIn {
        kind: "Deployment",
        field: "",
    };

    #[test]
    fn a_set_of_fields_comes_back_from_the_wire_as_it_went() {
        let object = json!({
            "apiVersion": "apps/v1",
            "metadata": {"name": "web", "labels": {"a": "b"}, "finalizers": ["x/y"]},
            "spec": {"template": {"spec": {"containers": [
                {"name": "web", "args": ["a", "b"], "ports": [{"containerPort": 80}]},
            ]}}},
        });

        let set = FieldSet::of(&object, DEPLOYMENT);

        assert_eq!(FieldSet::from_fields_v1(&set.to_fields_v1()), set);
        insta::assert_json_snapshot!(set.to_fields_v1(), @r#"
        {
          "f:metadata": {
            "f:finalizers": {
              "v:\"x/y\"": {}
            },
            "f:labels": {
              "f:a": {}
            }
          },
          "f:spec": {
            "f:template": {
              "f:spec": {
                "f:containers": {
                  "k:{\"name\":\"web\"}": {
                    ".": {},
                    "f:args": {},
                    "f:name": {},
                    "f:ports": {
                      "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {
                        ".": {},
                        "f:containerPort": {}
                      }
                    }
                  }
                }
              }
            }
          }
        }
        "#);
    }

    #[test]
    fn what_is_emptied_goes_too() {
        let mut object = json!({"spec": {"containers": [{"name": "a", "env": [{"name": "X"}]}]}});
        let set = FieldSet::of(&object, DEPLOYMENT);
        let env = set
            .paths()
            .find(|path| text(path) == r#".spec.containers[name="a"].env[name="X"]"#)
            .unwrap();

        remove_at(&mut object, env);

        assert_eq!(object, json!({"spec": {"containers": [{"name": "a"}]}}));
    }
}
