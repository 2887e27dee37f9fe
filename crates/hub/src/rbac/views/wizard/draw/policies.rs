//! The third step: rows of permission policies.

use super::super::choice::Subject;
use super::super::draft::Row;
use super::super::fault::{self, RowFault};
use super::super::page::{Access, ActionView, FaultView, PoliciesPart, RowView, Suggested};
use super::super::press::{Outcome, Refused};
use super::super::step::Step;
use super::super::suggestion::{List, Topic};
use super::{Drawer, title_case};
use crate::rbac::views::sight::RoleSight;
use callboard_policy::{Action, Effect};
use smol_str::SmolStr;

impl Drawer<'_> {
    pub(super) async fn policies(&self, outcome: &Outcome) -> PoliciesPart {
        let draft = self.draft;
        let faults = fault::rows(draft, self.choices);
        let is_tried = self.is_tried(Step::Policies);
        let rows = draft.rows.iter().zip(1..).map(|(row, place)| {
            let faults = faults.get(&row.id).map(Vec::as_slice).unwrap_or_default();
            let faults = faults
                .iter()
                .filter(|fault| is_tried || !matches!(fault, RowFault::NoPermission))
                .map(|fault| FaultView {
                    is_error: fault.is_error(),
                    text: self.row_fault(fault),
                });
            self.row(row, place, faults.collect())
        });
        // Who creates roles may read none.
        let roles = RoleSight::of(self.app, &self.viewer.principal, &self.sight).ok();
        let roles = roles.as_ref();
        let copy_error = outcome.refused.filter(|why| *why == Refused::NoRole);
        PoliciesPart {
            rows: rows.collect(),
            policies: draft.rows.iter().map(|row| row.actions.len()).sum(),
            builder: self.builder(roles, outcome).await.map(Box::new),
            is_missing: draft.rows.is_empty() && is_tried,
            roles: self.suggested(roles, List::of(Topic::Roles)),
            copy_error: copy_error.map(|refused| self.refusal(refused)),
        }
    }

    /// A list with what it holds before anybody types.
    pub(super) fn suggested(&self, roles: Option<&RoleSight>, list: List) -> Suggested {
        Suggested {
            choices: list.topic.choices(&self.sight, roles, ""),
            list,
        }
    }

    fn row_fault(&self, fault: &RowFault) -> String {
        let t = self.t();
        let with = |name, place: &usize| t.say(name).with("n", *place).to_string();
        match fault {
            RowFault::NoPermission => t.say("wizard-row-empty").to_string(),
            RowFault::NoAction => t.say("wizard-row-no-action").to_string(),
            RowFault::SameAs(place) => with("wizard-row-same", place),
            RowFault::OverlapsWith(place) => with("wizard-row-overlaps", place),
            RowFault::Contradicts(place) => with("wizard-row-contradicts", place),
            RowFault::Unused => t.say("wizard-row-unused").to_string(),
        }
    }

    fn row(&self, row: &Row, place: usize, faults: Vec<FaultView>) -> RowView {
        let subjects = self.choices.subjects(&row.plugin);
        let subject = subjects
            .iter()
            .find(|subject| subject.name == row.permission);
        let named = |is_type: bool| -> Vec<SmolStr> {
            let named = subjects.iter().filter(|one| one.is_type == is_type);
            named.map(|one| one.name.clone()).collect()
        };
        let mut permissions = named(false);
        if subject.is_none() && !row.permission.is_empty() {
            permissions.push(row.permission.clone());
        }
        let plugins = self.choices.plugins.iter().map(|plugin| plugin.id.clone());
        let mut plugins: Vec<_> = plugins.collect();
        if !row.plugin.is_empty() && !plugins.contains(&row.plugin) {
            plugins.push(row.plugin.clone());
        }
        RowView {
            id: row.id,
            place,
            plugin: row.plugin.clone(),
            permission: row.permission.clone(),
            plugins,
            types: named(true),
            permissions,
            actions: actions_of(row, subject),
            is_deny: row.effect == Effect::Deny,
            locked: row.locked.clone(),
            access: self.access(row),
            faults,
            broad: subject
                .filter(|subject| subject.is_type)
                .map(|subject| subject.name.clone()),
        }
    }

    fn access(&self, row: &Row) -> Access {
        let rules = self.draft.rules_of(row);
        let builder = self.draft.builder.as_ref().filter(|one| one.row == row.id);
        if let Some(builder) = builder {
            let finished = builder.root.rules();
            let finished = finished.iter().filter(|rule| !rule.name.is_empty());
            return Access::Open(finished.count());
        }
        let editor = self.editor();
        let can_have = row.effect == Effect::Allow
            && row.locked.is_none()
            && editor.resource_type_of(self.draft, row.id).is_some();
        match rules {
            Some(rules) => Access::Rules(rules),
            None if can_have => Access::Configurable,
            None => Access::Always,
        }
    }
}

/// The actions that exist for a row, and which are ticked.
fn actions_of(row: &Row, subject: Option<&Subject>) -> Vec<ActionView> {
    let order = [
        Action::Read,
        Action::Create,
        Action::Update,
        Action::Delete,
        Action::Use,
    ];
    let exists = |action: &Action| {
        subject.is_some_and(|subject| subject.actions.contains(action))
            || row.actions.contains(action)
    };
    let actions = order.into_iter().filter(exists);
    actions
        .map(|action| ActionView {
            label: title_case(action),
            is_on: row.actions.contains(&action),
        })
        .collect()
}
