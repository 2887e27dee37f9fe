//! What `callboard check` says about configuration and policy files.

use super::config::{RbacConfig, refused};
use super::known::KnownNames;
use super::source::{Content, Sources};
use super::state::State;
use super::sync;
use crate::app::Core;
use crate::feature::PluginPermissions;
use crate::finding::Finding;
use crate::permission::rule::Rules;
use callboard_policy::{Criteria, MappedPermission, PolicyFile, RowKind, WrittenCondition};
use std::path::Path;

/// Everything that is wrong or odd, as if the hub started with nothing stored.
pub(super) fn findings(
    core: &Core,
    config: &RbacConfig,
    declared: &[PluginPermissions],
) -> Vec<Finding> {
    let mut findings: Vec<_> = config
        .warnings(&core.config)
        .into_iter()
        .map(Finding::warning)
        .collect();
    let sources = Sources::read(&core.config, config);
    if let Err(unreadable) = &sources.policies {
        findings.push(unreadable.finding());
        return findings;
    }
    let state = &mut State::default();
    match sync::bring_in_line(state, config, &sources, core.clock.now()) {
        Ok(found) => findings.extend(found),
        Err(error) => findings.push(Finding::from_start_error(&refused(&core.config, &error))),
    }
    findings.extend(unknown_names(&sources, declared));
    findings.extend(faulty_conditions(&sources, declared));
    findings
}

/// Warnings for permissions and resource types that no plugin of the hub has.
pub(super) fn unknown_names(sources: &Sources, declared: &[PluginPermissions]) -> Vec<Finding> {
    let known = KnownNames::new(declared);
    let policies = sources.policies.iter().flatten().flat_map(in_policies);
    let conditions = written(sources).flat_map(|(path, WrittenCondition { policy, line, .. })| {
        let names = policy.mapping.iter().filter_map(MappedPermission::name);
        let names = names.chain([policy.resource_type.as_str()]);
        names.map(move |name| (path, *line, name))
    });
    policies
        .chain(conditions)
        .filter(|(_, _, name)| !known.contains(name))
        .map(|(path, line, name)| {
            let text = format!("no plugin of this hub has a permission or resource type `{name}`");
            suggest(
                Finding::warning(text).at(path, Some(line)),
                known.nearest(name),
            )
        })
        .collect()
}

fn in_policies(file: &Content<PolicyFile>) -> impl Iterator<Item = (&Path, u32, &str)> {
    let policies = file
        .held
        .rows
        .iter()
        .filter(|row| row.kind == RowKind::Grant);
    let named = policies.filter_map(|row| Some((row.line, row.fields.get(1)?.as_str())));
    named
        .filter(|(_, name)| !name.is_empty())
        .map(|(line, name)| (file.path.as_path(), line, name))
}

/// Warnings for conditions whose rules or parameters no plugin of the hub has.
///
/// At start they need not be logged: the policy says the same of every condition that it is made
/// from, wherever that came from.
pub(super) fn faulty_conditions(sources: &Sources, declared: &[PluginPermissions]) -> Vec<Finding> {
    let fault = |(path, WrittenCondition { policy, line, .. }): (&Path, &WrittenCondition)| {
        let rules = Rules::among(declared, &policy.plugin_id, &policy.resource_type);
        let criteria = Criteria::from_json(&policy.conditions).ok()?;
        let error = rules.is_known().then(|| rules.check(&criteria).err())??;
        let text = format!("{error}; every decision that the condition takes part in is a denial");
        Some(suggest(
            Finding::warning(text).at(path, Some(*line)),
            rules.meant(&error),
        ))
    };
    written(sources).filter_map(fault).collect()
}

/// The conditions of the file, unless all of it is refused.
fn written(sources: &Sources) -> impl Iterator<Item = (&Path, &WrittenCondition)> {
    let content = sources.conditions.as_ref().ok().and_then(Option::as_ref);
    content.into_iter().flat_map(|content| {
        let file = content.held.parsed.as_ref().ok().into_iter();
        file.flat_map(|file| &file.policies)
            .map(|written| (content.path.as_path(), written))
    })
}

fn suggest(finding: Finding, meant: Option<&str>) -> Finding {
    match meant {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None => finding,
    }
}
