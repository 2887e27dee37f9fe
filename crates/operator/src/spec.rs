//! What a custom resource asks for: one form for all five versions.

use crate::error::InputError;
use serde::Deserialize;
use serde_json::Value;

/// What a custom resource asks for.
///
/// The five versions differ only in which fields they know, so this has all of them;
/// a field that its version did not have is simply absent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// The hub: its files, variables and image.
    pub application: Application,
    /// The local database.
    pub database: Database,
    /// ConfigMaps that replace files of the default configuration.
    pub raw_runtime_config: RawRuntimeConfig,
    /// Changes to the Deployment itself.
    pub deployment: DeploymentChanges,
    /// Whether Prometheus is told of the hub.
    pub monitoring: Monitoring,
    /// Bundles of presets; this operator ships none.
    pub flavours: Option<Vec<Flavour>>,
}

/// The hub: its files, variables and image.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Application {
    /// Configuration files, read in this order.
    pub app_config: Files,
    /// A ConfigMap with the key `dynamic-plugins.yaml`.
    pub dynamic_plugins_config_map_name: Option<String>,
    /// Other files.
    pub extra_files: Files,
    /// Variables.
    pub extra_envs: Envs,
    /// How many replicas; that of the default configuration unless given.
    pub replicas: Option<i32>,
    /// The image of hub and init container.
    pub image: Option<String>,
    /// Names of Secrets with which images are pulled, for hub and database.
    pub image_pull_secrets: Vec<String>,
    /// How OpenShift lets people in.
    pub route: Route,
}

/// Files from ConfigMaps, Secrets and volumes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Files {
    /// The folder; `/opt/app-root/src` unless given.
    pub mount_path: Option<String>,
    /// From ConfigMaps.
    pub config_maps: Vec<FileSource>,
    /// From Secrets.
    pub secrets: Vec<FileSource>,
    /// Volumes.
    pub pvcs: Vec<FileSource>,
}

/// An object whose content becomes files.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileSource {
    /// The name of the object.
    pub name: String,
    /// The one key that is wanted; all of them unless given.
    pub key: Option<String>,
    /// The folder for this object, relative to that of all.
    pub mount_path: Option<String>,
    /// Which containers have it; the hub alone unless given, `*` for all.
    #[serde(default)]
    pub containers: Vec<String>,
}

/// Variables from ConfigMaps, Secrets and the custom resource itself.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Envs {
    /// From ConfigMaps.
    pub config_maps: Vec<EnvSource>,
    /// From Secrets.
    pub secrets: Vec<EnvSource>,
    /// Written out.
    pub envs: Vec<Env>,
}

/// An object whose content becomes variables.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct EnvSource {
    /// The name of the object.
    pub name: String,
    /// The one key that is wanted; all of them unless given.
    pub key: Option<String>,
    /// Which containers have it; the hub alone unless given, `*` for all.
    #[serde(default)]
    pub containers: Vec<String>,
}

/// One variable.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Env {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(default)]
    pub value: String,
    /// Which containers have it; the hub alone unless given, `*` for all.
    #[serde(default)]
    pub containers: Vec<String>,
}

/// How OpenShift lets people in; elsewhere it means nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Route {
    /// Whether there is a Route; absent means that there is.
    pub enabled: Option<bool>,
    /// The whole host name.
    pub host: Option<String>,
    /// The first part of the host name, below the cluster's domain.
    pub subdomain: Option<String>,
    /// Certificates.
    pub tls: Option<RouteTls>,
}

/// The certificate of a Route.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteTls {
    /// In PEM.
    pub certificate: Option<String>,
    /// In PEM.
    pub key: Option<String>,
    /// In PEM.
    pub ca_certificate: Option<String>,
    /// A Secret that has certificate and key.
    pub external_certificate_secret_name: Option<String>,
}

/// The local database.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Database {
    /// Whether there is one; absent means that there is.
    pub enable_local_db: Option<bool>,
    /// A Secret with the variables of the connection, in place of the generated one.
    pub auth_secret_name: Option<String>,
}

/// ConfigMaps whose keys are names of files of the default configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RawRuntimeConfig {
    /// For every file but those of the database.
    pub backstage_config: Option<String>,
    /// For the files of the database.
    pub local_db_config: Option<String>,
}

/// Changes to the Deployment itself.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentChanges {
    /// What is merged into it.
    pub patch: Option<Value>,
    /// `Deployment` unless given, or `StatefulSet`.
    pub kind: Option<WorkloadKind>,
}

/// What runs the hub's pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum WorkloadKind {
    /// Replicas that are alike.
    Deployment,
    /// Replicas that have names, and perhaps volumes, of their own.
    StatefulSet,
}

/// Whether Prometheus is told of the hub.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Monitoring {
    /// Whether there is a ServiceMonitor; absent means that there is none.
    pub enabled: Option<bool>,
}

/// A bundle of presets.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Flavour {
    /// Its name.
    pub name: String,
    /// Whether it is wanted; absent means that it is.
    pub enabled: Option<bool>,
}

impl Spec {
    /// Reads what a custom resource asks for; `null` is as if it were absent.
    ///
    /// # Errors
    ///
    /// If a field has another type than the schema says, which a server that checks it
    /// never lets through.
    pub fn parse(value: &Value) -> Result<Self, InputError> {
        let mut value = value.clone();
        remove_nulls(&mut value);
        if value.is_null() {
            return Ok(Self::default());
        }
        serde_path_to_error::deserialize(value).map_err(|error| InputError::Spec {
            path: error.path().to_string(),
            message: error.into_inner().to_string(),
        })
    }

    /// Tells whether the local database is wanted.
    pub fn has_local_database(&self) -> bool {
        self.database.enable_local_db.unwrap_or(true)
    }
}

/// Takes away the fields set to `null`, except in the patch, where they mean something.
fn remove_nulls(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|_, value| !value.is_null());
        for (key, value) in map.iter_mut() {
            if key != "patch" {
                remove_nulls(value);
            }
        }
    } else if let Value::Array(items) = value {
        items.iter_mut().for_each(remove_nulls);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_empty_custom_resource_wants_a_local_database() {
        for empty in [Value::Null, json!({}), json!({"database": null})] {
            assert!(Spec::parse(&empty).unwrap().has_local_database());
        }
    }

    #[test]
    fn null_means_something_only_in_the_patch() {
        let spec = Spec::parse(&json!({
            "application": {"image": null, "extraEnvs": {"envs": [{"name": "A", "value": "b", "containers": null}]}},
            "deployment": {"patch": {"spec": {"replicas": null}}},
        }))
        .unwrap();

        assert_eq!(spec.application.image, None);
        assert_eq!(
            spec.deployment.patch,
            Some(json!({"spec": {"replicas": null}}))
        );
    }
}
