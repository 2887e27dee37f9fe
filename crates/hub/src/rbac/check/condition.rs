//! Conditions against the plugins that would evaluate them.

use super::{suggest, written};
use crate::feature::PluginPermissions;
use crate::finding::Finding;
use crate::nearest::nearest;
use crate::rbac::known;
use crate::rbac::source::Sources;
use callboard_policy::{Condition, Criteria, Lint, WrittenCondition};
use serde_json::Value;
use std::path::Path;

/// The parameters that hold references, which are compared exactly.
const REFERENCES: &[&str] = &["claims", "owners", "createdBy"];

/// Warnings for plugins that are not known, and for references that never match.
pub(super) fn findings(
    sources: &Sources,
    declared: &[PluginPermissions],
    configured: &[String],
) -> Vec<Finding> {
    let plugins = known::plugins(declared, configured);
    let mut findings = Vec::new();
    for (path, written) in written(sources) {
        let plugin = written.policy.plugin_id.as_str();
        if !plugins.contains(plugin) {
            let text = format!("no known plugin has the id `{plugin}`");
            let near = nearest(plugin, plugins.iter().copied());
            let finding = Finding::warning(text).found_by(Lint::ConditionUnknownPlugin);
            findings.push(suggest(at(finding, path, written), near));
        } else if let Some(text) = foreign_type(written, declared) {
            let finding = Finding::warning(text).found_by(Lint::ConditionUnknownPlugin);
            findings.push(at(finding, path, written));
        }
        for reference in capitals(written) {
            let text = format!("`{reference}` never matches: references are kept in lower case");
            let finding = Finding::warning(text).found_by(Lint::ConditionCase);
            let meant = reference.to_lowercase();
            findings.push(suggest(at(finding, path, written), Some(&meant)));
        }
    }
    findings
}

/// Says which plugin has the resource type, where it is another one.
fn foreign_type(written: &WrittenCondition, declared: &[PluginPermissions]) -> Option<String> {
    let resource_type = written.policy.resource_type.as_str();
    let has = |plugin: &&PluginPermissions| {
        let mut types = plugin.permissions.iter().map(|one| one.resource_type());
        types.any(|own| own == Some(resource_type))
    };
    let mut owners = declared.iter().filter(has).peekable();
    let owner = owners.peek()?.plugin;
    let plugin = &written.policy.plugin_id;
    let is_foreign = owners.all(|owner| owner.plugin != plugin);
    is_foreign.then(|| format!("`{resource_type}` is of the plugin `{owner}`, not of `{plugin}`"))
}

/// References with capitals in the parameters of rules.
fn capitals(written: &WrittenCondition) -> Vec<String> {
    let Ok(criteria) = Criteria::from_json(&written.policy.conditions) else {
        return Vec::new();
    };
    let listed = |condition: &Condition| {
        let values = REFERENCES
            .iter()
            .filter_map(|key| condition.params.get(key));
        let texts = values.flat_map(|value| match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        });
        texts
            .filter_map(Value::as_str)
            .filter(|text| !text.starts_with('$') && text.chars().any(char::is_uppercase))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    criteria.leaves().flat_map(listed).collect()
}

fn at(finding: Finding, path: &Path, written: &WrittenCondition) -> Finding {
    Finding {
        column: Some(1),
        ..finding.at(path, Some(written.line))
    }
}
