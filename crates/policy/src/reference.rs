//! The checks of references that people write in roles, policies and configuration.

use smol_str::SmolStr;

use crate::entity_ref::{EntityRefError, RefParts};

/// What a written reference is meant to name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// A user, a group or a role.
    Any,
    /// A role.
    Role,
    /// The owner of a role: a user or a group.
    Owner,
}

/// Checks a reference that somebody wrote; the first failure is reported.
///
/// The reference must be full (`kind:namespace/name`), of a kind that fits `usage`, and made
/// of names that the catalog allows. Kinds and namespaces are compared as written: fold the
/// text first where the input is one that is folded.
///
/// # Errors
///
/// [`ReferenceError`], whose message goes to the caller as it stands.
///
/// # Source
///
/// Mirrors the validation of the community RBAC backend, order of checks included.
pub fn check(text: &str, usage: Usage) -> Result<(), ReferenceError> {
    if text.is_empty() {
        return Err(ReferenceError::Empty);
    }
    let parts = RefParts::split(text)?;
    let Some(kind) = parts.kind else {
        return Err(EntityRefError::MissingKind(text.into()).into());
    };
    let Some(namespace) = parts.namespace else {
        return Err(ReferenceError::NotFull(text.into()));
    };
    match usage {
        Usage::Role if kind != "role" => return Err(ReferenceError::NotARole(kind.into())),
        Usage::Owner if kind != "user" && kind != "group" => {
            return Err(ReferenceError::NotAnOwner(kind.into()));
        }
        Usage::Any if !["user", "group", "role"].contains(&kind) => {
            return Err(ReferenceError::UnknownKind(kind.into()));
        }
        Usage::Any | Usage::Role | Usage::Owner => {}
    }
    if !is_sequence(parts.name, &['.', '_', '-'], |c| c.is_ascii_alphanumeric()) {
        return Err(ReferenceError::Name(parts.name.into()));
    }
    if !is_sequence(namespace, &['-'], |c| {
        c.is_ascii_lowercase() || c.is_ascii_digit()
    }) {
        return Err(ReferenceError::Namespace(namespace.into()));
    }
    Ok(())
}

/// Whether `text` is at most 63 characters: non-empty runs of `allowed` between separators.
fn is_sequence(text: &str, separators: &[char], allowed: impl Fn(char) -> bool) -> bool {
    text.len() <= 63
        && text
            .split(separators)
            .all(|run| !run.is_empty() && run.chars().all(&allowed))
}

/// Why a written reference is refused; the messages are those of the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// There is no text.
    #[error("'entityReference' must not be empty")]
    Empty,
    /// The text has an empty part, or no kind.
    #[error(transparent)]
    Unreadable(#[from] EntityRefError),
    /// The namespace is left out.
    #[error(
        "entity reference '{0}' does not match the required format [<kind>:][<namespace>/]<name>. \
         Provide, please, full entity reference."
    )]
    NotFull(SmolStr),
    /// The kind, where only a role will do.
    #[error("Unsupported kind {0}. Supported value should be \"role\"")]
    NotARole(SmolStr),
    /// The kind, where only users and groups will do.
    #[error("Unsupported kind {0}. List supported values [\"user\", \"group\"]")]
    NotAnOwner(SmolStr),
    /// The kind, which is none of the three.
    #[error("Unsupported kind {0}. List supported values [\"user\", \"group\", \"role\"]")]
    UnknownKind(SmolStr),
    /// The name, which the catalog would refuse.
    #[error(
        "The name '{0}' in the entity reference must be a string that is sequences of [a-zA-Z0-9] \
         separated by any of [-_.], at most 63 characters in total"
    )]
    Name(SmolStr),
    /// The namespace, which the catalog would refuse.
    #[error(
        "The namespace '{0}' in the entity reference must be a string that is sequences of [a-z0-9] \
         separated by [-], at most 63 characters in total"
    )]
    Namespace(SmolStr),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_checked_before_the_name() {
        assert_eq!(
            check("user:default/a b", Usage::Role),
            Err(ReferenceError::NotARole("user".into()))
        );
        assert_eq!(
            check("user:default/a b", Usage::Owner),
            Err(ReferenceError::Name("a b".into()))
        );
    }

    #[test]
    fn sixty_three_characters_are_the_limit() {
        let reference = |length| format!("role:default/{}", "a".repeat(length));

        assert_eq!(check(&reference(63), Usage::Role), Ok(()));
        assert!(matches!(
            check(&reference(64), Usage::Role),
            Err(ReferenceError::Name(_))
        ));
    }
}
