//! The last step: the role as it will be stored, and what differs from another version of it.

use super::super::consequence::{Consequence, Shift};
use super::super::content::{Conditioned, Content, Granted, count_rules};
use super::super::difference::Difference;
use super::super::member::{self, Summary};
use super::super::page::{ChangeLine, Conflict, Part, Review, ReviewRow};
use super::{Drawer, title_case};
use crate::rbac::views::condition_words::{self, Words};
use crate::ui::{Markdown, Texts};
use callboard_policy::{Criteria, Effect};
use serde_json::Value;

/// How many members are named; the second step has all.
const NAMED_MEMBERS: usize = 10;

impl Drawer<'_> {
    /// The role as it will be stored.
    pub(in super::super) fn review(&self, consequence: Option<Consequence>) -> Review {
        let draft = self.draft;
        let members = member::first(&self.sight, &draft.members, NAMED_MEMBERS);
        let rows = draft.rows.iter().map(|row| {
            let condition = row
                .condition
                .and_then(|number| draft.conditions.get(&number));
            let actions = row.actions.iter().map(|action| title_case(*action));
            ReviewRow {
                plugin: row.plugin.clone(),
                permission: row.permission.clone(),
                actions: actions.collect::<Vec<_>>().join(", "),
                is_deny: row.effect == Effect::Deny,
                rules: draft.rules_of(row),
                sentence: condition.and_then(|condition| self.sentence(&condition.criteria)),
            }
        });
        Review {
            role: draft.role(),
            description: Markdown::new(&draft.description),
            owner: draft.owner.clone(),
            summary: Summary::of(&draft.members),
            hidden: draft.members.len().saturating_sub(members.len()),
            members,
            rows: rows.collect(),
            changes: match &draft.base {
                Some(_) => self.changes(&draft.difference()),
                None => Vec::new(),
            },
            consequence,
            is_edit: draft.base.is_some(),
        }
    }

    fn sentence(&self, criteria: &Value) -> Option<Words> {
        let criteria = Criteria::from_json(criteria).ok()?;
        Some(condition_words::sentence(self.t(), &criteria))
    }

    /// Both versions of a role, each as what it changed.
    pub(in super::super) fn conflict(&self, theirs: Option<&Content>) -> Part {
        let nothing = Content::default();
        let base = self.draft.base.as_ref().unwrap_or(&nothing);
        let state = self.app.rbac().state();
        let by = theirs
            .and_then(|theirs| state.roles.get(&theirs.role))
            .and_then(|metadata| metadata.modified_by.clone());
        Part::Conflict(Box::new(Conflict {
            by,
            mine: self.changes(&self.draft.difference()),
            theirs: match theirs {
                Some(theirs) => self.changes(&Difference::between(base, theirs)),
                None => Vec::new(),
            },
            is_gone: theirs.is_none(),
        }))
    }

    /// A difference in words.
    fn changes(&self, difference: &Difference) -> Vec<ChangeLine> {
        let t = self.t();
        let mut lines = Vec::new();
        let mut line = |is_gain, text: String| lines.push(ChangeLine { is_gain, text });
        if let Some(role) = &difference.renamed {
            line(
                true,
                t.say("wizard-change-name")
                    .with("role", role.as_str())
                    .to_string(),
            );
        }
        if let Some(text) = &difference.description {
            let said = t
                .say("wizard-change-description")
                .with("text", text.as_str());
            line(true, said.to_string());
        }
        if let Some(owner) = &difference.owner {
            let said = t.say("wizard-change-owner").with("owner", owner.as_str());
            line(true, said.to_string());
        }
        for member in &difference.joined {
            let said = t
                .say("wizard-change-joined")
                .with("member", member.as_str());
            line(true, said.to_string());
        }
        for member in &difference.left {
            let said = t.say("wizard-change-left").with("member", member.as_str());
            line(false, said.to_string());
        }
        for grant in &difference.granted {
            line(
                grant.effect == Effect::Allow,
                self.grant("wizard-change-granted", grant),
            );
        }
        for grant in &difference.revoked {
            line(
                grant.effect == Effect::Deny,
                self.grant("wizard-change-revoked", grant),
            );
        }
        for one in &difference.added {
            line(true, self.condition("wizard-change-added", one));
        }
        for (_, one) in &difference.changed {
            line(true, self.condition("wizard-change-changed", one));
        }
        for one in &difference.removed {
            line(false, self.condition("wizard-change-removed", one));
        }
        lines
    }

    fn grant(&self, name: &'static str, grant: &Granted) -> String {
        let t = self.t();
        let effect = match grant.effect {
            Effect::Allow => t.say("wizard-allow"),
            Effect::Deny => t.say("wizard-deny"),
        };
        let effect = effect.to_string();
        t.say(name)
            .with("effect", effect)
            .with("permission", grant.permission.as_str())
            .with("action", grant.action.as_str())
            .to_string()
    }

    fn condition(&self, name: &'static str, one: &Conditioned) -> String {
        let entries = one.mapping.iter().map(|entry| match &entry.name {
            Some(name) => name.to_string(),
            None => format!("{} {}", one.resource_type, entry.action),
        });
        self.t()
            .say(name)
            .with("permissions", entries.collect::<Vec<_>>().join(", "))
            .with("rules", count_rules(&one.criteria))
            .to_string()
    }
}

impl Review {
    /// How many policies there are: an allowed action each, a row with a condition once.
    pub(in super::super) fn policies(&self) -> usize {
        self.rows
            .iter()
            .map(|row| match row.rules {
                Some(_) => 1,
                None => row.actions.split(", ").count(),
            })
            .sum()
    }
}

impl Shift {
    /// On how many entities, in words.
    pub(in super::super) fn extent(&self, t: &Texts) -> String {
        match (self.entities, self.is_even) {
            (None, _) => String::new(),
            (Some(n), true) => t.say("wizard-extent").with("n", n).to_string(),
            (Some(n), false) => t.say("wizard-extent-up-to").with("n", n).to_string(),
        }
    }
}
