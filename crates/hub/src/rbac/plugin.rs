//! The plugins whose permissions and rules administrators choose from.

use crate::app::App;
use crate::feature::PluginPermissions;
use crate::permission;
use callboard_policy::Permission;
use indexmap::IndexSet;
use serde_json::{Value, json};

/// Every plugin id: those that are fixed, and those added over REST.
pub(super) fn ids(app: &App) -> IndexSet<String> {
    let mut ids = fixed_ids(app);
    ids.extend(app.rbac().state().plugin_ids.iter().cloned());
    ids
}

/// The plugin ids that REST does not change: those of the configuration, then those of this hub.
pub(super) fn fixed_ids(app: &App) -> IndexSet<String> {
    let configured = app.rbac().config().plugin_ids.iter().cloned();
    let own = app
        .plugin_permissions()
        .iter()
        .map(|declared| declared.plugin.to_owned());
    configured.chain(own).collect()
}

/// The permissions of each plugin that has any.
pub(super) fn policies(app: &App) -> Vec<Value> {
    each(app, "policies", |id| {
        match app.rbac().remote().metadata(app, id) {
            Some(remote) => remote.permissions.iter().map(policy).collect(),
            None => own(app, id)
                .flat_map(|declared| &declared.permissions)
                .map(policy)
                .collect(),
        }
    })
}

/// The permissions that each plugin declares, as the hub knows them at present.
pub(super) fn permissions(app: &App) -> Vec<(String, Vec<Permission>)> {
    let of_plugin = |id: String| {
        let permissions = match app.rbac().remote().metadata(app, &id) {
            Some(remote) => remote.permissions.clone(),
            None => own(app, &id)
                .flat_map(|declared| &declared.permissions)
                .cloned()
                .collect(),
        };
        (id, permissions)
    };
    ids(app).into_iter().map(of_plugin).collect()
}

/// The rules of each plugin that has any.
pub(super) fn condition_rules(app: &App) -> Vec<Value> {
    each(app, "rules", |id| {
        match app.rbac().remote().metadata(app, id) {
            Some(remote) => remote.rules.iter().map(|rule| json!(rule)).collect(),
            None => own(app, id)
                .flat_map(|declared| &declared.rules)
                .map(permission::rule_json)
                .collect(),
        }
    })
}

/// What a plugin of this hub declares.
fn own<'a>(app: &'a App, id: &str) -> impl Iterator<Item = &'a PluginPermissions> {
    let declared = app.plugin_permissions().iter();
    declared.filter(move |declared| declared.plugin == id)
}

fn each(app: &App, member: &str, list: impl Fn(&str) -> Vec<Value>) -> Vec<Value> {
    let entry = |id: &String| {
        let items = list(id);
        (!items.is_empty()).then(|| json!({"pluginId": id, member: items}))
    };
    ids(app).iter().filter_map(entry).collect()
}

/// A permission as the role editor lists it: the newest form, and the one of the 1.4 guide beside it.
fn policy(permission: &Permission) -> Value {
    let resource_type = permission.resource_type();
    let mut entry = json!({
        "name": permission.name(),
        "policy": permission.action().as_str(),
        "permission": resource_type.unwrap_or(permission.name()),
        "isResourced": resource_type.is_some(),
    });
    if let Some(resource_type) = resource_type {
        entry["resourceType"] = json!(resource_type);
    }
    entry
}
