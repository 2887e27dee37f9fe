//! Why something was decided: an account of one decision, made by the code that decides.
//!
//! Whoever may read policies is given all of it ([`FullAnswer`]), less the roles that their right
//! does not cover. Everybody is told the kind of reason about themselves ([`OwnAnswer`]).
//! A request becomes a [`question::Question`], [`judge`] decides it for the resource that it
//! names, and [`answer`] says what came of it.

mod answer;
pub(super) mod api;
mod judge;
mod question;
mod sentence;
mod text;
mod verdict;

pub use answer::{
    ConditionAnswer, ConsideredAnswer, DecidedBy, FullAnswer, GroupAnswer, OwnAnswer, OwnReason,
    OwnRole, Place, RoleAnswer, UserAnswer,
};
pub use question::ExplainRequest;
pub(in crate::rbac) use verdict::verdicts;

use super::owner::Visible;
use super::permissions::POLICY_READ;
use super::service;
use crate::app::App;
use crate::error::Error;
use crate::hub::StartError;
use crate::principal::Principal;
use answer::Explained;
use question::{Person, Question};
use serde::Serialize;

/// What somebody is told of a decision.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// All of it.
    Full(Box<FullAnswer>),
    /// The kind of reason, about oneself.
    Own(OwnAnswer),
}

/// Explains a decision to `principal`.
///
/// Permission: `policy.entity.read`, for the full view; a conditional right leaves out the roles
/// that it does not cover. About oneself everybody has the own view.
///
/// # Errors
///
/// 403 with an empty message for a question about somebody else without the right, 400 for a
/// question that cannot be understood.
pub fn explain(
    app: &App,
    principal: &Principal,
    request: &ExplainRequest,
) -> Result<Answer, Error> {
    let Ok(visible) = Visible::of(app, principal, &POLICY_READ) else {
        let question = about_oneself(app, principal, request)?;
        return Ok(Answer::Own(Explained::new(app, &question).into_own()));
    };
    let state = app.rbac().state();
    let is_visible = |role: &str| visible.sees(&state, role);
    let person = Person::of(app, principal, request.user.as_deref())?;
    let question = Question::of_reader(app, person, request, &is_visible)?;
    let question = question.hide_from(app, principal);
    let answer = Explained::new(app, &question).into_full(&is_visible);
    Ok(Answer::Full(Box::new(answer)))
}

/// Explains a decision on a page: as [`explain`], but in the own view, too, a resource that the
/// person may not read is as good as missing.
///
/// The REST interface tells there what authorizing tells, which answers for any reference.
///
/// # Errors
///
/// As [`explain`].
pub(super) fn explain_on_page(
    app: &App,
    principal: &Principal,
    request: &ExplainRequest,
) -> Result<Answer, Error> {
    if Visible::of(app, principal, &POLICY_READ).is_ok() {
        return explain(app, principal, request);
    }
    let question = about_oneself(app, principal, request)?.hide_from(app, principal);
    Ok(Answer::Own(Explained::new(app, &question).into_own()))
}

/// A question of somebody who may ask about themselves alone.
fn about_oneself(
    app: &App,
    principal: &Principal,
    request: &ExplainRequest,
) -> Result<Question, Error> {
    let person = Person::oneself(principal, request.user.as_deref()).ok_or(Error::forbidden())?;
    Question::of_anybody(app, person, request)
}

/// Explains a decision to an administrator at the machine, who may see everything.
///
/// The catalog must have been published; roles are loaded here, and nothing is written.
///
/// # Errors
///
/// See [`ExplainError`].
pub(crate) async fn for_administrator(
    app: &App,
    request: &ExplainRequest,
) -> Result<FullAnswer, ExplainError> {
    service::preview(app).await?;
    let person = Person::of(app, &Principal::None, request.user.as_deref())?;
    let question = Question::of_reader(app, person, request, &|_| true)?;
    Ok(Explained::new(app, &question).into_full(&|_| true))
}

/// Why a decision was not explained at the machine.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ExplainError {
    /// Configuration, files or database cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Start(#[from] StartError),
    /// The question cannot be understood.
    #[error(transparent)]
    Question(#[from] Error),
}
