//! The pages of the wizard: what is asked for, what a form does, and what is answered.

use super::choice::Choices;
use super::draft::{Content, Draft};
use super::draw::Drawer;
use super::fault;
use super::input::{self, Editor, Fields, Op, Outcome, Refused};
use super::member;
use super::page::{LockedPage, OptionList, Part, WizardForm, WizardPage};
use super::save::{self, SaveError};
use super::step::Step;
use super::store::{Kept, Place as Shelf};
use crate::audit::Requester;
use crate::auth::CsrfForm;
use crate::catalog::permissions::ENTITY_READ;
use crate::error::Error;
use crate::guard::Guard;
use crate::rbac::owner::Visible;
use crate::rbac::permissions::{POLICY_CREATE, POLICY_READ, POLICY_UPDATE};
use crate::rbac::state::RoleMetadata;
use crate::rbac::views::address::{self, CREATE, RolePath};
use crate::ui::entity::Sight;
use crate::ui::{Crumb, Flash, Moment, Page, PageRequest, Place, Shell, Wants, see_other};
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use callboard_policy::Source;
use smol_str::SmolStr;
use url::form_urlencoded;

/// `GET /rbac/role/new`, at `step`; with `copy` the draft begins as that role.
///
/// Permission: `policy.entity.create`, and `catalog.entity.read` for some user or group.
pub(super) async fn show_new(
    request: PageRequest,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let asked = Asked::new(&query.unwrap_or_default());
    let writing = Writing::of_new(request, asked).await?;
    if let Some(role) = writing.asked.copy.clone() {
        return writing.copy(&role).await;
    }
    writing.show(Outcome::default(), None, StatusCode::OK).await
}

/// `POST /rbac/role/new`: the fields of a step, and the button `op`.
///
/// Permission: as `GET`.
pub(super) async fn post_new(
    request: PageRequest,
    RawQuery(query): RawQuery,
    requester: Requester,
    CsrfForm(fields): CsrfForm<Fields>,
) -> Result<Response, Error> {
    let asked = Asked::new(&query.unwrap_or_default());
    let writing = Writing::of_new(request, asked).await?;
    writing.post(requester, fields).await
}

/// `GET /rbac/role/{kind}/{namespace}/{name}`, at `step`, or at `activeStep`, which counts from 0.
///
/// Permission: `policy.entity.update` on the role, which `policy.entity.read` lets the person see,
/// and `catalog.entity.read` for some user or group. A role of another source is only shown.
pub(super) async fn show_edit(
    request: PageRequest,
    Path(path): Path<RolePath>,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let asked = Asked::new(&query.unwrap_or_default());
    let writing = Writing::of_role(request, asked, &path.role()?).await?;
    if let Some(reason) = writing.lock() {
        return writing.show_locked(reason);
    }
    writing.show(Outcome::default(), None, StatusCode::OK).await
}

/// `POST /rbac/role/{kind}/{namespace}/{name}`: the fields of a step, and the button `op`.
///
/// Permission: as `GET`.
pub(super) async fn post_edit(
    request: PageRequest,
    Path(path): Path<RolePath>,
    RawQuery(query): RawQuery,
    requester: Requester,
    CsrfForm(fields): CsrfForm<Fields>,
) -> Result<Response, Error> {
    let asked = Asked::new(&query.unwrap_or_default());
    let writing = Writing::of_role(request, asked, &path.role()?).await?;
    if let Some(reason) = writing.lock() {
        return Err(Error::NotAllowed(reason));
    }
    writing.post(requester, fields).await
}

/// `GET /rbac/members`: the users and groups whose names have `q` in them, as options.
///
/// Permission: `policy.entity.create` or `policy.entity.update`; it offers whom
/// `catalog.entity.read` lets the person read.
pub(super) async fn members(
    request: PageRequest,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let create = Guard::Outright(POLICY_CREATE.clone());
    if request.enter_administration(&create).is_err() {
        request.enter_administration(&Guard::Any(POLICY_UPDATE.clone()))?;
    }
    let query = query.unwrap_or_default();
    // The field of the wizard sends itself.
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let text = pairs.find(|(name, _)| name == "q" || name == "add-users-and-groups");
    let text = text.map(|(_, text)| text.into_owned()).unwrap_or_default();
    let (app, principal, t) = (
        request.app.clone(),
        request.viewer.principal.clone(),
        request.texts(),
    );
    let find = move || {
        let sight = Sight::of(&app, &principal, t)?;
        let found = member::find(&sight, &text);
        Ok::<_, Error>(OptionList {
            t: sight.t,
            text,
            found,
        })
    };
    // A single letter is in the names of half a million people.
    let list = tokio::task::spawn_blocking(find)
        .await
        .map_err(Error::internal)??;
    Ok(Page(list).into_response())
}

/// What the query of an address says.
#[derive(Debug, Clone, Default)]
struct Asked {
    step: Option<Step>,
    active: Option<String>,
    /// What was looked for among users and groups.
    text: String,
    /// Which of the chosen members are shown.
    filter: String,
    /// The role that a new one begins as.
    copy: Option<String>,
}

impl Asked {
    fn new(query: &str) -> Asked {
        let mut asked = Asked::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "step" => asked.step = Step::parse(&value),
                "activeStep" => asked.active = Some(value.into_owned()),
                "q" => asked.text = value.into_owned(),
                "filter" => asked.filter = value.into_owned(),
                "copy" => asked.copy = Some(value.into_owned()),
                _ => {}
            }
        }
        asked
    }

    fn step(&self) -> Step {
        let active = self.active.as_deref().and_then(Step::from_active);
        self.step.or(active).unwrap_or(Step::Words)
    }
}

/// Somebody who writes a role.
struct Writing {
    request: PageRequest,
    asked: Asked,
    step: Step,
    /// The role that is edited; empty for a new one.
    target: SmolStr,
    /// What the role is now, and what is known about it.
    stored: Option<(Content, RoleMetadata)>,
    choices: Choices,
    draft: Draft,
    kept: Option<Moment>,
}

impl Writing {
    async fn of_new(request: PageRequest, asked: Asked) -> Result<Writing, Error> {
        request.enter_administration(&Guard::Outright(POLICY_CREATE.clone()))?;
        Writing::begin(request, asked, SmolStr::default(), None).await
    }

    async fn of_role(request: PageRequest, asked: Asked, role: &str) -> Result<Writing, Error> {
        request.enter_administration(&Guard::Any(POLICY_UPDATE.clone()))?;
        let (app, principal) = (&request.app, &request.viewer.principal);
        let state = app.rbac().state();
        let readable = Visible::of(app, principal, &POLICY_READ)?;
        let missing = || Error::NotFound("There is no such role".to_owned());
        let metadata = readable.role(&state, role).ok_or_else(missing)?;
        let changeable = Visible::of(app, principal, &POLICY_UPDATE)?;
        if !changeable.includes(metadata) {
            return Err(Error::NoEntry {
                permission: POLICY_UPDATE.name().into(),
            });
        }
        let content = Content::of(&state, role).ok_or_else(missing)?;
        let stored = Some((content, metadata.clone()));
        Writing::begin(request, asked, role.into(), stored).await
    }

    async fn begin(
        request: PageRequest,
        asked: Asked,
        target: SmolStr,
        stored: Option<(Content, RoleMetadata)>,
    ) -> Result<Writing, Error> {
        let app = &request.app;
        // Without users and groups there is nobody to give a role to.
        if Sight::of(app, &request.viewer.principal, request.texts())?.is_closed() {
            return Err(Error::NoEntry {
                permission: ENTITY_READ.name().into(),
            });
        }
        let choices = Choices::of(app);
        let shelf = Shelf {
            session: request.viewer.session.id,
            target: &target,
        };
        let kept = shelf.load(app).await?;
        let fresh = |stored: &Option<(Content, RoleMetadata)>| match stored {
            Some((content, _)) => Draft::of(content, &choices),
            None => Draft::new(),
        };
        let now = app.core().clock.now();
        let (draft, kept) = match kept {
            Some(Kept { draft, changed_at }) => {
                let kept = Moment::new(&request.texts(), changed_at, now);
                (draft, Some(kept))
            }
            None => (fresh(&stored), None),
        };
        Ok(Writing {
            step: asked.step(),
            request,
            asked,
            target,
            stored,
            choices,
            draft,
            kept,
        })
    }

    fn shelf(&self) -> Shelf<'_> {
        Shelf {
            session: self.request.viewer.session.id,
            target: &self.target,
        }
    }

    fn editor(&self) -> Editor<'_> {
        Editor {
            choices: &self.choices,
            limits: &self.request.app.rbac().config().limits.conditions,
        }
    }

    /// Why the role cannot be edited here; absent when it can.
    fn lock(&self) -> Option<String> {
        let (_, metadata) = self.stored.as_ref()?;
        let t = self.request.texts();
        if metadata.is_default {
            return Some(t.say("wizard-locked-default").to_string());
        }
        match &metadata.source {
            Source::Rest | Source::Legacy => None,
            Source::Configuration => Some(t.say("wizard-locked-configuration").to_string()),
            Source::CsvFile => {
                let state = self.request.app.rbac().state();
                let mut rows = state.memberships.iter();
                let row = rows.find(|(row, _)| row.role == self.target);
                let place = row.map(|(_, record)| record.origin.to_string());
                let place = place.unwrap_or_else(|| metadata.source.to_string());
                Some(t.say("wizard-locked-file").with("file", place).to_string())
            }
            Source::Provider(name) => Some(
                t.say("wizard-locked-provider")
                    .with("name", name.as_str())
                    .to_string(),
            ),
        }
    }

    /// Where somebody goes who leaves.
    fn back(&self) -> String {
        if self.asked.active.is_some() {
            address::overview(&self.target)
        } else {
            address::ROLES.to_owned()
        }
    }

    /// The address of a step.
    fn href(&self, step: Step) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(active) = &self.asked.active {
            query.append_pair("activeStep", active);
        }
        query.append_pair("step", &step.number().to_string());
        let path = self.request.visit().uri.path();
        format!("{path}?{}", query.finish())
    }

    fn drawer(&self) -> Result<Drawer<'_>, Error> {
        let PageRequest { app, viewer, .. } = &self.request;
        Ok(Drawer {
            app,
            viewer,
            sight: Sight::of(app, &viewer.principal, self.request.texts())?,
            choices: &self.choices,
            draft: &self.draft,
        })
    }

    fn shell(&self) -> Result<Shell, Error> {
        let t = self.request.texts();
        let say = |name| t.say(name).to_string();
        let title = say(if self.target.is_empty() {
            "wizard-create"
        } else {
            "wizard-edit"
        });
        let crumbs = [
            Crumb::link(say("nav-administration"), address::ROLES),
            Crumb::link(say("nav-rbac"), address::ROLES),
        ];
        self.request.shell(Place::below(crumbs, title))
    }

    /// Begins a new role as a copy of another.
    async fn copy(mut self, role: &str) -> Result<Response, Error> {
        let (app, principal) = (&self.request.app, &self.request.viewer.principal);
        let state = app.rbac().state();
        let readable = Visible::of(app, principal, &POLICY_READ)?;
        let stored = readable
            .role(&state, role)
            .and_then(|_| Content::of(&state, role));
        let stored = stored.ok_or_else(|| Error::NotFound("There is no such role".to_owned()))?;
        self.draft = Draft::copy_of(&stored, &self.choices);
        self.shelf().keep(&self.request.app, &self.draft).await?;
        Ok(see_other(CREATE))
    }

    fn show_locked(self, reason: String) -> Result<Response, Error> {
        let drawer = self.drawer()?;
        let may_copy = Guard::Outright(POLICY_CREATE.clone())
            .admits(&self.request.app, &self.request.viewer.principal);
        let copy: String = form_urlencoded::byte_serialize(self.target.as_bytes()).collect();
        Ok(Page(LockedPage {
            shell: self.shell()?,
            role: self.target.clone(),
            reason,
            back: address::overview(&self.target),
            copy: may_copy.then(|| format!("{CREATE}?copy={copy}")),
            review: drawer.review(None),
        })
        .into_response())
    }

    /// The page, or the form by itself.
    async fn show(
        self,
        outcome: Outcome,
        alert: Option<String>,
        status: StatusCode,
    ) -> Result<Response, Error> {
        let drawer = self.drawer()?;
        let part = drawer
            .part(self.step, &self.asked.text, &self.asked.filter, &outcome)
            .await?;
        self.answer(part, outcome, alert, status)
    }

    fn answer(
        &self,
        part: Part,
        outcome: Outcome,
        alert: Option<String>,
        status: StatusCode,
    ) -> Result<Response, Error> {
        let drawer = self.drawer()?;
        let shell = self.shell()?;
        let mut wizard = drawer.wizard(self.step, part);
        wizard.action = self.href(self.step);
        wizard.is_new = self.target.is_empty();
        wizard.role = if wizard.is_new {
            self.draft.role()
        } else {
            self.target.clone()
        };
        wizard.focus = outcome.focus;
        wizard.alert = alert;
        wizard.kept = self.kept.clone();
        if Wants::of(self.request.visit().headers) == Wants::Page {
            return Ok(Page(WizardPage { shell, wizard }).with_status(status));
        }
        let mut response = Page(WizardForm { shell, wizard }).with_status(status);
        if let Ok(href) = HeaderValue::from_str(&self.href(self.step)) {
            let name = HeaderName::from_static("hx-push-url");
            response.headers_mut().insert(name, href);
        }
        Ok(response)
    }

    /// Leads somewhere else: htmx goes there as a whole.
    fn leave(&self, target: &str, flash: Option<&Flash>) -> Response {
        let mut response = match flash {
            Some(flash) => self.request.see_other(target, flash),
            None => see_other(target),
        };
        if Wants::of(self.request.visit().headers) == Wants::Fragment {
            *response.status_mut() = StatusCode::OK;
            if let Ok(target) = HeaderValue::from_str(target) {
                let name = HeaderName::from_static("hx-redirect");
                response.headers_mut().insert(name, target);
            }
        }
        response
    }

    /// Takes a form.
    async fn post(mut self, requester: Requester, fields: Fields) -> Result<Response, Error> {
        let requester = requester.known_as(self.request.viewer.user.entity_ref.as_str());
        let mut draft = std::mem::replace(&mut self.draft, Draft::new());
        match self.step {
            Step::Words => input::take_words(&mut draft, &fields),
            Step::Members => {
                let filter = input::field(&fields, "member-filter").unwrap_or_default();
                filter.clone_into(&mut self.asked.filter);
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
            Op::Discard => {
                self.shelf().forget(&self.request.app).await?;
                return Ok(self.leave(&self.back(), None));
            }
            Op::AddMember => outcome = self.add_member(&fields)?,
            Op::ChooseMember(member) => outcome = self.choose_member(member)?,
            Op::RemoveMember(member) => self.draft.members.retain(|one| *one != member),
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
