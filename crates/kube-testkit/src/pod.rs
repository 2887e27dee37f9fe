//! Pods and what makes them: templates, selectors, and fields that may not change.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::error::Cause;
use crate::name;

/// Completes a workload and tells what is wrong with it.
pub(crate) fn admit_workload(kind: &str, before: Option<&Value>, new: &mut Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let spec = &mut new["spec"];
    if matches!(kind, "Deployment" | "StatefulSet" | "ReplicaSet") && spec["replicas"].is_null() {
        spec["replicas"] = json!(1);
    }
    let template = &spec["template"];
    causes.extend(name::check_labels(
        &template["metadata"]["labels"],
        "spec.template.metadata.labels",
    ));
    let claims: Vec<&str> = spec["volumeClaimTemplates"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|claim| claim["metadata"]["name"].as_str())
        .collect();
    causes.extend(check(&template["spec"], "spec.template.spec", &claims));

    if kind != "Job" {
        let labels = &template["metadata"]["labels"];
        let selector = &spec["selector"];
        if selector.is_null() {
            causes.push(Cause::required("spec.selector", ""));
        }
        let mut wanted = selector["matchLabels"].as_object().into_iter().flatten();
        let is_matched = wanted.all(|(name, value)| labels.get(name) == Some(value));
        if !is_matched {
            let why = "`selector` does not match template `labels`";
            causes.push(Cause::invalid("spec.template.metadata.labels", labels, why));
        }
    }
    if let Some(before) = before {
        causes.extend(check_fixed(kind, &before["spec"], spec));
    }
    causes
}

fn check_fixed(kind: &str, before: &Value, new: &Value) -> Option<Cause> {
    match kind {
        "Deployment" | "DaemonSet" | "ReplicaSet" => (before["selector"] != new["selector"])
            .then(|| Cause::invalid("spec.selector", &new["selector"], "field is immutable")),
        "Job" => (before["template"] != new["template"])
            .then(|| Cause::invalid("spec.template", &new["template"], "field is immutable")),
        "StatefulSet" => {
            let fixed = |spec: &Value| {
                let mut spec = spec.as_object().cloned().unwrap_or_default();
                spec.retain(|name, _| {
                    !matches!(
                        name.as_str(),
                        "replicas"
                            | "ordinals"
                            | "template"
                            | "updateStrategy"
                            | "revisionHistoryLimit"
                            | "persistentVolumeClaimRetentionPolicy"
                            | "minReadySeconds"
                    )
                });
                spec
            };
            (fixed(before) != fixed(new)).then(|| Cause {
                reason: "FieldValueForbidden",
                field: "spec".to_owned(),
                message: "Forbidden: updates to statefulset spec for fields other than 'replicas', \
                          'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', \
                          'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
                    .to_owned(),
            })
        }
        _ => None,
    }
}

/// What is wrong with the specification of a pod that has these volumes beside its own.
pub(crate) fn check(spec: &Value, field: &str, claims: &[&str]) -> Vec<Cause> {
    let mut causes = Vec::new();
    let containers = spec["containers"].as_array();
    if containers.is_none_or(Vec::is_empty) {
        causes.push(Cause::required(format!("{field}.containers"), ""));
    }

    let mut volumes: BTreeSet<&str> = BTreeSet::new();
    for (at, volume) in spec["volumes"].as_array().into_iter().flatten().enumerate() {
        let name = volume["name"].as_str().unwrap_or_default();
        if !volumes.insert(name) {
            causes.push(duplicate(format!("{field}.volumes[{at}].name"), name));
        }
        if !is_dns_label(name) {
            let why = "must be a DNS label of at most 63 characters";
            causes.push(Cause::invalid(
                format!("{field}.volumes[{at}].name"),
                &json!(name),
                why,
            ));
        }
    }

    volumes.extend(claims);

    let mut names = BTreeSet::new();
    for list in ["initContainers", "containers"] {
        for (at, container) in spec[list].as_array().into_iter().flatten().enumerate() {
            let field = format!("{field}.{list}[{at}]");
            let name = container["name"].as_str().unwrap_or_default();
            if name.is_empty() {
                causes.push(Cause::required(format!("{field}.name"), ""));
            } else if !names.insert(name) {
                causes.push(duplicate(format!("{field}.name"), name));
            }
            if container["image"].as_str().is_none_or(str::is_empty) {
                causes.push(Cause::required(format!("{field}.image"), ""));
            }
            causes.extend(check_mounts(container, &field, &volumes));
        }
    }
    causes
}

fn check_mounts(container: &Value, field: &str, volumes: &BTreeSet<&str>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut paths = BTreeSet::new();
    let mounts = container["volumeMounts"].as_array().into_iter().flatten();
    for (at, mount) in mounts.enumerate() {
        let name = mount["name"].as_str().unwrap_or_default();
        if !volumes.contains(name) {
            causes.push(Cause {
                reason: "FieldValueNotFound",
                field: format!("{field}.volumeMounts[{at}].name"),
                message: format!("Not found: \"{name}\""),
            });
        }
        let path = mount["mountPath"].as_str().unwrap_or_default();
        if path.is_empty() {
            causes.push(Cause::required(
                format!("{field}.volumeMounts[{at}].mountPath"),
                "",
            ));
        } else if !paths.insert(path) {
            causes.push(Cause::invalid(
                format!("{field}.volumeMounts[{at}].mountPath"),
                &mount["mountPath"],
                "must be unique",
            ));
        }
    }
    causes
}

fn duplicate(field: String, name: &str) -> Cause {
    Cause {
        reason: "FieldValueDuplicate",
        field,
        message: format!("Duplicate value: \"{name}\""),
    }
}

fn is_dns_label(name: &str) -> bool {
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    name.len() <= 63
        && is_end(name.chars().next())
        && is_end(name.chars().last())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
