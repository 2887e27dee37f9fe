//! The kinds of objects that the server knows, and under which paths.

use std::sync::Arc;

use crate::schema::Schema;

/// One resource in one version of its group, as discovery shows it.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// Empty for the core group.
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) kind: String,
    pub(crate) namespaced: bool,
    pub(crate) short_names: Vec<String>,
    pub(crate) subresources: Vec<String>,
    /// What a custom resource must look like; built-in kinds have none.
    pub(crate) schema: Option<Arc<Schema>>,
    /// What a definition has tables show beside the name.
    pub(crate) columns: Vec<Column>,
    /// What clients are told who still use a version that is to go.
    pub(crate) warning: Option<String>,
}

/// One column of a table, as a definition says it.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Such as `string`, or `date` for an age.
    pub(crate) kind: String,
    /// Such as `.status.phase`.
    pub(crate) path: String,
}

impl Resource {
    /// `apps/v1`, or `v1` for the core group.
    pub(crate) fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// `deployments.apps`, or `pods` for the core group: how messages name a resource.
    pub(crate) fn qualified(&self) -> String {
        qualified(&self.group, &self.plural)
    }

    pub(crate) fn has_status(&self) -> bool {
        self.subresources.iter().any(|name| name == "status")
    }

    /// Whether a custom resource definition made this one.
    pub(crate) fn is_custom(&self) -> bool {
        self.schema.is_some()
    }

    /// Whether changes are counted in `metadata.generation`.
    pub(crate) fn has_generation(&self) -> bool {
        self.is_custom()
            || matches!(
                self.group.as_str(),
                "apps" | "batch" | "networking.k8s.io" | "policy" | "apiextensions.k8s.io"
            )
    }
}

pub(crate) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    }
}

pub(crate) fn qualified(group: &str, plural: &str) -> String {
    if group.is_empty() {
        plural.to_owned()
    } else {
        format!("{plural}.{group}")
    }
}

/// All resources, in the order in which discovery lists them.
#[derive(Debug)]
pub(crate) struct Registry {
    resources: Vec<Arc<Resource>>,
}

impl Registry {
    /// The built-in resources.
    pub(crate) fn new() -> Self {
        let resources = BUILT_IN.iter().map(|row| Arc::new(row.resource()));
        Self {
            resources: resources.collect(),
        }
    }

    pub(crate) fn all(&self) -> &[Arc<Resource>] {
        &self.resources
    }

    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Resource>> {
        self.resources
            .iter()
            .find(|resource| {
                resource.group == group && resource.version == version && resource.plural == plural
            })
            .cloned()
    }

    /// The resource of an object, by its `apiVersion` and `kind`.
    pub(crate) fn of_kind(&self, api_version: &str, kind: &str) -> Option<Arc<Resource>> {
        self.resources
            .iter()
            .find(|resource| resource.kind == kind && resource.api_version() == api_version)
            .cloned()
    }

    /// A resource by any of its names: `deployments`, `deployments.apps`, `deploy`, `Deployment`,
    /// or `backstages.v1alpha1.rhdh.redhat.com` for one version of it.
    pub(crate) fn by_name(&self, name: &str) -> Option<Arc<Resource>> {
        let is_named = |resource: &Resource| {
            let Resource {
                group,
                version,
                plural,
                ..
            } = resource;
            *plural == name
                || resource.singular == name
                || resource.kind == name
                || resource.short_names.iter().any(|short| short == name)
                || resource.qualified() == name
                || format!("{plural}.{version}.{group}") == name
        };
        self.resources
            .iter()
            .find(|resource| is_named(resource))
            .cloned()
    }

    /// Groups other than the core group with their versions, both in order of appearance.
    pub(crate) fn groups(&self) -> Vec<(String, Vec<String>)> {
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        for resource in &self.resources {
            if resource.group.is_empty() {
                continue;
            }
            let at = groups.iter().position(|(name, _)| *name == resource.group);
            let at = at.unwrap_or_else(|| {
                groups.push((resource.group.clone(), Vec::new()));
                groups.len() - 1
            });
            if !groups[at].1.contains(&resource.version) {
                groups[at].1.push(resource.version.clone());
            }
        }
        groups
    }

    /// Takes all versions of a resource away and adds these instead.
    pub(crate) fn replace(&mut self, group: &str, plural: &str, versions: Vec<Resource>) {
        self.resources
            .retain(|resource| resource.group != group || resource.plural != plural);
        self.resources.extend(versions.into_iter().map(Arc::new));
    }
}

struct Row {
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
    namespaced: bool,
    short: &'static str,
    subresources: &'static [&'static str],
}

impl Row {
    fn resource(&self) -> Resource {
        Resource {
            group: self.group.to_owned(),
            version: self.version.to_owned(),
            plural: self.plural.to_owned(),
            singular: self.kind.to_lowercase(),
            kind: self.kind.to_owned(),
            namespaced: self.namespaced,
            short_names: self
                .short
                .split_whitespace()
                .map(ToOwned::to_owned)
                .collect(),
            subresources: self
                .subresources
                .iter()
                .map(|&name| name.to_owned())
                .collect(),
            schema: None,
            columns: Vec::new(),
            warning: None,
        }
    }
}

const fn row(
    group_version: (&'static str, &'static str),
    plural: &'static str,
    kind: &'static str,
    namespaced: bool,
    short: &'static str,
    subresources: &'static [&'static str],
) -> Row {
    let (group, version) = group_version;
    Row {
        group,
        version,
        plural,
        kind,
        namespaced,
        short,
        subresources,
    }
}

const CORE: (&str, &str) = ("", "v1");
const APPS: (&str, &str) = ("apps", "v1");
const BATCH: (&str, &str) = ("batch", "v1");
const NETWORKING: (&str, &str) = ("networking.k8s.io", "v1");
const RBAC: (&str, &str) = ("rbac.authorization.k8s.io", "v1");
const AUTHENTICATION: (&str, &str) = ("authentication.k8s.io", "v1");
const AUTHORIZATION: (&str, &str) = ("authorization.k8s.io", "v1");

const STATUS: &[&str] = &["status"];
const SCALE: &[&str] = &["status", "scale"];

#[rustfmt::skip]
const BUILT_IN: &[Row] = &[
    row(CORE, "namespaces", "Namespace", false, "ns", STATUS),
    row(CORE, "nodes", "Node", false, "no", STATUS),
    row(CORE, "persistentvolumes", "PersistentVolume", false, "pv", STATUS),
    row(CORE, "configmaps", "ConfigMap", true, "cm", &[]),
    row(CORE, "endpoints", "Endpoints", true, "ep", &[]),
    row(CORE, "events", "Event", true, "ev", &[]),
    row(CORE, "limitranges", "LimitRange", true, "limits", &[]),
    row(CORE, "persistentvolumeclaims", "PersistentVolumeClaim", true, "pvc", STATUS),
    row(CORE, "pods", "Pod", true, "po", &["status", "log"]),
    row(CORE, "replicationcontrollers", "ReplicationController", true, "rc", SCALE),
    row(CORE, "resourcequotas", "ResourceQuota", true, "quota", STATUS),
    row(CORE, "secrets", "Secret", true, "", &[]),
    row(CORE, "serviceaccounts", "ServiceAccount", true, "sa", &["token"]),
    row(CORE, "services", "Service", true, "svc", STATUS),
    row(APPS, "daemonsets", "DaemonSet", true, "ds", STATUS),
    row(APPS, "deployments", "Deployment", true, "deploy", SCALE),
    row(APPS, "replicasets", "ReplicaSet", true, "rs", SCALE),
    row(APPS, "statefulsets", "StatefulSet", true, "sts", SCALE),
    row(APPS, "controllerrevisions", "ControllerRevision", true, "", &[]),
    row(BATCH, "cronjobs", "CronJob", true, "cj", STATUS),
    row(BATCH, "jobs", "Job", true, "", STATUS),
    row(("autoscaling", "v2"), "horizontalpodautoscalers", "HorizontalPodAutoscaler", true, "hpa", STATUS),
    row(NETWORKING, "ingresses", "Ingress", true, "ing", STATUS),
    row(NETWORKING, "ingressclasses", "IngressClass", false, "", &[]),
    row(NETWORKING, "networkpolicies", "NetworkPolicy", true, "netpol", &[]),
    row(("policy", "v1"), "poddisruptionbudgets", "PodDisruptionBudget", true, "pdb", STATUS),
    row(RBAC, "clusterroles", "ClusterRole", false, "", &[]),
    row(RBAC, "clusterrolebindings", "ClusterRoleBinding", false, "", &[]),
    row(RBAC, "roles", "Role", true, "", &[]),
    row(RBAC, "rolebindings", "RoleBinding", true, "", &[]),
    row(("coordination.k8s.io", "v1"), "leases", "Lease", true, "", &[]),
    row(("discovery.k8s.io", "v1"), "endpointslices", "EndpointSlice", true, "", &[]),
    row(("events.k8s.io", "v1"), "events", "Event", true, "ev", &[]),
    row(("storage.k8s.io", "v1"), "storageclasses", "StorageClass", false, "sc", &[]),
    row(("apiextensions.k8s.io", "v1"), "customresourcedefinitions", "CustomResourceDefinition", false, "crd crds", STATUS),
    row(AUTHENTICATION, "tokenreviews", "TokenReview", false, "", &[]),
    row(AUTHORIZATION, "selfsubjectaccessreviews", "SelfSubjectAccessReview", false, "", &[]),
    row(AUTHORIZATION, "subjectaccessreviews", "SubjectAccessReview", false, "", &[]),
    row(("metrics.k8s.io", "v1beta1"), "nodes", "NodeMetrics", false, "", &[]),
    row(("metrics.k8s.io", "v1beta1"), "pods", "PodMetrics", true, "", &[]),
];
