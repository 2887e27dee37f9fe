//! Names that policies may use.

use crate::feature::PluginPermissions;
use crate::nearest::nearest;
use callboard_policy::{Action, Permission};
use std::collections::BTreeSet;

/// Permissions and resource types of plugins that a hub of this family may have beside ours.
const OF_OTHER_PLUGINS: &[&str] = &[
    "catalog.ingestion.read",
    "catalog.ingestion.manage",
    "bulk.import",
    "bulk-import",
    "kubernetes.proxy",
    "kubernetes.clusters.read",
    "kubernetes.resources.read",
    "ocm.entity.read",
    "ocm.cluster.read",
    "topology.view.read",
    "tekton.view.read",
    "argocd.view.read",
    "quay.view.read",
    "jenkins.execute",
    "extensions.plugin.configuration.read",
    "extensions.plugin.configuration.write",
    "extensions-plugin",
];

/// What is known of them: the basic ones and their actions.
const BASIC_OF_OTHER_PLUGINS: &[(&str, Option<Action>)] = &[
    ("catalog.ingestion.read", Some(Action::Read)),
    ("catalog.ingestion.manage", Some(Action::Update)),
    ("kubernetes.proxy", None),
    ("kubernetes.clusters.read", Some(Action::Read)),
    ("kubernetes.resources.read", Some(Action::Read)),
    ("ocm.entity.read", Some(Action::Read)),
    ("ocm.cluster.read", Some(Action::Read)),
    ("topology.view.read", Some(Action::Read)),
    ("tekton.view.read", Some(Action::Read)),
    ("argocd.view.read", Some(Action::Read)),
    ("quay.view.read", Some(Action::Read)),
];

/// The plugins that have them.
const OTHER_PLUGINS: &[&str] = &[
    "argocd",
    "bulk-import",
    "extensions",
    "jenkins",
    "kubernetes",
    "ocm",
    "quay",
    "tekton",
    "topology",
];

/// Every permission that is known well enough to reason about.
pub(super) fn permissions(declared: &[PluginPermissions]) -> Vec<Permission> {
    let declared = declared.iter().flat_map(|plugin| &plugin.permissions);
    let others = BASIC_OF_OTHER_PLUGINS
        .iter()
        .map(|(name, action)| Permission::basic(*name, *action));
    declared.cloned().chain(others).collect()
}

/// The ids of plugins that a condition may be for.
pub(super) fn plugins<'a>(
    declared: &'a [PluginPermissions],
    configured: &'a [String],
) -> BTreeSet<&'a str> {
    let declared = declared.iter().map(|plugin| plugin.plugin);
    let configured = configured.iter().map(String::as_str);
    let others = OTHER_PLUGINS.iter().copied();
    declared.chain(configured).chain(others).collect()
}

/// The names of permissions and resource types that a policy can be about.
pub(super) struct KnownNames<'a>(BTreeSet<&'a str>);

impl<'a> KnownNames<'a> {
    pub(super) fn new(declared: &'a [PluginPermissions]) -> KnownNames<'a> {
        let permissions = declared.iter().flat_map(|plugin| &plugin.permissions);
        let names = permissions
            .flat_map(|permission| [Some(permission.name()), permission.resource_type()]);
        KnownNames(
            names
                .flatten()
                .chain(OF_OTHER_PLUGINS.iter().copied())
                .collect(),
        )
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// The name nearest to one that is not known.
    pub(super) fn nearest(&self, name: &str) -> Option<&'a str> {
        nearest(name, self.0.iter().copied())
    }
}
