//! Objects as tables, which is how `kubectl get` wants them.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::json_path;
use crate::resource::{Column, Resource};

/// Columns of kinds that every cluster has, after the name and before the age.
const BUILT_IN: &[(&str, &[(&str, Cell)])] = &[
    (
        "ConfigMap",
        &[("Data", Cell::Count(&["data", "binaryData"]))],
    ),
    (
        "Deployment",
        &[
            ("Ready", Cell::Ready),
            ("Up-to-date", Cell::Number(".status.updatedReplicas")),
            ("Available", Cell::Number(".status.availableReplicas")),
        ],
    ),
    (
        "Ingress",
        &[
            ("Class", Cell::Text(".spec.ingressClassName")),
            ("Hosts", Cell::Text(".spec.rules[0].host")),
        ],
    ),
    ("Lease", &[("Holder", Cell::Text(".spec.holderIdentity"))]),
    ("Namespace", &[("Status", Cell::Text(".status.phase"))]),
    (
        "PersistentVolumeClaim",
        &[
            ("Status", Cell::Text(".status.phase")),
            ("Capacity", Cell::Text(".status.capacity.storage")),
            ("Access Modes", Cell::Text(".spec.accessModes[0]")),
        ],
    ),
    (
        "Pod",
        &[
            ("Ready", Cell::ReadyContainers),
            ("Status", Cell::Text(".status.phase")),
            (
                "Restarts",
                Cell::Number(".status.containerStatuses[0].restartCount"),
            ),
        ],
    ),
    (
        "Secret",
        &[
            ("Type", Cell::Text(".type")),
            ("Data", Cell::Count(&["data"])),
        ],
    ),
    (
        "Service",
        &[
            ("Type", Cell::Text(".spec.type")),
            ("Cluster-IP", Cell::Text(".spec.clusterIP")),
            ("Port(s)", Cell::Ports),
        ],
    ),
    ("StatefulSet", &[("Ready", Cell::Ready)]),
];

/// In seconds.
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What a cell of a built-in kind shows.
#[derive(Debug, Clone, Copy)]
enum Cell {
    /// What a path leads to; `<none>` if it leads nowhere.
    Text(&'static str),
    /// The same for numbers; 0 if it leads nowhere.
    Number(&'static str),
    /// How many members these maps have together.
    Count(&'static [&'static str]),
    /// How many replicas are ready, of how many.
    Ready,
    /// How many containers are ready, of how many.
    ReadyContainers,
    /// Numbers and protocols of ports.
    Ports,
}

/// A table of objects, with the metadata of each beside its row.
///
/// `now` is the time of the answer, from which ages are counted, as objects write it.
pub(crate) fn of(resource: &Resource, metadata: &Value, objects: &[&Value], now: &str) -> Value {
    let built_in = BUILT_IN.iter().find(|(kind, _)| *kind == resource.kind);
    let built_in = built_in.map_or(&[][..], |(_, columns)| columns);
    let mut definitions = vec![definition("Name", "string")];
    definitions.extend(built_in.iter().map(|(name, _)| definition(name, "string")));
    let has_age = resource.columns.is_empty();
    if has_age {
        definitions.push(definition("Age", "string"));
    }
    for column in &resource.columns {
        // Ages are texts once they are counted.
        let kind = match column.kind.as_str() {
            "date" => "string",
            kind => kind,
        };
        definitions.push(definition(&column.name, kind));
    }
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let mut cells = vec![object["metadata"]["name"].clone()];
            cells.extend(built_in.iter().map(|(_, cell)| cell.show(object)));
            if has_age {
                let created = object["metadata"]["creationTimestamp"].as_str();
                cells.push(created.map_or(json!("<unknown>"), |since| json!(age(since, now))));
            }
            cells.extend(resource.columns.iter().map(|it| custom(it, object, now)));
            json!({"cells": cells, "object": {
                "kind": "PartialObjectMetadata",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": object["metadata"],
            }})
        })
        .collect();
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": definitions,
        "rows": rows,
    })
}

fn definition(name: &str, kind: &str) -> Value {
    let format = if name == "Name" { "name" } else { "" };
    json!({"name": name, "type": kind, "format": format, "description": "", "priority": 0})
}

/// What a column of a definition shows; nothing where its path leads nowhere.
fn custom(column: &Column, object: &Value, now: &str) -> Value {
    match json_path::first(object, &column.path) {
        None => Value::Null,
        Some(value) if column.kind == "date" => match value.as_str() {
            Some(since) => json!(age(since, now)),
            None => Value::Null,
        },
        Some(value) => value.clone(),
    }
}

impl Cell {
    fn show(self, object: &Value) -> Value {
        let number = |path| json_path::first(object, path).and_then(Value::as_u64);
        match self {
            Self::Text(path) => {
                let text = json_path::first(object, path).cloned();
                text.unwrap_or_else(|| json!("<none>"))
            }
            Self::Number(path) => json!(number(path).unwrap_or(0).to_string()),
            Self::Count(maps) => {
                let maps = maps.iter().filter_map(|map| object[map].as_object());
                json!(maps.map(serde_json::Map::len).sum::<usize>().to_string())
            }
            Self::Ready => {
                let ready = number(".status.readyReplicas").unwrap_or(0);
                json!(format!("{ready}/{}", number(".spec.replicas").unwrap_or(1)))
            }
            Self::ReadyContainers => {
                let count = |list: &Value| list.as_array().map_or(0, Vec::len);
                let statuses = object["status"]["containerStatuses"].as_array();
                let ready = statuses
                    .into_iter()
                    .flatten()
                    .filter(|it| it["ready"] == true);
                let all = count(&object["spec"]["containers"]);
                json!(format!("{}/{all}", ready.count()))
            }
            Self::Ports => {
                let ports = object["spec"]["ports"].as_array().into_iter().flatten();
                let text = |port: &Value| {
                    let protocol = port["protocol"].as_str().unwrap_or("TCP");
                    match port["nodePort"].as_u64() {
                        Some(node) => format!("{}:{node}/{protocol}", port["port"]),
                        None => format!("{}/{protocol}", port["port"]),
                    }
                };
                json!(ports.map(text).collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// How long ago something was, as Kubernetes shortens it: `90s`, `5m30s`, `2h`, `3d4h`, `400d`.
fn age(since: &str, now: &str) -> String {
    let (Ok(since), Ok(now)) = (since.parse::<Timestamp>(), now.parse::<Timestamp>()) else {
        return "<invalid>".to_owned();
    };
    let seconds = now.duration_since(since).as_secs();
    let both = |large: i64, unit: char, small: i64, rest: char| match seconds % large / small {
        0 => format!("{}{unit}", seconds / large),
        left => format!("{}{unit}{left}{rest}", seconds / large),
    };
    match seconds.max(0) {
        seconds if seconds < 2 * MINUTE => format!("{seconds}s"),
        seconds if seconds < 10 * MINUTE => both(MINUTE, 'm', 1, 's'),
        seconds if seconds < 3 * HOUR => format!("{}m", seconds / MINUTE),
        seconds if seconds < 8 * HOUR => both(HOUR, 'h', MINUTE, 'm'),
        seconds if seconds < 2 * DAY => format!("{}h", seconds / HOUR),
        seconds if seconds < 8 * DAY => both(DAY, 'd', HOUR, 'h'),
        seconds => format!("{}d", seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_shortened_as_kubernetes_does() {
        let now = "2026-11-22T12:00:00Z";
        let ages = [
            "2026-11-22T11:58:30Z",
            "2026-11-22T11:54:30Z",
            "2026-11-22T11:55:00Z",
            "2026-11-22T10:00:00Z",
            "2026-11-22T08:30:00Z",
            "2026-11-21T12:00:00Z",
            "2026-11-19T08:00:00Z",
            "2026-10-22T12:00:00Z",
        ];

        assert_eq!(
            ages.map(|since| age(since, now)),
            ["90s", "5m30s", "5m", "120m", "3h30m", "24h", "3d4h", "31d"]
        );
    }
}
