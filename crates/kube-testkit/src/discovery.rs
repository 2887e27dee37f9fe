//! What clients ask before anything else: versions, groups, resources, and the index of OpenAPI.

use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};

use crate::answer;
use crate::error::ApiError;
use crate::resource::{Registry, Resource, api_version};

/// The version of Kubernetes that the server says it is.
pub(crate) const MINOR: u32 = 33;

const VERBS: [&str; 8] = [
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const OPENAPI_V2: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// Answers a path that is about the interface itself; `None` if it is about objects.
pub(crate) fn answer(registry: &Registry, segments: &[&str], accept: &str) -> Option<Response> {
    let is_aggregated = accept.contains("as=APIGroupDiscoveryList");
    let body = match segments {
        ["version"] => version(),
        ["api"] if is_aggregated => return Some(aggregated(registry, true)),
        ["apis"] if is_aggregated => return Some(aggregated(registry, false)),
        ["api"] => json!({
            "kind": "APIVersions",
            "versions": ["v1"],
            "serverAddressByClientCIDRs": [],
        }),
        ["apis"] => json!({
            "kind": "APIGroupList",
            "apiVersion": "v1",
            "groups": registry.groups().iter().map(group).collect::<Vec<_>>(),
        }),
        ["apis", name] => match registry.groups().iter().find(|(group, _)| group == name) {
            Some(found) => {
                let mut body = group(found);
                body["kind"] = json!("APIGroup");
                body["apiVersion"] = json!("v1");
                body
            }
            None => return Some(unknown()),
        },
        ["api", version] => return Some(resource_list(registry, "", version)),
        ["apis", group, version] => return Some(resource_list(registry, group, version)),
        ["openapi", "v3"] => openapi_index(registry),
        ["openapi", "v3", "api", version] => openapi(registry, "", version),
        ["openapi", "v3", "apis", group, version] => openapi(registry, group, version),
        // Clients come here for kinds that version 3 does not know, and check nothing of those that
        // this document does not have either: it has none, which in protobuf is no byte at all.
        ["openapi", "v2"] if accept.contains("proto-openapi.spec.v2") => {
            return Some(answer::with_type(200, OPENAPI_V2, Body::empty()));
        }
        ["openapi", ..] => return Some(unknown()),
        _ => return None,
    };
    Some(answer::json(200, &body))
}

fn unknown() -> Response {
    use axum::response::IntoResponse as _;
    ApiError::unknown_path().into_response()
}

fn version() -> Value {
    json!({
        "major": "1",
        "minor": MINOR.to_string(),
        "gitVersion": format!("v1.{MINOR}.0"),
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "2025-04-23T00:00:00Z",
        "goVersion": "go1.24",
        "compiler": "gc",
        "platform": "linux/amd64",
    })
}

fn group((name, versions): &(String, Vec<String>)) -> Value {
    let versions: Vec<Value> = by_priority(versions)
        .iter()
        .map(|version| json!({"groupVersion": format!("{name}/{version}"), "version": version}))
        .collect();
    json!({"name": name, "preferredVersion": versions[0], "versions": versions})
}

/// Versions as Kubernetes orders them: released ones first, then beta, then alpha, newest first.
fn by_priority(versions: &[String]) -> Vec<&String> {
    let rank = |version: &str| {
        let rest = version.trim_start_matches('v');
        let major_end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (major, stage) = rest.split_at(major_end);
        let (stage, minor) = if let Some(minor) = stage.strip_prefix("beta") {
            (1, minor)
        } else if let Some(minor) = stage.strip_prefix("alpha") {
            (0, minor)
        } else {
            (2, "")
        };
        let number = |text: &str| text.parse::<u32>().unwrap_or(0);
        (stage, number(major), number(minor))
    };
    let mut ordered: Vec<&String> = versions.iter().collect();
    ordered.sort_by_key(|version| std::cmp::Reverse(rank(version)));
    ordered
}

fn resource_list(registry: &Registry, group: &str, version: &str) -> Response {
    let mut resources = Vec::new();
    for resource in of_version(registry, group, version) {
        resources.push(json!({
            "name": resource.plural,
            "singularName": resource.singular,
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "shortNames": resource.short_names,
            "verbs": verbs(resource),
        }));
        resources.extend(resource.subresources.iter().map(|subresource| {
            let (group, version, kind) = subresource_kind(resource, subresource);
            json!({
                "name": format!("{}/{subresource}", resource.plural),
                "singularName": "",
                "namespaced": resource.namespaced,
                "group": group,
                "version": version,
                "kind": kind,
                "verbs": subresource_verbs(subresource),
            })
        }));
    }
    if resources.is_empty() {
        return unknown();
    }
    let body = json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": api_version(group, version),
        "resources": resources,
    });
    answer::json(200, &body)
}

fn of_version<'a>(
    registry: &'a Registry,
    group: &'a str,
    version: &'a str,
) -> impl Iterator<Item = &'a Resource> {
    registry
        .all()
        .iter()
        .map(AsRef::as_ref)
        .filter(move |resource| resource.group == group && resource.version == version)
}

fn verbs(resource: &Resource) -> &'static [&'static str] {
    match resource.group.as_str() {
        "authentication.k8s.io" | "authorization.k8s.io" => &["create"],
        "metrics.k8s.io" => &["get", "list"],
        _ => &VERBS,
    }
}

fn subresource_verbs(subresource: &str) -> &'static [&'static str] {
    match subresource {
        "log" => &["get"],
        "token" => &["create"],
        _ => &["get", "patch", "update"],
    }
}

/// Group, version and kind of what a subresource speaks.
fn subresource_kind<'a>(resource: &'a Resource, subresource: &str) -> (&'a str, &'a str, &'a str) {
    match subresource {
        "scale" => ("autoscaling", "v1", "Scale"),
        "token" => ("authentication.k8s.io", "v1", "TokenRequest"),
        _ => (&resource.group, &resource.version, &resource.kind),
    }
}

fn aggregated(registry: &Registry, is_core: bool) -> Response {
    let groups = if is_core {
        vec![(String::new(), vec!["v1".to_owned()])]
    } else {
        registry.groups()
    };
    let items: Vec<Value> = groups
        .iter()
        .map(|(group, versions)| {
            let versions: Vec<Value> = by_priority(versions)
                .into_iter()
                .map(|version| {
                    let resources: Vec<Value> = of_version(registry, group, version)
                        .map(aggregated_resource)
                        .collect();
                    json!({"version": version, "resources": resources, "freshness": "Current"})
                })
                .collect();
            json!({"metadata": {"name": group}, "versions": versions})
        })
        .collect();
    let body = json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    });
    answer::with_type(200, AGGREGATED, body.to_string().into())
}

fn aggregated_resource(resource: &Resource) -> Value {
    let kind = |(group, version, kind): (&str, &str, &str)| json!({"group": group, "version": version, "kind": kind});
    let subresources: Vec<Value> = resource
        .subresources
        .iter()
        .map(|name| {
            json!({
                "subresource": name,
                "responseKind": kind(subresource_kind(resource, name)),
                "verbs": subresource_verbs(name),
            })
        })
        .collect();
    json!({
        "resource": resource.plural,
        "responseKind": kind((&resource.group, &resource.version, &resource.kind)),
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "shortNames": resource.short_names,
        "verbs": verbs(resource),
        "subresources": subresources,
    })
}

fn openapi_path(group: &str, version: &str) -> String {
    if group.is_empty() {
        format!("api/{version}")
    } else {
        format!("apis/{group}/{version}")
    }
}

fn openapi_index(registry: &Registry) -> Value {
    let mut paths = serde_json::Map::new();
    for resource in registry.all() {
        let path = openapi_path(&resource.group, &resource.version);
        // The number of resources stands for the hash: it changes when a definition comes.
        let hash = registry.all().len();
        let address = json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash={hash}")});
        paths.insert(path, address);
    }
    json!({"paths": paths})
}

/// The least that makes kubectl leave validation to the server: one PATCH for each kind.
fn openapi(registry: &Registry, group: &str, version: &str) -> Value {
    let mut paths = serde_json::Map::new();
    for resource in of_version(registry, group, version) {
        let scope = if resource.namespaced {
            "/namespaces/{namespace}"
        } else {
            ""
        };
        let path = openapi_path(group, version);
        let parameters: Vec<Value> = ["dryRun", "fieldManager", "fieldValidation", "force"]
            .iter()
            .map(|name| json!({"name": name, "in": "query", "schema": {"type": "string"}}))
            .collect();
        paths.insert(
            format!("/{path}{scope}/{}/{{name}}", resource.plural),
            json!({"patch": {
                "x-kubernetes-action": "patch",
                "x-kubernetes-group-version-kind": {
                    "group": group,
                    "version": version,
                    "kind": resource.kind,
                },
                "parameters": parameters,
                "responses": {},
            }}),
        );
    }
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": format!("v1.{MINOR}.0")},
        "paths": paths,
        "components": {"schemas": {}},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_of_the_most_finished_stage_is_preferred() {
        let versions = ["v1alpha1", "v1beta2", "v1", "v1alpha5", "v2"].map(ToOwned::to_owned);

        assert_eq!(
            by_priority(&versions),
            ["v2", "v1", "v1beta2", "v1alpha5", "v1alpha1"]
        );
    }
}
