//! What `callboard check` and `callboard rbac check` say about policy files.

mod condition;
mod files;
mod member;

pub use files::PolicyFiles;

use super::config::{RbacConfig, refused};
use super::known::{self, KnownNames};
use super::source::{self, Content, Sources, Unreadable};
use super::state::State;
use super::{load, sync};
use crate::app::Core;
use crate::catalog;
use crate::feature::{ConditionError, PluginPermissions};
use crate::finding::Finding;
use crate::permission::rule::Rules;
use callboard_catalog::CatalogSnapshot;
use callboard_policy::lint::{self, Conditions, FileKind, Input, Place, Policies, Remark};
use callboard_policy::{
    Criteria, GroupGraph, Lint, MappedPermission, PolicyFile, RowKind, WrittenCondition,
};
use std::collections::HashMap;
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
    let catalog = catalog::from_files(core);
    findings.extend(in_files(core, config, declared, catalog.as_ref()));
    findings
}

/// What is wrong or odd in the files that `config` names.
///
/// Without a `catalog` nothing is said about members, and groups are not known.
fn in_files(
    core: &Core,
    config: &RbacConfig,
    declared: &[PluginPermissions],
    catalog: Option<&CatalogSnapshot>,
) -> Vec<Finding> {
    let sources = Sources::read(&core.config, config);
    if let Err(unreadable) = &sources.policies {
        return vec![unreadable.finding()];
    }
    let text = config.policies.as_ref().map(source::raw_text);
    // It could be read a moment ago; were it gone now, its lines would only lose their columns.
    let text = text.and_then(Result::ok).unwrap_or_default();
    in_sources(core, config, declared, catalog, (&sources, &text))
}

/// What is wrong or odd in files that were read, of which `text` is that of roles, members and
/// policies.
pub(super) fn in_sources(
    core: &Core,
    config: &RbacConfig,
    declared: &[PluginPermissions],
    catalog: Option<&CatalogSnapshot>,
    (sources, text): (&Sources, &str),
) -> Vec<Finding> {
    let state = &mut State::default();
    if let Err(error) = sync::bring_in_line(state, config, sources, core.clock.now()) {
        return vec![Finding::from_start_error(&refused(&core.config, &error))];
    }
    let mut findings: Vec<_> = sources
        .conditions
        .as_ref()
        .err()
        .map(Unreadable::finding)
        .into_iter()
        .collect();
    let groups = catalog.map(load::groups).unwrap_or_default();
    let remarks = remarks(config, sources, text, declared, &groups);
    findings.extend(remarks.into_iter().map(|remark| finding(sources, remark)));
    findings.extend(
        unknown_names(sources, declared)
            .into_iter()
            .map(|finding| at_field(finding, sources, text)),
    );
    findings.extend(faulty_conditions(sources, declared));
    findings.extend(condition::findings(sources, declared, &config.plugin_ids));
    if let Some(catalog) = catalog {
        findings.extend(member::unknown(sources, text, catalog, &groups));
    }
    findings.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    findings
}

/// What follows from the files and the declared permissions alone.
fn remarks(
    config: &RbacConfig,
    sources: &Sources,
    text: &str,
    declared: &[PluginPermissions],
    groups: &GroupGraph,
) -> Vec<Remark> {
    let configured: Vec<_> = [&config.admin, &config.default_role]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    lint::lint(&Input {
        policies: sources.policies().map(|content| Policies {
            text,
            file: &content.held,
        }),
        conditions: sources.conditions().map(|content| Conditions {
            text: &content.held.text,
            parsed: content.held.parsed.as_ref(),
        }),
        settings: &config.settings,
        configured: &configured,
        permissions: &known::permissions(declared),
        groups,
    })
}

/// A remark with the path of its file.
fn finding(sources: &Sources, remark: Remark) -> Finding {
    let Remark {
        lint,
        message,
        help,
        place,
    } = remark;
    let path = match place.file {
        FileKind::Policies => sources.policies().map(|content| &content.path),
        FileKind::Conditions => sources.conditions().map(|content| &content.path),
    };
    Finding {
        file: path.cloned(),
        line: place.line,
        column: place.column,
        help,
        ..Finding::warning(message).found_by(lint)
    }
}

/// Warnings for permissions and resource types that no plugin of the hub has.
pub(super) fn unknown_names(sources: &Sources, declared: &[PluginPermissions]) -> Vec<Finding> {
    let known = KnownNames::new(declared);
    let policies = sources.policies().into_iter().flat_map(in_policies);
    let policies = policies.map(|place| (Lint::PolicyUnknownPermission, place));
    let conditions = written(sources).flat_map(|(path, WrittenCondition { policy, line, .. })| {
        let names = policy.mapping.iter().filter_map(MappedPermission::name);
        let names = names.chain([policy.resource_type.as_str()]);
        names.map(move |name| (path, *line, name))
    });
    let conditions = conditions.map(|place| (Lint::ConditionUnknownPermission, place));
    // A name is often in many rows, and to look for its neighbours is slow.
    let mut meant = HashMap::new();
    policies
        .chain(conditions)
        .filter(|(_, (_, _, name))| !known.contains(name))
        .map(|(lint, (path, line, name))| {
            let text = format!("no plugin of this hub has a permission or resource type `{name}`");
            suggest(
                Finding::warning(text).at(path, Some(line)).found_by(lint),
                *meant.entry(name).or_insert_with(|| known.nearest(name)),
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

/// Adds the column of the permission to a finding about a policy, of which it names the line.
fn at_field(finding: Finding, sources: &Sources, text: &str) -> Finding {
    let column = match (finding.lint, sources.policies()) {
        (Some(Lint::PolicyUnknownPermission), Some(content)) => {
            let rows = &content.held.rows;
            let row = rows.iter().find(|row| Some(row.line) == finding.line);
            row.and_then(|row| Place::of_field(text, row, 2).column)
        }
        _ => Some(1),
    };
    Finding { column, ..finding }
}

/// Findings for conditions whose rules or parameters no plugin of the hub has.
///
/// At start they need not be logged: the policy says the same of every condition that it is made
/// from, wherever that came from.
pub(super) fn faulty_conditions(sources: &Sources, declared: &[PluginPermissions]) -> Vec<Finding> {
    let fault = |(path, WrittenCondition { policy, line, .. }): (&Path, &WrittenCondition)| {
        let rules = Rules::among(declared, &policy.plugin_id, &policy.resource_type);
        let criteria = Criteria::from_json(&policy.conditions).ok()?;
        let error = rules.is_known().then(|| rules.check(&criteria).err())??;
        let lint = match &error {
            ConditionError::UnknownRule { .. } => Lint::ConditionUnknownRule,
            ConditionError::InvalidParams(_) | ConditionError::InvalidRef(_) => {
                Lint::ConditionParams
            }
        };
        let text = format!("{error}; every decision that the condition takes part in is a denial");
        let finding = Finding {
            column: Some(1),
            ..Finding::warning(text).at(path, Some(*line)).found_by(lint)
        };
        Some(suggest(finding, rules.meant(&error)))
    };
    written(sources).filter_map(fault).collect()
}

/// The conditions of the file, unless all of it is refused.
fn written(sources: &Sources) -> impl Iterator<Item = (&Path, &WrittenCondition)> {
    sources.conditions().into_iter().flat_map(|content| {
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
