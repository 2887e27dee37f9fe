//! Reading what objects are made from: defaults, what is named, what was generated.

use super::{FIELD_MANAGER, ReconcileError, Reconciler};
use crate::error::{InputError, Origin};
use crate::external::{Content, ExternalKind, Following, Reference, references};
use crate::render::{Instance, Observed, generated_secrets};
use crate::source::{FileSet, Platform, Sources};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{Api, ApiResource, DynamicObject, ObjectMeta, Patch, PatchParams};
use kube::core::GroupVersionKind;
use serde_json::json;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;
use tokio::time::Instant;

/// The label of objects that custom resources name; those are watched of which it is `true`.
pub const SYNC_LABEL: &str = "rhdh.redhat.com/ext-config-sync";
/// The annotation of such an object with the name of a custom resource.
pub const NAME_ANNOTATION: &str = "rhdh.redhat.com/backstage-name";

/// How long it is believed what a cluster can do.
const FACTS_LIFETIME: Duration = Duration::from_secs(120);

/// What a cluster can do.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    since: Instant,
    pub(super) platform: Platform,
    has_service_monitors: bool,
}

impl Reconciler {
    /// Asks the cluster what it can do, now and then.
    pub(super) async fn facts(&self) -> Result<Facts, ReconcileError> {
        let known = self.facts.lock().ok().and_then(|facts| facts.clone());
        if let Some(facts) = known.filter(|it| it.since.elapsed() < FACTS_LIFETIME) {
            return Ok(facts);
        }
        let failed = || ReconcileError::cluster("failed to detect the platform");
        let groups = self.client.list_api_groups().await.map_err(failed())?;
        let has = |name: &str| groups.groups.iter().any(|group| group.name == name);
        let facts = Facts {
            since: Instant::now(),
            platform: if has("route.openshift.io") {
                Platform::OpenShift
            } else {
                Platform::Kubernetes
            },
            has_service_monitors: has("monitoring.coreos.com"),
        };
        if let Ok(mut known) = self.facts.lock() {
            *known = Some(facts.clone());
        }
        Ok(facts)
    }

    /// Reads the default configuration and what the custom resource has in its place.
    pub(super) async fn sources(
        &self,
        instance: &Instance,
        facts: &Facts,
    ) -> Result<Sources, ReconcileError> {
        let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), &self.defaults.namespace);
        let defaults = api
            .get_opt(&self.defaults.name)
            .await
            .map_err(ReconcileError::cluster(
                "failed to read the default configuration",
            ))?
            .ok_or_else(|| InputError::NoDefaults(self.defaults.clone()))?;
        let raw = &instance.spec.raw_runtime_config;
        Ok(Sources {
            defaults: FileSet {
                origin: self.defaults.clone(),
                files: defaults.data.unwrap_or_default(),
            },
            raw_backstage: self
                .raw(instance, raw.backstage_config.as_deref(), "backstageConfig")
                .await?,
            raw_database: self
                .raw(instance, raw.local_db_config.as_deref(), "localDbConfig")
                .await?,
            platform: facts.platform,
        })
    }

    async fn raw(
        &self,
        instance: &Instance,
        name: Option<&str>,
        field: &str,
    ) -> Result<Option<FileSet>, ReconcileError> {
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        let reference = Reference {
            kind: ExternalKind::ConfigMap,
            name: name.to_owned(),
            field: format!("spec.rawRuntimeConfig.{field}"),
            rolls_out: false,
        };
        let content = self.external(instance, &reference).await?;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
        Ok(Some(FileSet {
            origin: Origin {
                namespace: instance.namespace.clone(),
                name: name.to_owned(),
            },
            files: content
                .0
                .into_iter()
                .filter_map(|(key, value)| Some((key, text(value)?)))
                .collect(),
        }))
    }

    /// Reads every object that the custom resource names, and the Secrets generated before.
    pub(super) async fn observe(
        &self,
        instance: &Instance,
        sources: &Sources,
        facts: &Facts,
    ) -> Result<Observed, ReconcileError> {
        let mut observed = Observed {
            has_service_monitors: facts.has_service_monitors,
            randomness: (self.randomness)(),
            ..Observed::default()
        };
        for reference in references(&instance.spec) {
            let key = (reference.kind, reference.name.clone());
            if let Entry::Vacant(place) = observed.externals.entry(key) {
                place.insert(self.external(instance, &reference).await?);
            }
        }
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), &instance.namespace);
        for name in generated_secrets(instance, sources)? {
            let failed = ReconcileError::cluster(format!("failed to read Secret `{name}`"));
            if let Some(secret) = secrets.get_opt(&name).await.map_err(failed)? {
                observed.secrets.insert(name, secret_content(secret));
            }
        }
        if facts.platform == Platform::OpenShift {
            observed.ingress_domain = self.ingress_domain().await;
        }
        Ok(observed)
    }

    async fn external(
        &self,
        instance: &Instance,
        reference: &Reference,
    ) -> Result<Content, ReconcileError> {
        let Reference { kind, name, .. } = reference;
        let failed = || {
            let phase = format!(
                "failed to get external config from {} `{name}`",
                kind.name()
            );
            ReconcileError::cluster(phase)
        };
        let client = self.client.clone();
        let found = match kind {
            ExternalKind::ConfigMap => {
                let api: Api<ConfigMap> = Api::namespaced(client, &instance.namespace);
                let object = api.get_opt(name).await.map_err(failed())?;
                if let Some(object) = &object {
                    mark(&api, self.following, instance, &object.metadata).await?;
                }
                object.map(config_map_content)
            }
            ExternalKind::Secret => {
                let api: Api<Secret> = Api::namespaced(client, &instance.namespace);
                let object = api.get_opt(name).await.map_err(failed())?;
                if let Some(object) = &object {
                    mark(&api, self.following, instance, &object.metadata).await?;
                }
                object.map(secret_content)
            }
        };
        let missing = || InputError::NoExternal {
            kind: kind.name(),
            name: name.clone(),
            namespace: instance.namespace.clone(),
            field: reference.field.clone(),
        };
        Ok(found.ok_or_else(missing)?)
    }

    /// Gives the domain of Routes; `None` if it cannot be read, then people say their addresses.
    async fn ingress_domain(&self) -> Option<String> {
        let kind = GroupVersionKind::gvk("config.openshift.io", "v1", "Ingress");
        let resource = ApiResource::from_gvk_with_plural(&kind, "ingresses");
        let api: Api<DynamicObject> = Api::all_with(self.client.clone(), &resource);
        let ingress = api.get("cluster").await.ok()?;
        Some(ingress.data["spec"]["domain"].as_str()?.to_owned())
    }
}

/// Labels an object that a custom resource names, so that a change of it is noticed, or is not.
///
/// The name of a custom resource that stands there already is left: with two that share an
/// object, each would put its own in the other's place for ever.
async fn mark<K>(
    api: &Api<K>,
    following: Following,
    instance: &Instance,
    metadata: &ObjectMeta,
) -> Result<(), ReconcileError>
where
    K: Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    let name = metadata.name.as_deref().unwrap_or_default();
    let label = if following.is_marked { "true" } else { "false" };
    let is_labelled = metadata
        .labels
        .as_ref()
        .is_some_and(|labels| labels.get(SYNC_LABEL).is_some_and(|value| value == label));
    let is_named = metadata
        .annotations
        .as_ref()
        .is_some_and(|annotations| annotations.contains_key(NAME_ANNOTATION));
    if is_labelled && is_named {
        return Ok(());
    }
    let mut patch = json!({"metadata": {"labels": {SYNC_LABEL: label}}});
    if !is_named {
        patch["metadata"]["annotations"] = json!({NAME_ANNOTATION: instance.name});
    }
    let parameters = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    api.patch(name, &parameters, &Patch::Merge(patch))
        .await
        .map_err(ReconcileError::cluster(format!("failed to label `{name}`")))?;
    Ok(())
}

fn config_map_content(object: ConfigMap) -> Content {
    let text = object.data.unwrap_or_default();
    let binary = object.binary_data.unwrap_or_default();
    let text = text
        .into_iter()
        .map(|(key, value)| (key, value.into_bytes()));
    Content(
        text.chain(binary.into_iter().map(|(key, value)| (key, value.0)))
            .collect(),
    )
}

fn secret_content(object: Secret) -> Content {
    let data: BTreeMap<_, _> = object.data.unwrap_or_default();
    Content(
        data.into_iter()
            .map(|(key, value)| (key, value.0))
            .collect(),
    )
}
