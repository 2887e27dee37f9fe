//! What entities are called and where their pages are.

use crate::ui::entity::Sight;
use crate::ui::{Avatar, Look, Tile, query_value};
use callboard_catalog::{Entity, EntityRef};
use callboard_policy::DEFAULT_NAMESPACE;
use std::borrow::Cow;

/// The name for people: the display name of a user or group, the title, or the name.
pub fn title_of(entity: &Entity) -> Cow<'_, str> {
    let profile = match entity.entity_ref().kind() {
        "user" | "group" => entity.text_at(&["spec", "profile", "displayName"]),
        _ => None,
    };
    profile
        .or_else(|| entity.title().map(Cow::Borrowed))
        .unwrap_or_else(|| Cow::Borrowed(entity.name()))
}

/// The address of the page of an entity.
pub fn href_of(entity_ref: &EntityRef) -> String {
    let [namespace, kind, name] =
        [entity_ref.namespace(), entity_ref.kind(), entity_ref.name()].map(path_segment);
    format!("/catalog/{namespace}/{kind}/{name}")
}

/// Escapes what may not stand in a segment of a path.
fn path_segment(text: &str) -> String {
    // The form encoding escapes everything that a path needs escaped, and more; only its `+` differs.
    query_value(text).replace('+', "%20")
}

/// The mention of an entity: a link for whoever may read it, its name for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefLink {
    /// The title, or the name when it is not known.
    pub label: String,
    /// The page; absent when there is none, or none that the person may see.
    pub href: Option<String>,
    /// The canonical reference.
    pub entity_ref: String,
    /// The tile of its kind.
    pub tile: Tile,
    /// The initials, for people and groups.
    pub avatar: Option<Avatar>,
}

impl RefLink {
    /// The mention of `entity_ref` to somebody who sees `sight`.
    ///
    /// An entity that the person may not read is mentioned like one that is not there.
    pub fn new(sight: &Sight, entity_ref: &EntityRef) -> RefLink {
        match sight.find(entity_ref) {
            Some(entity) => RefLink::to(entity),
            None => RefLink {
                label: short_name(entity_ref),
                href: None,
                entity_ref: entity_ref.to_string(),
                tile: Look::of(entity_ref.kind(), None).tile,
                avatar: avatar(entity_ref.kind(), entity_ref.name()),
            },
        }
    }

    /// The mention of an entity that the person may read.
    pub fn to(entity: &Entity) -> RefLink {
        let entity_ref = entity.entity_ref();
        let label = title_of(entity).into_owned();
        RefLink {
            href: Some(href_of(entity_ref)),
            entity_ref: entity_ref.to_string(),
            tile: Look::of(entity_ref.kind(), entity.spec_text("type").as_deref()).tile,
            avatar: avatar(entity_ref.kind(), &label),
            label,
        }
    }
}

/// The name, with its namespace unless that is the usual one.
fn short_name(entity_ref: &EntityRef) -> String {
    match entity_ref.namespace() {
        DEFAULT_NAMESPACE => entity_ref.name().to_owned(),
        namespace => format!("{namespace}/{}", entity_ref.name()),
    }
}

fn avatar(kind: &str, label: &str) -> Option<Avatar> {
    match kind {
        "user" => Some(Avatar::person(label)),
        "group" => Some(Avatar::group(label)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_safe_whatever_the_name() {
        assert_eq!(
            href_of(&EntityRef::new("API", "default", "seating-v3")),
            "/catalog/default/api/seating-v3"
        );
        assert_eq!(
            href_of(&EntityRef::new("user", "default", "a/b?c#d")),
            "/catalog/default/user/a%2Fb%3Fc%23d"
        );
    }

    #[test]
    fn people_and_groups_go_by_their_display_names() {
        let json = |kind: &str| {
            let text = format!(
                r#"{{"kind":"{kind}","metadata":{{"name":"mara","title":"M."}},"spec":{{"profile":{{"displayName":"Mara"}}}}}}"#
            );
            Entity::parse(text).unwrap()
        };

        assert_eq!(title_of(&json("User")), "Mara");
        assert_eq!(title_of(&json("Component")), "M.");
    }
}
