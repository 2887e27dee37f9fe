//! For whom something is kept.

use crate::auth::{SessionId, Viewer};
use smol_str::SmolStr;

/// The provider of sign-in by which nobody shows who they are.
const GUEST: &str = "guest";

/// For whom something is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Keeper {
    /// A user, by reference: kept in the database.
    User(SmolStr),
    /// A guest, of whom the session is all that is known: kept in memory, for as long as there is
    /// room.
    Guest(SessionId),
}

impl Keeper {
    /// The person before a page.
    pub fn of(viewer: &Viewer) -> Keeper {
        match viewer.session.provider.as_str() {
            GUEST => Keeper::Guest(viewer.session.id),
            _ => Keeper::User(viewer.user.entity_ref.clone()),
        }
    }
}
