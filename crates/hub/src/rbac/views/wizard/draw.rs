//! A draft becomes a page.

mod builder;
mod policies;
mod review;

use super::choice::Choices;
use super::consequence;
use super::draft::Draft;
use super::fault::{self, NameFault};
use super::input::Editor;
use super::member::{self, Reach, Summary};
use super::page::{MembersPart, Part, Rename, StepLink, Wizard, WordsPart};
use super::press::Outcome;
use super::step::Step;
use crate::app::App;
use crate::auth::Viewer;
use crate::error::Error;
use crate::ui::Texts;
use crate::ui::entity::Sight;
use callboard_catalog::{Filter, Match, Query};
use callboard_policy::{Action, Criteria};
use smol_str::SmolStr;

/// How many groups are offered where an owner is wanted.
const MAX_OWNERS: usize = 100;

/// Whoever draws a draft.
pub(super) struct Drawer<'a> {
    pub(super) app: &'a App,
    pub(super) viewer: &'a Viewer,
    pub(super) sight: Sight,
    pub(super) choices: &'a Choices,
    pub(super) draft: &'a Draft,
}

impl Drawer<'_> {
    fn t(&self) -> &Texts {
        &self.sight.t
    }

    /// The wizard around a step; what belongs to the request is for the caller to fill in.
    pub(super) fn wizard(&self, step: Step, part: Part) -> Wizard {
        let labels = [
            "wizard-step-words",
            "wizard-members",
            "wizard-step-policies",
            if self.draft.base.is_some() {
                "wizard-review-edit"
            } else {
                "wizard-review-new"
            },
        ];
        let steps = Step::ALL.into_iter().zip(labels);
        Wizard {
            action: String::new(),
            step,
            is_new: self.draft.base.is_none(),
            role: SmolStr::default(),
            steps: steps
                .map(|(one, label)| StepLink {
                    label,
                    number: one.number(),
                    is_done: one < step,
                    is_current: one == step,
                })
                .collect(),
            focus: None,
            alert: None,
            kept: None,
            can_save: self.draft.is_changed(),
            part,
        }
    }

    /// What belongs to a step.
    pub(super) async fn part(
        &self,
        step: Step,
        text: &str,
        filter: &str,
        outcome: &Outcome,
    ) -> Result<Part, Error> {
        Ok(match step {
            Step::Words => Part::Words(self.words()),
            Step::Members => Part::Members(self.members(text, filter)),
            Step::Policies => Part::Policies(self.policies(outcome).await),
            Step::Review => {
                let principal = &self.viewer.principal;
                let t = self.t().clone();
                let consequence = consequence::of(self.app, principal, self.draft, t).await;
                Part::Review(Box::new(self.review(consequence)))
            }
        })
    }

    fn is_tried(&self, step: Step) -> bool {
        self.draft.tried.contains(&step.number())
    }

    fn words(&self) -> WordsPart {
        let draft = self.draft;
        let state = self.app.rbac().state();
        let fault = fault::name(draft, |role| state.roles.contains_key(role));
        let is_tried = self.is_tried(Step::Words);
        let name_error = fault.and_then(|fault| match fault {
            NameFault::Empty => is_tried.then_some("wizard-name-empty"),
            NameFault::Shape => Some("wizard-name-shape"),
            NameFault::Taken => Some("wizard-name-taken"),
        });
        let base = draft.base.as_ref().filter(|base| base.role != draft.role());
        WordsPart {
            name: draft.name.clone(),
            namespace: draft.namespace.clone(),
            description: draft.description.clone(),
            owner: draft.owner.clone(),
            name_error,
            has_bad_owner: fault::has_bad_owner(draft),
            rename: base.map(|base| Rename {
                old: base.role.clone(),
                members: base.members.len(),
                policies: base.grants.len(),
                conditions: base.conditions.len(),
            }),
            owners: self.owners(),
        }
    }

    /// The viewer and the groups that they may read.
    fn owners(&self) -> Vec<SmolStr> {
        let groups = self.sight.query(Query {
            filter: Some(Filter(Criteria::Leaf(Match::one_of("kind", ["group"])))),
            limit: Some(MAX_OWNERS),
            ..Query::default()
        });
        let groups = groups.entities.iter();
        let groups = groups.map(|group| group.entity_ref().as_smol_str().clone());
        [self.viewer.user.entity_ref.clone()]
            .into_iter()
            .chain(groups)
            .collect()
    }

    fn max_depth(&self) -> Option<u32> {
        self.app.rbac().config().settings.max_depth
    }

    fn members(&self, text: &str, filter: &str) -> MembersPart {
        let members = &self.draft.members;
        let chosen = member::chosen(&self.sight, members, filter);
        let is_filtered = !filter.trim().is_empty();
        MembersPart {
            found: (!text.is_empty()).then(|| member::find(&self.sight, text)),
            text: text.to_owned(),
            summary: Summary::of(members),
            hidden: if is_filtered {
                0
            } else {
                members.len().saturating_sub(chosen.len())
            },
            chosen,
            filter: filter.to_owned(),
            reach: Reach::of(&self.sight, members, self.max_depth()).count(&self.sight),
            is_missing: members.is_empty() && self.is_tried(Step::Members),
        }
    }

    fn editor(&self) -> Editor<'_> {
        Editor {
            choices: self.choices,
            limits: &self.app.rbac().config().limits.conditions,
        }
    }
}

fn title_case(action: Action) -> &'static str {
    match action {
        Action::Create => "Create",
        Action::Read => "Read",
        Action::Update => "Update",
        Action::Delete => "Delete",
        Action::Use => "Use",
    }
}
