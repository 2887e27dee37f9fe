//! What an entity says about itself.

use crate::catalog::views::request::EntityRequest;
use crate::ui;
use crate::ui::Markdown;
use crate::ui::entity::is_web;
use crate::ui::entity::tags;
use crate::ui::entity::{RefLink, Sight};
use callboard_catalog::Relation;
use callboard_policy::DEFAULT_NAMESPACE;
use serde_json::Value;

/// The card that comes first.
#[derive(Debug, Clone)]
pub(super) struct About {
    /// The description.
    pub description: Markdown,
    /// Who and what it belongs to.
    pub belongings: Vec<Fact>,
    /// What it is.
    pub facts: Vec<Fact>,
    /// What was written for machines.
    pub labels: Vec<(String, String)>,
    /// The same, for tools.
    pub annotations: Vec<(String, String)>,
}

/// A term and what it says.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    /// The name of the text of the term.
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
    /// What the entity of a request says about itself.
    pub(super) fn new(request: &EntityRequest) -> About {
        let (sight, entity, value) = (&request.sight, &request.entity, &request.said);
        let relations = entity.relations();
        let mentions = |relation: &str, kind: Option<&str>| -> Vec<RefLink> {
            targets(sight, &relations, relation, kind)
        };
        let text = |pointer: &str| {
            let text = value.pointer(pointer).and_then(Value::as_str);
            FactValue::Text(text.unwrap_or_default().to_owned())
        };
        let belongings = [
            (
                "entity-column-owner",
                FactValue::Who(mentions("ownedBy", None)),
            ),
            (
                "entity-column-system",
                FactValue::Links(mentions("partOf", Some("system"))),
            ),
            (
                "entity-column-domain",
                FactValue::Links(domains(sight, &relations)),
            ),
            (
                "entity-fact-part-of",
                FactValue::Links(mentions("partOf", Some("component"))),
            ),
            (
                "entity-column-parent",
                FactValue::Who(mentions("childOf", None)),
            ),
            (
                "entity-column-groups",
                FactValue::Who(mentions("memberOf", None)),
            ),
            ("entity-column-type", text("/spec/type")),
        ];
        let namespace = value.pointer("/metadata/namespace").and_then(Value::as_str);
        let namespace = namespace.filter(|namespace| *namespace != DEFAULT_NAMESPACE);
        let created = request
            .annotation("createdAt")
            .and_then(|text| ui::day(&sight.t, text));
        let source = request.source().map(WebLink::source);
        let facts = [
            ("entity-column-lifecycle", text("/spec/lifecycle")),
            ("entity-column-email", text("/spec/profile/email")),
            (
                "entity-fact-namespace",
                FactValue::Text(namespace.unwrap_or_default().to_owned()),
            ),
            ("entity-column-tags", FactValue::Tags(tags(value))),
            ("entity-column-target", FactValue::Code(locations(value))),
            (
                "entity-fact-source",
                FactValue::Web(source.into_iter().collect()),
            ),
            ("entity-fact-links", FactValue::Web(links(value))),
            (
                "entity-column-created",
                FactValue::Text(created.unwrap_or_default()),
            ),
        ];
        About {
            description: Markdown::new(entity.description().unwrap_or_default()),
            belongings: said(belongings),
            facts: said(facts),
            labels: pairs(value, "/metadata/labels"),
            annotations: pairs(value, "/metadata/annotations"),
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

fn targets(
    sight: &Sight,
    relations: &[Relation],
    relation_type: &str,
    kind: Option<&str>,
) -> Vec<RefLink> {
    let of_type = relations
        .iter()
        .filter(|found| found.relation_type == relation_type)
        .map(|found| &found.target);
    of_type
        .filter(|target| kind.is_none_or(|kind| target.kind() == kind))
        .filter(|target| sight.knows(target))
        .map(|target| RefLink::new(sight, target))
        .collect()
}

/// The domains that the entity is part of, itself or through its systems.
fn domains(sight: &Sight, relations: &[Relation]) -> Vec<RefLink> {
    let own = targets(sight, relations, "partOf", Some("domain"));
    let systems = relations
        .iter()
        .filter(|found| found.relation_type == "partOf" && found.target.kind() == "system");
    let systems = systems.filter_map(|found| sight.find(&found.target));
    let through =
        systems.flat_map(|system| targets(sight, &system.relations(), "partOf", Some("domain")));
    let mut domains: Vec<RefLink> = own.into_iter().chain(through).collect();
    domains.dedup();
    domains
}

fn locations(value: &Value) -> String {
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

fn pairs(value: &Value, pointer: &str) -> Vec<(String, String)> {
    let map = value.pointer(pointer).and_then(Value::as_object);
    map.into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
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
}
