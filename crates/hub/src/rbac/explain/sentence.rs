//! A decision in one sentence.

use super::answer::DecidedBy;
use super::question::{Question, Resource};
use callboard_policy::{Answer, ReasonKind};

/// What was asked and answered: who may, or may not, do what.
pub(super) fn headline(question: &Question, answer: Answer) -> String {
    let Question {
        person,
        permission,
        resource,
    } = question;
    let verb = match answer {
        Answer::Allow => "may use",
        Answer::Deny => "may not use",
        Answer::Conditional => "may at times use",
    };
    let (user, name) = (&person.entity_ref, permission.name());
    match resource {
        Resource::Named(resource_ref) => format!("{user} {verb} {name} on {resource_ref}"),
        Resource::Unnamed | Resource::Hidden => format!("{user} {verb} {name}"),
    }
}

/// Why the answer is what it is, as one would tell it to an administrator.
///
/// `asked` is how many conditions were asked.
pub(super) fn of(
    answer: Answer,
    reason: ReasonKind,
    decided_by: &DecidedBy,
    asked: usize,
) -> String {
    let is_alone = asked == 1;
    let (name, place) = match &decided_by.considered {
        Some(one) => (format!("`{}`", one.role), format!(" ({})", one.place)),
        None => ("a role".to_owned(), String::new()),
    };
    let condition = match decided_by.considered.as_ref().and_then(|one| one.id) {
        Some(id) => format!("condition {id} of {name}{place}"),
        None => "a condition".to_owned(),
    };
    match reason {
        ReasonKind::PermissionsDisabled => "Permissions are not enforced.".to_owned(),
        ReasonKind::NoPrincipal => "Nobody asks.".to_owned(),
        ReasonKind::ServiceAllowed => "Nothing restricts the service.".to_owned(),
        ReasonKind::ServiceRestricted => {
            "The service is restricted to other permissions.".to_owned()
        }
        ReasonKind::TokenScope => {
            "The token is for other permissions, whatever the user may do.".to_owned()
        }
        ReasonKind::SuperUser => {
            "The user, or a group in whose name the user owns things, is a super user.".to_owned()
        }
        ReasonKind::GrantAllow => {
            format!("A row of {name} allows it{place}, and no row denies it.")
        }
        ReasonKind::GrantDeny => {
            format!("A row of {name} denies it{place}, and a deny beats every allow.")
        }
        ReasonKind::NoGrant => "No row or condition of the user's roles is about it.".to_owned(),
        ReasonKind::GroupCycle => {
            "The user's groups form a cycle, which takes all roles away.".to_owned()
        }
        ReasonKind::ConditionCollision => {
            format!("{name} has several conditions about it, and nobody can tell which is meant.")
        }
        ReasonKind::UnreadableCondition => format!("The criteria of {condition} cannot be read."),
        ReasonKind::UnknownRule => format!(
            "The rule of {condition} is known to no plugin, which denies the whole decision."
        ),
        ReasonKind::BadParameters => format!(
            "The parameters of {condition} do not fit their rule, which denies the whole decision."
        ),
        ReasonKind::Condition => match answer {
            Answer::Conditional => format!("It depends on the resource: {condition} decides."),
            Answer::Allow => format!("The resource meets {condition}."),
            Answer::Deny if is_alone => format!("The resource does not meet {condition}."),
            Answer::Deny => "The resource meets none of the conditions.".to_owned(),
        },
    }
}
