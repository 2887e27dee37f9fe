//! The button that stars an entity, and takes the star away.

use crate::ui::Texts;

/// A button of a list or a heading, drawn by `catalog/templates/star.html`.
///
/// It belongs to the form of `catalog/templates/star_form.html`, which the page has once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StarButton {
    /// What it says to whoever does not see it.
    pub label: String,
    /// The canonical reference of the entity.
    pub entity_ref: String,
    /// Whether the entity is starred.
    pub is_starred: bool,
}

impl StarButton {
    /// The button of an entity that people call `title`.
    pub fn new(t: &Texts, entity_ref: &str, title: &str, is_starred: bool) -> StarButton {
        StarButton {
            label: t.say("catalog-star").with("name", title).to_string(),
            entity_ref: entity_ref.to_owned(),
            is_starred,
        }
    }
}
