//! Custom resource definitions: they make resources available as soon as they are stored.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::error::Cause;
use crate::resource::{Column, Resource};
use crate::schema::Schema;
use crate::store::{Key, State};

/// Completes a definition and tells what is wrong with it.
pub(crate) fn admit(before: Option<&Value>, new: &mut Value, now: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    let spec = &mut new["spec"];
    let plural = spec["names"]["plural"].as_str().unwrap_or_default();
    let group = spec["group"].as_str().unwrap_or_default();
    let wanted = format!("{plural}.{group}");
    if spec["names"]["singular"].is_null() {
        let kind = spec["names"]["kind"].as_str().unwrap_or_default();
        spec["names"]["singular"] = json!(kind.to_lowercase());
    }
    if spec["names"]["listKind"].is_null() {
        let kind = spec["names"]["kind"].as_str().unwrap_or_default();
        spec["names"]["listKind"] = json!(format!("{kind}List"));
    }
    if spec["conversion"].is_null() {
        spec["conversion"] = json!({"strategy": "None"});
    }
    let versions = spec["versions"].as_array();
    let stored: Vec<&Value> = versions
        .into_iter()
        .flatten()
        .filter(|version| version["storage"] == true)
        .map(|version| &version["name"])
        .collect();
    if stored.len() != 1 {
        let why = "must have exactly one version marked as storage version";
        causes.push(Cause::invalid(
            "spec.versions",
            &json!(versions.map_or(0, Vec::len)),
            why,
        ));
    }
    let mut stored_versions = before
        .and_then(|before| before["status"]["storedVersions"].as_array())
        .cloned()
        .unwrap_or_default();
    for version in stored {
        if !stored_versions.contains(version) {
            stored_versions.push(version.clone());
        }
    }
    if new["metadata"]["name"] != *wanted {
        let why = format!("must be spec.names.plural+\".\"+spec.group, that is {wanted}");
        causes.push(Cause::invalid(
            "metadata.name",
            &new["metadata"]["name"],
            &why,
        ));
    }

    let accepted = new["spec"]["names"].clone();
    let conditions = match before.map(|before| &before["status"]["conditions"]) {
        Some(conditions) if conditions.is_array() => conditions.clone(),
        _ => json!([
            condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
            condition(
                "Established",
                "InitialNamesAccepted",
                "the initial names have been accepted",
                now
            ),
        ]),
    };
    new["status"] = json!({
        "conditions": conditions,
        "acceptedNames": accepted,
        "storedVersions": stored_versions,
    });
    causes
}

fn condition(kind: &str, reason: &str, message: &str, now: &str) -> Value {
    json!({
        "type": kind,
        "status": "True",
        "reason": reason,
        "message": message,
        "lastTransitionTime": now,
    })
}

/// What tables show of objects of this version.
fn columns(version: &Value) -> Vec<Column> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let columns = version["additionalPrinterColumns"].as_array();
    columns
        .into_iter()
        .flatten()
        // The others are for those who ask for wide tables.
        .filter(|column| column["priority"].as_i64().unwrap_or(0) == 0)
        .map(|column| Column {
            name: text(&column["name"]),
            kind: text(&column["type"]),
            path: text(&column["jsonPath"]),
        })
        .collect()
}

/// What users of a deprecated version are told.
fn warning(spec: &Value, version: &Value) -> Option<String> {
    if version["deprecated"] != true {
        return None;
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let own = version["deprecationWarning"].as_str();
    Some(own.map_or_else(
        || {
            let (group, kind) = (text(&spec["group"]), text(&spec["names"]["kind"]));
            format!("{group}/{} {kind} is deprecated", text(&version["name"]))
        },
        ToOwned::to_owned,
    ))
}

impl State {
    /// Makes the served versions of a stored definition available.
    pub(crate) fn register(&mut self, key: &Key) {
        let Some(stored) = self.get(key) else {
            return;
        };
        let definition = Arc::clone(&stored.object);
        let spec = &definition["spec"];
        let names = &spec["names"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let texts = |value: &Value| -> Vec<String> {
            value.as_array().into_iter().flatten().map(text).collect()
        };
        let versions = spec["versions"].as_array().into_iter().flatten();
        let resources: Vec<Resource> = versions
            .filter(|version| version["served"] == true)
            .map(|version| {
                let subresources = version["subresources"].as_object();
                Resource {
                    group: text(&spec["group"]),
                    version: text(&version["name"]),
                    plural: text(&names["plural"]),
                    singular: text(&names["singular"]),
                    kind: text(&names["kind"]),
                    namespaced: spec["scope"] == "Namespaced",
                    short_names: texts(&names["shortNames"]),
                    subresources: subresources
                        .map(|found| found.keys().cloned().collect())
                        .unwrap_or_default(),
                    schema: Some(Arc::new(Schema::new(&version["schema"]["openAPIV3Schema"]))),
                    columns: columns(version),
                    warning: warning(spec, version),
                }
            })
            .collect();
        let (group, plural) = (text(&spec["group"]), text(&names["plural"]));
        self.registry.replace(&group, &plural, resources);
    }
}
