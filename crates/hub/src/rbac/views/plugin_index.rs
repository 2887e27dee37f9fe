//! Which plugin a policy is about.

use super::super::plugin;
use crate::app::App;
use crate::ui::capitalised;
use callboard_policy::{Action, ConditionalPolicy, Permission};
use smol_str::{SmolStr, ToSmolStr};
use std::collections::{BTreeSet, HashMap};

/// The permissions of all plugins, found by what policies say.
pub(super) struct PluginIndex {
    plugins: Vec<(String, Vec<Permission>)>,
    /// The first plugin with a permission of this name or resource type and action.
    owners: HashMap<(SmolStr, Action), usize>,
}

impl PluginIndex {
    pub(super) fn of(app: &App) -> PluginIndex {
        let plugins = plugin::permissions(app);
        let mut owners = HashMap::new();
        for (place, (_, permissions)) in plugins.iter().enumerate() {
            for permission in permissions {
                let names = [Some(permission.name()), permission.resource_type()];
                for name in names.into_iter().flatten() {
                    let key = (name.to_smolstr(), permission.action());
                    owners.entry(key).or_insert(place);
                }
            }
        }
        PluginIndex { plugins, owners }
    }

    /// The plugin that a basic policy is about; absent when no plugin declares such a thing.
    pub(super) fn plugin_of(&self, permission: &str, action: Action) -> Option<&str> {
        let place = self.owners.get(&(permission.to_smolstr(), action))?;
        self.plugins.get(*place).map(|(id, _)| id.as_str())
    }

    /// Whether a policy on this name and action is about every permission of a resource type.
    pub(super) fn is_broad(&self, permission: &str) -> bool {
        let mut permissions = self.plugins.iter().flat_map(|(_, permissions)| permissions);
        permissions.any(|declared| declared.resource_type() == Some(permission))
    }

    /// The permissions that a conditional policy is about.
    pub(super) fn covered<'a>(
        &'a self,
        policy: &'a ConditionalPolicy,
    ) -> impl Iterator<Item = &'a Permission> {
        let plugins = self.plugins.iter();
        plugins
            .filter(|(id, _)| *id == policy.plugin_id)
            .flat_map(|(_, permissions)| permissions)
            .filter(|permission| {
                permission.resource_type() == Some(policy.resource_type.as_str())
                    && policy.covers(permission)
            })
    }

    /// The permissions on resources of a type.
    pub(super) fn on<'a>(&'a self, resource_type: &'a str) -> impl Iterator<Item = &'a Permission> {
        let permissions = self.plugins.iter().flat_map(|(_, permissions)| permissions);
        permissions.filter(move |permission| permission.resource_type() == Some(resource_type))
    }

    /// The names of these plugins as the list shows them: distinct, and in order.
    pub(super) fn titles<'a>(plugins: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let plugins: BTreeSet<_> = plugins.into_iter().map(capitalised).collect();
        plugins.into_iter().collect()
    }
}
