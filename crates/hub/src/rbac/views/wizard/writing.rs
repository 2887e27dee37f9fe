//! Somebody who writes a role: what they may do, where they are, and the page that they get.

mod post;

use super::asked::Asked;
use super::choice::Choices;
use super::content::Content;
use super::draft::Draft;
use super::draw::Drawer;
use super::input::Editor;
use super::page::{LockedPage, Part, WizardForm, WizardPage};
use super::press::Outcome;
use super::step::Step;
use super::store::{Kept, Place as Shelf};
use crate::catalog::permissions::ENTITY_READ;
use crate::error::Error;
use crate::guard::Guard;
use crate::rbac::owner::Visible;
use crate::rbac::permissions::{POLICY_CREATE, POLICY_READ, POLICY_UPDATE};
use crate::rbac::state::RoleMetadata;
use crate::rbac::views::address;
use crate::rbac::views::sight::RoleSight;
use crate::rbac::views::{file_address, lock_words, tab_of};
use crate::ui::entity::Sight;
use crate::ui::{Crumb, Flash, Moment, Page, PageRequest, Place, Shell, Wants, see_other};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use smol_str::SmolStr;

/// Somebody who writes a role.
pub(super) struct Writing {
    request: PageRequest,
    pub(super) asked: Asked,
    step: Step,
    /// The role that is edited; empty for a new one.
    target: SmolStr,
    /// What the role is now, and what is known about it.
    stored: Option<(Content, RoleMetadata)>,
    choices: Choices,
    draft: Draft,
    kept: Option<Moment>,
    /// The role that a new one was to begin as, which would throw a draft away.
    instead: Option<String>,
}

/// Why a role cannot be edited here.
pub(super) struct Locked {
    /// In words, for people and for who sends a form nevertheless.
    pub(super) reason: String,
    /// The line of the policy file that makes the role.
    pub(super) file: Option<String>,
}

impl Writing {
    pub(super) async fn of_new(request: PageRequest, asked: Asked) -> Result<Writing, Error> {
        request.enter_administration(&Guard::Outright(POLICY_CREATE.clone()))?;
        let mut writing = Writing::begin(request, asked, SmolStr::default(), None).await?;
        writing.begin_as_asked()?;
        Ok(writing)
    }

    pub(super) async fn of_role(
        request: PageRequest,
        asked: Asked,
        role: &str,
    ) -> Result<Writing, Error> {
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
            instead: None,
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

    /// Where the role is changed; absent when that is here.
    pub(super) fn lock(&self) -> Result<Option<Locked>, Error> {
        let Some((_, metadata)) = &self.stored else {
            return Ok(None);
        };
        let PageRequest { app, viewer, .. } = &self.request;
        let sight = Sight::of(app, &viewer.principal, self.request.texts())?;
        let roles = RoleSight::of(app, &viewer.principal, &sight)?;
        let lock = roles.lock(&self.target, metadata);
        Ok(lock.map(|lock| Locked {
            reason: lock_words(&sight.t, metadata, &lock),
            file: file_address(&lock),
        }))
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
        self.asked.href(self.request.visit().uri.path(), step)
    }

    fn drawer(&self) -> Result<Drawer<'_>, Error> {
        let PageRequest { app, viewer, .. } = &self.request;
        Ok(Drawer {
            app,
            viewer,
            sight: Sight::of(app, &viewer.principal, self.request.texts())?,
            choices: &self.choices,
            draft: &self.draft,
            path: self.request.visit().uri.path(),
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

    /// Begins a new role as the one that the address names, unless a draft would be lost.
    ///
    /// To look keeps nothing: the first form that is sent brings the address along.
    fn begin_as_asked(&mut self) -> Result<(), Error> {
        let Some(role) = self.asked.copy.take() else {
            return Ok(());
        };
        if self.kept.is_some() && self.draft.content() != Draft::new().content() {
            self.instead = self.readable(&role).map(|_| role);
            return Ok(());
        }
        self.begin_as(&role)?;
        (self.kept, self.asked.copy) = (None, Some(role));
        Ok(())
    }

    /// Makes the draft a copy of a role.
    fn begin_as(&mut self, role: &str) -> Result<(), Error> {
        let stored = self.readable(role);
        let stored = stored.ok_or_else(|| Error::NotFound("There is no such role".to_owned()))?;
        self.draft = Draft::copy_of(&stored, &self.choices);
        Ok(())
    }

    /// A role as it is stored; absent for one that the person may not read, as if it were not there.
    fn readable(&self, role: &str) -> Option<Content> {
        let (app, principal) = (&self.request.app, &self.request.viewer.principal);
        let state = app.rbac().state();
        let readable = Visible::of(app, principal, &POLICY_READ).ok()?;
        readable.role(&state, role)?;
        Content::of(&state, role)
    }

    pub(super) fn show_locked(self, locked: Locked) -> Result<Response, Error> {
        let drawer = self.drawer()?;
        let may_copy = Guard::Outright(POLICY_CREATE.clone())
            .admits(&self.request.app, &self.request.viewer.principal);
        let shell = self.shell()?;
        Ok(Page(LockedPage {
            role: self.target.clone(),
            reason: locked.reason,
            file: tab_of(&shell, address::FILES).and(locked.file),
            back: address::overview(&self.target),
            copy: may_copy.then(|| address::copy(&self.target)),
            shell,
            review: drawer.review(None),
        })
        .into_response())
    }

    /// The page, or the form by itself.
    pub(super) async fn show(
        self,
        outcome: Outcome,
        alert: Option<String>,
        status: StatusCode,
    ) -> Result<Response, Error> {
        let drawer = self.drawer()?;
        let part = drawer.part(self.step, &self.asked, &outcome).await;
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
        wizard.action = self.asked.form(self.request.visit().uri.path(), self.step);
        wizard.is_new = self.target.is_empty();
        wizard.role = if wizard.is_new {
            self.draft.role()
        } else {
            self.target.clone()
        };
        wizard.focus = outcome.focus;
        wizard.alert = alert;
        wizard.kept = self.kept.clone();
        wizard.copy = self.instead.clone();
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
}
