//! Deleting a role: the question whether it is meant, and the deed.

use super::address::{self, RolePath};
use super::sight::{Access, RoleSight};
use super::words;
use super::{ROLES, readers};
use crate::app::App;
use crate::audit::Requester;
use crate::auth::{CsrfForm, Viewer, local_path};
use crate::error::Error;
use crate::rbac::audited::Write;
use crate::rbac::change::{self, Writer};
use crate::rbac::permissions::POLICY_UPDATE;
use crate::rbac::state::State;
use crate::ui::entity::Sight;
use crate::ui::{Flash, Icon, Page, PageRequest, Place, Shell, Texts, Wants};
use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use callboard_policy::{Action, Decision, Principal};
use serde::Deserialize;

/// The question, in words.
struct Question {
    t: Texts,
    csrf: String,
    role: String,
    /// As a regular expression that nothing else matches.
    pattern: String,
    action: String,
    /// Where somebody goes who does not mean it, and, if it is the list, who did.
    back: String,
    members: String,
    policies: usize,
    /// Whether the person could edit no policies without the role.
    is_last: bool,
    /// What was typed before, and what was wrong with that, or with the deed.
    typed: String,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "rbac/templates/role_delete_page.html")]
struct DeletePage {
    shell: Shell,
    question: Question,
}

#[derive(Template)]
#[template(path = "rbac/templates/role_delete_dialog.html")]
struct DeleteDialog {
    question: Question,
}

/// Where somebody came from.
#[derive(Deserialize)]
pub(super) struct CameFrom {
    back: Option<String>,
}

/// `GET /rbac/roles/{kind}/{namespace}/{name}/delete`: the question, as a page or as a dialog.
///
/// Permission: `policy.entity.read` and `policy.entity.delete`, for the role.
pub(super) async fn ask(
    request: PageRequest,
    Path(path): Path<RolePath>,
    Query(CameFrom { back }): Query<CameFrom>,
    wants: Wants,
) -> Result<Response, Error> {
    let question = Question::of(&request, path.role()?, back.as_deref())?;
    Ok(match wants {
        Wants::Fragment => Page(DeleteDialog { question }).into_response(),
        Wants::Page => question.into_page(&request)?.into_response(),
    })
}

/// The answer to the question.
#[derive(Deserialize)]
pub(super) struct Answer {
    /// The reference of the role, typed to confirm.
    #[serde(rename = "delete-role")]
    typed: String,
    back: Option<String>,
}

/// `POST /rbac/roles/{kind}/{namespace}/{name}/delete`.
///
/// Permission: `policy.entity.read` and `policy.entity.delete`, for the role. It does what
/// `DELETE /api/permission/roles/{kind}/{namespace}/{name}` does.
pub(super) async fn delete(
    request: PageRequest,
    Path(path): Path<RolePath>,
    requester: Requester,
    CsrfForm(Answer { typed, back }): CsrfForm<Answer>,
) -> Result<Response, Error> {
    let role = path.role()?;
    let mut question = Question::of(&request, role.clone(), back.as_deref())?;
    let refused = if typed == role {
        let requester = requester.known_as(request.viewer.user.entity_ref.as_str());
        delete_role(&request.app, &request.viewer, requester, role.clone())
            .await
            .err()
    } else {
        Some(Error::Input(
            question.t.say("rbac-delete-mismatch").to_string(),
        ))
    };
    let Some(error) = refused else {
        let done = question.t.say("rbac-deleted").with("role", role.as_str());
        return Ok(request.see_other(question.list(), &Flash::done(done)));
    };
    let (status, _) = error.wire();
    let status = match status {
        StatusCode::BAD_REQUEST => StatusCode::UNPROCESSABLE_ENTITY,
        other => other,
    };
    question.error = Some(match error {
        Error::Input(words) => words,
        other => question
            .t
            .say("rbac-cannot-delete")
            .with("reason", other.to_string())
            .to_string(),
    });
    question.typed = typed;
    Ok(question.into_page(&request)?.with_status(status))
}

async fn delete_role(
    app: &App,
    viewer: &Viewer,
    requester: Requester,
    role: String,
) -> Result<(), Error> {
    let prepare = || {
        let writer = Writer::deleting(app, &viewer.principal)?;
        Ok(move |state: &mut State| change::delete_role(state, &writer, &role, None))
    };
    Write::delete(requester, "role-write")
        .make(app, |()| StatusCode::NO_CONTENT, prepare)
        .await
        .map(|_| ())
}

impl Question {
    fn of(request: &PageRequest, role: String, back: Option<&str>) -> Result<Question, Error> {
        request.enter_administration(&readers())?;
        let PageRequest { app, viewer, .. } = request;
        let sight = Sight::of(app, &viewer.principal, request.texts())?;
        let roles = RoleSight::of(app, &viewer.principal, &sight)?;
        let metadata = roles.role(&role)?;
        let counts = roles.roster.counts(&role);
        let t = sight.t;
        let refusal = match roles.delete(metadata) {
            Access::Open => None,
            Access::Refused => Some(t.say("rbac-may-not-delete").to_string()),
            Access::Locked => roles
                .lock(&role, metadata)
                .map(|lock| super::lock_words(&t, metadata, &lock)),
        };
        if let Some(refusal) = refusal {
            return Err(Error::NotAllowed(refusal));
        }
        let overview = address::overview(&role);
        Ok(Question {
            csrf: viewer.session.csrf.clone(),
            pattern: escaped(&role),
            action: address::delete(&role),
            back: back.and_then(local_path).unwrap_or(&overview).to_owned(),
            members: words::members(&t, metadata, counts).to_lowercase(),
            policies: counts.allow + counts.deny + counts.conditional,
            is_last: is_last_that_edits(app, viewer, &role),
            typed: String::new(),
            error: None,
            role,
            t,
        })
    }

    /// The list, as it was left if somebody came from there.
    fn list(&self) -> &str {
        let path = self.back.split('?').next();
        if path == Some(ROLES) {
            &self.back
        } else {
            ROLES
        }
    }

    fn into_page(self, request: &PageRequest) -> Result<Page<DeletePage>, Error> {
        let place = Place::below(super::crumbs(&self.t), &self.role);
        Ok(Page(DeletePage {
            shell: request.shell(place)?,
            question: self,
        }))
    }
}

/// Whether a person who may edit policies could not without `role`.
fn is_last_that_edits(app: &App, viewer: &Viewer, role: &str) -> bool {
    let user = &viewer.user;
    let asker = Principal::User {
        entity_ref: &user.entity_ref,
        ownership: &user.ownership,
    };
    let snapshot = app.permission().snapshot();
    let may = |decision: &Decision| !matches!(decision, Decision::Deny(_));
    let mut held = snapshot.roles_of(&user.entity_ref, &user.ownership);
    let roster = app.rbac().roster();
    let is_about_editing = roster
        .policies(role)
        .any(|(policy, _)| policy.action == Action::Update)
        || roster.conditions(role).any(|(_, record)| {
            let mut mapping = record.policy.mapping.iter();
            mapping.any(|entry| entry.action() == Action::Update)
        });
    if !is_about_editing
        || !held.any(|held| held == role)
        || !may(&snapshot.decide(asker, &POLICY_UPDATE))
    {
        return false;
    }
    // No guess: a policy without the role decides.
    let (mut model, _) = app.rbac().in_force(app);
    model.memberships.retain(|one| one.row.role != role);
    model.grants.retain(|one| one.row.subject != role);
    model.conditions.retain(|one| one.row.policy.role != role);
    !may(&model.compile(0).decide(asker, &POLICY_UPDATE))
}

/// A pattern for an input that takes this text and no other. Browsers refuse a pattern that
/// escapes what means nothing.
fn escaped(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if r"^$\.*+?()[]{}|".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_one_text() {
        assert_eq!(escaped("role:default/a.b-c*"), r"role:default/a\.b-c\*");
    }
}
