//! From a custom resource to the objects that it asks for: a function, with neither clock nor network.

mod config;
mod database;
mod metadata;
mod names;
mod plugins;
mod pod;
mod replicas;
mod route;
mod workload;

pub use metadata::{APP_LABEL, INSTANCE_LABEL, NAME_LABEL, NAME_LABEL_VALUE};
pub use names::Names;

use crate::error::{InputError, Origin};
use crate::external::{Content, ContentHash, ExternalKind, Following};
use crate::source::{Document, Platform, Sources};
use crate::spec::Spec;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim, Secret, Service};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The annotation of a custom resource that stops its hub and database while it is `true`.
pub const IDLE_ANNOTATION: &str = "rhdh.redhat.com/idle";
/// The annotation of a pod template that changes with the content of what the pod reads.
pub const HASH_ANNOTATION: &str = "rhdh.redhat.com/ext-config-hash";

/// A custom resource, as far as its objects depend on it.
#[derive(Debug, Clone)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// Its namespace, in which all of its objects are.
    pub namespace: String,
    /// The id that its objects name as their owner.
    pub uid: String,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// What it asks for.
    pub spec: Spec,
}

impl Instance {
    /// Tells whether hub and database are stopped for the time being.
    pub fn is_idle(&self) -> bool {
        self.annotations
            .get(IDLE_ANNOTATION)
            .is_some_and(|value| value == "true")
    }
}

/// What was found in the cluster before rendering.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The content of every object that the custom resource names.
    pub externals: BTreeMap<(ExternalKind, String), Content>,
    /// The Secrets of the custom resource that exist already, whose generated keys are kept.
    pub secrets: BTreeMap<String, Content>,
    /// The domain of the cluster's Routes; only OpenShift has one.
    pub ingress_domain: Option<String>,
    /// Whether the cluster knows ServiceMonitors.
    pub has_service_monitors: bool,
    /// Fresh random bytes, from which new keys are made.
    pub randomness: [u8; 32],
}

/// Images that take the place of those of the default configuration.
#[derive(Debug, Clone, Default)]
pub struct Images {
    /// For hub and init container.
    pub hub: Option<String>,
    /// For the database.
    pub database: Option<String>,
}

/// Everything that the objects depend on.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The custom resource.
    pub instance: &'a Instance,
    /// The files that objects are made from.
    pub sources: &'a Sources,
    /// What was found in the cluster.
    pub observed: &'a Observed,
    /// Images of the operator's environment.
    pub images: &'a Images,
    /// Which of the objects that the custom resource names replace its pods when they change.
    pub following: Following,
}

/// How an object is brought about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Made or changed until it is as it should be.
    Apply,
    /// Made when it is absent, and never changed.
    CreateOnce,
}

/// One object as it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// All of its fields that the operator decides.
    pub value: Value,
    /// How it is brought about.
    pub policy: Policy,
}

/// An object that must not be there; none of them holds data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Such as `route.openshift.io/v1`.
    pub api_version: &'static str,
    /// Such as `Route`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
}

/// The objects of a custom resource.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Desired {
    /// Those that should be there, in the order in which they are made.
    pub objects: Vec<Object>,
    /// Those that must not.
    pub stale: Vec<Stale>,
}

/// Makes the objects that a custom resource asks for.
///
/// # Errors
///
/// If the custom resource or a file that objects are made from is wrong: then nothing is
/// made, and what runs stays as it is.
pub fn render(input: &Input<'_>) -> Result<Desired, InputError> {
    let names = Names::of(input.instance)?;
    refuse_flavours(input.instance)?;
    let mut desired = Desired::default();
    let config = config::render(input, &names)?;
    let plugins = plugins::render(input, &names)?;
    let route = route::render(input, &names)?;

    if input.instance.spec.has_local_database() {
        database::render(input, &names, &mut desired)?;
    }
    let mut hash = ContentHash::default();
    for made in config.objects.iter().chain(&plugins) {
        let (kind, name) = (
            text(&made.value, "/kind"),
            text(&made.value, "/metadata/name"),
        );
        hash.add(kind, name, &content_of(&made.value));
    }
    let workload = workload::render(input, &names, &config, plugins.is_some(), hash)?;

    replicas::check(input, &config, &workload)?;
    let service = input.sources.mandatory("service.yaml", &["Service"])?;
    desired.objects.extend(config.objects);
    desired.objects.extend(plugins);
    desired.push(workload::service(input, &names, &service)?);
    desired.stale.push(workload::other_kind(&workload, &names));
    desired.push(workload);
    route.add_to(&mut desired);
    monitoring(input, &names, &mut desired)?;
    Ok(desired)
}

/// Names the Secrets whose keys are generated, so that those that exist can be read first.
///
/// # Errors
///
/// If the files that they are made from are wrong.
pub fn generated_secrets(
    instance: &Instance,
    sources: &Sources,
) -> Result<Vec<String>, InputError> {
    let names = Names::of(instance)?;
    let mut secrets = config::generated_secrets(sources, &names)?;
    if database::has_generated_account(instance) {
        secrets.push(names.database_secret());
    }
    Ok(secrets)
}

impl Desired {
    fn push(&mut self, value: Value) {
        self.objects.push(Object {
            value,
            policy: Policy::Apply,
        });
    }
}

/// No bundle of presets is shipped, so a name can only be a mistake; an empty list is fine.
fn refuse_flavours(instance: &Instance) -> Result<(), InputError> {
    let flavours = instance.spec.flavours.iter().flatten().enumerate();
    for (at, flavour) in flavours {
        if flavour.enabled.unwrap_or(true) {
            return Err(InputError::field(
                format!("spec.flavours[{at}].name"),
                format!(
                    "flavour `{}` does not exist; this operator ships none",
                    flavour.name
                ),
            ));
        }
    }
    Ok(())
}

/// Tells Prometheus of the hub where that is asked for.
fn monitoring(
    input: &Input<'_>,
    names: &Names<'_>,
    desired: &mut Desired,
) -> Result<(), InputError> {
    let wanted = input.instance.spec.monitoring.enabled.unwrap_or(false);
    match (wanted, input.observed.has_service_monitors) {
        (false, false) => {}
        (false, true) => desired.stale.push(Stale {
            api_version: "monitoring.coreos.com/v1",
            kind: "ServiceMonitor",
            name: names.service_monitor(),
        }),
        (true, false) => {
            return Err(InputError::field(
                "spec.monitoring.enabled",
                "the cluster does not know ServiceMonitors; install the Prometheus operator, or set it to `false`",
            ));
        }
        (true, true) => {
            let mut monitor = serde_json::json!({
                "apiVersion": "monitoring.coreos.com/v1",
                "kind": "ServiceMonitor",
                "spec": {
                    "namespaceSelector": {"matchNames": [input.instance.namespace]},
                    "selector": {"matchLabels": {
                        NAME_LABEL: NAME_LABEL_VALUE,
                        INSTANCE_LABEL: input.instance.name,
                    }},
                    "endpoints": [{"port": "http-metrics", "path": "/metrics"}],
                },
            });
            metadata::adopt(&mut monitor, input.instance, names.service_monitor());
            desired.push(monitor);
        }
    }
    Ok(())
}

/// Checks that an object has the form of its kind.
fn check_form(document: &Document, value: &Value, patched: bool) -> Result<(), InputError> {
    match text(value, "/kind") {
        "Deployment" => check_type::<Deployment>(document, value, patched),
        "StatefulSet" => check_type::<StatefulSet>(document, value, patched),
        "Service" => check_type::<Service>(document, value, patched),
        "ConfigMap" => check_type::<ConfigMap>(document, value, patched),
        "Secret" => check_type::<Secret>(document, value, patched),
        "PersistentVolumeClaim" => check_type::<PersistentVolumeClaim>(document, value, patched),
        _ => Ok(()),
    }
}

fn check_type<T: DeserializeOwned>(
    document: &Document,
    value: &Value,
    patched: bool,
) -> Result<(), InputError> {
    match serde_path_to_error::deserialize::<_, T>(value) {
        Ok(_) => Ok(()),
        Err(error) => Err(InputError::Object {
            path: error.path().to_string(),
            kind: text(value, "/kind").to_owned(),
            file: document.file.clone(),
            origin: Box::new(document.origin.clone()),
            patch: if patched {
                ", merged with `spec.deployment.patch`"
            } else {
                ""
            },
            message: error.into_inner().to_string(),
        }),
    }
}

/// What an object of ours holds, for the hash.
fn content_of(object: &Value) -> Content {
    let maps = ["/data", "/binaryData"].map(|pointer| object.pointer(pointer));
    let entries = maps
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flatten();
    Content(
        entries
            .map(|(key, value)| (key.clone(), value.to_string().into_bytes()))
            .collect(),
    )
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Makes a key of 24 bytes for `name` in `secret`, in base64.
fn generate(randomness: &[u8; 32], secret: &str, name: &str) -> String {
    use base64::Engine as _;
    let mut hash = Sha256::new();
    hash.update(randomness);
    hash.update(secret.as_bytes());
    hash.update([0]);
    hash.update(name.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(&hash.finalize()[..24])
}

/// Which ConfigMap a Route or another object without file comes from, for messages.
fn origin_of<'a>(input: &Input<'a>) -> &'a Origin {
    &input.sources.defaults.origin
}

/// Tells whether Routes are there.
fn has_routes(input: &Input<'_>) -> bool {
    input.sources.platform == Platform::OpenShift
}
