//! What the trace says in sentences.

use crate::rbac::explain::DecidedBy;
use crate::ui::{Rich, Texts};
use askama::filters::HtmlSafe;
use callboard_policy::{
    Action, Answer, Flip, Grant, MappedPermission, Membership, Narrowed, ReasonKind, Sourced,
};
use serde_json::Value;
use std::fmt;

/// A sentence with markup of ours, said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence(String);

impl From<Rich<'_>> for Sentence {
    fn from(rich: Rich<'_>) -> Sentence {
        Sentence(rich.to_string())
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// INVARIANT: it is made from `Rich` alone, which escapes what it is given.
impl HtmlSafe for Sentence {}

/// The answer as a heading: what `person`, or the reader, can or cannot do.
pub(super) fn headline(t: &Texts, answer: Answer, person: Option<&str>, action: &str) -> String {
    let name = match (answer, person.is_some()) {
        (Answer::Allow, true) => "tester-yes",
        (Answer::Deny, true) => "tester-no",
        (Answer::Conditional, true) => "tester-depends",
        (Answer::Allow, false) => "tester-yes-you",
        (Answer::Deny, false) => "tester-no-you",
        (Answer::Conditional, false) => "tester-depends-you",
    };
    let text = t.say(name).with("action", action.to_owned());
    match person {
        Some(person) => text.with("person", person.to_owned()).to_string(),
        None => text.to_string(),
    }
}

/// Why the answer is what it is, with what decided as far as the reader may know of it.
///
/// `asked` is how many conditions were asked.
pub(super) fn because(t: &Texts, answer: Answer, by: &DecidedBy, asked: usize) -> Sentence {
    let Some(one) = &by.considered else {
        return because_alone(t, answer, by.kind);
    };
    let name = match (by.kind, answer) {
        (ReasonKind::GrantAllow, _) => "tester-because-row-allows",
        (ReasonKind::GrantDeny, _) => "tester-because-row-denies",
        (ReasonKind::ConditionCollision, _) => "tester-because-collision",
        (ReasonKind::UnreadableCondition, _) => "tester-because-unreadable",
        (ReasonKind::UnknownRule, _) => "tester-because-unknown-rule",
        (ReasonKind::BadParameters, _) => "tester-because-bad-parameters",
        (ReasonKind::Condition, Answer::Conditional) => "tester-because-it-depends",
        (ReasonKind::Condition, Answer::Allow) => "tester-because-met",
        (ReasonKind::Condition, Answer::Deny) if asked == 1 => "tester-because-not-met",
        (
            ReasonKind::Condition
            | ReasonKind::PermissionsDisabled
            | ReasonKind::NoPrincipal
            | ReasonKind::ServiceAllowed
            | ReasonKind::ServiceRestricted
            | ReasonKind::TokenScope
            | ReasonKind::SuperUser
            | ReasonKind::NoGrant
            | ReasonKind::GroupCycle,
            _,
        ) => return because_alone(t, answer, by.kind),
    };
    let sentence = t.rich(name).code("role", &one.role);
    let sentence = match one.id {
        Some(id) => sentence.with("id", id.to_string()),
        None => sentence.code("place", short(&one.place.to_string())),
    };
    sentence.into()
}

/// A place by the name of its file, whatever folder that is in.
fn short(place: &str) -> &str {
    place.rsplit('/').next().unwrap_or(place)
}

/// Why, by the kind of reason: what anybody may know of themselves.
pub(super) fn because_alone(t: &Texts, answer: Answer, kind: ReasonKind) -> Sentence {
    let name = match kind {
        ReasonKind::PermissionsDisabled => "tester-because-off",
        ReasonKind::NoPrincipal | ReasonKind::ServiceAllowed | ReasonKind::ServiceRestricted => {
            "tester-because-nobody"
        }
        ReasonKind::TokenScope => "tester-because-token",
        ReasonKind::SuperUser => "tester-because-super-user",
        ReasonKind::GrantAllow => "tester-because-allowed",
        ReasonKind::GrantDeny => "tester-because-denied",
        ReasonKind::NoGrant => "tester-because-nothing",
        ReasonKind::GroupCycle => "tester-because-cycle",
        ReasonKind::ConditionCollision
        | ReasonKind::UnreadableCondition
        | ReasonKind::UnknownRule
        | ReasonKind::BadParameters => "tester-because-fault",
        ReasonKind::Condition => match answer {
            Answer::Allow => "tester-because-condition-met",
            Answer::Deny => "tester-because-no-condition-met",
            Answer::Conditional => "tester-because-condition",
        },
    };
    t.rich(name).into()
}

/// A change that would turn the answer round.
pub(super) fn change(t: &Texts, flip: &Flip) -> Sentence {
    match flip {
        Flip::RemoveGrants(gone) => t.rich("tester-change-remove").code("rows", &rows(gone)),
        Flip::RemoveMemberships(gone) => {
            let rows: Vec<_> = gone.iter().map(|one| member_text(&one.row)).collect();
            t.rich("tester-change-remove")
                .code("rows", &rows.join(" · "))
        }
        Flip::ChangeEffect(changed) => {
            let turned = Grant {
                effect: changed.row.effect.opposite(),
                ..changed.row.clone()
            };
            t.rich("tester-change-turn")
                .code("row", &row_text(&changed.row))
                .code("turned", &row_text(&turned))
        }
        Flip::AddGrant(grant) => t.rich("tester-change-add").code("row", &row_text(grant)),
        Flip::AddMembership(membership) => t
            .rich("tester-change-add")
            .code("row", &member_text(membership)),
        Flip::NarrowConditions(narrowed) => {
            let narrowed: Vec<_> = narrowed.iter().map(narrowed_text).collect();
            t.rich("tester-change-narrow")
                .code("conditions", &narrowed.join(" · "))
        }
        Flip::SetPrecedence(precedence) => t
            .rich("tester-change-precedence")
            .code("key", "policyDecisionPrecedence")
            .code("word", precedence.as_str()),
        Flip::RemoveSuperUsers(gone) => t
            .rich("tester-change-super-users")
            .code("users", &gone.join(" · ")),
        Flip::RemoveParent { group, parent } => t
            .rich("tester-change-parent")
            .code("group", group.as_str())
            .code("parent", parent.as_str()),
        Flip::ChangeResource {
            id,
            rule,
            params,
            holds,
            ..
        } => {
            let name = if *holds {
                "tester-change-to-meet"
            } else {
                "tester-change-not-to-meet"
            };
            let leaf = format!("{rule} {}", params_text(params));
            t.rich(name)
                .code("leaf", leaf.trim_end())
                .with("id", id.to_string())
        }
    }
    .into()
}

fn rows(grants: &[Sourced<Grant>]) -> String {
    let rows: Vec<_> = grants.iter().map(|one| row_text(&one.row)).collect();
    rows.join(" · ")
}

/// A row as a policy file has it.
fn row_text(grant: &Grant) -> String {
    let Grant {
        subject,
        permission,
        action,
        effect,
    } = grant;
    format!("p, {subject}, {permission}, {action}, {effect}")
}

fn member_text(Membership { member, role }: &Membership) -> String {
    format!("g, {member}, {role}")
}

fn narrowed_text(narrowed: &Narrowed) -> String {
    let Narrowed {
        id, role, entries, ..
    } = narrowed;
    let entry = |entry: &MappedPermission| match entry {
        MappedPermission::Action(action) => action.to_string(),
        MappedPermission::Named { name, .. } => name.to_string(),
    };
    match entries {
        None => format!("{id} {role}"),
        Some(entries) => {
            let entries: Vec<_> = entries.iter().map(entry).collect();
            format!("{id} {role}: {}", entries.join(", "))
        }
    }
}

/// Parameters as people read them: `key = lifecycle, value = production`.
pub(super) fn params_text(params: &Value) -> String {
    let params = params.as_object().into_iter().flatten();
    let params: Vec<_> = params
        .map(|(name, value)| format!("{name} = {}", value_text(value)))
        .collect();
    params.join(", ")
}

/// A value without quotes, the items of a list with commas between.
pub(super) fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(value_text).collect();
            items.join(", ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// The word of an action.
pub(super) fn action_word(t: &Texts, action: &Action) -> String {
    let name = match action {
        Action::Create => "tester-action-create",
        Action::Read => "tester-action-read",
        Action::Update => "tester-action-update",
        Action::Delete => "tester-action-delete",
        Action::Use => "tester-action-use",
    };
    t.say(name).to_string()
}
