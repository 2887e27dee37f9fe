//! One line about an entity at the other end of a relation.

use crate::ui::entity::{RefLink, Sight};
use callboard_catalog::{Entity, EntityRef};
use std::borrow::Cow;

/// One related entity.
#[derive(Debug, Clone)]
pub struct Related {
    /// Its mention.
    pub link: RefLink,
    /// One line about it, if the person may read it.
    pub description: Option<String>,
    /// Its kind and type, such as `component · service`.
    pub kind: String,
}

impl Related {
    /// How `target` is listed.
    pub fn new(sight: &Sight, target: &EntityRef) -> Related {
        let entity = sight.find(target);
        let spec_type = entity.and_then(|entity| entity.spec_text("type").map(Cow::into_owned));
        let kind = match spec_type {
            Some(spec_type) => format!("{} · {spec_type}", target.kind()),
            None => target.kind().to_owned(),
        };
        let description = entity
            .and_then(Entity::description)
            .filter(|text| !text.trim().is_empty());
        Related {
            link: RefLink::new(sight, target),
            description: description.map(str::to_owned),
            kind,
        }
    }
}
