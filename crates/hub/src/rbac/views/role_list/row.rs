//! A role in the list.

use super::query::Column;
use crate::rbac::roster::Counts;
use crate::rbac::state::RoleMetadata;
use crate::rbac::views::plugin_index::PluginIndex;
use crate::rbac::views::sight::{Access, RoleSight};
use crate::rbac::views::words::{self, SourceBadge};
use crate::rbac::views::{address, file_address, lock_words};
use crate::ui::{Markdown, Moment, Texts};
use callboard_policy::{Effect, Source};
use jiff::Timestamp;
use std::cmp::Ordering;

/// How many plugins a cell names before it counts the rest.
const NAMED_PLUGINS: usize = 2;

/// What rows are made with.
pub(super) struct Maker<'a> {
    pub(super) t: &'a Texts,
    pub(super) sight: &'a RoleSight,
    pub(super) plugins: &'a PluginIndex,
    pub(super) now: Timestamp,
}

/// A role before it is known whether it gets a row.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) role: &'a str,
    pub(super) metadata: &'a RoleMetadata,
    pub(super) counts: Counts,
}

/// A role in the table.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) role: String,
    /// The reference up to the name, which is the same for nearly all.
    pub(super) prefix: String,
    pub(super) name: String,
    pub(super) href: String,
    pub(super) description: Option<String>,
    pub(super) members: String,
    /// The first plugins, and how many more.
    pub(super) plugins: String,
    pub(super) all_plugins: String,
    pub(super) counts: Counts,
    pub(super) source: SourceBadge,
    pub(super) changed: Changed,
    pub(super) update: Access,
    pub(super) delete: Access,
    pub(super) update_href: String,
    pub(super) copy_href: String,
    pub(super) delete_href: String,
    pub(super) lock: Option<LockWords>,
}

/// When a role was last changed.
#[derive(Debug, Clone)]
pub(super) enum Changed {
    /// At this moment.
    At(Moment),
    /// In other words.
    Words(String),
}

/// Why a role cannot be changed here.
#[derive(Debug, Clone)]
pub(super) struct LockWords {
    pub(super) reason: String,
    /// The line of the policy file that makes it.
    pub(super) file: Option<String>,
}

impl Maker<'_> {
    pub(super) fn row(&self, entry: &Entry<'_>) -> Row {
        let Entry {
            role,
            metadata,
            counts,
        } = *entry;
        let plugins = self.plugins_of(role);
        let name_at = role.rfind('/').map_or(0, |slash| slash + 1);
        let lock = self.sight.lock(role, metadata);
        Row {
            prefix: role[..name_at].to_owned(),
            name: role[name_at..].to_owned(),
            href: address::overview(role),
            description: metadata.description.as_deref().and_then(Markdown::lead),
            members: words::members(self.t, metadata, counts),
            plugins: first_of(&plugins),
            all_plugins: plugins.join(", "),
            counts,
            source: SourceBadge::of(self.t, &metadata.source),
            changed: self.changed(metadata),
            update: self.sight.update(metadata),
            delete: self.sight.delete(metadata),
            update_href: address::edit(role),
            copy_href: address::copy(role),
            delete_href: address::delete(role),
            lock: lock.map(|lock| LockWords {
                reason: lock_words(self.t, metadata, &lock),
                file: file_address(&lock),
            }),
            role: role.to_owned(),
        }
    }

    /// Whether the words of a row hold `text`, which is in lower case.
    pub(super) fn has_text(&self, entry: &Entry<'_>, text: &str) -> bool {
        let row = self.row(entry);
        let changed = match &row.changed {
            Changed::At(moment) => &moment.words,
            Changed::Words(words) => words,
        };
        let description = row.description.as_deref().unwrap_or_default();
        let shown = [
            &*row.role,
            description,
            &row.members,
            &row.all_plugins,
            &row.source.label,
            changed,
        ];
        shown
            .iter()
            .any(|words| words.to_lowercase().contains(text))
    }

    /// How two roles stand to each other in a column.
    pub(super) fn compare(&self, column: Column, a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
        match column {
            Column::Name => a.role.cmp(b.role),
            Column::Members => member_count(a).cmp(&member_count(b)),
            Column::Plugins => self.plugins_of(a.role).cmp(&self.plugins_of(b.role)),
            Column::Policies => policy_count(a).cmp(&policy_count(b)),
            Column::Source => a.metadata.source.cmp(&b.metadata.source),
            Column::Changed => a.metadata.modified_at.cmp(&b.metadata.modified_at),
        }
        .then_with(|| a.role.cmp(b.role))
    }

    /// The plugins that a role opens anything of.
    fn plugins_of(&self, role: &str) -> Vec<String> {
        let conditions = self.sight.roster.conditions(role);
        let of_conditions = conditions.map(|(_, record)| record.policy.plugin_id.as_str());
        let policies = self.sight.roster.policies(role);
        let of_policies = policies
            .filter(|(policy, _)| policy.effect == Effect::Allow)
            .filter_map(|(policy, _)| self.plugins.plugin_of(&policy.permission, policy.action));
        PluginIndex::titles(of_conditions.chain(of_policies))
    }

    fn changed(&self, metadata: &RoleMetadata) -> Changed {
        match (&metadata.source, metadata.modified_at) {
            (Source::CsvFile, _) => Changed::Words(self.t.say("rbac-in-file").to_string()),
            (Source::Configuration, _) => Changed::Words(self.t.say("rbac-at-start").to_string()),
            (_, Some(then)) => Changed::At(Moment::new(self.t, then, self.now)),
            (_, None) => Changed::Words("–".to_owned()),
        }
    }
}

fn member_count(entry: &Entry<'_>) -> usize {
    // Everybody has the default role.
    if entry.metadata.is_default {
        return usize::MAX;
    }
    entry.counts.users + entry.counts.groups
}

fn policy_count(entry: &Entry<'_>) -> usize {
    let Counts {
        allow,
        deny,
        conditional,
        ..
    } = entry.counts;
    allow + deny + conditional
}

/// The first plugins, such as `Catalog, Permission + 2`.
fn first_of(plugins: &[String]) -> String {
    let named = plugins.len().min(NAMED_PLUGINS);
    let words = plugins[..named].join(", ");
    match plugins.len() - named {
        0 if named == 0 => "-".to_owned(),
        0 => words,
        more => format!("{words} + {more}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_beyond_the_second_are_counted() {
        let plugins = ["Catalog", "Permission", "Scaffolder", "Search"].map(str::to_owned);

        assert_eq!(first_of(&plugins), "Catalog, Permission + 2");
        assert_eq!(first_of(&plugins[..2]), "Catalog, Permission");
        assert_eq!(first_of(&[]), "-");
    }
}
