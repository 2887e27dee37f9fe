//! A row of the list.

use crate::ui::entity::column::{Cell, Column};
use crate::ui::entity::{Offer, Sight, StarButton, href_of, title_of};
use crate::ui::{Look, Texts, Tile, Tone};
use callboard_catalog::Entity;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// One entity in a list.
#[derive(Debug, Clone)]
pub struct EntityRow {
    /// The words of the page.
    pub t: Texts,
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
    /// What is wrong with it.
    pub problem: Option<Fault>,
    /// Where it was written, for whoever wants to change it.
    pub source: Option<String>,
    /// The cells after the name.
    pub cells: Vec<Cell>,
    /// The button that stars it, where the list has one.
    pub star: Option<StarButton>,
    /// How reading it again is offered; the form of the star button sends that too.
    pub refresh: Offer,
    /// How unregistering it is offered, which its page asks about.
    pub unregister: Offer,
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
            t: sight.t.clone(),
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
            problem: problem_of(&value).map(|problem| Fault::new(&sight.t, problem)),
            source: source_of(entity),
            cells: columns.iter().map(cell).collect(),
            star: None,
            refresh: Offer::Never,
            unregister: Offer::Never,
        }
    }

    /// The same row with a button that stars the entity.
    #[must_use]
    pub fn with_star(self, is_starred: bool) -> EntityRow {
        let star = StarButton::new(&self.t, &self.entity_ref, &self.title, is_starred);
        EntityRow {
            star: Some(star),
            ..self
        }
    }

    /// The id of what says why `action` is not offered; no other row has it.
    pub(crate) fn why(&self, action: &str) -> String {
        format!("{action}-{}", self.entity_ref)
    }
}

/// What can be wrong with an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// It could not be processed.
    Errors,
    /// Nothing holds it any more.
    Orphan,
}

impl Problem {
    /// The name of the text that says it in a word or two.
    pub fn label(self) -> &'static str {
        match self {
            Problem::Errors => "entity-has-errors",
            Problem::Orphan => "entity-is-orphan",
        }
    }
}

/// What is wrong with an entity; displayed, it is a word or two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    word: String,
    /// What that means, in a sentence.
    pub reason: String,
    /// The tone of its badge.
    pub tone: Tone,
}

impl Fault {
    fn new(t: &Texts, problem: Problem) -> Fault {
        let (reason, tone) = match problem {
            Problem::Errors => ("catalog-errors-why", Tone::No),
            Problem::Orphan => ("catalog-orphan-why", Tone::If),
        };
        Fault {
            word: t.say(problem.label()).to_string(),
            reason: t.say(reason).to_string(),
            tone,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word)
    }
}

/// What is wrong with an entity: an error while it was processed, or nothing that holds it any more.
fn problem_of(value: &Value) -> Option<Problem> {
    let items = value.pointer("/status/items").and_then(Value::as_array);
    let is_error = |item: &Value| item.get("level").and_then(Value::as_str) == Some("error");
    if items.is_some_and(|items| items.iter().any(is_error)) {
        return Some(Problem::Errors);
    }
    let orphan = value
        .pointer("/metadata/annotations/backstage.io~1orphan")
        .and_then(Value::as_str);
    (orphan == Some("true")).then_some(Problem::Orphan)
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

        assert_eq!(problem_of(&orphan), Some(Problem::Orphan));
        assert_eq!(problem_of(&broken), Some(Problem::Errors));
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
