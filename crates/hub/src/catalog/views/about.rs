//! What an entity says about itself.

use crate::ui;
use crate::ui::entity::RefLink;
use crate::ui::entity::Sight;
use crate::ui::entity::{is_web, source_of};
use crate::ui::entity::{tags, targets_of, targets_of_kind};
use callboard_catalog::Entity;
use callboard_policy::DEFAULT_NAMESPACE;
use serde_json::Value;

/// The card that comes first.
#[derive(Debug, Clone)]
pub(super) struct About {
    /// The description, a paragraph an item.
    pub paragraphs: Vec<String>,
    /// Who and what it belongs to.
    pub belongings: Vec<Fact>,
    /// What it is.
    pub facts: Vec<Fact>,
}

/// A term and what it says.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    /// The term.
    pub term: &'static str,
    /// What it says.
    pub value: FactValue,
}

/// What a fact says.
#[derive(Debug, Clone)]
pub(super) enum FactValue {
    /// A word.
    Text(String),
    /// Something that a machine reads.
    Code(String),
    /// Tags.
    Tags(Vec<String>),
    /// Other entities.
    Links(Vec<RefLink>),
    /// People and groups.
    Who(Vec<RefLink>),
    /// Addresses of the web.
    Web(Vec<WebLink>),
}

/// A link out of the hub.
#[derive(Debug, Clone)]
pub(super) struct WebLink {
    /// Its words.
    pub label: String,
    /// Where it leads.
    pub href: String,
}

impl About {
    /// What `entity`, whose JSON is `value`, says.
    pub(super) fn new(sight: &Sight, entity: &Entity, value: &Value) -> About {
        let who = |relation| FactValue::Who(targets_of(sight, entity, relation));
        let text = |pointer: &str| {
            value
                .pointer(pointer)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let systems = targets_of_kind(sight, entity, "partOf", "system");
        let domains = domains(sight, entity);
        let parts = targets_of_kind(sight, entity, "partOf", "component");
        let belongings = [
            ("Owner", who("ownedBy")),
            ("System", FactValue::Links(systems)),
            ("Domain", FactValue::Links(domains)),
            ("Part of", FactValue::Links(parts)),
            ("Parent", who("childOf")),
            ("Groups", who("memberOf")),
            (
                "Type",
                FactValue::Text(text("/spec/type").unwrap_or_default()),
            ),
        ];
        let namespace =
            text("/metadata/namespace").filter(|namespace| namespace != DEFAULT_NAMESPACE);
        let created = entity
            .annotation("backstage.io/createdAt")
            .and_then(|text| ui::day(&sight.t, &text));
        let facts = [
            (
                "Lifecycle",
                FactValue::Text(text("/spec/lifecycle").unwrap_or_default()),
            ),
            (
                "Email",
                FactValue::Text(text("/spec/profile/email").unwrap_or_default()),
            ),
            ("Namespace", FactValue::Text(namespace.unwrap_or_default())),
            ("Tags", FactValue::Tags(tags(value))),
            ("Target", FactValue::Code(targets(value))),
            (
                "Source",
                FactValue::Web(source_of(entity).map(WebLink::source).into_iter().collect()),
            ),
            ("Links", FactValue::Web(links(value))),
            ("Created", FactValue::Text(created.unwrap_or_default())),
        ];
        About {
            paragraphs: paragraphs(entity.description().unwrap_or_default()),
            belongings: said(belongings),
            facts: said(facts),
        }
    }
}

impl WebLink {
    /// Names a source by the end of its path, which is its repository.
    fn source(href: String) -> WebLink {
        let path = url::Url::parse(&href)
            .map(|url| url.path().trim_matches('/').to_owned())
            .unwrap_or_default();
        WebLink {
            label: if path.is_empty() { href.clone() } else { path },
            href,
        }
    }
}

impl FactValue {
    fn is_empty(&self) -> bool {
        match self {
            FactValue::Text(text) | FactValue::Code(text) => text.is_empty(),
            FactValue::Tags(tags) => tags.is_empty(),
            FactValue::Links(links) | FactValue::Who(links) => links.is_empty(),
            FactValue::Web(links) => links.is_empty(),
        }
    }
}

fn said<const N: usize>(facts: [(&'static str, FactValue); N]) -> Vec<Fact> {
    let facts = facts.into_iter().filter(|(_, value)| !value.is_empty());
    facts.map(|(term, value)| Fact { term, value }).collect()
}

/// The domains that the entity is part of, itself or through its systems.
fn domains(sight: &Sight, entity: &Entity) -> Vec<RefLink> {
    let own = targets_of_kind(sight, entity, "partOf", "domain");
    let systems = entity
        .relations()
        .into_iter()
        .filter(|found| found.relation_type == "partOf");
    let systems = systems.filter_map(|found| {
        sight
            .find(&found.target)
            .filter(|found| found.entity_ref().kind() == "system")
    });
    let mut domains: Vec<_> = own
        .into_iter()
        .chain(systems.flat_map(|system| targets_of_kind(sight, system, "partOf", "domain")))
        .collect();
    domains.dedup();
    domains
}

fn paragraphs(description: &str) -> Vec<String> {
    description
        .split("\n\n")
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect()
}

fn targets(value: &Value) -> String {
    let one = value.pointer("/spec/target").and_then(Value::as_str);
    let many = value
        .pointer("/spec/targets")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    one.into_iter().chain(many).collect::<Vec<_>>().join("\n")
}

fn links(value: &Value) -> Vec<WebLink> {
    let links = value
        .pointer("/metadata/links")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let link = |link: &Value| {
        let href = link
            .get("url")?
            .as_str()
            .filter(|href| is_web(href) || href.starts_with("mailto:"))?;
        let label = link.get("title").and_then(Value::as_str).unwrap_or(href);
        Some(WebLink {
            label: label.to_owned(),
            href: href.to_owned(),
        })
    };
    links.filter_map(link).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_link_that_could_run_a_script_is_left_out() {
        let value = json!({"metadata": {"links": [
            {"url": "javascript:alert(1)", "title": "Bad"},
            {"url": "https://docs.lantern.example/", "title": "Runbook"},
            {"url": "mailto:crew@lantern.example"},
        ]}});

        let labels: Vec<_> = links(&value).into_iter().map(|link| link.label).collect();

        assert_eq!(labels, ["Runbook", "mailto:crew@lantern.example"]);
    }

    #[test]
    fn a_source_goes_by_its_repository() {
        let link = WebLink::source("https://github.lantern.example/lantern/seat-map/".to_owned());

        assert_eq!(link.label, "lantern/seat-map");
    }

    #[test]
    fn a_blank_line_starts_a_paragraph() {
        assert_eq!(paragraphs("One\ntwo.\n\n\nThree."), ["One\ntwo.", "Three."]);
    }
}
