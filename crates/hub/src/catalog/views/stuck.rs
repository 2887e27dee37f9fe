//! The entities of a location that are stuck, and why.

use crate::catalog::views::request::EntityRequest;
use crate::error::Error;
use crate::ui::entity::href_of;

/// An entity that is stuck.
#[derive(Debug, Clone)]
pub(super) struct Stuck {
    pub(super) entity_ref: String,
    /// Its page; absent when it never came through.
    pub(super) href: Option<String>,
    /// What is wrong; nothing for one that is still to be processed.
    pub(super) messages: Vec<String>,
}

impl Stuck {
    /// Those that come from the location of a request; none for other kinds.
    ///
    /// # Errors
    ///
    /// What the policy answers when it cannot be asked.
    pub(super) fn below(request: &EntityRequest) -> Result<Vec<Stuck>, Error> {
        let entity_ref = request.entity.entity_ref();
        if entity_ref.kind() != "location" {
            return Ok(Vec::new());
        }
        let app = request.app();
        let found = app
            .catalog()
            .stuck_below(app, &request.page.viewer.principal, entity_ref)?;
        let stuck = found.into_iter().map(|stuck| Stuck {
            href: stuck
                .processed
                .is_some()
                .then(|| href_of(&stuck.entity_ref)),
            entity_ref: stuck.entity_ref.to_string(),
            messages: stuck
                .errors
                .iter()
                .map(|error| error.message.clone())
                .collect(),
        });
        Ok(stuck.collect())
    }
}
