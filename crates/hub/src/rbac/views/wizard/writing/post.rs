//! What a form of the wizard does, and what is answered.

use super::super::content::Content;
use super::super::draft::Draft;
use super::super::fault;
use super::super::input::{self, Fields};
use super::super::member;
use super::super::op::{Op, PolicyOp};
use super::super::press::{Outcome, Refused};
use super::super::save::{self, SaveError};
use super::super::step::Step;
use super::Writing;
use crate::audit::Requester;
use crate::error::Error;
use crate::rbac::views::address;
use crate::ui::entity::Sight;
use crate::ui::{Flash, Moment, PageRequest, Wants, see_other};
use axum::http::StatusCode;
use axum::response::Response;
use smol_str::SmolStr;

/// The field with the role whose policies are copied, and its id.
const COPY_FROM: &str = "copy-from";

impl Writing {
    /// Takes a form.
    pub(in super::super) async fn post(
        mut self,
        requester: Requester,
        fields: Fields,
    ) -> Result<Response, Error> {
        let requester = requester.known_as(self.request.viewer.user.entity_ref.as_str());
        // From here on the draft is kept, which is more than the role that it began as.
        self.asked.copy = None;
        let mut draft = std::mem::replace(&mut self.draft, Draft::new());
        match self.step {
            Step::Words => input::take_words(&mut draft, &fields),
            Step::Members => {
                let filter = input::field(&fields, "member-filter").unwrap_or_default();
                if filter != self.asked.filter {
                    filter.clone_into(&mut self.asked.filter);
                    self.asked.page = 1;
                }
            }
            Step::Policies => self.editor().take_fields(&mut draft, &fields),
            Step::Review => {}
        }
        self.draft = draft;
        // A field that changed sends no button.
        let op = fields.iter().rev().find(|(name, _)| name == "op");
        let op = op.map_or(Op::Keep, |(_, op)| Op::parse(op));
        let mut outcome = Outcome::default();
        match op {
            Op::Keep => {}
            Op::Go(step) => outcome = self.go(step),
            Op::Reset => {
                self.draft = match &self.stored {
                    Some((content, _)) => Draft::of(content, &self.choices),
                    None => Draft::new(),
                };
                self.step = Step::Words;
            }
            Op::CopyRole(role) => {
                self.begin_as(&role)?;
                self.step = Step::Words;
            }
            Op::Discard => {
                self.shelf().forget(&self.request.app).await?;
                return Ok(self.leave(&self.back(), None));
            }
            Op::AddMember => outcome = self.add_member(&fields)?,
            Op::ChooseMember(member) => outcome = self.choose_member(member)?,
            Op::RemoveMember(member) => self.draft.members.retain(|one| *one != member),
            Op::Policies(PolicyOp::Copy) => outcome = self.copy_policies(&fields),
            Op::Policies(PolicyOp::Enter) => {
                let typed = input::field(&fields, COPY_FROM).unwrap_or_default();
                if !typed.trim().is_empty() {
                    outcome = self.copy_policies(&fields);
                }
            }
            Op::Policies(op) => {
                let mut draft = std::mem::replace(&mut self.draft, Draft::new());
                outcome = self.editor().press(&mut draft, &op);
                self.draft = draft;
            }
            Op::Rebase => self.rebase(),
            Op::Save => return self.save(requester).await,
        }
        self.shelf().keep(&self.request.app, &self.draft).await?;
        self.kept = Some(self.just_now());
        let is_page = Wants::of(self.request.visit().headers) == Wants::Page;
        if is_page && outcome.refused.is_none() {
            let place = outcome.focus.map(|id| format!("#{id}")).unwrap_or_default();
            return Ok(see_other(&format!("{}{place}", self.href(self.step))));
        }
        let status = match outcome.refused {
            Some(_) if is_page => StatusCode::UNPROCESSABLE_ENTITY,
            Some(_) | None => StatusCode::OK,
        };
        self.show(outcome, None, status).await
    }

    fn just_now(&self) -> Moment {
        let now = self.request.app.core().clock.now();
        Moment::new(&self.request.texts(), now, now)
    }

    /// Goes to another step, unless one on the way is not finished.
    fn go(&mut self, step: Step) -> Outcome {
        if self.step == Step::Policies && self.draft.builder.is_some() {
            let mut draft = std::mem::replace(&mut self.draft, Draft::new());
            let outcome = self.editor().save_condition(&mut draft);
            self.draft = draft;
            // Whoever goes back may come again: the builder waits.
            if outcome.refused.is_some() && step > self.step {
                return outcome;
            }
        }
        let passed = Step::ALL.into_iter().filter(|one| *one < step);
        if step > self.step {
            for passed in passed {
                self.draft.tried.insert(passed.number());
                if !self.is_finished(passed) {
                    self.step = passed;
                    return Outcome::at("part-h");
                }
            }
        }
        self.step = step;
        Outcome::at("part-h")
    }

    fn is_finished(&self, step: Step) -> bool {
        let draft = &self.draft;
        match step {
            Step::Words => {
                fault::name(draft, |role| self.is_taken(role)).is_none()
                    && !fault::has_bad_owner(draft)
            }
            Step::Members => !draft.members.is_empty(),
            Step::Policies => {
                let faults = fault::rows(draft, &self.choices);
                let mut faults = faults.values().flatten();
                !draft.rows.is_empty() && !faults.any(fault::RowFault::is_error)
            }
            Step::Review => true,
        }
    }

    fn is_taken(&self, role: &str) -> bool {
        self.request.app.rbac().state().roles.contains_key(role)
    }

    fn sight(&self) -> Result<Sight, Error> {
        let PageRequest { app, viewer, .. } = &self.request;
        Sight::of(app, &viewer.principal, self.request.texts())
    }

    /// Chooses whoever was typed; several, or nobody, are looked up.
    fn add_member(&mut self, fields: &Fields) -> Result<Outcome, Error> {
        let text = input::field(fields, "add-users-and-groups").unwrap_or_default();
        let focus = Some("add-members".to_owned());
        if text.trim().is_empty() {
            return Ok(Outcome {
                focus,
                refused: None,
            });
        }
        if let Some(member) = member::meant(&self.sight()?, text) {
            return self.choose_member(member);
        }
        text.clone_into(&mut self.asked.text);
        Ok(Outcome {
            focus,
            refused: Some(Refused::NoMember),
        })
    }

    /// Chooses somebody whom the person may read.
    fn choose_member(&mut self, member: SmolStr) -> Result<Outcome, Error> {
        let is_known = member::meant(&self.sight()?, &member).is_some_and(|one| one == member);
        if is_known && !self.draft.members.contains(&member) {
            self.draft.members.push(member);
        }
        Ok(Outcome {
            focus: Some("add-members".to_owned()),
            refused: None,
        })
    }

    /// Adds the policies of the role that was typed.
    fn copy_policies(&mut self, fields: &Fields) -> Outcome {
        let typed = input::field(fields, COPY_FROM).unwrap_or_default().trim();
        let Some(stored) = self.readable(typed) else {
            return Outcome::refused(Refused::NoRole, COPY_FROM);
        };
        let mut draft = std::mem::replace(&mut self.draft, Draft::new());
        let outcome = self.editor().copy_policies(&mut draft, &stored);
        self.draft = draft;
        outcome
    }

    /// Puts the draft on top of what is stored now.
    fn rebase(&mut self) {
        match &self.stored {
            Some((content, _)) => self.draft = self.draft.rebased(content, &self.choices),
            None => self.draft.base = None,
        }
        self.step = Step::Review;
    }

    async fn save(mut self, requester: Requester) -> Result<Response, Error> {
        for step in Step::ALL {
            self.draft.tried.insert(step.number());
            if !self.is_finished(step) {
                self.step = step;
                self.shelf().keep(&self.request.app, &self.draft).await?;
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return self.show(Outcome::default(), None, status).await;
            }
        }
        let PageRequest { app, viewer, .. } = &self.request;
        let t = self.request.texts();
        let role = self.draft.role();
        if self.draft.is_changed() {
            let saved = save::save(app, &viewer.principal, requester, &self.draft).await;
            match saved {
                Ok(()) => {}
                Err(SaveError::Conflict(theirs)) => {
                    return self.conflict(theirs.map(|one| *one)).await;
                }
                Err(SaveError::Refused(error)) => {
                    self.shelf().keep(app, &self.draft).await?;
                    let (status, _) = error.wire();
                    let said = match error.to_string() {
                        text if text.is_empty() => t.say("wizard-not-allowed").to_string(),
                        text => text,
                    };
                    let alert = t.say("wizard-error").with("message", said).to_string();
                    return self.show(Outcome::default(), Some(alert), status).await;
                }
            }
        }
        self.shelf().forget(app).await?;
        let said = if self.target.is_empty() {
            "wizard-created"
        } else {
            "wizard-updated"
        };
        let flash = Flash::done(t.say(said).with("role", role.as_str()));
        let back = if self.asked.active.is_some() {
            address::overview(&role)
        } else {
            self.back()
        };
        Ok(self.leave(&back, Some(&flash)))
    }

    /// Shows what somebody else stored beside what the draft would; nothing of either is lost.
    async fn conflict(mut self, theirs: Option<Content>) -> Result<Response, Error> {
        self.step = Step::Review;
        self.shelf().keep(&self.request.app, &self.draft).await?;
        let part = self.drawer()?.conflict(theirs.as_ref());
        if theirs.is_none() {
            // It is gone: what is stored next is a new role.
            self.draft.base = None;
            for condition in self.draft.conditions.values_mut() {
                condition.id = None;
            }
            self.shelf().keep(&self.request.app, &self.draft).await?;
        }
        self.answer(part, Outcome::default(), None, StatusCode::CONFLICT)
    }
}
