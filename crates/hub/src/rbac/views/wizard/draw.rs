//! A draft becomes a page.

use super::choice::{Choices, Subject};
use super::consequence::{self, Consequence, Shift};
use super::difference::Difference;
use super::draft::{Conditioned, Content, Draft, Granted, Row, count_rules};
use super::fault::{self, NameFault, RowFault};
use super::highlight;
use super::input::{Editor, Outcome, Refused};
use super::json::{self, Cause};
use super::member::{self, Reach, Summary};
use super::node_view::{Drawing, in_words};
use super::page::{
    Access, ActionView, BuilderView, ChangeLine, Conflict, FaultView, MembersPart, Part,
    PoliciesPart, Rename, Review, ReviewRow, RowView, StepLink, Wizard, WordsPart,
};
use super::preview::{self, Person, Question};
use super::step::Step;
use super::tree::{At, EditError, Group, Node};
use crate::app::App;
use crate::auth::Viewer;
use crate::error::Error;
use crate::rbac::views::condition_words::{self, Words};
use crate::ui::Texts;
use crate::ui::entity::Sight;
use callboard_catalog::{EntityRef, Filter, Match, Query};
use callboard_policy::{Action, Criteria, Effect};
use serde_json::Value;
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

    async fn policies(&self, outcome: &Outcome) -> PoliciesPart {
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
        PoliciesPart {
            rows: rows.collect(),
            policies: draft.rows.iter().map(|row| row.actions.len()).sum(),
            builder: self.builder(outcome).await.map(Box::new),
            is_missing: draft.rows.is_empty() && is_tried,
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

    fn editor(&self) -> Editor<'_> {
        Editor {
            choices: self.choices,
            limits: &self.app.rbac().config().limits.conditions,
        }
    }

    async fn builder(&self, outcome: &Outcome) -> Option<BuilderView> {
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
        let user = match people.iter().find(|person| person.entity_ref == *asked) {
            Some(person) => person.entity_ref.clone(),
            None => own.clone(),
        };
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
            error: outcome.refused.map(|refused| self.refusal(refused)),
            code: highlight::json(&wire),
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
            owners: self.owners(),
            kinds: self
                .sight
                .facet("kind", None)
                .into_iter()
                .map(|(kind, _)| kind)
                .collect(),
        })
    }

    fn refusal(&self, refused: Refused) -> String {
        let name = match refused {
            Refused::NoMember => "wizard-no-member",
            Refused::Condition => "wizard-condition-unfinished",
            Refused::Edit(EditError::Full) => "wizard-edit-full",
            Refused::Edit(EditError::TooDeep) => "wizard-edit-deep",
            Refused::Edit(EditError::NoNode | EditError::NoPlace) => "wizard-edit-place",
            Refused::Edit(EditError::Several) => "wizard-edit-several",
        };
        self.t().say(name).to_string()
    }

    /// The role as it will be stored.
    pub(super) fn review(&self, consequence: Option<Consequence>) -> Review {
        let draft = self.draft;
        let members = member::chosen(&self.sight, &draft.members, "");
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
            description: draft.description.clone(),
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
    pub(super) fn conflict(&self, theirs: Option<&Content>) -> Part {
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
    pub(super) fn policies(&self) -> usize {
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
    pub(super) fn extent(&self, t: &Texts) -> String {
        match (self.entities, self.is_even) {
            (None, _) => String::new(),
            (Some(n), true) => t.say("wizard-extent").with("n", n).to_string(),
            (Some(n), false) => t.say("wizard-extent-up-to").with("n", n).to_string(),
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

fn title_case(action: Action) -> &'static str {
    match action {
        Action::Create => "Create",
        Action::Read => "Read",
        Action::Update => "Update",
        Action::Delete => "Delete",
        Action::Use => "Use",
    }
}
