//! The builder of conditions below the rows.

use super::super::fault;
use super::super::json::{self, Cause};
use super::super::node::{Group, Node};
use super::super::node_view::{Drawing, in_words};
use super::super::page::BuilderView;
use super::super::press::{Outcome, Refused};
use super::super::preview::{self, Person, Question};
use super::super::suggestion::{self, List, Topic};
use super::super::tree::{At, EditError};
use super::Drawer;
use crate::rbac::views::condition_words;
use crate::rbac::views::sight::RoleSight;
use crate::ui::Code;
use callboard_catalog::EntityRef;
use callboard_policy::Criteria;

impl Drawer<'_> {
    pub(super) async fn builder(
        &self,
        roles: Option<&RoleSight>,
        outcome: &Outcome,
    ) -> Option<BuilderView> {
        let (draft, t) = (self.draft, self.t());
        let builder = draft.builder.as_ref()?;
        let row = draft.row(builder.row)?;
        let rules = self.choices.rules(&row.plugin, &builder.resource_type);
        let faults = fault::nodes(&builder.root, &rules);
        let drawing = Drawing {
            t,
            rules: &rules,
            faults: &faults,
            is_tried: builder.is_tried,
            focus: outcome.focus.as_deref(),
        };
        let criteria = self.editor().criteria(draft);
        let parsed = criteria
            .as_ref()
            .and_then(|criteria| Criteria::from_json(criteria).ok());
        let limits = &self.app.rbac().config().limits.conditions;
        let line_faults = builder
            .json
            .as_ref()
            .and_then(|text| json::read(text, &rules, limits).err())
            .unwrap_or_default();
        let line_faults = line_faults.into_iter().map(|fault| {
            let text = match fault.cause {
                Cause::Said(text) => text,
                Cause::Rule(fault) => in_words(t, &fault),
            };
            (fault.line, text)
        });
        let actions: Vec<_> = row.actions.iter().map(|action| action.as_str()).collect();
        let people = preview::people(&self.sight, &draft.members, self.max_depth());
        let own = &self.viewer.user.entity_ref;
        let asked = &builder.preview_for;
        let user = preview::person(&self.sight, asked).unwrap_or_else(|| own.clone());
        let is_long = people.len() >= preview::MAX_PEOPLE;
        let preview = match &parsed {
            None => None,
            Some(criteria) => {
                let question = Question {
                    plugin: row.plugin.clone(),
                    resource_type: builder.resource_type.clone(),
                    criteria: criteria.clone(),
                    ownership: preview::ownership(self.app, &self.viewer.principal, &user),
                    user,
                };
                Some(
                    question
                        .answer(self.app, &self.viewer.principal, t.clone())
                        .await,
                )
            }
        };
        let viewer = EntityRef::parse(own).ok();
        let viewer = viewer.map(|own| crate::ui::entity::RefLink::new(&self.sight, &own).label);
        let wire = criteria.clone().unwrap_or_else(|| builder.root.to_wire());
        Some(BuilderView {
            place: draft.rows.iter().position(|one| one.id == row.id)? + 1,
            resource_type: builder.resource_type.clone(),
            head: format!("{} · {}", builder.resource_type, actions.join(", ")),
            sentence: parsed.as_ref().map(|one| condition_words::sentence(t, one)),
            root: drawing.node(&builder.root, &At::default()),
            criterion: match &builder.root {
                Node::Rule(_) => "single",
                Node::Group(Group { operator, .. }) => operator.as_str(),
            },
            can_be_single: builder.root.rules().len() <= 1,
            json: builder.json.clone(),
            line_faults: line_faults.collect(),
            error: outcome
                .refused
                .filter(|why| *why != Refused::NoRole)
                .map(|refused| self.refusal(refused)),
            code: Code::json(&wire),
            is_valid: criteria.is_some(),
            has_preview: [preview::ENTITY, "policy-entity"]
                .contains(&builder.resource_type.as_str()),
            people,
            preview_for: asked.clone(),
            viewer: Person {
                entity_ref: own.clone(),
                name: viewer.unwrap_or_else(|| own.to_string()),
            },
            preview,
            typed: is_long.then(|| self.suggested(roles, List::of(Topic::People))),
            lists: suggestion::lists(&builder.root, &rules)
                .into_iter()
                .map(|list| self.suggested(roles, list))
                .collect(),
        })
    }

    pub(super) fn refusal(&self, refused: Refused) -> String {
        let name = match refused {
            Refused::NoMember => "wizard-no-member",
            Refused::NoRole => "wizard-no-role",
            Refused::Condition => "wizard-condition-unfinished",
            Refused::Edit(EditError::Full) => "wizard-edit-full",
            Refused::Edit(EditError::TooDeep) => "wizard-edit-deep",
            Refused::Edit(EditError::NoNode | EditError::NoPlace) => "wizard-edit-place",
            Refused::Edit(EditError::Several) => "wizard-edit-several",
        };
        self.t().say(name).to_string()
    }
}
