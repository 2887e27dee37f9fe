//! A row of the list.

use crate::ui::entity::column::{Cell, Column};
use crate::ui::entity::{Sight, href_of, title_of};
use crate::ui::{Look, Tile};
use callboard_catalog::Entity;
use serde_json::Value;
use std::borrow::Cow;

/// One entity in a list.
#[derive(Debug, Clone)]
pub struct EntityRow {
    /// The name for people.
    pub title: String,
    /// Its page.
    pub href: String,
    /// The canonical reference.
    pub entity_ref: String,
    /// One line about it.
    pub description: Option<String>,
    /// Its tile.
    pub tile: Tile,
    /// What is wrong with it, in a few words.
    pub problem: Option<String>,
    /// Where it was written, for whoever wants to change it.
    pub source: Option<String>,
    /// The cells after the name.
    pub cells: Vec<Cell>,
}

impl EntityRow {
    /// The row of `entity` with `columns` after its name.
    pub fn new(sight: &Sight, entity: &Entity, columns: &[Column]) -> EntityRow {
        let value = entity.value();
        let cell = |column: &Column| Cell {
            value: column.cell(sight, entity, &value),
            is_optional: column.is_optional(),
            fold_label: column
                .fold_label()
                .map(|label| sight.t.say(label).to_string()),
        };
        EntityRow {
            title: title_of(entity).into_owned(),
            href: href_of(entity.entity_ref()),
            entity_ref: entity.entity_ref().to_string(),
            description: entity
                .description()
                .filter(|text| !text.trim().is_empty())
                .map(str::to_owned),
            tile: Look::of(
                entity.entity_ref().kind(),
                entity.spec_text("type").as_deref(),
            )
            .tile,
            problem: problem_of(&value).map(|problem| sight.t.say(problem).to_string()),
            source: source_of(entity),
            cells: columns.iter().map(cell).collect(),
        }
    }
}

/// [`problem_of`] for entities by the hundred: only those are parsed that may have one.
pub fn has_problem(entity: &Entity) -> bool {
    let may_have = ["backstage.io/orphan", "\"status\""];
    may_have.iter().any(|sign| entity.json().contains(sign))
        && problem_of(&entity.value()).is_some()
}

/// The name of the text that says what is wrong with an entity: an error while it was processed, or nothing that holds it any more.
fn problem_of(value: &Value) -> Option<&'static str> {
    let items = value.pointer("/status/items").and_then(Value::as_array);
    let is_error = |item: &Value| item.get("level").and_then(Value::as_str) == Some("error");
    if items.is_some_and(|items| items.iter().any(is_error)) {
        return Some("entity-has-errors");
    }
    let orphan = value
        .pointer("/metadata/annotations/backstage.io~1orphan")
        .and_then(Value::as_str);
    (orphan == Some("true")).then_some("entity-is-orphan")
}

/// The web address of the source, when the entity names one that a browser can open.
pub fn source_of(entity: &Entity) -> Option<String> {
    let view = entity
        .annotation("backstage.io/view-url")
        .map(Cow::into_owned);
    let location = || {
        entity
            .annotation("backstage.io/source-location")
            .and_then(|at| at.strip_prefix("url:").map(str::to_owned))
    };
    view.or_else(location).filter(|url| is_web(url))
}

/// Whether an address is one of the web: anything else could run as a script.
pub fn is_web(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn errors_come_before_orphans() {
        let orphan = json!({"metadata": {"annotations": {"backstage.io/orphan": "true"}}});
        let broken = json!({
            "metadata": orphan["metadata"], "status": {"items": [{"level": "warning"}, {"level": "error"}]},
        });

        assert_eq!(problem_of(&orphan), Some("entity-is-orphan"));
        assert_eq!(problem_of(&broken), Some("entity-has-errors"));
        assert_eq!(problem_of(&json!({"metadata": {}})), None);
    }

    #[test]
    fn only_addresses_of_the_web_are_links() {
        assert!(is_web("https://github.lantern.example/lantern/seat-map/"));
        assert!(
            !is_web("javascript:alert(1)") && !is_web("/relative") && !is_web("data:text/html,x")
        );
    }
}
