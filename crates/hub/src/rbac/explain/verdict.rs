//! The same question for many people, by the answer alone.

use super::super::owner::Visible;
use super::super::permissions::POLICY_READ;
use super::ExplainRequest;
use super::judge::Judge;
use super::question::{Person, Question};
use crate::app::App;
use crate::error::Error;
use crate::principal::Principal;
use callboard_policy::{Answer, EntityRef, Inquiry};

/// What a question comes to for each of some people, in their order.
///
/// Permission: `policy.entity.read`.
///
/// # Errors
///
/// As [`super::explain`].
pub(in crate::rbac) fn verdicts(
    app: &App,
    principal: &Principal,
    request: &ExplainRequest,
    people: &[EntityRef],
) -> Result<Vec<Answer>, Error> {
    let visible = Visible::of(app, principal, &POLICY_READ)?;
    let state = app.rbac().state();
    let is_visible = |role: &str| visible.sees(&state, role);
    let in_force = app.permission().in_force();
    let person = Person::of(app, principal, request.user.as_deref())?;
    let question = Question::of_reader(app, person, request, &is_visible)?;
    let mut question = question.hide_from(app, principal);
    let verdict = |user: &EntityRef| {
        question.person = Person::of(app, &Principal::None, Some(user.as_str()))?;
        let inquiry = Inquiry {
            user: &question.person.entity_ref,
            ownership: &question.person.ownership,
            permission: &question.permission,
        };
        let decision = in_force
            .snapshot()
            .decide(inquiry.principal(), &question.permission);
        let judge = Judge {
            app,
            in_force: &in_force,
            question: &question,
        };
        Ok(judge.answer(&decision))
    };
    people.iter().map(verdict).collect()
}
