//! Names that policies may use.

use crate::feature::PluginPermissions;
use crate::nearest::nearest;
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
