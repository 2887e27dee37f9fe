//! Service accounts: callers that are no person, with tokens of their own.
//!
//! A service account acts as `user:callboard-service/<name>`. Roles take that reference as a
//! member like that of any user, and so does every front end. Nobody signs in as one, and the
//! catalog takes no entity of that name: its rights are those of its roles, no more.

use crate::app::App;
use crate::error::Error;
use callboard_policy::EntityRef;
use jiff::Timestamp;
use smol_str::SmolStr;

/// The namespace of the references of service accounts.
pub(crate) const NAMESPACE: &str = "callboard-service";

/// How long a description may be, in characters.
const MAX_DESCRIPTION: usize = 500;

/// A caller that is no person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceAccount {
    /// Its name.
    pub(crate) name: SmolStr,
    /// What it is for.
    pub(crate) description: String,
    /// Who made it.
    pub(crate) created_by: String,
    /// When.
    pub(crate) created_at: Timestamp,
}

/// The reference of the service account called `name`, as roles have it.
pub(crate) fn reference(name: &str) -> EntityRef {
    EntityRef::new("user", NAMESPACE, name)
}

/// Whether a reference is one that only service accounts have, whether or not there is one.
pub(crate) fn is_one(entity_ref: &EntityRef) -> bool {
    entity_ref.kind() == "user" && entity_ref.namespace() == NAMESPACE
}

/// Lets nobody sign in as a service account, whatever a provider and its resolvers say.
///
/// # Errors
///
/// 403 for a reference that only service accounts have.
pub(in crate::auth) fn refuse_sign_in(user: &EntityRef) -> Result<(), Error> {
    if is_one(user) {
        let message = format!("{user} is a service account, and nobody signs in as one");
        return Err(Error::NotAllowed(message));
    }
    Ok(())
}

/// The roles that have the service account called `name` as a member, by name.
pub(crate) fn roles(app: &App, name: &str) -> Vec<String> {
    app.rbac().roles_naming(reference(name).as_str())
}

impl ServiceAccount {
    /// Whether it may be made.
    ///
    /// # Errors
    ///
    /// 400 for what cannot be the name of an entity, and for a description that is too long.
    pub(in crate::auth) fn check(&self) -> Result<(), Error> {
        let is_inner = |letter: u8| letter == b'-' || letter == b'.' || letter == b'_';
        let is_letter = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        let name = self.name.as_bytes();
        let is_name = (1..=63).contains(&name.len())
            && name
                .iter()
                .all(|letter| is_letter(*letter) || is_inner(*letter))
            && name.first().is_some_and(|letter| is_letter(*letter))
            && name.last().is_some_and(|letter| is_letter(*letter));
        if !is_name {
            return Err(Error::Input(
                "name: must be 1 to 63 of a-z, 0-9, '-', '_' and '.', with a letter or a digit \
                 at both ends"
                    .to_owned(),
            ));
        }
        if self.description.chars().count() > MAX_DESCRIPTION {
            let message = format!("description: must have at most {MAX_DESCRIPTION} characters");
            return Err(Error::Input(message));
        }
        Ok(())
    }
}
