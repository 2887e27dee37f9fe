//! Which lists are merged item by item, and by which keys.

use serde_json::{Map, Value};

use crate::resource::Resource;

/// What is known of a value by its place: enough to merge it as Kubernetes does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape<'a> {
    /// A field of a built-in kind, or of `metadata`; names alone tell lists apart.
    BuiltIn { kind: &'a str, field: &'a str },
    /// A value that this structural schema describes.
    Structural(&'a Value),
    /// A value that nothing describes: maps are merged, lists are not.
    Unknown,
}

/// How a list takes changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Listing<'a> {
    /// As one value.
    Atomic,
    /// As a set of plain values.
    Set,
    /// As a map whose keys are these fields of its items.
    Keyed(Keys<'a>),
}

/// The names of the fields that tell items apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Keys<'a> {
    Fixed(&'static [&'static str]),
    OfSchema(&'a [Value]),
}

impl<'a> Shape<'a> {
    /// The shape of a whole object.
    pub(crate) fn of(resource: &'a Resource) -> Self {
        match &resource.schema {
            Some(schema) => Self::Structural(schema.root()),
            None => Self::BuiltIn {
                kind: &resource.kind,
                field: "",
            },
        }
    }

    /// The shape of the member `name` of an object of this shape.
    pub(crate) fn field(self, name: &'a str) -> Self {
        match self {
            Self::BuiltIn { kind, .. } => Self::BuiltIn { kind, field: name },
            // The metadata of custom resources is that of all others.
            Self::Structural(_) if name == "metadata" => Self::BuiltIn {
                kind: "",
                field: name,
            },
            Self::Structural(schema) => schema["properties"]
                .get(name)
                .or_else(|| schema.get("additionalProperties"))
                .filter(|schema| schema.is_object())
                .map_or(Self::Unknown, Self::Structural),
            Self::Unknown => Self::Unknown,
        }
    }

    /// The shape of the items of a list of this shape.
    pub(crate) fn item(self) -> Self {
        match self {
            Self::BuiltIn { kind, .. } => Self::BuiltIn { kind, field: "" },
            Self::Structural(schema) => schema.get("items").map_or(Self::Unknown, Self::Structural),
            Self::Unknown => Self::Unknown,
        }
    }

    /// How a list in this place takes changes.
    pub(crate) fn listing(self) -> Listing<'a> {
        match self {
            Self::BuiltIn { kind, field } => built_in(kind, field),
            Self::Structural(schema) => match schema["x-kubernetes-list-type"].as_str() {
                Some("set") => Listing::Set,
                Some("map") => schema["x-kubernetes-list-map-keys"]
                    .as_array()
                    .map_or(Listing::Atomic, |keys| Listing::Keyed(Keys::OfSchema(keys))),
                _ => Listing::Atomic,
            },
            Self::Unknown => Listing::Atomic,
        }
    }

    /// Whether an object in this place has one owner as a whole.
    pub(crate) fn is_atomic_map(self) -> bool {
        match self {
            Self::BuiltIn { field, .. } => matches!(
                field,
                "selector"
                    | "nodeSelector"
                    | "configMapKeyRef"
                    | "fieldRef"
                    | "resourceFieldRef"
                    | "secretKeyRef"
            ),
            Self::Structural(schema) => schema["x-kubernetes-map-type"] == "atomic",
            Self::Unknown => false,
        }
    }
}

fn built_in<'a>(kind: &str, field: &str) -> Listing<'a> {
    let keys: &'static [&'static str] = match (kind, field) {
        (_, "finalizers") => return Listing::Set,
        ("Service", "ports") => &["port", "protocol"],
        (
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" | "CronJob" | "Pod",
            "ports",
        ) => &["containerPort", "protocol"],
        ("ServiceAccount", "secrets") => &["name"],
        ("ServiceAccount", "imagePullSecrets") => return Listing::Atomic,
        (_, "containers" | "initContainers" | "ephemeralContainers" | "env" | "volumes") => {
            &["name"]
        }
        (_, "imagePullSecrets" | "resourceClaims") => &["name"],
        (_, "volumeMounts") => &["mountPath"],
        (_, "volumeDevices") => &["devicePath"],
        (_, "hostAliases" | "podIPs" | "hostIPs") => &["ip"],
        (_, "topologySpreadConstraints") => &["topologyKey", "whenUnsatisfiable"],
        (_, "ownerReferences") => &["uid"],
        (_, "conditions") => &["type"],
        _ => return Listing::Atomic,
    };
    Listing::Keyed(Keys::Fixed(keys))
}

impl Keys<'_> {
    /// The first of them, by which strategic patches merge.
    pub(crate) fn first(&self) -> &str {
        match self {
            Self::Fixed(names) => names[0],
            Self::OfSchema(names) => names.first().and_then(Value::as_str).unwrap_or_default(),
        }
    }

    /// The part of `item` that tells it from the others; `None` where a key misses.
    pub(crate) fn of(&self, item: &Value) -> Option<Map<String, Value>> {
        let item = item.as_object()?;
        let names: Vec<&str> = match self {
            Self::Fixed(names) => names.to_vec(),
            Self::OfSchema(names) => names.iter().filter_map(Value::as_str).collect(),
        };
        let mut key: Vec<(String, Value)> = Vec::with_capacity(names.len());
        for name in names {
            let value = match item.get(name) {
                Some(value) => value.clone(),
                None if name == "protocol" => Value::from("TCP"),
                None => return None,
            };
            key.push((name.to_owned(), value));
        }
        key.sort_by(|(one, _), (other, _)| one.cmp(other));
        Some(key.into_iter().collect())
    }
}
