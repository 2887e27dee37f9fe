//! The custom resource as the interface of Kubernetes gives it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;

/// The group of the custom resource.
pub const GROUP: &str = "rhdh.redhat.com";
/// The kind of the custom resource.
pub const KIND: &str = "Backstage";
/// Its name in addresses.
pub const PLURAL: &str = "backstages";
/// The version in which it is stored, and in which the operator reads and writes it.
pub const STORED_VERSION: &str = "v1alpha5";

/// A `Backstage` custom resource.
///
/// What it asks for is kept as it came: one that does not fit would otherwise keep the list of
/// all of them from being read. [`Spec::parse`](crate::spec::Spec::parse) reads it.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Backstage {
    /// Name, namespace, annotations.
    #[serde(default)]
    pub metadata: ObjectMeta,
    /// What is asked for.
    #[serde(default)]
    pub spec: Value,
    /// What became of it; absent until the operator has seen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<BackstageStatus>,
}

/// What became of a custom resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct BackstageStatus {
    /// One for each type; the operator writes `Deployed`.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

/// One statement about a custom resource.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// What it is about, `Deployed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True` or `False`.
    pub status: String,
    /// Why, as one word.
    pub reason: String,
    /// Why, for people.
    pub message: String,
    /// When `status` changed last.
    pub last_transition_time: String,
    /// The generation of the custom resource that it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
}

impl kube::Resource for Backstage {
    type DynamicType = ();
    type Scope = k8s_openapi::NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        KIND.into()
    }

    fn group((): &()) -> Cow<'_, str> {
        GROUP.into()
    }

    fn version((): &()) -> Cow<'_, str> {
        STORED_VERSION.into()
    }

    fn plural((): &()) -> Cow<'_, str> {
        PLURAL.into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}
