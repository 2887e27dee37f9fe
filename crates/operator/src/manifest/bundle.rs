//! The bundle for the Operator Lifecycle Manager.

use super::{
    ACCESS, DEFAULT_CONFIG, DEPLOYMENT, METRICS_SERVICE, NAMESPACE, SCHEMA, USER_ROLES, VERSIONS,
    custom_resource_definition, default_config, parse, parse_all,
};
use crate::backstage::{GROUP, KIND, PLURAL, STORED_VERSION};
use callboard_yaml::to_string;
use serde_json::{Value, json};

/// The package, as guides subscribe to it.
const PACKAGE: &str = "rhdh";
/// What OLM calls the Deployment; guides patch it under this name.
const DEPLOYMENT_NAME: &str = "rhdh.fast";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Gives the files of the bundle: path and content.
///
/// Deployment and rules are those of the one-file manifest.
pub fn bundle() -> Vec<(String, String)> {
    let mut files = vec![
        (
            "manifests/rhdh-operator.clusterserviceversion.yaml".to_owned(),
            to_string(&cluster_service_version()),
        ),
        (
            format!("manifests/{GROUP}_{PLURAL}.yaml"),
            to_string(&custom_resource_definition()),
        ),
        (
            format!("manifests/{DEFAULT_CONFIG}_v1_configmap.yaml"),
            default_config(None),
        ),
        (
            "metadata/annotations.yaml".to_owned(),
            to_string(&annotations()),
        ),
    ];
    for mut object in parse_all(USER_ROLES)
        .into_iter()
        .chain([parse(METRICS_SERVICE)])
    {
        // OLM puts everything into the namespace of the subscription.
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("namespace");
        }
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let kind = object["kind"].as_str().unwrap_or_default().to_lowercase();
        files.push((format!("manifests/{name}_{kind}.yaml"), to_string(&object)));
    }
    files
}

fn annotations() -> Value {
    let (major, minor) = (
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
    );
    json!({"annotations": {
        "operators.operatorframework.io.bundle.mediatype.v1": "registry+v1",
        "operators.operatorframework.io.bundle.manifests.v1": "manifests/",
        "operators.operatorframework.io.bundle.metadata.v1": "metadata/",
        "operators.operatorframework.io.bundle.package.v1": PACKAGE,
        "operators.operatorframework.io.bundle.channels.v1": format!("fast,fast-{major}.{minor}"),
        "operators.operatorframework.io.bundle.channel.default.v1": "fast",
    }})
}

fn cluster_service_version() -> Value {
    let deployment = parse(DEPLOYMENT);
    let account = deployment["spec"]["template"]["spec"]["serviceAccountName"].clone();
    let image = deployment["spec"]["template"]["spec"]["containers"][0]["image"].clone();
    json!({
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "ClusterServiceVersion",
        "metadata": {
            "name": format!("rhdh-operator.v{VERSION}"),
            "namespace": "placeholder",
            "annotations": {
                "alm-examples": example(),
                "capabilities": "Seamless Upgrades",
                "categories": "Developer Tools",
                "containerImage": image,
                "description": "Runs a developer hub for each Backstage custom resource",
                "olm.skipRange": format!(">=0.0.1 <{VERSION}"),
                "operatorframework.io/suggested-namespace": NAMESPACE,
            },
        },
        "spec": {
            "displayName": "Callboard",
            "description": "Runs a developer hub, with or without a database of its own, for each `Backstage` custom resource.",
            "version": VERSION,
            "minKubeVersion": "1.25.0",
            "maturity": "alpha",
            "keywords": ["Backstage", "developer portal", "catalog"],
            "provider": {"name": "Callboard"},
            "apiservicedefinitions": {},
            "customresourcedefinitions": {"owned": owned()},
            "install": {"strategy": "deployment", "spec": {
                "clusterPermissions": [{"serviceAccountName": account, "rules": rules("ClusterRole")}],
                "permissions": [{"serviceAccountName": account, "rules": rules("Role")}],
                "deployments": [{
                    "name": DEPLOYMENT_NAME,
                    "label": deployment["metadata"]["labels"],
                    "spec": deployment["spec"],
                }],
            }},
            "installModes": [
                {"type": "OwnNamespace", "supported": false},
                {"type": "SingleNamespace", "supported": false},
                {"type": "MultiNamespace", "supported": false},
                {"type": "AllNamespaces", "supported": true},
            ],
            "relatedImages": [
                {"name": "callboard", "image": image},
                {"name": "postgresql", "image": database_image()},
            ],
        },
    })
}

/// The versions of the custom resource, newest first.
fn owned() -> Vec<Value> {
    let description = parse(SCHEMA)["description"].clone();
    VERSIONS
        .iter()
        .rev()
        .map(|(version, _)| {
            json!({
                "name": format!("{PLURAL}.{GROUP}"),
                "kind": KIND,
                "version": version,
                "displayName": "Developer hub",
                "description": description,
            })
        })
        .collect()
}

/// The rules of our one role of this kind.
fn rules(kind: &str) -> Value {
    parse_all(ACCESS)
        .into_iter()
        .find(|object| object["kind"] == kind)
        .map(|role| role["rules"].clone())
        .unwrap_or_default()
}

fn database_image() -> Value {
    let files = parse(&default_config(None));
    let set = files["data"]["db-statefulset.yaml"]
        .as_str()
        .unwrap_or_default();
    parse(set)["spec"]["template"]["spec"]["containers"][0]["image"].clone()
}

/// A custom resource to begin with, as OLM wants it: a JSON list in a string.
fn example() -> String {
    json!([{
        "apiVersion": format!("{GROUP}/{STORED_VERSION}"),
        "kind": KIND,
        "metadata": {"name": "developer-hub"},
        "spec": {
            "application": {
                "appConfig": {"configMaps": [{"name": "app-config-rhdh"}]},
                "extraEnvs": {"secrets": [{"name": "secrets-rhdh"}]},
            },
        },
    }])
    .to_string()
}
