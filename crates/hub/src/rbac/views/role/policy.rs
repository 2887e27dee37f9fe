//! What a role may and may not do, as rows of a table.

use crate::rbac::state::RoleMetadata;
use crate::rbac::views::plugin_index::PluginIndex;
use crate::rbac::views::sight::RoleSight;
use crate::rbac::views::words;
use crate::ui::{Icon, Texts, Tone, capitalised};
use callboard_policy::{Action, Criteria, Effect, Origin};
use indexmap::IndexMap;
use smol_str::SmolStr;

/// A permission of a role.
pub(super) struct PolicyRow {
    /// `-` when no plugin is known that has it.
    pub(super) plugin: String,
    /// Its name, or a resource type for all permissions on that.
    pub(super) permission: String,
    /// What there is to know about the row beside that.
    pub(super) notes: Vec<String>,
    pub(super) effects: Vec<EffectBadge>,
    pub(super) when: When,
}

/// When a row counts.
pub(super) enum When {
    /// Whatever it is about.
    Always,
    /// On this condition, of so many rules.
    Condition { id: i64, rules: usize },
}

/// What is done to one action.
pub(super) struct EffectBadge {
    pub(super) tone: Tone,
    pub(super) icon: Icon,
    pub(super) label: String,
}

/// Conditional rows first, one for each permission that they cover, then the others, one for each
/// name.
pub(super) fn rows(
    t: &Texts,
    roles: &RoleSight,
    plugins: &PluginIndex,
    role: &str,
    metadata: &RoleMetadata,
) -> Vec<PolicyRow> {
    let mut rows = Vec::new();
    for (id, record) in roles.roster.conditions(role) {
        let policy = &record.policy;
        let criteria = Criteria::from_json(&policy.conditions);
        let when = || When::Condition {
            id,
            rules: criteria.as_ref().map_or(0, |tree| tree.leaves().count()),
        };
        let row = |permission: &str, action: Action| PolicyRow {
            plugin: capitalised(&policy.plugin_id),
            permission: permission.to_owned(),
            notes: origin_note(t, metadata, &record.origin)
                .into_iter()
                .collect(),
            effects: vec![EffectBadge::conditional(action)],
            when: when(),
        };
        let before = rows.len();
        rows.extend(
            plugins
                .covered(policy)
                .map(|permission| row(permission.name(), permission.action())),
        );
        if rows.len() == before {
            // A plugin that nobody knows here: what the mapping says is all there is.
            rows.extend(policy.mapping.iter().map(|entry| {
                let name = entry.name().unwrap_or(&policy.resource_type);
                row(name, entry.action())
            }));
        }
    }
    let mut basic: IndexMap<&SmolStr, PolicyRow> = IndexMap::new();
    for (policy, record) in roles.roster.policies(role) {
        let plugin = plugins.plugin_of(&policy.permission, policy.action);
        let row = basic.entry(&policy.permission).or_insert_with(|| {
            let is_broad = plugins.is_broad(&policy.permission);
            PolicyRow {
                plugin: plugin.map_or_else(|| "-".to_owned(), capitalised),
                permission: policy.permission.to_string(),
                notes: is_broad
                    .then(|| t.say("rbac-broad").with("type", policy.permission.as_str()))
                    .into_iter()
                    .map(|words| words.to_string())
                    .collect(),
                effects: Vec::new(),
                when: When::Always,
            }
        });
        row.effects
            .push(EffectBadge::basic(t, policy.action, policy.effect));
        if let Some(note) = origin_note(t, metadata, &record.origin)
            && !row.notes.contains(&note)
        {
            row.notes.push(note);
        }
    }
    rows.extend(basic.into_values());
    rows
}

/// How many permissions a role has: its conditional rows, and the actions that it allows.
pub(super) fn count(rows: &[PolicyRow]) -> usize {
    let effects = rows.iter().flat_map(|row| &row.effects);
    effects.filter(|effect| effect.tone != Tone::No).count()
}

impl EffectBadge {
    fn conditional(action: Action) -> EffectBadge {
        EffectBadge {
            tone: Tone::If,
            icon: Icon::Split,
            label: words::action(action).to_owned(),
        }
    }

    fn basic(t: &Texts, action: Action, effect: Effect) -> EffectBadge {
        let action = words::action(action);
        match effect {
            Effect::Allow => EffectBadge {
                tone: Tone::Ok,
                icon: Icon::Check,
                label: action.to_owned(),
            },
            Effect::Deny => EffectBadge {
                tone: Tone::No,
                icon: Icon::X,
                label: t.say("rbac-deny").with("action", action).to_string(),
            },
        }
    }
}

/// Where a row stands in a file, or that it has another source than its role.
fn origin_note(t: &Texts, metadata: &RoleMetadata, origin: &Origin) -> Option<String> {
    let is_of_file = origin.file.is_some();
    let is_foreign = origin.source != metadata.source;
    (is_of_file || is_foreign).then(|| {
        t.say("rbac-from")
            .with("place", origin.to_string())
            .to_string()
    })
}
