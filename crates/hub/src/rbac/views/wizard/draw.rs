//! A draft becomes a page.

mod builder;
mod policies;
mod review;

use super::asked::Asked;
use super::choice::Choices;
use super::consequence;
use super::draft::Draft;
use super::fault::{self, NameFault};
use super::input::Editor;
use super::member::{self, ChosenPage, Summary};
use super::page::{MembersPart, Part, Rename, StepLink, Wizard, WordsPart};
use super::press::Outcome;
use super::reach::Reach;
use super::step::Step;
use crate::app::App;
use crate::auth::Viewer;
use crate::ui::entity::Sight;
use crate::ui::{PageLink, Texts};
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
    /// The path of the page.
    pub(super) path: &'a str,
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
            copy: None,
            can_save: self.draft.is_changed(),
            part,
        }
    }

    /// What belongs to a step.
    pub(super) async fn part(&self, step: Step, asked: &Asked, outcome: &Outcome) -> Part {
        match step {
            Step::Words => Part::Words(self.words()),
            Step::Members => Part::Members(self.members(asked)),
            Step::Policies => Part::Policies(self.policies(outcome).await),
            Step::Review => {
                let principal = &self.viewer.principal;
                let t = self.t().clone();
                let consequence = consequence::of(self.app, principal, self.draft, t).await;
                Part::Review(Box::new(self.review(consequence)))
            }
        }
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

    fn members(&self, asked: &Asked) -> MembersPart {
        let members = &self.draft.members;
        let chosen = ChosenPage::of(&self.sight, members, &asked.filter, asked.page);
        let (page, pages) = (chosen.page, chosen.pages);
        let to = |mark, label, page: usize, is_there: bool| PageLink {
            mark,
            label: self.t().say(label).to_string(),
            href: is_there.then(|| asked.at_page(page).href(self.path, Step::Members)),
        };
        MembersPart {
            found: (!asked.text.is_empty()).then(|| member::find(&self.sight, &asked.text)),
            text: asked.text.clone(),
            summary: Summary::of(members),
            links: if pages > 1 {
                vec![
                    to("‹", "rbac-previous-page", page - 1, page > 1),
                    to("›", "rbac-next-page", page + 1, page < pages),
                ]
            } else {
                Vec::new()
            },
            chosen,
            filter: asked.filter.clone(),
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
